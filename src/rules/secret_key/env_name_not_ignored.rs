//! FH113: the app reads an env file that nothing would keep out of git.

use super::env_file_not_ignored::ignore_file;
use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::lang::ignore::{Dialect, deciding};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath};

pub(super) const RULE: Rule = Rule {
    id: "FH113",
    name: "env-file-name-not-ignored",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The app reads .env (load_dotenv, environs, decouple, or python-dotenv under flask run), and no ignore \
               file of the repository names it. On this computer there is none yet.",
        why: "The first person who makes one commits it with the next git add .",
        fix: "A line for it is added to .gitignore before the file exists.",
        ignore: "A repository whose .env holds switches only and is meant to be committed.",
    },
    check,
    remedy: Some(remedies),
};

const NAME: &str = ".env";

fn check(facts: &Facts) -> Vec<Finding> {
    if !facts.git {
        return Vec::new();
    }
    let mut found = Vec::new();
    for project in &facts.projects {
        let root = &project.root;
        let Some(path) = root.join(NAME) else { continue };
        let there = facts.env_files.iter().any(|file| file.path.name() == NAME && facts.same_project(&file.path, root));
        if there || !facts.makes_app(root) || !reads_env_file(facts, root) || is_ignored(facts, &path) {
            continue;
        }
        let place = ignore_file(facts, &path).filter(|file| facts.files.exists(file));
        let location = Location::whole(place.unwrap_or(path));
        let message = "The app reads .env, and .env is not ignored by git.";
        found.push(
            Finding::new(RULE.id, RULE.threat, RULE.severity, location, symbol(root), message)
                .next_step("Add the line .env to .gitignore."),
        );
    }
    found
}

fn symbol(root: &RepoPath) -> String {
    root.join(NAME).map_or_else(|| NAME.to_owned(), |path| path.as_str().to_owned())
}

/// Whether a project reads the env file beside it, as far as this repository says.
pub(super) fn reads_env_file(facts: &Facts, root: &RepoPath) -> bool {
    let loads = facts.apps.dotenv.iter().any(|load| {
        facts.is_own(&load.path)
            && facts.same_project(&load.path, root)
            && load.file.as_deref().is_none_or(|file| file.rsplit('/').next() == Some(NAME))
    });
    let listed = facts.dependencies.files.iter().any(|file| {
        facts.same_project(&file.path, root)
            && file.packages.iter().any(|package| matches!(package.name.as_str(), "python-dotenv" | "environs"))
    });
    loads || listed
}

/// Whether the ignore files of the tree cover a path.
fn is_ignored(facts: &Facts, path: &RepoPath) -> bool {
    let mut dir = path.parent();
    loop {
        let source = dir.join(".gitignore").and_then(|file| facts.files.get(&file));
        let line = source.and_then(|source| deciding(&source.text, &path.relative_from(&dir), Dialect::Git));
        if let Some(line) = line {
            return !line.negated;
        }
        if dir.is_root() {
            return false;
        }
        dir = dir.parent();
    }
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(path) = RepoPath::new(&finding.key.symbol) else { continue };
        let Some(file) = ignore_file(facts, &path) else { continue };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("ignore {path} before it exists"),
            reason: format!("git add . can never take {path}."),
            applicability: Applicability::Safe,
            changes: vec![Change::Ignore { file, patterns: vec![NAME.to_owned()] }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}
