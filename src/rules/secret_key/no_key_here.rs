//! FH106: the app reads its key from the env file, and there is none on this computer yet: a
//! fresh clone, or a new server.

use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Expr, walk_exprs};
use crate::remedy::{Applicability, Change, Choices, KeepSecret, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

use super::hosts;
use super::key_in_code::FALLBACKS;
use super::reader::{READER, has_reader};
use super::wiring::ignore_env_file;

pub(super) const RULE: Rule = Rule {
    id: "FH106",
    name: "no-key-on-this-computer",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The app reads a key from the env file through the function flask-harden added, and neither that file \
               nor a start line of this repository has a value for it.",
        why: "Nothing is leaked, but sessions do not work until the key is there. That is how a fresh clone looks.",
        fix: "A new key goes into the env file, which is created with mode 0600 and kept out of git.",
        ignore: "A computer that gets the variable from elsewhere.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for file in facts.own_python().filter(|file| file.has(READER) && has_reader(&file.module)) {
        let root = facts.project_root(&file.path);
        let mut calls: Vec<(&Expr, String)> = Vec::new();
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(call) = expr.as_call().filter(|call| call.func.as_name() == Some(READER)) else { return };
            if let Some(name) = call.positional(0).and_then(Expr::as_str) {
                calls.push((expr, name.to_owned()));
            }
        });
        for (expr, name) in calls {
            // Old keys are there only while a rotation goes on.
            if name == FALLBACKS || is_set(facts, &root, &name) || found.iter().any(|known| known.key.symbol == name) {
                continue;
            }
            let location = facts.files.locate(&file.path, expr.span);
            let message = format!("{name} has no value on this computer yet.");
            found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, name, message));
        }
    }
    found
}

/// Whether the env file or a start line gives the variable a value.
fn is_set(facts: &Facts, root: &RepoPath, name: &str) -> bool {
    let filled = |value: Option<&crate::secret::Secret>| value.is_some_and(|value| !value.is_empty());
    let in_file = facts
        .env_files
        .iter()
        .filter(|file| !file.example && file.path.parent() == *root)
        .any(|file| file.document.last(name).is_some_and(|entry| filled(entry.value.as_deref())));
    in_file
        || facts.stored.contains(&(root.clone(), name.to_owned()))
        || facts
            .launches
            .iter()
            .flat_map(|launch| &launch.env)
            .any(|var| var.name == name && filled(var.value.as_deref()))
}

fn remedies(facts: &Facts, findings: &[&Finding], choices: &Choices) -> Vec<Remedy> {
    let propose = |finding: &&Finding| {
        let root = facts.project_root(&finding.primary.path);
        let remedy = fill(facts, &root, &finding.key.symbol, choices)?;
        Some(Remedy { id: finding.key.to_string(), findings: vec![finding.key.clone()], ..remedy })
    };
    findings.iter().filter_map(propose).collect()
}

/// A new key under a name in the chosen store; `None` where that store keeps none.
fn fill(facts: &Facts, root: &RepoPath, name: &str, choices: &Choices) -> Option<Remedy> {
    let file = choices.env_file(root);
    let (changes, place, reason) = if choices.store.is_file() {
        let mut changes = vec![Change::PutSecret { name: name.to_owned(), file: file.clone() }];
        changes.extend(ignore_env_file(facts, &file));
        (changes, file.to_string(), "The app finds it there on every way it is started.".to_owned())
    } else {
        let Some(keep @ Change::KeepSecret(KeepSecret { item: Some(_), .. })) = choices.keep(root, name) else {
            return None;
        };
        let reason = "The app gets it from `flask-harden exec`.".to_owned();
        (vec![keep], format!("the {}", choices.store.info().title), reason)
    };
    Some(Remedy {
        id: format!("{}:{root}:{name}", RULE.id),
        findings: Vec::new(),
        title: format!("a new key for {name} in {place}"),
        reason,
        applicability: Applicability::Safe,
        changes,
        steps: hosts::here(choices.store).into_iter().collect(),
        needs: Vec::new(),
    })
}
