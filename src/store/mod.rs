//! Where keys live. One file for each store and one entry in [`ALL`]; network and async end here.
//! A store keeps values under names; it knows nothing of Flask, of records or of who owns an item.

mod aws;
pub mod env_file;
mod error;
mod http;
mod keyring;
mod vault;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use error::StoreError;

use crate::secret::Secret;

/// A store a key can be put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreId {
    /// The desktop's own keyring (Secret Service, Keychain, Credential Manager).
    Keyring,
    /// HashiCorp Vault or OpenBao.
    Vault,
    /// AWS Secrets Manager.
    Aws,
    /// A 0600 env file in the tree, ignored by git.
    EnvFile,
    /// The key is shown one time and kept nowhere.
    Print,
    /// Nothing is generated: the code reads the variable and the host sets it.
    None,
}

/// What becomes of a key that is put there.
#[derive(Clone, Copy)]
pub enum Keeping {
    /// A store of its own, outside of the tree.
    Store(Open),
    /// A file of the tree, written by `apply`.
    File,
    /// Shown one time.
    Shown,
    /// No key is made.
    Nothing,
}

/// Makes a store ready to be asked. Opens no connection yet.
pub type Open = fn(&Access<'_>) -> Result<Box<dyn Store>, StoreError>;

/// What a store may need to know of the person's own environment. Nothing in it comes from a
/// repository.
pub struct Access<'a> {
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The Vault that an option names; it comes before that of the environment.
    pub vault_addr: Option<String>,
}

/// What `--vault-addr` says. One process is one command line.
static VAULT_ADDR: OnceLock<String> = OnceLock::new();

/// Takes the address of the command line, for every store that is opened after it.
pub fn name_vault(address: &str) {
    // Asked a second time it stays the first: there is one command line.
    let _ = VAULT_ADDR.set(address.to_owned());
}

impl<'a> Access<'a> {
    /// This environment, and no option.
    pub fn of(environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { environment, vault_addr: None }
    }
}

impl Access<'static> {
    /// The environment and the command line of this process.
    pub fn of_process() -> Self {
        Self { environment: &|name| std::env::var(name).ok(), vault_addr: VAULT_ADDR.get().cloned() }
    }

    /// The Vault that is meant here, where one is named and its address is no secret.
    pub fn vault_named(&self) -> Option<String> {
        let named = self.vault_addr.clone().or_else(|| (self.environment)("VAULT_ADDR"));
        named.and_then(|address| http::plain(&address))
    }
}

/// What is known of a store before it is asked anything.
pub struct StoreInfo {
    pub id: StoreId,
    /// Its name in options and records.
    pub name: &'static str,
    /// Its name on the screen.
    pub title: &'static str,
    /// Its name as the subject of a sentence.
    pub subject: &'static str,
    /// One line for help.
    pub about: &'static str,
    /// What it is good for and what it costs, for the person who chooses.
    pub suits: &'static str,
    /// Who can read a key there.
    pub readers: &'static str,
    /// Whether keys are still there after a restart of the computer.
    pub survives_restart: bool,
    /// Python packages by which an app reads this store itself.
    pub packages: &'static [&'static str],
    pub keeping: Keeping,
}

/// Every store, in the order of help and of the screen.
pub const ALL: &[StoreInfo] = &[
    keyring::INFO,
    vault::INFO,
    aws::INFO,
    env_file::INFO,
    StoreInfo {
        id: StoreId::Print,
        name: "print",
        title: "Print once",
        subject: "the store print",
        about: "show the new key one time, keep it nowhere",
        suits: "Shown one time, to paste somewhere else. Not saved.",
        readers: "whoever sees the output",
        survives_restart: false,
        packages: &[],
        keeping: Keeping::Shown,
    },
    StoreInfo {
        id: StoreId::None,
        name: "none",
        title: "None",
        subject: "the store none",
        about: "generate nothing; the code reads a variable that the host sets",
        suits: "For hosts that hold the key themselves, and for image builds.",
        readers: "whoever may read the settings of the host",
        survives_restart: false,
        packages: &[],
        keeping: Keeping::Nothing,
    },
];

impl StoreId {
    pub fn info(self) -> &'static StoreInfo {
        ALL.iter().find(|info| info.id == self).unwrap_or(&ALL[ALL.len() - 1])
    }

    pub fn name(self) -> &'static str {
        self.info().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|info| info.name == name).map(|info| info.id)
    }

    /// Whether keys go into a file of the tree, which the app reads itself.
    pub fn is_file(self) -> bool {
        matches!(self.info().keeping, Keeping::File)
    }

    /// Whether a key is made at all.
    pub fn makes_keys(self) -> bool {
        !matches!(self.info().keeping, Keeping::Nothing)
    }

    /// The store, ready to be asked; `None` where keys are a file of the tree or are not kept.
    ///
    /// # Errors
    /// Where the environment lacks what it needs.
    pub fn open(self, access: &Access<'_>) -> Result<Option<Box<dyn Store>>, StoreError> {
        match self.info().keeping {
            Keeping::Store(open) => open(access).map(Some),
            Keeping::File | Keeping::Shown | Keeping::Nothing => Ok(None),
        }
    }
}

impl StoreInfo {
    /// Whether it can be used now, in words for the person who chooses. Raises no prompt.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn available(&self, access: &Access<'_>) -> Result<String, StoreError> {
        match self.id.open(access)? {
            Some(store) => Ok(store.probe()?.words),
            None => Ok(self.suits.to_owned()),
        }
    }
}

/// The name of one value in a store; never the value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// `flask-harden/<owner>/<name>`, or what `--secret-path` says.
    pub service: String,
    /// The setting.
    pub user: String,
}

impl Item {
    /// The item of a setting of a project.
    pub fn of(project: &str, setting: &str) -> Self {
        Self { service: format!("flask-harden/{project}"), user: setting.to_owned() }
    }

    /// As it is shown.
    pub fn shown(&self) -> String {
        format!("{} {}", self.service, self.user)
    }
}

/// A store that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// What it is and how it stands, one line.
    pub words: String,
    /// Using it asks the person for a password first.
    pub locked: bool,
}

/// What is known of an item without its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Seconds since 1970, where the store knows.
    pub created: Option<u64>,
    pub changed: Option<u64>,
    /// For [`When::Version`]; `None` where the store counts none.
    pub version: Option<u64>,
}

/// A value with what is known of it.
pub struct Stored {
    pub value: Secret,
    pub meta: Meta,
}

/// On what a write depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Only where there is no such item.
    Absent,
    /// Only where the item has this version.
    Version(u64),
    /// Whatever is there is replaced.
    Always,
}

/// A store outside of the tree. Every call ends within its own time limit, and nothing a call
/// returns or fails with holds a value but [`Stored`].
pub trait Store: Send {
    /// Whether it is there and answers. Raises no prompt and reads no value.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn probe(&self) -> Result<Ready, StoreError>;

    /// What is known of an item; `None` where there is none. Raises no prompt.
    ///
    /// # Errors
    /// Where the store cannot be asked.
    fn meta(&self, item: &Item) -> Result<Option<Meta>, StoreError>;

    /// The value of an item; `None` where there is none.
    ///
    /// # Errors
    /// Where the store cannot be asked, or has something that is no key.
    fn get(&self, item: &Item) -> Result<Option<Stored>, StoreError>;

    /// Stores a value and reads it back.
    ///
    /// # Errors
    /// Where the condition does not hold, or it cannot be stored or is not read back the same.
    fn put(&self, item: &Item, value: &Secret, when: When) -> Result<Meta, StoreError>;

    /// Removes an item; one that is not there counts as removed.
    ///
    /// # Errors
    /// Where the store cannot be asked.
    fn delete(&self, item: &Item) -> Result<(), StoreError>;

    /// Why there is no value where one was looked for, and what brings it there.
    fn missing(&self, item: &Item) -> StoreError {
        StoreError::unusable(format!("there is no item {}", item.shown()))
    }

    /// Where an item is, in words (`the OS keyring, flask-harden/shop/web SECRET_KEY`).
    fn place(&self, item: &Item) -> String;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_store_is_found_by_its_name_and_listed_once() {
        for info in ALL {
            assert_eq!(StoreId::from_name(info.name), Some(info.id));
            assert_eq!(ALL.iter().filter(|other| other.name == info.name || other.id == info.id).count(), 1);
            assert!(info.suits.len() < 70 && info.suits.ends_with('.'), "{}: fits a row of the screen", info.name);
        }
    }
}
