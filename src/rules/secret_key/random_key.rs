//! FH108: every start of a process makes a key of its own.

use super::judged::{self, SIGNING_KEYS};
use crate::facts::values::{Value, Valued};
use crate::facts::{Effective, Facts, Server, Setting, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH108",
    name: "random-key-per-process",
    threat: Threat::SecretKey,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A key that signs is made anew whenever a process starts: os.urandom, secrets.token_hex, uuid4.",
        why: "With several workers each has a key of its own, so a person is signed in and out from one request to \
              the next, and every restart signs everybody out. Under that pressure the key often becomes a literal.",
        fix: "Make one key, keep it outside of the code, and read it: os.environ.get(\"SECRET_KEY\"). \
              flask-harden --apply puts a new key where the code reads one.",
        ignore: "A tool of one process whose sessions may end with it.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production || target.assumed) {
        for key in SIGNING_KEYS {
            let Effective::Set { setting, .. } = facts.effective(target, key) else { continue };
            let resolved = facts.resolve(setting);
            let Some(variable) = random(&resolved.value) else { continue };
            let given = variable.is_some_and(|name| target.env.contains_key(name));
            if given || judged::is_testing(facts, resolved) || !facts.is_own(resolved.path()) {
                continue;
            }
            let finding = finding(facts, target, resolved, key, variable);
            if !found.iter().any(|known| known.primary == finding.primary) {
                found.push(finding);
            }
        }
    }
    found
}

/// Whether a value is random, or falls back to something random where a variable is not set.
fn random(valued: &Valued) -> Option<Option<&str>> {
    match &valued.value {
        Value::Random => Some(None),
        Value::Env(read) => {
            let fallback = read.fallback.as_deref()?;
            random(fallback).map(|deeper| deeper.or(Some(read.name.as_str())))
        }
        Value::Derived { inner, .. } => random(inner),
        _ => None,
    }
}

fn finding(facts: &Facts, target: &Target, setting: &Setting, key: &str, variable: Option<&str>) -> Finding {
    let workers = target
        .launch
        .is_some_and(|at| matches!(facts.launches[at].server, Server::Gunicorn | Server::Uwsgi | Server::OtherWsgi(_)));
    let severity = if workers && variable.is_none() { Severity::Medium } else { Severity::Low };
    let message = match variable {
        Some(name) => format!("Where {name} is not set, every process makes a {key} of its own."),
        None => format!("Every process makes a {key} of its own, so sessions end with it."),
    };
    let read = variable.unwrap_or(key);
    let step = match variable {
        Some(name) => format!("Set {name} where production starts: the same value for every process."),
        None => {
            format!("Read it instead: {key} = os.environ.get(\"{read}\"), then run flask-harden --apply for a key.")
        }
    };
    Finding::new(RULE.id, RULE.threat, severity, setting.location.clone(), setting.symbol(), message)
        .known_by(format!("{}: {}:{}", target.name, setting.path(), setting.location.line))
        .next_step(step)
}
