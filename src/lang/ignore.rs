//! `.gitignore` and `.dockerignore` texts: which lines stand there, what the last matching one
//! says of a path, and adding lines. Judges one file alone; what git as a whole ignores is
//! asked of git (`repo`).

use crate::text::glob;

/// The line above what we add.
pub const HEADER: &str = "# secrets (flask-harden)";

/// Which program reads the file: git matches a name without a slash at every depth, Docker only
/// at the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Git,
    Docker,
}

/// A line that is neither empty nor a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IgnoreLine<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Without `!` and without white space at the end.
    pub pattern: &'a str,
    pub negated: bool,
}

/// The lines of an ignore file, in order.
pub fn lines(text: &str) -> impl Iterator<Item = IgnoreLine<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n').enumerate().filter_map(|(at, line)| {
        let line = without_trailing_space(line.strip_suffix('\r').unwrap_or(line));
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (negated, pattern) = line.strip_prefix('!').map_or((false, line), |pattern| (true, pattern));
        Some(IgnoreLine { number: at + 1, pattern, negated })
    })
}

/// Git drops blanks at the end of a line but one behind a backslash.
fn without_trailing_space(line: &str) -> &str {
    let trimmed = line.trim_end_matches([' ', '\t']);
    if trimmed.ends_with('\\') && trimmed.len() < line.len() { &line[..=trimmed.len()] } else { trimmed }
}

/// The line that decides about a file (`path` relative to the ignore file). `None`: nothing is
/// said of it.
pub fn deciding<'a>(text: &'a str, path: &str, dialect: Dialect) -> Option<IgnoreLine<'a>> {
    match dialect {
        Dialect::Git => {
            // From the top down: below a directory that is ignored nothing is taken out again.
            let above = path.match_indices('/').map(|(at, _)| (&path[..at], true));
            let mut decision = None;
            for (path, is_dir) in above.chain([(path, false)]) {
                decision = lines(text).filter(|line| glob::matches_itself(line.pattern, path, is_dir)).last();
                if is_dir && decision.is_some_and(|line: IgnoreLine<'_>| !line.negated) {
                    break;
                }
            }
            decision
        }
        Dialect::Docker => {
            let rooted = |pattern: &str| format!("/{}", pattern.trim().trim_start_matches("./").trim_matches('/'));
            lines(text).filter(|line| glob::matches(&rooted(line.pattern), path, false)).last()
        }
    }
}

/// The negation (`!.env`) that takes a file out again, where one decides.
pub fn unignored_by<'a>(text: &'a str, path: &str, dialect: Dialect) -> Option<IgnoreLine<'a>> {
    deciding(text, path, dialect).filter(|line| line.negated)
}

/// The text with those patterns that have no effect in it yet, below [`HEADER`]; `None` where
/// all have. A pattern that a later negation undoes is added again, behind the negation. Line
/// ends, mark and the style of the last line stay.
pub fn add(text: Option<&str>, patterns: &[&str], dialect: Dialect) -> Option<String> {
    let before = text.unwrap_or("");
    let mut missing: Vec<&str> = Vec::new();
    for pattern in patterns.iter().copied() {
        if !is_in_effect(before, pattern, dialect) && !missing.contains(&pattern) {
            missing.push(pattern);
        }
    }
    if missing.is_empty() {
        return None;
    }
    let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let body = before.strip_prefix('\u{feff}').unwrap_or(before);
    let is_open = !body.is_empty() && !body.ends_with('\n');
    let mut added: Vec<&str> = Vec::new();
    if !ends_with_our_block(body) {
        if !body.is_empty() && !body.lines().last().is_some_and(|line| line.trim().is_empty()) {
            added.push("");
        }
        added.push(HEADER);
    }
    added.extend(missing);
    let mut out = before.to_owned();
    if is_open {
        out.push_str(newline);
    }
    out.push_str(&added.join(newline));
    if !is_open {
        out.push_str(newline);
    }
    Some(out)
}

/// Whether a pattern does its work already: a plain name by what is said of that path, a
/// pattern with wildcards or for a directory by the line itself.
fn is_in_effect(text: &str, pattern: &str, dialect: Dialect) -> bool {
    let plain = !pattern.contains(['*', '?', '[', '\\']);
    if plain {
        let path = pattern.trim_matches('/');
        // A directory is in effect when what lies in it is.
        let probe = if pattern.ends_with('/') { format!("{path}/file") } else { path.to_owned() };
        return deciding(text, &probe, dialect).is_some_and(|line| !line.negated);
    }
    let mut effective = false;
    for line in lines(text).filter(|line| line.pattern == pattern) {
        effective = !line.negated;
    }
    effective
}

/// Whether the last lines are ours, so that more can follow without a second header.
fn ends_with_our_block(text: &str) -> bool {
    let mut block = text.lines().rev().take_while(|line| !line.trim().is_empty());
    block.any(|line| line.trim_end() == HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(text: Option<&str>, patterns: &[&str]) -> Option<String> {
        add(text, patterns, Dialect::Git)
    }

    #[test]
    fn added_below_a_header_and_only_once() {
        let first = git(Some("*.pyc\n"), &[".env", ".env.local", ".env"]).unwrap();
        assert_eq!(first, "*.pyc\n\n# secrets (flask-harden)\n.env\n.env.local\n");
        assert_eq!(git(Some(&first), &[".env", ".env.local"]), None);
        assert_eq!(git(Some(&first), &["instance/"]).unwrap(), format!("{first}instance/\n"));
        assert_eq!(git(None, &[".env"]).unwrap(), "# secrets (flask-harden)\n.env\n");
    }

    #[test]
    fn line_ends_mark_and_last_line_stay() {
        assert_eq!(
            git(Some("\u{feff}a\r\nb"), &[".env"]).unwrap(),
            "\u{feff}a\r\nb\r\n\r\n# secrets (flask-harden)\r\n.env"
        );
        assert_eq!(git(Some("\u{feff}"), &[".env"]).unwrap(), "\u{feff}# secrets (flask-harden)\n.env\n");
        assert_eq!(git(Some("a\n\n"), &[".env"]).unwrap(), "a\n\n# secrets (flask-harden)\n.env\n");
    }

    #[test]
    fn what_is_covered_is_left_out() {
        for text in [".env", "/.env", ".env*", "*.env", ".env  \n", ".env\r\n", "!.env\n.env"] {
            assert_eq!(git(Some(text), &[".env"]), None, "{text:?}");
        }
        assert_eq!(git(Some("instance\n"), &["instance/"]), None);
        assert_eq!(git(Some(".env.*.local\n"), &[".env.*.local"]), None);
        assert!(git(Some("# .env\n.env.example\n.env\\ \n"), &[".env"]).is_some());
    }

    #[test]
    fn a_later_negation_is_seen_and_overruled() {
        let text = ".env*\n!.env.example\n!.env\n";
        assert_eq!(unignored_by(text, ".env", Dialect::Git).map(|line| line.number), Some(3));
        assert_eq!(unignored_by(text, ".env.local", Dialect::Git), None);
        assert_eq!(unignored_by("instance/\n!instance/.env", "instance/.env", Dialect::Git), None);
        let after = git(Some(text), &[".env"]).unwrap();
        assert_eq!(unignored_by(&after, ".env", Dialect::Git), None);
        assert_eq!(git(Some(&after), &[".env"]), None);
    }

    #[test]
    fn docker_matches_from_the_root() {
        assert!(deciding(".env", "a/.env", Dialect::Docker).is_none());
        assert!(deciding("**/.env", "a/.env", Dialect::Docker).is_some());
        assert_eq!(add(Some("./.env\n"), &[".env"], Dialect::Docker), None);
        assert_eq!(
            add(Some("*\n!app\n"), &[".env", "**/.env"], Dialect::Docker).unwrap(),
            "*\n!app\n\n# secrets (flask-harden)\n**/.env\n"
        );
    }
}
