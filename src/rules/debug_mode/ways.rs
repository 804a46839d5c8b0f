//! The ways debug mode gets on where production starts.

use crate::facts::apps::RunCall;
use crate::facts::effective::is_truthy;
use crate::facts::launch::Server;
use crate::facts::{Effective, Facts, Setting, Target};
use crate::text::Location;

/// One way debug gets on on a target.
pub(super) enum Way<'f> {
    /// `flask run --debug`.
    Flag(Location),
    /// `app.run(debug=True)` in the file production runs.
    Run(&'f RunCall),
    /// `DEBUG = True`, `app.debug = True` in what production selects.
    Setting(&'f Setting),
    /// `FLASK_DEBUG=1`, or the variable that `setting` reads, set by the repository for this start.
    Variable { name: String, location: Location, setting: Option<&'f Setting> },
}

impl Way<'_> {
    pub(super) fn location(&self) -> Location {
        match self {
            Way::Flag(location) | Way::Variable { location, .. } => location.clone(),
            Way::Run(run) => run.location.clone(),
            Way::Setting(setting) => setting.location.clone(),
        }
    }

    pub(super) fn symbol(&self) -> String {
        match self {
            Way::Flag(_) => "debug option".to_owned(),
            Way::Run(run) => format!("{}(debug)", run.called()),
            Way::Setting(setting) => setting.symbol(),
            Way::Variable { name, .. } => name.clone(),
        }
    }
}

/// Every way debug is on, on one target.
pub(super) fn ways<'f>(facts: &'f Facts, target: &Target) -> Vec<Way<'f>> {
    let mut found = Vec::new();
    let launch = target.launch.map(|at| &facts.launches[at]);
    let debugs = |word: &String| matches!(word.as_str(), "--debug" | "--debugger");
    if let Some(launch) = launch.filter(|launch| launch.argv.iter().any(debugs)) {
        found.extend(launch.debug_flag.clone().map(Way::Flag));
    }
    if let Some(run) = run_of(facts, target).filter(|run| is_on(facts, target, run)) {
        found.push(Way::Run(run));
    }
    match facts.effective(target, "DEBUG") {
        Effective::Set { setting, .. } => {
            let resolved = facts.resolve(setting);
            if facts.truth(target, resolved) == Some(true) {
                found.push(variable(target, resolved).unwrap_or(Way::Setting(resolved)));
            }
        }
        Effective::Absent => found.extend(flask_switch(facts, target)),
        Effective::Unknown(_) => {}
    }
    found
}

/// Flask's own variables, where no setting of the app says otherwise.
fn flask_switch<'f>(facts: &Facts, target: &Target) -> Option<Way<'f>> {
    let (name, var) = match target.env.get("FLASK_DEBUG") {
        Some(var) => ("FLASK_DEBUG", Some(var).filter(|var| is_truthy(&var.value))),
        // Flask 2.3 and newer do not read it; where the app reads it, it is the app's own.
        None if flask_env_counts(facts) => {
            ("FLASK_ENV", target.env.get("FLASK_ENV").filter(|var| var.value == "development"))
        }
        None => return None,
    };
    Some(Way::Variable { name: name.to_owned(), location: var?.location.clone(), setting: None })
}

/// Whether the pinned Flask reads FLASK_ENV and the app itself does not.
fn flask_env_counts(facts: &Facts) -> bool {
    let older = facts.dependencies.pinned("flask").is_some_and(|version| {
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < (2, 3)
    });
    let read_by_app = || {
        facts
            .own_python()
            .any(|file| facts.files.get(&file.path).is_some_and(|source| source.text.contains("FLASK_ENV")))
    };
    older && !read_by_app()
}

/// The variable that switches a setting on, where the setting reads one and the repository sets it.
fn variable<'f>(target: &Target, setting: &'f Setting) -> Option<Way<'f>> {
    let read = setting.value.env()?;
    let var = target.var(read)?;
    Some(Way::Variable { name: read.name.clone(), location: var.location.clone(), setting: Some(setting) })
}

/// The `app.run()` that a target's start executes.
pub(super) fn run_of<'f>(facts: &'f Facts, target: &Target) -> Option<&'f RunCall> {
    let launch = target.launch.map(|at| &facts.launches[at]).filter(|launch| launch.server == Server::PythonFile)?;
    let file = target.entry.as_ref().or(launch.script.as_ref())?;
    facts.apps.runs.iter().find(|run| run.path == *file)
}

/// Whether a run's `debug` argument is true on a target.
pub(super) fn is_on(facts: &Facts, target: &Target, run: &RunCall) -> bool {
    run.debug.as_ref().is_some_and(|debug| facts.truth_named(target, &run.path, &debug.value) == Some(true))
}

/// Runs with debug on in the project's own code that no production start is known to reach.
pub(super) fn other_runs<'f>(facts: &'f Facts, target: &'f Target) -> impl Iterator<Item = &'f RunCall> {
    let reached = run_of(facts, target).map(|run| &run.location);
    facts.apps.runs.iter().filter(move |run| {
        facts.is_own(&run.path)
            && facts.same_project(&run.path, &target.project)
            && Some(&run.location) != reached
            && is_on(facts, target, run)
    })
}
