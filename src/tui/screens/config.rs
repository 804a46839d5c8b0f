//! Every setting on every way the app is started.

use ratatui::text::Line;

use super::{Hit, Screen};
use crate::engine::{ConfigRow, ConfigTable};
use crate::tui::model::{Model, Over};
use crate::tui::theme::Role;
use crate::tui::widgets::list::offset;
use crate::tui::widgets::words::{cells, column, cut, line, shown};

/// Cells of a setting's name, and of one target.
const NAME: usize = 24;
const TARGET: usize = 26;
/// Cells of a value's word.
const WORD: usize = 8;

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) at: usize,
    pub(in crate::tui) only_differences: bool,
}

pub(super) fn screen(model: &Model) -> Screen {
    let only = if model.config.only_differences { "   only differences" } else { "" };
    let filter = match model.flow.filter.as_str() {
        "" => String::new(),
        words => format!("   filter: {}", shown(words)),
    };
    Screen {
        left: format!("Effective config{only}{filter}"),
        right: format!("{}* differs between targets", unseen(model)),
        body: body(model),
    }
}

/// How many targets there is no room for.
fn unseen(model: &Model) -> String {
    let all = model.flow.config.as_ref().map_or(0, |table| table.targets.len());
    match all.saturating_sub(room(model)) {
        0 => String::new(),
        more => format!("{more} more: t   "),
    }
}

/// How many targets there is room for.
fn room(model: &Model) -> usize {
    (model.width().saturating_sub(NAME + 3) / TARGET).max(1)
}

/// The rows in view, filtered.
pub(in crate::tui) fn rows(model: &Model) -> Vec<&ConfigRow> {
    let Some(table) = &model.flow.config else { return Vec::new() };
    let words = model.flow.filter.to_lowercase();
    let wanted = |row: &&ConfigRow| {
        (row.differs || !model.config.only_differences) && row.setting.to_lowercase().contains(&words)
    };
    table.rows.iter().filter(wanted).collect()
}

/// The targets in the order they are shown: the chosen one first.
fn order(model: &Model, table: &ConfigTable) -> Vec<usize> {
    let chosen = |at: &usize| model.flow.target.as_deref() != Some(table.targets[*at].as_str());
    let mut order: Vec<usize> = (0..table.targets.len()).collect();
    order.sort_by_key(chosen);
    order
}

fn body(model: &Model) -> Vec<Line<'static>> {
    let (theme, width, height) = (model.theme, model.width(), model.body_height());
    let Some(table) = &model.flow.config else {
        return vec![line(" Working out every setting.", Role::Plain, theme)];
    };
    let order = order(model, table);
    let columns: Vec<usize> = order.iter().copied().take(room(model)).collect();
    let heads: Vec<String> = columns.iter().map(|at| column(&shown(&table.targets[*at]), TARGET - 1, theme)).collect();
    let mut lines = vec![line(
        cut(&format!("   {} {}", column("SETTING", NAME - 1, theme), heads.join(" ")), width, theme),
        Role::Strong,
        theme,
    )];
    let rows = rows(model);
    let first = offset(rows.len(), height.saturating_sub(3), model.config.at, model.config.at + 1);
    for (at, row) in rows.iter().enumerate().skip(first).take(height.saturating_sub(3)) {
        lines.push(line(cut(&text(model, at, row, &columns), width, theme), role(model, at), theme));
    }
    if rows.is_empty() {
        lines.push(line("   no setting here", Role::Plain, theme));
    }
    lines.resize(height.saturating_sub(1), Line::default());
    let legend = " literal: used unless the server sets the name, which cannot be seen from here";
    lines.push(line(cut(legend, width, theme), Role::Frame, theme));
    lines
}

fn role(model: &Model, at: usize) -> Role {
    if at == model.config.at { Role::Strong } else { Role::Plain }
}

fn text(model: &Model, at: usize, row: &ConfigRow, columns: &[usize]) -> String {
    let theme = model.theme;
    let sign = if at == model.config.at { ">" } else { " " };
    let star = if row.differs { "*" } else { " " };
    let cell = |at: &usize| {
        let cell = &row.cells[*at];
        let word = column(&shown(&cell.word), WORD, theme);
        let place = cell
            .place
            .as_deref()
            .map_or_else(|| "default".to_owned(), |place| end_of(&shown(place), TARGET - WORD - 2));
        column(&format!("{word} {place}"), TARGET - 1, theme)
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    format!("{sign}{star} {} {}", column(&shown(&row.setting), NAME - 1, theme), cells.join(" "))
}

/// The end of a place: its file's name and line tell more than the directories above.
fn end_of(place: &str, width: usize) -> String {
    let mut rest = place;
    while cells(rest) > width {
        match rest.split_once('/') {
            Some((_, below)) => rest = below,
            None => break,
        }
    }
    rest.to_owned()
}

pub(super) fn hit(model: &Model, y: usize) -> Option<Hit> {
    let rows = rows(model);
    let height = model.body_height().saturating_sub(3);
    let first = offset(rows.len(), height, model.config.at, model.config.at + 1);
    let at = first + y.checked_sub(1)?;
    (at < rows.len() && y <= height).then_some(Hit::Item(at))
}

/// Where the values of the setting in view come from.
pub(in crate::tui) fn sources(model: &Model) -> Option<Over> {
    let table = model.flow.config.as_ref()?;
    let rows = rows(model);
    let row = rows.get(model.config.at)?;
    let mut text = String::new();
    for at in order(model, table) {
        let line = &row.cells[at].line;
        let role = if line.production { " (production)" } else { "" };
        text.push_str(&format!("{}{role}\n    {}\n", line.target, line.value));
        for more in line.place.iter().chain(&line.note) {
            text.push_str(&format!("    {more}\n"));
        }
    }
    Some(Over::Text { heading: shown(&row.setting), text, scroll: 0 })
}
