//! Detector: variables in env files, as python-dotenv reads them.

use std::sync::Arc;

use super::assignments::in_address;
use super::names::{self, MENTION, Named, is_plausible};
use super::{Detector, Given, Text};
use crate::facts::env::is_env_file;
use crate::facts::files::FileRole;
use crate::lang::dotenv::EnvDocument;
use crate::secret::Secret;
use crate::text::RepoPath;

/// Reads env files, samples too: their values are doubtful, not unread.
#[derive(Default)]
pub struct EnvVariables;

impl Detector for EnvVariables {
    fn reads(&self, path: &RepoPath) -> bool {
        is_env_file(path) && crate::repo::role(path) != FileRole::Vendored
    }

    fn reads_messages(&self) -> bool {
        false
    }

    fn may_hold(&self, text: &str) -> bool {
        MENTION.as_ref().is_some_and(|mention| mention.is_match(text))
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let Ok(document) = EnvDocument::parse(text.text) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in document.entries {
            let Some(secret) = entry.value.filter(|value| !value.is_empty()) else { continue };
            if let Some(address) = in_address(Some(&entry.key), secret.expose(), entry.line) {
                found.push(address);
                continue;
            }
            let counts = match names::named(&entry.key) {
                Some(Named::Signing) => true,
                Some(Named::Secret) => is_plausible(secret.expose()),
                None => false,
            };
            if counts {
                let raw = entry.value_span.map(|span| span.of(text.text)).filter(|raw| *raw != secret.expose());
                let written = raw.map(|raw| Arc::new(Secret::from(raw))).into_iter().collect();
                found.push(Given { written, ..Given::setting(entry.key, secret, entry.line) });
            }
        }
        found
    }
}
