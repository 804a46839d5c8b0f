//! FH403: Werkzeug's debugger is wrapped round the app, under any server.

use crate::facts::guards::{Reached, reached};
use crate::facts::{Facts, PyFile};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Expr, Stmt, StmtKind, walk_stmts};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::{Reading, editable};
use crate::rules::{Explanation, Rule};
use crate::text::{Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH403",
    name: "debugger-mounted",
    threat: Threat::DebugMode,
    severity: Severity::High,
    explanation: Explanation {
        what: "DebuggedApplication is wrapped round the app without asking whether debug mode is on.",
        why: "The debugger is then part of the app under every server, Gunicorn too: error pages show source code \
              and variables, and with evalex a console that runs commands.",
        fix: "The app is wrapped only where FLASK_DEBUG is switched on.",
        ignore: "A file that never runs anywhere but on a developer's computer.",
    },
    check,
    remedy: Some(remedies),
};

/// One place that wraps an app.
struct Mount<'f> {
    file: &'f PyFile,
    call: Span,
    /// What is wrapped.
    inner: Option<Span>,
    /// The call is all of what is assigned, or an argument: a condition fits in its place.
    alone: bool,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for mount in mounts(facts) {
        let root = facts.project_root(&mount.file.path);
        let reach: Vec<Reached> =
            facts.serving_targets(&root).map(|target| reached(facts, target, &mount.file.path, mount.call)).collect();
        if !reach.is_empty() && reach.iter().all(|reach| *reach == Reached::No)
            || asks_for_debug(mount.file, mount.call)
        {
            continue;
        }
        let known = facts.production_targets(&root).next().is_some();
        let severity = if known { Severity::High } else { Severity::Medium };
        let finding = Finding::new(
            RULE.id,
            RULE.threat,
            severity,
            facts.files.locate(&mount.file.path, mount.call),
            "DebuggedApplication",
            "Werkzeug's debugger is mounted on the app, under every server.",
        );
        let sure = reach.contains(&Reached::Yes);
        found.push(
            finding
                .confidence(if sure { Confidence::High } else { Confidence::Medium })
                .next_step("Mount it only where debug mode is on: if app.debug:"),
        );
    }
    found
}

fn mounts(facts: &Facts) -> Vec<Mount<'_>> {
    let mut found = Vec::new();
    for file in facts.own_python() {
        let names = &facts.names[&file.path];
        if !names.mentions("werkzeug") {
            continue;
        }
        walk_stmts(&file.module.body, &mut |stmt| {
            let alone = alone(stmt);
            for expr in stmt.exprs() {
                expr.walk(&mut |inner| {
                    let Some(call) = inner.as_call() else { return };
                    let name = names.resolve(&call.func).unwrap_or_default();
                    if name.starts_with("werkzeug") && name.ends_with(".DebuggedApplication") {
                        let app = call.positional(0).or_else(|| call.keyword("app").map(|arg| &arg.value));
                        found.push(Mount {
                            file,
                            call: inner.span,
                            inner: app.map(|app| app.span),
                            alone: alone.contains(&inner.span),
                        });
                    }
                });
            }
        });
    }
    found
}

/// The expressions of a statement in whose place a condition can stand as it is.
fn alone(stmt: &Stmt) -> Vec<Span> {
    let mut found = Vec::new();
    if let StmtKind::Assign { value, .. } = &stmt.kind {
        found.push(value.span);
    }
    for expr in stmt.exprs() {
        expr.walk(&mut |inner| {
            let args = inner.as_call().map(|call| call.args.as_slice()).unwrap_or_default();
            found.extend(args.iter().filter(|arg| arg.stars == 0).map(|arg| arg.value.span));
        });
    }
    found
}

/// Whether a condition around the place is about debug mode or development.
fn asks_for_debug(file: &PyFile, place: Span) -> bool {
    let mut found = false;
    walk_stmts(&file.module.body, &mut |stmt| {
        if let StmtKind::If { branches, .. } = &stmt.kind {
            let inside = branches.iter().filter(|(_, body)| body.iter().any(|inner| inner.span.contains(place)));
            found |= inside.into_iter().any(|(test, _)| is_about_debug(test));
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| {
                if let crate::lang::python::ExprKind::Cond { body, test, .. } = &inner.kind {
                    found |= body.span.contains(place) && is_about_debug(test);
                }
            });
        }
    });
    found
}

fn is_about_debug(test: &Expr) -> bool {
    let mut found = false;
    test.walk(&mut |inner| {
        let word =
            inner.as_str().map(str::to_owned).or_else(|| inner.dotted()).unwrap_or_default().to_ascii_lowercase();
        found |= word.contains("debug") || word.contains("dev") || word == "__name__" || word.contains("use_evalex");
    });
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let all = mounts(facts);
        let mount = all.iter().find(|mount| facts.files.locate(&mount.file.path, mount.call) == finding.primary);
        let Some(mount) = mount else { continue };
        let change = conditional(facts, mount);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "the debugger is mounted only where FLASK_DEBUG is on".to_owned(),
            reason: match &change {
                Ok(_) => "For development, set FLASK_DEBUG=1.".to_owned(),
                Err(why) => why.clone(),
            },
            applicability: if change.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: if change.is_ok() { Vec::new() } else { finding.next_step.iter().cloned().collect() },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}

fn conditional(facts: &Facts, mount: &Mount<'_>) -> Result<Change, String> {
    let (source, file) = editable(facts, &mount.file.path)?;
    let inner = mount.inner.filter(|_| mount.alone).ok_or("The call stands in a larger expression.")?;
    let read = Reading::of(file, source, mount.call.start);
    let text = format!(" if {} else {}", read.switch("FLASK_DEBUG"), inner.of(&source.text));
    let mut edits = vec![TextEdit::insert(mount.call.end, text)];
    edits.extend(read.import(source, file));
    Ok(Change::Edit { path: mount.file.path.clone(), edits })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::check_fixtures;

    #[test]
    fn fixtures() {
        check_fixtures(&super::RULE);
    }
}
