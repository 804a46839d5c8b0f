//! Asks every rule for remedies of its findings.

use crate::facts::Facts;
use crate::finding::Finding;
use crate::remedy::{Choices, Remedy};
use crate::rules;

/// The remedies for findings, in the order of the rules; each id once.
pub fn build(facts: &Facts, findings: &[Finding], choices: &Choices) -> Vec<Remedy> {
    let mut remedies: Vec<Remedy> = Vec::new();
    for rule in rules::all() {
        let Some(propose) = rule.remedy else { continue };
        let own: Vec<&Finding> = findings.iter().filter(|finding| finding.key.rule == rule.id).collect();
        if own.is_empty() {
            continue;
        }
        for remedy in propose(facts, &own, choices) {
            if !remedies.iter().any(|known| known.id == remedy.id) {
                remedies.push(remedy);
            }
        }
    }
    remedies
}
