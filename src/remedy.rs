//! What a rule proposes: a remedy is a set of changes with a reason and an applicability.
//! A remedy writes nothing; `plan` composes remedies and `apply` writes.

use serde::{Deserialize, Serialize};

use crate::finding::FindingKey;
use crate::store::{Item, Keeping, StoreId, env_file};
use crate::text::{RepoPath, TextEdit};

/// Whether a remedy may be written without asking. Ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Needs a decision or a person.
    Manual,
    /// Correct and complete without a question, but people will notice.
    Automatic,
    /// The app behaves as before for everyone who uses it.
    Safe,
}

impl Applicability {
    pub const fn word(self) -> &'static str {
        match self {
            Applicability::Manual => "manual",
            Applicability::Automatic => "automatic",
            Applicability::Safe => "safe",
        }
    }
}

/// One change a remedy makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Replace spans of an existing file, as it was read.
    Edit { path: RepoPath, edits: Vec<TextEdit> },
    /// Create a file that does not exist. Two equal creations are one.
    Create { path: RepoPath, text: String, mode: u32 },
    /// Lines for an ignore file; those it already covers are left out.
    Ignore { file: RepoPath, patterns: Vec<String> },
    /// A new key under this name in the env file; an existing value is kept.
    PutSecret { name: String, file: RepoPath },
    /// A new key under this name outside of the tree; one that is there is kept.
    KeepSecret(KeepSecret),
    /// Take permission bits away from an existing file.
    Chmod { path: RepoPath, mode: u32 },
    /// Git stops tracking a file; the file itself stays.
    Untrack { path: RepoPath },
    /// Lines of the gunicorn configuration at `conf`: created from a template where it does not
    /// exist, else added to. The items of all accepted remedies make one file.
    ServerStart { conf: RepoPath, item: ServerItem },
}

/// A key that lives in no file of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeepSecret {
    /// The variable the app reads.
    pub name: String,
    /// Root of the project it belongs to.
    pub root: RepoPath,
    pub store: StoreId,
    /// `None`: it is shown one time.
    pub item: Option<Item>,
}

/// One thing a gunicorn configuration does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServerItem {
    /// The file itself with its limits. `gunicorn_known`: gunicorn already starts this app, so
    /// workers, worker class and preloading stay as they are.
    Limits { gunicorn_known: bool },
    /// `os.environ.setdefault(name, value)` before the app is loaded.
    /// `why` is the comment above it, one line.
    Env { name: String, value: String, why: String },
    /// Stop with one sentence where the app has no key. Written only into a file we create.
    StopWithoutKey,
}

/// What one remedy would do.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// Stable within a plan: the finding's key plus a word where a finding has several.
    pub id: String,
    /// The findings it clears.
    pub findings: Vec<FindingKey>,
    pub title: String,
    /// Why, and what people will notice, in one or two sentences.
    pub reason: String,
    pub applicability: Applicability,
    pub changes: Vec<Change>,
    /// What a person has to do; for manual remedies the whole of it.
    pub steps: Vec<String>,
    /// Ids of remedies without which this one must not be written.
    pub needs: Vec<String>,
}

/// What the user chose, or what was chosen for them.
#[derive(Clone, Debug)]
pub struct Choices {
    pub store: StoreId,
    /// What items of stores outside of the tree are named after: the origin's owner and name, or
    /// an id.
    pub project: String,
    /// What they are named instead, as `--secret-path` says.
    pub secret_path: Option<String>,
    /// Tracked env files are untracked, as `--untrack` says.
    pub untrack: bool,
}

impl Remedy {
    /// The files that git stops tracking by it.
    pub fn untracked(&self) -> impl Iterator<Item = &RepoPath> {
        self.changes.iter().filter_map(|change| match change {
            Change::Untrack { path } => Some(path),
            _ => None,
        })
    }

    /// Whether it has git stop tracking a file.
    pub fn untracks(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Untrack { .. }))
    }
}

impl Choices {
    /// Choices for a project that has no name of its own.
    pub fn new(store: StoreId) -> Self {
        Self { store, project: "local".to_owned(), secret_path: None, untrack: false }
    }

    /// The item for a setting of the project at `root`.
    pub fn item(&self, root: &RepoPath, setting: &str) -> Item {
        match &self.secret_path {
            Some(path) => Item { service: path.clone(), user: setting.to_owned() },
            None if root.is_root() => Item::of(&self.project, setting),
            None => Item::of(&format!("{}/{root}", self.project), setting),
        }
    }

    /// What puts a key outside of the tree; `None` where keys are files, or none are made.
    pub fn keep(&self, root: &RepoPath, name: &str) -> Option<Change> {
        let item = match self.store.info().keeping {
            Keeping::Store(_) => Some(self.item(root, name)),
            Keeping::Shown => None,
            Keeping::File | Keeping::Nothing => return None,
        };
        let (name, root) = (name.to_owned(), root.clone());
        Some(Change::KeepSecret(KeepSecret { name, root, store: self.store, item }))
    }

    /// The env file of a project.
    pub fn env_file(&self, project: &RepoPath) -> RepoPath {
        project.join(env_file::NAME).unwrap_or_else(RepoPath::root)
    }
}
