//! HashiCorp Vault and OpenBao: one path of a KV engine for each project, a field for each
//! setting. Versions 1 and 2 of the engine are told apart by asking; a write on version 2 carries
//! the version it was made from, so nothing is overwritten unseen.
//!
//! The address comes from an option or the person's own environment, as the token and the authority
//! do; never from a repository.

mod kv;
mod login;

use super::http::{Address, Http, Trust};
use super::{Access, Item, Keeping, Meta, Ready, Store, StoreError, StoreId, StoreInfo, Stored, When};
use crate::secret::Secret;
use kv::{Engine, Fields, Kv};
use login::{Login, Session};

pub(super) const INFO: StoreInfo = StoreInfo {
    id: StoreId::Vault,
    name: "vault",
    title: "Vault",
    subject: "Vault",
    about: "HashiCorp Vault or OpenBao: --vault-addr or VAULT_ADDR, and a token or AppRole of the environment",
    suits: "For servers and teams. The address: --vault-addr or VAULT_ADDR.",
    readers: "whoever has a token with a policy for that path",
    survives_restart: true,
    packages: &["hvac"],
    keeping: Keeping::Store(|access| Ok(Box::new(Vault::open(access)?))),
};

/// The engine where nothing else is named; every new Vault has it.
const DEFAULT_MOUNT: &str = "secret";

/// A client of one Vault.
struct Vault {
    kv: Kv,
}

impl Vault {
    fn open(access: &Access<'_>) -> Result<Self, StoreError> {
        let value = |name: &str| (access.environment)(name).filter(|value| !value.is_empty());
        let (address, source) = match (&access.vault_addr, value("VAULT_ADDR")) {
            (Some(address), _) => (address.clone(), "--vault-addr"),
            (None, Some(address)) => (address, "VAULT_ADDR"),
            (None, None) => {
                return Err(StoreError::absent("no server is named: VAULT_ADDR is not set")
                    .now("--vault-addr https://vault.example.org:8200   names yours, or set VAULT_ADDR"));
            }
        };
        let address = Address::parse(&address, source)?.with_authority_in("VAULT_CACERT");
        let trust = match value("VAULT_CACERT") {
            None => Trust::System,
            Some(path) => Trust::Authorities(std::fs::read(&path).map_err(|error| {
                StoreError::absent(format!("the file that VAULT_CACERT names cannot be read: {}", error.kind()))
                    .now("set VAULT_CACERT to the PEM file of the server's authority, or unset it")
            })?),
        };
        let login = Login::find(access)?;
        let session = Session::new(Http::new(address, &trust)?, value("VAULT_NAMESPACE"), login);
        Ok(Self { kv: Kv::new(session) })
    }

    /// The path of an item, as a person writes it: the engine's own first.
    fn path(item: &Item) -> String {
        let service = item.service.trim_matches('/');
        // Our own names say nothing of an engine; a path that a person gave does.
        if service.starts_with("flask-harden/") { format!("{DEFAULT_MOUNT}/{service}") } else { service.to_owned() }
    }

    fn engine(&self, item: &Item) -> Result<Engine, StoreError> {
        self.kv.engine(&Self::path(item))
    }
}

impl Store for Vault {
    fn probe(&self) -> Result<Ready, StoreError> {
        let words = self.kv.session().check()?;
        Ok(Ready { words, locked: false })
    }

    fn meta(&self, item: &Item) -> Result<Option<Meta>, StoreError> {
        let fields = self.kv.read(&self.engine(item)?)?;
        Ok(fields.has(&item.user).then(|| meta(&fields)))
    }

    fn get(&self, item: &Item) -> Result<Option<Stored>, StoreError> {
        let mut fields = self.kv.read(&self.engine(item)?)?;
        let Some(value) = fields.take_text(&item.user) else {
            return match fields.has(&item.user) {
                true => Err(StoreError::unusable(format!("{} is there, and it is no text", self.place(item)))
                    .now(format!("vault kv patch {} {}=-   makes it the text it reads", Self::path(item), item.user))),
                false => Ok(None),
            };
        };
        Ok(Some(Stored { value, meta: meta(&fields) }))
    }

    fn put(&self, item: &Item, value: &Secret, when: When) -> Result<Meta, StoreError> {
        let engine = self.engine(item)?;
        let mut fields = self.kv.read(&engine)?;
        match when {
            When::Absent if fields.has(&item.user) => return Err(StoreError::exists(self.place(item))),
            When::Version(version) if fields.version() != Some(version) => {
                return Err(StoreError::changed(self.place(item)));
            }
            When::Absent | When::Version(_) | When::Always => {}
        }
        fields.set(&item.user, value);
        self.kv.write(&engine, &fields, || self.place(item))?;
        let mut read = self.kv.read(&engine)?;
        match read.take_text(&item.user) {
            Some(found) if found == *value => Ok(meta(&read)),
            _ => Err(StoreError::not_read_back(self.place(item))),
        }
    }

    fn delete(&self, item: &Item) -> Result<(), StoreError> {
        let engine = self.engine(item)?;
        let mut fields = self.kv.read(&engine)?;
        if !fields.remove(&item.user) {
            return Ok(());
        }
        match fields.is_empty() {
            true => self.kv.delete(&engine),
            false => self.kv.write(&engine, &fields, || self.place(item)),
        }
    }

    fn missing(&self, item: &Item) -> StoreError {
        let path = Self::path(item);
        let deleted = self.engine(item).and_then(|engine| self.kv.read(&engine));
        match deleted.ok().and_then(|fields| fields.deleted()) {
            Some(version) => StoreError::unusable(format!("version {version} of {path} was deleted there"))
                .now(format!("vault kv undelete -versions={version} {path}   brings it back")),
            None => StoreError::unusable(format!("{path} has no field {}", item.user)),
        }
    }

    fn place(&self, item: &Item) -> String {
        format!("Vault, {} {}", Self::path(item), item.user)
    }
}

/// The time is the path's: that of one field alone is known only where it is the only one.
fn meta(fields: &Fields) -> Meta {
    Meta { created: None, changed: fields.changed(), version: fields.version() }
}
