//! FH118: one value serves several purposes.

use super::judged::{self, SIGNING_KEYS};
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Setting, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH118",
    name: "one-key-for-several-purposes",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "Two settings that sign (SECRET_KEY, JWT_SECRET_KEY, WTF_CSRF_SECRET_KEY, SECURITY_PASSWORD_SALT) get \
               the same value.",
        why: "Whoever learns it through one use has all of them, and none can be changed without the others.",
        fix: "A variable and a key of its own for each. A salt of stored password hashes keeps its value; then the \
              other setting gets a new one.",
        ignore: "An app that has one purpose only and takes the second setting from a template.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production || target.assumed) {
        for (at, later) in SIGNING_KEYS.iter().enumerate() {
            let earlier = SIGNING_KEYS[..at].iter().find(|earlier| same(facts, target, earlier, later));
            let (Some(earlier), Some(setting)) = (earlier, facts.effective(target, later).setting()) else { continue };
            let location = setting.location.clone();
            if judged::is_testing(facts, setting)
                || !facts.is_own(setting.path())
                || found.iter().any(|known| known.primary == location)
            {
                continue;
            }
            let message = format!("{later} has the same value as {earlier}.");
            found.push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, location, setting.symbol(), message)
                    .next_step(format!("Give {later} a variable and a value of its own.")),
            );
        }
    }
    found
}

fn same(facts: &Facts, target: &Target, first_key: &str, second_key: &str) -> bool {
    let (Effective::Set { setting: one, .. }, Effective::Set { setting: other, .. }) =
        (facts.effective(target, first_key), facts.effective(target, second_key))
    else {
        return false;
    };
    let (first, second) = (facts.resolve(one), facts.resolve(other));
    let other_name = |setting: &Setting, key: &str| {
        let Value::Name(name) = &setting.value.value else { return false };
        name.rsplit('.').next() == Some(key)
    };
    if std::ptr::eq(first, second) || other_name(second, first_key) {
        return true;
    }
    let variable = |setting: &Setting| setting.value.env().map(|read| read.name.clone());
    if variable(first).is_some() || variable(second).is_some() {
        return variable(first) == variable(second);
    }
    match (&first.value.value, &second.value.value) {
        (Value::Text { secret: one, .. }, Value::Text { secret: other, .. }) => {
            !one.is_empty() && one.expose() == other.expose()
        }
        _ => false,
    }
}
