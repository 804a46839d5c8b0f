//! Why an apply or an undo did not do what was asked, and what that left behind.

use std::path::PathBuf;

use crate::text::RepoPath;

use super::state_dir::{RunId, StateError};
use super::write::FileError;

/// What went wrong once files were being replaced.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    State(#[from] StateError),
    /// The keys could not be read back from where they were written.
    #[error("the keys could not be read back: {0}")]
    ReadBack(String),
}

/// The wall of this module. Paths and ids only; never contents.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("another run of flask-harden is at work on this directory")]
    Locked,
    #[error(transparent)]
    State(#[from] StateError),
    /// Found before the first file was replaced.
    #[error(transparent)]
    Refused(FileError),
    #[error("the draft holds no file to write")]
    Empty,
    /// A later step failed; the files already written are as they were, but for those in `kept`,
    /// which someone else changed in the meantime.
    #[error("{cause}; the files already written were given back")]
    TakenBack { cause: Failure, kept: Vec<RepoPath> },
    /// A failure, and then another one while giving files back. The journal stays open; `left`
    /// are the files that are not what they were, `backups` is where their old contents are.
    #[error("run {run} stopped half way: {reason}")]
    Stuck { run: RunId, reason: String, left: Vec<RepoPath>, backups: PathBuf },
    /// An earlier run was interrupted and can be neither finished nor taken back now.
    #[error("the interrupted run {run} cannot be finished: {reason}")]
    Unfinished { run: RunId, reason: String },
    #[error("there is no run to undo in this directory")]
    NoRun,
    #[error("there is no run {id} in this directory")]
    UnknownRun { id: String },
}

impl ApplyError {
    /// Whether every file of the tree is as it was before this call.
    pub fn nothing_changed(&self) -> bool {
        match self {
            Self::Stuck { .. } | Self::Unfinished { .. } => false,
            Self::TakenBack { kept, .. } => kept.is_empty(),
            _ => true,
        }
    }
}
