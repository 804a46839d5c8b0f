//! The files of the tree that were read, and what each is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::lang::python::Module;
pub use crate::repo::role::FileRole;
use crate::text::{Location, RepoPath, SourceFile, Span};

/// The text files that were read, and the paths of all files of the tree.
#[derive(Clone, Default)]
pub struct Files {
    pub sources: BTreeMap<RepoPath, SourceFile>,
    /// Other texts, kept because a credential stands in them. No reader of settings sees them.
    pub texts: BTreeMap<RepoPath, SourceFile>,
    /// Every regular file of the tree, read or not, with its permission bits.
    pub all: BTreeMap<RepoPath, u32>,
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

/// A parsed Python file. Cheap to clone.
#[derive(Clone)]
pub struct PyFile {
    pub path: RepoPath,
    pub role: FileRole,
    pub module: Arc<Module>,
}
