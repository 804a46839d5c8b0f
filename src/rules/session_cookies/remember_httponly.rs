//! FH211: the remember-me cookie is open to scripts.

use super::flags;
use super::remember::remembers;
use crate::facts::{Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule};

const KEY: &str = "REMEMBER_COOKIE_HTTPONLY";

pub(super) const RULE: Rule = Rule {
    id: "FH211",
    name: "remember-cookie-open-to-scripts",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "Flask-Login remembers people (login_user(..., remember=...)) and REMEMBER_COOKIE_HTTPONLY is switched \
               off. Its default is on, so an absent setting is fine.",
        why: "Any script on the page, also one that came in through a comment field, can read the remember-me cookie \
              and send it away. Whoever has it is signed in as its owner, for a year.",
        fix: "The value becomes True.",
        ignore: "Never for accounts that matter.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root) {
        if !facts.makes_app(root) || !remembers(facts, root) {
            continue;
        }
        let first = facts.serving_targets(root).find_map(|target| Some((target, wrong(facts, target)?)));
        if let Some((target, (setting, message))) = first {
            found.push(flags::finding(facts, &RULE, target, setting, KEY, message.to_owned()));
        }
    }
    found
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> flags::Wrong<'f> {
    let setting = facts.effective(target, KEY).setting()?;
    let open = facts.truth(target, setting) == Some(false);
    open.then_some((Some(setting), "Scripts can read the remember-me cookie."))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding, &wrong) else { continue };
        let change = flags::set(facts, target, KEY, &|_| "True".to_owned());
        let written = change.is_ok();
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "the remember-me cookie closed to scripts".to_owned(),
            reason: match &change {
                Ok(_) => "Scripts can no longer read the remember-me cookie.".to_owned(),
                Err(reason) => reason.clone(),
            },
            applicability: if written { Applicability::Automatic } else { Applicability::Manual },
            steps: if written { Vec::new() } else { vec![format!("Make {KEY} True where production starts.")] },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}
