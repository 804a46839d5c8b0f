//! FH506: production answers one request at a time.

use crate::facts::server_options::{ServerOption, option};
use crate::facts::{Facts, Launch, LaunchRole, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::Location;

pub(super) const RULE: Rule = Rule {
    id: "FH506",
    name: "one-request-at-a-time",
    threat: Threat::DevServer,
    severity: Severity::Low,
    explanation: Explanation {
        what: "Gunicorn starts production with one worker of one thread: that is what it does where nothing sets \
               workers, threads or another worker class.",
        why: "Every visitor waits for the one before. One slow request, or one client that reads slowly, stops the \
              site for all.",
        fix: "Start with more: --workers 2 --threads 4, or WEB_CONCURRENCY on the host. An app that keeps its state \
              in memory, or uses Flask-SocketIO without a message queue, needs one worker: give it threads.",
        ignore: "An app that must not answer two requests at once.",
    },
    check,
    remedy: None,
};

/// Hosts that set WEB_CONCURRENCY by themselves.
const CONCURRENT: &[&str] = &["heroku", "procfile", "app-yaml"];

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for target in &facts.targets {
        let Some(launch) = target.launch.map(|at| &facts.launches[at]) else { continue };
        let known = launch.role == LaunchRole::Production && launch.server == Server::Gunicorn;
        if !known || target.env.contains_key("WEB_CONCURRENCY") || reads_other_file(facts, launch) {
            continue;
        }
        let Some(place) = alone(&facts.server_options(launch), launch) else { continue };
        let message = "Gunicorn is started with one worker of one thread.".to_owned();
        let finding = Finding::new(RULE.id, RULE.threat, RULE.severity, place, "workers", message)
            .next_step("Add --workers 2 --threads 4 to the command, or set WEB_CONCURRENCY on the host.");
        if !found.iter().any(|known| known.key == finding.key) {
            found.push(finding);
        }
    }
    found
}

/// Whether it reads a settings file that is not in the tree, or is no Python that was read.
fn reads_other_file(facts: &Facts, launch: &Launch) -> bool {
    let named = launch
        .argv
        .iter()
        .any(|word| word == "-c" || word == "--config" || word.starts_with("--config=") || word.starts_with("-c="));
    named && facts.server_conf(launch).is_none()
}

/// Where it is said, or not said, that there is one worker of one thread.
fn alone(options: &[ServerOption], launch: &Launch) -> Option<Location> {
    let one = |name: &str| match option(options, name) {
        None => Some(true),
        Some(option) => option.number().map(|number| number <= 1.0),
    };
    let class = option(options, "worker_class");
    let sync = class.is_none_or(|class| class.is("sync") || class.is("gthread"));
    if one("workers") != Some(true) || one("threads") != Some(true) || !sync {
        return None;
    }
    // A number a shell puts in is not known.
    let hidden = launch.argv.iter().any(|word| word.contains('$') && !word.contains("PORT"));
    match option(options, "workers") {
        Some(workers) => Some(workers.location.clone()),
        None if hidden || CONCURRENT.contains(&launch.kind) => None,
        None => Some(launch.location.clone()),
    }
}
