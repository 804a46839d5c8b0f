//! A clone that is set up: what was done, and how the app is started now.

use ratatui::text::Line;

use super::Screen;
use crate::report::{self, onboard::Done};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::words::{column, hanging, line, paragraph, shown};

/// Cells of a heading.
const LEAD: usize = 14;

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) scroll: usize,
}

pub(super) fn screen(model: &Model) -> Screen {
    let end = model.flow.setup.as_ref().and_then(|setup| setup.end.as_ref());
    let receipt = end.and_then(|end| end.receipt.as_ref());
    let right = receipt.map_or_else(String::new, |receipt| format!("undo id {}", receipt.run));
    let left = match end.and_then(|end| end.undone.as_ref()) {
        Some(undone) => format!("Run {} is undone.", undone.run),
        None => done(model).map_or_else(String::new, |done| report::onboard::heading(&done)),
    };
    let lines = body(model);
    let first = model.ready.scroll.min(lines.len().saturating_sub(model.body_height()));
    Screen { left, right, body: lines.into_iter().skip(first).collect() }
}

/// Rows it takes, for scrolling.
pub(in crate::tui) fn height(model: &Model) -> usize {
    body(model).len()
}

fn done(model: &Model) -> Option<Done<'_>> {
    let setup = model.flow.setup.as_ref()?;
    let (onboarding, made) = (setup.begun.as_deref()?, setup.made.as_deref()?);
    let receipt = setup.end.as_ref()?.receipt.as_ref();
    Some(Done { onboarding, answers: &setup.answers, made, receipt, root: &onboarding.scan.root })
}

fn body(model: &Model) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let Some(done) = done(model) else { return Vec::new() };
    let lead = |text: &str| format!(" {}", column(text, LEAD, theme));
    let end = model.flow.setup.as_ref().and_then(|setup| setup.end.as_ref());
    if let Some(undone) = end.and_then(|end| end.undone.as_ref()) {
        let given = undone.restored.len() + undone.removed.len();
        let mut lines =
            vec![line(format!(" {} given back.", report::counted(given, "file", "files")), Role::Plain, theme)];
        for kept in report::receipt::kept_lines(&undone.kept) {
            lines.extend(hanging("   kept ", &shown(&kept), width, Role::Plain, theme));
        }
        return lines;
    }
    let mut lines = Vec::new();
    if let Some(first) = report::onboard::by_hand(&done) {
        lines.extend(hanging(&lead("by hand"), &first, width, Role::Strong, theme));
    }
    lines.extend(starts(&done, &lead, width, model));
    lines.push(Line::default());
    for group in report::onboard::groups(&done) {
        let names: Vec<String> = group.names.iter().map(|name| shown(name)).collect();
        lines.extend(hanging(&lead(group.title), &names.join(", "), width, Role::Plain, theme));
        if !group.about.is_empty() {
            lines.extend(paragraph(&format!("({})", group.about), &lead(""), width, Role::Frame, theme));
        }
    }
    if done.receipt.is_some() {
        lines.extend(hanging(&lead("secrets in"), &shown(&done.onboarding.store), width, Role::Plain, theme));
    }
    lines.push(Line::default());
    let again = "Typed again, flask-harden onboard changes nothing.";
    lines.extend(paragraph(again, " ", width, Role::Plain, theme));
    lines
}

fn starts(done: &Done<'_>, lead: &dyn Fn(&str) -> String, width: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = model.theme;
    let mut lines = Vec::new();
    for (at, way) in done.onboarding.starts().iter().enumerate() {
        let (title, role) = if at == 0 { ("start the app", Role::Strong) } else { ("or", Role::Plain) };
        lines.extend(hanging(&lead(title), &shown(&way.command), width, role, theme));
        if let Some(address) = &way.address {
            lines.extend(hanging(&lead("then open"), &shown(address), width, role, theme));
        }
    }
    lines
}
