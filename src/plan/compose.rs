//! Turns accepted remedies into file contents with diffs. A remedy is written whole or not at
//! all: where one of its changes cannot stand beside those of an earlier one, or leaves a file
//! that does not parse, the remedy is shown as a conflict.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::notice::Notice;
use crate::remedy::{Applicability, Remedy};
use crate::secret::Secret;
use crate::secret::generate::GenerateError;
use crate::text::RepoPath;

use super::draft::{Conflict, Draft, HeldBack};
use super::files::FileSet;

/// Where the key for a variable comes from: a new one for each name, the same one when asked again.
pub(super) type KeyFor<'k> = &'k mut dyn FnMut(&RepoPath, &str) -> Result<Secret, GenerateError>;

/// What is composed.
pub struct Composing<'a> {
    pub facts: &'a Facts,
    pub remedies: &'a [Remedy],
    /// Ids of the remedies that are accepted.
    pub accepted: &'a BTreeSet<String>,
    /// Whether the diffs with their values are wanted as well.
    pub reveal: bool,
}

/// Why nothing could be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The env file is tracked by git: a new key would be committed.
    #[error("{path} is tracked by git")]
    TrackedEnvFile { path: RepoPath },
    #[error("{path}: {reason}")]
    EnvFile { path: RepoPath, reason: String },
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error("{0}")]
    Template(String),
}

/// Composes the accepted remedies. What was not accepted is held back, with what to type for it.
///
/// # Errors
/// Where an env file must not or cannot take a key.
pub fn compose(composing: &Composing<'_>, key_for: KeyFor<'_>) -> Result<(Draft, Vec<Notice>), ComposeError> {
    let mut draft = Draft::default();
    let mut notices = Vec::new();
    let mut refused: BTreeSet<String> = BTreeSet::new();
    // Each round leaves out what the one before could not write, so it ends.
    let files = loop {
        let mut files = FileSet::new(composing.facts);
        draft.applied.clear();
        for remedy in composing.remedies {
            let wanted = composing.accepted.contains(&remedy.id) && remedy.applicability > Applicability::Manual;
            if !wanted || refused.contains(&remedy.id) || remedy.needs.iter().any(|id| refused.contains(id)) {
                continue;
            }
            match files.add(remedy) {
                Ok(()) => draft.applied.push(remedy.clone()),
                Err(conflict) => {
                    refused.insert(remedy.id.clone());
                    draft.conflicts.push(conflict);
                }
            }
        }
        let broken = files.broken()?;
        if broken.is_empty() {
            break files;
        }
        for (path, id) in broken {
            notices.push(Notice::file(
                crate::notice::NoticeKind::RemedyWithheld,
                &path,
                "a fix was left out because the file would no longer have parsed",
            ));
            draft.conflicts.push(Conflict {
                path,
                kept: String::new(),
                refused: id.clone(),
                reason: "the file would no longer have parsed".to_owned(),
            });
            refused.insert(id);
        }
    };
    files.finish(&mut draft, composing.reveal, key_for)?;
    hold_back(composing, &refused, &mut draft);
    Ok((draft, notices))
}

fn hold_back(composing: &Composing<'_>, refused: &BTreeSet<String>, draft: &mut Draft) {
    for remedy in composing.remedies {
        if draft.applied.iter().any(|applied| applied.id == remedy.id) {
            continue;
        }
        let (why, now) = if remedy.applicability == Applicability::Manual {
            ("needs a person", remedy.steps.first().cloned().unwrap_or_else(|| remedy.reason.clone()))
        } else if refused.contains(&remedy.id) {
            ("cannot be written beside another fix", "flask-harden --apply   once more, after this run".to_owned())
        } else {
            ("people will notice it", "flask-harden --apply".to_owned())
        };
        draft.held_back.push(HeldBack { remedy: remedy.clone(), why: why.to_owned(), now });
    }
}
