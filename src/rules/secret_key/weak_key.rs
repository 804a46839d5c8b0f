//! FH107: the key in an env file can be guessed.

use super::judged::is_key_variable;
use crate::facts::{EnvFile, Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::dotenv::EnvEntry;
use crate::rules::{Explanation, Rule};
use crate::secret::strength::{self, Strength};

pub(super) const RULE: Rule = Rule {
    id: "FH107",
    name: "weak-key-in-env-file",
    threat: Threat::SecretKey,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "An env file gives a signing key a value that every word list has, or one of fewer than 16 characters. \
               Weak keys in code are found by the rules on literals.",
        why: "A session cookie carries a signature. Whoever has one cookie can try keys against it on a computer of \
              their own, millions a second, and then sign in as anyone.",
        fix: "Take the line out of the env file and run flask-harden --apply: a new 256-bit key takes its place. \
              Everyone signs in again once.",
        ignore: "A file that only ever starts development on one computer.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in facts.env_files.iter().filter(|file| !file.example && !file.tracked) {
        if !matches!(crate::repo::role(&file.path), FileRole::Source) {
            continue;
        }
        for entry in counting(file).filter(|entry| is_key_variable(facts, &entry.key)) {
            let Some(value) = entry.value.as_deref().filter(|value| !strength::is_placeholder(value.expose())) else {
                continue;
            };
            let why = match strength::judge(value) {
                Strength::Ordinary => continue,
                Strength::WellKnown => "is a value every word list has",
                Strength::Short => "is short enough to be guessed",
            };
            let location = facts.files.locate(&file.path, entry.key_span);
            let message = format!("{} in {} {why}.", entry.key, file.path);
            let finding = Finding::new(RULE.id, RULE.threat, RULE.severity, location, entry.key.clone(), message);
            found.push(finding.next_step(format!(
                "Take the line {} out of {}, then run flask-harden --apply for a new key.",
                entry.key, file.path
            )));
        }
    }
    found
}

/// The entries that count: of equal names the last one.
fn counting(file: &EnvFile) -> impl Iterator<Item = &EnvEntry> {
    let entries = &file.document.entries;
    entries.iter().enumerate().filter_map(|(at, entry)| {
        let again = entries[at + 1..].iter().any(|later| later.key == entry.key);
        (!again).then_some(entry)
    })
}
