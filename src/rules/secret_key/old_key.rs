//! FH120: a key is older than the project wants its keys to be. Only the record of this user
//! knows when a key was made, so other computers may say nothing.

use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH120",
    name: "old-secret-key",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The value of a key was made more than a year ago, as the record of your runs says. The setting \
               `rotate-after = DAYS` changes how long a key may be used.",
        why: "The longer a key is used, the more backups, laptops and people have it. Nothing is known to have leaked.",
        fix: "`flask-harden rotate SECRET_KEY --cutover` puts a new key in its place; with --grace 30, a planned \
              change, sessions go on.",
        ignore: "A key that something outside of the project depends on.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for key in &facts.old_keys {
        let read_here = facts.settings.iter().find(|setting| {
            facts.is_own(setting.path())
                && facts.project_root(setting.path()) == key.root
                && setting.value.env().is_some_and(|read| read.name == key.name)
        });
        let Some(setting) = read_here else { continue };
        let message = format!("{} is {} days old; {} is the limit.", key.name, key.days, key.limit);
        let finding =
            Finding::new(RULE.id, RULE.threat, RULE.severity, setting.location.clone(), key.name.clone(), message);
        found.push(
            finding.next_step(format!(
                "flask-harden rotate {} --cutover, or --grace 30 for a planned change.",
                setting.key
            )),
        );
    }
    found
}
