//! FH111: a further key or salt of the app stands in the code.

use super::judged::{self, is_sibling_key};
use crate::facts::Facts;
use crate::facts::env::is_env_file;
use crate::facts::values::Value;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::secret::strength::is_placeholder;

pub(super) const RULE: Rule = Rule {
    id: "FH111",
    name: "further-key-in-code",
    threat: Threat::SecretKey,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A setting that by its name is a further key of the app (JWT_SECRET, SESSION_SECRET, SIGNING_KEY, \
               SECRET_KEY_2), a salt of Flask-Security's signed links, or what is added to every password before it is \
               hashed (PASSWORD_SECRET, PASSWORD_PEPPER), has a literal.",
        why: "What is signed with it can be made by everyone who has the code. A salt is no key: alone it opens \
              nothing, but it is one of two values that keep links apart.",
        fix: "A key: read it from a variable in the environment and make a new one. A salt of links: it may change at \
              any time, links that are out stop working. What stored password hashes depend on is moved as it is and never \
              changed.",
        ignore: "A name that only sounds like a key.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let literals = judged::literals(facts);
    let mut found: Vec<Finding> = Vec::new();
    for setting in &facts.settings {
        let Some(salt) = is_sibling_key(&setting.key) else { continue };
        let resolved = facts.resolve(setting);
        let left_out = !facts.is_own(resolved.path())
            || is_env_file(resolved.path())
            || facts.data.private.contains(resolved.path())
            || setting.overwritten
            || judged::is_testing(facts, setting)
            || judged::only_development(facts, setting)
            || literals.iter().any(|literal| std::ptr::eq(literal.setting, resolved));
        let Some(literal) = resolved.value.literal().filter(|_| !left_out) else { continue };
        let Value::Text { secret, .. } = &literal.value else { continue };
        if is_placeholder(secret.expose()) || found.iter().any(|known| known.primary == resolved.location) {
            continue;
        }
        let key = &setting.key;
        let (severity, message, step) = if salt {
            let step = format!("Set {key} in the environment and read it there; links that are out stop working.");
            (Severity::Low, format!("The salt {key} is written in the code."), step)
        } else if judged::is_pepper(key) {
            let step = format!("Set {key} in the environment to the value it has now, and read it there.");
            (RULE.severity, format!("{key}, which is part of every stored password, is written in the code."), step)
        } else {
            let step = format!("Read it instead: {key} = os.environ.get(\"{key}\"), and give the server a new key.");
            let weak = judged::weakness(secret);
            (RULE.severity, format!("The key {key} is written in the code.{weak}"), step)
        };
        let location = resolved.location.clone();
        found.push(Finding::new(RULE.id, RULE.threat, severity, location, resolved.symbol(), message).next_step(step));
    }
    found
}
