//! Targets: the ways each project is started, what configuration each selects, and which value of
//! a setting wins there.

use std::collections::BTreeMap;

use super::Facts;
use super::apps::{LoadKind, Selection};
use super::holders::{Chosen, Follow, HolderRef};
use super::launch::{Launch, LaunchRole, Server};
use super::names::module_file;
use super::project::project_of;
use super::settings::{Form, Holder, Setting};
use super::values::{Value, Valued};
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

/// Which value wins on a target.
pub enum Effective<'f> {
    /// Nothing in the repository sets it: Flask's default counts.
    Absent,
    Set {
        setting: &'f Setting,
        /// Whether nothing outside the repository could choose another value.
        certain: bool,
    },
    /// It is not known, and why.
    Unknown(String),
}

impl<'f> Effective<'f> {
    pub fn setting(&self) -> Option<&'f Setting> {
        match self {
            Effective::Set { setting, .. } => Some(setting),
            _ => None,
        }
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
        let mut target = Target {
            name: format!("{} ({}:{})", launch.server.name(), launch.location.path, launch.location.line),
            production,
            assumed: false,
            launch: Some(at),
            project: project.root.clone(),
            entry,
            env: launch_env(facts, launch, &project.root),
            chosen: Vec::new(),
        };
        target.chosen = chosen(facts, &target);
        found.push(target);
    }
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
            env: env_file_vars(facts, &project.root, true),
            chosen: Vec::new(),
        };
        target.chosen = chosen(facts, &target);
        found.push(target);
    }
    found
}

/// What a server started from the project's directory would see.
fn assumed(facts: &Facts, project: &RepoPath) -> Target {
    let mut env = env_file_vars(facts, project, false);
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
        chosen: Vec::new(),
    };
    target.chosen = chosen(facts, &target);
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

/// Variables a launch sets, those of the env files it reads, and those its server settings set.
fn launch_env(facts: &Facts, launch: &Launch, project: &RepoPath) -> BTreeMap<String, TargetVar> {
    let mut env = env_file_vars(facts, project, launch.server == Server::FlaskRun);
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
                if !by_launch {
                    env.insert(var.name.clone(), set);
                }
            }
        }
    }
    env
}

/// Variables of the project's `.env` (where the app or the start reads it) and `.flaskenv`.
fn env_file_vars(facts: &Facts, project: &RepoPath, flask_run: bool) -> BTreeMap<String, TargetVar> {
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
        if read {
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

/// What each configuration load of the target's project selects.
fn chosen(facts: &Facts, target: &Target) -> Vec<(usize, Chosen)> {
    let argument = factory_argument(facts, target);
    let env = |name: &str| target.env.get(name).map(|var| var.value.clone());
    let follow = Follow {
        files: &facts.files,
        names: &facts.names,
        index: &facts.holders,
        apps: &facts.apps,
        env: &env,
        argument: argument.as_ref(),
    };
    let mut found = Vec::new();
    for (at, load) in facts.apps.loads.iter().enumerate() {
        if !facts.is_own(&load.path) || !facts.same_project(&load.path, &target.project) {
            continue;
        }
        let chosen = match (&load.kind, &load.selection) {
            (LoadKind::Object(_), Some(selection)) => follow.choose(&load.path, selection),
            (LoadKind::PyFile(Some(name)), _) => {
                Chosen { holder: pyfile(facts, &load.path, &target.project, name), selector: None, certain: true }
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

/// What the entry point hands to the app factory.
fn factory_argument(facts: &Facts, target: &Target) -> Option<Selection> {
    let launch = target.launch.map(|at| &facts.launches[at]);
    if let Some(call) = launch.and_then(|launch| launch.target.as_ref()).and_then(|wsgi| wsgi.call.as_deref()) {
        let text = call.trim_matches(['(', ')']).trim();
        let text = text.rsplit('=').next().unwrap_or(text).trim();
        let literal = text.trim_matches(['\'', '"']);
        if literal.len() + 2 == text.len() {
            return Some(Selection::Text(literal.to_owned()));
        }
    }
    let calls = &facts.apps.factory_calls;
    let script = launch.is_some_and(|launch| launch.script.is_some());
    let in_entry = calls.iter().find(|call| {
        Some(&call.path) == target.entry.as_ref() && (script || !call.main_guard) && call.argument.is_some()
    });
    let in_project = || {
        calls.iter().find(|call| {
            facts.is_own(&call.path) && facts.same_project(&call.path, &target.project) && call.argument.is_some()
        })
    };
    let call = match target.entry {
        Some(_) if in_entry.is_some() => in_entry,
        // A known entry that calls the factory bare: its default counts.
        Some(ref entry) if calls.iter().any(|call| call.path == *entry) => None,
        _ => in_project(),
    };
    match call {
        Some(call) => call.argument.clone(),
        None => facts
            .apps
            .factories
            .iter()
            .find(|factory| facts.same_project(&factory.path, &target.project) && factory.default.is_some())
            .and_then(|factory| factory.default.clone()),
    }
}

impl Facts {
    /// Which value of a setting wins on a target.
    pub fn effective<'f>(&'f self, target: &Target, key: &str) -> Effective<'f> {
        let mut winner: Option<(&Setting, bool)> = None;
        let mut unknown = None;
        for (at, chosen) in &target.chosen {
            let load = &self.apps.loads[*at];
            let Some(holder) = &chosen.holder else {
                unknown = unknown.or_else(|| unknown_load(&load.kind, &load.location));
                continue;
            };
            if let Some(setting) = self.in_holder(holder, key) {
                winner = Some((setting, chosen.certain && !load.conditional));
                unknown = None;
            }
        }
        for setting in self.settings.iter().filter(|setting| setting.key == key && self.runs_on(setting, target)) {
            // A value set before a load in the same function loses to what the load brings.
            let replaced = winner.is_some()
                && target.chosen.iter().any(|(at, chosen)| {
                    let load = &self.apps.loads[*at];
                    chosen.holder.as_ref().is_some_and(|holder| self.in_holder(holder, key).is_some())
                        && load.path == *setting.path()
                        && load.function == setting.function
                        && load.location.span.start > setting.location.span.start
                });
            if !replaced && !(setting.form == Form::SetDefault && winner.is_some()) {
                winner = Some((setting, !setting.conditional));
                unknown = None;
            }
        }
        match (winner, unknown) {
            (Some((setting, certain)), _) => Effective::Set { setting, certain },
            (None, Some(reason)) => Effective::Unknown(reason),
            (None, None) => Effective::Absent,
        }
    }

    /// Whether a setting on an app object runs when the target starts.
    fn runs_on(&self, setting: &Setting, target: &Target) -> bool {
        matches!(setting.holder, Holder::App(_))
            && self.is_own(setting.path())
            && self.same_project(setting.path(), &target.project)
            && (!setting.main_guard || self.runs_as_main(setting.path(), target))
    }

    fn runs_as_main(&self, path: &RepoPath, target: &Target) -> bool {
        target.launch.is_some_and(|at| self.launches[at].script.as_ref() == Some(path))
    }

    /// The value a class (by its lookup order) or module gives a setting.
    pub fn in_holder(&self, holder: &HolderRef, key: &str) -> Option<&Setting> {
        self.holders.lookup_order(holder).iter().find_map(|step| {
            self.settings.iter().rfind(|setting| {
                setting.key == key
                    && *setting.path() == step.path
                    && match (&setting.holder, &step.class) {
                        (Holder::Class(class), Some(wanted)) => class == wanted,
                        (Holder::Module, None) => true,
                        _ => false,
                    }
            })
        })
    }

    /// Follows a value that is another name to the setting that gives it, within bounds.
    pub fn resolve<'f>(&'f self, setting: &'f Setting) -> &'f Setting {
        let mut current = setting;
        for _ in 0..8 {
            let Value::Name(name) = &current.value.value else { return current };
            match self.named(current.path(), name) {
                Some(next) if !std::ptr::eq(next, current) => current = next,
                _ => return current,
            }
        }
        current
    }

    /// The module-level name or class attribute a dotted name means in a file.
    fn named(&self, from: &RepoPath, dotted: &str) -> Option<&Setting> {
        let names = self.names.get(from)?;
        let key = dotted.rsplit('.').next()?;
        if let Some(open) = dotted.find(".config[") {
            let (app, key) = (&dotted[..open], dotted[open + 8..].trim_end_matches(']'));
            return self.settings.iter().rfind(|setting| {
                setting.key == key && *setting.path() == *from && setting.holder == Holder::App(app.to_owned())
            });
        }
        let local = self.settings.iter().rfind(|setting| {
            setting.key == key && *setting.path() == *from && dotted == key && setting.holder == Holder::Module
        });
        if local.is_some() {
            return local;
        }
        let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
        let origin = names.origin(first).map_or_else(
            || {
                rest.map(|rest| HolderRef {
                    path: from.clone(),
                    class: rest.split('.').nth_back(1).map(str::to_owned).or_else(|| Some(first.to_owned())),
                })
            },
            |origin| {
                let full = rest.map_or_else(|| origin.to_owned(), |rest| format!("{origin}.{rest}"));
                let cut = full.rfind('.')?;
                let holder = &full[..cut];
                super::names::definition_file(&self.files, from, holder).map(|(path, class)| HolderRef { path, class })
            },
        )?;
        self.in_holder(&origin, key)
    }

    /// The truth of a setting on a target, its names followed and its environment applied.
    pub fn truth(&self, target: &Target, setting: &Setting) -> Option<bool> {
        let resolved = self.resolve(setting);
        self.truth_of(target, &resolved.value)
    }

    /// The truth of a value that is a name, seen from a file.
    pub fn truth_named(&self, target: &Target, from: &RepoPath, value: &Valued) -> Option<bool> {
        let Value::Name(name) = &value.value else { return self.truth_of(target, value) };
        self.truth(target, self.named(from, name)?)
    }

    /// The truth of a value on a target.
    pub fn truth_of(&self, target: &Target, value: &Valued) -> Option<bool> {
        value.truth(&|name| target.env.get(name).map(|var| var.value.clone()))
    }
}

fn unknown_load(kind: &LoadKind, at: &Location) -> Option<String> {
    let what = match kind {
        LoadKind::Object(_) => "from_object takes what is only known at run time",
        LoadKind::PyFile(_) => "from_pyfile reads a file that is not in the repository",
        LoadKind::Envvar(_) => "from_envvar reads a file named by the environment",
        LoadKind::File(_) => "from_file reads a file that is not judged here",
        LoadKind::PrefixedEnv => return None,
    };
    Some(format!("{what} ({}:{})", at.path, at.line))
}
