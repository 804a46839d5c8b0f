//! What this user's state keeps of a tree's keys: which store was chosen, under which names the
//! keys are there, and what the project is called there. Never a value. It is this record, and no
//! file of the repository, that `exec` takes names from.

use serde::{Deserialize, Serialize};

use crate::repo::Tree;
use crate::store::{Item, StoreId};
use crate::text::RepoPath;

use super::state_dir::{StateDir, StateError, TreeState};

/// Written to new records; newer ones are refused.
const FORMAT: u32 = 1;
const NAME: &str = "keys.json";

/// The record of one tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRecord {
    format: u32,
    /// What items of stores outside of the tree are named after; fixed by the first run.
    #[serde(default)]
    pub project: Option<String>,
    /// The store that new keys go into.
    #[serde(default)]
    pub store: Option<StoreId>,
    #[serde(default)]
    pub keys: Vec<KeyRecord>,
    /// Rotations whose old key still counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub graces: Vec<Grace>,
}

/// A key that was replaced and still accepted beside the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// The variable of the key.
    pub name: String,
    pub root: RepoPath,
    pub store: StoreId,
    /// Seconds since 1970.
    pub began: u64,
    /// When nothing that the old key signed is needed any more.
    pub until: u64,
}

/// One key in one store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The variable the app reads.
    pub name: String,
    /// Root of the project it belongs to.
    pub root: RepoPath,
    pub store: StoreId,
    /// For an env file: its path and the variable.
    pub item: Item,
    /// When its value was made: seconds since 1970.
    pub created: u64,
}

impl StoreRecord {
    /// Whether an item is this tree's own.
    pub fn owns(&self, store: StoreId, item: &Item) -> bool {
        self.keys.iter().any(|key| key.store == store && key.item == *item)
    }

    /// The keys in a store.
    pub fn in_store(&self, store: StoreId) -> impl Iterator<Item = &KeyRecord> {
        self.keys.iter().filter(move |key| key.store == store)
    }

    /// Adds a key; one that is known keeps its date.
    pub fn add(&mut self, key: KeyRecord) {
        if !self.owns(key.store, &key.item) {
            self.keys.push(key);
            self.keys.sort_by(|a, b| (&a.root, &a.name, a.store).cmp(&(&b.root, &b.name, b.store)));
        }
    }

    /// Notes that a key has another value now.
    pub fn renew(&mut self, store: StoreId, item: &Item, now: u64) {
        for key in self.keys.iter_mut().filter(|key| key.store == store && key.item == *item) {
            key.created = now;
        }
    }

    /// The rotation of a key that is not finished.
    pub fn grace(&self, key: &KeyRecord) -> Option<&Grace> {
        self.graces.iter().find(|grace| grace.is_of(key))
    }

    /// Forgets that an old key counts beside this one.
    pub fn end_grace(&mut self, key: &KeyRecord) {
        self.graces.retain(|grace| !grace.is_of(key));
    }

    /// Forgets a key.
    pub fn remove(&mut self, store: StoreId, item: &Item) {
        self.keys.retain(|key| key.store != store || key.item != *item);
    }
}

impl Grace {
    fn is_of(&self, key: &KeyRecord) -> bool {
        self.name == key.name && self.root == key.root && self.store == key.store
    }
}

/// What is recorded of a tree; empty where nothing is. Reads only.
///
/// # Errors
/// Where the record exists and cannot be read.
pub fn record(tree: &Tree, state: &StateDir) -> Result<StoreRecord, StateError> {
    state.peek(tree)?.map_or_else(|| Ok(StoreRecord::default()), |state| read(&state))
}

pub(super) fn read(state: &TreeState) -> Result<StoreRecord, StateError> {
    let Some(bytes) = state.read(NAME)? else { return Ok(StoreRecord::default()) };
    let damaged = |reason: &str| StateError::Damaged { path: state.path().join(NAME), reason: reason.to_owned() };
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    let head: Head = serde_json::from_slice(&bytes).map_err(|_| damaged("it cannot be read"))?;
    if head.format > FORMAT {
        return Err(damaged("it was written by a newer version of flask-harden"));
    }
    serde_json::from_slice(&bytes).map_err(|_| damaged("it cannot be read"))
}

pub(super) fn write(state: &TreeState, record: &StoreRecord) -> Result<(), StateError> {
    let record = StoreRecord { format: FORMAT, ..record.clone() };
    let text = serde_json::to_vec_pretty(&record)
        .map_err(|error| StateError::io(&state.path().join(NAME), "written", std::io::Error::from(error)))?;
    state.replace(NAME, &text)
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Bed;
    use super::*;

    fn key(name: &str) -> KeyRecord {
        KeyRecord {
            name: name.to_owned(),
            root: RepoPath::root(),
            store: StoreId::Keyring,
            item: Item::of("shop/web", name),
            created: 7,
        }
    }

    #[test]
    fn what_was_kept_is_read_again_and_only_the_owner_can() {
        let bed = Bed::new();
        assert_eq!(record(&bed.tree, &bed.state).unwrap(), StoreRecord::default());
        let mut kept = StoreRecord { project: Some("shop/web".to_owned()), ..StoreRecord::default() };
        kept.add(key("B"));
        kept.add(key("A"));
        kept.add(KeyRecord { created: 9, ..key("A") });
        bed.session().keep_record(&kept).unwrap();
        let again = record(&bed.tree, &bed.state).unwrap();
        assert_eq!(again.keys, [key("A"), key("B")]);
        assert!(again.owns(StoreId::Keyring, &key("A").item) && !again.owns(StoreId::EnvFile, &key("A").item));
        let mode = bed.state_files().iter().any(|(name, text)| name == NAME && text.contains("shop/web"));
        assert!(mode);
    }

    #[test]
    fn a_newer_record_is_refused_and_not_overwritten() {
        let bed = Bed::new();
        let session = bed.session();
        session.keep_record(&StoreRecord::default()).unwrap();
        session.state.replace(NAME, b"{\"format\":2,\"keys\":{}}").unwrap();
        assert!(matches!(session.record(), Err(StateError::Damaged { .. })));
    }
}
