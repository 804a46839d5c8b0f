//! One `--apply`: interrupted runs are dealt with first, then the tree is read, the draft made,
//! shown by the caller, and written: keys first, then files, all or none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use crate::apply::{Receipt, Recovered, Session, StateDir};
use crate::plan::{Decisions, Draft, Held};
use crate::repo::Tree;
use crate::secret::Secret;

use super::choose;
use super::keys::{self, Placed};
use super::record::now;
use super::{EngineError, Plan, Request, Scan};

/// A draft that is ready to be shown and written. As long as it lives no other run writes here.
pub struct Fix<'t> {
    tree: &'t Tree,
    session: Session<'t>,
    pub scan: Scan,
    pub plan: Plan,
    pub draft: Draft,
    shown: RefCell<Vec<ShownKey>>,
}

/// A key that is kept nowhere: the face shows it one time.
pub struct ShownKey {
    pub name: String,
    pub value: Secret,
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
        // A record that cannot be read must not be taken for an empty one and replaced.
        session.record()?;
        let plan = super::plan::plan_as(&scan, request, &choose::new_id()?)?;
        let draft = super::checked_draft(&scan, &plan, request, &decide(&plan)?)?;
        Ok(Self { tree, session, scan, plan, draft, shown: RefCell::default() })
    }

    /// What became of runs that were interrupted earlier.
    pub fn recovered(&self) -> &[Recovered] {
        self.session.recovered()
    }

    /// Writes the draft; `None` where it changes nothing. The keys are in their store and read
    /// back before any file is written, and are taken back where a file cannot be.
    ///
    /// # Errors
    /// Where a store or a write is refused or fails; the text says what that left.
    pub fn write(&self) -> Result<Option<Receipt>, EngineError> {
        let (receipt, shown) =
            put(&self.session, &self.draft, &BTreeMap::new(), &mut || read_back(self.tree, &self.draft))?;
        self.shown.replace(shown);
        Ok(receipt)
    }

    /// The keys that were written nowhere, once: they are gone when they were taken.
    pub fn take_shown(&self) -> Vec<ShownKey> {
        self.shown.take()
    }
}

/// What came of a draft that was made and shown earlier.
pub struct Written {
    /// `None`: there was nothing to write.
    pub receipt: Option<Receipt>,
    /// What became of runs that were interrupted earlier.
    pub recovered: Vec<Recovered>,
    /// Keys that are kept nowhere, to be shown one time.
    pub shown: Vec<ShownKey>,
}

/// Writes a draft that was made and shown earlier. A file that changed since is refused.
///
/// # Errors
/// Another run is at work, or a write is refused or fails; the text says what that left.
pub fn write(root: &Path, draft: &Draft) -> Result<Written, EngineError> {
    let tree = Tree::open(root)?;
    let session = Session::begin(&tree, &StateDir::from_env()?)?;
    let (receipt, shown) = put(&session, draft, &BTreeMap::new(), &mut || read_back(&tree, draft))?;
    Ok(Written { receipt, recovered: session.recovered().to_vec(), shown })
}

type Put = (Option<Receipt>, Vec<ShownKey>);

/// Writes a draft: the record, the keys outside of the tree, then the files. `given` are values for
/// that store, or to be shown; what is not among them is made.
pub(super) fn put(
    session: &Session<'_>,
    draft: &Draft,
    given: &BTreeMap<String, Secret>,
    read_back: &mut dyn FnMut() -> Result<(), String>,
) -> Result<Put, EngineError> {
    let old = session.record()?;
    let new = keys::recorded(&old, draft, now());
    if draft.is_empty() && new == old {
        return Ok((None, Vec::new()));
    }
    // First, so that a run that is interrupted finds its own keys again.
    if new != old {
        session.keep_record(&new)?;
    }
    let result = Placed::put(draft, given).and_then(|placed| put_files(session, draft, given, placed, read_back));
    if result.is_err() && new != old {
        // Where this fails too, the record names keys that are not there; `store status` says so.
        let _ = session.keep_record(&old);
    }
    result
}

fn put_files(
    session: &Session<'_>,
    draft: &Draft,
    given: &BTreeMap<String, Secret>,
    placed: Placed,
    read_back: &mut dyn FnMut() -> Result<(), String>,
) -> Result<Put, EngineError> {
    if draft.is_empty() {
        return Ok((None, Vec::new()));
    }
    let shown = match keys_to_show(draft, given) {
        Ok(shown) => shown,
        Err(error) => return Err(placed.take_back(error)),
    };
    match session.apply(draft, read_back) {
        Ok(receipt) => Ok((Some(receipt), shown)),
        Err(error) if error.nothing_changed() => Err(placed.take_back(error.into())),
        Err(error) => Err(placed.named_in(error.into())),
    }
}

/// What is kept nowhere: the values that were given, and new keys for the others.
fn keys_to_show(draft: &Draft, given: &BTreeMap<String, Secret>) -> Result<Vec<ShownKey>, EngineError> {
    let shown = draft.secrets.iter().filter(|secret| matches!(secret.held, Held::Shown { .. }));
    let value = |name: &str| given.get(name).map_or_else(keys::fresh, |value| Ok(Secret::from(value.expose())));
    shown.map(|secret| Ok(ShownKey { name: secret.name.clone(), value: value(&secret.name)? })).collect()
}

/// Every new key stands in its env file, for an independent reader.
fn read_back(tree: &Tree, draft: &Draft) -> Result<(), String> {
    for key in &draft.secrets {
        let Held::File(path) = &key.held else { continue };
        let file = tree.read(path, ENV_FILE_LIMIT).map_err(|error| error.to_string())?;
        let found = dotenvy::from_read_iter(file.bytes.as_slice())
            .filter_map(Result::ok)
            .any(|(name, value)| name == key.name && !value.is_empty());
        if !found {
            return Err(format!("{path} does not give {} back", key.name));
        }
    }
    Ok(())
}
