//! Which configuration class or module a `from_object` selects, and where each class finds its
//! values: the class index, mapping dictionaries, and the walk along base classes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::arguments::Argument;
use super::files::{Files, PyFile};
use super::names::{Names, definition_file, module_file};
use super::selection::Selection;
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_stmts};
use crate::text::{RepoPath, Span};

/// A class, or a module's own names where `class` is `None`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HolderRef {
    pub path: RepoPath,
    pub class: Option<String>,
}

/// Classes with their bases, and dictionaries that map names to classes. A file is looked into when
/// something in it is first asked for.
#[derive(Default)]
pub struct HolderIndex {
    /// The paths of the tree; no texts.
    tree: Files,
    files: BTreeMap<RepoPath, FileEntry>,
}

struct FileEntry {
    file: PyFile,
    holders: OnceLock<FileHolders>,
}

/// What one file says.
#[derive(Default)]
struct FileHolders {
    bases: BTreeMap<HolderRef, Vec<HolderRef>>,
    methods: BTreeMap<HolderRef, Vec<String>>,
    /// Module-level names that are given what may be a class or an instance of one.
    aliases: Vec<(HolderRef, HolderRef)>,
    mappings: BTreeMap<String, Vec<(String, HolderRef)>>,
}

/// An environment variable that selects the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    pub variable: String,
    /// What it may be set to, where a mapping says so.
    pub keys: Vec<(String, HolderRef)>,
    /// Whether the launch itself sets the variable.
    pub set_by_launch: bool,
}

/// What a selection comes to on one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub holder: Option<HolderRef>,
    pub selector: Option<Selector>,
    /// Whether nothing outside the repository can choose otherwise.
    pub certain: bool,
    /// Nothing is handed over (`None`): nothing is loaded.
    pub nothing: bool,
}

impl Chosen {
    pub fn holder(holder: Option<HolderRef>, selector: Option<Selector>, certain: bool) -> Self {
        Chosen { holder, selector, certain, nothing: false }
    }
}

impl FileHolders {
    fn of(files: &Files, file: &PyFile) -> Self {
        let names = &Names::of_file(&file.module);
        let mut found = FileHolders::default();
        walk_stmts(&file.module.body, &mut |stmt| match &stmt.kind {
            // What a module takes over whole counts like a base class.
            StmtKind::ImportFrom(from) if from.star => {
                let module = format!("{}{}", ".".repeat(from.level), from.module);
                if let Some(path) = module_file(files, &file.path, &module) {
                    let me = HolderRef { path: file.path.clone(), class: None };
                    found.bases.entry(me).or_default().insert(0, HolderRef { path, class: None });
                }
            }
            StmtKind::Class(class) => {
                let me = HolderRef { path: file.path.clone(), class: Some(class.name.clone()) };
                let bases = class.bases.iter().filter(|base| base.name.is_none());
                let bases = bases.filter_map(|base| resolve_class(files, file, names, &base.value)).collect();
                let methods = class.body.iter().filter_map(|stmt| match &stmt.kind {
                    StmtKind::Function(method) => Some(method.name.clone()),
                    _ => None,
                });
                found.methods.insert(me.clone(), methods.collect());
                found.bases.insert(me, bases);
            }
            StmtKind::Assign { targets, value } => {
                let Some(name) = targets.iter().find_map(Expr::as_name) else { return };
                let entries = mapping_entries(value, &|expr| resolve_class(files, file, names, expr));
                if !entries.is_empty() {
                    found.mappings.insert(name.to_owned(), entries);
                }
                // `Config = ServerConfig()`: the name stands for the class.
                if let Some(class) = class_or_text(value, &|expr| resolve_class(files, file, names, expr)) {
                    found.aliases.push((HolderRef { path: file.path.clone(), class: Some(name.to_owned()) }, class));
                }
            }
            _ => {}
        });
        found
    }
}

impl HolderIndex {
    pub fn of(files: &Files, python: &[PyFile]) -> Self {
        let entry = |file: &PyFile| (file.path.clone(), FileEntry { file: file.clone(), holders: OnceLock::new() });
        Self { tree: files.paths(), files: python.iter().map(entry).collect() }
    }

    fn in_file(&self, path: &RepoPath) -> Option<&FileHolders> {
        let FileEntry { file, holders } = self.files.get(path)?;
        Some(holders.get_or_init(|| FileHolders::of(&self.tree, file)))
    }

    fn bases(&self, holder: &HolderRef) -> Option<&Vec<HolderRef>> {
        self.in_file(&holder.path)?.bases.get(holder)
    }

    /// The class that a module-level name stands for.
    fn alias(&self, holder: &HolderRef) -> Option<&HolderRef> {
        let given = self.in_file(&holder.path)?.aliases.iter().rev().filter(|(alias, _)| alias == holder);
        let mut known = given.map(|(_, class)| class).filter(|class| self.bases(class).is_some());
        known.next().filter(|_| self.bases(holder).is_none())
    }

    /// The class and its bases in the order attributes are looked up. Depth-first; exact for
    /// single inheritance and for mixins without a shared base.
    pub fn lookup_order(&self, holder: &HolderRef) -> Vec<HolderRef> {
        let mut order = Vec::new();
        let mut stack = vec![holder.clone()];
        while let Some(next) = stack.pop() {
            if order.contains(&next) || order.len() > 64 {
                continue;
            }
            stack.extend(self.alias(&next).cloned());
            if let Some(bases) = self.bases(&next) {
                stack.extend(bases.iter().rev().cloned());
            }
            order.push(next);
        }
        order
    }

    /// The class in which each method of a holder is found.
    pub fn methods(&self, holder: &HolderRef) -> BTreeMap<&str, HolderRef> {
        let mut found = BTreeMap::new();
        for step in self.lookup_order(holder) {
            let names =
                self.in_file(&step.path).and_then(|file| file.methods.get(&step)).map_or(&[][..], Vec::as_slice);
            for name in names {
                found.entry(name.as_str()).or_insert_with(|| step.clone());
            }
        }
        found
    }

    /// Whether the class, or a name that stands for one, exists in the tree.
    pub fn knows(&self, holder: &HolderRef) -> bool {
        self.bases(holder).is_some() || self.alias(holder).is_some()
    }

    /// Classes that (directly or not) derive from `holder`. One that does names it, or another that
    /// does, so only files with such a name in their text are looked into.
    pub fn subclasses(&self, holder: &HolderRef) -> Vec<&HolderRef> {
        let mut found: BTreeSet<&HolderRef> = BTreeSet::new();
        let mut seen: BTreeSet<&RepoPath> = BTreeSet::new();
        let last = |class: &str| class.rsplit('.').next().unwrap_or(class).to_owned();
        let mut wanted: Vec<Option<String>> = vec![holder.class.as_deref().map(last)];
        while let Some(name) = wanted.pop() {
            for (path, entry) in &self.files {
                // A module is taken over by a star, without a name of its own.
                let named = name.as_deref().is_none_or(|name| entry.file.has(name));
                let Some(holders) = (named && seen.insert(path)).then(|| self.in_file(path)).flatten() else {
                    continue;
                };
                let derives = |class: &HolderRef| class != holder && self.lookup_order(class).contains(holder);
                for class in holders.bases.keys().filter(|class| derives(class)) {
                    found.insert(class);
                    wanted.push(class.class.as_deref().map(last));
                }
                let aliases = holders.aliases.iter().map(|(alias, _)| alias).filter(|alias| derives(alias));
                wanted.extend(aliases.map(|alias| alias.class.as_deref().map(last)));
            }
        }
        found.into_iter().collect()
    }

    /// The keys under which dictionaries hold a class. A dictionary that does names the class, or a
    /// name that stands for it, so only files with such a name in their text are looked into.
    pub fn keys<'i>(&'i self, holder: &HolderRef) -> Vec<&'i str> {
        let last =
            |class: &HolderRef| class.class.as_deref().map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
        let mut found = BTreeSet::new();
        let mut seen: BTreeSet<&RepoPath> = BTreeSet::new();
        let mut wanted: Vec<String> = last(holder).into_iter().collect();
        while let Some(name) = wanted.pop() {
            for (path, entry) in &self.files {
                if !entry.file.has(&name) || !seen.insert(path) {
                    continue;
                }
                let Some(holders) = self.in_file(path) else { continue };
                let stands_for = |class: &HolderRef| self.alias(class).unwrap_or(class) == holder;
                let entries = holders.mappings.values().flatten();
                found.extend(entries.filter(|(_, class)| stands_for(class)).map(|(key, _)| key.as_str()));
                let aliases = holders.aliases.iter().map(|(alias, _)| alias).filter(|alias| stands_for(alias));
                wanted.extend(aliases.filter_map(last));
            }
        }
        found.into_iter().collect()
    }

    /// The entries of a dictionary that maps names to classes.
    pub(super) fn entries(
        &self,
        files: &Files,
        names: &Names,
        from: &RepoPath,
        name: &str,
    ) -> Option<&Vec<(String, HolderRef)>> {
        if let Some(found) = self.in_file(from).and_then(|file| file.mappings.get(name)) {
            return Some(found);
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let origin = names.origin(first)?;
        let origin = rest.map_or_else(|| origin.to_owned(), |rest| format!("{origin}.{rest}"));
        let (path, symbol) = definition_file(files, from, &origin)?;
        self.in_file(&path)?.mappings.get(&symbol?)
    }
}

/// `{"development": DevelopmentConfig, …}` and `dict(dev=DevConfig)`.
fn mapping_entries(value: &Expr, class: &dyn Fn(&Expr) -> Option<HolderRef>) -> Vec<(String, HolderRef)> {
    match &value.kind {
        ExprKind::Dict(items) => items
            .iter()
            .filter_map(|item| {
                let key = item.key.as_ref()?.as_str()?.to_owned();
                Some((key, class_or_text(&item.value, class)?))
            })
            .collect(),
        ExprKind::Call(call) if call.func.as_name() == Some("dict") => {
            call.args.iter().filter_map(|arg| Some((arg.name.clone()?, class_or_text(&arg.value, class)?))).collect()
        }
        _ => Vec::new(),
    }
}

fn class_or_text(value: &Expr, class: &dyn Fn(&Expr) -> Option<HolderRef>) -> Option<HolderRef> {
    match &value.kind {
        ExprKind::Call(call) => class(&call.func),
        _ => class(value),
    }
}

/// The class an expression names: made in this file, or imported from another one of the tree.
fn resolve_class(files: &Files, file: &PyFile, names: &Names, expr: &Expr) -> Option<HolderRef> {
    let dotted = match expr.as_str() {
        Some(text) => text.replace(':', "."),
        None => expr.dotted()?,
    };
    resolve_dotted(files, &file.path, names, &dotted)
}

/// The holder a dotted name means, seen from a file.
pub fn resolve_dotted(files: &Files, from: &RepoPath, names: &Names, dotted: &str) -> Option<HolderRef> {
    let (first, rest) = dotted.split_once('.').map_or((dotted, None), |(first, rest)| (first, Some(rest)));
    let origin = match (names.origin(first), rest) {
        (Some(origin), Some(rest)) => format!("{origin}.{rest}"),
        (Some(origin), None) => origin.to_owned(),
        (None, Some(_)) => dotted.to_owned(),
        (None, None) if dotted == "__name__" => return Some(HolderRef { path: from.clone(), class: None }),
        (None, None) => {
            // A class of this file, or a module named in a text.
            if let Some((path, None)) = definition_file(files, from, dotted).filter(|(path, _)| path != from)
                && !dotted.starts_with(char::is_uppercase)
            {
                return Some(HolderRef { path, class: None });
            }
            return Some(HolderRef { path: from.clone(), class: Some(dotted.to_owned()) });
        }
    };
    if origin == "__name__" {
        return Some(HolderRef { path: from.clone(), class: None });
    }
    let (path, class) = definition_file(files, from, &origin)?;
    Some(HolderRef { path, class })
}

/// What is known when a selection is followed.
pub struct Follow<'a> {
    pub files: &'a Files,
    pub names: &'a BTreeMap<RepoPath, Names>,
    pub index: &'a HolderIndex,
    /// The environment of the target, as far as the repository sets it.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// What the entry point hands to the factory, by parameter.
    pub arguments: &'a BTreeMap<String, Argument>,
    /// The truth of the condition at a place of a file.
    pub test: &'a dyn Fn(&RepoPath, Span) -> Option<bool>,
    /// Whether a place of a file is reached.
    pub reached: &'a dyn Fn(&RepoPath, Span) -> Option<bool>,
}

/// A text on a target, with the variable that decides it.
#[derive(Clone, Default)]
struct Words {
    text: Option<String>,
    variable: Option<String>,
    by_launch: bool,
}

impl Words {
    fn certain(&self) -> bool {
        self.variable.is_none() || self.by_launch
    }
}

impl Follow<'_> {
    /// The holder a selection of the file `from` comes to.
    pub fn choose(&self, from: &RepoPath, selection: &Selection) -> Chosen {
        self.choose_at(from, selection, 0)
    }

    fn choose_at(&self, from: &RepoPath, selection: &Selection, depth: usize) -> Chosen {
        let Some(names) = self.names.get(from).filter(|_| depth < 8) else { return Chosen::default() };
        match selection {
            Selection::Dotted(name) => Chosen::holder(resolve_dotted(self.files, from, names, name), None, true),
            Selection::Mapped { mapping, key } => self.mapped(from, names, mapping, key, depth),
            Selection::Parameter { name, otherwise } => match (self.arguments.get(name), otherwise) {
                (Some(argument), _) if argument.selection != Selection::Nothing => {
                    self.choose_at(&argument.path, &argument.selection, depth + 1)
                }
                (_, Some(otherwise)) => self.choose_at(from, otherwise, depth + 1),
                (Some(_), None) => Chosen { certain: true, nothing: true, ..Chosen::default() },
                (None, None) => Chosen::default(),
            },
            Selection::Either { .. } | Selection::Several(_) => match self.settled(from, selection) {
                Some((one, certain)) => {
                    let chosen = self.choose_at(from, one, depth + 1);
                    Chosen { certain: chosen.certain && certain, ..chosen }
                }
                None => Chosen::default(),
            },
            // `os.environ.get("X") or Config`: without the variable the name behind it counts.
            Selection::Env { name, fallback: Some(fallback) }
                if (self.env)(name).is_none() && matches!(**fallback, Selection::Mapped { .. }) =>
            {
                let chosen = self.choose_at(from, fallback, depth + 1);
                let selector = Selector { variable: name.clone(), keys: Vec::new(), set_by_launch: false };
                Chosen { selector: Some(selector), certain: false, ..chosen }
            }
            Selection::Env { .. } | Selection::Text(_) | Selection::Joined(_) | Selection::Cased(..) => {
                self.named(from, names, selection, depth)
            }
            Selection::Nothing => Chosen { certain: true, nothing: true, ..Chosen::default() },
            Selection::Unknown => Chosen::default(),
        }
    }

    /// The one of several that counts, and whether that is certain.
    fn settled<'s>(&self, from: &RepoPath, selection: &'s Selection) -> Option<(&'s Selection, bool)> {
        match selection {
            Selection::Either { test, then, otherwise } => {
                (self.test)(from, *test).map(|truth| (if truth { &**then } else { &**otherwise }, true))
            }
            Selection::Several(all) => {
                let open = all.iter().rev().take_while(|(place, _)| (self.reached)(from, *place) != Some(true));
                let open = open.filter(|(place, _)| (self.reached)(from, *place).is_none()).count();
                let sure = all.iter().rfind(|(place, _)| (self.reached)(from, *place) == Some(true));
                sure.map(|(_, selection)| (selection, open == 0))
            }
            _ => None,
        }
    }

    /// A holder that a text names.
    fn named(&self, from: &RepoPath, names: &Names, selection: &Selection, depth: usize) -> Chosen {
        let words = self.words(from, selection, depth);
        let text = words.text.as_ref().map(|text| text.replace(':', "."));
        let holder = text.as_deref().and_then(|text| resolve_dotted(self.files, from, names, text));
        let mut keys = match (&holder, &text) {
            (Some(holder), Some(text)) => self.siblings(holder, text),
            _ => Vec::new(),
        };
        keys.retain_mut(|(key, _)| match self.variable_for(from, selection, key, depth) {
            Some(value) => {
                *key = value;
                true
            }
            None => false,
        });
        let certain = words.certain();
        let selector = words.variable.map(|variable| Selector { variable, keys, set_by_launch: words.by_launch });
        Chosen::holder(holder, selector, certain)
    }

    /// The classes beside a chosen one, each by the text that would choose it.
    fn siblings(&self, holder: &HolderRef, text: &str) -> Vec<(String, HolderRef)> {
        let Some(prefix) = holder.class.as_deref().and_then(|class| text.strip_suffix(class)) else {
            return Vec::new();
        };
        let beside = self.index.in_file(&holder.path).into_iter().flat_map(|file| file.bases.keys());
        beside.filter_map(|class| Some((format!("{prefix}{}", class.class.as_deref()?), class.clone()))).collect()
    }

    /// What the variable of a selection has to be for the selection to come to a text:
    /// `"settings.%sConfig" % env.capitalize()` comes to `settings.ProdConfig` where it is `prod`.
    fn variable_for(&self, from: &RepoPath, selection: &Selection, wanted: &str, depth: usize) -> Option<String> {
        let next = |from, inner, wanted: &str| self.variable_for(from, inner, wanted, depth + 1);
        match selection {
            _ if depth >= 8 => None,
            Selection::Env { .. } => Some(wanted.to_owned()).filter(|text| !text.is_empty()),
            Selection::Parameter { name, otherwise } => match (self.arguments.get(name), otherwise) {
                (Some(argument), _) if argument.selection != Selection::Nothing => {
                    next(&argument.path, &argument.selection, wanted)
                }
                (_, Some(otherwise)) => next(from, otherwise, wanted),
                (_, None) => None,
            },
            Selection::Cased(inner, case) if case.of(wanted) == wanted => next(from, inner, &wanted.to_lowercase()),
            Selection::Joined(parts) => {
                let words: Vec<Words> = parts.iter().map(|part| self.words(from, part, depth + 1)).collect();
                let at = words.iter().position(|part| part.variable.is_some())?;
                let fixed = |part: &Words| part.text.clone().filter(|_| part.variable.is_none());
                let before = words[..at].iter().map(fixed).collect::<Option<String>>()?;
                let behind = words[at + 1..].iter().map(fixed).collect::<Option<String>>()?;
                next(from, &parts[at], wanted.strip_prefix(&before)?.strip_suffix(&behind)?)
            }
            Selection::Either { .. } | Selection::Several(_) => {
                self.settled(from, selection).and_then(|(one, _)| next(from, one, wanted))
            }
            _ => None,
        }
    }

    /// The text a selection comes to.
    fn words(&self, from: &RepoPath, selection: &Selection, depth: usize) -> Words {
        if depth >= 8 {
            return Words::default();
        }
        match selection {
            Selection::Text(text) | Selection::Dotted(text) => Words { text: Some(text.clone()), ..Words::default() },
            Selection::Env { name, fallback } => match ((self.env)(name), fallback) {
                (Some(text), _) => Words { text: Some(text), variable: Some(name.clone()), by_launch: true },
                (None, Some(fallback)) => {
                    let inner = self.words(from, fallback, depth + 1);
                    Words { text: inner.text, variable: Some(name.clone()), by_launch: false }
                }
                (None, None) => Words { text: None, variable: Some(name.clone()), by_launch: false },
            },
            Selection::Parameter { name, otherwise } => match (self.arguments.get(name), otherwise) {
                (Some(argument), _) if argument.selection != Selection::Nothing => {
                    self.words(&argument.path, &argument.selection, depth + 1)
                }
                (_, Some(otherwise)) => self.words(from, otherwise, depth + 1),
                (_, None) => Words::default(),
            },
            Selection::Cased(inner, case) => {
                let words = self.words(from, inner, depth + 1);
                Words { text: words.text.map(|text| case.of(&text)), ..words }
            }
            Selection::Joined(parts) => {
                let mut joined = Words { text: Some(String::new()), ..Words::default() };
                for part in parts {
                    let words = self.words(from, part, depth + 1);
                    joined.text = joined.text.zip(words.text).map(|(before, text)| before + &text);
                    joined.by_launch |= words.by_launch;
                    joined.variable = joined.variable.or(words.variable);
                }
                joined
            }
            Selection::Either { .. } | Selection::Several(_) => {
                self.settled(from, selection).map_or_else(Words::default, |(one, _)| self.words(from, one, depth + 1))
            }
            Selection::Mapped { .. } | Selection::Nothing | Selection::Unknown => Words::default(),
        }
    }

    fn mapped(&self, from: &RepoPath, names: &Names, mapping: &str, key: &Selection, depth: usize) -> Chosen {
        let Some(entries) = self.index.entries(self.files, names, from, mapping) else { return Chosen::default() };
        let words = self.words(from, key, depth + 1);
        let find = |text: &str| entries.iter().find(|(known, _)| known == text).map(|(_, holder)| holder.clone());
        let certain = words.certain();
        let holder = words.text.as_deref().and_then(find);
        let (keys, set_by_launch) = (entries.clone(), words.by_launch);
        Chosen::holder(holder, words.variable.map(|variable| Selector { variable, keys, set_by_launch }), certain)
    }
}
