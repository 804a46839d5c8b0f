//! The last look before a clone is set up: where secrets go, and the env file as it will be, with its
//! values hidden.

use ratatui::text::Line;

use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::words::{column, hanging, line, pieces, shown, shown_code};

pub(super) fn body(model: &Model) -> Vec<Line<'static>> {
    let (theme, width) = (model.theme, model.width());
    let setup = model.flow.setup.as_ref();
    let made = setup.and_then(|setup| Some((setup, setup.begun.as_ref()?, setup.made.as_ref()?)));
    let Some((_, begun, made)) = made else {
        return vec![line(" Working out the env file.", Role::Plain, theme)];
    };
    let lead = |text: &str| format!(" {}", column(text, 8, theme));
    let mut lines = hanging(&lead("Store"), &shown(&begun.store), width, Role::Plain, theme);
    let outside: Vec<String> = made
        .draft
        .secrets
        .iter()
        .filter(|secret| !matches!(secret.held, crate::plan::Held::File(_)))
        .map(|secret| format!("{} in {}", shown(&secret.name), shown(&secret.place)))
        .collect();
    if !outside.is_empty() {
        lines.extend(hanging(&lead("Secrets"), &outside.join(", "), width, Role::Plain, theme));
    }
    if !made.unset.is_empty() {
        let names: Vec<String> = made.unset.iter().map(|name| shown(name)).collect();
        lines.extend(hanging(
            &lead("Not made"),
            &format!("{}: the host sets them", names.join(", ")),
            width,
            Role::Plain,
            theme,
        ));
    }
    for file in &made.draft.files {
        let state =
            if file.before.is_none() { format!("new, mode {:04o}", file.mode & 0o7777) } else { "changed".to_owned() };
        lines.push(Line::default());
        lines.push(line(format!(" {}   {state}", shown(file.path.as_str())), Role::Strong, theme));
        // The first two lines name the file again.
        for text in file.diff.lines().skip(2) {
            let role = match text.as_bytes() {
                [b'+', ..] => Role::Added,
                [b'-', ..] => Role::Removed,
                [b'@', ..] => Role::Hunk,
                _ => Role::Plain,
            };
            lines.extend(
                pieces(&shown_code(text), width.saturating_sub(1))
                    .into_iter()
                    .map(|piece| line(format!(" {piece}"), role, theme)),
            );
        }
    }
    lines.push(Line::default());
    lines.extend(hanging(
        " ",
        "Nothing that stands there is changed. Take it back later: flask-harden undo",
        width,
        Role::Plain,
        theme,
    ));
    lines.push(line(format!(" > {}_", model.apply.typed), Role::Strong, theme));
    lines
}
