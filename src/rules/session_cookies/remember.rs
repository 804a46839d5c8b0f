//! FH206: the remember-me cookie is not limited to https.

use super::flags;
use super::secure;
use crate::facts::{Effective, Facts, PyFile, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{ExprKind, walk_exprs};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

const KEY: &str = "REMEMBER_COOKIE_SECURE";

pub(super) const RULE: Rule = Rule {
    id: "FH206",
    name: "remember-cookie-not-secure",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "Flask-Login remembers people (login_user(..., remember=...)) and REMEMBER_COOKIE_SECURE is not true on \
               the way production starts. It is a setting of its own: SESSION_COOKIE_SECURE does not cover it.",
        why: "The remember-me cookie signs its owner in for a year. Sent over plain http once, it can be taken by \
              anyone on the way, and outlives every session.",
        fix: "REMEMBER_COOKIE_SECURE follows the same variable as SESSION_COOKIE_SECURE: off in development, on where \
              production starts.",
        ignore: "A site that is reachable over plain http only, such as an onion service.",
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

/// Whether a project asks Flask-Login to remember somebody.
pub(super) fn remembers(facts: &Facts, root: &RepoPath) -> bool {
    let may = |file: &&PyFile| file.has("login_user");
    facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        let mut found = false;
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            let func = names.resolve(&call.func).unwrap_or_default();
            if !matches!(func.as_str(), "flask_login.login_user" | "flask.ext.login.login_user") {
                return;
            }
            let remember = call.keyword("remember").map(|arg| &arg.value).or_else(|| call.positional(1));
            found |= remember.is_some_and(|value| !matches!(value.kind, ExprKind::False | ExprKind::None));
        });
        found
    })
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> flags::Wrong<'f> {
    let setting = match facts.effective(target, KEY) {
        Effective::Absent => None,
        Effective::Set { setting, .. } if facts.truth(target, setting) == Some(false) => Some(setting),
        Effective::Unknown(_) if !facts.sets_anywhere(&target.project, KEY) => None,
        _ => return None,
    };
    Some((setting, "The remember-me cookie is not limited to https."))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding, &wrong) else { continue };
        let mut remedy = Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "Secure remember-me cookies where production starts".to_owned(),
            reason: "It follows the variable of the session cookie; development stays as it is.".to_owned(),
            applicability: flags::https_applicability(facts, target).min(Applicability::Automatic),
            changes: Vec::new(),
            steps: Vec::new(),
            needs: Vec::new(),
        };
        if remedy.applicability == Applicability::Manual {
            remedy.reason = "Production serves plain http as far as the repository shows.".to_owned();
            remedy.steps.push(format!("Put https in front, then set {KEY} = True where production starts."));
            remedies.push(remedy);
            continue;
        }
        match secure::changes(facts, target, KEY) {
            Ok(changes) => {
                remedy.changes = changes.changes;
                remedy.steps.extend(changes.steps);
                remedy.needs = changes.needs;
            }
            Err((reason, step)) => {
                remedy.reason = reason;
                remedy.applicability = Applicability::Manual;
                remedy.steps.push(step);
            }
        }
        remedies.push(remedy);
    }
    remedies
}
