//! FH408: the server itself answers errors with stack traces.

use crate::facts::server_options::{ServerOption, option, waitress};
use crate::facts::{Facts, LaunchRole, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH408",
    name: "server-shows-tracebacks",
    threat: Threat::DebugMode,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "Waitress runs with expose_tracebacks, or uWSGI with catch-exceptions: both send the stack trace of an \
               error to the visitor.",
        why: "Stack traces show source code, files and versions to anyone who meets an error, also where debug mode \
              is off.",
        fix: "The option is switched off; errors go to the server's log as before.",
        ignore: "A server that only developers reach.",
    },
    check,
    remedy: Some(remedies),
};

fn options(facts: &Facts) -> Vec<ServerOption> {
    let mut found = Vec::new();
    for launch in facts.launches.iter().filter(|launch| launch.role == LaunchRole::Production) {
        let name = match launch.server {
            Server::Waitress => "expose_tracebacks",
            Server::Uwsgi => "catch-exceptions",
            _ => continue,
        };
        let mut all = facts.server_options(launch);
        let on = option(&all, name).filter(|option| option.is_on()).map(|option| option.location.clone());
        if let Some(location) = on {
            found.extend(all.extract_if(.., |option| option.name == name && option.location == location).next());
        }
    }
    for call in waitress::calls(facts) {
        found.extend(call.options.into_iter().filter(|option| option.name == "expose_tracebacks" && option.is_on()));
    }
    found
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for option in options(facts) {
        let location: Location = option.location;
        let message = format!("The server answers errors with stack traces ({}).", option.name);
        let step = format!("Leave {} out.", option.name);
        if !found.iter().any(|known| known.primary == location) {
            found.push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, location, option.name, message).next_step(step),
            );
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    let all = options(facts);
    for finding in findings {
        let Some(option) = all.iter().find(|option| option.location == finding.primary) else { continue };
        let off = option.value_span.and_then(|span| {
            let source = facts.files.get(&finding.primary.path)?;
            let off = match span.of(&source.text) {
                "True" => "False",
                "true" => "false",
                "1" => "0",
                _ => return None,
            };
            Some(Change::Edit { path: finding.primary.path.clone(), edits: vec![TextEdit::replace(span, off)] })
        });
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{} is off", option.name),
            reason: if off.is_some() {
                "Errors go to the server's log as before.".to_owned()
            } else {
                "Options of a command are not rewritten here.".to_owned()
            },
            applicability: if off.is_some() { Applicability::Safe } else { Applicability::Manual },
            steps: if off.is_some() { Vec::new() } else { finding.next_step.iter().cloned().collect() },
            changes: off.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}
