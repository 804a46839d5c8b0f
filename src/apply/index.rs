//! Git's index, for a run that stops tracking files: entries taken out, and put back. The library
//! makes the new index from a copy in the run's directory; it takes the old one's place by git's
//! own lock protocol. Knows nothing else of git, and touches nothing else below `.git`.

use std::path::Path;

use git2::{Index, IndexEntry};

use crate::repo::{GitState, Tree};
use crate::text::{ContentHash, RepoPath};

use super::journal::{IndexOp, Kept, KeptWhy, UNTRACK_TEMP};
use super::run_dir::RunDir;
use super::write::{Dress, FileError, Found, Refusal, Seen, Slot};

/// Where git keeps the index, from the top of its work tree.
const INDEX: &str = ".git/index";
/// Copy of the index that the library works on, in the run's directory.
const SCRATCH: &str = "index-work";
/// Flags of an entry that say something of the file: assumed valid, and the stage of a conflict.
const FLAGS: u16 = 0xB000;
/// Those of the second word: skipped in the work tree, meant to be added.
const EXTENDED_FLAGS: u16 = 0x6000;

/// The work tree of git whose index holds the entries of a tree.
pub(super) struct IndexPlace {
    root: Tree,
    prefix: RepoPath,
}

/// Whether the entries that a run takes out are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entries {
    /// All of them, or the index is gone: there is nothing to put back.
    Present,
    Absent,
    /// Some: someone else was at work.
    Mixed,
}

pub(super) fn index_path() -> RepoPath {
    RepoPath::new(INDEX).unwrap_or_else(RepoPath::root)
}

fn refused(why: Refusal) -> FileError {
    FileError { path: index_path(), why }
}

fn unusable(reason: impl Into<String>) -> FileError {
    refused(Refusal::Index(reason.into()))
}

impl IndexPlace {
    /// Finds the index that holds this tree's files, where it may be written.
    pub(super) fn find(tree: &Tree) -> Result<Self, FileError> {
        let state = GitState::open(tree);
        let git = match &state {
            GitState::Open(git) => git,
            GitState::Refused(reason) => return Err(unusable(reason.as_str())),
            GitState::None => return Err(unusable("there is no git repository here any more")),
        };
        let (root, prefix) = git.own_index().map_err(unusable)?;
        let root = Tree::open(&root).map_err(|error| unusable(error.to_string()))?;
        Ok(Self { root, prefix })
    }

    fn slot(&self) -> Result<Slot<'_>, FileError> {
        Slot::open(&self.root, &index_path())
    }

    fn look(slot: &Slot<'_>) -> Result<Found, FileError> {
        match slot.look()? {
            Seen::File(found) => Ok(found),
            Seen::Absent => Err(refused(Refusal::Missing)),
            Seen::Foreign(why) => Err(refused(why)),
        }
    }

    /// A path of the tree as the index has it.
    fn in_git(&self, path: &RepoPath) -> RepoPath {
        if self.prefix.is_root() {
            path.clone()
        } else {
            self.prefix.join(path.as_str()).unwrap_or_else(RepoPath::root)
        }
    }

    /// Works out the index without these entries, before anything is written.
    pub(super) fn without(&self, run: &RunDir, paths: &[RepoPath]) -> Result<IndexChange, FileError> {
        let slot = self.slot()?;
        let found = Self::look(&slot)?;
        slot.check_unlocked(&slot.lock_name())?;
        slot.check_writable(found.mark.mode)?;
        let after = rewritten(run, &found.bytes, |index| {
            for path in paths {
                let path = self.in_git(path);
                index
                    .remove(Path::new(path.as_str()), 0)
                    .map_err(|_| unusable(format!("{path} is not in it as one file")))?;
            }
            Ok(())
        })?;
        let mut mark = found.mark.clone();
        mark.hash = ContentHash::of(&after);
        let op = IndexOp {
            paths: paths.to_vec(),
            before: found.mark.clone(),
            after: mark,
            backup: "backup-index".to_owned(),
            temp: format!("{UNTRACK_TEMP}{}", run.id),
        };
        Ok(IndexChange { op, found, after })
    }

    /// Puts the new index in place of the old one, if that still is what was seen.
    pub(super) fn install(&self, change: &IndexChange) -> Result<(), FileError> {
        replace(&self.slot()?, &change.op.temp, &change.found, &change.after)
    }

    /// Which of the entries are in the index now.
    pub(super) fn entries(&self, run: &RunDir, op: &IndexOp) -> Result<Entries, FileError> {
        let slot = self.slot()?;
        let found = match slot.look()? {
            Seen::File(found) => found,
            Seen::Absent => return Ok(Entries::Present),
            Seen::Foreign(why) => return Err(refused(why)),
        };
        if found.mark.hash == op.before.hash {
            return Ok(Entries::Present);
        }
        let index = opened(run, &found.bytes)?;
        let there = op.paths.iter().filter(|path| entry(&index, &self.in_git(path)).is_some()).count();
        tidy(run);
        Ok(match there {
            0 => Entries::Absent,
            there if there == op.paths.len() => Entries::Present,
            _ => Entries::Mixed,
        })
    }

    /// How the entries come back: with the whole old index where it is byte for byte as the run left
    /// it, else alone, where git did nothing but look at files since. `force`: also beside what was
    /// staged or committed since.
    pub(super) fn way_back(&self, run: &RunDir, op: &IndexOp, force: bool) -> Result<WayBack, FileError> {
        if self.entries(run, op)? == Entries::Present {
            return Ok(WayBack::Done);
        }
        let slot = self.slot()?;
        slot.check_unlocked(&slot.lock_name())?;
        let found = Self::look(&slot)?;
        let backup = run.read(&op.backup).map_err(|error| refused(Refusal::State(error.to_string())))?;
        let backup = backup.filter(|bytes| ContentHash::of(bytes) == op.before.hash);
        let backup = backup.ok_or_else(|| refused(Refusal::Backup))?;
        if found.mark.hash == op.after.hash {
            return Ok(WayBack::Replace(found, backup.to_vec()));
        }
        let old: Vec<IndexEntry> = opened(run, &backup)?.iter().collect();
        let paths: Vec<RepoPath> = op.paths.iter().map(|path| self.in_git(path)).collect();
        let ours = |entry: &IndexEntry| paths.iter().any(|path| path.as_str().as_bytes() == entry.path);
        let mut moved = false;
        let bytes = rewritten(run, &found.bytes, |index| {
            let (there, others): (Vec<_>, Vec<_>) = index.iter().partition(ours);
            let before = old.iter().filter(|entry| !ours(entry)).map(listed);
            moved = !there.is_empty() || !others.iter().map(listed).eq(before);
            for entry in old.iter().filter(|entry| ours(entry)) {
                if !there.iter().any(|known| known.path == entry.path) {
                    index.add(entry).map_err(|error| unusable(error.message()))?;
                }
            }
            Ok(())
        })?;
        Ok(if moved && !force { WayBack::Moved } else { WayBack::Replace(found, bytes) })
    }

    /// Puts the entries back. Gives the paths that were left as they are.
    pub(super) fn give_back(&self, run: &RunDir, op: &IndexOp, force: bool) -> Result<Vec<Kept>, FileError> {
        self.discard(op)?;
        match self.way_back(run, op, force)? {
            WayBack::Done => {}
            WayBack::Moved => return Ok(op.kept()),
            WayBack::Replace(found, bytes) => replace(&self.slot()?, &op.temp, &found, &bytes)?,
        }
        Ok(Vec::new())
    }

    /// Removes what an interrupted run left beside the index: its file, and the lock it took.
    pub(super) fn discard(&self, op: &IndexOp) -> Result<(), FileError> {
        let slot = self.slot()?;
        slot.discard_locked(&op.temp, &slot.lock_name())
    }
}

/// What it takes to put entries back.
pub(super) enum WayBack {
    /// They are there.
    Done,
    /// Others changed the index since.
    Moved,
    Replace(Found, Vec<u8>),
}

impl IndexOp {
    /// Its paths, left as they are.
    pub(super) fn kept(&self) -> Vec<Kept> {
        self.paths.iter().map(|path| Kept { path: path.clone(), why: KeptWhy::IndexMoved }).collect()
    }
}

/// An index without some of its entries.
pub(super) struct IndexChange {
    pub(super) op: IndexOp,
    pub(super) found: Found,
    after: Vec<u8>,
}

fn replace(slot: &Slot<'_>, temp: &str, found: &Found, bytes: &[u8]) -> Result<(), FileError> {
    let dress = Dress { mode: found.mark.mode, owner: Some((found.mark.uid, found.mark.gid)), like: Some(found) };
    slot.stage(temp, bytes, &dress)?;
    // Git tells files that changed in the same moment by the time of its index.
    let replaced = slot.same_time(temp).and_then(|()| slot.install_locked(temp, &slot.lock_name(), found));
    if replaced.is_err() {
        let _ = slot.discard_locked(temp, &slot.lock_name());
    }
    replaced
}

/// What an entry says, but for the times and sizes that git renews when it looks at files.
type Listed = (Vec<u8>, u32, git2::Oid, u16, u16);

fn listed(entry: &IndexEntry) -> Listed {
    (entry.path.clone(), entry.mode, entry.id, entry.flags & FLAGS, entry.flags_extended & EXTENDED_FLAGS)
}

fn entry(index: &Index, path: &RepoPath) -> Option<IndexEntry> {
    index.iter().find(|entry| entry.path == path.as_str().as_bytes())
}

/// The library's view of an index that stands nowhere but in the run's directory.
fn opened(run: &RunDir, bytes: &[u8]) -> Result<Index, FileError> {
    tidy(run);
    let stored = run.store(SCRATCH, bytes);
    let index = stored.map_err(|error| refused(Refusal::State(error.to_string()))).and_then(|()| {
        Index::open(&run.path_of(SCRATCH))
            .map_err(|error| unusable(format!("git's index cannot be read: {}", error.message())))
    });
    index.inspect_err(|_| tidy(run))
}

/// The bytes of an index after a change.
fn rewritten(
    run: &RunDir,
    bytes: &[u8],
    change: impl FnOnce(&mut Index) -> Result<(), FileError>,
) -> Result<Vec<u8>, FileError> {
    let mut index = opened(run, bytes)?;
    let written = change(&mut index).and_then(|()| index.write().map_err(|error| unusable(error.message())));
    let read = written.and_then(|()| {
        let bytes = run.read(SCRATCH).map_err(|error| refused(Refusal::State(error.to_string())))?;
        bytes.map(|bytes| bytes.to_vec()).ok_or_else(|| unusable("the new index is not there"))
    });
    tidy(run);
    read
}

/// Removes the working copy, and what the library leaves beside it when it is stopped.
pub(super) fn tidy(run: &RunDir) {
    run.remove(SCRATCH);
    run.remove(&format!("{SCRATCH}.lock"));
}
