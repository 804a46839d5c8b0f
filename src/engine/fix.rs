//! One `--apply`: interrupted runs are dealt with first, then the tree is read, the draft made,
//! shown by the caller, and written.

use std::path::Path;

use crate::apply::{Receipt, Recovered, Session, StateDir};
use crate::plan::{Decisions, Draft};
use crate::repo::Tree;
use crate::text::RepoPath;

use super::{EngineError, Plan, Request, Scan};

/// A draft that is ready to be shown and written. As long as it lives no other run writes here.
pub struct Fix<'t> {
    tree: &'t Tree,
    session: Session<'t>,
    pub scan: Scan,
    pub plan: Plan,
    pub draft: Draft,
}

/// Bytes of an env file that is read back.
const ENV_FILE_LIMIT: u64 = 1 << 20;

impl<'t> Fix<'t> {
    /// Takes the lock, scans, plans and drafts what is decided.
    ///
    /// # Errors
    /// As [`super::scan`], [`super::plan`], [`super::draft`]; or another run is at work.
    pub fn begin(
        tree: &'t Tree,
        request: &Request,
        decide: impl FnOnce(&Plan) -> Result<Decisions, EngineError>,
    ) -> Result<Self, EngineError> {
        let session = Session::begin(tree, &StateDir::from_env()?)?;
        let scan = super::scan(request)?;
        let plan = super::plan(&scan, request)?;
        let draft = super::checked_draft(&scan, &plan, request, &decide(&plan)?)?;
        Ok(Self { tree, session, scan, plan, draft })
    }

    /// What became of runs that were interrupted earlier.
    pub fn recovered(&self) -> &[Recovered] {
        self.session.recovered()
    }

    /// Writes the draft; `None` where it changes nothing. The keys are read back before any code
    /// points at them.
    ///
    /// # Errors
    /// Where a write is refused or fails; the text says what that left.
    pub fn write(&self) -> Result<Option<Receipt>, EngineError> {
        put(self.tree, &self.session, &self.draft)
    }
}

/// Writes a draft that was made and shown earlier. A file that changed since is refused.
///
/// # Errors
/// Another run is at work, or a write is refused or fails; the text says what that left.
pub fn write(root: &Path, draft: &Draft) -> Result<(Option<Receipt>, Vec<Recovered>), EngineError> {
    let tree = Tree::open(root)?;
    let session = Session::begin(&tree, &StateDir::from_env()?)?;
    let receipt = put(&tree, &session, draft)?;
    Ok((receipt, session.recovered().to_vec()))
}

fn put(tree: &Tree, session: &Session<'_>, draft: &Draft) -> Result<Option<Receipt>, EngineError> {
    if draft.files.is_empty() {
        return Ok(None);
    }
    Ok(Some(session.apply(draft, &mut || read_back(tree, draft))?))
}

/// Every new key stands in its env file, for an independent reader.
fn read_back(tree: &Tree, draft: &Draft) -> Result<(), String> {
    for key in &draft.secrets {
        let path = RepoPath::new(&key.place).ok_or_else(|| format!("{} is no file of the tree", key.place))?;
        let file = tree.read(&path, ENV_FILE_LIMIT).map_err(|error| error.to_string())?;
        let found = dotenvy::from_read_iter(file.bytes.as_slice())
            .filter_map(Result::ok)
            .any(|(name, value)| name == key.name && !value.is_empty());
        if !found {
            return Err(format!("{path} does not give {} back", key.name));
        }
    }
    Ok(())
}
