//! Text with places: files as read, spans, locations, edits, diffs and safe display.
//! Knows nothing of Flask, git or secrets' origin; touches no disk.

pub mod diff;
pub mod edit;
pub mod escape;
pub mod glob;
pub mod location;
pub mod source;
pub mod span;

pub use edit::TextEdit;
pub use location::{Label, Location, Place};
pub use source::{ContentHash, RepoPath, SourceFile};
pub use span::Span;
