//! What several rules need to know about the gunicorn configuration that starts production.

use crate::facts::apps::RunCall;
use crate::facts::guards::{Reached, reached};
use crate::facts::{Facts, Launch, Server, Target};
use crate::remedy::{Change, ServerItem};
use crate::text::{RepoPath, TextEdit};

/// The gunicorn configuration a remedy writes to: the one production's gunicorn uses, else
/// `gunicorn.conf.py` where the development server or nothing starts production. Nothing where
/// another server does.
pub fn conf_path(facts: &Facts, project: &RepoPath) -> Option<RepoPath> {
    let launches: Vec<_> =
        facts.production_targets(project).filter_map(|target| target.launch).map(|at| &facts.launches[at]).collect();
    if launches.is_empty() {
        return project.join("gunicorn.conf.py");
    }
    if let Some(gunicorn) = launches.iter().find(|launch| launch.server == Server::Gunicorn) {
        return gunicorn.conf.clone().or_else(|| gunicorn.started_in.join("gunicorn.conf.py"));
    }
    // Gunicorn takes the place of the development server, in the directory that one starts in.
    let (launch, _) = facts.production_targets(project).find_map(|target| development_server(facts, target))?;
    launch.started_in.join("gunicorn.conf.py")
}

/// Whether gunicorn already starts production.
pub fn gunicorn_known(facts: &Facts, project: &RepoPath) -> bool {
    facts
        .production_targets(project)
        .filter_map(|target| target.launch)
        .any(|at| facts.launches[at].server == Server::Gunicorn)
}

/// The change that makes sure the configuration exists with its limits.
pub fn limits(facts: &Facts, project: &RepoPath) -> Option<Change> {
    let conf = conf_path(facts, project)?;
    Some(Change::ServerStart { conf, item: ServerItem::Limits { gunicorn_known: gunicorn_known(facts, project) } })
}

/// The changes that set a variable, unless it is set, before the app is loaded.
pub fn set_variable(facts: &Facts, project: &RepoPath, name: &str, value: &str, why: &str) -> Option<Vec<Change>> {
    let conf = conf_path(facts, project)?;
    let item = ServerItem::Env { name: name.to_owned(), value: value.to_owned(), why: why.to_owned() };
    Some(vec![limits(facts, project)?, Change::ServerStart { conf, item }])
}

/// Whether a target is started by something our configuration file reaches: gunicorn, or the
/// development server that gunicorn will replace.
pub fn reaches(facts: &Facts, target: &Target) -> bool {
    let gunicorn = |at: usize| facts.launches[at].server == Server::Gunicorn;
    target.assumed || target.launch.is_some_and(gunicorn) || development_server(facts, target).is_some()
}

/// The changes that set a variable, unless it is set, for the server that starts a target: in the
/// gunicorn configuration, else in uWSGI's own file.
pub fn set_for(facts: &Facts, target: &Target, name: &str, value: &str, why: &str) -> Option<Vec<Change>> {
    if reaches(facts, target) {
        return set_variable(facts, &target.project, name, value, why);
    }
    set_in_uwsgi(facts, target, name, value).map(|change| vec![change])
}

/// The edit that sets a variable in the uWSGI file that starts a target, at the end of its
/// `[uwsgi]` section.
pub fn set_in_uwsgi(facts: &Facts, target: &Target, name: &str, value: &str) -> Option<Change> {
    let launch = target.launch.map(|at| &facts.launches[at]).filter(|launch| launch.server == Server::Uwsgi)?;
    let path = launch.conf.clone().filter(|path| facts.files.get(path).is_some());
    let path = path.unwrap_or_else(|| launch.location.path.clone());
    let source = facts.files.get(&path).filter(|_| path.extension() == "ini")?;
    let section = source.text.lines().position(|line| line.trim() == "[uwsgi]")? + 1;
    let mut last = section;
    for (at, line) in source.text.lines().enumerate().skip(section) {
        if line.trim_start().starts_with('[') {
            break;
        }
        if !line.trim().is_empty() {
            last = at + 1;
        }
    }
    let end = source.nth_line(last)?.end;
    let newline = source.newline();
    let edit = TextEdit::insert(end, format!("{newline}env = {name}={value}"));
    Some(Change::Edit { path, edits: vec![edit] })
}

/// What a person does to set a variable for the server that starts a target: the exact step.
pub fn environment_step(facts: &Facts, target: &Target, name: &str, value: &str) -> String {
    let Some(launch) = target.launch.map(|at| &facts.launches[at]) else {
        return format!("Set {name}={value} in the environment of the server.");
    };
    let path = &launch.location.path;
    let place = format!("{path}:{}", launch.location.line);
    match launch.kind {
        "uwsgi" => format!("Add to {path}: env = {name}={value}"),
        "systemd" => format!("Add to [Service] in {path}: Environment={name}={value}"),
        "supervisor" => format!("Add to the program at {place}: environment={name}=\"{value}\""),
        "dockerfile" => format!("Add to {path}, before its CMD: ENV {name}={value}"),
        "compose" => format!("Add to the service's environment at {place}: {name}: \"{value}\""),
        _ => format!("Set {name}={value} in the environment of the server that {place} starts."),
    }
}

/// Servers a script may bring itself; where it does, a run beside it may be for development only.
const SERVERS: &[&str] = &[
    "waitress",
    "gevent",
    "eventlet",
    "cherrypy",
    "cheroot",
    "tornado",
    "bjoern",
    "meinheld",
    "gunicorn",
    "hypercorn",
    "uvicorn",
];

/// The launch of a target, where it runs the development server, with the `app.run()` it reaches.
pub fn development_server<'f>(facts: &'f Facts, target: &Target) -> Option<(&'f Launch, Option<&'f RunCall>)> {
    let launch = &facts.launches[target.launch?];
    if launch.server.is_development_server() {
        return Some((launch, None));
    }
    if launch.server != Server::PythonFile {
        return None;
    }
    let script = target.entry.as_ref().or(launch.script.as_ref())?;
    let own_server = SERVERS.iter().any(|server| facts.names.get(script).is_some_and(|names| names.mentions(server)));
    // Flask-SocketIO's run() picks a production server where one is installed.
    let run = facts.apps.runs.iter().filter(|run| run.path == *script && !run.is_socketio());
    let run = run.into_iter().find(|run| match reached(facts, target, &run.path, run.location.span) {
        Reached::Yes => true,
        Reached::Maybe => !own_server,
        Reached::No => false,
    })?;
    Some((launch, Some(run)))
}
