//! Env files as python-dotenv 1.2 reads them (that is what Flask sees), with the place of every
//! binding. Knows nothing of files or stores; expands nothing unless asked, and then within
//! bounds. `second` holds the independent second reader, dotenvy.

mod expand;
mod fill;
mod put;
mod scan;
mod second;

use std::sync::Arc;

use crate::secret::Secret;
use crate::text::Span;

pub use expand::{Lookup, Wins, interpolate};
pub use fill::{Filling, Line, filled_in, statement};
pub use put::{EnvFileError, is_valid_name, read, render};
pub use second::{disagreements, dotenvy_agrees};

/// Longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// Why an env file was not read. Holds no text of the file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvReadError {
    #[error("the env file is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the value at line {line} refers to other values until it is too long to expand")]
    ExpandsTooFar { line: usize },
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quote {
    None,
    Single,
    Double,
}

/// One binding. Holds a secret, hence no `Debug`.
pub struct EnvEntry {
    pub key: String,
    /// The value before `${…}` is expanded; `None` for a key without `=`.
    pub value: Option<Arc<Secret>>,
    /// Whether the value holds a reference that python-dotenv expands.
    pub expands: bool,
    pub export: bool,
    pub quote: Quote,
    /// From `export` or the key to the end of the value or the comment behind it, without the
    /// line end.
    pub span: Span,
    pub key_span: Span,
    /// The value inside its quotes; empty (just behind `=`) where there is none; `None` without
    /// `=`.
    pub value_span: Option<Span>,
    /// Line of the key, counted from 1.
    pub line: usize,
}

impl EnvEntry {
    /// Whether every reader known to us takes this value the same way: no quotes, escapes,
    /// references, comments or line ends in it.
    pub fn is_plain(&self) -> bool {
        self.quote == Quote::None
            && self
                .value
                .as_ref()
                .is_some_and(|value| !value.expose().contains(['\\', '$', '#', '\'', '"', '`', ' ', '\t', '\n', '\r']))
    }
}

/// An env file as it was read.
pub struct EnvDocument {
    /// In order of appearance; of equal keys the last one counts.
    pub entries: Vec<EnvEntry>,
    /// Lines of statements that cannot be parsed (python-dotenv warns and skips them).
    pub unparsed: Vec<usize>,
}

impl EnvDocument {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it is larger than [`MAX_BYTES`].
    pub fn parse(text: &str) -> Result<Self, EnvReadError> {
        if text.len() > MAX_BYTES {
            return Err(EnvReadError::TooLarge);
        }
        Ok(scan::scan(text))
    }

    /// The binding of a name that counts: the last one.
    pub fn last(&self, name: &str) -> Option<&EnvEntry> {
        self.entries.iter().rev().find(|entry| entry.key == name)
    }

    /// All bindings of a name, in order of appearance.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a EnvEntry> {
        self.entries.iter().filter(move |entry| entry.key == name)
    }

    /// Where values stand, for masking.
    pub fn value_spans(&self) -> Vec<Span> {
        self.entries.iter().filter_map(|entry| entry.value_span).filter(|span| !span.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, Option<String>)> {
        EnvDocument::parse(text)
            .unwrap()
            .entries
            .iter()
            .map(|entry| (entry.key.clone(), entry.value.as_ref().map(|value| value.expose().to_owned())))
            .collect()
    }

    fn one(text: &str) -> Option<String> {
        let found = pairs(text);
        assert_eq!(found.len(), 1, "{text}");
        found[0].1.clone()
    }

    #[test]
    fn values_as_python_dotenv_reads_them() {
        for (text, value) in [
            ("A=pa$word", "pa$word"),
            ("A=\"pa$word\"", "pa$word"),
            ("A=x y", "x y"),
            ("A={\"k\": \"v\"}", "{\"k\": \"v\"}"),
            ("A=a\\b", "a\\b"),
            ("A=a\\nb", "a\\nb"),
            ("A=\"a\\nb\"", "a\nb"),
            ("A=\"a\\$b\"", "a\\$b"),
            ("A=\"a\\qb\"", "a\\qb"),
            ("A=x\"y\"z", "x\"y\"z"),
            ("A='it\\'s'", "it's"),
            ("A=x # note", "x"),
            ("A=x#y", "x#y"),
            ("A=#x", "#x"),
            ("A= # note", ""),
            ("A='x' # note", "x"),
            ("  export  A = x  ", "x"),
            ("\u{feff}A=1", "1"),
            ("A=\"a\r\nb\"", "a\nb"),
        ] {
            assert_eq!(one(text).as_deref(), Some(value), "{text}");
        }
        assert_eq!(one("A"), None);
    }

    #[test]
    fn odd_keys_are_accepted_and_bad_lines_skipped() {
        assert_eq!(
            pairs("A-B=1\n1A=2\n'C d'=3").iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
            ["A-B", "1A", "C d"]
        );
        let document = EnvDocument::parse("\nA: 1\nB=\"x\nC=2\r\n=3\nexport \nD='a'b\nE=5").unwrap();
        assert_eq!(document.unparsed, [2, 3, 5, 6, 7]);
        assert_eq!(document.entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [4, 8]);
    }

    #[test]
    fn places_are_byte_exact() {
        let text = "\u{feff}# é\r\nexport KEY = 'va l' # c\r\nEMPTY= \r\nBARE\r\n";
        let document = EnvDocument::parse(text).unwrap();
        let entry = document.last("KEY").unwrap();
        assert_eq!(entry.span.of(text), "export KEY = 'va l' # c");
        assert_eq!(entry.key_span.of(text), "KEY");
        assert_eq!(entry.value_span.unwrap().of(text), "va l");
        assert!(entry.export && entry.quote == Quote::Single && entry.line == 2);
        let empty = document.last("EMPTY").unwrap();
        assert_eq!(empty.value_span, Some(Span::at(text.find("EMPTY=").unwrap() + 6)));
        assert_eq!(document.last("BARE").unwrap().value_span, None);
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let document = EnvDocument::parse("A=1\nA=2\n").unwrap();
        assert!(document.last("A").unwrap().value.as_ref().unwrap().expose() == "2");
        assert_eq!(document.all("A").count(), 2);
        assert_eq!(document.value_spans(), [Span::new(2, 3), Span::new(6, 7)]);
    }

    #[test]
    fn size_is_bounded() {
        assert!(matches!(EnvDocument::parse(&"a".repeat(MAX_BYTES + 1)), Err(EnvReadError::TooLarge)));
    }
}
