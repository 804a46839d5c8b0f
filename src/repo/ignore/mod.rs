//! Whether git would ignore a path, also one that does not exist yet, and also once an ignore
//! file has another text. Own matching instead of libgit2's, which lets a `!line` take back a
//! file below an ignored directory and drops negations that git keeps: a key must not be written
//! on the strength of a wrong answer. Reads no disk; the texts are given.

mod pattern;

pub use pattern::Pattern;

use crate::text::RepoPath;

/// Where an ignore rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A `.gitignore` of the repository (path from git's root): every clone has it.
    Repository(RepoPath),
    /// `info/exclude`: this clone alone.
    Clone,
    /// The user's own excludes file: this account alone.
    User,
}

/// The line that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub origin: Origin,
    /// Line counted from 1.
    pub line: usize,
}

/// The patterns of one ignore file.
#[derive(Clone, Debug)]
pub struct Rules {
    origin: Origin,
    /// The directory the patterns are relative to.
    base: RepoPath,
    patterns: Vec<(usize, Pattern)>,
}

impl Rules {
    /// Parses the text of an ignore file; `base` is the directory it lies in, git's root for
    /// `info/exclude` and the user's file.
    pub fn parse(origin: Origin, base: RepoPath, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let patterns = text
            .split('\n')
            .enumerate()
            .filter_map(|(at, line)| {
                let line = line.strip_suffix('\r').unwrap_or(line);
                Pattern::parse(line).map(|pattern| (at + 1, pattern))
            })
            .collect();
        Self { origin, base, patterns }
    }

    /// The last line that speaks of `path`.
    fn last_match(&self, path: &RepoPath, is_dir: bool, ignore_case: bool) -> Option<(usize, bool)> {
        if !path.is_below(&self.base) || *path == self.base {
            return None;
        }
        let relative = path.as_str()[self.base.as_str().len()..].trim_start_matches('/');
        self.patterns
            .iter()
            .rev()
            .find(|(_, pattern)| pattern.matches(relative, is_dir, ignore_case))
            .map(|(line, pattern)| (*line, !pattern.negated))
    }
}

/// Decides as git does: from the top directory down, the first ignored directory settles it;
/// within one level the last matching line of the nearest file counts. `rules` are ordered
/// weakest first: the user's, the clone's, then the `.gitignore` files from the root down.
/// Paths are from git's root.
pub fn decide(rules: &[Rules], path: &RepoPath, ignore_case: bool) -> Option<Decision> {
    let parts: Vec<&str> = path.components().collect();
    let mut level = RepoPath::root();
    for (at, part) in parts.iter().enumerate() {
        let within = level.clone();
        level = level.join(part)?;
        let is_dir = at + 1 < parts.len();
        // A `.gitignore` speaks only once everything above it is not ignored.
        let mut heard = rules.iter().rev().filter(|rules| within.is_below(&rules.base));
        let decided = heard.find_map(|rules| {
            rules.last_match(&level, is_dir, ignore_case).map(|(line, ignored)| (rules, line, ignored))
        });
        if let Some((rules, line, true)) = decided {
            return Some(Decision { origin: rules.origin.clone(), line });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn file(dir: &str, text: &str) -> Rules {
        let base = path(dir);
        Rules::parse(Origin::Repository(base.join(".gitignore").unwrap()), base, text)
    }

    fn ignored(rules: &[Rules], at: &str) -> bool {
        decide(rules, &path(at), false).is_some()
    }

    #[test]
    fn the_last_line_of_the_nearest_file_counts() {
        let rules = [file("", "*.env\n!keep.env\n"), file("app", "keep.env\n!dev.env\n")];
        assert!(ignored(&rules, "prod.env"));
        assert!(!ignored(&rules, "keep.env"));
        assert!(ignored(&rules, "app/keep.env"));
        assert!(!ignored(&rules, "app/dev.env"));
        let decision = decide(&rules, &path("app/sub/x.env"), false).unwrap();
        assert_eq!(decision, Decision { origin: Origin::Repository(path(".gitignore")), line: 1 });
    }

    #[test]
    fn nothing_below_an_ignored_directory_comes_back() {
        let rules = [file("", "instance/\n!instance/keep.env\n"), file("instance", "!*\n")];
        assert!(ignored(&rules, "instance/keep.env"));
        assert!(ignored(&rules, "instance/sub/x"));
        let rules = [file("", "instance/*\n!instance/keep.env\n")];
        assert!(!ignored(&rules, "instance/keep.env"));
        assert!(ignored(&rules, "instance/.env"));
    }

    #[test]
    fn line_ends_marks_and_weaker_files() {
        let rules = [
            Rules::parse(Origin::User, RepoPath::root(), "*.key\n.env\n"),
            Rules::parse(Origin::Clone, RepoPath::root(), "!.env\n"),
            file("", "\u{feff}secret.txt\r\nx \\\r\n"),
        ];
        assert!(ignored(&rules, "secret.txt"));
        assert!(!ignored(&rules, ".env"));
        assert_eq!(decide(&rules, &path("a/b.key"), false).unwrap().origin, Origin::User);
    }
}
