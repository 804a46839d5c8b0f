//! What can end a run, in words for a person: what failed, why, what to type now. The errors of
//! the walls below become these; texts of third parties in them are not escaped yet.

use crate::apply::{ApplyError, Failure, FileError, Refusal, StateError};
use crate::repo::TreeError;

/// What kind of failure it is; a face chooses its exit code by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Wrong options, or a settings file that cannot be used.
    Settings,
    /// No Flask project here, or no run to take back.
    NothingToInspect,
    /// A write was refused; no file of the project was changed unless the text says so.
    WriteRefused,
    /// The chosen store cannot be used; no file of the project was changed.
    StoreUnusable,
}

/// Why a run ended. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct EngineError {
    pub kind: ErrorKind,
    pub what: String,
    pub why: Option<String>,
    /// What to type or do now, one line each, the best first.
    pub now: Vec<String>,
    /// Whether "Nothing was written." is true and worth saying.
    pub nothing_written: bool,
}

impl EngineError {
    pub fn new(kind: ErrorKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), why: None, now: Vec::new(), nothing_written: true }
    }

    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    #[must_use]
    pub fn now(mut self, now: impl Into<String>) -> Self {
        self.now.push(now.into());
        self
    }
}

impl From<TreeError> for EngineError {
    fn from(error: TreeError) -> Self {
        let kind = match error {
            TreeError::NotFound { .. } | TreeError::NotADirectory { .. } => ErrorKind::Settings,
            _ => ErrorKind::WriteRefused,
        };
        Self::new(kind, "the directory cannot be opened")
            .why(error.to_string())
            .now("flask-harden DIRECTORY   with a directory that you may read")
    }
}

impl From<StateError> for EngineError {
    fn from(error: StateError) -> Self {
        let now = match error {
            StateError::InsideTree { .. } | StateError::NoHome | StateError::Foreign { .. } => {
                "set XDG_STATE_HOME to a directory of yours outside the project"
            }
            _ => "make the directory writable for you, or set XDG_STATE_HOME to one that is",
        };
        Self::new(ErrorKind::WriteRefused, "the journal and the backups cannot be kept").why(error.to_string()).now(now)
    }
}

impl From<ApplyError> for EngineError {
    fn from(error: ApplyError) -> Self {
        let refused = |what: &str| Self::new(ErrorKind::WriteRefused, what);
        let text = error.to_string();
        let unchanged = error.nothing_changed();
        let mut said = match error {
            ApplyError::State(error) => error.into(),
            ApplyError::Locked => refused("another run of flask-harden is at work on this directory")
                .why("two runs would write the same files")
                .now("wait for it to end, then type the command again"),
            ApplyError::Refused(file) => refused_file(&file),
            ApplyError::Empty => refused("there is nothing to write").why(text).now("flask-harden scan"),
            ApplyError::TakenBack { cause: Failure::ReadBack(reason), kept } => {
                taken_back(Self::new(ErrorKind::StoreUnusable, "the new key could not be read back").why(reason), &kept)
            }
            ApplyError::TakenBack { cause, kept } => {
                taken_back(refused("a write failed").why(cause.to_string()), &kept)
            }
            ApplyError::Stuck { run, reason, left, backups } => {
                let mut said = refused(&format!("run {run} stopped half way")).why(reason);
                for path in left {
                    said = said.now(format!("{path} is not what it was"));
                }
                said.now(format!("the old contents are in {}", backups.display()))
                    .now("the next flask-harden --apply or flask-harden undo takes it up again")
            }
            ApplyError::Unfinished { run, reason } => {
                refused(&format!("the interrupted run {run} cannot be finished or taken back"))
                    .why(reason)
                    .now("flask-harden undo --list   shows it; then type the command again")
            }
            ApplyError::NoRun => Self::new(ErrorKind::NothingToInspect, text)
                .why("nothing was applied here, or it was applied under another user or XDG_STATE_HOME")
                .now("flask-harden undo --list"),
            ApplyError::UnknownRun { .. } => Self::new(ErrorKind::Settings, text)
                .why("runs are known by the id that --apply printed")
                .now("flask-harden undo --list"),
        };
        said.nothing_written &= unchanged;
        said
    }
}

/// A file that is not written, found before anything was.
fn refused_file(file: &FileError) -> EngineError {
    let refused = |what: &str| EngineError::new(ErrorKind::WriteRefused, what).why(file.to_string());
    match &file.why {
        Refusal::Locked { lock } => refused("git's index cannot be written now")
            .now("let the git command that is at work end, then type the command again")
            .now(format!("where none is at work, one was interrupted: remove {lock} yourself")),
        Refusal::Index(_) => refused("git's index cannot be written")
            .now("git rm --cached FILE   stops tracking a file; then type the command again without --untrack"),
        _ => refused("a file cannot be written")
            .now("flask-harden --diff   shows what would be written to the files as they are now"),
    }
}

/// What a run that gave its files back says: those it could not touch any more are named.
fn taken_back(error: EngineError, kept: &[crate::text::RepoPath]) -> EngineError {
    let error = kept.iter().fold(error, |error, path| {
        error.now(format!("{path} was changed by someone else meanwhile: compare it yourself"))
    });
    error.now("repair the cause, then type the command again; the files already written were given back")
}
