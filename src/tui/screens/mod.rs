//! One file for each screen: what only it knows, what its keys do, how it is drawn. Drawing is
//! pure and takes the whole model.

pub(super) mod apply;
pub(super) mod config;
pub(super) mod detail;
pub(super) mod findings;
pub(super) mod ready;
pub(super) mod report;
pub(super) mod review;
pub(super) mod scan;
pub(super) mod store;
pub(super) mod variables;

use ratatui::text::Line;

use crate::flow::Step;

use super::model::Model;

/// A screen as it is drawn between the rules, scrolled already.
pub(super) struct Screen {
    pub(super) left: String,
    pub(super) right: String,
    pub(super) body: Vec<Line<'static>>,
}

/// What a click in the body means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hit {
    Item(usize),
    Group(u8),
}

/// The screen of the step the flow is at.
pub(super) fn screen(model: &Model) -> Screen {
    match model.flow.step {
        Step::Scan => scan::screen(model),
        Step::Findings => findings::screen(model),
        Step::Detail => detail::screen(model),
        Step::Store => store::screen(model),
        Step::Review => review::screen(model),
        Step::Confirm | Step::Writing => apply::screen(model),
        Step::Report => report::screen(model),
        Step::Config => config::screen(model),
        Step::Variables | Step::Variable => variables::screen(model),
        Step::Ready => ready::screen(model),
    }
}

/// What stands in the footer of a screen without keys of its own.
pub(super) fn footer_text(model: &Model) -> &'static str {
    match model.flow.step {
        Step::Confirm if model.flow.setup.is_some() => {
            "Type write and Enter. Up and Down scroll. Any other key goes back."
        }
        Step::Confirm => "Type write and Enter. Any other key goes back.",
        Step::Writing => "All files are written or none; this takes a moment.",
        _ => "",
    }
}

/// What a click at a cell of the body means.
pub(super) fn hit(model: &Model, x: usize, y: usize) -> Option<Hit> {
    match model.flow.step {
        Step::Findings => findings::hit(model, x, y),
        Step::Store => store::hit(model, y),
        Step::Report => report::hit(model, y),
        Step::Config => config::hit(model, y),
        Step::Variables | Step::Variable => variables::hit(model, y),
        _ => None,
    }
}
