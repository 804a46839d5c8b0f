//! FH101: a signing key stands in git history; live where it is still in use.

use super::judged::{self, Literal, literals};
use super::refused;
use super::wiring;
use crate::facts::EnvFile;
use crate::facts::Facts;
use crate::facts::leaks::{Doubt, Leak, doubt};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, Place, RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH101",
    name: "leaked-secret-key",
    threat: Threat::SecretKey,
    severity: Severity::Live,
    explanation: Explanation {
        what: "A value that a signing key had in some commit of some branch, tag or stash. It is LIVE where it equals \
               the value that a server provably runs with now, or that stands in an env file of this tree; otherwise \
               it is still in the code, or old.",
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
    let signs = |leak: &&Leak| leak.is_setting(judged::SIGNING_KEYS);
    for leak in facts.leaks.iter().filter(signs) {
        let mut present = literals.iter().filter(|literal| **literal.secret == *leak.secret).peekable();
        // What stands in for a key, or stood in tests alone, is listed by `history`.
        let doubtful = leak.live.is_empty() && leak.doubt.is_some_and(|doubt| doubt > Doubt::Word);
        if present.peek().is_none() && !doubtful && !refused::refuses(facts, &leak.key, &leak.secret) {
            found.push(elsewhere(facts, leak));
        }
        // A fallback that history shows too is FH103's, which says so.
        found.extend(present.filter(|literal| literal.variable.is_none()).map(|literal| in_code(facts, leak, literal)));
    }
    found
}

/// A leaked value that is still written in the code.
fn in_code(facts: &Facts, leak: &Leak, literal: &Literal<'_>) -> Finding {
    let in_use = judged::in_use(facts, literal);
    let message = format!(
        "{} is in git history and still {}.{}",
        literal.used_as,
        if in_use { "in use" } else { "in the code" },
        judged::weakness(&leak.secret)
    );
    let severity = match judged::severity(facts, literal) {
        Severity::High if in_use => Severity::Live,
        other => other,
    };
    let location = literal.setting.location.clone();
    let mut finding = Finding::new(RULE.id, RULE.threat, severity, location, literal.symbol(), message);
    finding.how_we_know = judged::how_known(facts, literal);
    finding.how_we_know.push(leak.seen());
    finding
}

/// A leaked value that no literal of the present code equals: in use through an env file, or old.
fn elsewhere(facts: &Facts, leak: &Leak) -> Finding {
    let in_use = |file: &&EnvFile| !file.example && doubt::of_path(&file.path).is_none();
    let env = facts.env_files.iter().filter(in_use).find_map(|file| {
        let entry = file.document.entries.iter().find(|entry| {
            judged::is_signing_variable(facts, &entry.key)
                && entry.value.as_deref().is_some_and(|value| *value == *leak.secret)
        })?;
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
    if let Some((used, location)) = leak.live.iter().find_map(|used| Some((used, used.location.clone()?))) {
        let message = format!("{} in {} is in git history and in use.", used.key, location.path);
        return Finding::new(RULE.id, RULE.threat, Severity::Live, location, used.key.clone(), message)
            .known_by(leak.seen())
            .next_step(format!(
                "Take the value out of {}, give the servers a new one, and restart them.",
                used.at.rsplit_once(':').map_or(used.at.as_str(), |(path, _)| path)
            ));
    }
    if let Some(used) = leak.live.first() {
        let message = format!("{} in {} is in git history.", used.key, used.at);
        return in_commit(leak, Severity::Live, message)
            .known_by(leak.seen())
            .next_step(format!("Replace {} in {} by a new key, then restart the servers.", used.key, used.at));
    }
    if leak.in_head {
        return in_last_commit(facts, leak);
    }
    let message = format!("An old {} is in git history; nothing in this tree uses it now.", leak.key);
    in_commit(leak, Severity::Low, message)
        .known_by(leak.seen())
        .next_step("Make sure that no server and no backup still uses it; then nothing has to be done.")
}

/// A value that the last commit holds: still in a file here, or taken out and not yet committed.
fn in_last_commit(facts: &Facts, leak: &Leak) -> Finding {
    let Some(path) = still_in(facts, leak) else {
        let message = format!("{} is in the last commit; the files here hold it no more.", leak.key);
        return in_commit(leak, Severity::Low, message)
            .known_by(leak.seen())
            .next_step("Commit the change, and replace the value wherever it is used: history keeps it.");
    };
    let severity = if leak.doubt.is_some() { Severity::Low } else { Severity::Medium };
    let message = format!("{} is in git history and still in {path}; that it is used is not proven.", leak.key);
    in_commit(leak, severity, message)
        .known_by(leak.seen())
        .next_step(format!("Take it out of {path} and replace it wherever it is used."))
}

/// The file of the tree that still holds a leaked value. One that was not read may.
fn still_in<'f>(facts: &'f Facts, leak: &'f Leak) -> Option<&'f RepoPath> {
    let pieces: Vec<&str> = match leak.written.as_slice() {
        [] => vec![leak.secret.expose()],
        pieces => pieces.iter().map(|piece| piece.expose()).collect(),
    };
    leak.places.iter().map(|place| &place.path).find(|path| match facts.files.text(path) {
        Some(source) => pieces.iter().all(|piece| source.text.contains(piece)),
        None => facts.files.exists(path),
    })
}

/// A finding whose place is the first commit that has the value.
fn in_commit(leak: &Leak, severity: Severity, message: String) -> Finding {
    let location = Location {
        place: Place::Commit(leak.commit.clone()),
        path: leak.path.clone(),
        span: Span::at(0),
        line: leak.line,
        column: 1,
    };
    let mut finding = Finding::new(RULE.id, RULE.threat, severity, location, leak.key.clone(), message);
    finding.key.commit = Some(leak.commit.clone());
    finding
}
