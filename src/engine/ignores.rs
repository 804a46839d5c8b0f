//! Findings that a person sets aside with a reason: a fix of its own that adds the entries to the
//! project's settings, so that it is shown, written and undone like any other.

use crate::facts::Facts;
use crate::finding::FindingKey;
use crate::lang::toml;
use crate::remedy::{Applicability, Change, Remedy};
use crate::text::{RepoPath, TextEdit};

/// Id of the fix that writes the entries.
pub const IGNORES: &str = "ignores";

/// Where entries go when the project has no settings of ours yet.
const OWN_FILE: &str = ".flask-harden.toml";

/// A rule set aside in one file, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    pub rule: &'static str,
    pub path: String,
    pub reason: String,
}

impl Ignore {
    /// Whether a finding is one of those it sets aside: the settings know rules and files.
    pub fn covers(&self, key: &FindingKey) -> bool {
        key.rule == self.rule && key.path == self.path
    }
}

/// The fix that writes these entries; `None` where there are none, or the settings file has a
/// shape that nothing can be added to.
pub(super) fn remedy(facts: &Facts, ignores: &[Ignore]) -> Option<Remedy> {
    if ignores.is_empty() {
        return None;
    }
    let change = added(facts, ignores)?;
    let files: Vec<&str> = ignores.iter().map(|ignore| ignore.rule).collect();
    Some(Remedy {
        id: IGNORES.to_owned(),
        findings: Vec::new(),
        title: format!("Set aside, with your reasons: {}", files.join(", ")),
        reason: "Findings that are set aside are listed by scan -v and no longer counted.".to_owned(),
        applicability: Applicability::Safe,
        changes: vec![change],
        steps: Vec::new(),
        needs: Vec::new(),
    })
}

fn added(facts: &Facts, ignores: &[Ignore]) -> Option<Change> {
    let own = RepoPath::new(OWN_FILE)?;
    let project = RepoPath::new("pyproject.toml")?;
    let ours = facts.files.get(&own);
    let shared = facts.files.get(&project).filter(|source| source.text.contains("[tool.flask-harden"));
    let (path, table, source) = match (ours, shared) {
        (Some(source), _) => (own, "ignore", Some(source)),
        (None, Some(source)) => (project, "tool.flask-harden.ignore", Some(source)),
        (None, None) => (own, "ignore", None),
    };
    let newline = source.map_or("\n", |source| source.newline());
    let entries: Vec<String> = ignores.iter().map(|ignore| entry(table, ignore, newline)).collect();
    let text = entries.join(newline);
    let Some(source) = source else {
        return (!facts.files.exists(&path)).then_some(Change::Create { path, text, mode: 0o644 });
    };
    let gap = match source.text.as_str() {
        "" => String::new(),
        text if text.ends_with('\n') => newline.to_owned(),
        _ => newline.repeat(2),
    };
    let addition = format!("{gap}{text}");
    let whole = format!("{}{addition}", source.text);
    toml::read(whole.strip_prefix('\u{feff}').unwrap_or(&whole)).ok()?;
    Some(Change::Edit { path, edits: vec![TextEdit::insert(source.text.len(), addition)] })
}

fn entry(table: &str, ignore: &Ignore, newline: &str) -> String {
    let lines = [
        format!("[[{table}]]"),
        format!("rule = {}", toml::basic_string(ignore.rule)),
        format!("path = {}", toml::basic_string(&pattern(&ignore.path))),
        format!("reason = {}", toml::basic_string(&ignore.reason)),
    ];
    lines.map(|line| line + newline).concat()
}

/// The pattern that matches this one path: anchored, its own special characters taken literally.
fn pattern(path: &str) -> String {
    let mut out = String::from("/");
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::glob;

    #[test]
    fn a_pattern_matches_its_own_path_alone() {
        for path in ["config.py", "shop/[id].py", "a*b.html", "odd\\name.py"] {
            assert!(glob::matches(&pattern(path), path, false), "{path}");
        }
        assert!(!glob::matches(&pattern("config.py"), "shop/config.py", false));
        assert!(!glob::matches(&pattern("a*b.html"), "aXb.html", false));
    }

    #[test]
    fn reasons_are_quoted() {
        let ignore = Ignore { rule: "FH203", path: "demo.py".into(), reason: "a \"demo\"\\n".into() };
        let text = entry("ignore", &ignore, "\n");
        assert!(toml::read(&text).is_ok(), "{text}");
        assert!(text.contains("[[ignore]]"), "{text}");
    }
}
