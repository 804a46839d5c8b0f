//! FH405: FLASK_ENV says something of the app's own where production starts, and the installed
//! Flask does not read it.

use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::Location;

pub(super) const RULE: Rule = Rule {
    id: "FH405",
    name: "switch-that-nobody-reads",
    threat: Threat::DebugMode,
    severity: Severity::Low,
    explanation: Explanation {
        what: "A deployment file sets FLASK_ENV to a name of the app's own (staging). Flask 2.3 and newer do not read \
               it, and no code here does.",
        why: "It looks like a switch for what production runs with, and is none. Who relies on it finds out when it \
              matters. The values production and development change nothing and are no findings.",
        fix: "Take the line out. FLASK_DEBUG decides about debug mode; it is off where it is not set.",
        ignore: "A variable that a tool outside of this repository reads.",
    },
    check,
    remedy: None,
};

/// Values that Flask itself once knew: without it they do nothing, and debug mode is off.
const FLASKS_OWN: &[&str] = &["production", "development"];

fn check(facts: &Facts) -> Vec<Finding> {
    let newer = facts.dependencies.pinned("flask").is_some_and(|version| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2, 3)
    });
    if !newer || facts.own_python().any(|file| mentions(facts, file)) {
        return Vec::new();
    }
    let mut places: Vec<&Location> = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production) {
        let var = target.env.get("FLASK_ENV").filter(|var| !FLASKS_OWN.contains(&var.value.as_str()));
        places.extend(var.map(|var| &var.location));
    }
    places.sort();
    places.dedup();
    let Some((first, rest)) = places.split_first() else { return Vec::new() };
    let message = "FLASK_ENV is set for production, and nothing reads it since Flask 2.3.".to_owned();
    let finding = Finding::new(RULE.id, RULE.threat, RULE.severity, (*first).clone(), "FLASK_ENV", message)
        .next_step("Take the line out; FLASK_DEBUG decides about debug mode.");
    vec![rest.iter().fold(finding, |finding, at| finding.related((*at).clone(), "set here, too"))]
}

fn mentions(facts: &Facts, file: &crate::facts::PyFile) -> bool {
    facts.files.get(&file.path).is_some_and(|source| {
        ["FLASK_ENV", "from_prefixed_env", "config[\"ENV\"]", "config['ENV']", "app.env"]
            .iter()
            .any(|mark| source.text.contains(mark))
    })
}
