//! Keys outside of the tree, for a draft: looked for before it is shown, put there before a file is
//! written, taken back where that fails. Who owns an item is in the user's record.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apply::{KeyRecord, StoreRecord};
use crate::facts::leaks::LiveValues;
use crate::plan::{Draft, Held, SecretChange};
use crate::secret::Secret;
use crate::secret::generate::{OsRandom, new_key};
use crate::secret::strength::{self, Strength};
use crate::store::{self, Access, Item, Store, StoreError, StoreId, When};

use super::{EngineError, ErrorKind};

/// Longest value that is taken.
pub(super) const MAX_VALUE: usize = 64 * 1024;

/// A store that can be asked.
pub(super) fn open(id: StoreId) -> Result<Box<dyn Store>, EngineError> {
    let opened = id.open(&Access::of_process()).map_err(|error| unusable(id, &error))?;
    opened.ok_or_else(|| {
        EngineError::new(ErrorKind::Settings, format!("the store {} keeps nothing", id.name()))
            .why(id.info().suits)
            .now("--store keyring")
    })
}

/// A store's failure in three parts, with what a person does about this very cause. No other store is
/// taken in its place.
pub(super) fn unusable(id: StoreId, error: &StoreError) -> EngineError {
    let subject = id.info().subject;
    let what = match error {
        StoreError::Changed(_) => format!("{subject} was written by someone else meanwhile"),
        StoreError::NotReadBack(_) => format!("{subject} did not keep the value"),
        StoreError::Unusable(_) if !id.is_file() => format!("{subject} has no value that can be used"),
        _ => format!("{subject} cannot be used here"),
    };
    let said = EngineError::new(ErrorKind::StoreUnusable, what).why(error.to_string());
    error.next().iter().fold(said, EngineError::now)
}

/// [`unusable`] for a key that is not made yet: it could be kept elsewhere.
pub(super) fn unusable_for_new(id: StoreId, error: &StoreError) -> EngineError {
    let mut said = unusable(id, error);
    // A computer without a keyring gets none by what is typed now.
    if matches!((id, error), (StoreId::Keyring, StoreError::Absent(_))) {
        let own = std::mem::take(&mut said.now);
        return own.into_iter().fold(elsewhere(id, said), EngineError::now);
    }
    elsewhere(id, said)
}

/// Names the stores that a new key could go into instead.
pub(super) fn elsewhere(id: StoreId, error: EngineError) -> EngineError {
    let offered = [
        (StoreId::EnvFile, "--store env-file   writes .env with mode 0600"),
        (StoreId::None, "--store none       makes no key; set the variable on the host"),
    ];
    offered.into_iter().filter(|(other, _)| *other != id).fold(error, |error, (_, now)| error.now(now))
}

/// A value as a variable of the environment takes it.
pub(super) fn fit(id: StoreId, item: &Item, value: Secret) -> Result<Secret, EngineError> {
    let why = match value.expose() {
        "" => "is empty",
        text if text.len() > MAX_VALUE => "is longer than 64 KiB, which is more than a variable can be",
        text if text.contains('\0') => "holds a zero byte, which no variable can",
        _ => return Ok(value),
    };
    let user = &item.user;
    Err(unusable(
        id,
        &StoreError::unusable(format!("{} {why}", item.shown()))
            .now(format!("flask-harden store set {user} --replace < key.txt   puts another value there")),
    ))
}

/// Looks which keys are there already. One that is there and not this tree's own ends it, unless
/// it is to be adopted. Raises no prompt.
pub(super) fn settle(draft: &mut Draft, record: &StoreRecord, adopt: bool) -> Result<(), EngineError> {
    for secret in &mut draft.secrets {
        let Held::Store { store: id, item, existing, .. } = &mut secret.held else { continue };
        let failed = |error: StoreError| unusable_for_new(*id, &error);
        let store = open(*id).map_err(|error| elsewhere(*id, error))?;
        store.probe().map_err(failed)?;
        *existing = store.meta(item).map_err(failed)?.is_some();
        if *existing && !adopt && !record.owns(*id, item) {
            return Err(foreign(*id, item));
        }
    }
    Ok(())
}

/// An item that no run on this tree put there.
pub(super) fn foreign(id: StoreId, item: &Item) -> EngineError {
    let subject = id.info().subject;
    EngineError::new(ErrorKind::StoreUnusable, format!("{subject} has a key of this name already"))
        .why(format!("{} is there, and no run on this directory put it there", item.shown()))
        .now("--adopt   uses the value that is there")
        .now("--secret-path PATH   keeps the keys under another name")
}

/// A new key for a store outside of the tree.
pub(super) fn fresh() -> Result<Secret, EngineError> {
    new_key(&mut OsRandom)
        .map_err(|error| EngineError::new(ErrorKind::StoreUnusable, "no key could be made").why(error.to_string()))
}

/// Keys that a run put into stores, until its files are written.
#[derive(Default)]
pub(super) struct Placed(Vec<(StoreId, Item)>);

impl Placed {
    /// Puts the new keys of a draft into their stores and checks those that are there. Where one
    /// fails, those before it are taken back.
    pub(super) fn put(draft: &Draft, given: &BTreeMap<String, Secret>) -> Result<Self, EngineError> {
        let mut placed = Placed::default();
        for secret in &draft.secrets {
            if let Err(error) = placed.put_one(secret, given.get(&secret.name)) {
                return Err(placed.take_back(error));
            }
        }
        Ok(placed)
    }

    fn put_one(&mut self, secret: &SecretChange, given: Option<&Secret>) -> Result<(), EngineError> {
        let Held::Store { store: id, item, existing, .. } = &secret.held else { return Ok(()) };
        let store = open(*id)?;
        let failed = |error: StoreError| match error {
            StoreError::Exists(_) => foreign(*id, item),
            error => unusable_for_new(*id, &error),
        };
        if *existing {
            let Some(stored) = store.get(item).map_err(failed)? else {
                return Err(unusable(*id, &StoreError::changed(item.shown())));
            };
            let value = fit(*id, item, stored.value)?;
            return match strength::judge(&value) {
                Strength::Ordinary => Ok(()),
                _ => Err(unusable(
                    *id,
                    &StoreError::unusable(format!("{} is too weak to sign with", item.shown()))
                        .now("--secret-path PATH   makes a new key under another name"),
                )),
            };
        }
        let key = given.map_or_else(fresh, |value| Ok(Secret::from(value.expose())))?;
        let result = store.put(item, &key, When::Absent);
        // One that failed half way may have left something under that name.
        if !matches!(result, Err(StoreError::Exists(_))) {
            self.0.push((*id, item.clone()));
        }
        result.map(|_| ()).map_err(failed)
    }

    /// Deletes the keys again, for a run whose files were not written. Those that cannot be
    /// deleted are named in the error.
    pub(super) fn take_back(self, error: EngineError) -> EngineError {
        self.0.into_iter().fold(error, |error, (id, item)| {
            // Who may not write there may not delete there either; looking says whether it is needed.
            let gone = open(id).is_ok_and(|store| store.delete(&item).is_ok() || matches!(store.meta(&item), Ok(None)));
            if gone { error } else { leave(error, id, &item) }
        })
    }

    /// Names the keys that stay, for a run that stopped half way.
    pub(super) fn named_in(self, error: EngineError) -> EngineError {
        self.0.into_iter().fold(error, |error, (id, item)| leave(error, id, &item))
    }
}

fn leave(mut error: EngineError, id: StoreId, item: &Item) -> EngineError {
    error.nothing_written = false;
    error.now(format!("a new key is left in {}: {}", id.info().subject, item.shown()))
}

/// The record as it will be once a draft is written.
pub(super) fn recorded(old: &StoreRecord, draft: &Draft, now: u64) -> StoreRecord {
    let mut record = old.clone();
    for secret in &draft.secrets {
        let (store, item, root) = match &secret.held {
            Held::Store { store, item, root, .. } => (*store, item.clone(), root.clone()),
            Held::File(path) => (StoreId::EnvFile, file_item(path.as_str(), &secret.name), path.parent()),
            Held::Shown { .. } => continue,
        };
        record.add(KeyRecord { name: secret.name.clone(), root, store, item, created: now });
    }
    if let Some(chosen) = &draft.chosen {
        let kept = draft.secrets.iter().any(|secret| matches!(secret.held, Held::Store { .. }));
        if !draft.secrets.is_empty() || (chosen.named && !draft.files.is_empty()) {
            record.store = Some(chosen.store);
        }
        if kept {
            record.project = Some(chosen.project.clone());
        }
    }
    record
}

/// The name of a value in an env file.
pub(super) fn file_item(path: &str, name: &str) -> Item {
    Item { service: path.to_owned(), user: name.to_owned() }
}

/// Adds the values of recorded keys that can be read without a prompt and without a network: a
/// leaked value that is one of them is in use. Env files of the tree are facts already.
pub(super) fn add_live(recorded: &StoreRecord, live: &mut LiveValues) {
    let mut keys = recorded.in_store(StoreId::Keyring).peekable();
    if keys.peek().is_none() {
        return;
    }
    let Ok(store) = open(StoreId::Keyring) else { return };
    if !matches!(store.probe(), Ok(ready) if !ready.locked) {
        return;
    }
    for key in keys {
        if let Ok(Some(stored)) = store.get(&key.item) {
            live.add(&key.name, Arc::new(stored.value), &format!("the {}", StoreId::Keyring.info().title));
        }
    }
}

/// Whether any store keeps values by itself under this id.
pub(super) fn keeps(id: StoreId) -> bool {
    matches!(id.info().keeping, store::Keeping::Store(_))
}
