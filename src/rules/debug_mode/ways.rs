//! The ways debug mode gets on where production starts.

use crate::facts::apps::RunCall;
use crate::facts::launch::Server;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Setting, Target};
use crate::text::Location;

/// One way debug gets on on a target.
pub enum Way<'f> {
    /// `flask run --debug`, `--reload`.
    Flag(Location),
    /// `app.run(debug=True)` in the file production runs.
    Run(&'f RunCall),
    /// `DEBUG = True`, `app.debug = True` in what production selects.
    Setting(&'f Setting),
    /// `FLASK_DEBUG=1` that the repository sets for this start.
    Variable { name: &'static str, location: Location },
}

impl Way<'_> {
    pub fn location(&self) -> Location {
        match self {
            Way::Flag(location) | Way::Variable { location, .. } => location.clone(),
            Way::Run(run) => run.location.clone(),
            Way::Setting(setting) => setting.location.clone(),
        }
    }

    pub fn symbol(&self) -> String {
        match self {
            Way::Flag(_) => "debug option".to_owned(),
            Way::Run(run) => format!("{}.run(debug)", run.receiver),
            Way::Setting(setting) => setting.symbol(),
            Way::Variable { name, .. } => (*name).to_owned(),
        }
    }
}

/// Every way debug is on, on one target.
pub fn ways<'f>(facts: &'f Facts, target: &Target) -> Vec<Way<'f>> {
    let mut found = Vec::new();
    let launch = target.launch.map(|at| &facts.launches[at]);
    if let Some(flag) = launch.and_then(|launch| launch.debug_flag.clone()) {
        found.push(Way::Flag(flag));
    }
    if let Some(run) = run_of(facts, target).filter(|run| is_on(facts, target, run)) {
        found.push(Way::Run(run));
    }
    match facts.effective(target, "DEBUG") {
        Effective::Set { setting, .. } => {
            let resolved = facts.resolve(setting);
            if facts.truth(target, resolved) == Some(true) {
                match variable(target, resolved) {
                    Some(way) => found.push(way),
                    None => found.push(Way::Setting(resolved)),
                }
            }
        }
        Effective::Absent => {
            if let Some(var) = target.env.get("FLASK_DEBUG").filter(|var| is_truthy(&var.value)) {
                found.push(Way::Variable { name: "FLASK_DEBUG", location: var.location.clone() });
            }
        }
        Effective::Unknown(_) => {}
    }
    found
}

/// The variable that switches a setting on, where the setting reads one and the repository sets it.
fn variable<'f>(target: &Target, setting: &Setting) -> Option<Way<'f>> {
    let name = &setting.value.env()?.name;
    let var = target.env.get(name)?;
    let known = ["FLASK_DEBUG", "DEBUG", "APP_DEBUG"].into_iter().find(|known| known == name)?;
    Some(Way::Variable { name: known, location: var.location.clone() })
}

/// Flask's own reading of FLASK_DEBUG.
fn is_truthy(value: &str) -> bool {
    !value.is_empty() && !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off")
}

/// The `app.run()` that a target's start executes.
pub fn run_of<'f>(facts: &'f Facts, target: &Target) -> Option<&'f RunCall> {
    let launch = target.launch.map(|at| &facts.launches[at]).filter(|launch| launch.server == Server::PythonFile)?;
    facts.apps.runs.iter().find(|run| {
        Some(&run.path) == launch.script.as_ref()
            || run.path == target.entry.clone().unwrap_or_else(|| launch.cwd.clone())
    })
}

/// Whether a run's `debug` argument is true on a target.
pub fn is_on(facts: &Facts, target: &Target, run: &RunCall) -> bool {
    let Some((value, _)) = &run.debug else { return false };
    match &value.value {
        Value::Name(_) => facts.truth_named(target, &run.path, value) == Some(true),
        _ => facts.truth_of(target, value) == Some(true),
    }
}

/// Runs with debug on in the project's own code that no production start is known to reach.
pub fn other_runs<'f>(facts: &'f Facts, target: &'f Target) -> impl Iterator<Item = &'f RunCall> {
    let reached = run_of(facts, target).map(|run| run.call);
    facts.apps.runs.iter().filter(move |run| {
        facts.is_own(&run.path)
            && facts.same_project(&run.path, &target.project)
            && Some(run.call) != reached
            && is_on(facts, target, run)
    })
}
