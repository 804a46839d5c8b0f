//! FH201: where production starts, the session cookie does not carry Secure.

use super::flags;
use crate::facts::{Effective, Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule, server_start};

const KEY: &str = "SESSION_COOKIE_SECURE";

pub const RULE: Rule = Rule {
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
    let mut found = Vec::new();
    for root in flags::projects(facts) {
        for target in facts.serving_targets(root) {
            let effective = facts.effective(target, KEY);
            let setting = effective.setting();
            let on = match effective {
                Effective::Absent => Some(false),
                Effective::Set { setting, .. } => facts.truth(target, setting),
                Effective::Unknown(_) => None,
            };
            if on != Some(false) {
                continue;
            }
            let message = "The session cookie is not limited to https.".to_owned();
            found.push(flags::finding(facts, &RULE, target, setting, KEY, message));
            break;
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding) else { continue };
        let mut remedy = Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "Secure session cookies where production starts".to_owned(),
            reason: "The app reads SESSION_COOKIE_SECURE; the server's start switches it on. Development over http stays as it is.".to_owned(),
            applicability: flags::https_applicability(facts, target),
            changes: Vec::new(),
            steps: Vec::new(),
            needs: Vec::new(),
        };
        match changes(facts, target) {
            Ok(changes) => remedy.changes = changes,
            Err(why) => {
                remedy.reason = why;
                remedy.applicability = Applicability::Manual;
                remedy.steps.push(format!("Set {KEY} to True where production starts."));
            }
        }
        if remedy.applicability == Applicability::Manual && remedy.steps.is_empty() {
            remedy.reason =
                "Production serves plain http as far as the repository shows; a Secure cookie would not come back."
                    .to_owned();
            remedy.steps.push(
                "Put https in front, declare it with targets.prod.https = true, then run flask-harden --apply again."
                    .to_owned(),
            );
        }
        if server_start::conf_path(facts, &target.project).is_none() {
            remedy.steps.push(format!("Set {KEY}=true in the environment of the server that starts production."));
        }
        remedies.push(remedy);
    }
    remedies
}

fn changes(facts: &Facts, target: &Target) -> Result<Vec<crate::remedy::Change>, String> {
    let why = "The session cookie travels over https only. A server on plain http sets this to 0.";
    let mut changes = Vec::new();
    let mut variable = KEY.to_owned();
    let mut value = "true";
    let read = facts.effective(target, KEY).setting().map(|setting| &facts.resolve(setting).value);
    match read.and_then(|valued| valued.env().map(|env| (valued, env))) {
        // It is read from the environment already: only the start has to switch it on.
        Some((valued, env)) => {
            variable.clone_from(&env.name);
            let works = |text: &str| valued.truth(&|_| Some(text.to_owned())) == Some(true);
            value = ["true", "1", "True"]
                .into_iter()
                .find(|text| works(text))
                .ok_or_else(|| format!("{KEY} is computed from {variable}."))?;
        }
        None => changes.push(flags::set(facts, target, KEY, &|read| read.switch(KEY))?),
    }
    changes.extend(server_start::set_variable(facts, &target.project, &variable, value, why).unwrap_or_default());
    if changes.is_empty() {
        return Err(format!(
            "{variable} decides, and the server that starts production does not read gunicorn settings."
        ));
    }
    Ok(changes)
}
