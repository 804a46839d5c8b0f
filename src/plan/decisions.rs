//! What was decided on each remedy: accepted, skipped, or nothing yet. Made by options or by a
//! person; composing reads it and never changes it.

use std::collections::BTreeMap;

use crate::remedy::{Applicability, Remedy};
use crate::text::RepoPath;

/// What was decided on one remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Accept,
    /// Accepted, with these files as a person wrote them instead of the remedy's own edits. Each
    /// text is the whole file with this remedy alone.
    Edited(BTreeMap<RepoPath, String>),
    Skip,
}

/// The decisions by remedy id. A remedy without one is not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    by_id: BTreeMap<String, Decision>,
}

impl Decisions {
    /// Accepts what is at or above an applicability; decides nothing on the others.
    pub fn at_least(remedies: &[Remedy], least: Applicability) -> Self {
        let accepted = remedies.iter().filter(|remedy| remedy.applicability >= least);
        Self { by_id: accepted.map(|remedy| (remedy.id.clone(), Decision::Accept)).collect() }
    }

    pub fn set(&mut self, id: &str, decision: Decision) {
        self.by_id.insert(id.to_owned(), decision);
    }

    /// Takes a decision back; the remedy is open again.
    pub fn clear(&mut self, id: &str) {
        self.by_id.remove(id);
    }

    pub fn get(&self, id: &str) -> Option<&Decision> {
        self.by_id.get(id)
    }

    pub fn accepts(&self, id: &str) -> bool {
        matches!(self.get(id), Some(Decision::Accept | Decision::Edited(_)))
    }

    pub fn skips(&self, id: &str) -> bool {
        self.get(id) == Some(&Decision::Skip)
    }

    /// Skips every remedy that a word names. The error is the first word that names none.
    ///
    /// # Errors
    /// A word that names no remedy.
    pub fn skip_named<'w>(&mut self, remedies: &[Remedy], words: &'w [String]) -> Result<(), &'w str> {
        for word in words {
            let named: Vec<&Remedy> = remedies.iter().filter(|remedy| is_named(remedy, word)).collect();
            if named.is_empty() {
                return Err(word);
            }
            for remedy in named {
                self.set(&remedy.id, Decision::Skip);
            }
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

/// Whether a word names a remedy: a rule (`FH203`), a rule and a file (`FH203:config.py`), or one
/// finding (`FH203:config.py:Config.SESSION_COOKIE_SAMESITE`).
fn is_named(remedy: &Remedy, word: &str) -> bool {
    let names = |text: &str| text.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    names(&remedy.id) || remedy.findings.iter().any(|key| names(&key.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(id: &str) -> Remedy {
        Remedy {
            id: id.to_owned(),
            findings: Vec::new(),
            title: String::new(),
            reason: String::new(),
            applicability: Applicability::Safe,
            changes: Vec::new(),
            steps: Vec::new(),
            needs: Vec::new(),
        }
    }

    #[test]
    fn a_word_names_a_rule_a_file_or_one_finding() {
        let all = [remedy("FH203:config.py:A.X"), remedy("FH203:config.pyi:A.X"), remedy("FH2031:x:y")];
        let skipped = |word: &str| {
            let mut decisions = Decisions::at_least(&all, Applicability::Safe);
            decisions.skip_named(&all, &[word.to_owned()]).unwrap();
            all.iter().filter(|remedy| decisions.skips(&remedy.id)).count()
        };
        assert_eq!(skipped("FH203"), 2);
        assert_eq!(skipped("FH203:config.py"), 1);
        assert_eq!(skipped("FH203:config.py:A.X"), 1);
        let words = ["FH999".to_owned()];
        assert_eq!(Decisions::default().skip_named(&all, &words), Err("FH999"));
    }
}
