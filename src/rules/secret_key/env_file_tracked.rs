//! FH104: an env file with secrets is tracked by git.

use crate::facts::secret_names::is_secret_name;
use crate::facts::{EnvFile, Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::secret::strength::is_placeholder;

pub(super) const RULE: Rule = Rule {
    id: "FH104",
    name: "env-file-tracked",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "A .env file with values for secret names is in git's index.",
        why: "Everyone with a clone reads the values, and every later value will be committed as well.",
        fix: "Untracking is a person's decision: after git rm --cached .env, the next git pull deletes the file in \
              every other checkout, and on servers that deploy by pull. Keep a copy there first. Then every value in \
              it has to be replaced, since history keeps them.",
        ignore: "A file that holds no secret, only switches.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in facts.env_files.iter().filter(|file| file.tracked && !file.example) {
        if !matches!(crate::repo::role(&file.path), FileRole::Source) {
            continue;
        }
        let Some(entry) = secrets(file).next() else { continue };
        let location = facts.files.locate(&file.path, entry.key_span);
        let names: Vec<&str> = secrets(file).map(|entry| entry.key.as_str()).collect();
        let message = format!("{} is tracked by git and sets {}.", file.path, names.join(", "));
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, "tracked", message).next_step(format!(
            "Copy {0} to the servers that deploy by git pull, then: git rm --cached {0}, add it to .gitignore, \
                 commit, and replace the values.",
            file.path
        )));
    }
    found
}

/// The entries that hold a secret by name and have a value.
fn secrets(file: &EnvFile) -> impl Iterator<Item = &crate::lang::dotenv::EnvEntry> {
    file.document.entries.iter().filter(|entry| {
        is_secret_name(&entry.key) && entry.value.as_deref().is_some_and(|value| !is_placeholder(value.expose()))
    })
}
