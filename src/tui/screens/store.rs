//! Where new keys go: every store, those that cannot be used here with the reason.

use ratatui::text::Line;

use super::{Hit, Screen};
use crate::engine::StoreOffer;
use crate::store::StoreId;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::list::offset;
use crate::tui::widgets::words::{column, hanging, line, paragraph, shown};

/// Cells of a store's name.
const NAME: usize = 20;

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) at: usize,
}

pub(super) fn screen(model: &Model) -> Screen {
    let keys = model.flow.keys();
    let what = match keys.as_slice() {
        [one] => format!("the new {}", shown(one)),
        several => format!("the {} new keys", several.len()),
    };
    let (lines, first, _) = body(model);
    let body = lines.into_iter().skip(first).collect();
    if model.flow.setup.is_some() {
        let what = match keys.len() {
            0 => "secrets".to_owned(),
            1 => "the secret".to_owned(),
            count => format!("the {count} secrets"),
        };
        return Screen { left: format!("Where should {what} live?"), right: String::new(), body };
    }
    Screen { left: format!("Where should {what} live?  (256 bits each)"), right: "step 2 of 4".to_owned(), body }
}

/// The lines, the first one to show, and where each offer begins.
fn body(model: &Model) -> (Vec<Line<'static>>, usize, Vec<usize>) {
    let (theme, width) = (model.theme, model.width());
    let Some(offers) = &model.flow.offers else {
        return (vec![line(" Looking at the stores.", Role::Plain, theme)], 0, Vec::new());
    };
    let mut lines = Vec::new();
    let mut begins = Vec::new();
    let mut view = (0, 0);
    for (at, offer) in offers.iter().enumerate() {
        begins.push(lines.len());
        lines.extend(rows(model, at, offer));
        if at == model.store.at {
            view = (begins[at], lines.len());
        }
    }
    let chosen = model.flow.store();
    lines.push(Line::default());
    let here = match chosen {
        Some(StoreId::Keyring | StoreId::Vault | StoreId::Aws) => "flask-harden exec -- flask run",
        Some(StoreId::Print | StoreId::None) => "flask run, with the variables set by you",
        _ => "flask run, as before",
    };
    let lead = |text: &str| format!(" {}", column(text, 19, theme));
    lines.extend(hanging(&lead("On this computer:"), here, width, Role::Plain, theme));
    let keys: Vec<String> = model.flow.keys().into_iter().map(shown).collect();
    if model.flow.setup.is_some() {
        let first = offset(lines.len(), model.body_height(), view.0, view.1);
        return (lines, first, begins);
    }
    let servers = format!("set {} there (the report says where)", keys.join(" and "));
    lines.extend(hanging(&lead("Servers:"), &servers, width, Role::Plain, theme));
    let first = offset(lines.len(), model.body_height(), view.0, view.1);
    (lines, first, begins)
}

fn rows(model: &Model, at: usize, offer: &StoreOffer) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let sign = if at == model.store.at { ">" } else { " " };
    let chosen = model.flow.store() == Some(offer.id);
    let lead = format!(" {sign} {} ", column(offer.title, NAME - 1, theme));
    let indent = " ".repeat(NAME + 3);
    let role = if at == model.store.at { Role::Strong } else { Role::Plain };
    let mark = if chosen { "[chosen] " } else { "" };
    match &offer.state {
        Err(why) => hanging(&lead, &format!("{mark}not usable here: {}", shown(why)), width, Role::Bad, theme),
        Ok(seen) if seen.is_empty() || seen == offer.suits => {
            hanging(&lead, &format!("{mark}{}", offer.suits), width, role, theme)
        }
        Ok(seen) => {
            let mut lines = hanging(&lead, &format!("{mark}{}", shown(seen)), width, role, theme);
            lines.extend(paragraph(offer.suits, &indent, width, role, theme));
            lines
        }
    }
}

pub(super) fn hit(model: &Model, y: usize) -> Option<Hit> {
    let (lines, first, begins) = body(model);
    let row = first + y;
    if row >= lines.len() {
        return None;
    }
    begins.iter().rposition(|begin| *begin <= row).map(Hit::Item)
}
