//! Configuration in data files: which JSON, TOML, YAML, INI and env files Python reads, which name
//! holds them, and what they say as settings. A file no code of the project names is not looked at.

pub mod entries;
pub mod path;
pub mod reads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::apps::{ConfigLoad, LoadKind};
use super::casts::Casts;
use super::files::{FileRole, Files, PyFile};
use super::holders::HolderRef;
use super::names::{Names, definition_file};
use super::settings::{Form, Holder, Setting};
use super::values::{Derivation, EnvRead, EnvReader, FallbackPlace, Lookup, Value, Valued};
use super::{Facts, dynaconf, prefilter};
use crate::text::{Location, RepoPath, Span};
use path::FileName;
use reads::{Binding, Origin};

/// How many names one look-up is followed through.
const MAX_STEPS: usize = 6;

/// The names of every file that hold data.
#[derive(Default)]
pub struct DataIndex {
    bindings: BTreeMap<RepoPath, Bindings>,
    /// The data files that were read.
    pub files: BTreeSet<RepoPath>,
    /// Files of settings that git ignores and does not track: they stay on this computer.
    pub private: BTreeSet<RepoPath>,
}

/// The bindings of one file, made at the first look.
struct Bindings {
    file: PyFile,
    names: Names,
    found: OnceLock<Vec<Binding>>,
}

impl Bindings {
    fn get(&self) -> &[Binding] {
        self.found.get_or_init(|| reads::collect(&self.file, &self.names))
    }
}

impl DataIndex {
    pub(super) fn add(&mut self, file: &PyFile, casts: &Arc<Casts>) {
        let names = Names::in_project(file, casts);
        self.bindings.insert(file.path.clone(), Bindings { file: file.clone(), names, found: OnceLock::new() });
    }

    fn binding(&self, path: &RepoPath, name: &str) -> Option<&Binding> {
        let mine = self.bindings.get(path)?.get().iter().filter(|binding| binding.name == name);
        // A name that holds a file's data is that, whatever else it was given before.
        let rank = |binding: &&Binding| matches!(binding.origin, Origin::Files(_));
        mine.max_by_key(rank)
    }
}

/// The settings of every data file that own code reads, and the files themselves.
pub fn collect(facts: &Facts) -> (Vec<Setting>, BTreeSet<RepoPath>) {
    let mut wanted: BTreeMap<RepoPath, bool> = BTreeMap::new();
    let mut want = |from: &RepoPath, name: &FileName| {
        let found = name.written().and_then(|name| path::find(&facts.files, from, &facts.project_root(from), name));
        if let Some(found) = found {
            wanted.entry(found).or_insert(false);
        }
    };
    for (from, bindings) in facts.data.bindings.iter().filter(|(from, _)| facts.is_own(from)) {
        if !prefilter::may_read_data(&bindings.file) {
            continue;
        }
        for binding in bindings.get() {
            if let Origin::Files(files) = &binding.origin {
                files.iter().for_each(|file| want(from, file));
            }
        }
    }
    for load in facts.apps.loads.iter().filter(|load| facts.is_own(&load.path)) {
        if let LoadKind::File(name) | LoadKind::PyFile(name) = &load.kind {
            want(&load.path, name);
        }
    }
    for (path, _) in named_by_variables(facts) {
        wanted.entry(path).or_insert(false);
    }
    for load in facts.apps.loads.iter().filter(|load| facts.is_own(&load.path)) {
        if let LoadKind::Dynaconf(settings) = &load.kind {
            let project = facts.project_root(&load.path);
            dynaconf::files(&facts.files, &load.path, &project, settings).into_iter().for_each(|path| {
                wanted.insert(path, true);
            });
        }
    }
    for path in decouple_files(facts) {
        wanted.entry(path).or_insert(false);
    }
    let mut settings = Vec::new();
    let mut read = BTreeSet::new();
    for (path, upper) in wanted {
        // A `.cfg` file that is Python was read as such.
        if facts.py(&path).is_none() {
            settings.extend(of_file(&facts.files, &path, upper));
        }
        read.insert(path);
    }
    (settings, read)
}

/// Files that a variable of the repository names, for `from_envvar` and paths from the environment.
fn named_by_variables(facts: &Facts) -> Vec<(RepoPath, String)> {
    let mut found = Vec::new();
    for load in facts.apps.loads.iter().filter(|load| facts.is_own(&load.path)) {
        let variable = match &load.kind {
            LoadKind::Envvar(variable) => variable.as_deref(),
            LoadKind::File(name) | LoadKind::PyFile(name) => name.variable(),
            _ => None,
        };
        let Some(variable) = variable else { continue };
        let project = facts.project_root(&load.path);
        for value in values_of(facts, variable) {
            if let Some(path) = path::find(&facts.files, &load.path, &project, &value) {
                found.push((path, value));
            }
        }
    }
    found
}

/// What the files of the repository set a variable to.
fn values_of(facts: &Facts, variable: &str) -> BTreeSet<String> {
    let launches = facts.launches.iter().flat_map(|launch| &launch.env);
    let launches = launches.filter(|var| var.name == variable).filter_map(|var| var.value.as_ref());
    let entries = facts.env_files.iter().filter(|file| !file.example).flat_map(|file| &file.document.entries);
    let entries = entries.filter(|entry| entry.key == variable).filter_map(|entry| entry.value.as_ref());
    launches.map(|value| value.expose().to_owned()).chain(entries.map(|value| value.expose().to_owned())).collect()
}

/// The `settings.ini` that python-decouple finds before any `.env`.
pub fn decouple_files(facts: &Facts) -> Vec<RepoPath> {
    let asks = |names: &super::Names| names.mentions("decouple");
    let mut found = Vec::new();
    for file in facts.own_python().filter(|file| facts.names.get(&file.path).is_some_and(asks)) {
        let mut dir = file.path.parent();
        loop {
            if let Some(path) = dir.join("settings.ini").filter(|path| facts.files.exists(path)) {
                if !found.contains(&path) {
                    found.push(path);
                }
                break;
            }
            let env = dir.join(".env").is_some_and(|path| facts.files.exists(&path));
            if env || dir.is_root() {
                break;
            }
            dir = dir.parent();
        }
    }
    found
}

fn of_file(files: &Files, path: &RepoPath, upper: bool) -> Vec<Setting> {
    let apart = matches!(
        crate::repo::role(path),
        FileRole::Test | FileRole::Vendored | FileRole::Template | FileRole::Docs | FileRole::Migration | FileRole::Ci
    );
    let Some(source) = files.get(path).filter(|_| !apart && path.extension() != "py") else { return Vec::new() };
    let setting = |entry: entries::Entry| Setting {
        key: if upper { entry.key.to_ascii_uppercase() } else { entry.key },
        value: entry.value,
        holder: Holder::Table(entry.tables.join(".")),
        form: Form::Data,
        statement: entry.item,
        location: Location::in_file(source, entry.key_span),
        function: None,
        conditional: false,
        main_guard: false,
        overwritten: false,
    };
    entries::read(source).into_iter().map(setting).collect()
}

/// The variables that `from_prefixed_env` takes over, as far as the repository sets any: settings
/// that count where the variable is set.
pub fn prefixed(facts: &Facts) -> Vec<Setting> {
    let mut found = Vec::new();
    for load in facts.apps.loads.iter().filter(|load| facts.is_own(&load.path)) {
        let (LoadKind::PrefixedEnv(prefix) | LoadKind::Dynaconf(dynaconf::Settings { prefix, .. })) = &load.kind else {
            continue;
        };
        let lead = format!("{prefix}_");
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(facts.launches.iter().flat_map(|launch| &launch.env).map(|var| var.name.as_str()));
        names.extend(facts.env_files.iter().flat_map(|file| &file.document.entries).map(|entry| entry.key.as_str()));
        names.extend(facts.server_confs.iter().flat_map(|conf| &conf.env).map(|var| var.name.as_str()));
        for name in names {
            // `FLASK_A__B` fills one place of a dictionary.
            let Some(key) = name.strip_prefix(&lead).filter(|key| !key.is_empty() && !key.contains("__")) else {
                continue;
            };
            found.push(variable_setting(load, prefix, key, name));
        }
    }
    found
}

fn variable_setting(load: &ConfigLoad, prefix: &str, key: &str, name: &str) -> Setting {
    let span = load.location.span;
    let read = Value::Env(EnvRead {
        name: name.to_owned(),
        fallback: None,
        required: false,
        reader: EnvReader::Os,
        place: FallbackPlace::Expression,
    });
    let inner = Box::new(Valued { value: read, span });
    Setting {
        key: key.to_owned(),
        value: Valued { value: Value::Derived { inner, how: Derivation::Json }, span },
        holder: Holder::Variables(prefix.to_owned()),
        form: Form::Data,
        statement: span,
        location: load.location.clone(),
        function: load.function.clone(),
        conditional: false,
        main_guard: false,
        overwritten: false,
    }
}

/// What a look-up comes to.
pub enum Found<'f> {
    Setting(&'f Setting),
    /// The file is known, and does not have the key.
    NoKey(RepoPath),
    /// The file, as Python names it, is not in the repository.
    NoFile(String),
    Unknown,
}

impl Facts {
    /// The tables a name of a file stands for: of data files, by the files Python names.
    pub fn tables_of(&self, from: &RepoPath, base: &str, keys: &[String]) -> Vec<(FileName, RepoPath, Vec<String>)> {
        self.tables_within(from, base, keys.to_vec(), MAX_STEPS)
    }

    fn tables_within(
        &self,
        from: &RepoPath,
        base: &str,
        keys: Vec<String>,
        steps: usize,
    ) -> Vec<(FileName, RepoPath, Vec<String>)> {
        let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
        if let Some(binding) = self.data.binding(from, base) {
            return match &binding.origin {
                Origin::Files(files) => files.iter().map(|file| (file.clone(), from.clone(), keys.clone())).collect(),
                Origin::Part { base: inner, .. } if inner == base => Vec::new(),
                Origin::Part { base, keys: first } => {
                    self.tables_within(from, base, first.iter().cloned().chain(keys).collect(), steps)
                }
            };
        }
        let Some(names) = self.names.get(from) else { return Vec::new() };
        let (first, rest) = base.split_once('.').map_or((base, None), |(first, rest)| (first, Some(rest)));
        let call = first.strip_suffix("()");
        let Some(origin) = names.origin(call.unwrap_or(first)) else { return Vec::new() };
        let origin = rest.map_or_else(|| origin.to_owned(), |rest| format!("{origin}.{rest}"));
        let Some((path, Some(symbol))) = definition_file(&self.files, from, origin.trim_end_matches("()")) else {
            return Vec::new();
        };
        let called = call.is_some() || origin.ends_with("()");
        let symbol = if called { format!("{symbol}()") } else { symbol };
        self.tables_within(&path, &symbol, keys, steps)
    }

    /// What a look-up in a file's data comes to.
    pub fn looked_up(&self, from: &RepoPath, lookup: &Lookup) -> Found<'_> {
        let Some((key, tables)) = lookup.keys.split_last() else { return Found::Unknown };
        let all = self.tables_of(from, &lookup.base, tables);
        let mut outcome = Found::Unknown;
        for (name, from, tables) in all.iter().rev() {
            let Some(written) = name.written() else { continue };
            let Some(path) = path::find(&self.files, from, &self.project_root(from), written) else {
                outcome = Found::NoFile(written.to_owned());
                continue;
            };
            match self.in_table(&path, &tables.join("."), key) {
                Some(setting) => return Found::Setting(setting),
                None => outcome = Found::NoKey(path),
            }
        }
        outcome
    }

    /// The value of a key in a table of a data file; options of INI files know no case, and those
    /// of `[DEFAULT]` count in every section.
    pub fn in_table(&self, path: &RepoPath, table: &str, key: &str) -> Option<&Setting> {
        let parser = matches!(path.extension(), "ini" | "cfg" | "conf");
        let find = |table: &str| {
            self.settings.iter().rfind(|setting| {
                *setting.path() == *path
                    && matches!(&setting.holder, Holder::Table(name) if name == table)
                    && (setting.key == key || parser && setting.key.eq_ignore_ascii_case(key))
            })
        };
        find(table).or_else(|| parser.then(|| find("DEFAULT")).flatten())
    }

    /// The holder that a whole dictionary of a file stands for.
    pub(super) fn mapping_holder(&self, from: &RepoPath, base: &str, keys: &[String]) -> Option<HolderRef> {
        let (name, from, tables) = self.tables_of(from, base, keys).into_iter().next_back()?;
        let path = path::find(&self.files, &from, &self.project_root(&from), name.written()?)?;
        let table = tables.join(".");
        Some(HolderRef { path, class: (!table.is_empty()).then_some(table) })
    }
}

/// The spans of a data file's texts whose names say that they are secret.
pub fn secret_spans(source: &crate::text::SourceFile) -> Vec<Span> {
    let secret = |entry: &entries::Entry| super::secret_names::is_secret_name(&entry.key);
    let texts = entries::read(source).into_iter().filter(secret);
    texts.filter(|entry| matches!(entry.value.value, Value::Text { .. })).map(|entry| entry.value.span).collect()
}
