//! How a new developer starts the app, from what the repository says: the commands, the best first.

use crate::facts::values::OWN_READER;
use crate::facts::{Facts, FileRole, LaunchRole};
use crate::lang::python::{Stmt, StmtKind};
use crate::repo::role;
use crate::text::RepoPath;

/// Most names that a command line is made of where there is another way.
const LONGEST: usize = 6;

/// What starts the app of the project at `root`, once `names` are in `file`. `outside`: whether keys
/// are in a store from which the app is given them.
pub fn starts(facts: &Facts, root: &RepoPath, file: &RepoPath, names: &[String], outside: bool) -> Vec<String> {
    let mut found = Vec::new();
    if has_compose(facts, root) && !outside {
        found.push("docker compose up --build".to_owned());
    }
    let composed = !found.is_empty();
    for command in [flask_run(facts, root, names), script(facts, root)].into_iter().flatten() {
        match (outside, reads_env_file(facts, root, &command, file)) {
            (true, _) => found.push(format!("flask-harden exec -- {command}")),
            (false, true) => found.push(command),
            (false, false) if names.is_empty() => found.push(command),
            // Compose passes them all.
            (false, false) if composed && names.len() > LONGEST => {}
            (false, false) => found.push(format!("flask-harden exec --only {} -- {command}", names.join(","))),
        }
    }
    found
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

/// `python app.py`, where a file at the top starts the app when it is run.
fn script(facts: &Facts, root: &RepoPath) -> Option<String> {
    let mut runs: Vec<&RepoPath> = facts
        .apps
        .runs
        .iter()
        .filter(|run| run.path.parent() == *root && role(&run.path) == FileRole::Source)
        .map(|run| &run.path)
        .collect();
    runs.sort();
    let file = runs.first()?.relative_from(root);
    let prefix = if root.is_root() { String::new() } else { format!("cd {root} && ") };
    Some(format!("{prefix}python {file}"))
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
