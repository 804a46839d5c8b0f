//! Targets: the ways each project is started, what configuration each selects, and which value of
//! a setting wins there.

use std::collections::BTreeMap;

use super::Facts;
use super::apps::LoadKind;
use super::arguments::{Argument, arguments};
use super::guards;
use super::holders::{Chosen, Follow, HolderRef};
use super::launch::{Launch, LaunchRole, Server};
use super::names::module_file;
use super::project::project_of;
use crate::text::{Location, RepoPath};

/// One way a project is started.
pub struct Target {
    /// `gunicorn (Procfile:1)`, `flask run`.
    pub name: String,
    pub production: bool,
    /// Stands for the server a person would start where no file says how production starts: what
    /// our own `gunicorn.conf.py` would start.
    pub assumed: bool,
    /// Index into `Facts::launches`; nothing for `flask run` that no file names.
    pub launch: Option<usize>,
    /// Root of the project it starts.
    pub project: RepoPath,
    /// The Python file that is the entry point, where it is known.
    pub entry: Option<RepoPath>,
    /// What the app factory is given, by parameter.
    pub arguments: BTreeMap<String, Argument>,
    /// Variables the repository itself sets on this target.
    pub env: BTreeMap<String, TargetVar>,
    /// What the configuration loads of the project select, in the order they run.
    pub chosen: Vec<(usize, Chosen)>,
}

/// A variable as a target sees it.
#[derive(Clone)]
pub struct TargetVar {
    pub value: String,
    pub location: Location,
}

/// Builds the targets. `facts` must hold everything else already.
pub fn targets(facts: &Facts) -> Vec<Target> {
    let mut found = Vec::new();
    for (at, launch) in facts.launches.iter().enumerate() {
        if launch.role == LaunchRole::Evidence {
            continue;
        }
        let entry = entry_file(facts, launch);
        let below = entry.as_ref().unwrap_or(&launch.cwd);
        let Some(project) = project_of(&facts.projects, below) else { continue };
        let production = facts.production.contains(&at);
        let mut target = Target {
            name: format!("{} ({}:{})", launch.server.name(), launch.location.path, launch.location.line),
            production,
            assumed: false,
            launch: Some(at),
            project: project.root.clone(),
            entry,
            env: launch_env(facts, launch, &project.root),
            arguments: BTreeMap::new(),
            chosen: Vec::new(),
        };
        select(facts, &mut target);
        found.push(target);
    }
    let mut found = once(facts, found);
    for project in &facts.projects {
        if !found.iter().any(|target| target.project == project.root && target.production) {
            found.push(assumed(facts, &project.root));
        }
        if found.iter().any(|target| target.project == project.root && !target.production && !target.assumed) {
            continue;
        }
        let mut target = Target {
            name: "flask run".to_owned(),
            production: false,
            assumed: false,
            launch: None,
            project: project.root.clone(),
            entry: None,
            env: env_file_vars(facts, &project.root, true, true),
            arguments: BTreeMap::new(),
            chosen: Vec::new(),
        };
        select(facts, &mut target);
        found.push(target);
    }
    found
}

/// One target for each start: what several deployment files reach alike is shown once, and what
/// they reach with other variables is told apart by the file.
fn once(facts: &Facts, targets: Vec<Target>) -> Vec<Target> {
    let same = |a: &Target, b: &Target| {
        let values = |target: &Target| target.env.iter().map(|(name, var)| (name.clone(), var.value.clone())).collect();
        let (one, other): (Vec<_>, Vec<_>) = (values(a), values(b));
        a.name == b.name && a.project == b.project && a.chosen == b.chosen && one == other
    };
    let mut kept: Vec<Target> = Vec::new();
    for target in targets {
        match kept.iter_mut().find(|known| same(known, &target)) {
            Some(known) => known.production |= target.production,
            None => kept.push(target),
        }
    }
    let names: Vec<String> = kept.iter().map(|target| target.name.clone()).collect();
    for target in &mut kept {
        let twice = names.iter().filter(|name| **name == target.name).count() > 1;
        let by = target.launch.map(|at| &facts.launches[at]);
        if let (true, Some(launch)) = (twice, by) {
            let from = launch.via.first().map_or_else(|| launch.name.clone(), |at| format!("{}:{}", at.path, at.line));
            target.name =
                format!("{} ({}:{}, by {from})", launch.server.name(), launch.location.path, launch.location.line);
        }
    }
    kept
}

/// What a server started from the project's directory would see.
fn assumed(facts: &Facts, project: &RepoPath) -> Target {
    let mut env = env_file_vars(facts, project, false, true);
    let conf = project.join("gunicorn.conf.py");
    for conf in facts.server_confs.iter().filter(|known| Some(&known.path) == conf.as_ref()) {
        for var in &conf.env {
            let set = TargetVar { value: var.value.clone(), location: var.location.clone() };
            env.insert(var.name.clone(), set);
        }
    }
    let mut target = Target {
        name: "a server (no file says how production starts)".to_owned(),
        production: false,
        assumed: true,
        launch: None,
        project: project.clone(),
        entry: None,
        env,
        arguments: BTreeMap::new(),
        chosen: Vec::new(),
    };
    select(facts, &mut target);
    target
}

/// The Python file a launch starts at.
fn entry_file(facts: &Facts, launch: &Launch) -> Option<RepoPath> {
    if let Some(script) = &launch.script {
        return Some(script.clone());
    }
    let target = launch.target.as_ref()?;
    let marker = launch.cwd.join("__entry__.py")?;
    module_file(&facts.files, &marker, &target.module)
}

/// Kinds of deployment that run what is committed: files that git ignores are not there.
const FROM_GIT: &[&str] = &["procfile", "heroku", "app-yaml", "render", "railway", "serverless"];

/// Variables a launch sets, those of the env files it reads, and those its server settings set.
fn launch_env(facts: &Facts, launch: &Launch, project: &RepoPath) -> BTreeMap<String, TargetVar> {
    let mut env = env_file_vars(facts, project, launch.server == Server::FlaskRun, !FROM_GIT.contains(&launch.kind));
    for path in &launch.env_files {
        for file in facts.env_files.iter().filter(|file| file.path == *path) {
            add_env_file(facts, file, &mut env);
        }
    }
    for var in &launch.env {
        if let Some(value) = &var.value {
            let set = TargetVar { value: value.expose().to_owned(), location: var.location.clone() };
            env.insert(var.name.clone(), set);
        }
    }
    if let Some(conf) = facts.server_conf(launch) {
        for var in &conf.env {
            let set = TargetVar { value: var.value.clone(), location: var.location.clone() };
            if var.overrides {
                env.insert(var.name.clone(), set);
            } else {
                // `setdefault` runs before the app reads an env file, so it wins over that.
                let by_launch = launch.env.iter().any(|known| known.name == var.name);
                let by_file = env.get(&var.name).is_some_and(|set| launch.env_files.contains(&set.location.path));
                if !by_launch && !by_file {
                    env.insert(var.name.clone(), set);
                }
            }
        }
    }
    env
}

/// Variables of the project's `.env` (where the app or the start reads it) and `.flaskenv`.
/// `ignored`: whether files that git ignores are there too.
fn env_file_vars(facts: &Facts, project: &RepoPath, flask_run: bool, ignored: bool) -> BTreeMap<String, TargetVar> {
    let mut env = BTreeMap::new();
    let loads = facts
        .apps
        .dotenv
        .iter()
        .any(|load| project_of(&facts.projects, &load.path).is_some_and(|p| p.root == *project));
    for file in facts.env_files.iter().filter(|file| !file.example && file.path.parent() == *project) {
        let read = match file.path.name() {
            ".flaskenv" => flask_run,
            ".env" => flask_run || loads,
            _ => false,
        };
        if read && (ignored || file.tracked || !file.ignored) {
            add_env_file(facts, file, &mut env);
        }
    }
    env
}

fn add_env_file(facts: &Facts, file: &super::env::EnvFile, env: &mut BTreeMap<String, TargetVar>) {
    for entry in &file.document.entries {
        let Some(value) = &entry.value else { continue };
        let location = facts.files.locate(&file.path, entry.key_span);
        env.entry(entry.key.clone()).or_insert(TargetVar { value: value.expose().to_owned(), location });
    }
}

/// Settles what the target's factory is given and what its configuration loads select.
fn select(facts: &Facts, target: &mut Target) {
    target.arguments = arguments(facts, target);
    target.chosen = chosen(facts, target);
}

/// What each configuration load of the target's project selects.
fn chosen(facts: &Facts, target: &Target) -> Vec<(usize, Chosen)> {
    let env = |name: &str| target.env.get(name).map(|var| var.value.clone());
    let follow = Follow {
        files: &facts.files,
        names: &facts.names,
        index: &facts.holders,
        env: &env,
        arguments: &target.arguments,
        test: &|path, place| guards::truth_at(facts, target, path, place, guards::MAX_STEPS),
        reached: &|path, place| match guards::reached(facts, target, path, place) {
            guards::Reached::Yes => Some(true),
            guards::Reached::No => Some(false),
            guards::Reached::Maybe => None,
        },
    };
    let mut found = Vec::new();
    for (at, load) in facts.apps.loads.iter().enumerate() {
        if !facts.is_own(&load.path) || !facts.same_project(&load.path, &target.project) {
            continue;
        }
        let chosen = match (&load.kind, &load.selection) {
            (LoadKind::Object(_), Some(selection)) => follow.choose(&load.path, selection),
            (LoadKind::PyFile(Some(name)), _) => {
                Chosen::holder(pyfile(facts, &load.path, &target.project, name), None, true)
            }
            (
                LoadKind::PyFile(None)
                | LoadKind::Envvar(_)
                | LoadKind::File(_)
                | LoadKind::PrefixedEnv
                | LoadKind::Object(_),
                _,
            ) => Chosen::default(),
        };
        found.push((at, chosen));
    }
    found
}

/// The file `from_pyfile` reads: relative to the app's root path, or the instance folder.
fn pyfile(facts: &Facts, from: &RepoPath, project: &RepoPath, name: &str) -> Option<HolderRef> {
    let candidates = [
        from.parent().join(name),
        project.join(name),
        project.join(&format!("instance/{name}")),
        from.parent().join(&format!("instance/{name}")),
    ];
    let path = candidates.into_iter().flatten().find(|path| facts.files.exists(path))?;
    Some(HolderRef { path, class: None })
}
