//! From a scan to remedies and a draft.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{self, ComposeError, Composing, Draft};
use crate::remedy::{Applicability, Choices};
use crate::secret::Secret;
use crate::secret::generate::{KeySource, OsRandom, new_key};
use crate::store::StoreId;
use crate::text::RepoPath;

use super::{EngineError, ErrorKind, Plan, Request, Scan};

/// Asks the rules for remedies under the choices that were made.
///
/// # Errors
/// Settings or a store that cannot be used.
pub fn plan(scan: &Scan, _request: &Request) -> Result<Plan, EngineError> {
    let chosen = &scan.options.store;
    let (store, why) = match StoreId::from_name(&chosen.value) {
        Some(store) => (store, format!("from {}", chosen.source)),
        None => (StoreId::EnvFile, "the default where nobody can be asked".to_owned()),
    };
    let choices = Choices { store };
    let remedies = plan::build(&scan.facts, &scan.findings, &choices);
    Ok(Plan { remedies, choices, store: format!("{} ({why})", store.name()) })
}

/// The draft that writes every remedy at or above `least`, and lists the others.
///
/// # Errors
/// A store that cannot be used, such as a tracked env file.
pub fn draft(scan: &Scan, plan: &Plan, request: &Request, least: Applicability) -> Result<Draft, EngineError> {
    draft_with(scan, plan, request, least, &mut OsRandom)
}

/// [`draft`] with another source of randomness: the same source gives the same bytes.
///
/// # Errors
/// As [`draft`].
pub(super) fn draft_with(
    scan: &Scan,
    plan: &Plan,
    request: &Request,
    least: Applicability,
    random: &mut dyn KeySource,
) -> Result<Draft, EngineError> {
    let accepted: BTreeSet<String> =
        plan.remedies.iter().filter(|remedy| remedy.applicability >= least).map(|remedy| remedy.id.clone()).collect();
    let composing =
        Composing { facts: &scan.facts, remedies: &plan.remedies, accepted: &accepted, reveal: request.reveal };
    let mut keys: BTreeMap<(RepoPath, String), String> = BTreeMap::new();
    let composed = plan::compose(&composing, &mut |file: &RepoPath, name: &str| {
        let slot = (file.clone(), name.to_owned());
        if let Some(known) = keys.get(&slot) {
            return Ok(Secret::from(known.as_str()));
        }
        let key = new_key(random)?;
        keys.insert(slot, key.expose().to_owned());
        Ok(key)
    });
    keys.values_mut().for_each(zeroize::Zeroize::zeroize);
    composed.map(|(draft, _)| draft).map_err(refused)
}

fn refused(error: ComposeError) -> EngineError {
    match error {
        ComposeError::TrackedEnvFile { path } => {
            EngineError::new(ErrorKind::StoreUnusable, format!("{path} cannot hold the new key"))
                .why("git tracks it, so the key would be committed")
                .now(format!(
                    "git rm --cached {path}   stops tracking it; the next git pull deletes it in other checkouts"
                ))
                .now("--store none   writes no key; set the variable on the host")
        }
        ComposeError::EnvFile { path, reason } => {
            EngineError::new(ErrorKind::StoreUnusable, format!("{path} cannot hold the new key"))
                .why(reason)
                .now("--store none   writes no key; set the variable on the host")
        }
        ComposeError::Generate(error) => {
            EngineError::new(ErrorKind::StoreUnusable, "no key could be made").why(error.to_string())
        }
        ComposeError::Template(reason) => {
            EngineError::new(ErrorKind::WriteRefused, "a template could not be filled").why(reason)
        }
    }
}
