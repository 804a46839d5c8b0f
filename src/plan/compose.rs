//! Turns accepted remedies into file contents with diffs. A remedy is written whole or not at
//! all: where one of its changes cannot stand beside those of an earlier one, or leaves a file
//! that does not parse, the remedy is shown as a conflict.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::notice::Notice;
use crate::remedy::{Applicability, Remedy};
use crate::secret::Secret;
use crate::secret::generate::GenerateError;
use crate::text::RepoPath;

use super::decisions::{Decision, Decisions};
use super::draft::{Conflict, Draft, HeldBack};
use super::files::FileSet;

/// Where the key for a variable comes from: a new one for each name, the same one when asked again.
pub(super) type KeyFor<'k> = &'k mut dyn FnMut(&RepoPath, &str) -> Result<Secret, GenerateError>;

/// What is composed.
pub struct Composing<'a> {
    pub facts: &'a Facts,
    pub remedies: &'a [Remedy],
    pub decisions: &'a Decisions,
    /// Remedies that must not be written, by id, with the reason.
    pub withheld: &'a BTreeMap<String, String>,
    /// Whether the diffs with their values are wanted as well.
    pub reveal: bool,
}

/// How far needs are followed; a circle ends there.
const LONGEST_CHAIN: usize = 16;

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
            if refused.contains(&remedy.id) || composing.obstacle(remedy, &refused).is_some() {
                continue;
            }
            let edited = match composing.decisions.get(&remedy.id) {
                Some(Decision::Edited(texts)) => Some(texts),
                _ => None,
            };
            match files.add(remedy, edited) {
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

/// Why a remedy is not written, and what to type for it.
struct Obstacle {
    why: String,
    now: String,
}

impl Composing<'_> {
    /// What keeps a remedy out before any file is looked at.
    fn obstacle(&self, remedy: &Remedy, refused: &BTreeSet<String>) -> Option<Obstacle> {
        let obstacle = |why: &str, now: &str| Some(Obstacle { why: why.to_owned(), now: now.to_owned() });
        let accepted = self.decisions.accepts(&remedy.id);
        if let Some(reason) = self.withheld.get(&remedy.id) {
            let step = remedy.steps.first().cloned().unwrap_or_default();
            return Some(Obstacle { why: reason.clone(), now: step });
        }
        if remedy.changes.is_empty() || remedy.applicability == Applicability::Manual && !accepted {
            let by_hand = || {
                let place = remedy.findings.first();
                place.map_or_else(String::new, |key| {
                    format!("Change it by hand in {}; flask-harden explain {} says what is meant.", key.path, key.rule)
                })
            };
            if remedy.untracks() {
                return obstacle(&remedy.reason, "flask-harden --apply --untrack");
            }
            let why = if remedy.reason.is_empty() { "needs a person" } else { &remedy.reason };
            return obstacle(why, &remedy.steps.first().cloned().unwrap_or_else(by_hand));
        }
        if self.decisions.skips(&remedy.id) {
            return obstacle("you skipped it", "flask-harden --apply   without skipping it");
        }
        if !accepted {
            return obstacle("people will notice it", "flask-harden --apply");
        }
        let missing = remedy.needs.iter().find(|id| !self.is_free(id, refused, 0))?;
        let title = self.remedies.iter().find(|known| known.id == *missing).map_or(missing.as_str(), |r| &r.title);
        obstacle(&format!("it needs another fix that is not written: {title}"), "accept both, or neither")
    }

    /// Whether a remedy that others need is written.
    fn is_free(&self, id: &str, refused: &BTreeSet<String>, depth: usize) -> bool {
        let Some(remedy) = self.remedies.iter().find(|known| known.id == id) else { return false };
        self.decisions.accepts(id)
            && !refused.contains(id)
            && !self.withheld.contains_key(id)
            && depth < LONGEST_CHAIN
            && remedy.needs.iter().all(|next| self.is_free(next, refused, depth + 1))
    }
}

fn hold_back(composing: &Composing<'_>, refused: &BTreeSet<String>, draft: &mut Draft) {
    for remedy in composing.remedies {
        if draft.applied.iter().any(|applied| applied.id == remedy.id) {
            continue;
        }
        let Obstacle { why, now } = composing.obstacle(remedy, refused).unwrap_or_else(|| Obstacle {
            why: "it cannot be written beside another fix".to_owned(),
            now: "flask-harden --apply   once more, after this run".to_owned(),
        });
        draft.held_back.push(HeldBack { remedy: remedy.clone(), why, now });
    }
}
