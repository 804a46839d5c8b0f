//! What a run did, for people and for `undo --list`: drawn from the journal, with the masked diff
//! that was shown. Holds no secret and no content of a file.

use serde::{Deserialize, Serialize};

use crate::repo::Tree;
use crate::text::RepoPath;

use super::journal::{self, FORMAT, FileOp, Journal, Kept, KeyPlace, Role, RunState};
use super::run_dir::RunDir;
use super::state_dir::{RunId, StateDir, StateError};

pub(super) const DIFF: &str = "diff.txt";
const RECEIPT: &str = "receipt.json";

/// The outcome of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub format: u32,
    pub run: RunId,
    /// Runs of a tree are numbered in order.
    pub number: u64,
    /// Seconds since 1970, UTC.
    pub time: u64,
    pub tree: String,
    pub state: RunState,
    /// In the order of writing.
    pub files: Vec<FileOutcome>,
    pub keys: Vec<KeyPlace>,
    /// Files that git stopped tracking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untracked: Vec<RepoPath>,
    /// Files an undo or a recovery left as they were, and why.
    pub kept: Vec<Kept>,
    /// The diff as it was shown, secrets masked; kept beside the receipt.
    #[serde(skip)]
    pub diff: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    pub path: RepoPath,
    pub role: Role,
    pub action: Action,
    /// Permission bits the run left.
    pub mode: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Created,
    Changed,
    /// Only the permission bits.
    Mode,
}

impl Receipt {
    pub(super) fn of(run: &RunDir, journal: &Journal) -> Result<Self, StateError> {
        let diff = run.read(DIFF)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        Ok(Self {
            format: FORMAT,
            run: run.id.clone(),
            number: journal.number,
            time: journal.time,
            tree: journal.tree.clone(),
            state: journal.state,
            files: journal.files.iter().map(outcome).collect(),
            keys: journal.keys.clone(),
            untracked: journal.index.as_ref().map(|op| op.paths.clone()).unwrap_or_default(),
            kept: journal.kept.clone(),
            diff,
        })
    }

    /// Writes the receipt into the run's directory, replacing an older one.
    pub(super) fn keep(&self, run: &RunDir) -> Result<(), StateError> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| StateError::io(&run.path_of(RECEIPT), "written", std::io::Error::from(error)))?;
        run.replace(RECEIPT, &text)
    }
}

fn outcome(op: &FileOp) -> FileOutcome {
    let action = match &op.before {
        None => Action::Created,
        Some(before) if before.hash == op.after.hash => Action::Mode,
        Some(_) => Action::Changed,
    };
    FileOutcome { path: op.path.clone(), role: op.role, action, mode: op.after.mode }
}

/// The runs of a tree, newest first, and those whose journal cannot be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub runs: Vec<Receipt>,
    /// Id and reason.
    pub unreadable: Vec<(RunId, String)>,
}

impl Listing {
    /// The run that an `undo` without an id means: the newest that was written, undone or not.
    pub fn newest(&self) -> Option<&Receipt> {
        self.runs.iter().find(|run| matches!(run.state, RunState::Applied | RunState::Undone))
    }

    /// Runs that were interrupted and wait for the next one that writes.
    pub fn open(&self) -> impl Iterator<Item = &Receipt> {
        self.runs.iter().filter(|run| matches!(run.state, RunState::Open | RunState::UndoOpen))
    }
}

/// Lists the runs of a tree. Reads only: takes no lock and creates nothing.
///
/// # Errors
/// Where the state directory exists and cannot be read.
pub fn list(tree: &Tree, state: &StateDir) -> Result<Listing, StateError> {
    let Some(state) = state.peek(tree)? else { return Ok(Listing::default()) };
    let mut listing = Listing::default();
    for id in state.runs()? {
        let run = state.run(&id)?;
        match journal::load(&run) {
            Ok((journal, _)) if journal.state == RunState::Void => {}
            Ok((journal, _)) => listing.runs.push(Receipt::of(&run, &journal)?),
            Err(error) => listing.unreadable.push((id, error.to_string())),
        }
    }
    listing.runs.sort_by_key(|run| std::cmp::Reverse(run.number));
    Ok(listing)
}
