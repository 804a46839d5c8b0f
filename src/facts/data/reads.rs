//! Where Python reads a file of data and which name holds it afterwards: `json.load(open(…))`,
//! `configparser`, a function that returns one, a part of one. Knows one file at a time.

use super::path::{FileName, PathReader};
use crate::facts::files::PyFile;
use crate::facts::loads::loader_name;
use crate::facts::names::{DataKind, Names, is_loader};
use crate::facts::values::look_up;
use crate::lang::python::{Call, Expr, ExprKind, Module, Stmt, StmtKind, walk_exprs};
use crate::text::{RepoPath, Span};

/// A name and what it is given.
pub struct Bound<'a> {
    pub name: String,
    pub value: &'a Expr,
    pub at: usize,
    /// The function around it, else the whole file.
    pub scope: Span,
}

/// A name that holds what a file says.
#[derive(Clone, Debug)]
pub struct Binding {
    pub path: RepoPath,
    /// `config`, `self.config`; `load_config()` for what a function returns.
    pub name: String,
    pub origin: Origin,
}

/// Where the data of a name comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    Files(Vec<FileName>),
    /// Part of what another name holds.
    Part {
        base: String,
        keys: Vec<String>,
    },
}

/// The bindings of one file.
pub fn collect(file: &PyFile, names: &Names) -> Vec<Binding> {
    let bound = bound(&file.module);
    let reads = Reads { path: &file.path, names, paths: PathReader { names, bound: &bound } };
    let mut found = Vec::new();
    for one in &bound {
        found.extend(reads.binding(&one.name, one.value));
    }
    reads.alone(&file.module, &mut found);
    reads.parsers(&file.module, &mut found);
    reads.returned(&file.module, &mut found);
    found
}

/// Everything in a file that a name is given, `with` included, in source order.
pub fn bound(module: &Module) -> Vec<Bound<'_>> {
    let whole = Span::new(0, module.body.last().map_or(0, |stmt| stmt.span.end) + 1);
    let mut found = Vec::new();
    collect_bound(&module.body, whole, &mut found);
    found
}

fn collect_bound<'a>(body: &'a [Stmt], scope: Span, found: &mut Vec<Bound<'a>>) {
    for stmt in body {
        let mut add = |target: &Expr, value: &'a Expr| {
            if let Some(name) = target.dotted() {
                found.push(Bound { name, value, at: target.span.start, scope });
            }
        };
        match &stmt.kind {
            StmtKind::Assign { targets, value } => targets.iter().for_each(|target| add(target, value)),
            StmtKind::With { items, .. } => {
                for (value, target) in items {
                    target.iter().for_each(|target| add(target, value));
                }
            }
            StmtKind::For { target, iter, .. } => {
                if let ExprKind::List(items) | ExprKind::Tuple(items) = &iter.kind {
                    items.iter().take(4).for_each(|item| add(target, item));
                }
            }
            _ => {}
        }
        let inner = match &stmt.kind {
            StmtKind::Function(function) => function.span,
            _ => scope,
        };
        stmt.blocks().into_iter().for_each(|block| collect_bound(block, inner, found));
    }
}

struct Reads<'a> {
    path: &'a RepoPath,
    names: &'a Names,
    paths: PathReader<'a>,
}

impl Reads<'_> {
    fn binding(&self, name: &str, value: &Expr) -> Option<Binding> {
        let origin = self.origin(value)?;
        Some(Binding { path: self.path.clone(), name: name.to_owned(), origin })
    }

    fn origin(&self, value: &Expr) -> Option<Origin> {
        if let Some(call) = value.as_call() {
            if let Some(file) = self.loaded(call) {
                return Some(Origin::Files(vec![file]));
            }
            // `dict(json.load(f))`
            if matches!(call.func.as_name(), Some("dict")) {
                return self.origin(call.positional(0)?);
            }
        }
        if let ExprKind::Bool { left, .. } = &value.kind {
            return self.origin(left);
        }
        let lookup = look_up(value)?;
        Some(Origin::Part { base: lookup.base, keys: lookup.keys })
    }

    /// The file a call parses.
    fn loaded(&self, call: &Call) -> Option<FileName> {
        is_loader(&self.names.resolve(&call.func)?).then(|| {
            let given = call.positional(0).or_else(|| call.keyword("dotenv_path").map(|arg| &arg.value));
            match given {
                Some(given) => self.paths.read(given),
                // `dotenv_values()`
                None => FileName::Written(".env".to_owned()),
            }
        })
    }

    /// Data that no name holds: `app.config.update(json.load(open("x.json")))`.
    fn alone(&self, module: &Module, found: &mut Vec<Binding>) {
        walk_exprs(&module.body, &mut |expr| {
            if let Some(file) = expr.as_call().and_then(|call| self.loaded(call)) {
                let (path, origin) = (self.path.clone(), Origin::Files(vec![file]));
                found.push(Binding { path, name: loader_name(expr), origin });
            }
        });
    }

    /// `config = ConfigParser()`, then `config.read("app.ini")`.
    fn parsers(&self, module: &Module, found: &mut Vec<Binding>) {
        walk_exprs(&module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            let ExprKind::Attr { value, name } = &call.func.kind else { return };
            let Some(base) = value.dotted().filter(|base| self.names.data(base) == Some(DataKind::Parser)) else {
                return;
            };
            let file = match name.as_str() {
                "read" | "read_file" | "readfp" => call.positional(0).map(|expr| self.paths.read(expr)),
                _ => None,
            };
            let Some(file) = file else { return };
            let same = |binding: &&mut Binding| binding.name == base && matches!(binding.origin, Origin::Files(_));
            match found.iter_mut().find(same) {
                Some(Binding { origin: Origin::Files(files), .. }) => files.push(file),
                _ => found.push(Binding { path: self.path.clone(), name: base, origin: Origin::Files(vec![file]) }),
            }
        });
    }

    /// Functions that return data: `load_config()` stands for it.
    fn returned(&self, module: &Module, found: &mut Vec<Binding>) {
        let mut more = Vec::new();
        crate::lang::python::walk_stmts(&module.body, &mut |stmt| {
            let StmtKind::Function(function) = &stmt.kind else { return };
            let mut returned = Vec::new();
            returns(&function.body, &mut returned);
            let [value] = returned.as_slice() else { return };
            let name = format!("{}()", function.name);
            match value.as_name() {
                Some(local) if found.iter().any(|binding| binding.name == local) => more.push(Binding {
                    path: self.path.clone(),
                    name,
                    origin: Origin::Part { base: local.to_owned(), keys: Vec::new() },
                }),
                _ => more.extend(self.binding(&name, value)),
            }
        });
        found.extend(more);
    }
}

fn returns<'a>(body: &'a [Stmt], found: &mut Vec<&'a Expr>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Return(Some(value)) => found.push(value),
            StmtKind::Function(_) | StmtKind::Class(_) => {}
            _ => stmt.blocks().into_iter().for_each(|block| returns(block, found)),
        }
    }
}
