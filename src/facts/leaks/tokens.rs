//! Detector: tokens of known providers and private keys, wherever they stand. What is made up or
//! opens a sandbox only is left out: history is judged by what still opens something.

use std::sync::Arc;

use super::{Detector, Given, Kind, Text};
use crate::facts::credentials::{self, PRIVATE_KEY};
use crate::facts::files::FileRole;
use crate::facts::patterns::{self, Verdict};
use crate::secret::Secret;
use crate::text::{RepoPath, Span};

/// Looks at texts of every kind but tests and documentation.
#[derive(Default)]
pub struct Tokens;

impl Detector for Tokens {
    fn reads(&self, path: &RepoPath) -> bool {
        // Where settings and keys stand; pages and scripts for browsers are most of a history's
        // bytes and hold nearly none.
        const READ: &[&str] = &[
            "",
            "py",
            "cfg",
            "env",
            "yml",
            "yaml",
            "json",
            "toml",
            "ini",
            "conf",
            "sh",
            "txt",
            "pem",
            "key",
            "properties",
            "ipynb",
            "service",
            "ts",
            "js",
            "tf",
            "tfvars",
            "xml",
            "bat",
            "ps1",
            "local",
            "prod",
            "dev",
        ];
        let extension = path.extension().to_ascii_lowercase();
        credentials::may_hold(path)
            && READ.contains(&extension.as_str())
            && matches!(crate::repo::role(path), FileRole::Source | FileRole::Ci)
    }

    fn reads_messages(&self) -> bool {
        false
    }

    fn may_hold(&self, text: &str) -> bool {
        patterns::may_hold_token(text)
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let marks = patterns::marks(text.text);
        let lines = |span: Span| memchr::memchr_iter(b'\n', &text.text.as_bytes()[..span.start]).count() + 1;
        let given = |name: &'static str, title: &str, span: Span| {
            Given::new(Kind::Provider(name), title, Arc::new(Secret::from(span.of(text.text))), lines(span))
        };
        let tokens = patterns::find_marked(text.text, &marks).into_iter();
        let tokens = tokens.filter(|found| matches!(found.verdict, Verdict::Fits | Verdict::Proven));
        let mut found: Vec<Given> =
            tokens.map(|found| given(found.provider.name, found.provider.title, found.span)).collect();
        let keys = credentials::private_keys(text.text, &marks).into_iter();
        found.extend(keys.filter(|(_, key)| !key.encrypted).map(|(span, key)| {
            let given = given(PRIVATE_KEY, "private key", span);
            Given { line: lines(Span::at(key.header)), ..given }
        }));
        found
    }
}
