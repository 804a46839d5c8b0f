//! Findings by threat: the threats on the left, the findings of one on the right, the one in view
//! in full below.

use ratatui::text::{Line, Span};

use super::{Hit, Screen};
use crate::finding::{Finding, Threat};
use crate::flow::place_of;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::view::is_roomy;
use crate::tui::widgets::list::offset;
use crate::tui::widgets::words::{cells, column, cut, hanging, line, paragraph, shown, span};

/// Cells of the left pane.
const LEFT: usize = 23;
/// Lines of the part below the list.
const BELOW: usize = 8;
/// Lines of one finding in the list.
const ITEM: usize = 2;

#[derive(Default)]
pub(in crate::tui) struct State {
    /// Whether `j` and `k` move among threats.
    pub(in crate::tui) threats: bool,
}

/// A threat in twenty cells.
fn short(threat: Threat) -> &'static str {
    match threat {
        Threat::SecretKey => "Secret key",
        Threat::SessionCookies => "Session cookie",
        Threat::TemplateInjection => "Templates",
        Threat::DebugMode => "Debug mode",
        Threat::DevServer => "Server",
        Threat::RouteParams => "Routes",
        Threat::LeakedCredentials => "Leaked logins",
    }
}

pub(super) fn screen(model: &Model) -> Screen {
    let counted = model.flow.counted();
    let target = model.flow.target.as_deref().map_or_else(|| "all".to_owned(), shown);
    let filter = match model.flow.filter.as_str() {
        "" => String::new(),
        words => format!("   filter: {}", shown(words)),
    };
    Screen {
        left: format!("{}   target: {target}{filter}", model.root),
        right: format!("{} open  {} planned  {} ignored", counted.open, counted.planned, counted.ignored),
        body: body(model),
    }
}

fn body(model: &Model) -> Vec<Line<'static>> {
    if !is_roomy(model.size) {
        return list(model, model.width(), model.body_height());
    }
    let theme = model.theme;
    let height = model.body_height();
    let width = model.width().saturating_sub(LEFT + 1);
    let list_height = height.saturating_sub(BELOW + 2);
    let mut right = vec![line(format!(" FINDING{}", history_note(model)), Role::Strong, theme)];
    let mut rows = list(model, width, list_height);
    rows.resize(list_height, Line::default());
    right.append(&mut rows);
    right.push(line(theme.rule().repeat(width), Role::Frame, theme));
    right.extend(below(model, width).into_iter().take(BELOW));
    let left = threats(model);
    let pane = |rows: &[Line<'static>], at: usize| rows.get(at).cloned().unwrap_or_default();
    (0..height)
        .map(|at| {
            let mut spans: Vec<Span<'static>> = pane(&left, at).spans;
            let used: usize = spans.iter().map(|span| cells(&span.content)).sum();
            spans.push(span(" ".repeat(LEFT.saturating_sub(used)), Role::Plain, theme));
            spans.push(span(theme.bar(), Role::Frame, theme));
            spans.extend(pane(&right, at).spans);
            Line::from(spans)
        })
        .collect()
}

fn history_note(model: &Model) -> String {
    if model.flow.whole { String::new() } else { "   (history is still being read)".to_owned() }
}

fn threats(model: &Model) -> Vec<Line<'static>> {
    let theme = model.theme;
    let current = model.flow.current().map(|found| found.threat);
    let mut rows = vec![line(format!("   {}   #", column("THREAT", 14, theme)), Role::Strong, theme)];
    for threat in Threat::ALL {
        let chosen = current == Some(threat);
        let sign = if chosen { ">" } else { " " };
        let text =
            format!(" {sign} {} {}{:>3}", threat as u8, column(short(threat), 14, theme), model.flow.of_threat(threat));
        let role = if chosen && model.findings.threats { Role::Strong } else { Role::Plain };
        rows.push(line(text, role, theme));
    }
    rows
}

/// The findings of the threat in view.
fn shown_here(model: &Model) -> Vec<(usize, &Finding)> {
    let all = model.flow.visible();
    let threat = model.flow.current().map(|found| found.threat);
    all.into_iter().enumerate().filter(|(_, found)| Some(found.threat) == threat || !is_roomy(model.size)).collect()
}

/// The first item shown of a list this high.
fn first_item(model: &Model, items: &[(usize, &Finding)], height: usize) -> usize {
    let at = items.iter().position(|(at, _)| *at == model.flow.finding).unwrap_or(0);
    offset(items.len(), (height / ITEM).max(1), at, at + 1)
}

fn list(model: &Model, width: usize, height: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let items = shown_here(model);
    if items.is_empty() {
        let text = match (model.flow.filter.is_empty() && model.flow.target.is_none(), model.flow.scan.is_some()) {
            (_, false) => "Still reading.",
            (true, _) => "Nothing was found. That is what this tool can see, and no promise.",
            (false, _) => "No finding matches. Esc in the filter takes it away.",
        };
        return paragraph(text, "   ", width, Role::Plain, theme);
    }
    let first = first_item(model, &items, height);
    items
        .iter()
        .skip(first)
        .take((height / ITEM).max(1))
        .flat_map(|(at, found)| item(model, *at, found, width))
        .collect()
}

fn item(model: &Model, at: usize, found: &Finding, width: usize) -> [Line<'static>; ITEM] {
    let theme = model.theme;
    let chosen = at == model.flow.finding;
    let sign = if chosen { ">" } else { " " };
    let role = if chosen { Role::Strong } else { Role::Plain };
    let word = column(found.severity.word(), 5, theme);
    let tag = found.tag.map_or_else(String::new, |tag| format!(" {tag}"));
    let text = format!("{} {}", found.key.rule, shown(&found.message));
    let room = width.saturating_sub(9 + tag.len());
    let head = Line::from(vec![
        span(format!(" {sign} "), role, theme),
        span(word, Role::of(found.severity), theme),
        span(format!(" {}{tag}", cut(&text, room, theme)), role, theme),
    ]);
    let place = cut(&format!("{}{}", shown(&place_of(found)), decided(model, found)), width.saturating_sub(10), theme);
    [head, line(format!("         {place}"), Role::Plain, theme)]
}

/// What was decided on the fix of a finding.
fn decided(model: &Model, found: &Finding) -> &'static str {
    let Some(fix) = model.flow.fix_of(found) else { return "" };
    match (model.flow.decisions().accepts(&fix.id), model.flow.decisions().skips(&fix.id)) {
        (true, _) => "   [planned]",
        (_, true) => "   [skipped]",
        _ => "",
    }
}

fn below(model: &Model, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let Some(found) = model.flow.current() else { return Vec::new() };
    let mut lines = paragraph(&shown(&found.message), " ", width, Role::Plain, theme);
    lines.truncate(4);
    lines.extend(match (model.flow.fix_of(found), &found.next_step) {
        (Some(fix), _) => {
            let lead = format!(" Fix ({}): ", fix.applicability.word());
            hanging(&lead, &format!("{}. {}", shown(&fix.title), shown(&fix.reason)), width, Role::Plain, theme)
        }
        (None, Some(step)) => hanging(" Next: ", &shown(step), width, Role::Plain, theme),
        (None, None) if model.flow.planned.is_none() => {
            hanging(" Fix: ", "still being worked out", width, Role::Plain, theme)
        }
        (None, None) => Vec::new(),
    });
    lines
}

pub(super) fn hit(model: &Model, x: usize, y: usize) -> Option<Hit> {
    let roomy = is_roomy(model.size);
    if roomy && x < LEFT {
        return u8::try_from(y).ok().filter(|row| (1..=7).contains(row)).map(Hit::Group);
    }
    let items = shown_here(model);
    let (height, row) = if roomy {
        (model.body_height().saturating_sub(BELOW + 2), y.checked_sub(1)?)
    } else {
        (model.body_height(), y)
    };
    if row >= height {
        return None;
    }
    let first = first_item(model, &items, height);
    items.get(first + row / ITEM).map(|(at, _)| Hit::Item(*at))
}
