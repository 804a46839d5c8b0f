//! Takes a run back, and lists the runs that could be.

use std::path::Path;

use crate::apply::{self, ApplyError, Listing, Recovered, RunId, Session, StateDir, UndoOptions, UndoReport};
use crate::repo::Tree;

use super::EngineError;

/// The runs on the tree at `root`. Reads only.
///
/// # Errors
/// Where the tree or the state directory cannot be read.
pub fn runs(root: &Path) -> Result<Listing, EngineError> {
    let tree = Tree::open(root)?;
    Ok(apply::list(&tree, &StateDir::from_env()?)?)
}

/// Takes a run back: the newest, or the one with this id. Also says which interrupted runs were
/// finished or taken back on the way.
///
/// # Errors
/// Where there is no such run, or a file cannot be written.
pub fn undo(root: &Path, id: Option<&str>, options: UndoOptions) -> Result<(UndoReport, Vec<Recovered>), EngineError> {
    let tree = Tree::open(root)?;
    let id = match id {
        Some(text) => Some(RunId::parse(text).ok_or_else(|| ApplyError::UnknownRun { id: text.to_owned() })?),
        None => None,
    };
    let session = Session::begin(&tree, &StateDir::from_env()?)?;
    let report = session.undo(id.as_ref(), options)?;
    Ok((report, session.recovered().to_vec()))
}
