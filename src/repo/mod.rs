//! The repository on disk: the held tree, the walk, and git. Knows no Flask and judges nothing.

pub mod ignore;
pub mod own;
pub mod role;
pub mod tree;
pub mod walk;

pub use role::{FileRole, role};
pub use tree::{FileKind, FileStat, ReadFile, Tree, TreeError};
pub use walk::{Entry, Limits, Walked, walk};
