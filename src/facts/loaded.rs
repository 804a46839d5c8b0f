//! What one configuration load takes on a target: the class, module, table or file behind it.

use std::collections::BTreeMap;

use super::apps::{ConfigLoad, LoadKind};
use super::arguments::Argument;
use super::data::path::{self, FileName};
use super::holders::{Chosen, Follow, HolderRef, Selector, resolve_dotted};
use super::selection::Selection;
use super::settings::Holder;
use super::values::Lookup;
use super::{Facts, dynaconf};
use crate::text::RepoPath;

/// Follows loads on one target.
pub(super) struct Loaded<'a> {
    pub(super) facts: &'a Facts,
    pub(super) project: &'a RepoPath,
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    pub(super) follow: &'a Follow<'a>,
    pub(super) arguments: &'a BTreeMap<String, Argument>,
}

impl Loaded<'_> {
    /// What a load takes; several things where it takes them in turn.
    pub(super) fn by(&self, load: &ConfigLoad) -> Vec<Chosen> {
        match (&load.kind, &load.selection) {
            (LoadKind::Object(_), Some(selection)) => vec![self.follow.choose(&load.path, selection)],
            (LoadKind::Object(_), None) => vec![Chosen::default()],
            (LoadKind::PyFile(name) | LoadKind::File(name), _) => vec![self.file(&load.path, name)],
            (LoadKind::Envvar(Some(variable)), _) => {
                vec![self.file(&load.path, &FileName::Env { variable: variable.clone(), otherwise: None })]
            }
            (LoadKind::Envvar(None), _) => vec![Chosen::default()],
            (LoadKind::PrefixedEnv(prefix), _) => vec![variables(load, prefix)],
            (LoadKind::Mapping(lookup), selection) => vec![self.mapping(&load.path, lookup, selection.as_ref())],
            (LoadKind::Dynaconf(settings), _) => {
                let files = dynaconf::files(&self.facts.files, &load.path, self.project, settings);
                let mut found = dynaconf::chosen(&files, settings, self.env);
                found.push(variables(load, &settings.prefix));
                found
            }
        }
    }

    /// A file that Python names.
    fn file(&self, from: &RepoPath, name: &FileName) -> Chosen {
        let Some((written, by_launch)) = name.in_env(self.env) else { return Chosen::default() };
        let path = path::find(&self.facts.files, from, self.project, &written);
        let holder = path.map(|path| HolderRef { path, class: None });
        let selector = name.variable().map(|variable| Selector {
            variable: variable.to_owned(),
            keys: Vec::new(),
            set_by_launch: by_launch,
        });
        let certain = selector.is_none() || by_launch;
        Chosen::holder(holder, selector, certain)
    }

    /// A dictionary: the data of a file, one in the code, a class turned into one, or what the
    /// factory is given.
    fn mapping(&self, from: &RepoPath, lookup: &Lookup, selection: Option<&Selection>) -> Chosen {
        let facts = self.facts;
        if let Some(holder) = facts.mapping_holder(from, &lookup.base, &lookup.keys) {
            return Chosen::holder(Some(holder), None, true);
        }
        if let Some(Selection::Parameter { name, .. }) = selection {
            return self.parameter(from, name, selection);
        }
        let Some(names) = facts.names.get(from).filter(|_| lookup.keys.is_empty() && !lookup.base.is_empty()) else {
            return Chosen::default();
        };
        if !facts.tables_of(from, &lookup.base, &lookup.keys).is_empty() {
            return Chosen::default();
        }
        let Some(holder) = resolve_dotted(&facts.files, from, names, lookup.base.trim_end_matches("()")) else {
            return Chosen::default();
        };
        let dictionary = facts.settings.iter().any(|setting| {
            *setting.path() == holder.path
                && matches!((&setting.holder, &holder.class), (Holder::Dict(name), Some(class)) if name == class)
        });
        let known = dictionary || facts.holders.knows(&holder) || holder.class.is_none();
        if known { Chosen::holder(Some(holder), None, true) } else { Chosen::default() }
    }

    /// What a parameter of the factory is given: nothing, a dictionary written out in the call, or
    /// something to follow.
    fn parameter(&self, from: &RepoPath, name: &str, selection: Option<&Selection>) -> Chosen {
        let Some(argument) = self.arguments.get(name) else {
            return selection.map_or_else(Chosen::default, |selection| self.follow.choose(from, selection));
        };
        let here = |holder: &Holder| match holder {
            Holder::Dict(name) => Some(HolderRef { path: argument.path.clone(), class: Some(name.clone()) }),
            _ => None,
        };
        let inside = self.facts.settings.iter().find_map(|setting| {
            let within = *setting.path() == argument.path && argument.location.span.contains(setting.location.span);
            here(&setting.holder).filter(|_| within)
        });
        match inside {
            Some(holder) => Chosen::holder(Some(holder), None, true),
            None => selection.map_or_else(Chosen::default, |selection| self.follow.choose(from, selection)),
        }
    }
}

/// The variables with a prefix: they count where they are set.
fn variables(load: &ConfigLoad, prefix: &str) -> Chosen {
    let holder = HolderRef { path: load.path.clone(), class: Some(prefix.to_owned()) };
    Chosen::holder(Some(holder), None, true)
}
