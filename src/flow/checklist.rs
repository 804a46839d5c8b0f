//! What is left for the person after a write: a list to tick off, made of what was written and of
//! what the findings that are left ask for.

use std::collections::BTreeSet;

use crate::engine::IGNORES;

use super::{Effect, Flow};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    /// What to type for it, where that is known.
    pub command: Option<String>,
    pub done: bool,
    /// The rule it belongs to.
    pub rule: Option<&'static str>,
}

/// Programs whose lines a step may begin with or name.
const COMMANDS: &[&str] = &["git ", "flask-harden ", "pip ", "heroku ", "flyctl "];

impl Item {
    fn open(text: impl Into<String>, rule: Option<&'static str>) -> Self {
        let text = text.into();
        Self { command: command_in(&text), text, done: false, rule }
    }

    fn done(text: String) -> Self {
        Self { text, command: None, done: true, rule: None }
    }
}

/// The command a step holds: from a known program's name to two spaces, a full stop or a comma at
/// a word's end, or the end of the text.
fn command_in(text: &str) -> Option<String> {
    let begins = |at: &usize| *at == 0 || !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "-_/`".contains(c));
    let start = COMMANDS.iter().filter_map(|program| text.find(program)).filter(begins).min()?;
    let rest = &text[start..];
    let end = ["  ", ". ", ", ", "; ", "`"].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
    let command = rest[..end].trim_end_matches(['.', ',', ';', ' ']);
    command.contains(' ').then(|| command.to_owned())
}

impl Flow {
    /// Makes the list anew from what is known now; ticks stay with their text.
    pub(super) fn renew_checklist(&mut self) {
        let items = self.checklist();
        let Some(outcome) = &mut self.outcome else { return };
        let ticked: BTreeSet<String> =
            outcome.items.iter().filter(|item| item.done).map(|item| item.text.clone()).collect();
        outcome.items = items;
        for item in &mut outcome.items {
            item.done |= ticked.contains(&item.text);
        }
    }

    fn checklist(&self) -> Vec<Item> {
        let Some(outcome) = &self.outcome else { return Vec::new() };
        let mut items: Vec<Item> = Vec::new();
        if outcome.undone.is_none()
            && let Some(receipt) = &outcome.receipt
        {
            for key in &receipt.keys {
                items.push(Item::done(format!("New {} in {}", key.name, key.place)));
            }
            for remedy in outcome.draft.applied.iter().filter(|remedy| remedy.id != IGNORES) {
                items.push(Item::done(remedy.title.clone()));
            }
            for remedy in &outcome.draft.applied {
                let rule = remedy.findings.first().map(|key| key.rule);
                items.extend(remedy.steps.iter().map(|step| Item::open(step, rule)));
            }
            if outcome.git {
                let files = match receipt.files.len() {
                    1 => "the changed file".to_owned(),
                    count => format!("the {count} changed files"),
                };
                items.push(Item::open(format!("Commit {files}, then deploy."), None));
            }
        }
        for found in self.scan.iter().flat_map(|scan| &scan.findings) {
            let manual = self.fix_of(found).filter(|fix| fix.changes.is_empty()).map_or(&[][..], |fix| &fix.steps);
            let steps = found.next_step.iter().chain(manual);
            items.extend(steps.map(|step| Item::open(step, Some(found.key.rule))));
        }
        let mut seen = BTreeSet::new();
        items.retain(|item| seen.insert(item.text.clone()));
        items
    }

    pub(super) fn tick(&mut self, at: usize) {
        if let Some(item) = self.outcome.as_mut().and_then(|outcome| outcome.items.get_mut(at)) {
            item.done = !item.done;
        }
    }

    pub(super) fn copy_step(&mut self, at: usize) -> Vec<Effect> {
        let item = self.outcome.as_ref().and_then(|outcome| outcome.items.get(at));
        item.map(|item| Effect::Copy(item.command.clone().unwrap_or_else(|| item.text.clone()))).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_steps() {
        let found = |text: &str| command_in(text).unwrap_or_default();
        assert_eq!(found("git rm --cached .env   stops tracking it"), "git rm --cached .env");
        assert_eq!(found("Copy it, then: git rm --cached .env, add it to .gitignore."), "git rm --cached .env");
        assert_eq!(found("flask-harden scan"), "flask-harden scan");
        assert_eq!(found("add gunicorn to requirements.txt"), "");
        assert_eq!(found("it was pushed to digit s"), "");
    }
}
