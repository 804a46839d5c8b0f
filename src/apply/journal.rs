//! The write-ahead journal of one run: JSON lines, each on disk before what it speaks of is done.
//! Holds paths, hashes, modes, owners, names of backups and of stored keys; never contents, never
//! secrets. Knows the format and what a journal means; opens no file of the tree.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use serde::{Deserialize, Serialize};

use crate::plan::Phase;
use crate::store::{Item, StoreId};
use crate::text::{ContentHash, RepoPath};

use super::run_dir::RunDir;
use super::state_dir::{RunId, StateError};

/// The newest format this version reads; older ones keep parsing, newer ones are refused.
const NEWEST: u32 = 2;
/// Written to journals of runs that change files.
pub(super) const FORMAT: u32 = 1;
/// Written to journals of runs that also stop tracking files.
pub(super) const FORMAT_UNTRACK: u32 = 2;
pub(super) const NAME: &str = "journal.jsonl";
/// How the names of our temporary files begin.
const TEMP_PREFIX: &str = ".flask-harden-";
/// How the names of those beside git's index begin.
pub(super) const UNTRACK_TEMP: &str = "flask-harden-index-";

/// What a file is recognised by, and what is given back to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMark {
    pub hash: ContentHash,
    /// Permission bits.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

impl FileMark {
    /// Same bytes, same permission bits.
    pub fn same_file(&self, other: &FileMark) -> bool {
        self.hash == other.hash && self.mode == other.mode
    }
}

/// What a file is to the run; decides the order and what undo keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Ignore,
    Key,
    Code,
}

impl From<Phase> for Role {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Ignore => Role::Ignore,
            Phase::Secret => Role::Key,
            Phase::Code => Role::Code,
        }
    }
}

/// One file the run replaces (`before` is known) or creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileOp {
    pub(super) path: RepoPath,
    pub(super) role: Role,
    pub(super) before: Option<FileMark>,
    pub(super) after: FileMark,
    /// File of the run directory that holds the old bytes.
    pub(super) backup: Option<String>,
    /// Name of the temporary file beside the target.
    pub(super) temp: String,
}

/// Entries that the run takes out of git's index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexOp {
    /// From the tree.
    pub(super) paths: Vec<RepoPath>,
    pub(super) before: FileMark,
    pub(super) after: FileMark,
    /// File of the run directory that holds the old index.
    pub(super) backup: String,
    /// Name of the temporary file beside the index.
    pub(super) temp: String,
}

/// A key and where it was put; never its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPlace {
    pub name: String,
    pub place: String,
    /// Where it is outside of the tree; absent for a key in a file of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<StoredKey>,
}

/// A key in a store outside of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredKey {
    pub store: StoreId,
    pub item: Item,
    /// Whether this run made it: only such a key is ever deleted.
    pub created: bool,
    /// Whether this run put another value in the place of one that was there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
}

/// A file that was not given back, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub path: RepoPath,
    pub why: KeptWhy,
}

impl Kept {
    /// Whether this speaks of git's index, and not of the file.
    pub fn is_of_index(&self) -> bool {
        self.why == KeptWhy::IndexMoved
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptWhy {
    /// Its content or mode is not the one we left.
    Edited,
    /// Deleted since; nothing is put back unasked.
    Removed,
    /// Something else stands there now: a link, a directory, a file with several names.
    Replaced,
    /// A file with a key that we created: the key may be in use.
    HoldsKey,
    /// Its lines keep a file with a key that stays from being committed.
    IgnoresKey,
    /// Git's index is not as we left it: the file stays untracked.
    IndexMoved,
}

/// What an undo does to one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UndoStep {
    /// Index into the file operations.
    pub(super) op: usize,
    /// What stood there when the undo was decided; only that is replaced.
    pub(super) found: Option<FileMark>,
}

/// How an undo puts entries back into git's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IndexStep {
    /// Also where others have changed it since.
    pub(super) force: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Ending {
    Applied,
    TakenBack,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub(super) enum Record {
    Open {
        format: u32,
        run: RunId,
        /// Runs of a tree are numbered in order.
        number: u64,
        tree: String,
        /// Seconds since 1970, UTC.
        time: u64,
        tool: String,
    },
    /// A key put somewhere: its name and where, never its value.
    Key(KeyPlace),
    File(FileOp),
    /// Entries taken out of git's index; at most one of these in a journal.
    Untrack(IndexOp),
    /// A later step failed: from here on the run is only ever taken back.
    TakeBack,
    Close {
        ending: Ending,
        kept: Vec<Kept>,
    },
    /// All of an undo: what is done, and what is left alone and why.
    Undo {
        time: u64,
        steps: Vec<UndoStep>,
        kept: Vec<Kept>,
        /// The entries of git's index are put back as well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        index: Option<IndexStep>,
    },
    UndoClose {
        finished: bool,
        kept: Vec<Kept>,
    },
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Interrupted before anything was done.
    Void,
    /// Interrupted; the next run that writes finishes it or takes it back.
    Open,
    Applied,
    TakenBack,
    /// An undo was interrupted; the next run that writes finishes it.
    UndoOpen,
    Undone,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum JournalError {
    #[error("its journal has format {0}, which this version does not know")]
    Format(u32),
    #[error("line {0} of its journal cannot be read")]
    Line(usize),
}

/// A journal as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) number: u64,
    pub(super) time: u64,
    pub(super) tree: String,
    pub(super) keys: Vec<KeyPlace>,
    pub(super) files: Vec<FileOp>,
    pub(super) index: Option<IndexOp>,
    pub(super) state: RunState,
    pub(super) taking_back: bool,
    /// An undo was finished; files that it did not keep are no longer this run's.
    pub(super) undone: bool,
    /// The steps of the last undo.
    pub(super) steps: Vec<UndoStep>,
    /// Its step on git's index.
    pub(super) index_step: Option<IndexStep>,
    /// What that undo decided to leave alone.
    pub(super) decided: Vec<Kept>,
    /// Files not given back by what was done last.
    pub(super) kept: Vec<Kept>,
}

impl Journal {
    fn void() -> Self {
        Self {
            number: 0,
            time: 0,
            tree: String::new(),
            keys: Vec::new(),
            files: Vec::new(),
            index: None,
            state: RunState::Void,
            taking_back: false,
            undone: false,
            steps: Vec::new(),
            index_step: None,
            decided: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Reads a journal. An unfinished last line is what a crash leaves: what it would have
    /// announced was not begun.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, JournalError> {
        let mut journal = Self::void();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for (at, line) in bytes[..whole].split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            // The format first: a newer one may hold records this version cannot read.
            #[derive(Deserialize)]
            struct Head {
                format: Option<u32>,
            }
            let head: Head = serde_json::from_slice(line).map_err(|_| JournalError::Line(at + 1))?;
            if let Some(format) = head.format.filter(|format| *format > NEWEST) {
                return Err(JournalError::Format(format));
            }
            let record: Record = serde_json::from_slice(line).map_err(|_| JournalError::Line(at + 1))?;
            if !journal.take(record) {
                return Err(JournalError::Line(at + 1));
            }
        }
        Ok(journal)
    }

    /// Adds a record; `false` where it makes no sense here.
    pub(super) fn take(&mut self, record: Record) -> bool {
        if (self.state == RunState::Void) != matches!(record, Record::Open { .. }) {
            return false;
        }
        match record {
            Record::Open { number, tree, time, .. } => {
                (self.number, self.tree, self.time, self.state) = (number, tree, time, RunState::Open);
            }
            Record::Key(key) => self.keys.push(key),
            Record::File(op) if is_sound(&op) => self.files.push(op),
            Record::File(_) => return false,
            Record::Untrack(op) if self.index.is_none() && is_sound_index(&op) => self.index = Some(op),
            Record::Untrack(_) => return false,
            Record::TakeBack => self.taking_back = true,
            Record::Close { ending, kept } => {
                self.state = if ending == Ending::Applied { RunState::Applied } else { RunState::TakenBack };
                self.kept = kept;
            }
            Record::Undo { steps, kept, index, .. } => {
                if steps.iter().any(|step| step.op >= self.files.len()) || index.is_some() && self.index.is_none() {
                    return false;
                }
                (self.steps, self.decided, self.state) = (steps, kept, RunState::UndoOpen);
                self.index_step = index;
            }
            Record::UndoClose { finished, kept } => {
                if finished {
                    (self.state, self.kept, self.undone) = (RunState::Undone, kept, true);
                } else {
                    self.state = if self.undone { RunState::Undone } else { RunState::Applied };
                }
                self.steps.clear();
                self.index_step = None;
            }
        }
        true
    }
}

/// Names in a journal are used as file names: none may lead out of its directory.
fn is_sound(op: &FileOp) -> bool {
    let backup = op.backup.as_deref().is_none_or(is_sound_backup);
    is_sound_path(&op.path)
        && backup
        && op.temp.starts_with(TEMP_PREFIX)
        && !op.temp.contains('/')
        && op.before.is_some() == op.backup.is_some()
}

fn is_sound_index(op: &IndexOp) -> bool {
    let temp = op.temp.starts_with(UNTRACK_TEMP) && !op.temp.contains('/');
    temp && is_sound_backup(&op.backup) && !op.paths.is_empty() && op.paths.iter().all(is_sound_path)
}

fn is_sound_backup(name: &str) -> bool {
    name.starts_with("backup-") && !name.contains('/')
}

fn is_sound_path(path: &RepoPath) -> bool {
    !path.is_root() && RepoPath::new(path.as_str()).as_ref() == Some(path)
}

/// The temporary file of the `index`-th operation of a run.
pub(super) fn temp_name(run: &RunId, index: usize) -> String {
    format!("{TEMP_PREFIX}{run}-{}", index + 1)
}

/// Appends to a journal and keeps what has been written in mind.
pub(super) struct Writer {
    file: File,
    shown: std::path::PathBuf,
    /// Bytes known to be whole records.
    length: u64,
    pub(super) journal: Journal,
}

impl Writer {
    /// A new journal in a new run; its name is durable once the first record is.
    pub(super) fn create(run: &RunDir) -> Result<Self, StateError> {
        let file = run.create(NAME)?;
        Ok(Self { file, shown: run.path_of(NAME), length: 0, journal: Journal::void() })
    }

    /// Goes on with the journal of an earlier run.
    pub(super) fn resume(run: &RunDir, journal: Journal, bytes: &[u8]) -> Result<Self, StateError> {
        let file = run.open(NAME)?;
        let length = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        let writer = Self { file, shown: run.path_of(NAME), length, journal };
        // The unfinished line a crash left must not run into the next record.
        if (bytes.len() as u64) > length {
            writer.file.set_len(length).map_err(|source| StateError::io(&writer.shown, "written", source))?;
        }
        Ok(writer)
    }

    /// Writes records and waits until they are on disk. On failure the journal is as before.
    pub(super) fn append(&mut self, records: Vec<Record>) -> Result<(), StateError> {
        let mut lines = Vec::new();
        for record in &records {
            serde_json::to_writer(&mut lines, record)
                .map_err(|error| StateError::io(&self.shown, "written", std::io::Error::from(error)))?;
            lines.push(b'\n');
        }
        let written = self.file.write_all_at(&lines, self.length).and_then(|()| self.file.sync_all());
        if let Err(source) = written {
            let _ = self.file.set_len(self.length);
            return Err(StateError::io(&self.shown, "written", source));
        }
        self.length += lines.len() as u64;
        for record in records {
            self.journal.take(record);
        }
        Ok(())
    }
}

/// Reads the journal of a run, with its bytes; an absent one is void.
pub(super) fn load(run: &RunDir) -> Result<(Journal, Vec<u8>), StateError> {
    let bytes = run.read(NAME)?.map(|bytes| bytes.to_vec()).unwrap_or_default();
    let journal = Journal::parse(&bytes)
        .map_err(|error| StateError::Damaged { path: run.path_of(NAME), reason: error.to_string() })?;
    Ok((journal, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT_2: &str = include_str!("../../tests/fixtures/journals/format-2.jsonl");
    const FORMAT_1: &str = include_str!("../../tests/fixtures/journals/format-1.jsonl");

    #[test]
    fn format_1_keeps_parsing() {
        let journal = Journal::parse(FORMAT_1.as_bytes()).unwrap();
        assert_eq!((journal.number, journal.time, journal.state), (3, 1_795_500_000, RunState::Undone));
        let key = KeyPlace { name: "SECRET_KEY".to_owned(), place: ".env".to_owned(), stored: None };
        assert_eq!(journal.keys, vec![key]);
        let roles: Vec<Role> = journal.files.iter().map(|op| op.role).collect();
        assert_eq!(roles, [Role::Ignore, Role::Key, Role::Code]);
        assert_eq!(journal.files[1].before, None);
        assert_eq!(journal.files[2].before.as_ref().map(|mark| mark.mode), Some(0o644));
        assert_eq!(
            journal.kept.iter().map(|kept| kept.why).collect::<Vec<_>>(),
            [KeptWhy::HoldsKey, KeptWhy::IgnoresKey]
        );
    }

    #[test]
    fn every_prefix_of_a_journal_is_a_state_a_crash_can_leave() {
        let states: Vec<RunState> =
            (0..=FORMAT_1.len()).map(|end| Journal::parse(&FORMAT_1.as_bytes()[..end]).unwrap().state).collect();
        let mut seen = states.clone();
        seen.dedup();
        assert_eq!(seen, [RunState::Void, RunState::Open, RunState::Applied, RunState::UndoOpen, RunState::Undone]);
    }

    #[test]
    fn format_2_keeps_parsing() {
        let journal = Journal::parse(FORMAT_2.as_bytes()).unwrap();
        let index = journal.index.unwrap();
        assert_eq!(index.paths.iter().map(RepoPath::as_str).collect::<Vec<_>>(), [".env"]);
        assert_eq!((index.backup.as_str(), index.before.mode), ("backup-index", 0o644));
        assert_eq!((journal.state, journal.files.len()), (RunState::Undone, 1));
        assert_eq!(journal.kept[0].why, KeptWhy::IndexMoved);
        let climbing = FORMAT_2.replacen("[\".env\"]", "[\"../.env\"]", 1);
        assert_eq!(Journal::parse(climbing.as_bytes()), Err(JournalError::Line(2)));
        let twice: String = FORMAT_2.lines().take(2).chain(FORMAT_2.lines().nth(1)).map(|l| format!("{l}\n")).collect();
        assert_eq!(Journal::parse(twice.as_bytes()), Err(JournalError::Line(3)));
    }

    #[test]
    fn newer_formats_and_paths_that_climb_are_refused() {
        let newer = FORMAT_1.replacen("\"format\":1", "\"format\":3", 1);
        assert_eq!(Journal::parse(newer.as_bytes()), Err(JournalError::Format(3)));
        let climbing = FORMAT_1.replacen("\"path\":\".gitignore\"", "\"path\":\"../x\"", 1);
        assert_eq!(Journal::parse(climbing.as_bytes()), Err(JournalError::Line(3)));
        let temp = FORMAT_1.replacen("\".flask-harden-7f3a-1\"", "\".flask-harden-/../x\"", 1);
        assert_eq!(Journal::parse(temp.as_bytes()), Err(JournalError::Line(3)));
    }
}
