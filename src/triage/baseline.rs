//! The baseline: findings that were there before, by key. Holds rule, path, setting and commit;
//! no line numbers, and nothing made from a value.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingKey};

/// The format of the file.
const VERSION: u32 = 1;

/// Why a baseline file was not read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BaselineError {
    #[error("this is no baseline: not the JSON that --write-baseline writes (line {line})")]
    NotABaseline { line: usize },
    #[error("this baseline has format {0}; this flask-harden reads format {VERSION}")]
    Version(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    rule: String,
    path: String,
    symbol: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    findings: Vec<Key>,
}

/// Findings that were there before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Sorted, without doubles.
    keys: Vec<Key>,
}

impl Baseline {
    /// Reads a baseline file's text.
    ///
    /// # Errors
    /// Where it is not what [`Baseline::write`] makes, or of another format.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let wrong = |error: serde_json::Error| BaselineError::NotABaseline { line: error.line() };
        let Version { version } = serde_json::from_str(text).map_err(wrong)?;
        if version != VERSION {
            return Err(BaselineError::Version(version));
        }
        let file: File = serde_json::from_str(text).map_err(wrong)?;
        Ok(Self::of_keys(file.findings))
    }

    /// A baseline of these findings.
    pub fn of(findings: &[Finding]) -> Self {
        let key = |finding: &Finding| Key {
            rule: finding.key.rule.to_owned(),
            path: finding.key.path.clone(),
            symbol: finding.key.symbol.clone(),
            commit: finding.key.commit.clone(),
        };
        Self::of_keys(findings.iter().map(key).collect())
    }

    fn of_keys(mut keys: Vec<Key>) -> Self {
        keys.sort();
        keys.dedup();
        Self { keys }
    }

    /// The text of the file: the same findings give the same bytes.
    pub fn write(&self) -> String {
        let file = File { version: VERSION, findings: self.keys.clone() };
        let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
        text.push('\n');
        text
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn position(&self, wanted: &FindingKey) -> Option<usize> {
        let order = |key: &Key| {
            (key.rule.as_str(), key.path.as_str(), key.symbol.as_str(), key.commit.as_deref()).cmp(&(
                wanted.rule,
                wanted.path.as_str(),
                wanted.symbol.as_str(),
                wanted.commit.as_deref(),
            ))
        };
        self.keys.binary_search_by(order).ok()
    }
}
