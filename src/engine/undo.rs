//! Takes a run back, and lists the runs that could be.

use std::path::Path;

use crate::apply::{
    self, ApplyError, Listing, Receipt, Recovered, RunId, RunState, Session, StateDir, StoredKey, UndoOptions,
    UndoReport,
};
use crate::repo::Tree;

use super::keys;
use super::{EngineError, ErrorKind};

/// What an undo did.
pub struct Undone {
    pub report: UndoReport,
    /// What became of runs that were interrupted earlier.
    pub recovered: Vec<Recovered>,
    /// The keys the run made outside of the tree.
    pub keys: Vec<UndoneKey>,
}

/// A key outside of the tree, and what became of it.
pub struct UndoneKey {
    pub name: String,
    pub place: String,
    pub fate: KeyFate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFate {
    /// It may be in use.
    Kept,
    /// No run here made it.
    NotOurs,
    /// The run replaced its value; the one before is kept nowhere.
    Replaced,
    /// Another run that is not undone needs it.
    UsedBy(RunId),
    Deleted,
    /// It should have been deleted: why it was not.
    Failed(String),
}

/// The runs on the tree at `root`. Reads only.
///
/// # Errors
/// Where the tree or the state directory cannot be read.
pub fn runs(root: &Path) -> Result<Listing, EngineError> {
    let tree = Tree::open(root)?;
    Ok(apply::list(&tree, &StateDir::from_env()?)?)
}

/// Takes a run back: the newest, or the one with this id. Its keys stay where they are, unless
/// they are to be purged.
///
/// # Errors
/// Where there is no such run, or a file cannot be written.
pub fn undo(root: &Path, id: Option<&str>, options: UndoOptions) -> Result<Undone, EngineError> {
    let tree = Tree::open(root)?;
    let id = match id {
        Some(text) => Some(RunId::parse(text).ok_or_else(|| ApplyError::UnknownRun { id: text.to_owned() })?),
        None => None,
    };
    let state = StateDir::from_env()?;
    let session = Session::begin(&tree, &state)?;
    let report = session.undo(id.as_ref(), options)?;
    let keys = keys_of(&session, &apply::list(&tree, &state)?, &report, options.purge)?;
    let recovered = session.recovered().to_vec();
    Ok(Undone { report, recovered, keys })
}

/// The keys of a run that are outside of the tree; deleted where they are purged.
fn keys_of(
    session: &Session<'_>,
    runs: &Listing,
    report: &UndoReport,
    purge: bool,
) -> Result<Vec<UndoneKey>, EngineError> {
    let before = session.record()?;
    let mut record = before.clone();
    for path in &report.removed {
        record.keys.retain(|key| keys::keeps(key.store) || key.item.service != path.as_str());
    }
    let mut undone = Vec::new();
    let run = runs.runs.iter().find(|run| run.run == report.run);
    for key in run.map_or(&[][..], |run| &run.keys) {
        let Some(stored) = &key.stored else { continue };
        // One that is no longer recorded was deleted by an earlier undo.
        if !record.owns(stored.store, &stored.item) {
            continue;
        }
        let made = runs.runs.iter().any(|run| holds(run, stored, true));
        let user = runs
            .runs
            .iter()
            .find(|other| other.run != report.run && other.state == RunState::Applied && holds(other, stored, false));
        let mut fate = match user {
            _ if stored.replaced => KeyFate::Replaced,
            _ if !made => KeyFate::NotOurs,
            Some(user) => KeyFate::UsedBy(user.run.clone()),
            None => KeyFate::Kept,
        };
        if purge && fate == KeyFate::Kept {
            let deleted = keys::open(stored.store)
                .and_then(|store| store.delete(&stored.item).map_err(|error| keys::unusable(stored.store, &error)));
            fate = match deleted {
                Ok(()) => {
                    record.remove(stored.store, &stored.item);
                    KeyFate::Deleted
                }
                Err(error) => KeyFate::Failed(error.why.unwrap_or(error.what)),
            };
        }
        undone.push(UndoneKey { name: key.name.clone(), place: key.place.clone(), fate });
    }
    if record != before {
        session.keep_record(&record)?;
    }
    Ok(undone)
}

/// Whether a run has a key, or made it.
fn holds(run: &Receipt, key: &StoredKey, made: bool) -> bool {
    let same = |other: &StoredKey| other.store == key.store && other.item == key.item && (other.created || !made);
    run.keys.iter().filter_map(|key| key.stored.as_ref()).any(same)
}

impl Undone {
    /// Why an undo that was to purge keys is not all that was asked for.
    pub fn left(&self) -> Option<EngineError> {
        let failed = |key: &&UndoneKey| matches!(key.fate, KeyFate::Failed(_));
        let key = self.keys.iter().find(failed)?;
        let KeyFate::Failed(why) = &key.fate else { return None };
        let mut error = EngineError::new(ErrorKind::StoreUnusable, format!("{} was not deleted", key.name))
            .why(why.clone())
            .now(format!("flask-harden undo {} --purge   once more, when the store can be used", self.report.run));
        error.nothing_written = false;
        Some(error)
    }
}
