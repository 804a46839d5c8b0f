//! One finding in full: the line, why it matters, how it is known, what the fix does.

use ratatui::text::Line;

use super::Screen;
use crate::facts::masks;
use crate::finding::{Confidence, Finding, FindingKey};
use crate::flow::place_of;
use crate::rules;
use crate::text::Place;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::words::{cut, hanging, line, paragraph, shown, shown_code};

/// Lines of code around the one of the finding.
const AROUND: usize = 1;

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) scroll: usize,
    /// The lines of code of this finding, masked: found once, since masking reads the whole file.
    code: Option<(FindingKey, Vec<(usize, String)>)>,
}

/// Finds the code lines of the finding in view, unless they are there.
pub(in crate::tui) fn load(model: &mut Model) {
    let Some(found) = model.flow.current() else { return };
    if model.detail.code.as_ref().is_some_and(|(key, _)| *key == found.key) {
        return;
    }
    let key = found.key.clone();
    let lines = code(model, found);
    model.detail = State { scroll: 0, code: Some((key, lines)) };
}

fn code(model: &Model, found: &Finding) -> Vec<(usize, String)> {
    let number = found.primary.line;
    let own = || match found.evidence.trim() {
        "" => Vec::new(),
        _ => vec![(number, found.evidence.clone())],
    };
    let scan = model.flow.scan.as_ref().filter(|_| model.flow.whole && found.primary.place == Place::Tree);
    let Some(source) = scan.and_then(|scan| scan.facts.files.get(&found.primary.path)) else { return own() };
    let hidden = masks::hidden(source);
    let around = number.saturating_sub(AROUND).max(1)..=number + AROUND;
    let lines = around.filter_map(|number| {
        let span = source.nth_line(number)?;
        Some((number, masks::mask(&source.text, span, &hidden).trim_end().to_owned()))
    });
    lines.collect()
}

pub(super) fn screen(model: &Model) -> Screen {
    let Some(found) = model.flow.current() else {
        return Screen { left: String::new(), right: String::new(), body: Vec::new() };
    };
    let name = rules::find(found.key.rule).map_or("", |rule| rule.name);
    let sure = match found.confidence {
        Confidence::High => "proven",
        Confidence::Medium => "likely",
        Confidence::Low => "possible",
    };
    let all = model.flow.visible().len();
    let lines = body(model, found);
    let first = model.detail.scroll.min(lines.len().saturating_sub(model.body_height()));
    Screen {
        left: format!("{} {name}", found.key.rule),
        right: format!("{} of {all}   {}   {sure}", model.flow.finding + 1, found.severity.word()),
        body: lines.into_iter().skip(first).collect(),
    }
}

/// Rows the finding takes, for scrolling.
pub(in crate::tui) fn height(model: &Model) -> usize {
    model.flow.current().map_or(0, |found| body(model, found).len())
}

fn body(model: &Model, found: &Finding) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let mut lines = paragraph(&shown(&found.message), " ", width, Role::Strong, theme);
    lines.push(line(format!(" {}", shown(&place_of(found))), Role::Plain, theme));
    let code: Vec<(usize, String)> = model.detail.code.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let blank = |text: &&(usize, String)| !text.1.trim().is_empty();
    let indent = |(_, text): &(usize, String)| text.len() - text.trim_start().len();
    let common = code.iter().filter(blank).map(indent).min().unwrap_or(0);
    for (number, text) in &code {
        let text = text.get(common..).unwrap_or("");
        let own = *number == found.primary.line;
        let sign = if own { ">" } else { " " };
        let tag = found.tag.filter(|_| own).map_or_else(String::new, |tag| format!("  {tag}"));
        let text = cut(&shown_code(text), width.saturating_sub(10 + tag.len()), theme);
        let role = if own { Role::of(found.severity) } else { Role::Plain };
        lines.push(line(format!("  {sign} {number:>4}  {text}{tag}"), role, theme));
    }
    if let Some(shown_now) = model.revealed.as_ref().filter(|revealed| revealed.key == found.key) {
        let left = shown_now.until.saturating_sub(model.clock).as_secs() + 1;
        let lead = format!(" The value, for {left} more s: ");
        lines.extend(hanging(&lead, &shown(shown_now.secret.expose()), width, Role::Strong, theme));
    }
    if let Some(rule) = rules::find(found.key.rule) {
        lines.push(line(" Why it matters", Role::Strong, theme));
        let first = rule.explanation.why.split("\n\n").next().unwrap_or("");
        lines.extend(paragraph(first, "   ", width, Role::Plain, theme));
    }
    lines.extend(known(model, found));
    lines.extend(fix(model, found));
    lines
}

fn known(model: &Model, found: &Finding) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let related =
        found.related.iter().map(|label| format!("{}:{}: {}", label.location.path, label.location.line, label.text));
    let said: Vec<String> = found.how_we_know.iter().cloned().chain(related).collect();
    if said.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![line(" How we know", Role::Strong, theme)];
    for text in said {
        lines.extend(hanging("   ", &shown(&text), width, Role::Plain, theme));
    }
    lines
}

fn fix(model: &Model, found: &Finding) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let mut lines = Vec::new();
    if let Some(fix) = model.flow.fix_of(found) {
        let decided = match (model.flow.decisions().accepts(&fix.id), model.flow.decisions().skips(&fix.id)) {
            (true, _) => ", planned",
            (_, true) => ", skipped",
            _ => "",
        };
        lines.push(line(format!(" Fix ({}{decided})", fix.applicability.word()), Role::Strong, theme));
        lines.extend(paragraph(&shown(&fix.title), "   ", width, Role::Plain, theme));
        lines.extend(paragraph(&shown(&fix.reason), "   ", width, Role::Plain, theme));
    } else if model.flow.planned.is_none() {
        lines.push(line(" Fix", Role::Strong, theme));
        lines.push(line("   still being worked out", Role::Plain, theme));
    }
    let steps: Vec<&String> =
        found.next_step.iter().chain(model.flow.fix_of(found).into_iter().flat_map(|fix| &fix.steps)).collect();
    if !steps.is_empty() {
        lines.push(line(" What to do", Role::Strong, theme));
        for (at, step) in steps.into_iter().enumerate() {
            lines.extend(hanging(&format!("   {} ", at + 1), &shown(step), width, Role::Plain, theme));
        }
    }
    lines
}
