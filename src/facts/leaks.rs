//! Secrets in git history. Reading history is the engine's part; detectors know what counts in a
//! historical text, and a [`Leak`] is what is known of each value.
//!
//! To look for something else: a type with [`Detector`], and its line in [`detectors`].

pub mod assignments;
pub mod doubt;
pub mod env;
pub mod live;
pub mod names;
pub mod python;
pub mod tokens;

use std::sync::Arc;

pub use doubt::Doubt;
pub use live::{LiveUse, LiveValues};

use crate::repo::history::Reach;
use crate::secret::Secret;
use crate::text::RepoPath;

/// Every detector, new for each reading of a history: detectors remember what they saw.
pub fn detectors() -> Vec<Box<dyn Detector>> {
    vec![
        Box::<python::PythonSettings>::default(),
        Box::<env::EnvVariables>::default(),
        Box::<assignments::Assignments>::default(),
        Box::<tokens::Tokens>::default(),
    ]
}

/// Looks for one kind of secret in historical texts. Every unique content comes once; histories
/// hold tens of thousands of them, so each question but `find` must be cheap.
pub trait Detector {
    /// Whether files at this path (from the tree's root) are read. What no detector wants is not
    /// even inflated.
    fn reads(&self, path: &RepoPath) -> bool;

    /// Whether messages of commits and tags, and notes, are read.
    fn reads_messages(&self) -> bool;

    /// A fast look (`memchr`, Aho-Corasick) at whether a text can hold anything. May be wrong in
    /// one direction only: `true` costs time, `false` is believed.
    fn may_hold(&self, text: &str) -> bool;

    /// The secrets in a text, in any order. Called where `may_hold` said so.
    fn find(&mut self, text: &Text<'_>) -> Vec<Given>;
}

/// A historical text as detectors see it. May hold secrets: no `Debug`.
pub struct Text<'a> {
    /// From the tree's root; `None` for messages and notes.
    pub path: Option<&'a RepoPath>,
    pub text: &'a str,
}

/// What a value is, as far as the detector knows. The later ones say more: of a value that
/// several detectors find, the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The value of a setting or variable; [`Given::key`] names it.
    Setting,
    /// The password in an address; [`Given::key`] is the setting, else the address's scheme.
    UrlPassword,
    /// A provider's key, known by its look; the word is the detector's own name for the kind, by
    /// which its rule finds it again. [`Given::key`] is what people read (`Stripe secret key`).
    Provider(&'static str),
}

/// One secret in a text.
pub struct Given {
    pub kind: Kind,
    /// The setting or variable it was given to, else what it is.
    pub key: String,
    pub secret: Arc<Secret>,
    /// The pieces it is written in, where the text does not hold it as it is (escapes, several
    /// literals in a row).
    pub written: Vec<Arc<Secret>>,
    /// Counted from 1.
    pub line: usize,
    /// Why it may be no secret, by the look of it. What its path says is judged by the engine.
    pub doubt: Option<Doubt>,
}

impl Given {
    pub fn new(kind: Kind, key: impl Into<String>, secret: Arc<Secret>, line: usize) -> Self {
        Self { kind, key: key.into(), secret, written: Vec::new(), line, doubt: None }
    }

    /// The value of a setting, with the doubt that its look raises.
    pub fn setting(key: impl Into<String>, secret: Arc<Secret>, line: usize) -> Self {
        let key = key.into();
        let doubt = doubt::of_value(&key, secret.expose());
        Self { doubt, ..Self::new(Kind::Setting, key, secret, line) }
    }
}

/// One value in history. One line a value, however often it was committed.
#[derive(Clone)]
pub struct Leak {
    pub kind: Kind,
    /// The setting or variable it was given to first, else what it is.
    pub key: String,
    /// Every name it was given to, sorted.
    pub names: Vec<String>,
    pub secret: Arc<Secret>,
    /// The pieces it is written in, where files do not hold it as it is.
    pub written: Vec<Arc<Secret>>,
    pub path: RepoPath,
    /// Line in the first commit's version, counted from 1.
    pub line: usize,
    /// The first commit that has it, full hex id.
    pub commit: String,
    /// Author date of that commit, `2025-04-25`.
    pub date: String,
    /// The newest commit that has it.
    pub last: Moment,
    /// The commit that took it out; nothing where HEAD has it, or where nothing did.
    pub removed: Option<Moment>,
    /// Every file that ever held it, sorted by path.
    pub places: Vec<LeakPlace>,
    /// Messages and notes that hold it.
    pub messages: usize,
    /// Whether the tree of HEAD holds it.
    pub in_head: bool,
    /// What still reaches a commit that holds it.
    pub reach: Reach,
    /// Why it may be no secret; nothing where one of its places leaves no doubt.
    pub doubt: Option<Doubt>,
    /// Where the same value is in use now. Empty: it is not proven to be in use.
    pub live: Vec<LiveUse>,
}

/// A commit, as far as a report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Full hex id.
    pub commit: String,
    /// Author date.
    pub date: String,
}

impl Moment {
    /// `4be1c07 2025-04-25`
    pub fn short(&self) -> String {
        format!("{} {}", short(&self.commit), self.date)
    }
}

fn short(id: &str) -> &str {
    &id[..id.len().min(7)]
}

/// A file that held the value at some time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeakPlace {
    pub path: RepoPath,
    /// The lines it stood on in the versions of the file, sorted.
    pub lines: Vec<usize>,
}

impl Leak {
    /// Whether it was given to a setting of one of these names.
    pub fn is_setting(&self, keys: &[&str]) -> bool {
        self.names.iter().any(|name| keys.contains(&name.as_str()))
    }

    /// `history: 4be1c07 2025-04-25 config.py:9, removed in 1c07abc 2025-06-01, on origin/main,
    /// in v1.2`.
    pub fn seen(&self) -> String {
        let place =
            if self.places.is_empty() { "a message".to_owned() } else { format!("{}:{}", self.path, self.line) };
        let mut line = format!("history: {} {} {place}", short(&self.commit), self.date);
        if let Some(removed) = &self.removed {
            line.push_str(&format!(", removed in {}", removed.short()));
        }
        line.push_str(&format!(", {}", self.reached()));
        line
    }

    /// What still reaches it: `on origin/main, in v1.2`.
    pub fn reached(&self) -> String {
        let reach = &self.reach;
        if reach.only_stash() {
            return "only in a stash".to_owned();
        }
        if reach.only_reflog() {
            return "only in a reflog of this clone".to_owned();
        }
        let mut parts = Vec::new();
        if !reach.remote_branches.is_empty() {
            parts.push(format!("on {}", shown_names(&reach.remote_branches)));
        }
        if !reach.tags.is_empty() {
            parts.push(format!("in {}", shown_names(&reach.tags)));
        }
        if !reach.pull_requests.is_empty() {
            parts.push(format!("in {}", shown_names(&reach.pull_requests)));
        }
        if parts.is_empty() {
            parts.push(match reach.branches.as_slice() {
                [] => "on no branch that has a name".to_owned(),
                branches => format!("on {}, which no remote here has", shown_names(branches)),
            });
        }
        parts.join(", ")
    }
}

/// Up to three names, the main branch first.
pub fn shown_names(names: &[String]) -> String {
    let main = |name: &&String| {
        !matches!(name.rsplit('/').next(), Some("main" | "master" | "trunk" | "production" | "release"))
    };
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_by_key(main);
    let shown = sorted.iter().take(3).map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}
