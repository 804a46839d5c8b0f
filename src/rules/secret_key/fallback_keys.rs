//! FH112: SECRET_KEY_FALLBACKS holds what it must not.

use crate::facts::{Effective, Facts, PyFile};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, walk_exprs};
use crate::rules::{Explanation, Rule};
use crate::text::Span;

const KEY: &str = "SECRET_KEY_FALLBACKS";

pub(super) const RULE: Rule = Rule {
    id: "FH112",
    name: "fallback-keys-misused",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "SECRET_KEY_FALLBACKS is one string instead of a list, holds keys that are written in the code, or \
               stands in a project whose Flask (before 3.1) does not know it.",
        why: "Old keys still open sessions: a known one lets everyone in, as if it were the key itself. Of a string \
              Flask takes every single character as a key, which is guessed at once.",
        fix: "A list that is read from the environment and holds only keys that never leaked. A key that leaked is \
              replaced without a fallback: everyone signs in again once.",
        ignore: "Never while the app runs.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production || target.assumed) {
        let Effective::Set { setting, .. } = facts.effective(target, KEY) else { continue };
        let setting = facts.resolve(setting);
        let Some(file) = facts.py(setting.path()).filter(|_| facts.is_own(setting.path())) else { continue };
        let Some((severity, message, step)) = wrong(facts, file, setting.value.span) else { continue };
        let location = setting.location.clone();
        if !found.iter().any(|known| known.primary == location) {
            let finding = Finding::new(RULE.id, RULE.threat, severity, location, setting.symbol(), message);
            found.push(finding.next_step(step));
        }
    }
    found
}

fn wrong(facts: &Facts, file: &PyFile, span: Span) -> Option<(Severity, String, String)> {
    let mut value: Option<&Expr> = None;
    walk_exprs(&file.module.body, &mut |expr| {
        if expr.span == span {
            value = value.or(Some(expr));
        }
    });
    let list = "Make it a list read from the environment, and only of keys that never leaked.".to_owned();
    let is_text = |expr: &Expr| matches!(&expr.kind, ExprKind::Str(text) if !text.value.is_empty());
    match &value?.kind {
        ExprKind::Str(text) if !text.value.is_empty() => {
            let message = format!("{KEY} is a string: every character of it counts as a key.");
            Some((Severity::High, message, list))
        }
        ExprKind::List(items) | ExprKind::Tuple(items) if items.iter().any(is_text) => {
            let message = format!("{KEY} holds a key that is written in the code; it still opens sessions.");
            Some((Severity::High, message, list))
        }
        ExprKind::List(items) | ExprKind::Tuple(items) if items.is_empty() => None,
        ExprKind::None => None,
        _ => {
            let version = facts.dependencies.pinned("flask").filter(|version| super::rotation::is_older(version))?;
            let message = format!("{KEY} has no effect: Flask {version} does not know it.");
            Some((Severity::Low, message, "Move to Flask 3.1 or newer, or take the line out.".to_owned()))
        }
    }
}
