//! FH501: production is served by Flask's development server.

use super::gunicorn_command::command;
use super::requirements::{Needed, needed};
use crate::facts::apps::RunCall;
use crate::facts::settings::is_main_guard;
use crate::facts::{Facts, Launch, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Stmt, StmtKind};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::editable;
use crate::rules::{Explanation, Rule, server_start};
use crate::text::{Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH501",
    name: "development-server-in-production",
    threat: Threat::DevServer,
    severity: Severity::High,
    explanation: Explanation {
        what: "The command that starts production (Procfile, image, unit, compose) runs flask run, app.run() or \
               manage.py runserver.",
        why: "The development server has no limits on slow or many connections and no workers that replace each \
              other: a handful of clients takes the app down.",
        fix: "The command becomes gunicorn with the same app, gunicorn.conf.py sets workers, time limits and request \
              limits, and gunicorn goes into requirements.txt where a line can be added.",
        ignore: "A start that no one outside of the team can reach.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for target in facts.targets.iter().filter(|target| target.production || facts.is_image(target)) {
        let Some((launch, run)) = server_start::development_server(facts, target) else { continue };
        let (severity, message) = if target.production {
            (RULE.severity, format!("Production starts the development server ({}).", launch.server.name()))
        } else {
            (Severity::Low, format!("The image starts the development server ({}).", launch.server.name()))
        };
        let mut finding =
            Finding::new(RULE.id, RULE.threat, severity, launch.location.clone(), launch.name.clone(), message)
                .next_step("Start the app with gunicorn, uWSGI or Waitress there.");
        if let Some(run) = run {
            finding = finding.related(run.location.clone(), "app.run() serves with the development server");
        }
        found.push(finding);
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let target = facts.targets.iter().find(|target| {
            target.production
                && target.launch.is_some_and(|at| {
                    facts.launches[at].location == finding.primary && facts.launches[at].name == finding.key.symbol
                })
        });
        let Some(target) = target else { continue };
        let Some((launch, run)) = server_start::development_server(facts, target) else { continue };
        let outcome = changes(facts, target, launch, run);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "gunicorn starts production".to_owned(),
            reason: match &outcome {
                Ok(_) => "Same app, same address; worker processes, time limits and request limits.".to_owned(),
                Err(by_hand) => by_hand.why.clone(),
            },
            applicability: if outcome.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: match &outcome {
                Ok(_) => Vec::new(),
                Err(by_hand) => vec![by_hand.step.clone()],
            },
            changes: outcome.unwrap_or_default(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// The changes that put gunicorn in the place of a target's development server, where a machine
/// can make them.
pub fn replacement(facts: &Facts, target: &Target) -> Option<Vec<Change>> {
    let (launch, run) = server_start::development_server(facts, target)?;
    changes(facts, target, launch, run).ok()
}

/// Why a person has to do it, and what.
struct ByHand {
    why: String,
    step: String,
}

fn changes(facts: &Facts, target: &Target, launch: &Launch, run: Option<&RunCall>) -> Result<Vec<Change>, ByHand> {
    let place = format!("{}:{}", launch.location.path, launch.location.line);
    let Some(command) = command(facts, target, launch, run) else {
        return Err(ByHand {
            why: "The app's name for gunicorn is not proven.".to_owned(),
            step: format!("In {place}, start the app with gunicorn MODULE:APP, and add gunicorn to what is installed."),
        });
    };
    let line = command.line();
    let by_hand = |why: String| ByHand { why, step: format!("In {place}, replace the command by: {line}") };
    let mut changes = Vec::new();
    if let Some(run) = run {
        changes.extend(importable(facts, run).map_err(by_hand)?);
    }
    match needed(facts, launch) {
        Needed::Nothing => {}
        Needed::Line(change) => changes.push(change),
        Needed::Tool(tool) => {
            return Err(ByHand {
                why: format!("gunicorn has to be installed by the project's own tool: {tool}."),
                step: format!("Run or do: {tool}; then replace the command in {place} by: {line}"),
            });
        }
    }
    let span = launch.command_span.ok_or_else(|| by_hand("The command does not stand in one piece.".to_owned()))?;
    let text = written(facts, launch, span, &command.words, command.expands)
        .ok_or_else(|| by_hand("The command is quoted in a way that is not rewritten.".to_owned()))?;
    changes.push(Change::Edit { path: launch.location.path.clone(), edits: vec![TextEdit::replace(span, text)] });
    changes.extend(server_start::limits(facts, &target.project));
    Ok(changes)
}

/// The words in the form the present command has.
fn written(facts: &Facts, launch: &Launch, span: Span, words: &[String], expands: bool) -> Option<String> {
    let source = facts.files.get(&launch.location.path)?;
    if !launch.exec_form {
        let quoted = |word: &String| match (word.contains('('), launch.host_quote) {
            (false, _) => Some(word.clone()),
            (true, Some('\'')) => None,
            (true, _) => Some(format!("'{word}'")),
        };
        return words.iter().map(quoted).collect::<Option<Vec<_>>>().map(|words| words.join(" "));
    }
    let quote = span.of(&source.text).chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let items: Vec<String> = if expands {
        vec!["sh".to_owned(), "-c".to_owned(), format!("exec {}", words.join(" "))]
    } else {
        words.to_vec()
    };
    // A list over several lines is written as one; its quotes stay.
    items
        .iter()
        .all(|item| !item.contains(quote) && !item.contains('\\'))
        .then(|| items.iter().map(|item| format!("{quote}{item}{quote}")).collect::<Vec<_>>().join(", "))
}

/// What makes the script importable, which gunicorn does: its `app.run()` must not start there.
///
/// # Errors
/// Why a person has to look at it.
pub(super) fn importable(facts: &Facts, run: &RunCall) -> Result<Option<Change>, String> {
    let file = facts.py(&run.path).ok_or_else(|| format!("{} was not parsed.", run.path))?;
    let top = file.module.body.iter().find(|stmt| stmt.span.contains(run.call));
    let top = top.ok_or_else(|| format!("app.run() was not found in {}.", run.path))?;
    match &top.kind {
        StmtKind::If { branches, .. } if is_main_guard(top) => {
            let body = branches.first().map_or(&[][..], |(_, body)| body.as_slice());
            match body.iter().find(|stmt| !is_part_of_run(stmt, run)) {
                None => Ok(None),
                Some(other) => {
                    let line = facts.files.locate(&run.path, other.span).line;
                    Err(format!(
                        "{}:{line} does more before the server starts; under gunicorn it would not run.",
                        run.path
                    ))
                }
            }
        }
        StmtKind::Function(_) => Ok(None),
        StmtKind::Expr(_) => {
            let (source, _) = editable(facts, &run.path)?;
            let newline = source.newline();
            let text = top.span.of(&source.text);
            if text.contains('\n') {
                return Err(format!("{}:{} starts the server when it is imported.", run.path, run.location.line));
            }
            let guard = format!("if __name__ == \"__main__\":{newline}    ");
            Ok(Some(Change::Edit { path: run.path.clone(), edits: vec![TextEdit::insert(top.span.start, guard)] }))
        }
        _ => Err(format!("{}:{} starts the server under a condition.", run.path, run.location.line)),
    }
}

/// Statements that only prepare or announce the run.
fn is_part_of_run(stmt: &Stmt, run: &RunCall) -> bool {
    match &stmt.kind {
        _ if stmt.span.contains(run.call) => true,
        StmtKind::Import(_) | StmtKind::ImportFrom(_) | StmtKind::Other(_) => true,
        StmtKind::Assign { targets, .. } => targets.iter().all(|target| target.as_name().is_some()),
        StmtKind::Expr(expr) => {
            expr.as_str().is_some()
                || expr
                    .as_call()
                    .and_then(|call| call.func.dotted())
                    .is_some_and(|name| name == "print" || name.starts_with("logging.") || name.contains("logger."))
        }
        _ => false,
    }
}
