//! Detector: literals that Python gives to settings, in any form the settings of the present tree
//! are read in.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::assignments::in_address;
use super::names::{self, Named, PYTHON_MENTION, is_plausible};
use super::{Detector, Doubt, Given, Kind, Text};
use crate::facts::Syntax;
use crate::facts::files::{FileRole, Files, PyFile};
use crate::facts::names::Names;
use crate::facts::settings;
use crate::facts::values::{Value, Valued};
use crate::lang::python::{self, Expr, ExprKind, StmtKind, walk_stmts};
use crate::secret::Secret;
use crate::text::{RepoPath, SourceFile};

/// Reads Python for the literals it gives to settings. Most versions of a file differ elsewhere:
/// what stands around the names decides, and is judged once.
#[derive(Default)]
pub struct PythonSettings {
    /// What the places that mention a name came to, by a hash of these places' text.
    known: BTreeMap<u64, Vec<Remembered>>,
}

/// A [`Given`] in terms of the text around the mentions, wherever that stands in a file.
struct Remembered {
    kind: Kind,
    key: String,
    secret: Arc<Secret>,
    written: Vec<Arc<Secret>>,
    doubt: Option<Doubt>,
    /// Which mention, and how many lines from it.
    mention: usize,
    offset: isize,
}

impl Detector for PythonSettings {
    fn reads(&self, path: &RepoPath) -> bool {
        matches!(path.extension(), "py" | "cfg")
            && !matches!(crate::repo::role(path), FileRole::Vendored | FileRole::Migration)
    }

    fn reads_messages(&self) -> bool {
        false
    }

    fn may_hold(&self, text: &str) -> bool {
        PYTHON_MENTION.as_ref().is_some_and(|mention| mention.is_match(text))
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let (Some(path), Some(mention)) = (text.path, PYTHON_MENTION.as_ref()) else { return Vec::new() };
        let text = text.text;
        let at: Vec<usize> = mention.find_iter(text).map(|found| found.start()).collect();
        let mentions = windows(text, &at);
        if mentions.is_empty() {
            return Vec::new();
        }
        let hash = fingerprint(&mentions);
        if let Some(known) = self.known.get(&hash) {
            return known.iter().filter_map(|remembered| remembered.at(&mentions)).collect();
        }
        let found = in_python(path, text);
        if let Some(remembered) = remember(&mentions, &found) {
            self.known.insert(hash, remembered);
        }
        found.into_iter().map(|(given, _)| given).collect()
    }
}

impl Remembered {
    /// The same in another version.
    fn at(&self, mentions: &[Mention<'_>]) -> Option<Given> {
        Some(Given {
            kind: self.kind,
            key: self.key.clone(),
            secret: Arc::clone(&self.secret),
            written: self.written.clone(),
            line: mentions.get(self.mention)?.line.checked_add_signed(self.offset)?,
            doubt: self.doubt,
        })
    }
}

/// The text around one mention.
struct Mention<'t> {
    /// Line of the mention, counted from 1.
    line: usize,
    /// Last line of the text, counted from 1.
    last: usize,
    text: &'t str,
}

/// How many lines a statement around a mention is followed.
const LONGEST_STATEMENT: usize = 60;

/// The texts around the mentions that could give a literal: from two lines above to the end of
/// the statement, as far as brackets and backslashes tell.
fn windows<'t>(text: &'t str, mentions: &[usize]) -> Vec<Mention<'t>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut line, mut counted) = (1, 0);
    let mut covered = 0;
    for at in mentions.iter().copied() {
        if at < covered {
            continue;
        }
        line += memchr::memchr_iter(b'\n', &bytes[counted..at]).count();
        counted = at;
        let mut start = at;
        for _ in 0..3 {
            start = memchr::memrchr(b'\n', &bytes[..start]).unwrap_or(0);
        }
        let (end, lines) = statement_end(text, at);
        covered = end;
        let around = &text[start..end];
        if holds_literal(around) {
            found.push(Mention { line, last: line + lines, text: around });
        }
    }
    found
}

/// Where the statement around `at` ends at the latest: its offset, and the lines until there.
fn statement_end(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let mut depth = 0_isize;
    let mut start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
    for lines in 0.. {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |newline| start + newline + 1);
        let line = text[start..end].trim_end();
        depth += line.bytes().fold(0, |depth, byte| match byte {
            b'(' | b'[' | b'{' => depth + 1,
            b')' | b']' | b'}' => depth - 1,
            _ => depth,
        });
        // One line more: the mention may be the test of an `if`.
        let open = depth > 0 || line.ends_with('\\') || lines == 0;
        if !open || end == bytes.len() || lines == LONGEST_STATEMENT {
            return (end, lines);
        }
        start = end;
    }
    (bytes.len(), 0)
}

/// Whether a text holds a string literal besides the names of variables that are read.
fn holds_literal(text: &str) -> bool {
    let bytes = text.as_bytes();
    let quotes = memchr::memchr2_iter(b'"', b'\'', bytes).count();
    let mut names = 0;
    let mut open: Option<usize> = None;
    for at in memchr::memchr2_iter(b'"', b'\'', bytes) {
        match open.take() {
            Some(start) if bytes[start] == bytes[at] => {
                let inside = &text[start + 1..at];
                names += usize::from(inside.is_empty() || names::named(inside).is_some());
            }
            _ => open = Some(at),
        }
    }
    quotes > 2 * names
}

fn fingerprint(mentions: &[Mention<'_>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for mention in mentions {
        mention.text.hash(&mut hasher);
    }
    hasher.finish()
}

/// What was found, relative to the mentions; nothing where a value lies outside of them, so that
/// equal surroundings prove nothing.
fn remember(mentions: &[Mention<'_>], found: &[(Given, usize)]) -> Option<Vec<Remembered>> {
    found
        .iter()
        .map(|(given, last)| {
            let at = mentions.iter().rposition(|mention| mention.line.saturating_sub(2) <= given.line)?;
            let mention = &mentions[at];
            (*last <= mention.last).then(|| Remembered {
                kind: given.kind,
                key: given.key.clone(),
                secret: Arc::clone(&given.secret),
                written: given.written.clone(),
                doubt: given.doubt,
                mention: at,
                offset: given.line.cast_signed() - mention.line.cast_signed(),
            })
        })
        .collect()
}

/// The literals with the line their value ends on.
fn in_python(path: &RepoPath, text: &str) -> Vec<(Given, usize)> {
    if text.len() > python::MAX_BYTES {
        return Vec::new();
    }
    let module = Syntax::of(text);
    let names = Names::of(&module);
    let mut files = Files::default();
    let source = SourceFile::new(path.clone(), text.to_owned(), 0);
    let file = PyFile { path: path.clone(), role: FileRole::Source, module };
    files.sources.insert(path.clone(), source);
    let mut found = Vec::new();
    let mut add = |key: &str, value: &Valued, line: usize, testing: bool| {
        let Some(literal) = value.literal() else { return };
        let Some(mut given) = judged(key, literal, text, line) else { return };
        if testing {
            given.doubt = given.doubt.max(Some(Doubt::Test));
        }
        let last = files.get(path).map_or(0, |source| source.position(literal.span.end).0);
        found.push((given, last));
    };
    for setting in settings::collect(&files, &file, &names) {
        let testing = matches!(&setting.holder, settings::Holder::Class(class) if class.contains("Test"));
        add(&setting.key, &setting.value, setting.location.line, testing);
    }
    // `os.environ["KEY"] = "…"`: in files that start the app.
    walk_stmts(&file.module.body, &mut |stmt| {
        let StmtKind::Assign { targets, value } = &stmt.kind else { return };
        for target in targets {
            if let ExprKind::Subscript { value: base, index } = &target.kind
                && names.resolve(base).as_deref() == Some("os.environ")
                && let Some(key) = index.first().and_then(Expr::as_str)
            {
                let line = files.get(path).map_or(1, |source| source.position(target.span.start).0);
                add(key, &Valued::of(value, &names), line, false);
            }
        }
    });
    found
}

/// What a literal that a setting is given comes to; nothing where it is no secret.
fn judged(key: &str, literal: &Valued, text: &str, line: usize) -> Option<Given> {
    let Value::Text { secret, contents, .. } = &literal.value else { return None };
    if secret.is_empty() {
        return None;
    }
    if let Some(address) = in_address(Some(key), secret.expose(), line) {
        return Some(address);
    }
    match names::named(key)? {
        Named::Signing => {}
        Named::Secret if is_plausible(secret.expose()) => {}
        Named::Secret => return None,
    }
    let pieces: Vec<&str> = contents.iter().map(|span| span.of(text)).collect();
    let written = if pieces.as_slice() == [secret.expose()] { &[][..] } else { &pieces };
    let written = written.iter().map(|piece| Arc::new(Secret::from(*piece))).collect();
    Some(Given { written, ..Given::setting(key, Arc::clone(secret), line) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(reader: &mut PythonSettings, text: &str) -> Vec<(String, String, usize)> {
        let path = RepoPath::new("app.py").unwrap();
        let given = if reader.may_hold(text) { reader.find(&Text { path: Some(&path), text }) } else { Vec::new() };
        given.into_iter().map(|given| (given.key, given.secret.expose().to_owned(), given.line)).collect()
    }

    #[test]
    fn a_version_that_differs_elsewhere_is_not_read_again_and_says_the_same() {
        let mut reader = PythonSettings::default();
        let text = "from flask import Flask\napp = Flask(__name__)\nx = 1\ny = 2\napp.secret_key = 'one'\n\n";
        assert_eq!(found(&mut reader, text), [("SECRET_KEY".to_owned(), "one".to_owned(), 5)]);
        let longer = format!("import os\n\n{text}\nz = 3\n");
        assert_eq!(found(&mut reader, &longer), [("SECRET_KEY".to_owned(), "one".to_owned(), 7)]);
        assert_eq!(reader.known.len(), 1);
        assert_eq!(found(&mut reader, &text.replace("one", "two"))[0].1, "two");
    }

    #[test]
    fn values_on_later_lines_count() {
        let call = "app.config.update(\n  A=1,\n  SECRET_KEY=os.environ.get(\n    'K',\n\n\n    'VALUE',\n  ),\n)\n";
        let split = "import os\nclass Config:\n  SECRET_KEY = os.environ.get('K') or \\\n    'VALUE'\n";
        let mapping = "app.config.from_mapping(\n  SECRET_KEY=\n    'VALUE',\n  JWT_SECRET_KEY='other')\n";
        for text in [call, split, mapping] {
            let mut reader = PythonSettings::default();
            for value in ["first", "second"] {
                let text = format!("import os\n{}", text.replace("VALUE", value));
                assert_eq!(found(&mut reader, &text)[0].1, value, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_hold_a_literal_is_not_parsed() {
        let mut reader = PythonSettings::default();
        for text in [
            "app.secret_key = os.urandom(24)\n",
            "SECRET_KEY = os.environ.get('SECRET_KEY')\n",
            "x = 'SECRET'\n\n\n\nkey = app.config['SECRET_KEY']\n",
        ] {
            assert!(found(&mut reader, text).is_empty());
            assert!(reader.known.is_empty(), "{text}");
        }
    }
}
