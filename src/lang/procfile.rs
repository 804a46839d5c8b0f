//! Procfiles: `type: command` lines with places.

use crate::text::Span;

/// One process type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub name: String,
    pub command: Span,
}

/// The process types of a Procfile in their order.
pub fn processes(text: &str) -> Vec<Process> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_start = start;
        start += line.len();
        let content = line.trim_end().trim_start_matches('\u{feff}');
        let lead = line.len() - line.trim_start_matches('\u{feff}').len();
        let Some((name, command)) = content.split_once(':') else { continue };
        let name = name.trim();
        let valid = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !valid || command.trim().is_empty() {
            continue;
        }
        let end = line_start + lead + content.len();
        let command_start = end - command.trim_start().len();
        found.push(Process { name: name.to_owned(), command: Span::new(command_start, end) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_have_places_and_comments_are_skipped() {
        let text = "# web: no\r\nweb:  gunicorn app:app\r\n\nrelease: flask db upgrade";
        let all = processes(text);
        let seen: Vec<_> = all.iter().map(|p| (p.name.as_str(), p.command.of(text))).collect();
        assert_eq!(seen, [("web", "gunicorn app:app"), ("release", "flask db upgrade")]);
    }
}
