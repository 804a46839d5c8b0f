//! FH105: an env file is neither tracked nor ignored, so the next `git add .` takes it.

use crate::facts::{Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath};

pub(super) const RULE: Rule = Rule {
    id: "FH105",
    name: "env-file-not-ignored",
    threat: Threat::SecretKey,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A .env file stands in a git repository and no ignore rule covers it.",
        why: "The next git add . commits it, and history keeps what it holds.",
        fix: "A line for it is added to .gitignore.",
        ignore: "A file that holds no secret and is meant to be committed.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    if !facts.git {
        return Vec::new();
    }
    let mut found = Vec::new();
    for file in &facts.env_files {
        let meant = file.path.name() == ".flaskenv" || !matches!(crate::repo::role(&file.path), FileRole::Source);
        if file.tracked || file.ignored || file.example || meant {
            continue;
        }
        let message = format!("{} is not ignored by git.", file.path);
        found.push(Finding::new(
            RULE.id,
            RULE.threat,
            RULE.severity,
            Location::whole(file.path.clone()),
            "ignore",
            message,
        ));
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let path = &finding.primary.path;
        let Some(ignore_file) = ignore_file(facts, path) else { continue };
        let pattern = path.relative_from(&ignore_file.parent());
        let pattern = if pattern.contains('/') { format!("/{pattern}") } else { pattern };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("ignore {path}"),
            reason: format!("git add . can no longer take {path}."),
            applicability: Applicability::Safe,
            changes: vec![Change::Ignore { file: ignore_file, patterns: vec![pattern] }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// The ignore file for a path: the nearest one above it, else a new one at the top of the tree.
pub(super) fn ignore_file(facts: &Facts, path: &RepoPath) -> Option<RepoPath> {
    let mut dir = path.parent();
    loop {
        let candidate = dir.join(".gitignore")?;
        if facts.files.exists(&candidate) || dir.is_root() {
            return Some(candidate);
        }
        dir = dir.parent();
    }
}
