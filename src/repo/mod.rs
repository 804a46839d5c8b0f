//! The repository on disk: the held tree, the walk, and git. Knows no Flask and judges nothing.

pub mod tree;

pub use tree::{FileKind, FileStat, ReadFile, Tree, TreeError};
