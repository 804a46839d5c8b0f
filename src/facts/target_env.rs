//! The variables that the files of a repository set where the app is started one way: the start
//! itself, the env files it reads, those that `flask run` or the app reads, and the server's own.

use std::collections::BTreeMap;

use super::apps::DotenvLoad;
use super::data::{decouple_files, path};
use super::env::EnvFile;
use super::launch::{Launch, Server};
use super::settings::Holder;
use super::targets::TargetVar;
use super::values::{EnvReader, Value};
use super::{Facts, pydantic};
use crate::lang::python::{StmtKind, walk_stmts};
use crate::text::RepoPath;

type Vars = BTreeMap<String, TargetVar>;

/// Kinds of deployment that run what is committed: files that git ignores are not there.
const FROM_GIT: &[&str] = &["procfile", "heroku", "app-yaml", "render", "railway", "serverless"];

/// How the app is started, as far as env files go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts<'a> {
    /// `flask run` reads `.env` and `.flaskenv`.
    FlaskRun,
    /// This file runs as `__main__`.
    Script(&'a RepoPath),
    /// Only what the app itself loads is read.
    Server,
}

/// The variables of one start.
#[derive(Default)]
pub(super) struct TargetEnv {
    pub(super) vars: Vars,
    /// Seen by one kind of reader only.
    pub(super) own: Vec<(EnvReader, Vars)>,
}

impl TargetEnv {
    /// What a launch sees.
    pub(super) fn of_launch(facts: &Facts, launch: &Launch, project: &RepoPath, entry: Option<&RepoPath>) -> Self {
        let starts = match (&launch.server, launch.script.as_ref().or(entry)) {
            (Server::FlaskRun, _) => Starts::FlaskRun,
            (Server::PythonFile, Some(script)) => Starts::Script(script),
            _ => Starts::Server,
        };
        let mut env = Self::of_files(facts, project, starts, !FROM_GIT.contains(&launch.kind));
        let vars = &mut env.vars;
        // What the process is started with goes over what the app reads later.
        for path in launch.env_files.iter().rev() {
            for file in facts.env_files.iter().filter(|file| file.path == *path) {
                set_all(facts, file, vars);
            }
        }
        for var in &launch.env {
            if let Some(value) = &var.value {
                let set = TargetVar { value: value.expose().to_owned(), location: var.location.clone() };
                vars.insert(var.name.clone(), set);
            }
        }
        // What uWSGI's own file sets goes over what uWSGI was started with.
        let own = |other: &&Launch| other.kind == "uwsgi" && Some(&other.location.path) == launch.conf.as_ref();
        let beside = facts
            .loose
            .iter()
            .filter(|var| launch.server == Server::Uwsgi && Some(&var.location.path) == launch.conf.as_ref());
        for var in facts.launches.iter().filter(own).flat_map(|other| &other.env).chain(beside) {
            if let Some(value) = &var.value {
                let set = TargetVar { value: value.expose().to_owned(), location: var.location.clone() };
                vars.insert(var.name.clone(), set);
            }
        }
        if let Some(conf) = facts.server_conf(launch) {
            for var in &conf.env {
                let set = TargetVar { value: var.value.clone(), location: var.location.clone() };
                if var.overrides {
                    vars.insert(var.name.clone(), set);
                } else {
                    // `setdefault` runs before the app reads an env file, so it wins over that.
                    let by_launch = launch.env.iter().any(|known| known.name == var.name);
                    let by_file = vars.get(&var.name).is_some_and(|set| launch.env_files.contains(&set.location.path));
                    if !by_launch && !by_file {
                        vars.insert(var.name.clone(), set);
                    }
                }
            }
        }
        for load in loads(facts, project, starts).filter(|load| load.overrides) {
            if let Some(file) = loaded(facts, project, load) {
                set_all(facts, file, vars);
            }
        }
        env
    }

    /// What the env files give that are read on a start. `ignored`: whether files that git ignores
    /// are there too.
    pub(super) fn of_files(facts: &Facts, project: &RepoPath, starts: Starts<'_>, ignored: bool) -> Self {
        let there = |file: &&EnvFile| !file.example && (ignored || file.tracked || !file.ignored);
        let mut vars = Vars::new();
        if starts == Starts::FlaskRun {
            // Flask reads `.env` first, and the first one to set a variable wins.
            for name in [".env", ".flaskenv"] {
                let beside = |file: &&EnvFile| file.path.parent() == *project && file.path.name() == name;
                for file in facts.env_files.iter().filter(beside).filter(there) {
                    add_all(facts, file, &mut vars);
                }
            }
        }
        for load in loads(facts, project, starts) {
            if let Some(file) = loaded(facts, project, load).filter(there) {
                if load.overrides {
                    set_all(facts, file, &mut vars);
                } else {
                    add_all(facts, file, &mut vars);
                }
            }
        }
        let own = vec![
            (EnvReader::Decouple, decouple(facts, project, &there)),
            (EnvReader::Pydantic, by_models(facts, project, &there)),
        ];
        Self { vars, own: own.into_iter().filter(|(_, vars)| !vars.is_empty()).collect() }
    }
}

/// The calls that load an env file on a start.
fn loads<'f>(facts: &'f Facts, project: &'f RepoPath, starts: Starts<'f>) -> impl Iterator<Item = &'f DotenvLoad> {
    facts.apps.dotenv.iter().filter(move |load| {
        let runs = !load.main_guard || starts == Starts::Script(&load.path);
        runs && facts.is_own(&load.path) && facts.same_project(&load.path, project)
    })
}

/// The file such a call reads: the one it names, else the nearest `.env` above the calling file.
fn loaded<'f>(facts: &'f Facts, project: &RepoPath, load: &DotenvLoad) -> Option<&'f EnvFile> {
    let path = match &load.file {
        Some(name) => path::find(&facts.files, &load.path, project, name)?,
        None => nearest(facts, &load.path, project)?,
    };
    facts.env_files.iter().find(|file| file.path == path)
}

/// The `.env` in the directory of a file or in one above it; the project's own where there is none.
fn nearest(facts: &Facts, from: &RepoPath, project: &RepoPath) -> Option<RepoPath> {
    let mut dir = from.parent();
    loop {
        match dir.join(".env").filter(|path| facts.files.exists(path)) {
            Some(found) => return Some(found),
            None if dir.is_root() => return project.join(".env").filter(|path| facts.files.exists(path)),
            None => dir = dir.parent(),
        }
    }
}

/// What python-decouple finds: `settings.ini`, else `.env`.
fn decouple(facts: &Facts, project: &RepoPath, there: &dyn Fn(&&EnvFile) -> bool) -> Vars {
    let mut vars = Vars::new();
    let asks = |path: &RepoPath| facts.names.get(path).is_some_and(|names| names.mentions("decouple"));
    let asking = facts.own_python().map(|file| &file.path);
    let asking = asking.filter(|path| facts.same_project(path, project) && asks(path));
    let ini: Vec<RepoPath> = decouple_files(facts);
    for path in asking {
        if let Some(file) = ini.iter().find(|file| path.is_below(&file.parent())) {
            let options = facts.settings.iter().filter(|setting| setting.path() == file);
            for option in options.filter(|option| option.holder == Holder::Table("settings".to_owned())) {
                if let Value::Text { secret, .. } = &option.value.value {
                    let set = TargetVar { value: secret.expose().to_owned(), location: option.location.clone() };
                    vars.entry(option.key.clone()).or_insert(set);
                }
            }
            continue;
        }
        let env = nearest(facts, path, project);
        for file in facts.env_files.iter().filter(|file| Some(&file.path) == env.as_ref()).filter(there) {
            add_all(facts, file, &mut vars);
        }
    }
    vars
}

/// What the settings classes of pydantic read from the env file they name.
fn by_models(facts: &Facts, project: &RepoPath, there: &dyn Fn(&&EnvFile) -> bool) -> Vars {
    let mut vars = Vars::new();
    for file in facts.own_python().filter(|file| facts.same_project(&file.path, project)) {
        let Some(names) = facts.names.get(&file.path) else { continue };
        if !names.mentions("pydantic") && !names.mentions("pydantic_settings") {
            continue;
        }
        let mut named = Vec::new();
        walk_stmts(&file.module.body, &mut |stmt| {
            if let StmtKind::Class(class) = &stmt.kind {
                named.extend(pydantic::model(class, names, &[]).and_then(|model| model.env_file));
            }
        });
        for name in named {
            let path = path::find(&facts.files, &file.path, project, &name);
            for file in facts.env_files.iter().filter(|file| Some(&file.path) == path.as_ref()).filter(there) {
                for (name, var) in entries(facts, file) {
                    // Fields know no case.
                    vars.entry(name.to_ascii_uppercase()).or_insert(var);
                }
            }
        }
    }
    vars
}

fn entries(facts: &Facts, file: &EnvFile) -> Vec<(String, TargetVar)> {
    let filled = file.document.entries.iter().filter_map(|entry| Some((entry, entry.value.as_ref()?)));
    filled
        .map(|(entry, value)| {
            let location = facts.files.locate(&file.path, entry.key_span);
            (entry.key.clone(), TargetVar { value: value.expose().to_owned(), location })
        })
        .collect()
}

/// Variables that are not set yet.
fn add_all(facts: &Facts, file: &EnvFile, vars: &mut Vars) {
    // Of several lines for one variable the last one counts.
    let mut mine = Vars::new();
    mine.extend(entries(facts, file));
    for (name, var) in mine {
        vars.entry(name).or_insert(var);
    }
}

/// Variables, whether set or not.
fn set_all(facts: &Facts, file: &EnvFile, vars: &mut Vars) {
    vars.extend(entries(facts, file));
}
