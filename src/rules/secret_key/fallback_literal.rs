//! FH103: a signing key falls back to a literal where the environment does not set it.

use super::judged::{self, literals};
use super::wiring;
use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH103",
    name: "secret-key-fallback-literal",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "A key that signs is read from the environment, with a literal for the case that the variable is not \
               set: environ.get(\"K\") or \"x\", getenv(\"K\", \"x\"), config(\"K\", default=\"x\"), a conditional.",
        why: "A server on which the variable is missing, or misspelt, runs with a key that stands in the repository, \
              and nobody notices. Anyone who has the code can then sign in as any user.",
        fix: "The literal is taken out: the setting reads the variable, then the env file that holds a new key. \
              A missing key leaves the setting None; nothing raises at import.",
        ignore: "A demo that holds no data and no login.",
    },
    check,
    remedy: Some(wiring::remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for literal in &literals(facts) {
        let Some(variable) = literal.variable else { continue };
        if judged::only_development(facts, literal.setting) {
            continue;
        }
        let setting = literal.setting;
        let message = format!(
            "{} falls back to a literal where {variable} is not set.{}",
            literal.used_as,
            judged::weakness(literal.secret)
        );
        let severity = judged::severity(facts, literal);
        let mut finding =
            Finding::new(RULE.id, RULE.threat, severity, setting.location.clone(), literal.symbol(), message);
        finding.how_we_know = judged::how_known(facts, literal);
        if let Some(leak) = facts.leaks.iter().find(|leak| *leak.secret == **literal.secret) {
            finding.how_we_know.push(leak.seen());
        }
        found.push(finding);
    }
    found
}
