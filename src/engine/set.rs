//! `store set` and `store copy`: one value into a store, journaled like any other run.

use crate::apply::{KeyRecord, Receipt, Session, StateDir};
use crate::lang::dotenv;
use crate::plan::{Draft, Held, SecretChange};
use crate::repo::Tree;
use crate::secret::Secret;
use crate::store::{Keeping, StoreError, StoreId, When};

use super::env_text::{self, EnvText};
use super::fix::ShownKey;
use super::keys::{MAX_VALUE, elsewhere, foreign, open, unusable};
use super::nearest::{nearest, read_by_code};
use super::record::{KeyRequest, Known, now};
use super::{EngineError, ErrorKind, Request};

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
    /// The variable that no code here reads, as far as that can be seen.
    pub unread: Option<String>,
}

/// Puts one value into a store.
///
/// # Errors
/// A name or value that cannot be stored, one that is there already, or the store's own.
pub fn set(request: &KeyRequest, scan: &Request, name: &str, value: Secret) -> Result<Put, EngineError> {
    check(name, &value)?;
    let known = Known::find(&request.dir)?;
    let (store, why) = known.store(request)?;
    let unread = !is_read(&known, scan, name, request.confirmed)?;
    let mut put = put_all(known, request, store, why, vec![(name.to_owned(), value)], true)?;
    put.unread = unread.then(|| name.to_owned());
    Ok(put)
}

/// Whether code here reads a variable; where nothing is known of the code it counts as read. A name
/// that looks like a slip of one that is read needs a yes.
fn is_read(known: &Known, scan: &Request, name: &str, confirmed: bool) -> Result<bool, EngineError> {
    if known.record.keys.iter().any(|key| key.name == name) {
        return Ok(true);
    }
    let request = Request { root: known.tree.root().to_owned(), commits: Some(0), ..scan.clone() };
    let Ok(scan) = super::scan(&request) else { return Ok(true) };
    let read = read_by_code(&scan.facts);
    if read.contains(name) {
        return Ok(true);
    }
    match nearest(name, read.iter().map(String::as_str)).filter(|_| !confirmed) {
        None => Ok(read.is_empty()),
        Some(near) => Err(EngineError::new(ErrorKind::Settings, format!("nothing here reads a variable {name}"))
            .why(format!("the code reads {near}, which is nearly the same"))
            .now(format!("flask-harden store set {near} < key.txt"))
            .now(format!("flask-harden store set {name} --yes < key.txt   if that is what you mean"))),
    }
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
        let value = known.existing(&key)?;
        values.push((key.name, value));
    }
    put_all(known, request, to, "from --to".to_owned(), values, false)
}

fn check(name: &str, value: &Secret) -> Result<(), EngineError> {
    let refused = |what: &str, why: &str, now: &str| Err(EngineError::new(ErrorKind::Settings, what).why(why).now(now));
    if !dotenv::is_valid_name(name) {
        return refused(
            "the name cannot be a variable",
            "it takes letters, digits and _, and no digit first",
            "flask-harden store set SECRET_KEY < key.txt",
        );
    }
    let encode = "base64 -w0 FILE   makes one line of it, which the app has to decode";
    match value.expose() {
        "" => refused(
            "there is no value",
            "standard input or the file is empty",
            "flask-harden store set SECRET_KEY --from-file key.txt   with the value in that file",
        ),
        text if text.len() > MAX_VALUE => refused(
            "the value is too long",
            "a store takes at most 64 KiB",
            "give the app the file itself as a secret of its host, and only its path in the variable",
        ),
        text if text.contains('\0') => {
            refused("the value holds a zero byte", "no variable of the environment can", encode)
        }
        text if text.contains(['\n', '\r']) => {
            refused("the value has several lines", "a variable in the environment takes one", encode)
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
    offered: bool,
) -> Result<Put, EngineError> {
    let mut put = Put {
        store,
        why,
        written: Vec::new(),
        same: Vec::new(),
        receipts: Vec::new(),
        shown: Vec::new(),
        unread: None,
    };
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
            in_store(&session, owned || request.adopt, request, &place, &value, offered)
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

/// Into a store of its own; `None` where it holds the same value already. `offered`: whether the
/// value could as well go into another store.
fn in_store(
    session: &Session<'_>,
    own: bool,
    request: &KeyRequest,
    place: &KeyRecord,
    value: &Secret,
    offered: bool,
) -> Result<Option<Receipt>, EngineError> {
    let said = |error: EngineError| if offered { elsewhere(place.store, error) } else { error };
    let failed = |error: StoreError| said(unusable(place.store, &error));
    let store = open(place.store).map_err(said)?;
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
