//! Where something stands: in the tree, or in a commit.

use serde::Serialize;

use super::source::{RepoPath, SourceFile};
use super::span::Span;

/// The work tree, or a commit (full hex id).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Tree,
    Commit(String),
}

/// A span of a file, with line and column counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    pub place: Place,
    pub path: RepoPath,
    pub span: Span,
    pub line: usize,
    pub column: usize,
}

impl Location {
    /// A place in a file of the tree.
    pub fn in_file(file: &SourceFile, span: Span) -> Self {
        let (line, column) = file.position(span.start);
        Self { place: Place::Tree, path: file.path.clone(), span, line, column }
    }

    /// A file as a whole.
    pub fn whole(path: RepoPath) -> Self {
        Self { place: Place::Tree, path, span: Span::at(0), line: 1, column: 1 }
    }
}

/// A further location of a finding, with what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub location: Location,
    pub text: String,
}
