//! Values that signing keys had in git history. Reading history is the engine's part; this file
//! knows what counts in a historical text, and what is known of each value.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::env::is_env_file;
use super::files::{FileRole, Files, PyFile};
use super::names::Names;
use super::settings;
use super::values::Value;
use crate::lang::{dotenv::EnvDocument, python};
use crate::secret::Secret;
use crate::secret::strength::is_placeholder;
use crate::text::{RepoPath, SourceFile};

/// One value in history. One line a value, however often it was committed.
#[derive(Clone)]
pub struct Leak {
    /// The setting or variable it was given to.
    pub key: String,
    pub secret: Arc<Secret>,
    pub path: RepoPath,
    /// Line in the first commit's version, counted from 1.
    pub line: usize,
    /// The first commit that has it, full hex id.
    pub commit: String,
    /// Author date of that commit, `2025-04-25`.
    pub date: String,
    /// Remote branches that hold it.
    pub remote_branches: Vec<String>,
    pub tags: Vec<String>,
    /// Whether it is part of what is checked out.
    pub in_head: bool,
}

impl Leak {
    /// `history: 4be1c07 2025-04-25 config.py:9, on origin/main, in v1.2`.
    pub fn seen(&self) -> String {
        let mut line =
            format!("history: {} {} {}:{}", &self.commit[..self.commit.len().min(7)], self.date, self.path, self.line);
        if !self.remote_branches.is_empty() {
            line.push_str(&format!(", on {}", some(&self.remote_branches)));
        }
        if !self.tags.is_empty() {
            line.push_str(&format!(", in {}", some(&self.tags)));
        }
        line
    }
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(" ");
    if names.len() > 3 { format!("{shown} and {} more", names.len() - 3) } else { shown }
}

/// Whether a historical file is worth reading.
pub fn is_wanted(path: &RepoPath) -> bool {
    (matches!(path.extension(), "py" | "cfg") || is_env_file(path))
        && !matches!(
            crate::repo::role(path),
            FileRole::Test | FileRole::Vendored | FileRole::Migration | FileRole::Docs
        )
}

/// A key and the literal it is given, with the line.
pub struct Given {
    pub key: String,
    pub secret: Arc<Secret>,
    pub line: usize,
}

/// Reads historical texts for the literals they give to signing keys. Most versions of a file
/// differ elsewhere: what stands around the keys decides, and is judged once.
pub struct LeakReader<'k> {
    keys: &'k [&'k str],
    mention: MentionFinder<'k>,
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

impl<'k> LeakReader<'k> {
    pub fn new(keys: &'k [&'k str]) -> Self {
        Self { keys, mention: MentionFinder::new(keys), known: BTreeMap::new() }
    }

    /// The literals a historical text gives to signing keys.
    pub fn given(&mut self, path: &RepoPath, text: &str) -> Vec<Given> {
        let lines = self.mention.lines(text);
        if lines.is_empty() {
            return Vec::new();
        }
        if is_env_file(path) {
            return in_env(path, text, self.keys);
        }
        let mentions = windows(text, &lines, self.keys);
        if mentions.is_empty() {
            return Vec::new();
        }
        let hash = fingerprint(&mentions);
        if let Some(known) = self.known.get(&hash) {
            let place = |r: &Remembered| mentions.get(r.mention)?.line.checked_add_signed(r.offset);
            return known
                .iter()
                .filter_map(|r| Some(Given { key: r.key.clone(), secret: Arc::clone(&r.secret), line: place(r)? }))
                .collect();
        }
        let found = in_python(path, text, self.keys);
        if let Some(remembered) = remember(&mentions, &found) {
            self.known.insert(hash, remembered);
        }
        found.into_iter().map(|(given, _)| given).collect()
    }
}

/// Finds the lines that may mention a signing key, fast.
struct MentionFinder<'k> {
    words: Vec<memchr::memmem::Finder<'k>>,
}

impl<'k> MentionFinder<'k> {
    fn new(keys: &'k [&'k str]) -> Self {
        // `JWT_SECRET_KEY` is found with `SECRET_KEY`.
        let outer = |key: &&&str| !keys.iter().any(|other| other != *key && key.contains(other));
        let words = keys.iter().filter(outer).copied().chain(["secret_key"]);
        Self { words: words.map(memchr::memmem::Finder::new).collect() }
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
            let given = Given { key: setting.key, secret: Arc::clone(secret), line: setting.location.line };
            found.push((given, last));
        }
    }
    found
}

fn in_env(path: &RepoPath, text: &str, keys: &[&str]) -> Vec<Given> {
    if super::env::is_example(path) {
        return Vec::new();
    }
    let Ok(document) = EnvDocument::parse(text) else { return Vec::new() };
    let entries = document.entries.into_iter().filter(|entry| keys.contains(&entry.key.as_str()));
    entries
        .filter_map(|entry| {
            let secret = entry.value.filter(|value| !is_placeholder(value.expose()))?;
            Some(Given { key: entry.key, secret, line: entry.line })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &["SECRET_KEY", "JWT_SECRET_KEY"];

    fn found(reader: &mut LeakReader<'_>, text: &str) -> Vec<(String, String, usize)> {
        let path = RepoPath::new("app.py").unwrap();
        let given = reader.given(&path, text);
        given.into_iter().map(|given| (given.key, given.secret.expose().to_owned(), given.line)).collect()
    }

    #[test]
    fn a_version_that_differs_elsewhere_is_not_read_again_and_says_the_same() {
        let mut reader = LeakReader::new(KEYS);
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
            let mut reader = LeakReader::new(KEYS);
            for value in ["first", "second"] {
                let text = format!("import os\n{}", text.replace("VALUE", value));
                assert_eq!(found(&mut reader, &text)[0].1, value, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_hold_a_literal_is_not_parsed() {
        let mut reader = LeakReader::new(KEYS);
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
