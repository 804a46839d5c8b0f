//! Marks for equal values (`[s1]`), numbered in order of appearance, not made from the value.

use std::sync::Arc;

use serde::Serialize;

use super::Secret;

/// The number of a value in one report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SecretTag(pub u32);

impl std::fmt::Display for SecretTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[s{}]", self.0)
    }
}

/// Gives equal values equal tags within one run.
#[derive(Default)]
pub struct Tagger {
    known: Vec<Arc<Secret>>,
}

impl Tagger {
    pub fn tag(&mut self, secret: &Arc<Secret>) -> SecretTag {
        let at = self.known.iter().position(|known| **known == **secret).unwrap_or_else(|| {
            self.known.push(Arc::clone(secret));
            self.known.len() - 1
        });
        SecretTag(u32::try_from(at + 1).unwrap_or(u32::MAX))
    }
}
