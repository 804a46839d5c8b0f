//! Classes of the project that derive from Flask, in whatever file: `class Shop(Flask)` here,
//! `Shop(__name__)` there.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::files::{Files, PyFile};
use crate::facts::names::{Names, definition_file};
use crate::lang::python::{Expr, StmtKind, walk_stmts};
use crate::text::RepoPath;

/// The classes that derive from Flask, by the file that defines them.
#[derive(Default)]
pub struct FlaskClasses(BTreeSet<(RepoPath, String)>);

impl FlaskClasses {
    pub fn of(files: &Files, python: &[PyFile], names: &BTreeMap<RepoPath, Names>) -> Self {
        let mut classes = Self::default();
        // Bases may stand in files that come later: until nothing is added.
        loop {
            let before = classes.0.len();
            for file in python {
                let Some(names) = names.get(&file.path) else { continue };
                if !file.has("Flask") && !classes.may_be_named_in(file) {
                    continue;
                }
                walk_stmts(&file.module.body, &mut |stmt| {
                    let StmtKind::Class(class) = &stmt.kind else { return };
                    if class.bases.iter().any(|base| classes.is_flask(files, &file.path, names, &base.value)) {
                        classes.0.insert((file.path.clone(), class.name.clone()));
                    }
                });
            }
            if classes.0.len() == before {
                return classes;
            }
        }
    }

    /// Whether the name of one of them stands in a file, which needs no syntax tree to tell.
    pub fn may_be_named_in(&self, file: &PyFile) -> bool {
        self.0.iter().any(|(_, name)| file.has(name))
    }

    fn is_flask(&self, files: &Files, from: &RepoPath, names: &Names, base: &Expr) -> bool {
        names.resolve(base).as_deref() == Some("flask.Flask") || self.named(files, from, names, base)
    }

    /// Whether an expression names one of them, seen from a file.
    pub fn named(&self, files: &Files, from: &RepoPath, names: &Names, class: &Expr) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Some(resolved) = names.resolve(class) else { return false };
        if self.0.contains(&(from.clone(), resolved.clone())) {
            return true;
        }
        match definition_file(files, from, &resolved) {
            Some((path, Some(name))) => self.0.contains(&(path, name)),
            _ => false,
        }
    }
}
