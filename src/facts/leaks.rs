//! Secrets in git history. Reading history is the engine's part; detectors know what counts in a
//! historical text, and a [`Leak`] is what is known of each value.
//!
//! To look for something else: a type with [`Detector`], and its line in [`detectors`].

pub mod env;
pub mod python;

use std::sync::Arc;

use crate::secret::Secret;
use crate::text::RepoPath;

/// Settings and variables whose values are looked for by name.
pub const SECRET_SETTINGS: &[&str] = &["SECRET_KEY", "JWT_SECRET_KEY", "WTF_CSRF_SECRET_KEY", "SECURITY_PASSWORD_SALT"];

/// Every detector, new for each reading of a history: detectors remember what they saw.
pub fn detectors() -> Vec<Box<dyn Detector>> {
    vec![Box::<python::PythonSettings>::default(), Box::<env::EnvVariables>::default()]
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

/// What a value is, as far as the detector knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The value of a setting or variable; [`Given::key`] names it.
    Setting,
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
    /// Counted from 1.
    pub line: usize,
}

impl Given {
    pub fn setting(key: String, secret: Arc<Secret>, line: usize) -> Self {
        Self { kind: Kind::Setting, key, secret, line }
    }
}

/// One value in history. One line a value, however often it was committed.
#[derive(Clone)]
pub struct Leak {
    pub kind: Kind,
    /// The setting or variable it was given to, else what it is.
    pub key: String,
    pub secret: Arc<Secret>,
    pub path: RepoPath,
    /// Line in the first commit's version, counted from 1.
    pub line: usize,
    /// The first commit that has it, full hex id.
    pub commit: String,
    /// Author date of that commit, `2025-04-25`.
    pub date: String,
    /// Remote branches that hold it.
    pub remote_branches: Vec<String>,
    pub tags: Vec<String>,
    /// Whether it is part of what is checked out.
    pub in_head: bool,
}

impl Leak {
    /// `history: 4be1c07 2025-04-25 config.py:9, on origin/main, in v1.2`.
    pub fn seen(&self) -> String {
        let mut line =
            format!("history: {} {} {}:{}", &self.commit[..self.commit.len().min(7)], self.date, self.path, self.line);
        if !self.remote_branches.is_empty() {
            line.push_str(&format!(", on {}", some(&self.remote_branches)));
        }
        if !self.tags.is_empty() {
            line.push_str(&format!(", in {}", some(&self.tags)));
        }
        line
    }
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(" ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}
