//! `store set` and `store copy`: one value into a store, journaled like any other run.

use zeroize::Zeroizing;

use crate::apply::{KeyRecord, Receipt, Session, StateDir};
use crate::lang::dotenv::{self, EnvDocument};
use crate::plan::{Before, Draft, FileChange, Held, Phase, SecretChange};
use crate::repo::{GitState, Tree, TreeError};
use crate::secret::Secret;
use crate::store::{Keeping, StoreError, StoreId, When, env_file};
use crate::text::{ContentHash, RepoPath, TextEdit, edit};

use super::fix::ShownKey;
use super::keys::{foreign, open, unusable};
use super::record::{KeyRequest, Known};
use super::{EngineError, ErrorKind};

/// Longest value that is taken.
const MAX_VALUE: usize = 64 * 1024;
/// Bytes of an env file that is changed.
const ENV_FILE_LIMIT: u64 = 1 << 20;

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

fn shown(place: &KeyRecord) -> String {
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
    let held = Held::Store { store: place.store, item: place.item.clone(), root: place.root.clone(), existing: false };
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
    let failed = |why: String| unusable(StoreId::EnvFile, &StoreError::Unusable(why));
    let path = RepoPath::new(&place.item.service).ok_or_else(|| failed("it has no place in the project".to_owned()))?;
    covered(tree, &path)?;
    let old = match tree.read(&path, ENV_FILE_LIMIT) {
        Ok(file) => Some(file),
        Err(TreeError::NotFound { .. }) => None,
        Err(error) => return Err(failed(error.to_string())),
    };
    let mut text = Zeroizing::new(String::new());
    if let Some(old) = &old {
        *text = String::from_utf8(old.bytes.clone()).map_err(|_| failed(format!("{path} is not UTF-8 text")))?;
    }
    if let Some(present) = dotenv::read(&text, &place.name) {
        if *present == *value {
            return Ok(None);
        }
        if !request.replace {
            return Err(other_value(place));
        }
        text = emptied(&text, &place.name).map_err(failed)?;
    }
    let comment = (!text.contains(env_file::COMMENT)).then_some(env_file::COMMENT);
    let existing = old.is_some().then(|| text.as_str());
    let after = dotenv::render(existing, &place.name, value, comment).map_err(|error| failed(error.to_string()))?;
    let after = after.ok_or_else(|| failed(format!("{} stands there in a form that is not rewritten", place.name)))?;
    let before = old.as_ref().map(|file| Before { hash: ContentHash::of(&file.bytes), mode: file.stat.mode & 0o7777 });
    let mode = before.as_ref().map_or(env_file::MODE, |before| before.mode & 0o770);
    let change = FileChange {
        path: path.clone(),
        before,
        after,
        mode,
        phase: Phase::Secret,
        diff: format!("{path}: {} set, value hidden\n", place.name),
        revealed: None,
        remedies: Vec::new(),
    };
    let secrets =
        vec![SecretChange { name: place.name.clone(), place: path.to_string(), held: Held::File(path.clone()) }];
    let draft = Draft { files: vec![change], secrets, ..Draft::default() };
    let receipt = session.apply(&draft, &mut || {
        let file = tree.read(&path, ENV_FILE_LIMIT).map_err(|error| error.to_string())?;
        let bytes = Zeroizing::new(file.bytes);
        let read = std::str::from_utf8(&bytes).ok().and_then(|text| dotenv::read(text, &place.name));
        match read {
            Some(read) if *read == *value => Ok(()),
            _ => Err(format!("{path} does not give {} back", place.name)),
        }
    })?;
    Ok(Some(receipt))
}

/// The text with the value of a name taken out.
fn emptied(text: &str, name: &str) -> Result<Zeroizing<String>, String> {
    let document = EnvDocument::parse(text).map_err(|error| error.to_string())?;
    let spans = document.all(name).filter_map(|entry| entry.value_span);
    let edits: Vec<TextEdit> = spans.map(TextEdit::delete).collect();
    edit::apply(text, &edits).map(Zeroizing::new).map_err(|_| "its lines cannot be told apart".to_owned())
}

/// A file that git has, or would take, gets no key.
fn covered(tree: &Tree, path: &RepoPath) -> Result<(), EngineError> {
    let state = GitState::open(tree);
    let Some(git) = state.git() else { return Ok(()) };
    let refused = |why: &str, now: String| {
        Err(EngineError::new(ErrorKind::StoreUnusable, format!("{path} cannot hold the value"))
            .why(why)
            .now(now)
            .now("--store keyring   keeps it outside of the project"))
    };
    if git.is_tracked(path) {
        return refused(
            "git tracks it, so the value would be committed",
            format!("git rm --cached {path}   stops tracking it"),
        );
    }
    if !git.is_ignored(path) {
        return refused(
            "git does not ignore it, so the next git add would take it",
            format!("add {path} to .gitignore"),
        );
    }
    Ok(())
}
