//! How a new developer starts the app, from what the repository says: the commands, the best first.

use super::Onboard;
use crate::facts::apps::RunCall;
use crate::facts::values::{OWN_READER, Value, Valued};
use crate::facts::{EnvFile, Facts, FileRole, LaunchRole};
use crate::lang::dotenv::EnvDocument;
use crate::lang::python::{Stmt, StmtKind};
use crate::repo::role;
use crate::text::RepoPath;

/// Most names that a command line is made of where there is another way.
const LONGEST: usize = 6;

/// One way to start the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartWay {
    /// As it is typed.
    pub command: String,
    /// Where the app answers then, as far as the files say.
    pub address: Option<String>,
}

/// What starts the app of a project once `names` are in its env file. `outside`: whether keys are in a
/// store from which the app is given them.
pub fn starts(facts: &Facts, onboard: &Onboard, names: &[String], outside: bool) -> Vec<StartWay> {
    let (root, file) = (&onboard.root, &onboard.file);
    let mut found = Vec::new();
    if has_compose(facts, root) && !outside {
        found.push(StartWay { command: "docker compose up --build".to_owned(), address: None });
    }
    let composed = !found.is_empty();
    let by_flask = flask_run(facts, root, names).map(|command| (command, flask_port(facts, onboard)));
    let by_file = script(facts, root);
    for (command, port) in [by_flask, by_file].into_iter().flatten() {
        let command = match (outside, reads_env_file(facts, root, &command, file)) {
            (true, _) => in_exec(&command, None),
            (false, true) => command,
            (false, false) if names.is_empty() => command,
            // Compose passes them all.
            (false, false) if composed && names.len() > LONGEST => continue,
            (false, false) => in_exec(&command, Some(names)),
        };
        found.push(StartWay { command, address: port.map(|port| format!("http://127.0.0.1:{port}")) });
    }
    found
}

/// The command, started by `exec`; a change of the directory stays in front.
fn in_exec(command: &str, names: Option<&[String]>) -> String {
    let (before, command) = match command.split_once(" && ") {
        Some((before, rest)) => (format!("{before} && "), rest),
        None => (String::new(), command),
    };
    match names {
        Some(names) => format!("{before}flask-harden exec --only {} -- {command}", names.join(",")),
        None => format!("{before}flask-harden exec -- {command}"),
    }
}

/// The port `flask run` takes: that of FLASK_RUN_PORT where a file says it, else its own.
fn flask_port(facts: &Facts, onboard: &Onboard) -> Option<u16> {
    const NAME: &str = "FLASK_RUN_PORT";
    let beside = |file: &&EnvFile| !file.example && file.path.parent() == onboard.root;
    let set = facts.env_files.iter().filter(beside).filter_map(|file| value_of(&file.document, NAME)).next();
    let example = onboard.example.as_ref().and_then(|example| EnvDocument::parse(&example.text).ok());
    match set.or_else(|| example.and_then(|document| value_of(&document, NAME))) {
        Some(port) => port.parse().ok(),
        None => Some(5000),
    }
}

fn value_of(document: &EnvDocument, name: &str) -> Option<String> {
    let value = document.last(name)?.value.as_ref()?.expose().trim().to_owned();
    Some(value).filter(|value| !value.is_empty())
}

/// Whether compose starts the app, for development or without saying what for.
fn has_compose(facts: &Facts, root: &RepoPath) -> bool {
    let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
    let there = names.iter().filter_map(|name| root.join(name)).any(|path| facts.files.exists(&path));
    let launched = |path: &RepoPath| names.contains(&path.name()) && path.parent() == *root;
    let by_compose = facts.launches.iter().any(|launch| {
        launch.role != LaunchRole::Evidence
            && (launched(&launch.location.path) || launch.via.iter().any(|place| launched(&place.path)))
    });
    there && (by_compose || root.join("Dockerfile").is_some_and(|path| facts.files.exists(&path)))
}

/// `flask run`, with the app named where Flask would not find it.
fn flask_run(facts: &Facts, root: &RepoPath, names: &[String]) -> Option<String> {
    let prefix = if root.is_root() { String::new() } else { format!("cd {root} && ") };
    let in_flaskenv = facts
        .env_files
        .iter()
        .filter(|file| !file.example && file.path.parent() == *root)
        .any(|file| file.document.last("FLASK_APP").is_some());
    let by_itself = ["app.py", "wsgi.py"].iter().filter_map(|name| root.join(name)).any(|path| {
        facts.files.exists(&path) && facts.py(&path).is_some_and(|file| facts.names.contains_key(&file.path))
    });
    if in_flaskenv || names.iter().any(|name| name == "FLASK_APP") || by_itself {
        return Some(format!("{prefix}flask run"));
    }
    let mut apps: Vec<_> = facts
        .apps
        .apps
        .iter()
        .filter(|app| facts.same_project(&app.path, root) && role(&app.path) == FileRole::Source)
        .collect();
    // The app nearest to the top is the one that is served.
    apps.sort_by_key(|app| (app.path.components().count(), app.path.clone()));
    let app = apps.first()?;
    let module = module(&app.path, root)?;
    let target = match &app.factory {
        Some(factory) if factory != "create_app" && factory != "make_app" => format!("{module}:{factory}"),
        None if app.name != "app" && app.name != "application" => format!("{module}:{}", app.name),
        _ => module,
    };
    Some(format!("{prefix}flask --app {target} run"))
}

/// `shop.web` for `shop/web.py` below the root.
fn module(path: &RepoPath, root: &RepoPath) -> Option<String> {
    let relative = path.relative_from(root);
    let module = relative.strip_suffix(".py")?;
    let module = module.strip_suffix("/__init__").unwrap_or(module).replace('/', ".");
    (!module.is_empty() && module != "__init__").then_some(module)
}

/// `python app.py`, where a file at the top starts the app when it is run, and the port it takes as far
/// as that is known.
fn script(facts: &Facts, root: &RepoPath) -> Option<(String, Option<u16>)> {
    let mut runs: Vec<&RunCall> = facts
        .apps
        .runs
        .iter()
        .filter(|run| run.path.parent() == *root && role(&run.path) == FileRole::Source)
        .collect();
    runs.sort_by_key(|run| &run.path);
    let run = runs.first()?;
    let file = run.path.relative_from(root);
    let prefix = if root.is_root() { String::new() } else { format!("cd {root} && ") };
    let port = match &run.port {
        None if run.werkzeug => None,
        None => Some(5000),
        Some(port) => number(port),
    };
    Some((format!("{prefix}python {file}"), port))
}

/// A port that stands there, or stands in for a variable that nobody sets.
fn number(port: &Valued) -> Option<u16> {
    match &port.value {
        Value::Number(text) => text.parse().ok(),
        Value::Text { secret, .. } => secret.expose().parse().ok(),
        Value::Env(read) => number(read.fallback.as_deref()?),
        Value::Derived { inner, .. } => number(inner),
        _ => None,
    }
}

/// Whether the app finds what stands in the env file when it is started so.
fn reads_env_file(facts: &Facts, root: &RepoPath, command: &str, file: &RepoPath) -> bool {
    let mentions = |package: &str| {
        let mut own = facts.own_python().filter(|file| facts.same_project(&file.path, root));
        own.any(|file| facts.names.get(&file.path).is_some_and(|names| names.mentions(package)))
            || facts.own_python().any(|file| file.module.body.iter().any(is_own_reader))
    };
    if ["dotenv", "decouple", "environs", "pydantic_settings", "dynaconf"].iter().any(|package| mentions(package)) {
        return true;
    }
    let by_flask = command.contains("flask ") && facts.dependencies.has("python-dotenv");
    by_flask && file.name() == ".env"
}

/// Whether a statement is the function our fixes add, which finds the env file by itself.
fn is_own_reader(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::Function(function) if function.name == OWN_READER)
}
