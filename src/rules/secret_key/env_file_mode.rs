//! FH115: everybody on the computer can read an env file with secrets, a private key, or the file
//! that a variable names for a key.

use std::collections::BTreeMap;

use crate::facts::credentials::{Kept, Kind};
use crate::facts::secret_names::is_secret_name;
use crate::facts::{EnvFile, Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::secret::strength::is_placeholder;
use crate::store::env_file::MODE;
use crate::text::{Location, RepoPath};

pub(super) const RULE: Rule = Rule {
    id: "FH115",
    name: "env-file-readable-by-everybody",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "An env file with secrets, a private key without a passphrase, or the file that a variable such as \
               SECRET_KEY_FILE names, has a mode that lets every user of the computer read it, and is not in git. Of \
               files in git other rules speak: git keeps no such mode.",
        why: "On a server, any other service or account that is taken over reads the keys of this app too.",
        fix: "The mode becomes 0600: its owner alone. Where the app runs as another user than the owner of the file, \
              give the file to that user first. The mode of a private key and of a key file is left to a person, \
              since a server beside the app may read them: the finding has the command.",
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
    for (path, (what, mode)) in key_files(facts) {
        let message = format!("{path} holds {what} and is readable by everybody (mode {:04o}).", mode & 0o777);
        let step = format!("chmod 600 {path}, once the account that reads it owns it.");
        let location = Location::whole(path);
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, "key-mode", message).next_step(step));
    }
    found
}

/// Files that hold a key, that git does not have and everybody can read: what is in them, and
/// their mode.
fn key_files(facts: &Facts) -> BTreeMap<RepoPath, (&'static str, u32)> {
    let mut found = BTreeMap::new();
    let mut add = |path: &RepoPath, what: &'static str| {
        let own = matches!(crate::repo::role(path), FileRole::Source);
        let env = facts.env_files.iter().any(|file| file.path == *path);
        if let Some(mode) = facts.files.all.get(path).filter(|mode| own && !env && **mode & 0o004 != 0) {
            found.entry(path.clone()).or_insert((what, *mode));
        }
    };
    for credential in facts.credentials.iter().filter(|credential| credential.kept != Kept::Tracked) {
        if let Kind::PrivateKey(key) = &credential.kind
            && !key.encrypted
            && credential.doubts.is_empty()
        {
            add(credential.path(), key.title());
        }
    }
    for path in facts.named_key_files() {
        if !facts.git || facts.data.private.contains(&path) {
            add(&path, "a key");
        }
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
    let env = |finding: &&&Finding| finding.key.symbol == "mode";
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
    findings.iter().filter(env).map(remedy).collect()
}
