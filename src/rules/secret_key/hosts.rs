//! Which hosts and CI workflows have to be given a new variable, and how: one step for each place
//! that starts the app and does not see the env file of a checkout.

use crate::facts::{Facts, Launch, LaunchRole};
use crate::store::{Keeping, StoreId};
use crate::text::RepoPath;

/// The steps for a person after a key went into `env_path`, or nowhere.
pub(super) fn steps(facts: &Facts, env_path: &RepoPath, name: &str, store: StoreId) -> Vec<String> {
    let project = env_path.parent();
    let mut steps: Vec<String> = here(store).into_iter().collect();
    let mut named = false;
    for launch in facts.launches.iter().filter(|launch| serves(facts, launch, &project)) {
        let Some(step) = step(facts, launch, env_path, name, store) else { continue };
        named = true;
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    if !named {
        steps.push(match store {
            StoreId::None => format!("Set {name} in the environment of every server before the next deployment."),
            StoreId::EnvFile => format!(
                "Servers need their own copy: set {name} in their environment, or copy {env_path} with mode 0600."
            ),
            _ => format!("Servers need their own copy: set {name} in their environment before the next deployment."),
        });
    }
    for path in workflows(facts, name) {
        steps.push(format!("{path} runs this code: set {name} there where it needs one."));
    }
    steps
}

/// How this computer's own runs get the key, where nothing gives it to them by itself.
pub(super) fn here(store: StoreId) -> Option<String> {
    matches!(store.info().keeping, Keeping::Store(_)).then(|| {
        "On this computer, start the app with its key: flask-harden exec -- flask run   (or your own command)."
            .to_owned()
    })
}

/// Whether a launch serves an app of the project where others use it.
fn serves(facts: &Facts, launch: &Launch, project: &RepoPath) -> bool {
    let below = launch.script.as_ref().unwrap_or(&launch.cwd);
    launch.role == LaunchRole::Production && facts.same_project(below, project)
}

/// What to do for one launch; nothing where it reads the env file, or has the variable already.
fn step(facts: &Facts, launch: &Launch, env_path: &RepoPath, name: &str, store: StoreId) -> Option<String> {
    if launch.env.iter().any(|var| var.name == name) {
        return None;
    }
    let at = launch.via.first().unwrap_or(&launch.location);
    let place = format!("{}:{}", at.path, at.line);
    let reads = store.is_file() && launch.env_files.contains(env_path);
    let text = match launch.kind {
        "procfile" | "heroku" if !store.is_file() => {
            format!("{place} starts on a host: set {name} in its settings (Heroku: Config Vars).")
        }
        "app-yaml" | "render" | "railway" | "fly" | "serverless" if !store.is_file() => {
            format!("{place} starts on a host: set {name} among the secrets of that host.")
        }
        "procfile" | "heroku" => format!(
            "{place} starts from what git has, so without {env_path}: set {name} in the host's settings (Heroku: Config Vars)."
        ),
        "app-yaml" | "render" | "railway" | "fly" | "serverless" => {
            format!(
                "{place} starts from what git has, so without {env_path}: set {name} among the secrets of that host."
            )
        }
        "dockerfile" if store.is_file() && !copied(facts, env_path) => format!(
            "Containers of {} need {name}: docker run --env-file {env_path}, or the secrets of the platform.",
            at.path
        ),
        "dockerfile" => format!("Containers of {} need {name} in their environment.", at.path),
        "compose" if !reads => format!("The service at {place} needs {name}: env_file, or a secret of the host."),
        "kubernetes" => format!("{place} needs {name}: kubectl create secret, and secretKeyRef in the manifest."),
        _ if reads || store.is_file() => return None,
        _ => format!("{place} needs {name} in its environment."),
    };
    Some(text)
}

/// Whether images take the env file along: nothing is said about that file in `.dockerignore`.
fn copied(facts: &Facts, env_path: &RepoPath) -> bool {
    let ignore = env_path.parent().join(".dockerignore");
    let covered = ignore.and_then(|path| facts.files.get(&path)).is_some_and(|source| {
        source.text.lines().any(|line| matches!(line.trim(), ".env" | "*.env" | ".env*" | "**/.env" | "*"))
    });
    !covered
}

/// CI workflows that mention the variable.
fn workflows(facts: &Facts, name: &str) -> Vec<RepoPath> {
    let ci = |path: &RepoPath| {
        path.as_str().starts_with(".github/workflows/") || matches!(path.name(), ".gitlab-ci.yml" | ".travis.yml")
    };
    let mentioned = facts.files.sources.values().filter(|source| ci(&source.path) && source.text.contains(name));
    mentioned.map(|source| source.path.clone()).collect()
}
