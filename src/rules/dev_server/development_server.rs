//! FH501: production is served by Flask's development server.

use crate::facts::apps::RunCall;
use crate::facts::{Facts, Launch, Server, Target, WsgiTarget};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule, server_start};
use crate::text::{RepoPath, TextEdit};

pub const RULE: Rule = Rule {
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
    for target in facts.targets.iter().filter(|target| target.production) {
        let Some((launch, run)) = development(facts, target) else { continue };
        let message = format!("Production starts the development server ({}).", launch.server.name());
        let mut finding =
            Finding::new(RULE.id, RULE.threat, RULE.severity, launch.location.clone(), launch.name.clone(), message);
        if let Some(run) = run {
            finding = finding.related(run.location.clone(), "app.run() serves with the development server");
        }
        found.push(finding);
    }
    found
}

/// The launch, where it runs the development server, with the `app.run()` it reaches.
fn development<'f>(facts: &'f Facts, target: &Target) -> Option<(&'f Launch, Option<&'f RunCall>)> {
    let launch = &facts.launches[target.launch?];
    if launch.server.is_development_server() {
        return Some((launch, None));
    }
    if launch.server != Server::PythonFile {
        return None;
    }
    let script = launch.script.as_ref()?;
    // Flask-SocketIO's run() picks a production server where one is installed.
    let run = facts
        .apps
        .runs
        .iter()
        .find(|run| run.path == *script && !run.receiver.to_ascii_lowercase().contains("socketio"))?;
    Some((launch, Some(run)))
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
        let Some((launch, run)) = development(facts, target) else { continue };
        let outcome = changes(facts, target, launch, run);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "gunicorn starts production".to_owned(),
            reason: match &outcome {
                Ok(_) => "Same app, same address; worker processes, time limits and request limits.".to_owned(),
                Err((why, _)) => why.clone(),
            },
            applicability: if outcome.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: match &outcome {
                Ok(_) => Vec::new(),
                Err((_, step)) => vec![step.clone()],
            },
            changes: outcome.unwrap_or_default(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// The changes, or why a person has to do it and what.
fn changes(
    facts: &Facts,
    target: &Target,
    launch: &Launch,
    run: Option<&RunCall>,
) -> Result<Vec<Change>, (String, String)> {
    let by_hand = |why: &str| {
        (why.to_owned(), "Start the app with gunicorn MODULE:APP, and add gunicorn to what is installed.".to_owned())
    };
    let app =
        wsgi_target(facts, target, launch).ok_or_else(|| by_hand("The app's name for gunicorn is not proven."))?;
    let command = format!("gunicorn {}{}{}", chdir(launch), bind(launch, run), quoted(&app.to_string()));
    let span = launch.command_span.ok_or_else(|| {
        (String::from("The command does not stand in one piece."), format!("Replace the command by: {command}"))
    })?;
    let step = |tool: &str| {
        (
            format!("gunicorn has to be installed by the project's own tool: {tool}."),
            format!("Run: {tool}; then replace the command by: {command}"),
        )
    };
    let mut changes = Vec::new();
    if !facts.dependencies.has("gunicorn") {
        let file = facts
            .dependencies
            .files
            .iter()
            .filter(|file| !file.locked && crate::facts::dependencies::is_requirements(&file.path));
        let file = file.min_by_key(|file| (file.path.name() != "requirements.txt", file.path.components().count()));
        match (file, facts.dependencies.managed.first()) {
            (_, Some((_, tool))) => return Err(step(tool)),
            (Some(file), None) => {
                changes.push(requirement(facts, &file.path).ok_or_else(|| step("pip install gunicorn"))?)
            }
            (None, None) => return Err(step("pip install gunicorn")),
        }
    }
    let text = if launch.exec_form {
        let words: Vec<String> = command.split(' ').map(|word| format!("\"{}\"", word.trim_matches('\''))).collect();
        words.join(", ")
    } else {
        command
    };
    changes.push(Change::Edit { path: launch.location.path.clone(), edits: vec![TextEdit::replace(span, text)] });
    changes.extend(server_start::limits(facts, &target.project));
    Ok(changes)
}

/// `module:app` as gunicorn needs it, from what starts the app today.
fn wsgi_target(facts: &Facts, target: &Target, launch: &Launch) -> Option<WsgiTarget> {
    let entry = target.entry.clone().or_else(|| default_entry(facts, launch))?;
    let base = entry.parent();
    let dir = if launch.script.is_some() { base } else { launch.cwd.clone() };
    let relative = entry.relative_from(&dir);
    let module = relative.strip_suffix(".py")?.trim_end_matches("/__init__").replace('/', ".");
    if module.contains("..") {
        return None;
    }
    let named = launch.target.as_ref().and_then(|target| target.attribute.clone());
    if let Some(attribute) = named {
        let call = launch.target.as_ref().and_then(|target| target.call.clone());
        return Some(WsgiTarget { module, attribute: Some(attribute), call });
    }
    let app = facts.apps.apps.iter().find(|app| app.path == entry && app.factory.is_none()).map(|app| app.name.clone());
    let made =
        facts.apps.factory_calls.iter().find(|call| call.path == entry && !call.main_guard && call.bound.is_some());
    let name = app.or_else(|| made.and_then(|call| call.bound.clone()));
    if let Some(name) = name.filter(|name| !name.contains('.')) {
        return Some(WsgiTarget { module, attribute: Some(name), call: None });
    }
    let factory = facts.apps.factories.iter().find(|factory| factory.path == entry && factory.callable_bare)?;
    Some(WsgiTarget { module, attribute: Some(factory.name.clone()), call: Some("()".to_owned()) })
}

/// What `flask run` takes without FLASK_APP: `wsgi.py`, else `app.py`.
fn default_entry(facts: &Facts, launch: &Launch) -> Option<RepoPath> {
    let named = launch.env.iter().find(|var| var.name == "FLASK_APP").and_then(|var| var.value.as_ref());
    if let Some(target) = named.and_then(|value| WsgiTarget::parse(value.expose())) {
        let marker = launch.cwd.join("__entry__.py")?;
        return crate::facts::names::module_file(&facts.files, &marker, &target.module);
    }
    ["wsgi.py", "app.py"].iter().filter_map(|name| launch.cwd.join(name)).find(|path| facts.files.exists(path))
}

/// A script's own directory is where its imports start.
fn chdir(launch: &Launch) -> String {
    match &launch.script {
        Some(script) if script.parent() != launch.cwd => {
            format!("--chdir {} ", script.parent().relative_from(&launch.cwd))
        }
        _ => String::new(),
    }
}

/// The address, where the start names one. Where a platform sets $PORT, gunicorn takes it itself.
fn bind(launch: &Launch, run: Option<&RunCall>) -> String {
    if launch.kind == "procfile" {
        return String::new();
    }
    match &launch.bind {
        Some(bind) => format!("--bind {bind} "),
        None => {
            let _ = run;
            "--bind 0.0.0.0:5000 ".to_owned()
        }
    }
}

/// Parentheses need quotes in a shell.
fn quoted(target: &str) -> String {
    if target.contains('(') { format!("'{target}'") } else { target.to_owned() }
}

fn requirement(facts: &Facts, path: &RepoPath) -> Option<Change> {
    let source = facts.files.get(path)?;
    let newline = source.newline();
    let lead = if source.text.is_empty() || source.text.ends_with('\n') { "" } else { newline };
    let edit = TextEdit::insert(source.text.len(), format!("{lead}gunicorn{newline}"));
    Some(Change::Edit { path: path.clone(), edits: vec![edit] })
}
