//! `explain SETTING`: a line for each target.

use std::fmt::Write as _;

use crate::engine::EffectiveLine;
use crate::text::escape::one_line;

/// The value of a setting on every target, worst known first: production's targets, then others.
pub fn render(key: &str, lines: &[EffectiveLine]) -> String {
    let mut out = format!("{}\n", one_line(key));
    if lines.is_empty() {
        out.push_str("  no app was found that it could belong to\n");
    }
    let several = lines.iter().any(|line| line.project != lines[0].project);
    let mut sorted: Vec<&EffectiveLine> = lines.iter().collect();
    sorted.sort_by_key(|line| (line.project.clone(), !line.production));
    let mut seen: Vec<String> = Vec::new();
    for line in sorted {
        let mut text = String::new();
        let project = if several { format!("{}: ", line.project) } else { String::new() };
        let role = if line.production { "production, " } else { "" };
        let _ = writeln!(text, "  {}{}{}", one_line(&project), role, one_line(&line.target));
        let place = line.place.as_ref().map(|place| format!("   {}", one_line(place))).unwrap_or_default();
        let _ = writeln!(text, "      {}{place}", one_line(&line.value));
        if let Some(note) = &line.note {
            let _ = writeln!(text, "      {}", one_line(note));
        }
        if !seen.contains(&text) {
            out.push_str(&text);
            seen.push(text);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    #[test]
    fn production_first_and_the_same_once() {
        let line = |target: &str, production| EffectiveLine {
            project: RepoPath::root(),
            target: target.to_owned(),
            production,
            value: "off (Flask's default)".to_owned(),
            place: None,
            note: None,
        };
        let text = render("DEBUG", &[line("flask run", false), line("gunicorn", true), line("flask run", false)]);
        assert_eq!(
            text,
            "DEBUG\n  production, gunicorn\n      off (Flask's default)\n  flask run\n      off (Flask's default)\n"
        );
    }
}
