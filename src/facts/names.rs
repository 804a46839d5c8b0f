//! What names mean in one Python file: imports resolved to dotted origins, and which file of the
//! tree a module is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::casts::{Cast, Casts};
use super::files::{Files, PyFile};
use super::syntax::Syntax;
use crate::lang::python::{Expr, ExprKind, ImportFrom, Module, Stmt, StmtKind, walk_stmts};
use crate::text::RepoPath;

/// Imported names of one file, known when they are first asked for.
pub struct Names {
    source: Source,
    /// The file's path, and the functions of its project.
    project: Option<(RepoPath, Arc<Casts>)>,
}

enum Source {
    Known(Imports),
    Of(Syntax),
}

/// What the imports and the calls at its names say of one file.
#[derive(Default)]
pub(super) struct Imports {
    /// `getenv` → `os.getenv`, `env` → `os.environ`; relative imports keep their dots.
    origins: BTreeMap<String, String>,
    /// Names bound to an `environs`/`django-environ` reader.
    env_readers: Vec<String>,
    /// Names bound to python-decouple's `AutoConfig(…)` or `Config(…)`.
    decouple: Vec<String>,
    /// Names bound to what a file holds: parsed data, or a `configparser`.
    data: BTreeMap<String, DataKind>,
}

/// What a name that holds a file's data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Dictionaries: JSON, TOML, YAML, an env file.
    Mapping,
    /// `configparser`: sections with options.
    Parser,
}

/// Functions that read a file or a text into dictionaries, by their origin.
const LOADERS: &[&str] = &[
    "json.load",
    "json.loads",
    "simplejson.load",
    "simplejson.loads",
    "flask.json.load",
    "tomllib.load",
    "tomllib.loads",
    "tomli.load",
    "tomli.loads",
    "toml.load",
    "toml.loads",
    "yaml.safe_load",
    "yaml.load",
    "yaml.full_load",
    "yaml.unsafe_load",
    "anyconfig.load",
    "dotenv.dotenv_values",
];
const PARSERS: &[&str] = &["ConfigParser", "RawConfigParser", "SafeConfigParser"];

/// Whether a function by its origin reads a file's data.
pub fn is_loader(origin: &str) -> bool {
    LOADERS.contains(&origin)
}

impl Imports {
    pub(super) fn of(module: &Module) -> Self {
        let mut imports = Imports::default();
        walk_stmts(&module.body, &mut |stmt| imports.learn(stmt));
        imports
    }

    fn learn(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Import(imports) => {
                for import in imports {
                    let (name, origin) = match &import.alias {
                        Some(alias) => (alias.clone(), import.path.clone()),
                        None => {
                            let first = import.path.split('.').next().unwrap_or_default().to_owned();
                            (first.clone(), first)
                        }
                    };
                    self.origins.insert(name, extension(origin));
                }
            }
            StmtKind::ImportFrom(from) => {
                for import in &from.names {
                    let name = import.alias.clone().unwrap_or_else(|| import.path.clone());
                    self.origins.insert(name, extension(dotted_origin(from, &import.path)));
                }
            }
            StmtKind::Assign { targets, value } => {
                let Some(call) = value.as_call() else { return };
                let made = self.resolve(&call.func);
                let targets = targets.iter().filter_map(Expr::dotted);
                match made.as_deref() {
                    Some("environs.Env" | "environ.Env") => self.env_readers.extend(targets),
                    Some("decouple.AutoConfig" | "decouple.Config") => self.decouple.extend(targets),
                    Some(made) if is_loader(made) => {
                        self.data.extend(targets.map(|target| (target, DataKind::Mapping)));
                    }
                    Some(made) if PARSERS.contains(&made.rsplit('.').next().unwrap_or(made)) => {
                        self.data.extend(targets.map(|target| (target, DataKind::Parser)));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The dotted origin of an expression: `environ.get` → `os.environ.get`; names that are not
    /// imported stand for themselves.
    fn resolve(&self, expr: &Expr) -> Option<String> {
        let dotted = expr.dotted()?;
        let (first, rest) = match dotted.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (dotted.as_str(), None),
        };
        let origin = self.origins.get(first).map_or(first, String::as_str);
        Some(match rest {
            Some(rest) => format!("{origin}.{rest}"),
            None => origin.to_owned(),
        })
    }
}

impl Default for Names {
    fn default() -> Self {
        Names { source: Source::Known(Imports::default()), project: None }
    }
}

impl Names {
    pub fn of(module: &Module) -> Self {
        Names { source: Source::Known(Imports::of(module)), project: None }
    }

    /// Of a file that is parsed only where its words leave a question open.
    pub fn of_file(syntax: &Syntax) -> Self {
        Names { source: Source::Of(syntax.clone()), project: None }
    }

    /// As [`Names::of_file`], with the functions of its project.
    pub(super) fn in_project(file: &PyFile, casts: &Arc<Casts>) -> Self {
        let project = Some((file.path.clone(), Arc::clone(casts)));
        Names { source: Source::Of(file.module.clone()), project }
    }

    fn known(&self) -> &Imports {
        match &self.source {
            Source::Known(imports) => imports,
            Source::Of(syntax) => syntax.imports(),
        }
    }

    /// Whether every part of a dotted name stands in the file's text, as it does where it is imported.
    fn may_import(&self, origin: &str) -> bool {
        match &self.source {
            Source::Known(_) => true,
            Source::Of(syntax) => {
                let has = |part: &str| {
                    let old = || part.strip_prefix("flask_").is_some_and(|name| syntax.words().has(name));
                    syntax.words().has(part) || syntax.words().has("ext") && old()
                };
                origin.split('.').filter(|part| !part.is_empty()).all(has)
            }
        }
    }

    /// The dotted origin of an expression: `environ.get` → `os.environ.get`; names that are not
    /// imported stand for themselves.
    pub fn resolve(&self, expr: &Expr) -> Option<String> {
        self.known().resolve(expr)
    }

    /// Where an imported name comes from, nothing for a name made here.
    pub fn origin(&self, name: &str) -> Option<&str> {
        self.known().origins.get(name).map(String::as_str)
    }

    /// Every imported origin.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.known().origins.values().map(String::as_str)
    }

    /// What a function of the project makes of its argument, where it only gives it back in another form.
    pub fn cast(&self, func: &Expr) -> Option<&Cast> {
        let (path, casts) = self.project.as_ref()?;
        let name = func.dotted()?;
        self.origin(&name).and_then(|origin| casts.imported(path, origin)).or_else(|| casts.of_file(path, &name))
    }

    /// Whether `name` is bound by an import.
    pub fn imports(&self, origin: &str) -> Option<&str> {
        if !self.may_import(origin) {
            return None;
        }
        self.known().origins.iter().find(|(_, known)| *known == origin).map(|(name, _)| name.as_str())
    }

    /// Whether anything is imported from a package (`flask`, `flask.views`).
    pub fn mentions(&self, package: &str) -> bool {
        self.may_import(package)
            && self.known().origins.values().any(|origin| {
                origin == package || origin.strip_prefix(package).is_some_and(|rest| rest.starts_with('.'))
            })
    }

    /// Whether the expression calls or names an environs reader (`env`, `env.str`).
    pub fn is_env_reader(&self, func: &Expr) -> bool {
        let reader = |name: &str| {
            self.known().env_readers.iter().any(|reader| reader == name)
                || self.origin(name).is_some_and(|origin| origin == "environs.env")
        };
        match &func.kind {
            ExprKind::Name(name) => reader(name),
            ExprKind::Attr { value, name } => {
                value.dotted().is_some_and(|base| reader(&base))
                    && matches!(name.as_str(), "str" | "bool" | "int" | "float" | "list" | "json")
            }
            _ => false,
        }
    }

    /// Whether a call of it asks python-decouple.
    pub fn is_decouple(&self, func: &Expr) -> bool {
        func.dotted().is_some_and(|name| self.known().decouple.contains(&name))
    }

    /// What kind of a file's data a name holds, where it does.
    pub fn data(&self, name: &str) -> Option<DataKind> {
        self.known().data.get(name).copied()
    }
}

/// `flask.ext.login` is what `flask_login` was called before Flask 1.0.
fn extension(origin: String) -> String {
    origin.strip_prefix("flask.ext.").map(|name| format!("flask_{name}")).unwrap_or(origin)
}

fn dotted_origin(from: &ImportFrom, name: &str) -> String {
    let dots = ".".repeat(from.level);
    if from.module.is_empty() { format!("{dots}{name}") } else { format!("{dots}{}.{name}", from.module) }
}

/// The file of the tree a dotted module name means, seen from `from`: relative imports by their
/// dots, absolute ones below each directory from the importing file's up to the tree.
pub fn module_file(files: &Files, from: &RepoPath, module: &str) -> Option<RepoPath> {
    let level = module.chars().take_while(|c| *c == '.').count();
    let rest = module[level..].replace('.', "/");
    if level > 0 {
        let mut dir = from.parent();
        for _ in 1..level {
            dir = dir.parent();
        }
        return as_module(files, &dir, &rest);
    }
    let mut dir = from.parent();
    loop {
        if let Some(found) = as_module(files, &dir, &rest) {
            return Some(found);
        }
        if dir.is_root() {
            return as_module(files, &RepoPath::new("src")?, &rest);
        }
        dir = dir.parent();
    }
}

fn as_module(files: &Files, dir: &RepoPath, rest: &str) -> Option<RepoPath> {
    if rest.starts_with('/') {
        return None;
    }
    let ends: &[&str] = if rest.is_empty() { &["__init__.py"] } else { &[".py", "/__init__.py"] };
    ends.iter().find_map(|end| {
        let slash = if dir.is_root() { "" } else { "/" };
        let path = [dir.as_str(), slash, rest, end].concat();
        // What is written oddly (`a//b`) is put right before it is looked up.
        let path = if path.contains("//") { RepoPath::new(&path)?.as_str().to_owned() } else { path };
        files.links.get(path.as_str()).or_else(|| files.known(&path)).cloned()
    })
}

/// Splits a dotted origin into the file of its module and the name in it (`pkg.config.Config`).
pub fn definition_file(files: &Files, from: &RepoPath, origin: &str) -> Option<(RepoPath, Option<String>)> {
    if let Some(file) = module_file(files, from, origin) {
        return Some((file, None));
    }
    let cut = origin.rfind('.')?;
    let (module, name) = (&origin[..cut], &origin[cut + 1..]);
    let module = if module.chars().all(|c| c == '.') { &origin[..=cut] } else { module };
    module_file(files, from, module).map(|file| (file, Some(name.to_owned())))
}
