//! The directory the user named, held open. Every path below it is opened one component at a
//! time (`openat`, `O_NOFOLLOW`), so that no link and no rename in between leads out of the tree.
//! Reads only; knows nothing of what the files mean.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RawMode, Stat};
use rustix::io::Errno;

use crate::text::RepoPath;

/// How directories are opened on the way down.
const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
/// How files are opened: `NONBLOCK` keeps a pipe without a writer from holding the run up.
const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
/// Permission bits of a mode, set-id and sticky bits included.
const PERMISSIONS: RawMode = 0o7777;

/// The directory the user named, held open for the whole run.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    fd: OwnedFd,
}

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Regular,
    Directory,
    Symlink,
    /// A pipe, a socket, a device.
    Other,
}

/// What is known of an entry without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    pub kind: FileKind,
    /// Permission bits (`0o644`), without the bits of the file kind.
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// Number of names the file has.
    pub links: u64,
    pub uid: u32,
    pub gid: u32,
    pub dev: u64,
    pub ino: u64,
}

/// The bytes of a regular file and what it was when they were read. May hold secrets: no `Debug`.
pub struct ReadFile {
    pub bytes: Vec<u8>,
    pub stat: FileStat,
}

/// Why a path of the tree could not be opened or read. Paths are not escaped here; whoever shows
/// the error does that.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("{path}: does not exist")]
    NotFound { path: String },
    #[error("{path}: is not a regular file")]
    NotRegular { path: String },
    #[error("{path}: is a symbolic link, or lies behind one; links are not followed")]
    Symlink { path: String },
    #[error("{path}: has {size} bytes; files above {limit} bytes are not read")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("{path}: is not a directory")]
    NotADirectory { path: String },
    #[error("{path}: permission denied")]
    Denied { path: String },
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
}

impl TreeError {
    fn from_errno(path: &str, errno: Errno) -> Self {
        let path = path.to_owned();
        match errno {
            Errno::NOENT => Self::NotFound { path },
            Errno::NOTDIR => Self::NotADirectory { path },
            Errno::LOOP => Self::Symlink { path },
            Errno::ACCESS | Errno::PERM => Self::Denied { path },
            // What `open` answers for sockets and for devices without a driver.
            Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => Self::NotRegular { path },
            other => Self::Io { path, source: other.into() },
        }
    }
}

impl Tree {
    /// Opens the directory the user named. Links on the way to it are the user's own and are
    /// followed, once; below it none is.
    ///
    /// # Errors
    /// Where `path` does not exist, is no directory or may not be read.
    pub fn open(path: &Path) -> Result<Tree, TreeError> {
        let shown = path.to_string_lossy();
        let root = std::fs::canonicalize(path).map_err(|source| match source.raw_os_error() {
            Some(code) => TreeError::from_errno(&shown, Errno::from_raw_os_error(code)),
            None => TreeError::Io { path: shown.to_string(), source },
        })?;
        let fd =
            rustix::fs::open(&root, DIRECTORY, Mode::empty()).map_err(|errno| TreeError::from_errno(&shown, errno))?;
        Ok(Tree { root, fd })
    }

    /// The canonical path: for display and for git's discovery, never to open files of the tree by.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn root_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Opens a directory of the tree (the root itself for the root path).
    ///
    /// # Errors
    /// Where a component is missing, is a link, is no directory or may not be read.
    pub fn dir(&self, path: &RepoPath) -> Result<OwnedFd, TreeError> {
        let mut held = rustix::fs::openat(&self.fd, c".", DIRECTORY, Mode::empty())
            .map_err(|errno| TreeError::from_errno(path.as_str(), errno))?;
        for name in path.components() {
            held = match rustix::fs::openat(&held, name, DIRECTORY, Mode::empty()) {
                Ok(next) => next,
                Err(errno) => return Err(directory_error(&held, name, path, errno)),
            };
        }
        Ok(held)
    }

    /// What stands at `path`, a link itself where it is one; `None` where nothing does.
    ///
    /// # Errors
    /// Where the directory it lies in cannot be opened for another reason than being absent.
    pub fn stat(&self, path: &RepoPath) -> Result<Option<FileStat>, TreeError> {
        if path.is_root() {
            return stat_fd(self.fd.as_fd(), path).map(Some);
        }
        let dir = match self.dir(&path.parent()) {
            Ok(dir) => dir,
            Err(TreeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(named(error, path)),
        };
        match rustix::fs::statat(&dir, path.name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileStat::from_raw(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(TreeError::from_errno(path.as_str(), errno)),
        }
    }

    /// The regular file of this tree that a link leads to in one step; `None` where it leads
    /// elsewhere. Says where a name of Python stands; nothing is opened by way of a link.
    pub fn link_target(&self, path: &RepoPath) -> Option<RepoPath> {
        let dir = self.dir(&path.parent()).ok()?;
        let target = rustix::fs::readlinkat(&dir, path.name(), Vec::new()).ok()?;
        let target = target.to_str().ok().filter(|target| !target.starts_with('/'))?;
        let mut at = path.parent();
        for part in target.split('/') {
            match part {
                "" | "." => {}
                ".." if at.is_root() => return None,
                ".." => at = at.parent(),
                name => at = at.join(name)?,
            }
        }
        let stat = self.stat(&at).ok()??;
        (stat.kind == FileKind::Regular).then_some(at)
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// Where it is absent, a link or behind one, not a regular file, larger than `limit`, or
    /// cannot be read.
    pub fn read(&self, path: &RepoPath, limit: u64) -> Result<ReadFile, TreeError> {
        if path.is_root() {
            return Err(TreeError::NotRegular { path: path.to_string() });
        }
        let dir = self.dir(&path.parent()).map_err(|error| named(error, path))?;
        let fd = rustix::fs::openat(&dir, path.name(), FILE, Mode::empty())
            .map_err(|errno| TreeError::from_errno(path.as_str(), errno))?;
        let stat = stat_fd(fd.as_fd(), path)?;
        if stat.kind != FileKind::Regular {
            return Err(TreeError::NotRegular { path: path.to_string() });
        }
        let too_large = |size| TreeError::TooLarge { path: path.to_string(), size, limit };
        if stat.size > limit {
            return Err(too_large(stat.size));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(stat.size).unwrap_or(0).saturating_add(1));
        // One byte more than allowed tells a file that grew since `fstat`.
        File::from(fd)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| TreeError::Io { path: path.to_string(), source })?;
        match bytes.len() as u64 {
            size if size > limit => Err(too_large(size)),
            _ => Ok(ReadFile { bytes, stat }),
        }
    }
}

impl FileStat {
    // The widths of these fields differ between systems.
    #[allow(clippy::unnecessary_cast)]
    fn from_raw(stat: &Stat) -> Self {
        let kind = match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
            rustix::fs::FileType::RegularFile => FileKind::Regular,
            rustix::fs::FileType::Directory => FileKind::Directory,
            rustix::fs::FileType::Symlink => FileKind::Symlink,
            _ => FileKind::Other,
        };
        Self {
            kind,
            mode: (stat.st_mode & PERMISSIONS) as u32,
            size: stat.st_size as u64,
            links: stat.st_nlink as u64,
            uid: stat.st_uid,
            gid: stat.st_gid,
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
        }
    }
}

/// What an open descriptor refers to.
fn stat_fd(fd: BorrowedFd<'_>, path: &RepoPath) -> Result<FileStat, TreeError> {
    rustix::fs::fstat(fd)
        .map(|stat| FileStat::from_raw(&stat))
        .map_err(|errno| TreeError::from_errno(path.as_str(), errno))
}

/// With `O_DIRECTORY` a link answers "not a directory": looked at again, only for the message.
fn directory_error(held: &OwnedFd, name: &str, path: &RepoPath, errno: Errno) -> TreeError {
    if errno == Errno::NOTDIR
        && let Ok(stat) = rustix::fs::statat(held, name, AtFlags::SYMLINK_NOFOLLOW)
        && FileStat::from_raw(&stat).kind == FileKind::Symlink
    {
        return TreeError::Symlink { path: path.to_string() };
    }
    TreeError::from_errno(path.as_str(), errno)
}

/// The same error, about the file that was asked for instead of the directory on the way.
fn named(error: TreeError, file: &RepoPath) -> TreeError {
    let path = file.to_string();
    match error {
        TreeError::NotFound { .. } => TreeError::NotFound { path },
        TreeError::Symlink { .. } => TreeError::Symlink { path },
        TreeError::NotADirectory { .. } => TreeError::NotADirectory { path },
        TreeError::Denied { .. } => TreeError::Denied { path },
        TreeError::Io { source, .. } => TreeError::Io { path, source },
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out their own temporary trees")]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn tree() -> (tempfile::TempDir, Tree) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("app/sub")).unwrap();
        std::fs::write(dir.path().join("app/sub/config.py"), "A = 1\n").unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        (dir, tree)
    }

    #[test]
    fn reads_regular_files_within_the_limit() {
        let (_dir, tree) = tree();
        let file = tree.read(&path("app/sub/config.py"), 6).unwrap();
        assert_eq!(file.bytes, b"A = 1\n");
        assert_eq!((file.stat.kind, file.stat.size, file.stat.links), (FileKind::Regular, 6, 1));
        assert!(matches!(tree.read(&path("app/sub/config.py"), 5), Err(TreeError::TooLarge { size: 6, limit: 5, .. })));
        assert!(matches!(tree.read(&path("app/none.py"), 9), Err(TreeError::NotFound { .. })));
        assert!(matches!(tree.read(&path("app/sub"), 9), Err(TreeError::NotRegular { .. })));
        assert!(matches!(tree.read(&RepoPath::root(), 9), Err(TreeError::NotRegular { .. })));
        assert!(matches!(tree.read(&path("app/sub/config.py/x"), 9), Err(TreeError::NotADirectory { .. })));
    }

    #[test]
    fn links_are_not_followed_at_any_place() {
        let (dir, tree) = tree();
        symlink("sub/config.py", dir.path().join("app/link.py")).unwrap();
        symlink("app", dir.path().join("alias")).unwrap();
        symlink("/etc", dir.path().join("out")).unwrap();
        for name in ["app/link.py", "alias/sub/config.py", "out/passwd"] {
            let error = tree.read(&path(name), 999).err().unwrap();
            assert!(matches!(&error, TreeError::Symlink { path } if path == name), "{error}");
        }
        assert!(matches!(tree.dir(&path("alias")), Err(TreeError::Symlink { .. })));
        assert_eq!(tree.stat(&path("alias")).unwrap().unwrap().kind, FileKind::Symlink);
        for name in ["alias", "out", "app/sub/config.py"] {
            assert_eq!(tree.link_target(&path(name)), None, "{name}");
        }
        symlink("./sub/../sub/config.py", dir.path().join("app/inside.py")).unwrap();
        symlink("../../x.py", dir.path().join("app/above.py")).unwrap();
        assert_eq!(tree.link_target(&path("app/inside.py")), Some(path("app/sub/config.py")));
        assert_eq!(tree.link_target(&path("app/above.py")), None);
        assert!(matches!(tree.stat(&path("alias/sub")), Err(TreeError::Symlink { .. })));
    }

    #[test]
    fn pipes_and_sockets_are_named_and_do_not_block() {
        let (dir, tree) = tree();
        let fifo = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("sock")).unwrap();
        for name in ["pipe", "sock"] {
            assert!(matches!(tree.read(&path(name), 9), Err(TreeError::NotRegular { .. })));
            assert_eq!(tree.stat(&path(name)).unwrap().unwrap().kind, FileKind::Other);
        }
    }

    #[test]
    fn what_is_absent_is_none_and_the_root_is_a_directory() {
        let (dir, tree) = tree();
        assert_eq!(tree.stat(&path("app/none")).unwrap(), None);
        assert_eq!(tree.stat(&path("none/none")).unwrap(), None);
        assert_eq!(tree.stat(&RepoPath::root()).unwrap().unwrap().kind, FileKind::Directory);
        assert!(matches!(Tree::open(&dir.path().join("none")), Err(TreeError::NotFound { .. })));
        assert!(matches!(Tree::open(&dir.path().join("app/sub/config.py")), Err(TreeError::NotADirectory { .. })));
    }

    #[test]
    fn the_held_directory_stays_the_tree_when_its_name_moves() {
        let outer = tempfile::tempdir().unwrap();
        std::fs::create_dir(outer.path().join("one")).unwrap();
        std::fs::write(outer.path().join("one/f"), "inside").unwrap();
        let tree = Tree::open(&outer.path().join("one")).unwrap();
        std::fs::rename(outer.path().join("one"), outer.path().join("two")).unwrap();
        assert_eq!(tree.read(&path("f"), 99).unwrap().bytes, b"inside");
    }
}
