//! The gunicorn command that takes the place of one that runs the development server: the same
//! app at the same address, or why that is not proven.

use crate::facts::apps::RunCall;
use crate::facts::holders::HolderRef;
use crate::facts::names::definition_file;
use crate::facts::settings::is_main_guard;
use crate::facts::values::{Value, Valued};
use crate::facts::{Facts, Launch, Target, WsgiTarget};
use crate::lang::python::{Stmt, StmtKind};
use crate::text::RepoPath;

/// `gunicorn --bind 0.0.0.0:8080 wsgi:app`, in words.
pub(super) struct Command {
    pub words: Vec<String>,
    /// Whether a shell has to put variables in.
    pub expands: bool,
}

impl Command {
    /// As a shell takes it.
    pub(super) fn line(&self) -> String {
        let quoted = |word: &String| if word.contains('(') { format!("'{word}'") } else { word.clone() };
        self.words.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// The command, where the app's name for gunicorn is proven.
pub(super) fn command(facts: &Facts, target: &Target, launch: &Launch, run: Option<&RunCall>) -> Option<Command> {
    let app = wsgi_target(facts, target, launch, run)?;
    let mut words = vec!["gunicorn".to_owned()];
    if let Some(script) = launch.script.as_ref().filter(|script| script.parent() != launch.cwd) {
        // A script's own directory is where its imports start.
        words.push("--chdir".to_owned());
        words.push(script.parent().relative_from(&launch.cwd));
    }
    if let Some(address) = bind(facts, target, launch, run) {
        words.push("--bind".to_owned());
        words.push(address);
    }
    words.push(app.to_string());
    let expands = words.iter().any(|word| word.contains('$'));
    Some(Command { words, expands })
}

/// `module:app` as gunicorn needs it, from what starts the app today.
fn wsgi_target(facts: &Facts, target: &Target, launch: &Launch, run: Option<&RunCall>) -> Option<WsgiTarget> {
    let entry = target.entry.clone().or_else(|| default_entry(facts, target, launch))?;
    let dir = if launch.script.is_some() { entry.parent() } else { launch.cwd.clone() };
    let relative = entry.relative_from(&dir);
    let module = relative.strip_suffix(".py")?.trim_end_matches("/__init__").replace('/', ".");
    if module.contains("..") || module == "__init__" {
        return None;
    }
    if let Some(attribute) = launch.target.as_ref().and_then(|target| target.attribute.clone()) {
        let call = launch.target.as_ref().and_then(|target| target.call.clone());
        return Some(WsgiTarget { module, attribute: Some(attribute), call });
    }
    let receiver = run.map(|run| run.receiver.clone()).filter(|name| is_flask(facts, &entry, name));
    if receiver.is_none() && run.is_some_and(|run| !run.werkzeug && binds(facts, &entry, &run.receiver)) {
        return None;
    }
    let app = facts.apps.apps.iter().find(|app| app.path == entry && app.factory.is_none()).map(|app| app.name.clone());
    let made =
        facts.apps.factory_calls.iter().find(|call| call.path == entry && !call.main_guard && call.bound.is_some());
    let name = receiver.or(app).or_else(|| made.and_then(|call| call.bound.clone()));
    if let Some(name) = name.filter(|name| !name.contains('.') && binds(facts, &entry, name)) {
        return Some(WsgiTarget { module, attribute: Some(name), call: None });
    }
    let factory = facts.apps.factories.iter().find(|factory| factory.path == entry && factory.callable_bare)?;
    Some(WsgiTarget { module, attribute: Some(factory.name.clone()), call: Some("()".to_owned()) })
}

/// Whether a name of a file is, as far as it can be followed, a WSGI app: made here, or imported
/// from a file that makes one.
fn is_flask(facts: &Facts, path: &RepoPath, name: &str) -> bool {
    let made = |path: &RepoPath, name: &str| {
        facts.apps.apps.iter().any(|app| app.path == *path && app.factory.is_none() && app.name == name)
            || facts.apps.factory_calls.iter().any(|call| call.path == *path && call.bound.as_deref() == Some(name))
            || facts.apps.runs.iter().any(|run| run.path == *path && run.werkzeug && run.receiver == name)
    };
    if !binds(facts, path, name) {
        return false;
    }
    let origin = facts.names.get(path).and_then(|names| names.origin(name));
    match origin.and_then(|origin| definition_file(&facts.files, path, origin)) {
        Some((from, Some(inner))) => {
            made(&from, &inner) || facts.names.get(&from).and_then(|names| names.origin(&inner)).is_some()
        }
        _ => made(path, name),
    }
}

/// Whether importing the file binds the name to something, outside of functions and main guards.
fn binds(facts: &Facts, path: &RepoPath, name: &str) -> bool {
    let Some(file) = facts.py(path) else { return false };
    fn in_block(body: &[Stmt], name: &str) -> bool {
        body.iter().any(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().any(|target| target.as_name() == Some(name)),
            StmtKind::ImportFrom(from) => {
                from.names.iter().any(|import| import.alias.as_ref().unwrap_or(&import.path) == name)
            }
            StmtKind::Function(_) | StmtKind::Class(_) => false,
            _ => !is_main_guard(stmt) && stmt.blocks().iter().any(|block| in_block(block, name)),
        })
    }
    in_block(&file.module.body, name)
}

/// What `flask run` takes where the command names no app.
fn default_entry(facts: &Facts, target: &Target, launch: &Launch) -> Option<RepoPath> {
    if let Some(named) = target.env.get("FLASK_APP").and_then(|var| WsgiTarget::parse(&var.value)) {
        let marker = launch.cwd.join("__entry__.py")?;
        return crate::facts::names::module_file(&facts.files, &marker, &named.module);
    }
    ["wsgi.py", "app.py"].iter().filter_map(|name| launch.cwd.join(name)).find(|path| facts.files.exists(path))
}

/// The address the development server listens on. Where a platform sets $PORT, gunicorn takes it
/// by itself.
fn bind(facts: &Facts, target: &Target, launch: &Launch, run: Option<&RunCall>) -> Option<String> {
    if matches!(launch.kind, "procfile" | "heroku" | "railway" | "render") {
        return None;
    }
    let variable = |name: &str| target.env.get(name).map(|var| var.value.clone());
    let written = launch.bind.as_deref().unwrap_or_default();
    let (host, port) = written.rsplit_once(':').unwrap_or((written, ""));
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let exposed = facts
        .images
        .iter()
        .find(|image| image.path == launch.location.path || launch.via.first().is_some_and(|at| at.path == image.path));
    let host = given(host)
        .or_else(|| variable("FLASK_RUN_HOST"))
        .or_else(|| run.and_then(|run| run.host.as_ref()).and_then(|host| address_part(facts, run?, host, MAX_NAMES)))
        .unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = given(port)
        .or_else(|| variable("FLASK_RUN_PORT"))
        .or_else(|| run.and_then(|run| run.port.as_ref()).and_then(|port| address_part(facts, run?, port, MAX_NAMES)))
        .or_else(|| {
            exposed
                .and_then(|image| image.exposed)
                .filter(|_| run.is_some_and(|run| run.port.is_some()))
                .map(|port| port.to_string())
        })
        .unwrap_or_else(|| "5000".to_owned());
    Some(format!("{host}:{port}"))
}

/// How many names a host or port is followed through; names may go in circles.
const MAX_NAMES: usize = 4;

/// A host or port as a command line takes it: written down, or read from a variable.
fn address_part(facts: &Facts, run: &RunCall, value: &Valued, names: usize) -> Option<String> {
    match &value.value {
        Value::Number(number) => Some(number.clone()),
        Value::Text { secret, .. } => Some(secret.expose().to_owned()),
        Value::Env(read) => {
            let fallback = read.fallback.as_ref().and_then(|inner| address_part(facts, run, inner, names));
            Some(fallback.map_or_else(|| format!("${{{}}}", read.name), |text| format!("${{{}:-{text}}}", read.name)))
        }
        Value::Derived { inner, .. } => address_part(facts, run, inner, names),
        Value::Name(name) if !name.contains('.') && names > 0 => {
            let holder = HolderRef { path: run.path.clone(), class: None };
            facts.in_holder(&holder, name).and_then(|setting| address_part(facts, run, &setting.value, names - 1))
        }
        _ => None,
    }
}
