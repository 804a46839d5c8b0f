//! `explain` without a name, second part: what protects the repository here, by threat.

use std::fmt::Write as _;

use crate::engine::MitigationLine;
use crate::finding::Threat;
use crate::rules::mitigations::State;
use crate::text::escape::one_line;

use super::rules::{WIDTH, filled};
use super::style::{Role, Style};

/// The mitigations with their states, places, and what to do about those that are missing.
pub fn render(lines: &[MitigationLine], style: Style) -> String {
    let count = |state: State| lines.iter().filter(|line| line.state == state).count();
    let mut out = format!(
        "{}\n{} present, {} missing, {} unknown.\n",
        style.paint(Role::Strong, "What protects this repository"),
        count(State::Present),
        count(State::Missing),
        count(State::Unknown)
    );
    for threat in Threat::ALL {
        let mut of_threat = lines.iter().filter(|line| line.threat == threat).peekable();
        if of_threat.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "\n{}", style.paint(Role::Strong, &format!("{} {}", threat as u8, threat.title())));
        for line in of_threat {
            out.push_str(&one(line, style));
        }
    }
    out
}

fn one(line: &MitigationLine, style: Style) -> String {
    let word = match line.state {
        State::Missing => style.paint(Role::High, line.state.word()),
        State::Present => style.paint(Role::Added, line.state.word()),
        State::Unknown => line.state.word().into(),
    };
    let mut out = format!("  {word}  {}\n", line.title);
    let place = line.place.as_ref().map(|place| format!("{}: ", one_line(place))).unwrap_or_default();
    let rule = line.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
    for part in filled(&format!("{place}{}{rule}", one_line(&line.why)), WIDTH - 11) {
        let _ = writeln!(out, "           {part}");
    }
    if let Some(now) = line.now.as_ref().filter(|_| line.state == State::Missing) {
        for (at, part) in filled(&one_line(now), WIDTH - 16).into_iter().enumerate() {
            let _ = writeln!(out, "           {}{part}", if at == 0 { "now: " } else { "     " });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_places_and_steps_are_shown() {
        let line = MitigationLine {
            id: "x",
            threat: Threat::SecretKey,
            title: "Keys are kept well",
            state: State::Missing,
            place: Some("a.py:3".to_owned()),
            why: "It is not.".to_owned(),
            rule: Some("FH102"),
            now: Some("Do it.".to_owned()),
        };
        let text = render(&[line], Style::plain());
        assert_eq!(
            text,
            "What protects this repository\n0 present, 1 missing, 0 unknown.\n\n1 Secret key\n  missing  Keys are kept \
             well\n           a.py:3: It is not. (FH102)\n           now: Do it.\n"
        );
    }
}
