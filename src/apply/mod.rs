//! The only part that changes files of the tree. Takes a draft and writes it: staged, journaled,
//! checked, all files or none; and takes it back. Knows nothing of Flask, rules or remedies, and
//! shows nothing.
//!
//! Whether a step was done is never remembered but looked up: the journal says, before anything
//! happens, what every file was and what it will be, and recovery compares the files with that.

#![allow(clippy::disallowed_methods, reason = "the one place that writes, renames and removes files")]

pub mod error;
mod index;
mod journal;
mod lock;
mod receipt;
mod record;
mod recover;
pub mod run;
mod run_dir;
mod scratch;
pub mod state_dir;
#[cfg(test)]
mod testbed;
mod undo;
mod write;

pub use error::{ApplyError, Failure};
pub use journal::{FileMark, Kept, KeptWhy, KeyPlace, Role, RunState, StoredKey};
pub use receipt::{Action, FileOutcome, Listing, Receipt, list};
pub use record::{Grace, KeyRecord, StoreRecord, record};
pub use recover::{Recovered, RecoveredAs};
pub use run::{Session, apply};
pub use scratch::Scratch;
pub use state_dir::{RunId, StateDir, StateError};
pub use undo::{UndoOptions, UndoReport};
pub use write::{FileError, Refusal};
