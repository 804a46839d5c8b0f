//! The repository on disk: the held tree, the walk, and git. Knows no Flask and judges nothing.

mod discover;
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests build and damage their own repositories")]
mod fixture;
pub mod git;
pub mod history;
pub mod ignore;
mod origin;
pub mod own;
pub mod role;
pub mod tree;
pub mod walk;

pub use git::{Git, GitState};
pub use role::{FileRole, role};
pub use tree::{FileKind, FileStat, ReadFile, Tree, TreeError};
pub use walk::{Entry, Limits, Walked, walk};
