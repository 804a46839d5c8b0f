//! FH503: how the project's own code runs the development server.

use super::development_server::importable;
use crate::facts::apps::RunCall;
use crate::facts::server_options::text_of;
use crate::facts::{Facts, FileRole};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, walk_exprs};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule, server_start};

pub(super) const RULE: Rule = Rule {
    id: "FH503",
    name: "development-server-exposed",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "app.run() listens on every address of the computer, starts as soon as its file is imported, accepts \
               Werkzeug for production (allow_unsafe_werkzeug), or makes its own certificate (adhoc).",
        why: "The development server has no limits: whoever reaches it can stop it with a handful of slow \
              connections. On 0.0.0.0 that is everybody in the same network; where an import starts it, a production \
              server that imports the file never gets to serve.",
        fix: "Keep app.run() below if __name__ == \"__main__\" and on 127.0.0.1; start production with gunicorn, \
              uWSGI or Waitress.",
        ignore: "A start inside of a container for development, whose port is published on this computer only.",
    },
    check,
    remedy: Some(remedies),
};

/// What is wrong with one run.
#[derive(Default)]
struct Wrong {
    everywhere: bool,
    at_import: bool,
    unsafe_werkzeug: bool,
    adhoc: bool,
}

impl Wrong {
    fn says(&self) -> Vec<&'static str> {
        let all = [
            (self.everywhere, "listens on every address of the computer"),
            (self.at_import, "starts as soon as the file is imported"),
            (self.unsafe_werkzeug, "is allowed for production (allow_unsafe_werkzeug)"),
            (self.adhoc, "makes up its certificate (ssl_context=\"adhoc\")"),
        ];
        all.into_iter().filter_map(|(is, says)| is.then_some(says)).collect()
    }

    fn step(&self) -> &'static str {
        match self {
            Wrong { unsafe_werkzeug: true, .. } => {
                "Start production with a server of its own (gunicorn with a gevent or eventlet worker), and take \
                 allow_unsafe_werkzeug out."
            }
            Wrong { everywhere: true, .. } => {
                "Leave the host out, so that only this computer reaches it; in a container, start a production \
                 server instead."
            }
            Wrong { at_import: true, .. } => "Put the call below if __name__ == \"__main__\":",
            _ => "Use a certificate of your own, or let a proxy serve https.",
        }
    }
}

fn runs(facts: &Facts) -> impl Iterator<Item = &RunCall> {
    facts.apps.runs.iter().filter(|run| facts.py(&run.path).is_some_and(|file| file.role == FileRole::Source))
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for run in runs(facts) {
        let wrong = wrong(facts, run);
        let says = wrong.says();
        if says.is_empty() {
            continue;
        }
        let root = facts.project_root(&run.path);
        let otherwise = facts.production_targets(&root).next().is_some();
        let severity = match wrong {
            Wrong { unsafe_werkzeug: true, .. } if !otherwise || run.function.is_none() => Severity::Medium,
            Wrong { everywhere: true, .. } if !otherwise => Severity::Medium,
            _ => Severity::Low,
        };
        let message = format!("The development server {}.", says.join(", and "));
        let finding =
            Finding::new(RULE.id, RULE.threat, severity, run.location.clone(), format!("{}()", run.called()), message);
        let finding = finding.confidence(if otherwise { Confidence::Medium } else { Confidence::High });
        found.push(finding.next_step(wrong.step()));
    }
    found
}

fn wrong(facts: &Facts, run: &RunCall) -> Wrong {
    let mut wrong = Wrong::default();
    let host = run.host.as_ref().and_then(text_of);
    // What production starts is said once, where it starts it.
    let starts_production = facts.targets.iter().filter(|target| target.production).any(|target| {
        server_start::development_server(facts, target)
            .is_some_and(|(_, found)| found.is_some_and(|found| found.location == run.location))
    });
    // Guarded, and production starts otherwise: what developers start is theirs.
    let otherwise = facts.production_targets(&facts.project_root(&run.path)).next().is_some();
    let theirs = otherwise && (run.main_guard || run.function.is_some());
    wrong.everywhere =
        host.is_some_and(|host| matches!(host.trim(), "0.0.0.0" | "::")) && !starts_production && !theirs;
    wrong.at_import = !run.main_guard && run.function.is_none() && !starts_production && at_top(facts, run);
    with_call(facts, run, |call| {
        let on = |name: &str| call.keyword(name).map(|arg| &arg.value);
        wrong.unsafe_werkzeug = on("allow_unsafe_werkzeug").and_then(|value| value.as_bool()) == Some(true);
        wrong.adhoc = on("ssl_context").and_then(|value| value.as_str()) == Some("adhoc");
    });
    wrong
}

/// Whether the call always runs when the file is imported.
fn at_top(facts: &Facts, run: &RunCall) -> bool {
    let Some(file) = facts.py(&run.path) else { return false };
    file.module
        .body
        .iter()
        .any(|stmt| stmt.span.contains(run.call) && matches!(stmt.kind, crate::lang::python::StmtKind::Expr(_)))
}

fn with_call(facts: &Facts, run: &RunCall, mut see: impl FnMut(&Call)) {
    let Some(file) = facts.py(&run.path) else { return };
    walk_exprs(&file.module.body, &mut |expr| {
        if let Some(call) = expr.as_call().filter(|_| expr.span == run.call) {
            see(call);
        }
    });
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(run) = runs(facts).find(|run| run.location == finding.primary) else { continue };
        let wrong = wrong(facts, run);
        // A guard is the whole fix only where nothing else is wrong.
        if !wrong.at_import || wrong.says().len() > 1 {
            continue;
        }
        let Ok(Some(change)) = importable(facts, run) else { continue };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{}() runs only where the file is started", run.called()),
            reason: "Other files can import it; python FILE starts it as before.".to_owned(),
            applicability: Applicability::Automatic,
            changes: vec![change],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}
