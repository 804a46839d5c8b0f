//! FH202: the session cookie is open to scripts.

use super::flags;
use crate::facts::{Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule};

const KEY: &str = "SESSION_COOKIE_HTTPONLY";
const OPTION: &str = "session_cookie_http_only";

pub(super) const RULE: Rule = Rule {
    id: "FH202",
    name: "session-cookie-not-httponly",
    threat: Threat::SessionCookies,
    severity: Severity::High,
    explanation: Explanation {
        what: "SESSION_COOKIE_HTTPONLY is switched off. Flask's default is on, so an absent setting is fine.",
        why: "Any script on the page, also one that came in through a comment field, can read the session cookie and \
              send it away.",
        fix: "The value becomes True. Scripts of the app that read the session cookie stop working; they should ask \
              the server instead.",
        ignore: "Never for a session that carries a login.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    flags::findings(facts, &RULE, KEY, OPTION, &wrong)
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> flags::Wrong<'f> {
    let setting = facts.effective(target, KEY).setting()?;
    let open = facts.truth(target, setting) == Some(false);
    open.then_some((Some(setting), "Scripts can read the session cookie."))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding, &wrong) else { continue };
        let change = flags::set(facts, target, KEY, &|_| "True".to_owned());
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "the session cookie closed to scripts".to_owned(),
            reason: change
                .as_ref()
                .err()
                .cloned()
                .unwrap_or_else(|| "Scripts can no longer read the session cookie.".to_owned()),
            applicability: if change.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: if change.is_ok() { Vec::new() } else { vec![format!("Make {KEY} True where production starts.")] },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}
