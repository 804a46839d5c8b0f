//! What the history holds: every text that was ever committed, and who committed it where.
//! An interface that a faster reader can take over; knows nothing of what a secret looks like.
//!
//! All paths here are relative to git's root, not to the tree: files move between the two over
//! time. All texts are untrusted and may hold secrets.

mod attribute;
mod date;
mod git2_reader;
mod graph;
mod lookup;
mod objects;
mod roots;
mod trees;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

pub use date::date;
pub use git2_reader::Git2Reader;
pub(super) use trees::files_of_tree;

use crate::text::RepoPath;

/// Reads the history of one repository.
pub trait HistoryReader {
    /// Hands every unique wanted text to `sink`, each once. What could not be read does not end
    /// the scan; the coverage names it. The sink may break off.
    ///
    /// # Errors
    /// Where the repository cannot be opened at all.
    fn scan(
        &self,
        request: &Request<'_>,
        sink: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Coverage, HistoryError>;

    /// Who brought in, last held and removed each of `wanted`, and what still reaches it; in the
    /// order of `wanted`, `None` where the commits within the limits do not hold it. Walks the
    /// same commits as a scan with the same request.
    ///
    /// # Errors
    /// Where the repository cannot be opened at all.
    fn attribute(&self, request: &Request<'_>, wanted: &[Wanted]) -> Result<Vec<Option<Attribution>>, HistoryError>;
}

/// Why the history could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The message is git's, escaped.
    #[error("the git history could not be opened: {0}")]
    Open(String),
}

/// Full hex id of a git object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

impl ObjectId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, as shown to people.
    pub fn short(&self) -> &str {
        self.0.get(..7).unwrap_or(&self.0)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bounds of a reading. Hits make the coverage incomplete, with the reason.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Commits, newest first. Default 100 000.
    pub commits: usize,
    /// Inflated bytes of trees and files. Default 4 GiB: the whole of all but the largest histories.
    pub bytes: u64,
    /// Bytes of one file; larger ones are skipped and counted. Default 1 MiB.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { commits: 100_000, bytes: 4 << 30, file_bytes: 1 << 20 }
    }
}

impl Limits {
    /// `--history=all`: every commit, whatever it takes.
    pub fn all() -> Self {
        Self { commits: usize::MAX, bytes: u64::MAX, ..Self::default() }
    }

    /// `--history=N`: the newest `commits`.
    pub fn newest(commits: usize) -> Self {
        Self { commits, ..Self::default() }
    }
}

/// What is to be read.
pub struct Request<'a> {
    /// Whether files at this path (from git's root) are wanted. Asked once for each path.
    /// Directories of installed packages are never entered.
    pub wanted: &'a dyn Fn(&RepoPath) -> bool,
    /// Whether commit and tag messages and notes are wanted, too.
    pub messages: bool,
    /// Whether commits are followed that only a reflog still names (amended, rebased, on deleted
    /// branches). The stash's own reflog is always read: it is the list of stashes.
    pub reflogs: bool,
    pub limits: Limits,
}

impl<'a> Request<'a> {
    /// Files and messages of every ref within the default limits.
    pub fn new(wanted: &'a dyn Fn(&RepoPath) -> bool) -> Self {
        Self { wanted, messages: true, reflogs: false, limits: Limits::default() }
    }
}

/// What a scan hands out.
pub enum Event<'a> {
    Text(HistoricText<'a>),
    Progress(Progress),
}

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub done: usize,
    pub total: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Trees of commits are listed.
    Commits,
    /// The unique files in them are read.
    Files,
}

/// One unique text of the history. May hold secrets: no `Debug`.
pub struct HistoricText<'a> {
    pub kind: TextKind,
    /// The blob; for messages the commit or tag object.
    pub id: ObjectId,
    /// Every path this content ever had, sorted; empty for messages.
    pub paths: &'a [RepoPath],
    pub text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
    File,
    CommitMessage,
    TagMessage,
    /// A note; its path is the annotated object's id.
    Note,
}

/// What a scan read, and what it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub commits: usize,
    /// Unique file contents handed out.
    pub blobs: usize,
    /// Inflated bytes of trees and files read.
    pub bytes: u64,
    /// Whether every commit and every wanted file was reached; skipped ones do not count here.
    pub complete: bool,
    /// Why not, in words, sorted; safe to show.
    pub reasons: Vec<String>,
    /// Wanted contents that were not handed out, by reason.
    pub skipped: BTreeMap<SkipReason, Skipped>,
}

/// Why a wanted content was not handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    TooLarge,
    /// Neither UTF-8 nor any other text: it holds zeros.
    NotUtf8,
    /// Missing or damaged.
    Unreadable,
    /// A name in a tree is not UTF-8, or no name a file can have.
    OddName,
}

/// How many contents were skipped, and the first few paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    pub count: usize,
    pub paths: Vec<RepoPath>,
}

/// One value to attribute: every place and message it was seen in.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub places: Vec<BlobPlace>,
    /// Ids of commits and tag objects whose message holds the value.
    pub messages: Vec<ObjectId>,
}

/// A content at a path (from git's root).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlobPlace {
    pub blob: ObjectId,
    pub path: RepoPath,
}

/// A commit, or the tag object for a tag's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    pub id: ObjectId,
    /// Author's time, seconds since 1970-01-01T00:00Z.
    pub author_time: i64,
    /// The author's clock, minutes ahead of UTC.
    pub utc_offset: i32,
    /// First line of the message. Untrusted; may hold secrets.
    pub summary: String,
}

impl CommitInfo {
    /// `YYYY-MM-DD` on the author's clock.
    pub fn date(&self) -> String {
        date(self.author_time, self.utc_offset)
    }
}

/// A commit that holds the value, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub commit: CommitInfo,
    /// Index into [`Wanted::places`]; `None` where it is the message.
    pub place: Option<usize>,
}

/// Where a value came from and what still reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The commit that brought it in, the earliest by author time.
    pub first: Sighting,
    /// The newest commit whose tree still holds it.
    pub last: Sighting,
    /// The commit that took it out; `None` where HEAD holds it or nothing did.
    pub removed_in: Option<CommitInfo>,
    /// Whether the tree of HEAD holds it.
    pub in_head: bool,
    /// What reaches a commit that holds it.
    pub reach: Reach,
    /// Whether it stands in messages alone.
    pub message_only: bool,
}

/// Names by which a commit can be reached, each list sorted. Untrusted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub branches: Vec<String>,
    /// `origin/main`.
    pub remote_branches: Vec<String>,
    pub tags: Vec<String>,
    /// Refs of pull and merge requests (`refs/pull/7/head`): a hosting service keeps these.
    pub pull_requests: Vec<String>,
    /// Notes, `refs/original` and whatever else, in full.
    pub other_refs: Vec<String>,
    /// HEAD, of this or of a linked work tree.
    pub head: bool,
    pub stash: bool,
    /// A reflog (only with [`Request::reflogs`]).
    pub reflog: bool,
}

impl Reach {
    /// Nothing but the stash reaches it.
    pub fn only_stash(&self) -> bool {
        self.stash && !self.named() && !self.head
    }

    /// Nothing but reflogs reaches it: the branch was deleted or rewritten.
    pub fn only_reflog(&self) -> bool {
        self.reflog && !self.stash && !self.named() && !self.head
    }

    /// Whether a remote is known to have it. Tags do not tell: they may be local.
    pub fn published(&self) -> bool {
        !self.remote_branches.is_empty() || !self.pull_requests.is_empty()
    }

    fn named(&self) -> bool {
        [&self.branches, &self.remote_branches, &self.tags, &self.pull_requests, &self.other_refs]
            .iter()
            .any(|names| !names.is_empty())
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests build and damage their own repositories")]
mod tests;
