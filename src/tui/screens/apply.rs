//! The last look before anything is written. The word that confirms is typed; every key that was
//! used to get here does something else.

mod setup;

use ratatui::text::Line;

use super::Screen;
use crate::flow::Step;
use crate::plan::{Draft, FileChange};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::words::{cells, column, hanging, line, paragraph, shown};

/// What has to be typed.
pub(in crate::tui) const WORD: &str = "write";

#[derive(Default)]
pub(in crate::tui) struct State {
    pub(in crate::tui) typed: String,
    pub(in crate::tui) scroll: usize,
}

pub(super) fn screen(model: &Model) -> Screen {
    let left = if model.flow.step == Step::Writing { "Writing" } else { "Ready to write" };
    let right = if model.flow.setup.is_some() { "step 2 of 2" } else { "step 4 of 4" };
    let lines = body(model);
    let height = model.body_height();
    // The line for typing stays in view, whatever is above it.
    let body = if lines.len() > height {
        let mut shown: Vec<Line<'static>> =
            lines.iter().skip(model.apply.scroll).take(height.saturating_sub(1)).cloned().collect();
        shown.extend(lines.last().cloned());
        shown
    } else {
        lines
    };
    Screen { left: left.to_owned(), right: right.to_owned(), body }
}

/// Rows it takes, for scrolling.
pub(in crate::tui) fn height(model: &Model) -> usize {
    body(model).len()
}

fn body(model: &Model) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    if model.flow.setup.is_some() {
        return setup::body(model);
    }
    let Some((_, draft)) = &model.flow.draft else {
        return vec![line(
            " Checking the changes together: does every fix still do what it promises?",
            Role::Plain,
            theme,
        )];
    };
    let mut lines = Vec::new();
    let lead = |text: &str| format!(" {}", column(text, 8, theme));
    lines.extend(hanging(&lead("Store"), &store(model, draft), width, Role::Plain, theme));
    lines.extend(files(draft, width, model));
    if !draft.untracked.is_empty() {
        let names: Vec<String> = draft.untracked.iter().map(|path| shown(path.as_str())).collect();
        let text = format!(
            "stops tracking {}; the file stays here. Once that is pushed, the next git pull deletes it in every other \
             checkout: keep a copy there first",
            names.join(", ")
        );
        lines.extend(hanging(&lead("Git"), &text, width, Role::Bad, theme));
    }
    let skipped = left_out(model, draft, true);
    if !skipped.is_empty() {
        lines.extend(hanging(
            &lead("Skipped"),
            &format!("{}, your choice", skipped.join(", ")),
            width,
            Role::Plain,
            theme,
        ));
    }
    for held in draft.held_back.iter().filter(|held| model.flow.decisions().accepts(&held.remedy.id)) {
        let text = format!("{}: {}", shown(&held.remedy.title), shown(&held.why));
        lines.extend(hanging(&lead("Held"), &text, width, Role::Bad, theme));
    }
    let open = left_out(model, draft, false);
    if !open.is_empty() {
        lines.extend(hanging(
            &lead("Open"),
            &format!("{}: not decided, not written", open.join(", ")),
            width,
            Role::Plain,
            theme,
        ));
    }
    lines.push(Line::default());
    lines.extend(hanging(
        " Will not happen: ",
        "no commit, no history rewrite, nothing leaves this computer",
        width,
        Role::Plain,
        theme,
    ));
    lines.extend(paragraph(
        "All files are written or none. Take it back later: flask-harden undo",
        " ",
        width,
        Role::Plain,
        theme,
    ));
    lines.push(line(format!(" > {}_", model.apply.typed), Role::Strong, theme));
    lines
}

fn store(model: &Model, draft: &Draft) -> String {
    let title = model.flow.store().map_or("none", |store| store.info().title);
    match draft.secrets.is_empty() {
        true => "no new key".to_owned(),
        false => {
            let names: Vec<String> = draft.secrets.iter().map(|key| shown(&key.name)).collect();
            format!("{title}: create {}", names.join(", "))
        }
    }
}

/// The files with what happens to each, in as many columns as there is room for.
fn files(draft: &Draft, width: usize, model: &Model) -> Vec<Line<'static>> {
    let theme = model.theme;
    let rows: Vec<(String, String)> = draft.files.iter().map(|file| (shown(file.path.as_str()), fate(file))).collect();
    let name = rows.iter().map(|(name, _)| cells(name)).max().unwrap_or(0).min(width / 2);
    let one = |row: &(String, String)| format!("{}  {}", column(&row.0, name, theme), column(&row.1, 11, theme));
    let per_line = if width.saturating_sub(9) >= 2 * (name + 15) { 2 } else { 1 };
    let lead = |at: usize| if at == 0 { " Files   " } else { "         " };
    let lines = rows.chunks(per_line).enumerate();
    lines
        .map(|(at, chunk)| {
            let text: Vec<String> = chunk.iter().map(one).collect();
            line(format!("{}{}", lead(at), text.join("  ")), Role::Plain, theme)
        })
        .collect()
}

fn fate(file: &FileChange) -> String {
    if file.before.is_none() {
        return "new".to_owned();
    }
    match file.diff.lines().filter(|line| line.starts_with("@@")).count() {
        0 => "permissions".to_owned(),
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    }
}

/// Rules whose fixes are not in the draft: those skipped, or those nothing was decided on.
fn left_out(model: &Model, draft: &Draft, skipped: bool) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for held in &draft.held_back {
        let id = &held.remedy.id;
        let decided = model.flow.decisions().skips(id);
        let undecided = model.flow.decision(id).is_none() && !held.remedy.changes.is_empty();
        if if skipped { decided } else { undecided } {
            rules.extend(held.remedy.findings.iter().map(|key| key.rule.to_owned()));
        }
    }
    rules.sort();
    rules.dedup();
    rules
}
