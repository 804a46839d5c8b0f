//! The variables of a fresh clone: what is done with each, why, and what the example says. A value that
//! may be a secret is not drawn, whoever it is from.

use ratatui::text::Line;

use super::{Hit, Screen};
use crate::flow::{Setup, What};
use crate::plan::onboard::{ItemSource, Need, OnboardItem};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::view::is_roomy;
use crate::tui::widgets::list::offset;
use crate::tui::widgets::words::{cells, column, cut, hanging, line, shown};

/// Cells of the word that says what is done.
const WORD: usize = 9;
/// Rows below the list.
const DETAIL: usize = 8;

pub(super) fn screen(model: &Model) -> Screen {
    let Some(setup) = &model.flow.setup else {
        return Screen { left: String::new(), right: String::new(), body: Vec::new() };
    };
    let Some(begun) = &setup.begun else {
        let text = " Reading the project: its example, its code, its env files. Nothing is run.";
        let body = vec![line(text, Role::Plain, model.theme)];
        return Screen { left: "Set up this clone".to_owned(), right: model.root.clone(), body };
    };
    let from = begun.steps.example.as_ref().map_or("what the code asks for", |example| &example.name);
    let right = match setup.questions().len() {
        0 => "nothing to answer".to_owned(),
        count => format!("{count} to answer"),
    };
    let left = format!("Set up {}   from {}", shown(begun.steps.file.as_str()), shown(from));
    Screen { left, right, body: body(model, setup) }
}

/// Rows of the list, the others being those of the variable in view.
fn list_height(model: &Model) -> usize {
    let height = model.body_height();
    if is_roomy(model.size) { height.saturating_sub(DETAIL) } else { height }
}

fn body(model: &Model, setup: &Setup) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let items = setup.items();
    if items.is_empty() {
        let text = "The app asks for no variable: nothing has to be set up.";
        return hanging(" ", text, width, Role::Plain, theme);
    }
    let height = list_height(model);
    let first = first(setup, height);
    let longest = items.iter().map(|item| cells(&shown(&item.name))).max().unwrap_or(0);
    let name = longest.min(width.saturating_sub(WORD + 4) / 2).max(8);
    let mut lines: Vec<Line<'static>> =
        items.iter().enumerate().skip(first).take(height).map(|(at, item)| row(model, setup, at, item, name)).collect();
    if is_roomy(model.size) {
        lines.resize(height, Line::default());
        lines.push(line(theme.rule().repeat(width), Role::Frame, theme));
        lines.extend(detail(model, setup).into_iter().take(DETAIL - 1));
    }
    lines
}

fn first(setup: &Setup, height: usize) -> usize {
    offset(setup.items().len(), height, setup.at, setup.at + 1)
}

fn row(model: &Model, setup: &Setup, at: usize, item: &OnboardItem, name: usize) -> Line<'static> {
    let (theme, width) = (model.theme, model.width());
    let what = setup.what(item);
    let sign = if at == setup.at { ">" } else { " " };
    let role = match what {
        _ if at == setup.at => Role::Strong,
        What::Ask => Role::Medium,
        What::Generate | What::Typed => Role::Good,
        _ => Role::Plain,
    };
    let text = format!(
        " {sign} {} {}  {}",
        column(what.word(), WORD, theme),
        column(&shown(&item.name), name, theme),
        about(what, item, setup)
    );
    line(cut(&text, width, theme), role, theme)
}

/// The rest of a row: the value where it may be seen, else why.
fn about(what: What, item: &OnboardItem, setup: &Setup) -> String {
    match (what, &item.default) {
        (What::Typed, _) => setup.typed(item).map_or_else(|| "not shown".to_owned(), |value| shown(&value)),
        (What::Copy, Some(value)) => shown(value),
        (What::Kept(_) | What::Host, _) => String::new(),
        (What::Empty, _) if matches!(item.need, Need::Copy) => "empty in the example".to_owned(),
        _ => item.why.to_owned(),
    }
}

/// What there is to know of the variable in view.
fn detail(model: &Model, setup: &Setup) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let Some(item) = setup.item() else { return Vec::new() };
    let what = setup.what(item);
    let lead = |text: &str| format!(" {}", column(text, 10, theme));
    let place = match &item.source {
        ItemSource::Code(location) => format!("{}:{}", location.path, location.line),
        ItemSource::Example { line } => {
            let begun = setup.begun.as_ref();
            let name = begun.and_then(|begun| begun.steps.example.as_ref()).map_or("", |example| &example.name);
            format!("{name}:{line}")
        }
    };
    let mut lines = vec![line(format!(" {}   {}", shown(&item.name), shown(&place)), Role::Strong, theme)];
    if let Some(hint) = &item.hint {
        lines.extend(hanging(&lead("comment"), &shown(hint), width, Role::Plain, theme));
    }
    lines.extend(hanging(&lead("why"), item.why, width, Role::Plain, theme));
    if let Some(value) = &item.default {
        let value = cut(&shown(value), width.saturating_sub(12), theme);
        lines.extend(hanging(&lead("example"), &value, width, Role::Plain, theme));
    }
    let happens = happens(what, item, setup);
    lines.extend(hanging(&lead("so"), &happens, width, Role::Plain, theme));
    lines.truncate(DETAIL - 2);
    if let Some(begun) = &setup.begun {
        let text = format!("{}S: secrets go to {}", lead("place"), begun.store_id().info().title);
        lines.push(line(cut(&text, width, theme), Role::Plain, theme));
    }
    lines
}

/// What follows, in a sentence.
pub(crate) fn happens(what: What, item: &OnboardItem, setup: &Setup) -> String {
    let (file, store) = match &setup.begun {
        Some(begun) => (shown(begun.steps.file.as_str()), begun.store_id()),
        None => (".env".to_owned(), crate::store::StoreId::EnvFile),
    };
    let place = if store.is_file() { file.clone() } else { store.info().title.to_owned() };
    match what {
        What::Generate => format!("a new random value goes to: {place}. It is never shown"),
        What::Copy => format!("the example's value is copied to {file}"),
        What::Off => "switched off here, so that login works over plain http".to_owned(),
        What::Ask if item.is_secret() => "Enter takes a value, which is not shown; x leaves it empty".to_owned(),
        What::Ask => "Enter takes a value; x leaves it empty".to_owned(),
        What::Typed if item.is_secret_as(setup.answers.get(&item.name)) => {
            format!("the value you typed goes to: {place}. It is not shown")
        }
        What::Typed => format!("the value you typed goes to {file}"),
        What::Empty => format!("stays empty in {file}"),
        What::Optional => format!("named in a comment of {file}; Enter gives it a value"),
        What::Host => "nothing is made: the host sets it".to_owned(),
        What::Kept(why) => why.to_owned(),
    }
}

pub(super) fn hit(model: &Model, y: usize) -> Option<Hit> {
    let setup = model.flow.setup.as_ref()?;
    let height = list_height(model);
    let at = first(setup, height) + y;
    (y < height && at < setup.items().len()).then_some(Hit::Item(at))
}
