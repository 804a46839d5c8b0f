//! FH514: what starts production could limit memory and processes, and does not.

use crate::facts::{Facts, Launch, LaunchRole};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH514",
    name: "no-resource-limits",
    threat: Threat::DevServer,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The compose service, Kubernetes container, chart or systemd unit that starts the app limits neither \
               memory nor the number of processes.",
        why: "An app that grows without bound takes the database, the proxy and the whole computer down with it.",
        fix: "A limit a little above what the app needs at its busiest: mem_limit and pids_limit in compose, \
              resources.limits.memory in Kubernetes, MemoryMax= and TasksMax= in a unit.",
        ignore: "A host that runs nothing else, or limits that the platform sets.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut judged = Vec::new();
    for target in facts.targets.iter() {
        let Some(at) = target.launch else { continue };
        let launch = &facts.launches[at];
        // A plain compose file is how many are deployed, where nothing says more.
        let known = facts.production_targets(&target.project).next().is_some();
        let counts = target.production || (!known && launch.kind == "compose");
        if launch.role != LaunchRole::Production || !counts || judged.contains(&(&target.project, launch.kind)) {
            continue;
        }
        let Some(place) = launch.bounds.place.clone().filter(|_| !launch.bounds.memory) else { continue };
        judged.push((&target.project, launch.kind));
        let lacks = if launch.bounds.processes { "memory" } else { "memory or processes" };
        let message = format!("Nothing limits the {lacks} of {}.", launch.name);
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, place, "limits", message).next_step(step(launch)));
    }
    found
}

fn step(launch: &Launch) -> &'static str {
    match launch.kind {
        "systemd" => "Add MemoryMax=512M and TasksMax=128, or what the app needs, to [Service].",
        "kubernetes" | "helm" => "Add resources.limits.memory, such as 512Mi, to the container.",
        _ => "Add mem_limit: 512m and pids_limit: 128, or what the app needs, to the service.",
    }
}
