//! Values that signing keys had in git history. Reading history is the engine's part; this file
//! knows what counts in a historical text, and what is known of each value.

use std::sync::Arc;

use super::env::is_env_file;
use super::files::{FileRole, Files, PyFile};
use super::names::Names;
use super::settings;
use super::values::Value;
use crate::lang::{dotenv::EnvDocument, python};
use crate::secret::Secret;
use crate::secret::strength::is_placeholder;
use crate::text::{RepoPath, SourceFile};

/// One value in history. One line a value, however often it was committed.
pub struct Leak {
    /// The setting or variable it was given to.
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

/// Whether a historical file is worth reading.
pub fn is_wanted(path: &RepoPath) -> bool {
    (path.extension() == "py" || is_env_file(path))
        && !matches!(
            crate::repo::role(path),
            FileRole::Test | FileRole::Vendored | FileRole::Migration | FileRole::Docs
        )
}

/// A key and the literal it is given, with the line.
pub struct Given {
    pub key: String,
    pub secret: Arc<Secret>,
    pub line: usize,
}

/// The literals a historical text gives to signing keys.
pub fn given(path: &RepoPath, text: &str, keys: &[&str]) -> Vec<Given> {
    let mentions = keys.iter().any(|key| text.contains(key)) || text.contains("secret_key");
    if !mentions {
        return Vec::new();
    }
    if is_env_file(path) {
        return in_env(path, text, keys);
    }
    let Ok(module) = python::parse(text) else { return Vec::new() };
    let names = Names::of(&module);
    let mut files = Files::default();
    files.sources.insert(path.clone(), SourceFile::new(path.clone(), text.to_owned(), 0));
    let file = PyFile { path: path.clone(), role: FileRole::Source, module };
    let mut found = Vec::new();
    for setting in settings::collect(&files, &file, &names) {
        let testing = matches!(&setting.holder, settings::Holder::Class(class) if class.contains("Test"));
        if !keys.contains(&setting.key.as_str()) || testing {
            continue;
        }
        if let Some(Value::Text { secret, .. }) = setting.value.literal().map(|literal| &literal.value) {
            if !is_placeholder(secret.expose()) {
                found.push(Given { key: setting.key, secret: Arc::clone(secret), line: setting.location.line });
            }
        }
    }
    found
}

fn in_env(path: &RepoPath, text: &str, keys: &[&str]) -> Vec<Given> {
    if super::env::is_example(path) {
        return Vec::new();
    }
    let Ok(document) = EnvDocument::parse(text) else { return Vec::new() };
    let entries = document.entries.into_iter().filter(|entry| keys.contains(&entry.key.as_str()));
    entries
        .filter_map(|entry| {
            let secret = entry.value.filter(|value| !is_placeholder(value.expose()))?;
            Some(Given { key: entry.key, secret, line: entry.line })
        })
        .collect()
}
