//! One patch at a time: its diff with values hidden, what changes when the app runs, what it
//! depends on.

use ratatui::text::Line;

use super::Screen;
use crate::engine::Patch;
use crate::plan::Decision;
use crate::remedy::Remedy;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::diff::{self, Look};
use crate::tui::widgets::words::{hanging, line, paragraph, shown};

/// From this width on the two sides can stand beside each other.
const WIDE: u16 = 120;

pub(in crate::tui) struct State {
    pub(in crate::tui) scroll: usize,
    pub(in crate::tui) context: usize,
    pub(in crate::tui) side_by_side: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { scroll: 0, context: 3, side_by_side: false }
    }
}

pub(super) fn screen(model: &Model) -> Screen {
    let (accepted, skipped, open) = model.flow.tally();
    let right = format!("accepted {accepted}  skipped {skipped}  open {open}");
    let Some(patch) = model.flow.patch_at(model.flow.patch) else {
        return Screen { left: "No patches".to_owned(), right, body: Vec::new() };
    };
    let files: Vec<String> = patch.files.iter().map(|file| shown(file.path.as_str())).collect();
    let more = if files.len() > 1 { format!(" +{}", files.len() - 1) } else { String::new() };
    let first_file = files.first().cloned().unwrap_or_default();
    let lines = body(model, patch);
    let first = model.review.scroll.min(lines.len().saturating_sub(model.body_height()));
    Screen {
        left: format!(
            "Patch {} of {}   {}   {}",
            model.flow.patch + 1,
            model.flow.patches().len(),
            format_args!("{first_file}{more}"),
            rules_of(model.flow.remedy(&patch.remedy))
        ),
        right,
        body: lines.into_iter().skip(first).collect(),
    }
}

/// Rows the patch takes, for scrolling.
pub(in crate::tui) fn height(model: &Model) -> usize {
    model.flow.patch_at(model.flow.patch).map_or(0, |patch| body(model, patch).len())
}

fn rules_of(fix: Option<&Remedy>) -> String {
    let mut rules: Vec<&str> = fix.iter().flat_map(|fix| &fix.findings).map(|key| key.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.join(" ")
}

fn body(model: &Model, patch: &Patch) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let Some(fix) = model.flow.remedy(&patch.remedy) else { return Vec::new() };
    let (state, role) = match model.flow.decision(&patch.remedy) {
        Some(Decision::Accept) => ("[accepted] ", Role::Good),
        Some(Decision::Edited(_)) => ("[accepted, edited by you] ", Role::Good),
        Some(Decision::Skip) => ("[skipped] ", Role::Plain),
        None => ("[open] ", Role::Plain),
    };
    let mut lines = hanging(&format!(" {state}"), &shown(&fix.title), width, role, theme);
    if let Some(problem) = &patch.problem {
        lines.extend(hanging(" Cannot be written: ", &shown(problem), width, Role::Bad, theme));
    }
    let look = Look {
        context: model.review.context,
        width,
        side_by_side: model.review.side_by_side && model.size.0 >= WIDE,
        theme,
    };
    for file in &patch.files {
        lines.extend(diff::file(file, look));
    }
    for path in fix.untracked() {
        let text = format!("stops tracking {}; the file stays here", shown(path.as_str()));
        lines.extend(hanging(" Git ", &text, width, Role::Strong, theme));
    }
    for (name, place) in &patch.keys {
        lines.push(line(
            format!(" New key {} in {}, 256 bits, never shown", shown(name), shown(place)),
            Role::Plain,
            theme,
        ));
    }
    lines.extend(consequences(model, patch));
    lines.extend(notes(model, fix));
    lines
}

fn consequences(model: &Model, patch: &Patch) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let Some(known) = model.flow.consequences.get(&patch.remedy) else {
        return vec![line(" What changes when it runs: being worked out", Role::Plain, theme)];
    };
    let known = match known {
        Ok(known) => known,
        Err(why) => {
            return hanging(" What changes when it runs: not known, ", &shown(why), width, Role::Plain, theme);
        }
    };
    let mut lines = vec![line(" What changes when it runs", Role::Strong, theme)];
    if known.is_empty() {
        lines.push(line("   no setting has another value than before", Role::Plain, theme));
    }
    let mut target = "";
    for change in known {
        if change.target != target {
            target = &change.target;
            let role = if change.production { ", production" } else { "" };
            lines.push(line(format!("   {}{role}", shown(target)), Role::Plain, theme));
        }
        let text = format!("{} -> {}", shown(&change.before), shown(&change.after));
        lines.extend(hanging(&format!("     {}: ", shown(&change.setting)), &text, width, Role::Plain, theme));
    }
    lines
}

fn notes(model: &Model, fix: &Remedy) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let word = match fix.applicability.word() {
        "safe" => "Safe",
        "automatic" => "Automatic",
        _ => "Your decision",
    };
    let mut lines = hanging(&format!(" {word}: "), &shown(&fix.reason), width, Role::Plain, theme);
    let needs: Vec<String> =
        fix.needs.iter().filter_map(|id| model.flow.number_of(id)).map(|n| n.to_string()).collect();
    if !needs.is_empty() {
        let word = if needs.len() == 1 { "patch" } else { "patches" };
        lines.push(line(format!(" Depends on {word} {}", needs.join(", ")), Role::Plain, theme));
    }
    for step in &fix.steps {
        lines.extend(hanging(" Then: ", &shown(step), width, Role::Plain, theme));
    }
    lines.extend(paragraph("Values are hidden in this view only.", " ", width, Role::Frame, theme));
    lines
}
