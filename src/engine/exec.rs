//! The stored values for one command. Which names are passed comes from the user's record or from
//! options, never from a file of the repository.

use crate::rules::secret_key::FALLBACKS;
use crate::secret::Secret;
use crate::store::StoreId;

use super::nearest::nearest;
use super::record::{KeyRequest, Known};
use super::{EngineError, ErrorKind};

/// The variables and their values for a command that is started in a directory.
///
/// # Errors
/// Nothing is recorded, a store cannot be used, or a value is not there.
pub fn exec(request: &KeyRequest) -> Result<Vec<(String, Secret)>, EngineError> {
    let known = Known::find(&request.dir)?;
    let (store, why) = known.store(request)?;
    let mut names: Vec<String> = match request.only.as_slice() {
        [] => known.record.in_store(store).map(|key| key.name.clone()).collect(),
        only => only.to_vec(),
    };
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(EngineError::new(ErrorKind::NothingToInspect, "no key is recorded for this directory")
            .why(format!("the store is {} ({why}), and no run on this directory put a key there", store.name()))
            .now("flask-harden --apply   moves the keys of the app into a store")
            .now("flask-harden exec --only SECRET_KEY -- flask run   names what to pass"));
    }
    let mut values = Vec::with_capacity(names.len());
    for name in names {
        let key = known.place(store, &name, request)?;
        // Old keys that are gone count no more: a rotation that was interrupted may have left their
        // name in the record, and the app has to start.
        if name == FALLBACKS && request.only.is_empty() && known.value(&key)?.is_none() {
            continue;
        }
        let value = known.existing(&key).map_err(|error| hinted(error, &known, store, &name))?;
        values.push((name, value));
    }
    Ok(values)
}

/// An error for a name that no run put there, with the recorded one that it looks like.
fn hinted(mut error: EngineError, known: &Known, store: StoreId, name: &str) -> EngineError {
    let recorded: Vec<&str> = known.record.in_store(store).map(|key| key.name.as_str()).collect();
    if let Some(near) = nearest(name, recorded.iter().copied()).filter(|_| !recorded.contains(&name)) {
        error.now.insert(0, format!("--only {near}   is the name that is recorded here"));
    }
    error
}
