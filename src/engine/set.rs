//! `store set` and `store copy`: one value into a store, journaled like any other run.

use crate::apply::{KeyRecord, Receipt, Session, StateDir};
use crate::lang::dotenv;
use crate::plan::{Draft, Held, SecretChange};
use crate::repo::Tree;
use crate::secret::Secret;
use crate::store::{Keeping, StoreError, StoreId, When};

use super::env_text::{self, EnvText};
use super::fix::ShownKey;
use super::keys::{foreign, open, unusable};
use super::record::{KeyRequest, Known, now};
use super::{EngineError, ErrorKind};

/// Longest value that is taken.
const MAX_VALUE: usize = 64 * 1024;

/// What became of the values.
pub struct Put {
    pub store: StoreId,
    /// Why that store.
    pub why: String,
    /// Name and place of what was written.
    pub written: Vec<(String, String)>,
    /// Those that were there already with the same value.
    pub same: Vec<String>,
    /// One for each store operation that can be taken back.
    pub receipts: Vec<Receipt>,
    /// Values the person asked to see.
    pub shown: Vec<ShownKey>,
}

/// Puts one value into a store.
///
/// # Errors
/// A name or value that cannot be stored, one that is there already, or the store's own.
pub fn set(request: &KeyRequest, name: &str, value: Secret) -> Result<Put, EngineError> {
    check(name, &value)?;
    let known = Known::find(&request.dir)?;
    let (store, why) = known.store(request)?;
    put_all(known, request, store, why, vec![(name.to_owned(), value)])
}

/// Copies the recorded values, or some of them, into another store.
///
/// # Errors
/// As [`set`]; or a value is not where the record says.
pub fn copy(request: &KeyRequest, to: &str) -> Result<Put, EngineError> {
    let known = Known::find(&request.dir)?;
    let (from, _) = known.store(request)?;
    let to = StoreId::from_name(to)
        .ok_or_else(|| EngineError::new(ErrorKind::Settings, "--to names no store that is known"))?;
    if to == from {
        return Err(EngineError::new(ErrorKind::Settings, format!("the keys are in the store {} already", to.name()))
            .now("flask-harden store status"));
    }
    let wanted = |key: &&KeyRecord| request.only.is_empty() || request.only.contains(&key.name);
    let keys: Vec<KeyRecord> = known.record.in_store(from).filter(wanted).cloned().collect();
    if keys.is_empty() {
        return Err(EngineError::new(
            ErrorKind::NothingToInspect,
            format!("no key is recorded in the store {}", from.name()),
        )
        .now("flask-harden store status"));
    }
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let value = known.value(&key)?.ok_or_else(|| {
            unusable(from, &StoreError::Unusable(format!("it has no {} under {}", key.name, key.item.service)))
        })?;
        values.push((key.name, value));
    }
    put_all(known, request, to, "from --to".to_owned(), values)
}

fn check(name: &str, value: &Secret) -> Result<(), EngineError> {
    let refused = |what: &str, why: &str| {
        Err(EngineError::new(ErrorKind::Settings, what).why(why).now("flask-harden store set SECRET_KEY < key.txt"))
    };
    if !dotenv::is_valid_name(name) {
        return refused("the name cannot be a variable", "it takes letters, digits and _, and no digit first");
    }
    match value.expose() {
        "" => refused("there is no value", "standard input or the file is empty"),
        text if text.len() > MAX_VALUE => refused("the value is too long", "a store takes at most 64 KiB"),
        text if text.contains(['\0', '\n', '\r']) => {
            refused("the value has several lines", "a variable in the environment takes one")
        }
        _ => Ok(()),
    }
}

fn put_all(
    mut known: Known,
    request: &KeyRequest,
    store: StoreId,
    why: String,
    values: Vec<(String, Secret)>,
) -> Result<Put, EngineError> {
    let mut put = Put { store, why, written: Vec::new(), same: Vec::new(), receipts: Vec::new(), shown: Vec::new() };
    if let Keeping::Shown = store.info().keeping {
        put.shown = values.into_iter().map(|(name, value)| ShownKey { name, value }).collect();
        return Ok(put);
    }
    if let Keeping::Nothing = store.info().keeping {
        return Err(EngineError::new(ErrorKind::Settings, "the store none keeps nothing")
            .why("with it, the host holds the value")
            .now("--store env-file")
            .now("--store keyring"));
    }
    if matches!(store.info().keeping, Keeping::Store(_)) && request.secret_path.is_none() {
        // The id of a project without a name is made once, for all its keys.
        known.record.project = Some(known.project()?);
    }
    let session = Session::begin(&known.tree, &StateDir::from_env()?)?;
    for (name, value) in values {
        let place = known.place(store, &name, request)?;
        let before = session.record()?;
        let mut record = before.clone();
        record.project.clone_from(&known.record.project);
        record.store = record.store.or(Some(store));
        record.add(place.clone());
        // First, so that a run that is interrupted finds its own key again.
        session.keep_record(&record)?;
        let owned = before.owns(store, &place.item);
        let done = if store.is_file() {
            in_file(&session, &known.tree, request, &place, &value)
        } else {
            in_store(&session, owned || request.adopt, request, &place, &value)
        };
        match done {
            Ok(Some(receipt)) => {
                if owned {
                    record.renew(store, &place.item, now());
                    session.keep_record(&record)?;
                }
                put.written.push((name, shown(&place)));
                put.receipts.push(receipt);
            }
            Ok(None) => put.same.push(name),
            Err(error) => {
                session.keep_record(&before)?;
                return Err(error);
            }
        }
    }
    Ok(put)
}

pub(super) fn shown(place: &KeyRecord) -> String {
    if place.store.is_file() {
        place.item.service.clone()
    } else {
        format!("{}, {}", place.store.info().title, place.item.shown())
    }
}

/// Into a store of its own; `None` where it holds the same value already.
fn in_store(
    session: &Session<'_>,
    own: bool,
    request: &KeyRequest,
    place: &KeyRecord,
    value: &Secret,
) -> Result<Option<Receipt>, EngineError> {
    let store = open(place.store)?;
    let failed = |error: StoreError| unusable(place.store, &error);
    let present = store.get(&place.item).map_err(failed)?;
    if let Some(stored) = &present {
        if !own {
            return Err(foreign(place.store, &place.item));
        }
        if stored.value == *value {
            return Ok(None);
        }
        if !request.replace {
            return Err(other_value(place));
        }
    }
    let when = if present.is_some() { When::Always } else { When::Absent };
    store.put(&place.item, value, when).map_err(failed)?;
    let held = Held::Store {
        store: place.store,
        item: place.item.clone(),
        root: place.root.clone(),
        existing: false,
        replaced: present.is_some(),
    };
    let draft = Draft {
        secrets: vec![SecretChange { name: place.name.clone(), place: shown(place), held }],
        ..Draft::default()
    };
    session.apply(&draft, &mut || Ok(())).map(Some).map_err(|error| {
        let said: EngineError = error.into();
        // A value that was replaced is gone; a new one is taken back.
        match (present.is_some(), present.is_none().then(|| store.delete(&place.item))) {
            (false, Some(Ok(()))) => said,
            _ => {
                let mut said = said.now(format!("the value is in the store: {}", shown(place)));
                said.nothing_written = false;
                said
            }
        }
    })
}

fn other_value(place: &KeyRecord) -> EngineError {
    EngineError::new(ErrorKind::StoreUnusable, format!("{} has another value already", place.name))
        .why(format!("{} may be in use: what it signed would no longer be accepted", shown(place)))
        .now("--replace   replaces it")
}

/// Into the env file; `None` where it has the same value already.
fn in_file(
    session: &Session<'_>,
    tree: &Tree,
    request: &KeyRequest,
    place: &KeyRecord,
    value: &Secret,
) -> Result<Option<Receipt>, EngineError> {
    let mut file = EnvText::open(tree, &place.item.service)?;
    if let Some(present) = file.value(&place.name) {
        if *present == *value {
            return Ok(None);
        }
        if !request.replace {
            return Err(other_value(place));
        }
    }
    file.set(&place.name, value)?;
    let path = file.path().clone();
    let secrets = vec![env_text::held(&path, &place.name)];
    let draft = Draft { files: vec![file.change()], secrets, ..Draft::default() };
    let receipt = session.apply(&draft, &mut || env_text::read_back(tree, &path, &place.name, value))?;
    Ok(Some(receipt))
}
