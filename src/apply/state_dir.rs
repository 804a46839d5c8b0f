//! Where journals, receipts and backups live: the user's XDG state directory, never the tree.
//! Directories 0700 and files 0600 whatever the umask. Knows nothing of what the files say.
//!
//! ```text
//! flask-harden/.gitignore                  "*", should the directory lie in someone's work tree
//! flask-harden/editing/                    texts that are open in the person's editor
//! flask-harden/runs/<tree-id>/lock  keys.json
//! flask-harden/runs/<tree-id>/<run-id>/    journal.jsonl  diff.txt  receipt.json  backup-1 …
//! ```

use std::fmt;
use std::io::Write as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::repo::Tree;
use crate::secret::generate::{KeySource as _, OsRandom};

use super::run_dir::{FILE_MODE, RunDir, create_file, read_file, replace_file};

const DIR_MODE: Mode = Mode::RWXU;
const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Why the state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("neither XDG_STATE_HOME nor HOME names a directory for the journal and the backups")]
    NoHome,
    #[error("the state directory {} lies inside the directory to be hardened", path.display())]
    InsideTree { path: PathBuf },
    #[error("the state directory {} belongs to another user", path.display())]
    Foreign { path: PathBuf },
    #[error("{} cannot be {doing}: {source}", path.display())]
    Io { path: PathBuf, doing: &'static str, source: std::io::Error },
    #[error("{}: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
}

impl StateError {
    pub(super) fn io(path: &Path, doing: &'static str, source: impl Into<std::io::Error>) -> Self {
        Self::Io { path: path.to_owned(), doing, source: source.into() }
    }
}

/// The short name of a run, as in `undo 7f3a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// Reads an id: 4 to 16 lower-case hexadecimal digits, so that it is a plain file name.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        ((4..=16).contains(&text.len()) && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tool's own directory below the user's state directory.
#[derive(Clone, Debug)]
pub struct StateDir {
    base: PathBuf,
}

impl StateDir {
    /// `$XDG_STATE_HOME/flask-harden`, or `~/.local/state/flask-harden`. Nothing is created yet.
    ///
    /// # Errors
    /// Where neither variable holds an absolute path.
    pub fn from_env() -> Result<Self, StateError> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || absolute("HOME").map(|home| home.join(".local/state"));
        let state = absolute("XDG_STATE_HOME").or_else(home).ok_or(StateError::NoHome)?;
        Ok(Self::at(state.join("flask-harden")))
    }

    /// The tool's directory at this place.
    pub fn at(base: PathBuf) -> Self {
        Self { base }
    }

    pub fn path(&self) -> &Path {
        &self.base
    }

    /// Opens the part that belongs to `tree`, creating what is missing.
    pub(super) fn enter(&self, tree: &Tree) -> Result<TreeState, StateError> {
        let base = self.open(tree)?;
        let runs_path = self.base.join("runs");
        let runs = make_dir(base.as_fd(), Path::new("runs"), &runs_path)?;
        let path = runs_path.join(tree_id(tree));
        let fd = make_dir(runs.as_fd(), Path::new(&tree_id(tree)), &path)?;
        Ok(TreeState { fd, path })
    }

    /// Where texts lie while the person edits them.
    pub(super) fn editing(&self, tree: &Tree) -> Result<(OwnedFd, PathBuf), StateError> {
        let base = self.open(tree)?;
        let path = self.base.join("editing");
        Ok((make_dir(base.as_fd(), Path::new("editing"), &path)?, path))
    }

    /// Opens the directory itself, creating what is missing.
    fn open(&self, tree: &Tree) -> Result<OwnedFd, StateError> {
        self.check_outside(tree)?;
        for dir in self.base.ancestors().skip(1).collect::<Vec<_>>().into_iter().rev() {
            match rustix::fs::mkdir(dir, DIR_MODE) {
                Ok(()) | Err(Errno::EXIST) => {}
                // Also said of directories that exist where one may not write (`/`, `/home`).
                Err(_) if dir.is_dir() => {}
                Err(errno) => return Err(StateError::io(dir, "created", errno)),
            }
        }
        let parent = self.base.parent().unwrap_or(Path::new("/"));
        let parent = rustix::fs::open(parent, DIRECTORY, Mode::empty())
            .map_err(|errno| StateError::io(parent, "opened", errno))?;
        let name = Path::new(self.base.file_name().unwrap_or_default());
        let base = make_dir(parent.as_fd(), name, &self.base)?;
        ignore_everything(&base, &self.base)?;
        Ok(base)
    }

    /// Opens the part that belongs to `tree` where it exists; creates nothing.
    pub(super) fn peek(&self, tree: &Tree) -> Result<Option<TreeState>, StateError> {
        let path = self.base.join("runs").join(tree_id(tree));
        match rustix::fs::open(&path, DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(fd) => Ok(Some(TreeState { fd, path })),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(StateError::io(&path, "opened", errno)),
        }
    }

    /// Backups inside the tree would be taken by the next `git add .`.
    fn check_outside(&self, tree: &Tree) -> Result<(), StateError> {
        for known in self.base.ancestors() {
            if let Ok(real) = std::fs::canonicalize(known) {
                let rest = self.base.strip_prefix(known).unwrap_or(Path::new(""));
                if real.join(rest).starts_with(tree.root()) {
                    return Err(StateError::InsideTree { path: self.base.clone() });
                }
                break;
            }
        }
        Ok(())
    }
}

/// Stable for a canonical path, and a plain file name.
fn tree_id(tree: &Tree) -> String {
    let digest = Sha256::digest(tree.root().as_os_str().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a directory of ours, created where missing; its mode becomes 0700.
fn make_dir(at: BorrowedFd<'_>, name: &Path, shown: &Path) -> Result<OwnedFd, StateError> {
    match rustix::fs::mkdirat(at, name, DIR_MODE) {
        // A umask can have taken even our own bits away, and then it could not be opened.
        Ok(()) => rustix::fs::chmodat(at, name, DIR_MODE, AtFlags::empty())
            .and_then(|()| rustix::fs::fsync(at))
            .map_err(|errno| StateError::io(shown, "created", errno))?,
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(StateError::io(shown, "created", errno)),
    }
    let fd = rustix::fs::openat(at, name, DIRECTORY, Mode::empty())
        .map_err(|errno| StateError::io(shown, "opened", errno))?;
    let stat = rustix::fs::fstat(&fd).map_err(|errno| StateError::io(shown, "examined", errno))?;
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(StateError::Foreign { path: shown.to_owned() });
    }
    if Mode::from_raw_mode(stat.st_mode) != DIR_MODE {
        rustix::fs::fchmod(&fd, DIR_MODE).map_err(|errno| StateError::io(shown, "made private", errno))?;
    }
    Ok(fd)
}

/// The state directory can lie in a work tree of git (a home directory kept in one).
fn ignore_everything(base: &OwnedFd, shown: &Path) -> Result<(), StateError> {
    match create_file(base.as_fd(), ".gitignore") {
        Ok(mut file) => file.write_all(b"*\n").map_err(|source| StateError::io(shown, "written", source)),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(StateError::io(shown, "written", errno)),
    }
}

/// The runs of one tree.
#[derive(Debug)]
pub(super) struct TreeState {
    fd: OwnedFd,
    path: PathBuf,
}

impl TreeState {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file whose lock is the right to write.
    pub(super) fn lock_file(&self) -> Result<OwnedFd, StateError> {
        let path = self.path.join("lock");
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, "lock", flags, FILE_MODE)
            .map_err(|errno| StateError::io(&path, "opened", errno))?;
        // A umask can have taken even our own bits away, and the next run could not open it.
        let mode = rustix::fs::fstat(&fd).map(|stat| Mode::from_raw_mode(stat.st_mode));
        if mode != Ok(FILE_MODE) {
            rustix::fs::fchmod(&fd, FILE_MODE).map_err(|errno| StateError::io(&path, "made private", errno))?;
        }
        Ok(fd)
    }

    /// A file of the tree's own, beside its runs; `None` where there is none.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        read_file(self.fd.as_fd(), &self.path, name)
    }

    /// Replaces a file beside the runs; readers see the old or the new bytes.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        replace_file(self.fd.as_fd(), &self.path, name, bytes)
    }

    /// Ids of all runs, sorted by name.
    pub(super) fn runs(&self) -> Result<Vec<RunId>, StateError> {
        let failed = |errno| StateError::io(&self.path, "listed", errno);
        let mut ids = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd).map_err(failed)? {
            ids.extend(entry.map_err(failed)?.file_name().to_str().ok().and_then(RunId::parse));
        }
        ids.sort();
        Ok(ids)
    }

    /// A new, empty run directory under an id that is not taken.
    pub(super) fn new_run(&self) -> Result<RunDir, StateError> {
        let failed = |errno| StateError::io(&self.path, "written", errno);
        for attempt in 0..64 {
            // Four digits as long as they suffice, more where the first tries are taken.
            let id = random_id(if attempt < 8 { 2 } else { 4 })?;
            match rustix::fs::mkdirat(&self.fd, id.as_str(), DIR_MODE) {
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed(errno)),
                Ok(()) => {
                    rustix::fs::chmodat(&self.fd, id.as_str(), DIR_MODE, AtFlags::empty()).map_err(failed)?;
                    rustix::fs::fsync(&self.fd).map_err(failed)?;
                    return self.run(&id);
                }
            }
        }
        Err(failed(Errno::EXIST))
    }

    pub(super) fn run(&self, id: &RunId) -> Result<RunDir, StateError> {
        let path = self.path.join(id.as_str());
        let fd = rustix::fs::openat(&self.fd, id.as_str(), DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
            .map_err(|errno| StateError::io(&path, "opened", errno))?;
        Ok(RunDir::new(id.clone(), fd, path))
    }

    /// Removes a run in which nothing happened. Whatever hinders that leaves it for later.
    pub(super) fn forget(&self, run: &RunDir) {
        run.clear();
        let _ = rustix::fs::unlinkat(&self.fd, run.id.as_str(), AtFlags::REMOVEDIR);
    }
}

fn random_id(bytes: usize) -> Result<RunId, StateError> {
    let mut buffer = [0_u8; 4];
    let part = &mut buffer[..bytes.min(4)];
    OsRandom.fill(part).map_err(|_| StateError::Io {
        path: PathBuf::from("the random generator"),
        doing: "read",
        source: std::io::ErrorKind::Other.into(),
    })?;
    Ok(RunId(part.iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn directories_and_files_are_private_and_a_widened_one_is_narrowed() {
        let outer = tempfile::tempdir().unwrap();
        let tree = Tree::open(&tempfile::tempdir().unwrap().keep()).unwrap();
        let state = StateDir::at(outer.path().join("a/b/flask-harden"));
        assert!(state.peek(&tree).unwrap().is_none());
        std::fs::create_dir_all(state.path()).unwrap();
        std::fs::set_permissions(state.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let entered = state.enter(&tree).unwrap();
        let run = entered.new_run().unwrap();
        run.store("backup-1", b"x").unwrap();
        run.replace("receipt.json", b"{}").unwrap();
        run.replace("receipt.json", b"[]").unwrap();
        assert_eq!(run.read("receipt.json").unwrap().unwrap().as_slice(), b"[]");
        assert!(run.read("none").unwrap().is_none());
        for dir in [state.path(), &state.path().join("runs"), entered.path(), &run.path_of("")] {
            assert_eq!(mode(dir), 0o700);
        }
        assert_eq!((mode(&run.path_of("backup-1")), mode(&run.path_of("receipt.json"))), (0o600, 0o600));
        assert_eq!(entered.runs().unwrap(), vec![run.id.clone()]);
        assert_eq!(std::fs::read(state.path().join(".gitignore")).unwrap(), b"*\n");
        entered.forget(&run);
        assert!(entered.runs().unwrap().is_empty());
        std::fs::remove_dir_all(tree.root()).unwrap();
    }

    #[test]
    fn a_state_directory_inside_the_tree_is_refused_even_behind_a_link() {
        let tree_dir = tempfile::tempdir().unwrap();
        let outer = tempfile::tempdir().unwrap();
        let tree = Tree::open(tree_dir.path()).unwrap();
        std::os::unix::fs::symlink(tree_dir.path(), outer.path().join("link")).unwrap();
        for base in [tree_dir.path().join("state/flask-harden"), outer.path().join("link/x/flask-harden")] {
            assert!(matches!(StateDir::at(base).enter(&tree), Err(StateError::InsideTree { .. })));
        }
        assert_eq!(std::fs::read_dir(tree_dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn run_ids_are_plain_names() {
        assert!(RunId::parse("7f3a").is_some());
        for bad in ["", "7f3", "../x", "7F3A", "lock", "12345678123456789"] {
            assert!(RunId::parse(bad).is_none(), "{bad}");
        }
    }
}
