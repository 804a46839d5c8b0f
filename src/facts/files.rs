//! The files of the tree that were read, and what each is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::Names;
use super::syntax::Syntax;
use crate::lang::python::{Expr, ExprKind, Stmt, StmtKind, walk_exprs};
pub use crate::repo::role::FileRole;
use crate::text::{Location, RepoPath, SourceFile, Span};

/// The text files that were read, and the paths of all files of the tree.
#[derive(Clone, Default)]
pub struct Files {
    pub sources: BTreeMap<RepoPath, SourceFile>,
    /// Other texts, kept because a credential stands in them. No reader of settings sees them.
    pub texts: BTreeMap<RepoPath, SourceFile>,
    /// Links to files of the tree, with these files.
    pub links: BTreeMap<RepoPath, RepoPath>,
    /// Every regular file of the tree, read or not, with its permission bits.
    pub all: Arc<BTreeMap<RepoPath, u32>>,
}

impl Files {
    pub fn get(&self, path: &RepoPath) -> Option<&SourceFile> {
        self.sources.get(path)
    }

    /// A text that was read, for whatever reason.
    pub fn text(&self, path: &RepoPath) -> Option<&SourceFile> {
        self.sources.get(path).or_else(|| self.texts.get(path))
    }

    /// Every text that was read.
    pub fn every(&self) -> impl Iterator<Item = &SourceFile> {
        self.sources.values().chain(self.texts.values())
    }

    /// The same tree without any text.
    pub fn paths(&self) -> Self {
        Self { all: Arc::clone(&self.all), links: self.links.clone(), ..Self::default() }
    }

    /// The path of the tree that is written this way.
    pub fn known(&self, path: &str) -> Option<&RepoPath> {
        self.all.get_key_value(path).map(|(path, _)| path)
    }

    pub fn exists(&self, path: &RepoPath) -> bool {
        self.all.contains_key(path)
    }

    /// The location of a span of a file that was read.
    pub fn locate(&self, path: &RepoPath, span: Span) -> Location {
        match self.text(path) {
            Some(source) => Location::in_file(source, span),
            None => Location::whole(path.clone()),
        }
    }
}

/// Packages whose `TestCase` classes hold tests.
const TEST_PACKAGES: &[&str] = &["unittest", "unittest2", "flask_testing", "flask.ext.testing"];

/// What a Python file is for, by its path and what it holds: one with test cases is the tests' own
/// wherever it lies, unless it also makes an app.
pub fn role_of(by_path: FileRole, module: &Syntax) -> FileRole {
    let text = module.text().as_bytes();
    if by_path != FileRole::Source || memchr::memmem::find(text, b"TestCase").is_none() {
        return by_path;
    }
    let names = Names::of_file(module);
    if !TEST_PACKAGES.iter().any(|package| names.mentions(package)) {
        return by_path;
    }
    let case = |stmt: &Stmt| match &stmt.kind {
        StmtKind::Class(class) => {
            class.bases.iter().any(|base| base.value.dotted().is_some_and(|name| name.ends_with("TestCase")))
        }
        _ => false,
    };
    if !module.body.iter().any(case) {
        return by_path;
    }
    let mut makes_app = false;
    walk_exprs(&module.body, &mut |expr: &Expr| {
        if let ExprKind::Call(call) = &expr.kind {
            makes_app |= names.resolve(&call.func).is_some_and(|func| func == "flask.Flask");
        }
    });
    if makes_app { by_path } else { FileRole::Test }
}

/// A Python file. Cheap to clone.
#[derive(Clone)]
pub struct PyFile {
    pub path: RepoPath,
    pub role: FileRole,
    /// Its tree, made at the first look into it.
    pub module: Syntax,
}
