//! Targets: the ways each project is started, what configuration each selects, and which value of
//! a setting wins there.

use std::collections::BTreeMap;

use super::Facts;
use super::apps::ConfigLoad;
use super::arguments::{Argument, arguments};
use super::guards;
use super::holders::{Chosen, Follow};
use super::launch::{Launch, LaunchRole};
use super::loaded::Loaded;
use super::names::module_file;
use super::project::project_of;
use super::target_env::{Starts, TargetEnv};
use super::values::{EnvRead, EnvReader};
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
    /// Variables that only one kind of reader sees: python-decouple and pydantic look into a file
    /// of their own.
    pub own_env: Vec<(EnvReader, BTreeMap<String, TargetVar>)>,
    /// What the configuration loads of the project select, in the order they run.
    pub chosen: Vec<(usize, Chosen)>,
}

/// A variable as a target sees it.
#[derive(Clone)]
pub struct TargetVar {
    pub value: String,
    pub location: Location,
}

impl Target {
    /// What a read of a variable sees here.
    pub fn var(&self, read: &EnvRead) -> Option<&TargetVar> {
        let own = || self.own_env.iter().filter(|(reader, _)| *reader == read.reader);
        self.env.get(&read.name).or_else(|| own().find_map(|(_, vars)| vars.get(&read.name)))
    }

    /// As [`Target::var`], the value alone.
    pub fn value_of(&self, read: &EnvRead) -> Option<String> {
        self.var(read).map(|var| var.value.clone())
    }
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
        let env = TargetEnv::of_launch(facts, launch, &project.root, entry.as_ref());
        let mut target = Target {
            name: format!("{} ({}:{})", launch.server.name(), launch.location.path, launch.location.line),
            production,
            assumed: false,
            launch: Some(at),
            project: project.root.clone(),
            entry,
            env: env.vars,
            own_env: env.own,
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
        let env = TargetEnv::of_files(facts, &project.root, Starts::FlaskRun, true);
        let mut target = Target {
            name: "flask run".to_owned(),
            production: false,
            assumed: false,
            launch: None,
            project: project.root.clone(),
            entry: None,
            env: env.vars,
            own_env: env.own,
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
    let mut env = TargetEnv::of_files(facts, project, Starts::Server, true);
    let conf = project.join("gunicorn.conf.py");
    for conf in facts.server_confs.iter().filter(|known| Some(&known.path) == conf.as_ref()) {
        for var in &conf.env {
            let set = TargetVar { value: var.value.clone(), location: var.location.clone() };
            env.vars.insert(var.name.clone(), set);
        }
    }
    let mut target = Target {
        name: "a server (no file says how production starts)".to_owned(),
        production: false,
        assumed: true,
        launch: None,
        project: project.clone(),
        entry: None,
        env: env.vars,
        own_env: env.own,
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
    let loaded = Loaded { facts, project: &target.project, env: &env, follow: &follow, arguments: &target.arguments };
    let own = |load: &ConfigLoad| facts.is_own(&load.path) && facts.same_project(&load.path, &target.project);
    let loads = facts.apps.loads.iter().enumerate().filter(|(_, load)| own(load));
    loads.flat_map(|(at, load)| loaded.by(load).into_iter().map(move |chosen| (at, chosen))).collect()
}
