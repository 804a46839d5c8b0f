//! From a scan to remedies and a draft. A remedy is offered only where the tree as it would be
//! afterwards no longer has its finding.

use std::collections::BTreeMap;

use crate::plan::{self, ChosenStore, ComposeError, Composing, Decision, Decisions, Draft, Held};
use crate::remedy::{Applicability, Remedy};
use crate::repo::Tree;
use crate::rules;
use crate::secret::Secret;
use crate::secret::generate::{KeySource, OsRandom, new_key};
use crate::store::StoreId;
use crate::text::RepoPath;

use super::choose::{self, NEW_ID};
use super::consequences::of_draft;
use super::ignores::{self, Ignore};
use super::keys;
use super::verify::Verifier;
use super::{EngineError, ErrorKind, Plan, Request, Scan};

/// How often a draft is made again without the remedies that proved nothing. What is unproven in
/// the last one is left out as well.
const ROUNDS: usize = 4;

/// Asks the rules for remedies under the choices that were made, and tries them out.
///
/// # Errors
/// Settings or a store that cannot be used.
pub fn plan(scan: &Scan, request: &Request) -> Result<Plan, EngineError> {
    plan_with(scan, request, NEW_ID, None, &[])
}

/// [`plan`] for a run that writes: `fresh` names a project that has no name yet.
pub(super) fn plan_as(scan: &Scan, request: &Request, fresh: &str) -> Result<Plan, EngineError> {
    plan_with(scan, request, fresh, None, &[])
}

/// [`plan`] with a store that a person chose, and what they set aside.
pub(super) fn plan_for(
    scan: &Scan,
    request: &Request,
    store: Option<StoreId>,
    ignores: &[Ignore],
) -> Result<Plan, EngineError> {
    plan_with(scan, request, &choose::new_id()?, store, ignores)
}

fn plan_with(
    scan: &Scan,
    request: &Request,
    fresh: &str,
    store: Option<StoreId>,
    ignores: &[Ignore],
) -> Result<Plan, EngineError> {
    let (choices, why) = choose::choices(scan, request, fresh, store)?;
    let mut remedies = plan::build(&scan.facts, &scan.findings, &choices);
    remedies.extend(ignores::remedy(&scan.facts, ignores));
    if choices.untrack {
        let own = rules::untracking(&scan.facts, &remedies);
        remedies.extend(own);
    }
    let named = store.is_some() || scan.options.store.value != "auto";
    let store = format!("{} ({why})", choices.store.name());
    let by_default = why == choose::BY_DEFAULT;
    let mut plan = Plan { remedies, choices, store, named, by_default };
    let everything = accepted(&plan, Applicability::Automatic);
    // A store that cannot be used is for the draft to say, not for a report.
    if let Ok((_, withheld)) = proven(scan, &plan, request, &everything, &mut OsRandom) {
        plan.remedies.iter_mut().filter(|remedy| withheld.contains_key(&remedy.id)).for_each(for_a_person);
    }
    Ok(plan)
}

/// Makes a remedy that did not do what it promises one for a person.
fn for_a_person(remedy: &mut Remedy) {
    remedy.applicability = Applicability::Manual;
    remedy.changes.clear();
    remedy.reason = "Tried out on this project, it leaves the finding, so it is not written.".to_owned();
    remedy.steps = remedy.findings.first().map_or_else(Vec::new, |key| {
        vec![format!("Change it by hand in {}; flask-harden explain {} says what is meant.", key.path, key.rule)]
    });
}

/// Accepts what is at or above an applicability, but for what `skip` names: a rule, a rule and a
/// file, or one finding.
///
/// # Errors
/// A word that names no fix of this plan.
pub fn decide(plan: &Plan, least: Applicability, skip: &[String]) -> Result<Decisions, EngineError> {
    let mut decisions = accepted(plan, least);
    decisions.skip_named(&plan.remedies, skip).map_err(|word| {
        let known = plan.remedies.iter().map(|remedy| format!("--skip {}", remedy.id));
        let error = EngineError::new(ErrorKind::Settings, format!("no fix here is called '{word}'"))
            .why("a fix is named by its rule (FH203), with its file (FH203:config.py), or as below");
        known.take(12).fold(error, EngineError::now)
    })?;
    Ok(decisions)
}

/// What an option accepts: by applicability, and the untracking that was asked for by name.
fn accepted(plan: &Plan, least: Applicability) -> Decisions {
    let mut decisions = Decisions::at_least(&plan.remedies, least);
    for remedy in plan.remedies.iter().filter(|remedy| plan.choices.untrack && remedy.untracks()) {
        decisions.set(&remedy.id, Decision::Accept);
    }
    decisions
}

/// The draft that writes what was accepted, and lists the rest. Cheap: it is made again at every
/// decision.
///
/// # Errors
/// A store that cannot be used, such as a tracked env file.
pub fn draft(scan: &Scan, plan: &Plan, request: &Request, decisions: &Decisions) -> Result<Draft, EngineError> {
    compose(scan, plan, request, decisions, &BTreeMap::new(), &mut OsRandom)
}

/// [`draft`], checked once more with these very decisions: a fix may lean on one that was
/// skipped, and an edited one may clear nothing.
///
/// # Errors
/// As [`draft`].
pub fn checked_draft(scan: &Scan, plan: &Plan, request: &Request, decisions: &Decisions) -> Result<Draft, EngineError> {
    checked_draft_with(scan, plan, request, decisions, &mut OsRandom)
}

/// [`checked_draft`] with another source of randomness: the same source gives the same bytes.
///
/// # Errors
/// As [`draft`].
pub fn checked_draft_with(
    scan: &Scan,
    plan: &Plan,
    request: &Request,
    decisions: &Decisions,
    random: &mut dyn KeySource,
) -> Result<Draft, EngineError> {
    let (mut draft, _) = proven(scan, plan, request, decisions, random)?;
    let (store, project) = (plan.choices.store, plan.choices.project.clone());
    draft.chosen = Some(ChosenStore { store, project, named: plan.named });
    if draft.secrets.iter().any(|secret| matches!(secret.held, Held::Store { .. })) {
        let tree = Tree::open(&scan.root)?;
        keys::settle(&mut draft, &choose::recorded(&tree), request.flags.adopt)?;
    }
    draft.consequences = of_draft(scan, &draft);
    Ok(draft)
}

/// The draft without the remedies that leave their finding, and these with the reason.
fn proven(
    scan: &Scan,
    plan: &Plan,
    request: &Request,
    decisions: &Decisions,
    random: &mut dyn KeySource,
) -> Result<(Draft, BTreeMap<String, String>), EngineError> {
    let mut withheld = BTreeMap::new();
    let mut draft = compose(scan, plan, request, decisions, &withheld, random)?;
    let Some(verifier) = Verifier::open(scan) else { return Ok((draft, withheld)) };
    for _ in 0..ROUNDS {
        let unproven = verifier.unproven(&draft);
        if unproven.is_empty() {
            break;
        }
        withheld.extend(unproven);
        draft = compose(scan, plan, request, decisions, &withheld, random)?;
    }
    Ok((draft, withheld))
}

fn compose(
    scan: &Scan,
    plan: &Plan,
    request: &Request,
    decisions: &Decisions,
    withheld: &BTreeMap<String, String>,
    random: &mut dyn KeySource,
) -> Result<Draft, EngineError> {
    let composing =
        Composing { facts: &scan.facts, remedies: &plan.remedies, decisions, withheld, reveal: request.reveal };
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
    composed.map(|(draft, _)| draft).map_err(|error| refused(scan, error))
}

pub(super) fn refused(scan: &Scan, error: ComposeError) -> EngineError {
    match error {
        ComposeError::TrackedEnvFile { path } => {
            let how = match scan.facts.index_problem {
                None => "--untrack   stops tracking it".to_owned(),
                Some(_) => format!("git rm --cached {path}   stops tracking it"),
            };
            EngineError::new(ErrorKind::StoreUnusable, format!("{path} cannot hold the new key"))
                .why("git tracks it, so the key would be committed")
                .now(format!("{how}; the next git pull deletes it in other checkouts: keep a copy there first"))
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
