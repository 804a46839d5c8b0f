//! `store status`: where each recorded key is, how old, who can read it. Reads no value and raises
//! no prompt.

use std::collections::BTreeMap;

use crate::apply::KeyRecord;
use crate::rules::secret_key::FALLBACKS;
use crate::store::{Keeping, Meta, Store, StoreId};

use super::keys::open;
use super::record::{KeyRequest, Known, now};
use super::{EngineError, Request};

/// What is known of a project's keys.
pub struct StoreStatus {
    /// The store of the project.
    pub store: StoreId,
    /// Why that one.
    pub why: String,
    pub keys: Vec<KeyStatus>,
}

/// One key in one store.
pub struct KeyStatus {
    pub name: String,
    pub store: StoreId,
    /// In words, without the name.
    pub place: String,
    pub presence: Presence,
    /// Days since it was made or last changed.
    pub days: u64,
    /// Where it is older than so many days.
    pub old: Option<u32>,
    /// Seconds since 1970 until when the key before counts as well.
    pub grace: Option<u64>,
}

/// Whether a key is where the record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    There,
    Missing,
    /// The store could not be asked: why.
    Unknown(String),
}

const DAY: u64 = 86_400;

/// Where the keys of a directory's project are.
///
/// # Errors
/// The directory, the record or the settings cannot be read.
pub fn status(request: &KeyRequest, settings: &Request) -> Result<StoreStatus, EngineError> {
    let known = Known::find(&request.dir)?;
    let (store, why) = known.store(request)?;
    let limit = super::settings::resolve(&known.tree, settings)?.rotate_after.value;
    let mut stores = Stores::new();
    let keys = known.record.keys.iter().map(|key| key_status(&known, key, limit, &mut stores)).collect();
    Ok(StoreStatus { store, why, keys })
}

/// Each store is opened and tried once: one that does not answer is not waited for again.
type Stores = BTreeMap<StoreId, Result<Box<dyn Store>, String>>;

fn key_status(known: &Known, key: &KeyRecord, limit: u32, stores: &mut Stores) -> KeyStatus {
    let mut since = key.created;
    let presence = match key.store.info().keeping {
        Keeping::Store(_) => match stored(key, stores) {
            Ok(Some(meta)) => {
                since = meta.changed.or(meta.created).unwrap_or(since);
                Presence::There
            }
            Ok(None) => Presence::Missing,
            Err(why) => Presence::Unknown(why),
        },
        _ => match known.value(key) {
            Ok(Some(_)) => Presence::There,
            Ok(None) => Presence::Missing,
            Err(error) => Presence::Unknown(error.why.unwrap_or(error.what)),
        },
    };
    let days = now().saturating_sub(since) / DAY;
    KeyStatus {
        old: (days > u64::from(limit) && key.name != FALLBACKS).then_some(limit),
        grace: known.record.grace(key).map(|grace| grace.until),
        name: key.name.clone(),
        store: key.store,
        place: key.item.service.clone(),
        presence,
        days,
    }
}

fn stored(key: &KeyRecord, stores: &mut Stores) -> Result<Option<Meta>, String> {
    let store = stores.entry(key.store).or_insert_with(|| {
        let store = open(key.store).map_err(|error| error.why.unwrap_or(error.what))?;
        store.probe().map_err(|error| error.to_string())?;
        Ok(store)
    });
    let store = store.as_ref().map_err(Clone::clone)?;
    store.meta(&key.item).map_err(|error| error.to_string())
}
