//! Detector: variables in env files.

use super::{Detector, Given, SECRET_SETTINGS, Text};
use crate::facts::env::{is_env_file, is_example};
use crate::facts::files::FileRole;
use crate::lang::dotenv::EnvDocument;
use crate::secret::strength::is_placeholder;
use crate::text::RepoPath;

/// Reads env files as python-dotenv does.
#[derive(Default)]
pub struct EnvVariables;

impl Detector for EnvVariables {
    fn reads(&self, path: &RepoPath) -> bool {
        is_env_file(path)
            && !is_example(path)
            && !matches!(
                crate::repo::role(path),
                FileRole::Test | FileRole::Vendored | FileRole::Migration | FileRole::Docs
            )
    }

    fn reads_messages(&self) -> bool {
        false
    }

    fn may_hold(&self, text: &str) -> bool {
        SECRET_SETTINGS.iter().any(|key| text.contains(key))
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let Ok(document) = EnvDocument::parse(text.text) else { return Vec::new() };
        let entries = document.entries.into_iter().filter(|entry| SECRET_SETTINGS.contains(&entry.key.as_str()));
        entries
            .filter_map(|entry| {
                let secret = entry.value.filter(|value| !is_placeholder(value.expose()))?;
                Some(Given::setting(entry.key, secret, entry.line))
            })
            .collect()
    }
}
