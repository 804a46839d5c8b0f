//! The truth and the text of a value in an environment, as far as they are known.

use super::{Derivation, EnvRead, Value, Valued};

impl Valued {
    /// The truth of the value when no environment variable is set; `None` where it is not known.
    pub fn truth_unset(&self) -> Option<bool> {
        self.truth(&|_| None)
    }

    /// The truth of the value in an environment.
    pub fn truth(&self, env: EnvLookup<'_>) -> Option<bool> {
        match &self.value {
            Value::Bool(value) => Some(*value),
            Value::None => Some(false),
            Value::Dict { empty } => Some(!empty),
            Value::Number(text) => text.parse::<f64>().ok().map(|n| n != 0.0),
            Value::Text { secret, .. } => Some(!secret.is_empty()),
            Value::Env(_) => match self.text(env)? {
                EnvText::Unset => Some(false),
                EnvText::Is(text) => Some(!text.is_empty()),
                EnvText::Bool(value) => Some(value),
            },
            Value::Derived { inner, how } => derived_truth(inner, how, env),
            _ => None,
        }
    }

    /// The text a value has in an environment; `Some(None)` where it is None there.
    pub fn known_text(&self, env: EnvLookup<'_>) -> Option<Option<String>> {
        match self.text(env)? {
            EnvText::Unset => Some(None),
            EnvText::Is(text) => Some(Some(text)),
            EnvText::Bool(_) => None,
        }
    }

    /// The text a value has in an environment, where that is known.
    fn text(&self, env: EnvLookup<'_>) -> Option<EnvText> {
        match &self.value {
            Value::Text { secret, .. } => Some(EnvText::Is(secret.expose().to_owned())),
            Value::None => Some(EnvText::Unset),
            Value::Bool(value) => Some(EnvText::Bool(*value)),
            Value::Number(text) => Some(EnvText::Is(text.clone())),
            Value::Env(read) => match (env(read), &read.fallback) {
                (Some(text), _) => Some(EnvText::Is(text)),
                (None, Some(fallback)) => fallback.text(env),
                (None, None) => Some(EnvText::Unset),
            },
            Value::Derived { inner, how: Derivation::Text } => inner.text(env),
            _ => None,
        }
    }
}

/// What a read of a variable gives; nothing where it is not set.
pub(super) type EnvLookup<'e> = &'e dyn Fn(&EnvRead) -> Option<String>;

enum EnvText {
    Unset,
    Is(String),
    Bool(bool),
}

pub(in crate::facts) fn derived_truth(inner: &Valued, how: &Derivation, env: EnvLookup<'_>) -> Option<bool> {
    match how {
        Derivation::Not => inner.truth(env).map(|value| !value),
        Derivation::Truth | Derivation::Text => inner.truth(env),
        Derivation::Parsed => match inner.text(env)? {
            EnvText::Unset => Some(false),
            EnvText::Bool(value) => Some(value),
            EnvText::Is(text) => match text.trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" | "y" | "t" => Some(true),
                "0" | "false" | "no" | "off" | "n" | "f" | "" => Some(false),
                _ => None,
            },
        },
        Derivation::Json => match inner.text(env)? {
            EnvText::Unset => Some(false),
            EnvText::Bool(value) => Some(value),
            EnvText::Is(text) => match text.trim() {
                "false" | "null" | "0" | "\"\"" | "{}" | "[]" | "0.0" => Some(false),
                text => Some(!text.is_empty()),
            },
        },
        Derivation::OneOf(words) => match inner.text(env)? {
            EnvText::Unset => Some(false),
            EnvText::Bool(value) => Some(words.contains(&value.to_string())),
            EnvText::Is(text) => Some(words.contains(&text.to_ascii_lowercase())),
        },
    }
}
