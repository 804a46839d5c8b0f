//! `${NAME}` and `${NAME:-default}` as python-dotenv expands them (`dotenv/variables.py`), in
//! time linear in the text and with a bound on the result.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EnvDocument, EnvReadError};
use crate::secret::Secret;

/// Longest single value after expansion, and total of a document, in bytes.
const MAX_VALUE: usize = 64 * 1024;
const MAX_TOTAL: usize = 4 << 20;

/// What a name stands for.
pub enum Lookup {
    /// Not set: a default applies.
    Absent,
    /// Set without a value (`NAME` alone on its line): empty, and no default applies.
    NoValue,
    Value(Arc<Secret>),
}

/// Which side a reference takes its value from where both have the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wins {
    /// As `dotenv_values()` and `load_dotenv(override=True)` expand.
    File,
    /// As `load_dotenv()` expands.
    Environment,
}

struct Reference<'a> {
    start: usize,
    end: usize,
    name: &'a str,
    default: Option<&'a str>,
}

/// The references of a value, from left to right. Every search position is kept, so that text
/// made of `${` costs no more than other text.
struct References<'a> {
    text: &'a str,
    at: usize,
    name_end: usize,
    close: usize,
}

impl<'a> Iterator for References<'a> {
    type Item = Reference<'a>;

    fn next(&mut self) -> Option<Reference<'a>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at + self.text.get(self.at..)?.find("${")?;
            let name_start = start + 2;
            if self.name_end < name_start {
                self.name_end = name_start + memchr::memchr2(b'}', b':', &bytes[name_start..])?;
            }
            let name = &self.text[name_start..self.name_end];
            if bytes[self.name_end] == b'}' {
                self.at = self.name_end + 1;
                return Some(Reference { start, end: self.at, name, default: None });
            }
            if self.text[self.name_end..].starts_with(":-") {
                let default_start = self.name_end + 2;
                if self.close < default_start {
                    self.close = default_start + memchr::memchr(b'}', &bytes[default_start..])?;
                }
                self.at = self.close + 1;
                let default = Some(&self.text[default_start..self.close]);
                return Some(Reference { start, end: self.at, name, default });
            }
            self.at = name_start;
        }
    }
}

fn references(text: &str) -> References<'_> {
    References { text, at: 0, name_end: 0, close: 0 }
}

/// Whether python-dotenv would expand something in this value.
pub(super) fn has_reference(value: &str) -> bool {
    references(value).next().is_some()
}

/// A value with its references replaced. Defaults and found values are not expanded again.
/// `None` where the result is longer than 64 KiB.
pub fn interpolate(value: &str, lookup: &mut dyn FnMut(&str) -> Lookup) -> Option<Secret> {
    let mut out = zeroize::Zeroizing::new(String::with_capacity(value.len()));
    let mut at = 0;
    for reference in references(value) {
        out.push_str(&value[at..reference.start]);
        match lookup(reference.name) {
            Lookup::Absent => out.push_str(reference.default.unwrap_or("")),
            Lookup::NoValue => {}
            Lookup::Value(found) => out.push_str(found.expose()),
        }
        if out.len() > MAX_VALUE {
            return None;
        }
        at = reference.end;
    }
    out.push_str(&value[at..]);
    if out.len() > MAX_VALUE && at > 0 {
        return None;
    }
    Some(Secret::new(std::mem::take(&mut *out)))
}

impl EnvDocument {
    /// Every name with the value python-dotenv gives it, references expanded in order of the
    /// file; `None` for a key without `=`. `environment` answers for names set outside.
    ///
    /// # Errors
    /// Where a value or the whole grows past the bounds.
    pub fn values(
        &self,
        wins: Wins,
        environment: &dyn Fn(&str) -> Option<Arc<Secret>>,
    ) -> Result<BTreeMap<String, Option<Arc<Secret>>>, EnvReadError> {
        let mut known: BTreeMap<String, Option<Arc<Secret>>> = BTreeMap::new();
        let mut total = 0;
        for entry in &self.entries {
            let value = match &entry.value {
                Some(raw) if entry.expands => {
                    let expanded =
                        interpolate(raw.expose(), &mut |name| lookup(&known, wins, environment, name)).map(Arc::new);
                    let expanded = expanded.ok_or(EnvReadError::ExpandsTooFar { line: entry.line })?;
                    total += expanded.expose().len();
                    if total > MAX_TOTAL {
                        return Err(EnvReadError::ExpandsTooFar { line: entry.line });
                    }
                    Some(expanded)
                }
                other => other.clone(),
            };
            known.insert(entry.key.clone(), value);
        }
        Ok(known)
    }
}

fn lookup(
    known: &BTreeMap<String, Option<Arc<Secret>>>,
    wins: Wins,
    environment: &dyn Fn(&str) -> Option<Arc<Secret>>,
    name: &str,
) -> Lookup {
    let inside = || known.get(name).map(|value| value.clone().map_or(Lookup::NoValue, Lookup::Value));
    let outside = || environment(name).map(Lookup::Value);
    let found = match wins {
        Wins::File => inside().or_else(outside),
        Wins::Environment => outside().or_else(inside),
    };
    found.unwrap_or(Lookup::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str, wins: Wins) -> Vec<(String, Option<String>)> {
        let outside = |name: &str| (name == "OUT").then(|| Arc::new(Secret::from("outside")));
        let values = EnvDocument::parse(text).unwrap().values(wins, &outside).unwrap();
        values.into_iter().map(|(key, value)| (key, value.map(|value| value.expose().to_owned()))).collect()
    }

    fn last(text: &str) -> String {
        expanded(text, Wins::File).pop().unwrap().1.unwrap()
    }

    #[test]
    fn references_as_python_dotenv_expands_them() {
        assert_eq!(last("A=1\nB='${A}x'"), "1x");
        assert_eq!(last("B=${Z:-def}"), "def");
        assert_eq!(last("B=$HOME"), "$HOME");
        assert_eq!(last("B=${Z}-${OUT}"), "-outside");
        assert_eq!(last("A\nB=${A:-def}"), "");
        assert_eq!(last("A=\nB=${A:-def}"), "");
        assert_eq!(last("B=${Z:x}${Z:-${Y}"), "${Z:x}${Y");
        assert_eq!(last("B=${a${b}"), "");
        assert_eq!(last("B=\"${Z:-a\\nb}\""), "a\nb");
    }

    #[test]
    fn either_side_can_win() {
        let text = "OUT=inside\nZ=${OUT}";
        assert_eq!(expanded(text, Wins::File)[1].1.as_deref(), Some("inside"));
        assert_eq!(expanded(text, Wins::Environment)[1].1.as_deref(), Some("outside"));
    }

    #[test]
    fn growth_is_bounded() {
        let mut text = "A0=0123456789\n".to_owned();
        for n in 1..40 {
            text.push_str(&format!("A{n}=${{A{m}}}${{A{m}}}\n", m = n - 1));
        }
        let outcome = EnvDocument::parse(&text).unwrap().values(Wins::File, &|_| None);
        assert!(matches!(outcome, Err(EnvReadError::ExpandsTooFar { line: 14 })));
    }

    #[test]
    fn openings_without_an_end_cost_nothing_extra() {
        let text = format!("A={}:x}}", "${".repeat(400_000));
        assert!(!EnvDocument::parse(&text).unwrap().entries[0].expands);
    }
}
