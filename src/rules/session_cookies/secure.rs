//! FH201: where production starts, the session cookie does not carry Secure.

use super::flags;
use crate::facts::{Effective, Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule, server_start};

const KEY: &str = "SESSION_COOKIE_SECURE";
/// The comment above the variable in the server's settings.
pub(super) const WHY: &str = "The session cookie travels over https only. A server on plain http sets this to 0.";
const OPTION: &str = "session_cookie_secure";

pub(super) const RULE: Rule = Rule {
    id: "FH201",
    name: "session-cookie-not-secure",
    threat: Threat::SessionCookies,
    severity: Severity::High,
    explanation: Explanation {
        what: "SESSION_COOKIE_SECURE is not true on the way production starts. Flask's default is off.",
        why: "Without Secure, a browser sends the session cookie over plain http too. Anyone on the way (a shared \
              network, a proxy) can read it from a single http request and use it as the person it belongs to.",
        fix: "The app reads the variable SESSION_COOKIE_SECURE, off where it is not set, so that development over \
              plain http keeps working. The gunicorn settings switch it on unless it is set. A server that really \
              serves plain http sets SESSION_COOKIE_SECURE=0.",
        ignore: "A site that is reachable over plain http only, such as an onion service.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    flags::findings(facts, &RULE, KEY, OPTION, &wrong)
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> flags::Wrong<'f> {
    let setting = match facts.effective(target, KEY) {
        Effective::Absent => None,
        Effective::Set { setting, .. } if facts.truth(target, setting) == Some(false) => Some(setting),
        // What is loaded is only known at run time, and nothing here that may be loaded sets it.
        Effective::Unknown(_) if !facts.sets_anywhere(&target.project, KEY) => None,
        _ => return None,
    };
    Some((setting, "The session cookie is not limited to https."))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding, &wrong) else { continue };
        let mut remedy = Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "Secure session cookies where production starts".to_owned(),
            reason: "Development over plain http stays as it is.".to_owned(),
            applicability: flags::https_applicability(facts, target),
            changes: Vec::new(),
            steps: Vec::new(),
            needs: Vec::new(),
        };
        if remedy.applicability == Applicability::Manual {
            remedy.reason =
                "Production serves plain http as far as the repository shows; a Secure cookie would not come back."
                    .to_owned();
            remedy.steps.push(
                "Put https in front, declare it with targets.prod.https = true, then run flask-harden --apply again."
                    .to_owned(),
            );
            remedies.push(remedy);
            continue;
        }
        match changes(facts, target, KEY) {
            Ok(changes) => {
                remedy.changes = changes.changes;
                remedy.steps.extend(changes.steps);
                remedy.needs = changes.needs;
            }
            Err(by_hand) => {
                remedy.reason = by_hand.0;
                remedy.applicability = Applicability::Manual;
                remedy.steps.push(by_hand.1);
            }
        }
        remedies.push(remedy);
    }
    remedies
}

/// What is written, and what a person has to add where the server that starts production does not
/// read our settings.
pub(super) struct Changes {
    pub(super) changes: Vec<Change>,
    pub(super) steps: Vec<String>,
    /// Fixes without which the start does not read them.
    pub(super) needs: Vec<String>,
}

/// What switches `key` on where production starts; cookies beside the session's follow the
/// session's variable.
///
/// # Errors
/// Why it is left to a person, and what they do.
pub(super) fn changes(facts: &Facts, target: &Target, key: &str) -> Result<Changes, (String, String)> {
    if let Some(change) = flags::in_production_class(facts, target, key, "True") {
        return Ok(Changes { changes: vec![change], steps: Vec::new(), needs: Vec::new() });
    }
    let mut changes = Vec::new();
    let mut variable = KEY.to_owned();
    let mut value = "true";
    let read = facts.effective(target, key).setting().map(|setting| &facts.resolve(setting).value);
    match read.and_then(|valued| valued.env().map(|env| (valued, env))) {
        // It is read from the environment already: only the start has to switch it on.
        Some((valued, env)) => {
            variable.clone_from(&env.name);
            let works = |text: &str| valued.truth(&|_| Some(text.to_owned())) == Some(true);
            value = ["true", "1", "True"].into_iter().find(|text| works(text)).ok_or_else(|| {
                (format!("{key} is computed from {variable}."), format!("Make {key} true where production starts."))
            })?;
        }
        None => {
            let change = flags::set(facts, target, key, &|read| read.switch(KEY));
            changes.push(change.map_err(|why| (why, format!("Make {key} true where production starts.")))?);
        }
    }
    let starts = || starts(facts, target, key);
    let start = server_start::set_wherever(facts, starts(), &variable, value, WHY);
    if start.changes.is_empty() && changes.is_empty() {
        let step = start.steps.into_iter().next();
        return Err((
            format!("{variable} decides, and the server that starts production reads no gunicorn settings."),
            step.unwrap_or_else(|| server_start::environment_step(facts, target, &variable, value)),
        ));
    }
    changes.extend(start.changes);
    Ok(Changes { changes, steps: start.steps, needs: server_start::needed(facts, starts()) })
}

/// The starts of the target's project where the flag is off and https may be in front.
fn starts<'f>(facts: &'f Facts, target: &'f Target, key: &'f str) -> impl Iterator<Item = &'f Target> {
    facts.serving_targets(&target.project).filter(move |other| {
        let is_on = matches!(facts.effective(other, key), Effective::Set { setting, .. }
            if facts.truth(other, setting) == Some(true));
        !is_on && flags::https_applicability(facts, other) != Applicability::Manual
    })
}
