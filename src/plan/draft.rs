//! The draft: exactly what an apply will write, with masked diffs. Composed by `compose`,
//! written by `apply`.

use crate::remedy::Remedy;
use crate::store::{Item, StoreId};
use crate::text::{ContentHash, RepoPath};

/// When a file is written: ignore files first, so that an env file is ignored before it holds a
/// key; keys next, so that no app points at a key that does not exist; then everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Ignore,
    Secret,
    Code,
}

/// The state of a file the draft was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub hash: ContentHash,
    pub mode: u32,
}

/// One file as it will be. Holds text that may contain secrets: no `Debug`.
pub struct FileChange {
    pub path: RepoPath,
    /// `None`: the file must not exist yet.
    pub before: Option<Before>,
    /// The whole new text.
    pub after: zeroize::Zeroizing<String>,
    /// Permission bits the file will have.
    pub mode: u32,
    pub phase: Phase,
    /// Unified diff, secrets masked.
    pub diff: String,
    /// The same diff with its values, for `--show-values`.
    pub revealed: Option<zeroize::Zeroizing<String>>,
    /// Ids of the remedies that change this file.
    pub remedies: Vec<String>,
}

/// A key to be generated and put into the chosen store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretChange {
    /// Variable name under which the app reads it.
    pub name: String,
    /// Where it will be, in words (`.env`).
    pub place: String,
    pub held: Held,
}

/// What holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A file of the draft.
    File(RepoPath),
    /// A store outside of the tree; `existing`: the key is there already and stays as it is;
    /// `replaced`: another value of this name was there, and is gone.
    Store { store: StoreId, item: Item, root: RepoPath, existing: bool, replaced: bool },
    /// It is shown one time, after everything was written.
    Shown { root: RepoPath },
}

impl SecretChange {
    /// Whether a key is made.
    pub fn is_new(&self) -> bool {
        !matches!(self.held, Held::Store { existing: true, .. })
    }
}

/// Two accepted remedies that cannot both be written. Shown, never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub path: RepoPath,
    pub kept: String,
    pub refused: String,
    pub reason: String,
}

/// A remedy that is not in this draft, and what to type for it.
#[derive(Clone, Debug)]
pub struct HeldBack {
    pub remedy: Remedy,
    pub why: String,
    /// The option that would include it, or the step for the person.
    pub now: String,
}

/// One setting on one target, before and after. In words; never a value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Root of the project, for repositories with several.
    pub project: RepoPath,
    /// `gunicorn (Procfile:1)`.
    pub target: String,
    pub production: bool,
    pub setting: String,
    pub before: String,
    pub after: String,
}

/// The store a draft was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenStore {
    pub store: StoreId,
    /// What the project is called there.
    pub project: String,
    /// Whether it was named, and not found.
    pub named: bool,
}

/// What an apply would do.
#[derive(Default)]
pub struct Draft {
    /// In order of writing: by phase, then by path.
    pub files: Vec<FileChange>,
    pub secrets: Vec<SecretChange>,
    /// Files that git stops tracking, sorted; they stay where they are.
    pub untracked: Vec<RepoPath>,
    pub applied: Vec<Remedy>,
    pub held_back: Vec<HeldBack>,
    pub conflicts: Vec<Conflict>,
    /// Where new keys go, for the record; `None` where the draft was not tried out yet.
    pub chosen: Option<ChosenStore>,
    /// What changes on each target; empty where the draft was not tried out yet.
    pub consequences: Vec<Consequence>,
}

impl Draft {
    /// Whether an apply would change nothing at all.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.untracked.is_empty() && !self.secrets.iter().any(SecretChange::is_new)
    }
}
