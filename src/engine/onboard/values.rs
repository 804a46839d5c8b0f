//! What a person may say for a variable, and the env file as a change.

use zeroize::Zeroizing;

use crate::engine::{EngineError, ErrorKind};
use crate::facts::masks;
use crate::plan::onboard::Onboard;
use crate::plan::{Before, FileChange, Phase};
use crate::secret::Secret;
use crate::store::env_file;
use crate::text::diff::{self, Side};
use crate::text::{RepoPath, SourceFile};

/// Longest value that is taken.
const MAX_VALUE: usize = 64 * 1024;

pub(super) fn unknown(name: &str, steps: &Onboard) -> EngineError {
    let mut error = EngineError::new(ErrorKind::Settings, format!("nothing here asks for {name}"))
        .why("neither the example nor the code of the app has that name");
    let mut known: Vec<&str> = steps.items.iter().map(|item| item.name.as_str()).collect();
    known.sort_by(|a, b| strsim::jaro_winkler(b, name).total_cmp(&strsim::jaro_winkler(a, name)));
    known.truncate(5);
    if !known.is_empty() {
        error = error.now(format!("one of those it does ask for: {}", known.join(", ")));
    }
    error.now("flask-harden onboard   without it")
}

pub(super) fn check_value(name: &str, value: &Secret) -> Result<(), EngineError> {
    let refused = |why: &str| {
        Err(EngineError::new(ErrorKind::Settings, format!("the value for {name} cannot stand in an env file"))
            .why(why)
            .now(format!("--set-file {name}=FILE   with one line of text in the file")))
    };
    let text = value.expose();
    match text {
        _ if text.len() > MAX_VALUE => refused("it is longer than 64 KiB"),
        _ if text.contains(['\n', '\r', '\0']) => {
            refused("it has several lines; a variable of the environment takes one")
        }
        _ if text.contains("${") => refused("it contains ${, which readers of env files take for another variable"),
        _ => Ok(()),
    }
}

/// The env file as a change, its values masked.
pub(super) fn change(file: &RepoPath, old: Option<&SourceFile>, after: Zeroizing<String>) -> FileChange {
    // An existing file that is closed to others keeps its bits: its group was given on purpose.
    let mode = match old.map(|source| source.mode) {
        Some(mode) if mode & 0o007 == 0 => mode,
        Some(mode) => mode & 0o700,
        None => env_file::MODE,
    };
    let new = SourceFile::new(file.clone(), after.to_string(), mode);
    let (old_hidden, new_hidden) = (old.map(masks::hidden).unwrap_or_default(), masks::hidden(&new));
    let side = old.map(|source| Side { text: &source.text, secrets: &old_hidden });
    let diff = diff::unified(file, side.as_ref(), &Side { text: &after, secrets: &new_hidden });
    FileChange {
        path: file.clone(),
        before: old.map(|source| Before { hash: source.hash.clone(), mode: source.mode }),
        after,
        mode,
        phase: Phase::Secret,
        diff,
        revealed: None,
        remedies: Vec::new(),
    }
}
