//! A file of the tree as it was read: path, text, mode and content hash.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::span::Span;

/// Path relative to the tree, `/`-separated, without `.` or `..` components.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepoPath(String);

impl RepoPath {
    /// Builds a path, dropping empty and `.` components; `None` where `..` would leave the tree.
    pub fn new(path: &str) -> Option<Self> {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                other => parts.push(other),
            }
        }
        Some(Self(parts.join("/")))
    }

    /// The tree itself.
    pub fn root() -> Self {
        Self(String::new())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Last component; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The file name without its last extension (`config` for `config.py`).
    pub fn stem(&self) -> &str {
        let name = self.name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[..dot],
            _ => name,
        }
    }

    /// Extension without the dot, empty where there is none.
    pub fn extension(&self) -> &str {
        let name = self.name();
        match name.rfind('.') {
            Some(dot) if dot > 0 => &name[dot + 1..],
            _ => "",
        }
    }

    pub fn parent(&self) -> RepoPath {
        match self.0.rfind('/') {
            Some(slash) => RepoPath(self.0[..slash].to_owned()),
            None => RepoPath::root(),
        }
    }

    /// `self/relative`; `None` where `relative` climbs out of the tree.
    pub fn join(&self, relative: &str) -> Option<RepoPath> {
        if relative.starts_with('/') {
            return None;
        }
        RepoPath::new(&format!("{}/{relative}", self.0))
    }

    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// Whether this path is `dir` or lies below it.
    pub fn is_below(&self, dir: &RepoPath) -> bool {
        dir.is_root()
            || self.0 == dir.0
            || (self.0.starts_with(&dir.0) && self.0.as_bytes().get(dir.0.len()) == Some(&b'/'))
    }

    /// How one gets from the directory `from` to this path (`../.env`).
    pub fn relative_from(&self, from: &RepoPath) -> String {
        let mine: Vec<&str> = self.components().collect();
        let theirs: Vec<&str> = from.components().collect();
        let shared = mine.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        let mut parts: Vec<&str> = vec![".."; theirs.len() - shared];
        parts.extend(&mine[shared..]);
        parts.join("/")
    }
}

/// A path is looked up as it is written: text and path have one order and one hash.
impl std::borrow::Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// SHA-256 of a file's bytes, in hex. Kept in journals to recognise a file, never shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// One text file as it was read. Holds secrets in the clear, hence no `Debug` of the text.
#[derive(Clone)]
pub struct SourceFile {
    pub path: RepoPath,
    /// The whole text, a byte-order mark included.
    pub text: String,
    /// Permission bits (`0o644`).
    pub mode: u32,
    pub hash: ContentHash,
    /// Whether the file is in another encoding than its text here: it is read, and never written.
    pub converted: bool,
    line_starts: Vec<usize>,
}

impl SourceFile {
    pub fn new(path: RepoPath, text: String, mode: u32) -> Self {
        let hash = ContentHash::of(text.as_bytes());
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        Self { path, text, mode, hash, converted: false, line_starts }
    }

    /// A file in UTF-16 with a byte order mark, as text; nothing where it is none.
    pub fn from_utf16(path: RepoPath, bytes: &[u8], mode: u32) -> Option<Self> {
        let pair: fn([u8; 2]) -> u16 = match bytes {
            [0xff, 0xfe, ..] => u16::from_le_bytes,
            [0xfe, 0xff, ..] => u16::from_be_bytes,
            _ => return None,
        };
        let pairs = bytes[2..].chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return None;
        }
        let units: Vec<u16> = pairs.map(|bytes| pair([bytes[0], bytes[1]])).collect();
        let text = String::from_utf16(&units).ok()?;
        Some(Self { hash: ContentHash::of(bytes), converted: true, ..Self::new(path, text, mode) })
    }

    /// Line and column of a byte offset, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(0, |part| part.chars().count()) + 1;
        (line, column)
    }

    /// The span of the line (without its end) that holds `offset`.
    pub fn line_span(&self, offset: usize) -> Span {
        let (line, _) = self.position(offset);
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Span::new(start, end)
    }

    /// The span of line `number` (from 1) without its end.
    pub fn nth_line(&self, number: usize) -> Option<Span> {
        self.line_starts.get(number.checked_sub(1)?).map(|start| self.line_span(*start))
    }

    /// Offset just behind the line end of the line that holds `offset`.
    pub fn after_line(&self, offset: usize) -> usize {
        let (line, _) = self.position(offset);
        self.line_starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// The line end this file uses: the first one met, `\n` where there is none.
    pub fn newline(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if at > 0 && self.text.as_bytes()[at - 1] == b'\r' => "\r\n",
            _ => "\n",
        }
    }

    /// White space before the first character of the line that holds `offset`.
    pub fn indent(&self, offset: usize) -> &str {
        let line = self.line_span(offset).of(&self.text);
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceFile").field("path", &self.path).finish_non_exhaustive()
    }
}
