//! The remedy for a key in a deployment file: the value goes to the env file or the store, and the
//! file names the variable only. What is no file of compose and no Dockerfile has its exact step.

use super::compose_value;
use super::image_value;
use super::judged::{SIGNING_KEYS, is_signing_variable};
use super::key_in_code::is_salt;
use super::key_in_deployment::{is_image, step};
use super::{hosts, wiring};
use crate::facts::deploy::is_compose;
use crate::facts::{Facts, LaunchVar};
use crate::finding::Finding;
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::text::RepoPath;

/// What takes a value out of a file.
pub(super) struct Taken {
    pub title: String,
    pub reason: String,
    pub changes: Vec<Change>,
    /// The variable that is read instead.
    pub name: String,
    /// The env file that gives it.
    pub env_file: RepoPath,
    /// Whether a new key is made for it.
    pub kept: bool,
    pub steps: Vec<String>,
    /// Ids of remedies without which the value must stay.
    pub needs: Vec<String>,
}

pub(super) fn remedies(facts: &Facts, findings: &[&Finding], choices: &Choices) -> Vec<Remedy> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| group[0].key == finding.key) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.iter().map(|group| remedy(facts, group, choices)).collect()
}

/// The remedy for every value of one variable in one file: those of its services are one key.
fn remedy(facts: &Facts, group: &[&Finding], choices: &Choices) -> Remedy {
    let first = group[0];
    let name = &first.key.symbol;
    let path = &first.primary.path;
    let empty = Remedy {
        id: first.key.to_string(),
        findings: vec![first.key.clone()],
        title: format!("{name} out of {path}"),
        reason: String::new(),
        applicability: Applicability::Manual,
        changes: Vec::new(),
        steps: Vec::new(),
        needs: Vec::new(),
    };
    let all: Result<Vec<Taken>, String> = group.iter().map(|finding| taken(facts, finding, choices)).collect();
    let all = match all {
        Ok(all) => all,
        Err(why) => {
            let steps = vec![step(&first.primary, name, is_image(&first.primary))];
            return Remedy { reason: why, steps, ..empty };
        }
    };
    let mut remedy = Remedy {
        title: all[0].title.clone(),
        reason: all[0].reason.clone(),
        applicability: Applicability::Automatic,
        ..empty
    };
    for taken in all {
        let mut changes = taken.changes;
        if taken.kept {
            changes.extend(kept(facts, path, &taken.name, &taken.env_file, choices));
        }
        push_new(&mut remedy.changes, changes);
        push_new(&mut remedy.steps, taken.steps);
        push_new(&mut remedy.needs, taken.needs);
    }
    push_new(&mut remedy.steps, hosts::here(choices.store).into_iter().collect());
    remedy
}

fn push_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// The changes to the file itself, or why a person has to make them.
fn taken(facts: &Facts, finding: &Finding, choices: &Choices) -> Result<Taken, String> {
    let name = &finding.key.symbol;
    if is_salt(name) {
        return Err("Stored password hashes depend on this salt: move the value as it is, never replace it.".to_owned());
    }
    if !SIGNING_KEYS.contains(&name.as_str()) && !is_signing_variable(facts, name) {
        return Err(format!("What reads {name}, and what a new value must look like, is not seen here."));
    }
    let image = is_image(&finding.primary);
    if !image && !is_compose(&finding.primary.path) {
        return Err("Where its server keeps secrets is for a person to say.".to_owned());
    }
    let var = variables(facts).find(|var| var.location == finding.primary && var.name == *name);
    let var = var.ok_or("The value does not stand there in one piece.")?;
    if let Some(other) = variables(facts).find(|other| other.name != *name && same_value(var, other)) {
        return Err(format!(
            "{} has the same value at {}:{}: who else needs it is not known here.",
            other.name, other.location.path, other.location.line
        ));
    }
    if image { image_value::taken(facts, var, choices) } else { compose_value::taken(facts, var, choices) }
}

/// Every variable of the deployment files.
fn variables(facts: &Facts) -> impl Iterator<Item = &LaunchVar> {
    facts.launches.iter().flat_map(|launch| &launch.env).chain(&facts.loose)
}

fn same_value(one: &LaunchVar, other: &LaunchVar) -> bool {
    match (&one.value, &other.value) {
        (Some(one), Some(other)) => !one.is_empty() && one.expose() == other.expose(),
        _ => false,
    }
}

/// What keeps the new key: the env file, closed to git and images, or the store.
fn kept(facts: &Facts, path: &RepoPath, name: &str, env_file: &RepoPath, choices: &Choices) -> Vec<Change> {
    let mut changes = Vec::new();
    if choices.store.is_file() {
        changes.push(Change::PutSecret { name: name.to_owned(), file: env_file.clone() });
        changes.extend(wiring::ignore_env_file(facts, env_file));
        changes.extend(super::env_file_in_image::kept_out(facts, env_file));
    }
    changes.extend(choices.keep(&facts.project_root(path), name));
    changes.extend(wiring::example(facts, env_file, name));
    changes
}

/// Whether `flask-harden onboard` fills a variable in: it does what the app's code reads, or will
/// read once a literal of the code is gone.
pub(super) fn onboard_knows(facts: &Facts, path: &RepoPath, name: &str) -> bool {
    let root = facts.project_root(path);
    let reads = |setting: &crate::facts::Setting| match setting.value.env() {
        Some(read) => read.name == name,
        None => setting.key == name && setting.value.literal().is_some(),
    };
    facts
        .settings
        .iter()
        .any(|setting| facts.is_own(setting.path()) && facts.same_project(setting.path(), &root) && reads(setting))
}
