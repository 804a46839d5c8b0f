//! FH401: debug mode is on where production starts.

use super::switch_off::{selector, switch_off};
use super::ways::{Way, other_runs, ways};
use crate::facts::apps::RunCall;
use crate::facts::{Facts, Server, Target};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::Location;

pub(super) const RULE: Rule = Rule {
    id: "FH401",
    name: "debug-in-production",
    threat: Threat::DebugMode,
    severity: Severity::High,
    explanation: Explanation {
        what: "Debug mode is on on the way production starts: app.run(debug=True) in the file it runs, DEBUG in the \
               configuration it selects, app.debug, FLASK_DEBUG in a file it reads, or --debug on its command.",
        why: "Whoever meets an error page sees source code, variables and stack traces; with the development server \
              the page also runs commands for them.",
        fix: "What production selects no longer switches debug on: the literal reads FLASK_DEBUG, which is off where \
              it is not set, or the server's start selects the app's own production configuration. For development, \
              set FLASK_DEBUG=1.",
        ignore: "A file that never runs anywhere but on a developer's computer.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        for target in facts.serving_targets(root) {
            for way in ways(facts, target) {
                let message = if target.assumed {
                    "Debug mode is on, and no file says how production starts.".to_owned()
                } else {
                    format!("Debug mode is on where production starts ({}).", target.name)
                };
                let severity = if target.assumed { Severity::Medium } else { Severity::High };
                let known = known(facts, target, &way);
                push(&mut found, known.into_iter().fold(finding(&way, severity, message), Finding::known_by));
            }
            for run in other_runs(facts, target).filter(|run| !is_for_developers(facts, target, run)) {
                let way = Way::Run(run);
                let (severity, message) = if target.assumed {
                    (Severity::Medium, "Debug mode is on wherever this file is started.".to_owned())
                } else {
                    (
                        Severity::Low,
                        format!(
                            "Debug mode is on where this file is started; production starts otherwise ({}).",
                            target.name
                        ),
                    )
                };
                push(&mut found, finding(&way, severity, message));
            }
        }
    }
    for target in facts.targets.iter().filter(|target| facts.is_image(target)) {
        for way in ways(facts, target) {
            let message = format!("Debug mode is on where the image starts it ({}).", target.name);
            let known = known(facts, target, &way);
            push(&mut found, known.into_iter().fold(finding(&way, Severity::Low, message), Finding::known_by));
        }
    }
    found
}

/// Whether only who develops starts a run: behind a main guard, while a server that never runs
/// that guard starts production.
fn is_for_developers(facts: &Facts, target: &Target, run: &RunCall) -> bool {
    let server = target.launch.map(|at| &facts.launches[at].server);
    let imports = |server: &Server| !matches!(server, Server::PythonFile | Server::ManageRunserver);
    run.main_guard && target.production && server.is_some_and(imports)
}

/// Where debug mode is on: what other rules need not say again.
pub(super) fn on_in_production(facts: &Facts) -> Vec<Location> {
    check(facts).into_iter().map(|finding| finding.primary).collect()
}

/// Adds a finding, once for each place; the worse one stays.
fn push(found: &mut Vec<Finding>, finding: Finding) {
    match found.iter_mut().find(|known| known.key == finding.key) {
        Some(known) if known.severity < finding.severity => *known = finding,
        Some(_) => {}
        None => found.push(finding),
    }
}

fn finding(way: &Way<'_>, severity: Severity, message: String) -> Finding {
    let finding = Finding::new(RULE.id, RULE.threat, severity, way.location(), way.symbol(), message);
    let finding = if severity == Severity::High { finding } else { finding.confidence(Confidence::Medium) };
    match way {
        Way::Flag(_) => finding.next_step("Take the option out of the command that starts production."),
        Way::Run(_) if severity == Severity::Low => {
            finding.next_step("Set FLASK_DEBUG=1 while developing instead, if nobody relies on it.")
        }
        _ if severity == Severity::Low => finding.next_step("Switch debug off for what the image starts."),
        _ => finding,
    }
}

fn known(facts: &Facts, target: &Target, way: &Way<'_>) -> Vec<String> {
    let at = way.location();
    let mut line = format!("{}: {}:{}", target.name, at.path, at.line);
    match way {
        Way::Setting(_) => {
            if let Some(selector) = selector(target) {
                line.push_str(&format!(", selected where {} is not set", selector.variable));
            }
        }
        Way::Run(_) if facts.apps.runs.len() > 1 => line.push_str(", the file this start runs"),
        Way::Variable { setting: Some(setting), name, .. } => {
            let read = &setting.location;
            line.push_str(&format!(", and {}:{} reads {name}", read.path, read.line));
        }
        _ => {}
    }
    let mut lines = vec![line];
    lines.extend(facts.doubts(target).into_iter().filter(|doubt| !doubt.starts_with("selected where")));
    lines
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let root = facts.project_root(&finding.primary.path);
        for target in facts.serving_targets(&root) {
            let all = ways(facts, target).into_iter().chain(other_runs(facts, target).map(Way::Run));
            let Some(way) =
                all.into_iter().find(|way| way.symbol() == finding.key.symbol && way.location() == finding.primary)
            else {
                continue;
            };
            // What only an image starts differently is for a person: it may be for development.
            if finding.severity > Severity::Low || matches!(way, Way::Run(_)) {
                remedies.push(remedy(facts, finding, target, &way));
            }
            break;
        }
    }
    remedies
}

fn remedy(facts: &Facts, finding: &Finding, target: &Target, way: &Way<'_>) -> Remedy {
    let empty = Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: "debug off where production starts".to_owned(),
        reason: String::new(),
        applicability: Applicability::Manual,
        changes: Vec::new(),
        steps: Vec::new(),
        needs: Vec::new(),
    };
    match switch_off(facts, target, way) {
        Ok(done) => Remedy {
            title: done.title,
            reason: done.reason,
            applicability: done.applicability,
            changes: done.changes,
            needs: done.needs,
            ..empty
        },
        Err(by_hand) => Remedy { reason: by_hand.why, steps: vec![by_hand.step], ..empty },
    }
}
