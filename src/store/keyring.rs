//! The desktop's keyring, shared with Python's `keyring` package: one item for both, whoever
//! wrote it first. Every call runs on a thread of its own with a time limit, since a prompt that
//! nobody sees would wait for ever.

mod platform;

use std::sync::mpsc;
use std::time::Duration;

use keyring::{Entry, Error};
use zeroize::Zeroize as _;

use super::{Item, Keeping, Meta, Ready, Store, StoreError, StoreId, StoreInfo, Stored, When};
use crate::secret::Secret;

pub(super) const INFO: StoreInfo = StoreInfo {
    id: StoreId::Keyring,
    name: "keyring",
    title: "OS keyring",
    subject: "the OS keyring",
    about: "the keyring of this desktop; start the app with `flask-harden exec`",
    suits: "Good for this computer. Servers need their own copy.",
    readers: "programs of your login session, as long as it is unlocked",
    survives_restart: true,
    packages: &["keyring"],
    keeping: Keeping::Store(|_| Ok(Box::new(Keyring))),
};

/// How long a person may take to answer the keyring's own prompt.
const PROMPT_LIMIT: Duration = Duration::from_secs(60);
/// How long what needs no person may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The platform's own store.
struct Keyring;

impl Store for Keyring {
    fn probe(&self) -> Result<Ready, StoreError> {
        within(LIMIT, platform::probe)
    }

    fn meta(&self, item: &Item) -> Result<Option<Meta>, StoreError> {
        let item = item.clone();
        within(LIMIT, move || platform::meta(&item))
    }

    fn get(&self, item: &Item) -> Result<Option<Stored>, StoreError> {
        self.probe()?;
        let wanted = item.clone();
        let value = within(PROMPT_LIMIT, move || read(&wanted))?;
        let Some(value) = value else { return Ok(None) };
        Ok(Some(Stored { value, meta: self.meta(item)?.unwrap_or_default() }))
    }

    fn put(&self, item: &Item, value: &Secret, when: When) -> Result<Meta, StoreError> {
        self.probe()?;
        let (wanted, value) = (item.clone(), Secret::from(value.expose()));
        within(PROMPT_LIMIT, move || write(&wanted, &value, when))?;
        Ok(self.meta(item)?.unwrap_or_default())
    }

    fn delete(&self, item: &Item) -> Result<(), StoreError> {
        self.probe()?;
        let wanted = item.clone();
        within(PROMPT_LIMIT, move || match entry(&wanted)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(Error::Ambiguous(found)) => found.iter().try_for_each(|one| one.delete_credential()).map_err(translate),
            Err(error) => Err(translate(error)),
        })
    }

    fn place(&self, item: &Item) -> String {
        format!("the OS keyring, {}", item.shown())
    }
}

fn entry(item: &Item) -> Result<Entry, StoreError> {
    if Entry::store_status().is_err() {
        return Err(StoreError::absent("the keyring of this system cannot be opened")
            .now("sign in to the desktop as the user of the keyring, then type the command again"));
    }
    Entry::new(&item.service, &item.user).map_err(translate)
}

/// The value of an item. Where there are several of its name, they must agree: nothing says
/// which of them Python would read.
fn read(item: &Item) -> Result<Option<Secret>, StoreError> {
    match entry(item)?.get_password() {
        Ok(value) => Ok(Some(Secret::new(value))),
        Err(Error::NoEntry) => Ok(None),
        Err(Error::Ambiguous(found)) => {
            let mut value: Option<Secret> = None;
            for one in found {
                let next = Secret::new(one.get_password().map_err(translate)?);
                if value.as_ref().is_some_and(|known| *known != next) {
                    let shown = item.shown();
                    return Err(StoreError::unusable(format!(
                        "the keyring has several items called {shown}, with different values"
                    ))
                    .now("delete all but one of them, in Seahorse or KWalletManager"));
                }
                value = Some(next);
            }
            Ok(value)
        }
        Err(error) => Err(translate(error)),
    }
}

fn write(item: &Item, value: &Secret, when: When) -> Result<(), StoreError> {
    let entry = entry(item)?;
    match (when, entry.get_password().map(Secret::new)) {
        (When::Version(_), _) => return Err(StoreError::changed(item.shown())),
        (When::Absent, Ok(_) | Err(Error::Ambiguous(_))) => return Err(StoreError::exists(item.shown())),
        // One of them is kept and takes the new value.
        (When::Always, Err(Error::Ambiguous(found))) => {
            for extra in found.iter().skip(1) {
                extra.delete_credential().map_err(translate)?;
            }
        }
        (_, Ok(_) | Err(Error::NoEntry | Error::BadEncoding(_))) => {}
        (_, Err(error)) => return Err(translate(error)),
    }
    entry.set_password(value.expose()).map_err(translate)?;
    platform::mark_for_python(&entry).map_err(translate)?;
    match entry.get_password().map(Secret::new) {
        Ok(read) if read == *value => Ok(()),
        Ok(_) | Err(Error::NoEntry | Error::Ambiguous(_)) => Err(StoreError::not_read_back(item.shown())),
        Err(error) => Err(translate(error)),
    }
}

/// Runs a call on its own thread and gives up on it after `limit`.
fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (sender, receiver) = mpsc::channel();
    let started = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        // Nobody listens any more after the limit.
        let _ = sender.send(call());
    });
    if started.is_err() {
        return Err(StoreError::failed("there is no thread to ask the keyring on")
            .now("end other programs, then type the command again"));
    }
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(StoreError::no_answer(format!("the keyring did not answer within {} seconds", limit.as_secs()))
                .now("answer its prompt, or restart it: gnome-keyring-daemon --replace --components=secrets"))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(StoreError::failed("the keyring's client failed").now("type the command again"))
        }
    }
}

/// The library's error in our words: its own texts, and its bytes, may be what was stored.
fn translate(error: Error) -> StoreError {
    match error {
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => platform::translate(error.as_ref()),
        Error::BadEncoding(mut bytes) | Error::BadDataFormat(mut bytes, _) => {
            bytes.zeroize();
            StoreError::unusable("what the keyring holds there is not text")
                .now("delete the item, in Seahorse or KWalletManager, and make it again")
        }
        Error::TooLong(..) => StoreError::failed("the keyring does not take a name or value of this length")
            .now("--secret-path team/shop   with a shorter name"),
        Error::NoEntry => StoreError::unusable("the keyring holds no such item"),
        _ => StoreError::failed("the keyring could not do it")
            .now("look at the keyring in Seahorse or KWalletManager, then type the command again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_takes_too_long_is_given_up() {
        let slow = within(Duration::from_millis(20), || {
            std::thread::sleep(Duration::from_secs(5));
            Ok(())
        });
        assert!(matches!(slow, Err(StoreError::NoAnswer(_))));
        assert_eq!(within(LIMIT, || Ok(7)), Ok(7));
    }

    #[test]
    fn bytes_that_are_no_text_are_not_repeated() {
        let error = translate(Error::BadEncoding(b"hush\xff".to_vec()));
        assert!(!format!("{error} {error:?}").contains("hush"));
    }
}
