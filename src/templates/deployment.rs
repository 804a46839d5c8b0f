//! Pieces for deployment files, with the app's own names.

use super::{DEPLOY_COMPOSE, DEPLOY_ENVIRONMENT, DEPLOY_KUBERNETES, DEPLOY_SYSTEMD, DEPLOY_VAULT_AGENT};
use super::{TemplateError, Value};

/// What a deployment file has to know of an app.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'a> {
    /// Lower case letters, digits and `-`.
    pub app: &'a str,
    /// The systemd unit.
    pub unit: &'a str,
    /// The variables that hold keys.
    pub keys: &'a [String],
    /// Those of them that the app also reads from the file that `NAME_FILE` names.
    pub file_keys: &'a [String],
    /// Where Vault's API has them.
    pub vault_path: &'a str,
    /// The server, where it is known.
    pub vault_address: Option<&'a str>,
}

impl Deployment<'_> {
    /// A drop-in for a systemd unit.
    ///
    /// # Errors
    /// Where a name does not have the shape its place needs.
    pub fn systemd(&self) -> Result<String, TemplateError> {
        let mut values = self.both_ways();
        values.extend([("app", Value::Word(self.app)), ("unit", Value::Word(self.unit))]);
        values.push(("variable_keys", rows(self.variable_keys())));
        DEPLOY_SYSTEMD.render(&values)
    }

    /// Secrets of Docker Compose, or variables of its own environment.
    ///
    /// # Errors
    /// Where a name does not have the shape its place needs.
    pub fn compose(&self) -> Result<String, TemplateError> {
        // An unset variable is an error of compose, and no empty key.
        let references: Vec<(&str, String)> = self
            .variable_keys()
            .map(|name| (name, format!("${{{name}:?set it where docker compose is started}}")))
            .collect();
        let rows = references
            .iter()
            .map(|(name, reference)| vec![("name", Value::Identifier(name)), ("reference", Value::Comment(reference))]);
        let mut values = self.both_ways();
        values.push(("references", Value::Rows(rows.collect())));
        DEPLOY_COMPOSE.render(&values)
    }

    /// Variables of a container from a Secret.
    ///
    /// # Errors
    /// Where a name does not have the shape its place needs.
    pub fn kubernetes(&self) -> Result<String, TemplateError> {
        DEPLOY_KUBERNETES.render(&[("app", Value::Word(self.app)), ("keys", self.rows())])
    }

    /// A template of Vault Agent.
    ///
    /// # Errors
    /// Where a name does not have the shape its place needs.
    pub fn vault_agent(&self) -> Result<String, TemplateError> {
        DEPLOY_VAULT_AGENT.render(&[
            ("app", Value::Word(self.app)),
            ("path", Value::Word(self.vault_path)),
            ("has_address", Value::Flag(self.vault_address.is_some())),
            // Written only where there is one.
            ("address", Value::Comment(self.vault_address.unwrap_or("-"))),
            ("keys", self.rows()),
        ])
    }

    /// A script that sets the variables and starts what it is given.
    ///
    /// # Errors
    /// Where a name does not have the shape its place needs.
    pub fn environment(&self) -> Result<String, TemplateError> {
        DEPLOY_ENVIRONMENT.render(&[("keys", self.rows())])
    }

    fn both_ways(&self) -> Vec<(&'static str, Value<'_>)> {
        vec![
            ("reads_file", Value::Flag(!self.file_keys.is_empty())),
            ("reads_variable", Value::Flag(self.variable_keys().next().is_some())),
            ("file_keys", rows(self.file_keys.iter().map(String::as_str))),
        ]
    }

    /// Those that come in a variable alone.
    fn variable_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter(|name| !self.file_keys.contains(name)).map(String::as_str)
    }

    fn rows(&self) -> Value<'_> {
        rows(self.keys.iter().map(String::as_str))
    }
}

fn rows<'a>(names: impl Iterator<Item = &'a str>) -> Value<'a> {
    Value::Rows(names.map(|name| vec![("name", Value::Identifier(name))]).collect())
}
