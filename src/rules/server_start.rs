//! What several rules need to know about the gunicorn configuration that starts production.

use super::{dev_server, start_file};
use crate::facts::apps::RunCall;
use crate::facts::guards::{Reached, reached};
use crate::facts::{Facts, Launch, Server, Target};
use crate::remedy::{Change, ServerItem};
use crate::text::{Location, RepoPath};

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
/// gunicorn configuration, in uWSGI's own file, else in the file that starts the server.
pub fn set_for(facts: &Facts, target: &Target, name: &str, value: &str, why: &str) -> Option<Vec<Change>> {
    // Where gunicorn cannot take the place of the development server, its configuration is not read;
    // nor is it in an image beside production, which goes on as it starts today.
    let stays = development_server(facts, target).is_some()
        && (!target.production || dev_server::replacement(facts, target).is_none());
    if reaches(facts, target) && !stays {
        return set_variable(facts, &target.project, name, value, why);
    }
    start_file::set(facts, target, name, value).map(|change| vec![change])
}

/// What sets a variable on several starts, and what a person does for those that are not reached.
#[derive(Default)]
pub struct Everywhere {
    pub changes: Vec<Change>,
    pub steps: Vec<String>,
}

/// [`set_for`], for every one of these starts.
pub fn set_wherever<'f>(
    facts: &'f Facts,
    targets: impl Iterator<Item = &'f Target>,
    name: &str,
    value: &str,
    why: &str,
) -> Everywhere {
    let mut all = Everywhere::default();
    for target in targets {
        match set_for(facts, target, name, value, why) {
            Some(changes) => {
                let new: Vec<Change> = changes.into_iter().filter(|change| !all.changes.contains(change)).collect();
                all.changes.extend(new);
            }
            None => {
                let step = environment_step(facts, target, name, value);
                if !all.steps.contains(&step) {
                    all.steps.push(step);
                }
            }
        }
    }
    all
}

/// The fix without which what stands in the gunicorn configuration reaches nothing: the one that
/// lets gunicorn take the place of the development server that starts these targets.
pub fn needed<'f>(facts: &'f Facts, targets: impl Iterator<Item = &'f Target>) -> Vec<String> {
    let replaced: Vec<&Location> = targets
        .filter(|target| target.production && dev_server::replacement(facts, target).is_some())
        .filter_map(|target| development_server(facts, target))
        .map(|(launch, _)| &launch.location)
        .collect();
    if replaced.is_empty() {
        return Vec::new();
    }
    let found = super::judged_by(facts, &["FH501"]).into_iter();
    found.filter(|finding| replaced.contains(&&finding.primary)).map(|finding| finding.key.to_string()).collect()
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
