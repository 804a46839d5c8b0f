//! What is known of a project's keys without a scan: the record of the directory, or of one above
//! it, and the values it leads to. Nothing here is taken from a file of the repository but the
//! value of an env file that the record or an option names.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::apply::{KeyRecord, StateDir, StoreRecord, record};
use crate::lang::dotenv;
use crate::remedy::Choices;
use crate::repo::{Tree, TreeError};
use crate::secret::Secret;
use crate::store::{Keeping, StoreError, StoreId};
use crate::text::RepoPath;

use super::keys::{file_item, fit, open, unusable};
use super::{EngineError, ErrorKind, choose};

/// Bytes of an env file that is read.
const ENV_FILE_LIMIT: u64 = 1 << 20;

/// What a command on stored keys was given.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    pub dir: PathBuf,
    /// The name of a store, or `auto`.
    pub store: Option<String>,
    /// Only these variables; none: all that are recorded.
    pub only: Vec<String>,
    pub secret_path: Option<String>,
    pub adopt: bool,
    /// Whether a value that is there is replaced.
    pub replace: bool,
    /// Confirmations are answered with yes.
    pub confirmed: bool,
}

/// The project a directory belongs to, as the record knows it.
pub(super) struct Known {
    pub(super) tree: Tree,
    pub(super) record: StoreRecord,
    /// The directory, from the tree.
    pub(super) below: RepoPath,
}

impl Known {
    /// The record of the directory or of the nearest one above that has one; else that of the
    /// directory itself, empty.
    pub(super) fn find(dir: &Path) -> Result<Self, EngineError> {
        let state = StateDir::from_env()?;
        let here = Tree::open(dir)?;
        let start = here.root().to_owned();
        for above in start.ancestors() {
            let Ok(tree) = Tree::open(above) else { break };
            let known = record(&tree, &state)?;
            if !known.keys.is_empty() || known.store.is_some() {
                let below = start.strip_prefix(tree.root()).ok().and_then(Path::to_str).and_then(RepoPath::new);
                return Ok(Self { tree, record: known, below: below.unwrap_or_else(RepoPath::root) });
            }
        }
        Ok(Self { tree: here, record: StoreRecord::default(), below: RepoPath::root() })
    }

    /// The store that is meant, and why.
    pub(super) fn store(&self, request: &KeyRequest) -> Result<(StoreId, String), EngineError> {
        let variable = || std::env::var("FLASKHARDEN_STORE").ok().filter(|name| !name.is_empty());
        let named = match &request.store {
            Some(name) => Some((name.clone(), "--store")),
            None => variable().map(|name| (name, "FLASKHARDEN_STORE")),
        };
        match (named.filter(|(name, _)| name != "auto"), self.record.store) {
            (Some((name, from)), _) => match StoreId::from_name(&name) {
                Some(store) => Ok((store, format!("from {from}"))),
                None => Err(EngineError::new(ErrorKind::Settings, format!("{from} names no store that is known"))
                    .now("--store env-file")),
            },
            (None, Some(store)) => Ok((store, "recorded for this project".to_owned())),
            (None, None) => Ok((StoreId::EnvFile, "the default where nothing is recorded".to_owned())),
        }
    }

    /// The recorded key of this name in a store: of the project the directory lies in, where
    /// several projects of the tree have one.
    pub(super) fn key(&self, store: StoreId, name: &str) -> Result<Option<&KeyRecord>, EngineError> {
        let named: Vec<&KeyRecord> = self.record.in_store(store).filter(|key| key.name == name).collect();
        let around = named.iter().filter(|key| self.below.is_below(&key.root));
        let nearest = around.max_by_key(|key| key.root.components().count());
        match (nearest, named.as_slice()) {
            (Some(key), _) => Ok(Some(key)),
            (None, []) => Ok(None),
            (None, [one]) => Ok(Some(one)),
            (None, several) => {
                let roots: Vec<&str> = several.iter().map(|key| key.root.as_str()).collect();
                Err(EngineError::new(ErrorKind::Settings, format!("several projects here have a {name}"))
                    .why(format!("they are in {}", roots.join(", ")))
                    .now("type the command again in the directory of one of them"))
            }
        }
    }

    /// Where a name is or would be in a store: as recorded, else by the name of the project.
    pub(super) fn place(&self, store: StoreId, name: &str, request: &KeyRequest) -> Result<KeyRecord, EngineError> {
        if let (Some(key), None) = (self.key(store, name)?, &request.secret_path) {
            return Ok(key.clone());
        }
        let mut choices = Choices::new(store);
        choices.secret_path.clone_from(&request.secret_path);
        let root =
            self.record.keys.iter().find(|key| key.name == name).map_or_else(RepoPath::root, |key| key.root.clone());
        let item = match store.info().keeping {
            Keeping::File => file_item(choices.env_file(&root).as_str(), name),
            Keeping::Store(_) => {
                choices.project = self.project()?;
                choices.item(&root, name)
            }
            Keeping::Shown | Keeping::Nothing => file_item("", name),
        };
        Ok(KeyRecord { name: name.to_owned(), root, store, item, created: now() })
    }

    /// What the project is called in stores: as recorded, else after its origin, else a new id.
    pub(super) fn project(&self) -> Result<String, EngineError> {
        match self.record.project.clone().or_else(|| choose::origin(&self.tree)) {
            Some(project) => Ok(project),
            None => choose::new_id(),
        }
    }

    /// The value of a key; `None` where there is none.
    pub(super) fn value(&self, key: &KeyRecord) -> Result<Option<Secret>, EngineError> {
        match key.store.info().keeping {
            Keeping::Store(_) => {
                let stored = open(key.store)?.get(&key.item).map_err(|error| unusable(key.store, &error))?;
                stored.map(|stored| fit(key.store, &key.item, stored.value)).transpose()
            }
            Keeping::File => self.in_file(&key.item.service, &key.name),
            Keeping::Shown | Keeping::Nothing => Ok(None),
        }
    }

    /// The value of a key that has to be there.
    pub(super) fn existing(&self, key: &KeyRecord) -> Result<Secret, EngineError> {
        if let Some(value) = self.value(key)? {
            return Ok(value);
        }
        let missing = match key.store.info().keeping {
            Keeping::Store(_) => open(key.store)?.missing(&key.item),
            _ => StoreError::unusable(format!("it has no {} under {}", key.name, key.item.service)),
        };
        let error = EngineError::new(
            ErrorKind::StoreUnusable,
            format!("there is no {} in {}", key.name, key.store.info().subject),
        );
        let error = missing.next().iter().fold(error.why(missing.to_string()), EngineError::now);
        Err(error.now("flask-harden onboard   makes the keys that are missing"))
    }

    fn in_file(&self, path: &str, name: &str) -> Result<Option<Secret>, EngineError> {
        let failed = |why: String| {
            unusable(
                StoreId::EnvFile,
                &StoreError::unusable(why).now("flask-harden store status   says where the keys are"),
            )
        };
        let path = RepoPath::new(path).ok_or_else(|| failed(format!("{path} is no file of the project")))?;
        match self.tree.read(&path, ENV_FILE_LIMIT) {
            Ok(file) => {
                let bytes = zeroize::Zeroizing::new(file.bytes);
                let text = std::str::from_utf8(&bytes).map_err(|_| failed(format!("{path} is not UTF-8 text")))?;
                Ok(dotenv::read(text, name).map(|value| Secret::from(value.expose())))
            }
            Err(TreeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
