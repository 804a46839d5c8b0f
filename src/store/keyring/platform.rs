//! What the keyring library does not offer the same way everywhere: looking without a prompt, the
//! mark that Python's `keyring` knows its items by, and what an error means.

use std::error::Error as StdError;

use keyring::Entry;

use super::super::{Item, Meta, Ready, StoreError};

pub(super) use imp::{mark_for_python, meta, probe, translate};

#[cfg(all(unix, not(target_os = "macos")))]
mod imp {
    use std::collections::HashMap;

    use secret_service::blocking::SecretService;
    use secret_service::{EncryptionType, Error};

    use super::{Entry, Item, Meta, Ready, StdError, StoreError};

    /// Python's `keyring` marks its items so. Without the mark its next write would make a second
    /// item of the same name, and either side might then read the wrong one.
    const PYTHON_MARK: (&str, &str) = ("application", "Python keyring library");

    fn connect<'a>() -> Result<SecretService<'a>, StoreError> {
        // No value goes over this connection, so it needs no encryption of its own.
        SecretService::connect(EncryptionType::Plain).map_err(|error| meaning(&error))
    }

    pub(in super::super) fn probe() -> Result<Ready, StoreError> {
        let service = connect()?;
        let collection = match service.get_default_collection() {
            Ok(collection) => collection,
            // `NoResult` here: a read would say "no entry", as if it only had to be written.
            Err(error) => return Err(meaning(&error)),
        };
        let locked = collection.is_locked().map_err(|error| meaning(&error))?;
        let state = if locked { "locked: it asks for its password" } else { "unlocked" };
        Ok(Ready { words: format!("Secret Service, {state}. Survives a restart."), locked })
    }

    pub(in super::super) fn meta(item: &Item) -> Result<Option<Meta>, StoreError> {
        let service = connect()?;
        let attributes = HashMap::from([("service", item.service.as_str()), ("username", item.user.as_str())]);
        let found = service.search_items(attributes).map_err(|error| meaning(&error))?;
        let Some(one) = found.unlocked.first().or(found.locked.first()) else { return Ok(None) };
        // Zero is what a locked keyring says of its items.
        let known = |time: Result<u64, Error>| time.ok().filter(|seconds| *seconds > 0);
        Ok(Some(Meta { created: known(one.get_created()), changed: known(one.get_modified()), version: None }))
    }

    pub(in super::super) fn mark_for_python(entry: &Entry) -> keyring::Result<()> {
        entry.inner.update_attributes(&HashMap::from([PYTHON_MARK]))
    }

    pub(in super::super) fn translate(error: &(dyn StdError + Send + Sync + 'static)) -> StoreError {
        match error.downcast_ref::<Error>() {
            Some(error) => meaning(error),
            None => StoreError::failed("the keyring could not do it").now(LOOK),
        }
    }

    /// Where nothing more is known.
    const LOOK: &str = "look at the keyring in Seahorse or KWalletManager, then type the command again";
    const UNLOCK: &str = "unlock it on the desktop where its prompt is seen, then type the command again";

    fn meaning(error: &Error) -> StoreError {
        match error {
            Error::Locked => StoreError::locked("the keyring is locked").now(UNLOCK),
            Error::NoResult => StoreError::absent("the Secret Service has no default keyring yet")
                .now("make one on the desktop: Seahorse, File, New, Password Keyring"),
            Error::Prompt | Error::PromptDisconnected => {
                StoreError::locked("the keyring is locked, and its prompt was dismissed or could not be shown")
                    .now(UNLOCK)
            }
            Error::Unavailable => absent(),
            // Only looked at, never shown.
            Error::Zbus(_) | Error::ZbusFdo(_) => by_name(&error.to_string()),
            _ => StoreError::failed("the keyring's answer could not be read").now(LOOK),
        }
    }

    fn by_name(text: &str) -> StoreError {
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["NoReply", "TimedOut", "Timeout", "timed out"]) {
            StoreError::no_answer("the Secret Service did not answer")
                .now("restart it: gnome-keyring-daemon --replace --components=secrets")
        } else if says(&["AccessDenied", "denied"]) {
            StoreError::denied("D-Bus does not let this program ask the Secret Service")
                .now("type the command outside of the sandbox or container")
        } else if says(&["IsLocked"]) {
            StoreError::locked("the keyring is locked").now(UNLOCK)
        } else if says(&["ServiceUnknown", "NameHasNoOwner", "not provided by any", "Spawn", "refused", "No such"]) {
            absent()
        } else {
            StoreError::failed("the Secret Service could not do it").now(LOOK)
        }
    }

    fn absent() -> StoreError {
        StoreError::absent("no Secret Service on D-Bus (usual in containers and over SSH)")
            .now("type the command in a terminal of the desktop session, where the keyring is")
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
mod imp {
    use super::{Entry, Item, Meta, Ready, StdError, StoreError};

    pub(in super::super) fn probe() -> Result<Ready, StoreError> {
        match Entry::store_status() {
            Ok(()) => Ok(Ready { words: "The keychain of this system. Survives a restart.".to_owned(), locked: false }),
            Err(_) => Err(StoreError::absent("the keychain of this system cannot be opened")
                .now("sign in to the desktop as the user of the keychain, then type the command again")),
        }
    }

    /// These systems do not say when an item was made.
    pub(in super::super) fn meta(item: &Item) -> Result<Option<Meta>, StoreError> {
        let entry = Entry::new(&item.service, &item.user).map_err(super::super::translate)?;
        match entry.inner.get_attributes() {
            Ok(_) => Ok(Some(Meta::default())),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(super::super::translate(error)),
        }
    }

    /// Nothing to mark: service and account are all that Python looks for.
    pub(in super::super) fn mark_for_python(_entry: &Entry) -> keyring::Result<()> {
        Ok(())
    }

    pub(in super::super) fn translate(_error: &(dyn StdError + Send + Sync + 'static)) -> StoreError {
        StoreError::failed("the keychain of this system could not do it")
            .now("look at the keychain's own program, then type the command again")
    }
}
