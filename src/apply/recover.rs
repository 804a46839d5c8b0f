//! Giving files back, for a failed run, an interrupted one and for undo. Looks at the files and
//! compares them with the journal, so that it can itself be interrupted and run again.

use crate::repo::Tree;
use crate::text::ContentHash;

use super::error::ApplyError;
use super::index::{self, Entries, IndexPlace};
use super::journal::{self, Ending, FileOp, IndexOp, Journal, Kept, KeptWhy, Record, Role, RunState, Writer};
use super::receipt::Receipt;
use super::run_dir::RunDir;
use super::state_dir::{RunId, StateError, TreeState};
use super::undo;
use super::write::{Dress, FileError, Found, Refusal, Seen, Slot};

/// What became of an interrupted run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    pub run: RunId,
    pub what: RecoveredAs,
    /// Files edited since, which were left alone.
    pub kept: Vec<Kept>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveredAs {
    /// Everything was written already; only the journal was open.
    Finished,
    TakenBack,
    /// An undo was carried on to its end.
    UndoFinished,
}

/// What a file is, compared with the journal.
pub(super) enum Standing {
    Before,
    /// As the run left it.
    After(Found),
    /// Some other content or mode.
    Edited(Found),
    /// It existed before and after, and does not now.
    Removed,
    /// A link, a directory, something with several names.
    Replaced,
}

/// Where the target of an operation stands, with the place to write it; no place where its
/// directory is gone.
pub(super) fn standing<'t>(tree: &'t Tree, op: &FileOp) -> Result<(Option<Slot<'t>>, Standing), FileError> {
    let slot = match Slot::open(tree, &op.path) {
        Ok(slot) => slot,
        Err(FileError { why: Refusal::NoDirectory, .. }) => {
            return Ok((None, if op.before.is_none() { Standing::Before } else { Standing::Removed }));
        }
        Err(FileError { why: Refusal::Link | Refusal::NotRegular, .. }) => return Ok((None, Standing::Replaced)),
        Err(error) => return Err(error),
    };
    let standing = match slot.look()? {
        Seen::Absent if op.before.is_none() => Standing::Before,
        Seen::Absent => Standing::Removed,
        Seen::Foreign(_) => Standing::Replaced,
        Seen::File(found) if found.mark.same_file(&op.after) => Standing::After(found),
        Seen::File(found) if op.before.as_ref().is_some_and(|before| found.mark.same_file(before)) => Standing::Before,
        Seen::File(found) => Standing::Edited(found),
    };
    Ok((Some(slot), standing))
}

/// Finishes or takes back every run of this tree that was interrupted.
pub(super) fn recover(tree: &Tree, state: &TreeState) -> Result<Vec<Recovered>, ApplyError> {
    let mut recovered = Vec::new();
    for id in state.runs()? {
        let run = state.run(&id)?;
        let unfinished = |reason: String| ApplyError::Unfinished { run: id.clone(), reason };
        let (journal, bytes) = journal::load(&run).map_err(|error| unfinished(error.to_string()))?;
        match journal.state {
            RunState::Applied | RunState::TakenBack | RunState::Undone => {}
            RunState::Void => state.forget(&run),
            RunState::Open | RunState::UndoOpen => {
                let mut writer = Writer::resume(&run, journal, &bytes)?;
                let outcome = recover_one(tree, &run, &mut writer);
                let (what, kept) = outcome.map_err(|error| unfinished(error.to_string()))?;
                recovered.push(Recovered { run: id, what, kept });
            }
        }
    }
    Ok(recovered)
}

fn recover_one(tree: &Tree, run: &RunDir, writer: &mut Writer) -> Result<(RecoveredAs, Vec<Kept>), GiveBackError> {
    index::tidy(run);
    if let Some(op) = &writer.journal.index {
        IndexPlace::find(tree)?.discard(op)?;
    }
    if writer.journal.state == RunState::UndoOpen {
        let outcome = undo::carry_on(tree, run, writer)?;
        return Ok((RecoveredAs::UndoFinished, outcome));
    }
    if !writer.journal.taking_back && all_written(tree, run, &writer.journal)? {
        discard_temps(tree, &writer.journal)?;
        let mut receipt = Receipt::of(run, &writer.journal)?;
        receipt.state = RunState::Applied;
        receipt.keep(run)?;
        writer.append(vec![Record::Close { ending: Ending::Applied, kept: Vec::new() }])?;
        return Ok((RecoveredAs::Finished, Vec::new()));
    }
    Ok((RecoveredAs::TakenBack, take_back(tree, run, writer)?))
}

fn all_written(tree: &Tree, run: &RunDir, journal: &Journal) -> Result<bool, FileError> {
    if let Some(op) = &journal.index
        && IndexPlace::find(tree)?.entries(run, op)? != Entries::Absent
    {
        return Ok(false);
    }
    for op in &journal.files {
        if !matches!(standing(tree, op)?.1, Standing::After(_)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A failure while giving back: of the tree, or of the state directory.
#[derive(Debug, thiserror::Error)]
pub(super) enum GiveBackError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    State(#[from] StateError),
}

/// Gives every file of an unfinished run back and closes its journal. The backups are removed:
/// nothing refers to them any more.
pub(super) fn take_back(tree: &Tree, run: &RunDir, writer: &mut Writer) -> Result<Vec<Kept>, GiveBackError> {
    discard_temps(tree, &writer.journal)?;
    let mut kept = Vec::new();
    let (ignores, others): (Vec<&FileOp>, Vec<&FileOp>) =
        writer.journal.files.iter().rev().partition(|op| op.role == Role::Ignore);
    take_back_files(tree, run, &others, &mut kept)?;
    if let Some(op) = &writer.journal.index {
        kept.extend(IndexPlace::find(tree)?.give_back(run, op, false)?);
    }
    take_back_files(tree, run, &ignores, &mut kept)?;
    writer.append(vec![Record::Close { ending: Ending::TakenBack, kept: kept.clone() }])?;
    let given_back = |op: &&FileOp| !kept.iter().any(|kept| kept.path == op.path);
    drop_backups(run, writer.journal.files.iter().filter(given_back));
    if let Some(op) = writer.journal.index.as_ref().filter(|_| !kept.iter().any(Kept::is_of_index)) {
        run.remove(&op.backup);
    }
    // The journal is closed; a receipt that cannot be renewed does not undo that.
    let _ = Receipt::of(run, &writer.journal).and_then(|receipt| receipt.keep(run));
    Ok(kept)
}

/// Gives these files back, in this order; those that are not as the run left them are kept.
fn take_back_files(tree: &Tree, run: &RunDir, ops: &[&FileOp], kept: &mut Vec<Kept>) -> Result<(), FileError> {
    for op in ops {
        let why = match standing(tree, op)? {
            (_, Standing::Before) => continue,
            (Some(slot), Standing::After(found)) => {
                give_back(&slot, run, op, Some(&found))?;
                continue;
            }
            (None, Standing::After(_)) | (_, Standing::Edited(_)) => KeptWhy::Edited,
            (_, Standing::Removed) => KeptWhy::Removed,
            (_, Standing::Replaced) => KeptWhy::Replaced,
        };
        kept.push(Kept { path: op.path.clone(), why });
    }
    Ok(())
}

/// Puts the old file back in place of `found`, or removes it where there was none.
pub(super) fn give_back(slot: &Slot<'_>, run: &RunDir, op: &FileOp, found: Option<&Found>) -> Result<(), FileError> {
    if op.before.is_some() {
        stage_old(slot, run, op, found)?;
        return slot.install(&op.temp, found);
    }
    found.map_or(Ok(()), |found| slot.remove(found))
}

/// Stages the old content beside the target.
pub(super) fn stage_old(slot: &Slot<'_>, run: &RunDir, op: &FileOp, found: Option<&Found>) -> Result<(), FileError> {
    let refused = |why| FileError { path: op.path.clone(), why };
    let (Some(before), Some(backup)) = (&op.before, &op.backup) else { return Err(refused(Refusal::Backup)) };
    let bytes = run.read(backup).map_err(|error| refused(Refusal::State(error.to_string())))?;
    let bytes = bytes.filter(|bytes| ContentHash::of(bytes) == before.hash).ok_or_else(|| refused(Refusal::Backup))?;
    let dress = Dress { mode: before.mode, owner: Some((before.uid, before.gid)), like: found };
    slot.stage(&op.temp, &bytes, &dress)
}

/// Removes the temporary files of a run.
pub(super) fn discard_temps(tree: &Tree, journal: &Journal) -> Result<(), FileError> {
    for op in &journal.files {
        match Slot::open(tree, &op.path) {
            Ok(slot) => slot.discard(&op.temp)?,
            Err(FileError { why: Refusal::NoDirectory | Refusal::Link, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Removes backups whose file was given back.
pub(super) fn drop_backups<'o>(run: &RunDir, ops: impl Iterator<Item = &'o FileOp>) {
    for backup in ops.filter_map(|op| op.backup.as_deref()) {
        run.remove(backup);
    }
}

/// Nothing else helps: names the files that are not what they were, and where their backups are.
pub(super) fn stuck(tree: &Tree, run: &RunDir, journal: &Journal, reason: String) -> ApplyError {
    let changed = |op: &&FileOp| !matches!(standing(tree, op), Ok((_, Standing::Before)));
    let mut left: Vec<_> = journal.files.iter().filter(changed).map(|op| op.path.clone()).collect();
    let present = |op: &&IndexOp| {
        let entries = IndexPlace::find(tree).and_then(|place| place.entries(run, op));
        matches!(entries, Ok(Entries::Present))
    };
    left.extend(journal.index.as_ref().filter(|op| !present(op)).map(|_| index::index_path()));
    ApplyError::Stuck { run: run.id.clone(), reason, left, backups: run.path_of("") }
}
