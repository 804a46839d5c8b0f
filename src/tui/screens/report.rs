//! What was written, and what is left to do, as a list to tick off.

use ratatui::text::Line;

use super::{Hit, Screen};
use crate::report;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::list::offset;
use crate::tui::widgets::words::{hanging, line, paragraph, shown};

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) at: usize,
}

pub(super) fn screen(model: &Model) -> Screen {
    let outcome = model.flow.outcome.as_ref();
    let receipt = outcome.and_then(|outcome| outcome.receipt.as_ref());
    let left = match (outcome.and_then(|outcome| outcome.undone.as_ref()), receipt) {
        (Some(undone), _) => format!("Run {} is undone.", undone.run),
        (None, Some(receipt)) => format!("Done. {} written.", report::counted(receipt.files.len(), "file", "files")),
        (None, None) => "Nothing was written.".to_owned(),
    };
    let right = receipt.map_or_else(String::new, |receipt| format!("undo id {}", receipt.run));
    let (lines, first, _) = body(model);
    Screen { left, right, body: lines.into_iter().skip(first).collect() }
}

fn body(model: &Model) -> (Vec<Line<'static>>, usize, Vec<usize>) {
    let (theme, width) = (model.theme, model.width());
    let Some(outcome) = &model.flow.outcome else { return (Vec::new(), 0, Vec::new()) };
    let mut lines = Vec::new();
    if let Some(undone) = &outcome.undone {
        let given = undone.restored.len() + undone.removed.len();
        lines.push(line(format!(" {} given back.", report::counted(given, "file", "files")), Role::Plain, theme));
        for kept in report::receipt::kept_lines(&undone.kept) {
            lines.extend(hanging("   kept ", &shown(&kept), width, Role::Plain, theme));
        }
    }
    let done = outcome.items.iter().filter(|item| item.done).count();
    let right = format!("{done} of {} done", outcome.items.len());
    let gap = width.saturating_sub(" Next steps".len() + right.len() + 1);
    lines.push(line(format!(" Next steps{}{right}", " ".repeat(gap)), Role::Strong, theme));
    let mut begins = Vec::new();
    let mut view = (0, 0);
    for (at, item) in outcome.items.iter().enumerate() {
        begins.push(lines.len());
        let chosen = at == model.report.at;
        let sign = if chosen { ">" } else { " " };
        let (mark, role) = if item.done { ("[x]", Role::Good) } else { ("[ ]", Role::Plain) };
        let role = if chosen { Role::Strong } else { role };
        let rule = item.rule.filter(|_| !item.done).map_or_else(String::new, |rule| format!("  ({rule})"));
        let text = format!("{}{rule}", shown(&item.text));
        lines.extend(hanging(&format!("{sign} {mark} {} ", at + 1), &text, width, role, theme));
        if chosen {
            view = (begins[at], lines.len());
        }
    }
    if outcome.items.is_empty() && model.flow.busy.is_none() {
        lines.extend(paragraph("Nothing is left to do.", "   ", width, Role::Plain, theme));
    }
    let left_out = model.flow.patches().len();
    if left_out > 0 && model.flow.busy.is_none() && outcome.undone.is_none() {
        let fixes = report::counted(left_out, "fix", "fixes");
        lines.push(Line::default());
        lines.push(line(format!(" {fixes} that can be written: b goes back to the findings."), Role::Plain, theme));
    }
    let first = offset(lines.len(), model.body_height(), view.0, view.1);
    (lines, first, begins)
}

pub(super) fn hit(model: &Model, y: usize) -> Option<Hit> {
    let (lines, first, begins) = body(model);
    let row = first + y;
    if row >= lines.len() {
        return None;
    }
    begins.iter().rposition(|begin| *begin <= row).map(Hit::Item)
}

/// The text of a saved report: what was written, then the list.
pub(in crate::tui) fn saved(model: &Model) -> String {
    let Some(outcome) = &model.flow.outcome else { return String::new() };
    let root = model.flow.scan.as_ref().map_or_else(|| ".".into(), |scan| scan.root.clone());
    let items: Vec<(bool, &str)> = outcome.items.iter().map(|item| (item.done, item.text.as_str())).collect();
    report::receipt::with_checklist(outcome.receipt.as_ref(), &outcome.draft, &root, &items)
}
