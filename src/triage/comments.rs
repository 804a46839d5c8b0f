//! Ignores in code: `# flask-harden: ignore[FH203] reason`, in templates between `{#` and `#}`.
//! Works on lines, so that it also serves files that no parser reads.

use std::collections::BTreeMap;

use crate::text::{RepoPath, SourceFile};

const MARK: &str = "flask-harden: ignore[";

/// Files that speak about code: what stands there is an example.
const PROSE: &[&str] = &["md", "rst", "txt", "adoc"];

/// Most ignores that are kept of one file.
const MOST: usize = 10_000;

/// One ignore in a file.
pub(super) struct Comment {
    /// Counted from 1.
    pub line: usize,
    /// Whether nothing else stands on the line: then it speaks for the line below.
    pub alone: bool,
    pub rules: Vec<String>,
    /// `None`: none was given, and the ignore does not count.
    pub reason: Option<String>,
    pub used: bool,
}

/// The ignores of every file that has any.
pub(super) fn of<'s>(sources: impl Iterator<Item = &'s SourceFile>) -> BTreeMap<RepoPath, Vec<Comment>> {
    let finder = memchr::memmem::Finder::new(MARK);
    let mut found = BTreeMap::new();
    for source in sources {
        let path = &source.path;
        if PROSE.contains(&path.extension()) || finder.find(source.text.as_bytes()).is_none() {
            continue;
        }
        let comments = in_text(&source.text);
        if !comments.is_empty() {
            found.insert(path.clone(), comments);
        }
    }
    found
}

fn in_text(text: &str) -> Vec<Comment> {
    text.lines().enumerate().filter_map(|(at, line)| in_line(line, at + 1)).take(MOST).collect()
}

fn in_line(line: &str, number: usize) -> Option<Comment> {
    let (before, behind) = line.split_once(MARK)?;
    let opening = before.trim_end();
    let (code, is_template) = match opening.strip_suffix("{#").or_else(|| opening.strip_suffix("{#-")) {
        Some(code) => (code, true),
        None => (opening.strip_suffix('#')?, false),
    };
    // `a#b` is no comment in YAML, env files and shells.
    if !is_template && !code.is_empty() && !code.ends_with(char::is_whitespace) {
        return None;
    }
    let (rules, reason) = behind.split_once(']')?;
    let rules: Vec<String> = rules.split(',').map(|rule| rule.trim().to_owned()).collect();
    if !rules.iter().all(|rule| is_rule(rule)) {
        return None;
    }
    let (reason, rest) = if is_template { reason.split_once("#}").unwrap_or((reason, "")) } else { (reason, "") };
    let reason = reason.trim().trim_end_matches('-').trim_end();
    Some(Comment {
        line: number,
        alone: code.trim().is_empty() && rest.trim().is_empty(),
        rules,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        used: false,
    })
}

fn is_rule(text: &str) -> bool {
    let digits = text.strip_prefix("FH").unwrap_or("");
    (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_they_may_stand() {
        let text = "x = 1  # flask-harden: ignore[FH203] static demo\n\
                    # flask-harden: ignore[FH101, FH2] test key\n\
                    <p>{{ x|safe }} {# flask-harden: ignore[FH302] cleaned -#}</p>\n\
                    {#- flask-harden: ignore[FH302] cleaned above #}\n\
                    A=1# flask-harden: ignore[FH203] no comment\n\
                    # flask-harden: ignore[FH203]\n\
                    # flask-harden: ignore[everything] x\n";
        let found = in_text(text);
        let seen: Vec<_> = found.iter().map(|c| (c.line, c.alone, c.rules.join("+"), c.reason.as_deref())).collect();
        assert_eq!(
            seen,
            [
                (1, false, "FH203".to_owned(), Some("static demo")),
                (2, true, "FH101+FH2".to_owned(), Some("test key")),
                (3, false, "FH302".to_owned(), Some("cleaned")),
                (4, true, "FH302".to_owned(), Some("cleaned above")),
                (6, true, "FH203".to_owned(), None),
            ]
        );
    }
}
