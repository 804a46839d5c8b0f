//! FH119: the pinned Flask cannot change its key without ending every session.

use crate::facts::{Effective, Facts};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::session_cookies::flags::has_session;
use crate::rules::{Explanation, Rule};
use crate::text::Span;

pub(super) const RULE: Rule = Rule {
    id: "FH119",
    name: "no-key-rotation",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The project pins a Flask before 3.1, which knows one key only.",
        why: "Changing the key signs everybody out, so it is put off, and a key that nobody changes stays useful to \
              whoever once saw it.",
        fix: "Move to Flask 3.1 or newer. There SECRET_KEY_FALLBACKS takes the key before the present one for as long \
              as sessions last. A key that leaked is changed at once, without a fallback.",
        ignore: "An app whose people may sign in again whenever the key changes.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for project in &facts.projects {
        let root = &project.root;
        if !facts.makes_app(root) || !has_session(facts, root) {
            continue;
        }
        let pinned =
            facts.dependencies.files.iter().filter(|file| facts.same_project(&file.path, root)).find_map(|file| {
                let package = file.packages.iter().find(|package| package.name == "flask")?;
                Some((file, package.version.strip_prefix("==").filter(|version| is_older(version))?))
            });
        let Some((file, version)) = pinned else { continue };
        let has_key = facts
            .serving_targets(root)
            .any(|target| !matches!(facts.effective(target, "SECRET_KEY"), Effective::Absent));
        if !has_key {
            continue;
        }
        let at = facts.files.get(&file.path).and_then(|source| {
            let mut at = 0;
            source.text.split_inclusive('\n').find_map(|line| {
                let here = at;
                at += line.len();
                line.trim_start().to_ascii_lowercase().starts_with("flask==").then_some(here)
            })
        });
        let location = facts.files.locate(&file.path, Span::at(at.unwrap_or(0)));
        let message = format!("No rotation of the key without ending sessions: Flask {version} knows one key only.");
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, "rotation", message).next_step(
            "Move to Flask 3.1 or newer; then a new SECRET_KEY can keep the one before it in SECRET_KEY_FALLBACKS.",
        ));
    }
    found
}

/// Whether a version is before 3.1.
pub(super) fn is_older(version: &str) -> bool {
    let mut parts = version.trim().split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), minor) => major < 3 || major == 3 && minor.unwrap_or(0) < 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for old in ["0.12", "1.1.2", "2.3.3", "3.0.3", "3"] {
            assert!(is_older(old), "{old}");
        }
        for new in ["3.1.0", "3.10", "4.0", "x"] {
            assert!(!is_older(new), "{new}");
        }
    }
}
