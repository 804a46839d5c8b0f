//! FH407: the server watches the code and restarts when it changes, where production starts.

use crate::facts::server_options::{ServerOption, option};
use crate::facts::{Facts, Launch, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH407",
    name: "code-reloader-in-production",
    threat: Threat::DebugMode,
    severity: Severity::Low,
    explanation: Explanation {
        what: "The command or settings file that starts production switches the code reloader on (--reload, reload = \
               True, py-autoreload).",
        why: "It is made for development: it costs time at all times, and whoever manages to write one file has it \
              run at once.",
        fix: "The option is taken out where production starts. Development keeps it.",
        ignore: "A server that is updated by writing files into it, as a team's own choice.",
    },
    check,
    remedy: Some(remedies),
};

/// Where a launch switches the reloader on.
enum Switch {
    /// A word of the command.
    Word(Location),
    /// A line of a settings file; the value.
    Setting(Location, Option<Span>),
}

impl Switch {
    fn location(&self) -> &Location {
        match self {
            Switch::Word(location) | Switch::Setting(location, _) => location,
        }
    }
}

fn switch(facts: &Facts, launch: &Launch) -> Option<Switch> {
    let word = |names: &[&str]| {
        let there = launch.argv.iter().any(|word| names.contains(&word.split('=').next().unwrap_or(word)));
        let debug = launch.argv.iter().any(|word| matches!(word.as_str(), "--debug" | "--debugger"));
        (there && !debug).then(|| launch.debug_flag.clone()).flatten().map(Switch::Word)
    };
    let in_file = |option: Option<&ServerOption>| {
        let option = option.filter(|option| option.is_on() && option.value_span.is_some())?;
        Some(Switch::Setting(option.location.clone(), option.value_span))
    };
    let options = facts.server_options(launch);
    match launch.server {
        Server::Gunicorn => word(&["--reload"]).or_else(|| in_file(option(&options, "reload"))),
        Server::Uwsgi => word(&["--py-autoreload", "--python-autoreload", "--py-auto-reload"])
            .or_else(|| in_file(option(&options, "py-autoreload"))),
        _ => word(&["--reload", "--reload-on-changes"]),
    }
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production) {
        let Some(launch) = target.launch.map(|at| &facts.launches[at]) else { continue };
        let Some(switch) = switch(facts, launch) else { continue };
        let message = format!("{} watches the code and restarts where production starts.", launch.server.name());
        let location = switch.location().clone();
        if !found.iter().any(|known| known.primary == location) {
            found.push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, location, "reload", message)
                    .next_step("Take the option out where production starts."),
            );
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let launches = facts.targets.iter().filter(|target| target.production).filter_map(|target| target.launch);
        let hit = launches.map(|at| &facts.launches[at]).find_map(|launch| {
            let switch = switch(facts, launch)?;
            (*switch.location() == finding.primary).then_some((launch, switch))
        });
        let Some((launch, switch)) = hit else { continue };
        let change = switched_off(facts, launch, &switch);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "no code reloader where production starts".to_owned(),
            reason: if change.is_some() {
                "Only this start is changed.".to_owned()
            } else {
                "The option does not stand there in one piece.".to_owned()
            },
            applicability: if change.is_some() { Applicability::Safe } else { Applicability::Manual },
            steps: if change.is_some() { Vec::new() } else { finding.next_step.iter().cloned().collect() },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}

fn switched_off(facts: &Facts, launch: &Launch, switch: &Switch) -> Option<Change> {
    let location = switch.location();
    let source = facts.files.get(&location.path)?;
    let edit = match switch {
        Switch::Setting(_, span) => {
            let span = (*span)?;
            let off = match span.of(&source.text) {
                "True" => "False",
                "true" => "false",
                text if text.parse::<u32>().is_ok() => "0",
                _ => return None,
            };
            TextEdit::replace(span, off)
        }
        Switch::Word(_) => {
            let span = location.span;
            let before = &source.text[..span.start];
            let after = &source.text[span.end..];
            let word = span.of(&source.text).trim_matches(['"', '\'']);
            if !word.starts_with("--") || word.contains(char::is_whitespace) {
                return None;
            }
            let value = usize::from(launch.server == Server::Uwsgi && !word.contains('='));
            if value > 0 {
                return None;
            }
            if launch.exec_form {
                let rest = after.trim_start_matches([' ', '\t']).strip_prefix(',')?;
                let end = source.text.len() - rest.trim_start_matches([' ', '\t']).len();
                TextEdit::replace(Span::new(span.start, end), "")
            } else {
                let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
                (blanks > 0).then(|| TextEdit::replace(Span::new(span.start - blanks, span.end), ""))?
            }
        }
    };
    Some(Change::Edit { path: location.path.clone(), edits: vec![edit] })
}
