//! What a draft changes for each way the app is started, as far as the files prove it: the value
//! of every setting it touches, before and after.

use std::collections::BTreeSet;

use crate::facts::{Facts, Target};
use crate::plan::{Consequence, Decisions, Draft};
use crate::remedy::{Change, Remedy};

use super::effective::line;
use super::verify::Verifier;
use super::{EngineError, Plan, Request, Scan, draft};

/// What one remedy, with those it needs and nothing else, changes when the app runs.
///
/// # Errors
/// As [`draft`].
pub fn consequences(scan: &Scan, plan: &Plan, request: &Request, id: &str) -> Result<Vec<Consequence>, EngineError> {
    let mut decisions = Decisions::default();
    let mut open = vec![id.to_owned()];
    while let Some(next) = open.pop() {
        if decisions.accepts(&next) {
            continue;
        }
        if let Some(remedy) = plan.remedies.iter().find(|remedy| remedy.id == next) {
            decisions.set(&next, crate::plan::Decision::Accept);
            open.extend(remedy.needs.iter().cloned());
        }
    }
    let draft = draft(scan, plan, request, &decisions)?;
    Ok(of_draft(scan, &draft))
}

/// What a whole draft changes when the app runs.
pub(super) fn of_draft(scan: &Scan, draft: &Draft) -> Vec<Consequence> {
    let Some(verifier) = Verifier::open(scan).filter(|_| !draft.files.is_empty()) else { return Vec::new() };
    between(&scan.facts, &verifier.facts_after(draft), &settings_of(&draft.applied))
}

/// The settings that remedies speak of: what their findings name, and the keys they store.
fn settings_of(remedies: &[Remedy]) -> BTreeSet<String> {
    let is_setting = |name: &&str| name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let named = remedies.iter().flat_map(|remedy| &remedy.findings).filter_map(|key| key.symbol.rsplit('.').next());
    let stored = remedies.iter().flat_map(|remedy| &remedy.changes).filter_map(|change| match change {
        Change::PutSecret { name, .. } => Some(name.as_str()),
        _ => None,
    });
    named.filter(is_setting).chain(stored).map(str::to_owned).collect()
}

fn between(before: &Facts, after: &Facts, settings: &BTreeSet<String>) -> Vec<Consequence> {
    let mut found = Vec::new();
    for target in &before.targets {
        let same = |other: &&Target| other.name == target.name && other.project == target.project;
        let Some(then) = after.targets.iter().find(same) else { continue };
        for setting in settings {
            let (old, new) = (words(before, target, setting), words(after, then, setting));
            if old != new {
                found.push(Consequence {
                    project: target.project.clone(),
                    target: target.name.clone(),
                    production: target.production,
                    setting: setting.clone(),
                    before: old,
                    after: new,
                });
            }
        }
    }
    found
}

fn words(facts: &Facts, target: &Target, setting: &str) -> String {
    line(facts, target, setting).value
}
