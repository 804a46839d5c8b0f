//! FH115: everybody on the computer can read an env file with secrets.

use crate::facts::secret_names::is_secret_name;
use crate::facts::{EnvFile, Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::secret::strength::is_placeholder;
use crate::store::env_file::MODE;
use crate::text::Location;

pub(super) const RULE: Rule = Rule {
    id: "FH115",
    name: "env-file-readable-by-everybody",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "An env file with secrets that is not in git has a mode that lets every user of the computer read it.",
        why: "On a server, any other service or account that is taken over reads the keys of this app too.",
        fix: "The mode becomes 0600: its owner alone. Where the app runs as another user than the owner of the file, \
              give the file to that user first.",
        ignore: "A computer with one account.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in facts.env_files.iter().filter(|file| is_open(file)) {
        let message = format!("{} is readable by everybody (mode {:04o}).", file.path, file.mode & 0o777);
        let location = Location::whole(file.path.clone());
        let step = format!("chmod 600 {}", file.path);
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, "mode", message).next_step(step));
    }
    found
}

fn is_open(file: &EnvFile) -> bool {
    let secret = file.document.entries.iter().any(|entry| {
        is_secret_name(&entry.key) && entry.value.as_deref().is_some_and(|value| !is_placeholder(value.expose()))
    });
    let own = matches!(crate::repo::role(&file.path), FileRole::Source);
    secret && own && !file.tracked && !file.example && file.mode & 0o004 != 0
}

fn remedies(_: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let remedy = |finding: &&Finding| Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: format!("{} for its owner alone", finding.primary.path),
        reason: "Its owner reads it as before; other accounts no longer do.".to_owned(),
        applicability: Applicability::Automatic,
        changes: vec![Change::Chmod { path: finding.primary.path.clone(), mode: MODE }],
        steps: Vec::new(),
        needs: Vec::new(),
    };
    findings.iter().map(remedy).collect()
}
