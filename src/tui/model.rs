//! Everything that is drawn: the flow, and what only the screen knows of (what is selected, how
//! far it is scrolled, what lies on top).

use std::sync::Arc;
use std::time::Duration;

use crate::engine::ShownKey;
use crate::finding::FindingKey;
use crate::flow::{Flow, Looks};
use crate::secret::Secret;

use super::screens::{apply, config, detail, findings, ready, report, review, store};
use super::theme::Theme;
use super::widgets::input::Input;

/// The state of the full-screen face.
pub(super) struct Model {
    pub(super) flow: Flow,
    pub(super) theme: Theme,
    /// The tree, as it is shown.
    pub(super) root: String,
    pub(super) size: (u16, u16),
    /// Time since the start.
    pub(super) clock: Duration,
    /// How long the first scan took, once it is over.
    pub(super) scanned_in: Option<Duration>,
    pub(super) findings: findings::State,
    pub(super) detail: detail::State,
    pub(super) store: store::State,
    pub(super) review: review::State,
    pub(super) apply: apply::State,
    pub(super) report: report::State,
    pub(super) config: config::State,
    pub(super) ready: ready::State,
    pub(super) over: Option<Over>,
    pub(super) revealed: Option<Revealed>,
    /// What this face has to say itself, in one line.
    pub(super) said: Option<String>,
}

/// What lies over the screen.
pub(super) enum Over {
    Help {
        scroll: usize,
    },
    /// What there is to say on a rule or a setting.
    Text {
        heading: String,
        text: String,
        scroll: usize,
    },
    /// New keys that are kept nowhere, until they are closed.
    Keys(Vec<ShownKey>),
    /// A line is being typed.
    Typing {
        what: Typing,
        input: Input,
    },
}

/// What a typed line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    Filter,
    Reason,
    Save,
    /// A variable of a clone that is set up.
    Value,
}

/// A value that is shown for a short time.
pub(super) struct Revealed {
    pub(super) key: FindingKey,
    pub(super) secret: Arc<Secret>,
    pub(super) until: Duration,
}

impl Model {
    pub(super) fn new(flow: Flow, looks: Looks, root: String, size: (u16, u16)) -> Self {
        Self {
            flow,
            theme: Theme { colour: looks.colour, ascii: looks.ascii },
            root,
            size,
            clock: Duration::ZERO,
            scanned_in: None,
            findings: findings::State::default(),
            detail: detail::State::default(),
            store: store::State::default(),
            review: review::State::default(),
            apply: apply::State::default(),
            report: report::State::default(),
            config: config::State::default(),
            ready: ready::State::default(),
            over: None,
            revealed: None,
            said: None,
        }
    }

    /// Rows between the rules.
    pub(super) fn body_height(&self) -> usize {
        usize::from(self.size.1).saturating_sub(4)
    }

    pub(super) fn width(&self) -> usize {
        usize::from(self.size.0)
    }

    /// Rows that a page holds, one of the old ones kept in view.
    pub(super) fn page(&self) -> usize {
        self.body_height().saturating_sub(1).max(1)
    }
}
