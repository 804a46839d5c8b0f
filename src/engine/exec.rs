//! The stored values for one command. Which names are passed comes from the user's record or from
//! options, never from a file of the repository.

use crate::secret::Secret;
use crate::store::StoreError;

use super::keys::unusable;
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
        let Some(value) = known.value(&key)? else {
            let missing = StoreError::Unusable(format!("it has no {} under {}", name, key.item.service));
            let mut error = unusable(store, &missing);
            error.now.insert(0, "flask-harden onboard   makes the missing keys".to_owned());
            return Err(error);
        };
        values.push((name, value));
    }
    Ok(values)
}
