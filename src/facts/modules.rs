//! Which definition a name means: imports followed through the project's own modules. Knows
//! Python's naming rules and the file layout; judges nothing.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use super::PyFile;
use crate::lang::python::{Class, Expr, Function, Stmt, StmtKind, walk_stmts};

/// How many re-exports are followed for one name.
const MAX_HOPS: usize = 6;

/// A file of the project and the names it binds, which are read at the first look.
pub struct Scope<'f> {
    pub file: &'f PyFile,
    /// Index in [`Modules::scopes`].
    index: usize,
    dotted: String,
    bound: OnceCell<Bound<'f>>,
}

/// The names that a file binds.
#[derive(Default)]
pub struct Bound<'f> {
    /// Every function of the file, methods and nested ones too, in source order.
    pub defs: Vec<Def<'f>>,
    pub classes: BTreeMap<&'f str, &'f Class>,
    /// Names assigned at module level or in a function, with the last value seen.
    values: BTreeMap<&'f str, &'f Expr>,
    /// Local name to the dotted name it was imported as.
    imports: BTreeMap<String, String>,
    stars: Vec<String>,
}

impl<'f> Deref for Scope<'f> {
    type Target = Bound<'f>;

    fn deref(&self) -> &Bound<'f> {
        self.bound.get_or_init(|| Bound::of(self.index, self.file, &self.dotted))
    }
}

/// A function and the class it is a method of.
#[derive(Clone, Copy)]
pub struct Def<'f> {
    /// Index of its scope in [`Modules::scopes`].
    pub scope: usize,
    pub function: &'f Function,
    pub class: Option<&'f Class>,
}

/// What a name was found to be, and in which scope.
#[derive(Clone, Copy)]
pub enum Item<'f> {
    Function(Def<'f>),
    Class(usize, &'f Class),
    Value(usize, &'f Expr),
}

/// The modules of a project.
pub struct Modules<'f> {
    pub scopes: Vec<Scope<'f>>,
    /// Every dotted suffix of a module's name to the scopes that end in it.
    by_suffix: BTreeMap<String, Vec<usize>>,
}

impl<'f> Modules<'f> {
    pub fn of(files: impl Iterator<Item = &'f PyFile>) -> Self {
        let scopes: Vec<Scope<'f>> = files.enumerate().map(|(index, file)| Scope::of(index, file)).collect();
        let mut by_suffix: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, scope) in scopes.iter().enumerate() {
            let mut suffix = scope.dotted.as_str();
            loop {
                by_suffix.entry(suffix.to_owned()).or_default().push(index);
                match suffix.split_once('.') {
                    Some((_, rest)) => suffix = rest,
                    None => break,
                }
            }
        }
        Self { scopes, by_suffix }
    }

    /// The dotted name with its first part replaced by what it was imported as.
    pub fn absolute(&self, scope: usize, dotted: &str) -> String {
        let (first, rest) = match dotted.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (dotted, None),
        };
        match (self.scopes[scope].imports.get(first), rest) {
            (Some(target), Some(rest)) => format!("{target}.{rest}"),
            (Some(target), None) => target.clone(),
            (None, _) => dotted.to_owned(),
        }
    }

    /// Whether the name was imported here from `package` or a module in it; a star import of it
    /// counts for names nothing else explains.
    pub fn comes_from(&self, scope: usize, dotted: &str, package: &str) -> bool {
        let absolute = self.absolute(scope, dotted);
        let below =
            |name: &str| name == package || name.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'));
        below(&absolute) || (absolute == dotted && self.scopes[scope].stars.iter().any(|star| below(star)))
    }

    /// The definition in the project that a dotted name means, if any.
    pub fn find(&self, scope: usize, dotted: &str) -> Option<Item<'f>> {
        self.find_within(scope, dotted, MAX_HOPS)
    }

    fn find_within(&self, scope: usize, dotted: &str, hops: usize) -> Option<Item<'f>> {
        let here = &self.scopes[scope];
        if !dotted.contains('.')
            && let Some(item) = here.item(scope, dotted)
        {
            return Some(item);
        }
        if hops > 0
            && let Some((first, method)) = dotted.split_once('.')
            && let Some(class) = here.classes.get(first)
        {
            // Bases written `A.B` come back here: few hops keep that short.
            let from = self.ancestry_within(scope, class, hops.saturating_sub(1).min(2));
            return self.method_in(from, method).map(Item::Function);
        }
        if hops == 0 {
            return None;
        }
        let absolute = self.absolute(scope, dotted);
        let first = dotted.split('.').next().unwrap_or(dotted);
        if absolute == dotted && !here.imports.contains_key(first) {
            return here.stars.iter().find_map(|star| {
                let target = self.module(scope, star).filter(|target| *target != scope)?;
                self.find_within(target, dotted, hops - 1)
            });
        }
        let mut split = absolute.len();
        while let Some(dot) = absolute[..split].rfind('.') {
            if let Some(target) = self.module(scope, &absolute[..dot]) {
                let rest = &absolute[dot + 1..];
                return if target == scope && rest == dotted { None } else { self.find_within(target, rest, hops - 1) };
            }
            split = dot;
        }
        // `from . import name` where the tree's root is the package itself.
        let root = self.module(scope, "").filter(|root| *root != scope && !absolute.contains('.'))?;
        self.find_within(root, &absolute, hops - 1)
    }

    /// The definition behind a full dotted path (`package.module.function`).
    pub fn find_path(&self, dotted: &str) -> Option<Item<'f>> {
        let (module, name) = dotted.rsplit_once('.')?;
        let scope = *self.by_suffix.get(module)?.first()?;
        self.find(scope, name)
    }

    /// The scope of a module by its dotted name: the nearest one where several end alike.
    fn module(&self, from: usize, dotted: &str) -> Option<usize> {
        let here = self.scopes[from].file.path.as_str();
        let near = |index: usize| {
            let there = self.scopes[index].file.path.as_str();
            here.bytes().zip(there.bytes()).take_while(|(a, b)| a == b).count()
        };
        let candidates = self.by_suffix.get(dotted)?;
        candidates.iter().copied().max_by_key(|index| (near(*index), std::cmp::Reverse(*index)))
    }

    /// The function a call target means: a project function, or a method of the same class.
    pub fn callee(&self, from: Def<'f>, func: &Expr) -> Option<Def<'f>> {
        let dotted = func.dotted()?;
        if let Some(method) = dotted.strip_prefix("self.").or_else(|| dotted.strip_prefix("cls.")) {
            return self.method(from, method);
        }
        match self.find(from.scope, &dotted) {
            Some(Item::Function(def)) => Some(def),
            Some(_) => None,
            None => {
                // A method of an object that the project makes: `store = Store()`, `store.get(id)`.
                let (object, method) = dotted.rsplit_once('.')?;
                let (scope, class) = self.class_of(from.scope, object)?;
                self.method_in(self.ancestry(scope, class), method)
            }
        }
    }

    /// The class of the project that an object at module level was made from.
    pub fn class_of(&self, scope: usize, object: &str) -> Option<(usize, &'f Class)> {
        let Item::Value(at, value) = self.find(scope, object)? else { return None };
        match self.find(at, &value.as_call()?.func.dotted()?)? {
            Item::Class(found, class) => Some((found, class)),
            _ => None,
        }
    }

    /// A method by name in the class of `from`, or in a base class of it.
    pub fn method(&self, from: Def<'f>, name: &str) -> Option<Def<'f>> {
        self.method_in(self.ancestry(from.scope, from.class?), name)
    }

    fn method_in(&self, chain: Vec<(usize, &'f Class)>, name: &str) -> Option<Def<'f>> {
        chain.into_iter().find_map(|(scope, class)| {
            let defs = self.scopes[scope].defs.iter();
            defs.copied().find(|def| def.function.name == name && def.class.is_some_and(|own| std::ptr::eq(own, class)))
        })
    }

    /// A class and the project classes it inherits from, itself first.
    pub fn ancestry(&self, scope: usize, class: &'f Class) -> Vec<(usize, &'f Class)> {
        self.ancestry_within(scope, class, MAX_HOPS)
    }

    fn ancestry_within(&self, scope: usize, class: &'f Class, hops: usize) -> Vec<(usize, &'f Class)> {
        let mut chain = vec![(scope, class)];
        let mut at = 0;
        while at < chain.len() && chain.len() < 16 {
            let (scope, class) = chain[at];
            for base in &class.bases {
                if let Some(Item::Class(found, base)) =
                    base.value.dotted().and_then(|name| self.find_within(scope, &name, hops))
                    && !chain.iter().any(|(_, known)| std::ptr::eq(*known, base))
                {
                    chain.push((found, base));
                }
            }
            at += 1;
        }
        chain
    }
}

impl<'f> Scope<'f> {
    fn of(index: usize, file: &'f PyFile) -> Self {
        Scope { file, index, dotted: dotted_name(file.path.as_str()), bound: OnceCell::new() }
    }
}

impl<'f> Bound<'f> {
    fn of(index: usize, file: &'f PyFile, dotted: &str) -> Self {
        let mut bound = Bound::default();
        bound.collect_defs(index, &file.module.body, None);
        let is_package = file.path.name() == "__init__.py";
        walk_stmts(&file.module.body, &mut |stmt| bound.bind(stmt, dotted, is_package));
        bound
    }

    fn collect_defs(&mut self, index: usize, body: &'f [Stmt], class: Option<&'f Class>) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Function(function) => {
                    self.defs.push(Def { scope: index, function, class });
                    self.collect_defs(index, &function.body, None);
                }
                StmtKind::Class(inner) => {
                    self.classes.entry(&inner.name).or_insert(inner);
                    self.collect_defs(index, &inner.body, Some(inner));
                }
                _ => stmt.blocks().into_iter().for_each(|block| self.collect_defs(index, block, class)),
            }
        }
    }

    fn bind(&mut self, stmt: &'f Stmt, dotted: &str, is_package: bool) {
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                for name in targets.iter().filter_map(Expr::as_name) {
                    self.values.insert(name, value);
                }
            }
            StmtKind::Import(names) => {
                for name in names {
                    match &name.alias {
                        Some(alias) => self.imports.insert(alias.clone(), name.path.clone()),
                        None => {
                            let first = name.path.split('.').next().unwrap_or(&name.path).to_owned();
                            self.imports.insert(first.clone(), first)
                        }
                    };
                }
            }
            StmtKind::ImportFrom(import) => {
                let module = import_base(dotted, &import.module, import.level, is_package);
                if import.star {
                    self.stars.push(module.clone());
                }
                for name in &import.names {
                    let full = if module.is_empty() { name.path.clone() } else { format!("{module}.{}", name.path) };
                    self.imports.insert(name.alias.clone().unwrap_or_else(|| name.path.clone()), full);
                }
            }
            _ => {}
        }
    }

    fn item(&self, index: usize, name: &str) -> Option<Item<'f>> {
        let function = self.defs.iter().find(|def| def.class.is_none() && def.function.name == name);
        if let Some(def) = function {
            return Some(Item::Function(*def));
        }
        if let Some(class) = self.classes.get(name) {
            return Some(Item::Class(index, class));
        }
        self.values.get(name).map(|value| Item::Value(index, value))
    }

    /// The other names under which something of this name is imported here.
    pub fn aliases_of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        let same = move |(alias, target): &(&String, &String)| {
            *alias != name && target.rsplit('.').next().unwrap_or(target) == name
        };
        self.imports.iter().filter(same).map(|(alias, _)| alias.as_str())
    }

    /// The value last given to a name anywhere in this file.
    pub fn value(&self, name: &str) -> Option<&'f Expr> {
        self.values.get(name).copied()
    }
}

/// The module a `from … import` names in the module `dotted`, relative ones made absolute.
fn import_base(dotted: &str, module: &str, level: usize, is_package: bool) -> String {
    let mut parts: Vec<&str> = Vec::new();
    if level > 0 {
        parts.extend(dotted.split('.').filter(|part| !part.is_empty()));
        let up = level - usize::from(is_package);
        parts.truncate(parts.len().saturating_sub(up));
    }
    parts.extend(module.split('.').filter(|part| !part.is_empty()));
    parts.join(".")
}

/// `app/main/views.py` is `app.main.views`; a package's `__init__.py` is the package.
fn dotted_name(path: &str) -> String {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(if stem == "__init__" { "" } else { stem });
    stem.replace('/', ".")
}
