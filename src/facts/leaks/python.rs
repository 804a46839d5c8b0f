//! Detector: literals that Python gives to settings, in any form the settings of the present tree
//! are read in.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::{Detector, Given, SECRET_SETTINGS, Text};
use crate::facts::files::{FileRole, Files, PyFile};
use crate::facts::names::Names;
use crate::facts::settings;
use crate::facts::values::Value;
use crate::lang::python;
use crate::secret::Secret;
use crate::secret::strength::is_placeholder;
use crate::text::{RepoPath, SourceFile};

/// Reads Python for the literals it gives to settings. Most versions of a file differ elsewhere:
/// what stands around the names decides, and is judged once.
pub struct PythonSettings {
    keys: &'static [&'static str],
    mention: MentionFinder,
    /// What the places that mention a key came to, by a hash of these places' text.
    known: BTreeMap<u64, Vec<Remembered>>,
}

/// A [`Given`] in terms of the text around the mentions, wherever that stands in a file.
struct Remembered {
    key: String,
    secret: Arc<Secret>,
    /// Which mention, and how many lines from it.
    mention: usize,
    offset: isize,
}

impl Default for PythonSettings {
    fn default() -> Self {
        Self::of(SECRET_SETTINGS)
    }
}

impl PythonSettings {
    fn of(keys: &'static [&'static str]) -> Self {
        Self { keys, mention: MentionFinder::new(keys), known: BTreeMap::new() }
    }
}

impl Detector for PythonSettings {
    fn reads(&self, path: &RepoPath) -> bool {
        matches!(path.extension(), "py" | "cfg")
            && !matches!(
                crate::repo::role(path),
                FileRole::Test | FileRole::Vendored | FileRole::Migration | FileRole::Docs
            )
    }

    fn reads_messages(&self) -> bool {
        false
    }

    fn may_hold(&self, text: &str) -> bool {
        self.mention.any(text)
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let Some(path) = text.path else { return Vec::new() };
        let text = text.text;
        let mentions = windows(text, &self.mention.lines(text), self.keys);
        if mentions.is_empty() {
            return Vec::new();
        }
        let hash = fingerprint(&mentions);
        if let Some(known) = self.known.get(&hash) {
            let place = |r: &Remembered| mentions.get(r.mention)?.line.checked_add_signed(r.offset);
            let given = |r: &Remembered| Some(Given::setting(r.key.clone(), Arc::clone(&r.secret), place(r)?));
            return known.iter().filter_map(given).collect();
        }
        let found = in_python(path, text, self.keys);
        if let Some(remembered) = remember(&mentions, &found) {
            self.known.insert(hash, remembered);
        }
        found.into_iter().map(|(given, _)| given).collect()
    }
}

/// Finds the lines that may mention a signing key, fast.
struct MentionFinder {
    words: Vec<memchr::memmem::Finder<'static>>,
}

impl MentionFinder {
    fn new(keys: &'static [&'static str]) -> Self {
        // `JWT_SECRET_KEY` is found with `SECRET_KEY`.
        let outer = |key: &&&str| !keys.iter().any(|other| other != *key && key.contains(other));
        let words = keys.iter().filter(outer).copied().chain(["secret_key"]);
        Self { words: words.map(memchr::memmem::Finder::new).collect() }
    }

    fn any(&self, text: &str) -> bool {
        self.words.iter().any(|word| word.find(text.as_bytes()).is_some())
    }

    /// Offsets of mentions, in order.
    fn lines(&self, text: &str) -> Vec<usize> {
        let mut at: Vec<usize> = self.words.iter().flat_map(|word| word.find_iter(text.as_bytes())).collect();
        at.sort_unstable();
        at
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
fn windows<'t>(text: &'t str, mentions: &[usize], keys: &[&str]) -> Vec<Mention<'t>> {
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
        if holds_literal(around, keys) {
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

/// Whether a text holds a string literal besides the keys' names.
fn holds_literal(text: &str, keys: &[&str]) -> bool {
    let mut quotes = memchr::memchr2_iter(b'"', b'\'', text.as_bytes()).count();
    for key in keys {
        let quoted = text.match_indices(key).filter(|(at, _)| {
            let (before, after) = (text.as_bytes()[..*at].last(), text.as_bytes().get(at + key.len()));
            before == after && matches!(before, Some(b'"' | b'\''))
        });
        quotes = quotes.saturating_sub(2 * quoted.count());
    }
    quotes > 0
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
                key: given.key.clone(),
                secret: Arc::clone(&given.secret),
                mention: at,
                offset: given.line.cast_signed() - mention.line.cast_signed(),
            })
        })
        .collect()
}

/// The literals with the line their value ends on.
fn in_python(path: &RepoPath, text: &str, keys: &[&str]) -> Vec<(Given, usize)> {
    let Ok(module) = python::parse(text) else { return Vec::new() };
    let names = Names::of(&module);
    let mut files = Files::default();
    let source = SourceFile::new(path.clone(), text.to_owned(), 0);
    let file = PyFile { path: path.clone(), role: FileRole::Source, module: Arc::new(module) };
    files.sources.insert(path.clone(), source);
    let mut found = Vec::new();
    for setting in settings::collect(&files, &file, &names) {
        let testing = matches!(&setting.holder, settings::Holder::Class(class) if class.contains("Test"));
        if !keys.contains(&setting.key.as_str()) || testing {
            continue;
        }
        let Some(literal) = setting.value.literal() else { continue };
        if let Value::Text { secret, .. } = &literal.value
            && !is_placeholder(secret.expose())
        {
            let last = files.get(path).map_or(0, |source| source.position(literal.span.end).0);
            let given = Given::setting(setting.key, Arc::clone(secret), setting.location.line);
            found.push((given, last));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &["SECRET_KEY", "JWT_SECRET_KEY"];

    fn found(reader: &mut PythonSettings, text: &str) -> Vec<(String, String, usize)> {
        let path = RepoPath::new("app.py").unwrap();
        let given = if reader.may_hold(text) { reader.find(&Text { path: Some(&path), text }) } else { Vec::new() };
        given.into_iter().map(|given| (given.key, given.secret.expose().to_owned(), given.line)).collect()
    }

    #[test]
    fn a_version_that_differs_elsewhere_is_not_read_again_and_says_the_same() {
        let mut reader = PythonSettings::of(KEYS);
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
            let mut reader = PythonSettings::of(KEYS);
            for value in ["first", "second"] {
                let text = format!("import os\n{}", text.replace("VALUE", value));
                assert_eq!(found(&mut reader, &text)[0].1, value, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_hold_a_literal_is_not_parsed() {
        let mut reader = PythonSettings::of(KEYS);
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
