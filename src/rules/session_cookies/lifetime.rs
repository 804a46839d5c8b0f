//! FH204: sessions that are kept last a month or more.

use super::flags;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, PyFile, Setting};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

const KEY: &str = "PERMANENT_SESSION_LIFETIME";
/// Flask's default, in days.
const DEFAULT_DAYS: f64 = 31.0;

pub(super) const RULE: Rule = Rule {
    id: "FH204",
    name: "session-lifetime-too-long",
    threat: Threat::SessionCookies,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The app makes sessions permanent (session.permanent = True), and PERMANENT_SESSION_LIFETIME is not \
               set, which is 31 days, or longer than that.",
        why: "A cookie that was taken once opens the account for as long as it lasts, and with Flask's own sessions \
              nothing on the server can end it. SESSION_REFRESH_EACH_REQUEST, which is on, makes it last longer with \
              every request.",
        fix: "PERMANENT_SESSION_LIFETIME = timedelta(hours=12), or what people need, beside the other settings.",
        ignore: "An app whose sessions hold nothing but a preference.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        let Some(made) = made_permanent(facts, root) else { continue };
        let wrong = facts.serving_targets(root).find_map(|target| match facts.effective(target, KEY) {
            Effective::Absent => Some((target, None)),
            Effective::Set { setting, .. } => {
                let days = days(facts, facts.resolve(setting))?;
                (days > DEFAULT_DAYS - 1.0).then_some((target, Some((setting, days))))
            }
            Effective::Unknown(_) => None,
        });
        let Some((target, setting)) = wrong else { continue };
        let message = match setting {
            Some((_, days)) => format!("Permanent sessions last {days:.0} days ({KEY})."),
            None => format!("Permanent sessions last 31 days ({KEY} is not set)."),
        };
        let mut finding = flags::finding(facts, &RULE, target, setting.map(|(setting, _)| setting), KEY, message);
        finding.severity = RULE.severity;
        found.push(
            finding
                .related(made, "sessions are made permanent here")
                .next_step(format!("Set {KEY} = timedelta(hours=12), or what people need.")),
        );
    }
    found
}

/// Where a project makes its sessions permanent.
fn made_permanent(facts: &Facts, root: &RepoPath) -> Option<crate::text::Location> {
    let may = |file: &&PyFile| file.has("permanent") && file.has("session");
    facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root)).find_map(|file| {
        let names = &facts.names[&file.path];
        let mut at = None;
        walk_stmts(&file.module.body, &mut |stmt| {
            let StmtKind::Assign { targets, value } = &stmt.kind else { return };
            let permanent = targets.iter().any(|target| match &target.kind {
                ExprKind::Attr { value, name } => {
                    name == "permanent" && names.resolve(value).as_deref() == Some("flask.session")
                }
                _ => false,
            });
            if permanent && matches!(value.kind, ExprKind::True) {
                at = at.or(Some(stmt.span));
            }
        });
        at.map(|span| facts.files.locate(&file.path, span))
    })
}

/// The lifetime that a setting gives, in days.
fn days(facts: &Facts, setting: &Setting) -> Option<f64> {
    if let Value::Number(text) = &setting.value.value {
        return text.parse::<f64>().ok().map(|seconds| seconds / 86_400.0);
    }
    let file = facts.py(setting.path())?;
    let mut found = None;
    walk_exprs(&file.module.body, &mut |expr| {
        if expr.span == setting.value.span {
            found = found.or_else(|| expr.as_call().and_then(timedelta));
        }
    });
    found
}

fn timedelta(call: &Call) -> Option<f64> {
    let name = call.func.dotted()?;
    if name.rsplit('.').next() != Some("timedelta") {
        return None;
    }
    let number = |value: &Expr| match &value.kind {
        ExprKind::Number(text) => text.parse::<f64>().ok(),
        _ => None,
    };
    let mut days = call.positional(0).map_or(Some(0.0), number)?;
    for arg in &call.args {
        let factor = match arg.name.as_deref() {
            None => continue,
            Some("days") => 1.0,
            Some("weeks") => 7.0,
            Some("hours") => 1.0 / 24.0,
            Some("minutes") => 1.0 / 1440.0,
            Some("seconds") => 1.0 / 86_400.0,
            Some(_) => return None,
        };
        days += number(&arg.value)? * factor;
    }
    Some(days)
}
