//! What a load may select where nothing in the repository says which: the configuration classes of
//! the project, and what they agree on. Which one runs is not known here.

use super::Facts;
use super::apps::{ConfigLoad, LoadKind};
use super::arguments::Argument;
use super::holders::HolderRef;
use super::names::definition_file;
use super::selection::Selection;
use super::settings::{Holder, Setting};
use super::targets::Target;
use super::values::Value;
use crate::text::RepoPath;

/// A class that gives one of these a value is a configuration.
const OF_CONFIGURATIONS: &[&str] = &[
    "SECRET_KEY",
    "DEBUG",
    "TESTING",
    "SQLALCHEMY_DATABASE_URI",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
];

/// What all candidates say of a setting.
pub(super) enum Agreed<'f> {
    /// Each of them gives it this value.
    On(&'f Setting),
    /// None of them sets it.
    NoneSets,
    /// They differ, or what may be selected is not known.
    Open,
}

impl Facts {
    /// Whether a class is the tests' configuration: by its name, or because it sets TESTING.
    pub fn is_testing_class(&self, class: &HolderRef) -> bool {
        let named = class.class.as_deref().is_some_and(|name| name.contains("Test"));
        named || self.in_holder(class, "TESTING").is_some_and(|setting| setting.value.truth_unset() == Some(true))
    }

    /// What the classes that a load may take, the tests' own left out, agree on.
    pub(super) fn agreed(&self, target: &Target, load: &ConfigLoad, key: &str) -> Agreed<'_> {
        let candidates = self.candidates(target, load);
        let mut given = candidates.iter().map(|class| self.in_holder(class, key).map(|setting| self.resolve(setting)));
        let Some(first) = given.next() else { return Agreed::Open };
        let same = |other: Option<&Setting>| match (first, other) {
            (None, None) => true,
            (Some(one), Some(other)) => std::ptr::eq(one, other) || is_same_switch(one, other),
            _ => false,
        };
        match (given.all(same), first) {
            (true, Some(setting)) => Agreed::On(setting),
            (true, None) => Agreed::NoneSets,
            (false, _) => Agreed::Open,
        }
    }

    fn candidates(&self, target: &Target, load: &ConfigLoad) -> Vec<HolderRef> {
        let (LoadKind::Object(_), Some(selection)) = (&load.kind, &load.selection) else { return Vec::new() };
        let mut found = match self.open(target, load, selection) {
            Some(Open::OneOf(entries)) => entries,
            Some(Open::AnyClass) => self.configurations(target),
            None => Vec::new(),
        };
        found.retain(|class| !self.is_testing_class(class));
        found
    }

    /// What a selection leaves open; nothing where it may come to anything.
    fn open(&self, target: &Target, load: &ConfigLoad, selection: &Selection) -> Option<Open> {
        let (mut path, mut selection) = (&load.path, selection);
        for _ in 0..4 {
            match selection {
                Selection::Parameter { name, otherwise } => match (target.arguments.get(name), otherwise) {
                    (Some(Argument { path: from, selection: given, .. }), _) => (path, selection) = (from, given),
                    (None, Some(otherwise)) => selection = otherwise,
                    (None, None) => return Some(Open::AnyClass),
                },
                Selection::Mapped { mapping, .. } => {
                    let names = self.names.get(path)?;
                    let Some(entries) = self.holders.entries(&self.files, names, path, mapping) else {
                        // Made by a comprehension, say; not `sys.modules[name]`.
                        return self.is_here(path, mapping).then_some(Open::AnyClass);
                    };
                    return Some(Open::OneOf(entries.iter().map(|(_, class)| class.clone()).collect()));
                }
                Selection::Env { fallback: None, .. } | Selection::Joined(_) | Selection::Cased(..) => {
                    return Some(Open::AnyClass);
                }
                _ => return None,
            }
        }
        None
    }

    /// Whether a name of a file is made in the tree.
    fn is_here(&self, from: &RepoPath, name: &str) -> bool {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let Some(origin) = self.names.get(from).and_then(|names| names.origin(first)) else { return rest.is_none() };
        let origin = rest.map_or_else(|| origin.to_owned(), |rest| format!("{origin}.{rest}"));
        definition_file(&self.files, from, &origin).is_some()
    }

    /// The configuration classes and modules of a target's project.
    fn configurations(&self, target: &Target) -> Vec<HolderRef> {
        let mut found: Vec<HolderRef> = Vec::new();
        for setting in &self.settings {
            let class = match &setting.holder {
                Holder::Class(class) => Some(class.clone()),
                Holder::Module => None,
                _ => continue,
            };
            let counts = OF_CONFIGURATIONS.contains(&setting.key.as_str())
                && self.is_own(setting.path())
                && self.same_project(setting.path(), &target.project);
            if !counts {
                continue;
            }
            let holder = HolderRef { path: setting.path().clone(), class };
            let below = self.holders.subclasses(&holder).into_iter().filter(|class| self.is_own(&class.path)).cloned();
            found.extend(below);
            found.push(holder);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// What a selection leaves open.
enum Open {
    /// The entries of a dictionary.
    OneOf(Vec<HolderRef>),
    /// A class that a text names.
    AnyClass,
}

fn is_same_switch(one: &Setting, other: &Setting) -> bool {
    matches!((&one.value.value, &other.value.value), (Value::Bool(a), Value::Bool(b)) if a == b)
}
