//! Which values are in use now: what a leaked value is compared with. Filled from the facts of
//! the tree, and from a store where one was chosen; compares secrets, shows none.

use std::sync::Arc;

use super::doubt::{is_distinctive, of_path};
use super::names;
use super::{Leak, assignments};
use crate::facts::secret_names::is_secret_name;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts};
use crate::secret::Secret;
use crate::text::Location;

/// Where a leaked value is in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveUse {
    /// The setting or variable that has it now.
    pub key: String,
    /// `config.py:9`, `.env:4`, `the OS keyring`.
    pub at: String,
    /// The place in the tree, where it is one.
    pub location: Option<Location>,
}

/// Values in use.
#[derive(Default)]
pub struct LiveValues {
    values: Vec<(Arc<Secret>, LiveUse)>,
}

impl LiveValues {
    /// What the tree proves: literals that win on a target that serves and that nothing outside of
    /// the repository replaces, variables that start files set there, and env files.
    pub fn of(facts: &Facts) -> Self {
        let mut live = Self::default();
        live.literals(facts);
        for target in facts.targets.iter().filter(|target| target.production || target.assumed) {
            for (name, var) in &target.env {
                live.add_at(name, &Arc::new(Secret::from(var.value.as_str())), var.location.clone());
            }
        }
        for file in facts.env_files.iter().filter(|file| !file.example && of_path(&file.path).is_none()) {
            for entry in &file.document.entries {
                if let Some(value) = &entry.value {
                    live.add_at(&entry.key, value, facts.files.locate(&file.path, entry.key_span));
                }
            }
        }
        live
    }

    /// A value that a store holds. `at`: where, in words (`the OS keyring`).
    pub fn add(&mut self, key: &str, value: Arc<Secret>, at: &str) {
        self.push(value, LiveUse { key: key.to_owned(), at: at.to_owned(), location: None });
    }

    fn literals(&mut self, facts: &Facts) {
        let mut keys: Vec<&str> = facts.settings.iter().map(|setting| setting.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| names::named(key).is_some() || is_secret_name(key) || key.contains("_UR"));
        for target in facts.targets.iter().filter(|target| target.production || target.assumed) {
            for key in &keys {
                let Effective::Set { setting, certain: true } = facts.effective(target, key) else { continue };
                let setting = facts.resolve(setting);
                if let (None, Some(literal)) = (setting.value.env(), setting.value.literal())
                    && let Value::Text { secret, .. } = &literal.value
                {
                    self.add_at(key, secret, setting.location.clone());
                }
            }
        }
    }

    fn add_at(&mut self, key: &str, value: &Arc<Secret>, location: Location) {
        let at = format!("{}:{}", location.path, location.line);
        let used = LiveUse { key: key.to_owned(), at, location: Some(location) };
        if let Some(address) = assignments::in_address(Some(key), value.expose(), 1) {
            self.push(address.secret, used.clone());
        }
        self.push(Arc::clone(value), used);
    }

    fn push(&mut self, value: Arc<Secret>, used: LiveUse) {
        if !value.is_empty() && !self.values.iter().any(|(known, at)| *known == value && *at == used) {
            self.values.push((value, used));
        }
    }

    /// Where a leaked value is in use: under one of the names it had, or, where nobody chooses
    /// the same value by chance, under any name that sounds like a secret's.
    pub fn uses(&self, leak: &Leak) -> Vec<LiveUse> {
        let distinctive = is_distinctive(leak.secret.expose());
        let mut found: Vec<LiveUse> = self
            .values
            .iter()
            .filter(|(value, used)| {
                **value == *leak.secret
                    && (leak.names.contains(&used.key)
                        || (distinctive && (is_secret_name(&used.key) || used.key.contains("_UR"))))
            })
            .map(|(_, used)| used.clone())
            .collect();
        found.sort();
        found.dedup();
        found
    }
}
