//! FH101: a signing key stands in git history; live where it is still in use.

use super::judged::literals;
use super::wiring;
use crate::facts::Facts;
use crate::facts::leaks::Leak;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, Place, Span};

pub const RULE: Rule = Rule {
    id: "FH101",
    name: "leaked-secret-key",
    threat: Threat::SecretKey,
    severity: Severity::Live,
    explanation: Explanation {
        what: "A value that a signing key had in some commit of some branch, tag or stash. It is LIVE where it equals \
               the value in use now (in the code or in an env file of this tree), otherwise it is old.",
        why: "Everyone with a clone has the value for good: deleting the line, or the branch, does not take it back. \
              While it is live, they can sign in as any user.",
        fix: "A live key is replaced by a new one, read from the chosen store; it is not kept as a fallback key. \
              Cleaning history is optional and comes last, since a replaced key opens nothing.",
        ignore: "An old value that no server, backup or other project uses any more.",
    },
    check,
    remedy: Some(wiring::remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let literals = literals(facts);
    let mut found = Vec::new();
    for leak in &facts.leaks {
        let in_code = literals.iter().find(|literal| **literal.secret == *leak.secret);
        match in_code {
            // A fallback that history shows too is FH103's, which says so.
            Some(literal) if literal.variable.is_some() => {}
            Some(literal) => {
                let setting = literal.setting;
                let message = format!(
                    "{} is in git history and still in use.{}",
                    literal.used_as,
                    super::judged::weakness(&leak.secret)
                );
                let severity = match super::judged::severity(facts, literal) {
                    Severity::Low => Severity::Low,
                    _ => Severity::Live,
                };
                let mut finding =
                    Finding::new(RULE.id, RULE.threat, severity, setting.location.clone(), setting.symbol(), message);
                finding.how_we_know = super::judged::how_known(facts, literal);
                finding.how_we_know.push(leak.seen());
                found.push(finding);
            }
            None => found.push(elsewhere(facts, leak)),
        }
    }
    found
}

/// A leaked value that no literal of the present code equals: in use through an env file, or old.
fn elsewhere(facts: &Facts, leak: &Leak) -> Finding {
    let env = facts.env_files.iter().filter(|file| !file.example).find_map(|file| {
        let entry = file
            .document
            .entries
            .iter()
            .find(|entry| entry.value.as_deref().is_some_and(|value| *value == *leak.secret))?;
        Some((file, entry))
    });
    if let Some((file, entry)) = env {
        let location = facts.files.locate(&file.path, entry.key_span);
        let message = format!("{} in {} is in git history.", entry.key, file.path);
        return Finding::new(RULE.id, RULE.threat, Severity::Live, location, entry.key.clone(), message)
            .known_by(leak.seen())
            .next_step(format!(
                "Take the line {} out of {}, run flask-harden --apply again for a new key, and restart the servers.",
                entry.key, file.path
            ));
    }
    let location = Location {
        place: Place::Commit(leak.commit.clone()),
        path: leak.path.clone(),
        span: Span::at(0),
        line: leak.line,
        column: 1,
    };
    let message = format!("An old {} is in git history; nothing in this tree uses it now.", leak.key);
    let mut finding = Finding::new(RULE.id, RULE.threat, Severity::Low, location, leak.key.clone(), message)
        .known_by(leak.seen())
        .next_step("Make sure that no server and no backup still uses it; then nothing has to be done.");
    finding.key.commit = Some(leak.commit.clone());
    finding
}
