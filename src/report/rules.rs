//! What `explain` prints: one rule, or all of them by threat.

use std::fmt::Write as _;

use crate::engine::Scan;
use crate::finding::Threat;
use crate::plan::Draft;
use crate::rules::{self, Rule};
use crate::text::escape::one_line;

use super::style::{Role, Style};
use super::{counted, draft as drafts};

/// Cells of a line of prose; the same on every terminal and in a pipe.
pub(super) const WIDTH: usize = 80;
/// Places that `explain RULE` lists.
const MOST_PLACES: usize = 10;

/// One rule: what, why, how the fix works, how to ignore it.
pub fn one(rule: &Rule, style: Style) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", style.paint(Role::Strong, &format!("{} {}", rule.id, rule.name)));
    let _ = writeln!(
        out,
        "Threat {}: {}. Usually {}.\n",
        rule.threat as u8,
        rule.threat.title(),
        style.paint(Role::of(rule.severity), rule.severity.word())
    );
    let text = &rule.explanation;
    for (heading, prose) in [
        ("What it finds", text.what),
        ("Why it matters", text.why),
        ("How the fix works", text.fix),
        ("When to ignore it", text.ignore),
    ] {
        if !prose.trim().is_empty() {
            let _ = writeln!(out, "{}\n{}", style.paint(Role::Strong, heading), wrapped(prose));
        }
    }
    if let Some(lines) = rules::listing(rule) {
        let _ = writeln!(out, "{}", style.paint(Role::Strong, &format!("What it knows ({})", lines.len())));
        for (what, place) in lines {
            let _ = writeln!(out, "  {what}\n      {place}");
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, "How to ignore it"));
    let _ = writeln!(out, "  on one line   # flask-harden: ignore[{}] the reason", rule.id);
    let _ = writeln!(out, "  everywhere    flask-harden --ignore {}", rule.id);
    out
}

/// What the rule found in this project, and the lines before and after its fixes. Empty where it
/// found nothing.
pub fn here(rule: &Rule, scan: &Scan, draft: &Draft, style: Style) -> String {
    let found: Vec<_> = scan.findings.iter().filter(|finding| finding.key.rule == rule.id).collect();
    if found.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", style.paint(Role::Strong, "In this project"));
    for finding in found.iter().take(MOST_PLACES) {
        let place = &finding.primary;
        let _ = writeln!(out, "  {}:{}", one_line(place.path.as_str()), place.line);
        for line in filled(&one_line(&finding.message), WIDTH - 6) {
            let _ = writeln!(out, "      {line}");
        }
    }
    if found.len() > MOST_PLACES {
        let _ = writeln!(out, "  and {}", counted(found.len() - MOST_PLACES, "place more", "places more"));
    }
    let clears = |id: &str| {
        let of_rule = |key: &crate::finding::FindingKey| key.rule == rule.id;
        draft.applied.iter().any(|remedy| remedy.id == id && remedy.findings.iter().any(of_rule))
    };
    let files: Vec<_> = draft.files.iter().filter(|file| file.remedies.iter().any(|id| clears(id))).collect();
    if !files.is_empty() {
        let _ = writeln!(out, "\n{}", style.paint(Role::Strong, "Before and after (values are hidden)"));
    }
    for file in files {
        drafts::change(&mut out, draft, file, style);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Every rule, by threat.
pub fn all(style: Style) -> String {
    let rules = rules::all();
    let mut out = String::new();
    for threat in Threat::ALL {
        let mut of_threat = rules.iter().filter(|rule| rule.threat == threat).peekable();
        if of_threat.peek().is_none() {
            continue;
        }
        let _ = writeln!(out, "{}", style.paint(Role::Strong, &format!("{} {}", threat as u8, threat.title())));
        for rule in of_threat {
            let word = format!("{:<4}", rule.severity.word());
            let summary = first_sentence(rule.explanation.what);
            let _ = writeln!(out, "  {}  {}  {}", rule.id, style.paint(Role::of(rule.severity), &word), rule.name);
            for line in filled(summary, WIDTH - 15) {
                let _ = writeln!(out, "               {line}");
            }
        }
        out.push('\n');
    }
    out.push_str("flask-harden explain RULE says more about one of them.\n");
    out
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |at| text.get(..=at).unwrap_or(text)).trim()
}

/// Paragraphs wrapped and indented by two; lines that are indented already stay as they are.
fn wrapped(prose: &str) -> String {
    let mut out = String::new();
    for paragraph in prose.trim().split("\n\n") {
        if paragraph.lines().any(|line| line.starts_with("  ")) {
            for line in paragraph.lines() {
                let _ = writeln!(out, "  {line}");
            }
        } else {
            for line in filled(paragraph, WIDTH - 2) {
                let _ = writeln!(out, "  {line}");
            }
        }
        out.push('\n');
    }
    out
}

/// Words in lines of at most `width` cells; a longer word has its own line.
pub(super) fn filled(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_filled_and_code_kept() {
        assert_eq!(filled("one two  three\nfour", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("a\nb\n\n  code\n  more"), "  a b\n\n    code\n    more\n\n");
    }
}
