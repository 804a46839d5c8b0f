//! Options of every source, merged: reads the settings files the request allows.

use std::path::Path;

use crate::options::{self, Known, Options, SettingsText};
use crate::repo::Tree;
use crate::store;
use crate::text::RepoPath;

use super::{EngineError, ErrorKind, Request, SettingsFile};

/// Bytes of a settings file.
const LIMIT: u64 = 1 << 20;

/// The merged options.
pub(super) fn resolve(tree: &Tree, request: &Request) -> Result<Options, EngineError> {
    let mut texts: Vec<(String, String)> = Vec::new();
    let environment = |name: &str| std::env::var(name).ok();
    let named = match &request.settings {
        SettingsFile::Named(path) => Some(path.clone()),
        SettingsFile::Project => options::config_of_environment(&environment).map(Into::into),
        SettingsFile::None => None,
    };
    match (named, &request.settings) {
        (Some(path), _) => texts.push((path.display().to_string(), named_file(&path)?)),
        (None, SettingsFile::Project) => {
            for name in [".flask-harden.toml", "pyproject.toml"] {
                let Some(path) = RepoPath::new(name) else { continue };
                if let Ok(file) = tree.read(&path, LIMIT) {
                    let text = String::from_utf8(file.bytes);
                    let text = text.map_err(|_| bad(format!("{name} is not UTF-8 text"), name))?;
                    texts.push((name.to_owned(), text));
                }
            }
        }
        _ => {}
    }
    let files: Vec<SettingsText<'_>> = texts.iter().map(|(name, text)| SettingsText { name, text }).collect();
    let stores: Vec<&str> = store::ALL.iter().map(|info| info.name).collect();
    let rules: Vec<&str> = crate::rules::all().iter().map(|rule| rule.id).collect();
    let known = Known { stores: &stores, formats: &request.formats, rules: &rules };
    options::resolve(&request.flags, &environment, &files, &known).map_err(|error| {
        EngineError::new(ErrorKind::Settings, format!("{}: {}", error.at, error.problem)).now(error.now)
    })
}

fn named_file(path: &Path) -> Result<String, EngineError> {
    std::fs::read_to_string(path).map_err(|error| {
        bad(format!("the settings file {} cannot be read", path.display()), "--config").why(error.to_string())
    })
}

fn bad(what: String, name: &str) -> EngineError {
    EngineError::new(ErrorKind::Settings, what).now(format!("repair {name}, or use --no-config"))
}
