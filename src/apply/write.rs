//! One file of the tree: looked at, staged beside itself, renamed into place, removed. Everything
//! happens below a held directory descriptor; nothing is made writable or moved out of the way to
//! make a write succeed. Knows nothing of runs and journals.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{Access, AtFlags, Gid, Mode, OFlags, RenameFlags, Uid, XattrFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::repo::{Tree, TreeError};
use crate::text::{ContentHash, RepoPath};

use super::journal::FileMark;

/// No file that is written has more bytes; a larger one cannot be the one that was shown.
const LIMIT: u64 = 64 << 20;
/// The kernel's bounds for a list of attribute names and for one value.
const XATTR_MAX: usize = 64 << 10;
/// Access control list as an attribute; a directory hands its default one to new files.
const ACL: &std::ffi::CStr = c"system.posix_acl_access";

/// Why one file cannot be written or given back.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FileError {
    pub path: RepoPath,
    pub why: Refusal,
}

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("has changed since the diff was made")]
    Changed,
    #[error("exists already; the diff was made for a new file")]
    Exists,
    #[error("does not exist any more")]
    Missing,
    #[error("its directory does not exist")]
    NoDirectory,
    #[error("is a symbolic link, or lies behind one; links are not written through")]
    Link,
    #[error("is not a regular file")]
    NotRegular,
    #[error("has {links} names (hard links); writing it would take it apart from the others")]
    HardLinks { links: u64 },
    #[error("is read-only")]
    ReadOnly,
    #[error("belongs to another user or group, which the new file could not")]
    Owner,
    #[error("has the extended attribute {name}, which could not be kept")]
    Attribute { name: String },
    #[error("its backup is missing or damaged")]
    Backup,
    #[error("git is at work on it: {lock} is there")]
    Locked { lock: String },
    #[error("cannot be used: {0}")]
    Index(String),
    #[error("its backup cannot be stored: {0}")]
    State(String),
    #[error("cannot be {doing}: {source}")]
    Io { doing: &'static str, source: std::io::Error },
}

/// What a look at the target showed.
pub(super) enum Seen {
    Absent,
    File(Found),
    /// Something that is never written over.
    Foreign(Refusal),
}

impl Seen {
    /// The mark of a file, `None` for anything else.
    pub(super) fn mark(&self) -> Option<&FileMark> {
        match self {
            Seen::File(found) => Some(&found.mark),
            _ => None,
        }
    }
}

/// A regular file with one name. May hold secrets: no `Debug`.
pub(super) struct Found {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) mark: FileMark,
    xattrs: Vec<(CString, Vec<u8>)>,
    id: (u64, u64),
}

/// What a staged file will have besides its bytes.
pub(super) struct Dress<'a> {
    pub(super) mode: u32,
    /// User and group; a new file keeps those it is born with.
    pub(super) owner: Option<(u32, u32)>,
    /// The file whose extended attributes it takes over.
    pub(super) like: Option<&'a Found>,
}

/// A name in a held directory of the tree.
pub(super) struct Slot<'t> {
    tree: &'t Tree,
    pub(super) path: RepoPath,
    dir: OwnedFd,
    dir_id: (u64, u64),
}

impl<'t> Slot<'t> {
    pub(super) fn open(tree: &'t Tree, path: &RepoPath) -> Result<Self, FileError> {
        let refused = |why| FileError { path: path.clone(), why };
        if path.is_root() {
            return Err(refused(Refusal::NotRegular));
        }
        let dir = tree.dir(&path.parent()).map_err(|error| refused(directory_refusal(error)))?;
        let dir_id = identity(dir.as_fd()).map_err(|errno| refused(io("examined", errno)))?;
        Ok(Self { tree, path: path.clone(), dir, dir_id })
    }

    fn fail(&self, why: Refusal) -> FileError {
        FileError { path: self.path.clone(), why }
    }

    fn errno(&self, doing: &'static str, errno: impl Into<std::io::Error>) -> FileError {
        self.fail(io(doing, errno))
    }

    /// What stands there now.
    pub(super) fn look(&self) -> Result<Seen, FileError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&self.dir, self.path.name(), flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(Seen::Absent),
            Err(Errno::LOOP) => return Ok(Seen::Foreign(Refusal::Link)),
            Err(Errno::NXIO | Errno::NODEV) => return Ok(Seen::Foreign(Refusal::NotRegular)),
            Err(errno) => return Err(self.errno("opened", errno)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|errno| self.errno("examined", errno))?;
        if !rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file() {
            return Ok(Seen::Foreign(Refusal::NotRegular));
        }
        // The widths of these fields differ between systems.
        #[allow(clippy::unnecessary_cast)]
        let (links, size) = (stat.st_nlink as u64, stat.st_size as u64);
        if links != 1 {
            return Ok(Seen::Foreign(Refusal::HardLinks { links }));
        }
        if size > LIMIT {
            return Ok(Seen::Foreign(Refusal::Changed));
        }
        let xattrs = read_xattrs(fd.as_fd()).map_err(|errno| self.errno("examined", errno))?;
        let id = identity(fd.as_fd()).map_err(|errno| self.errno("examined", errno))?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
        File::from(fd).take(LIMIT).read_to_end(&mut bytes).map_err(|source| self.errno("read", source))?;
        let mark = FileMark {
            hash: ContentHash::of(&bytes),
            mode: Mode::from_raw_mode(stat.st_mode).as_raw_mode(),
            uid: stat.st_uid,
            gid: stat.st_gid,
        };
        Ok(Seen::File(Found { bytes, mark, xattrs, id }))
    }

    /// A rename would replace a read-only file without a word; its owner meant it to stay.
    pub(super) fn check_writable(&self, mode: u32) -> Result<(), FileError> {
        if mode & 0o222 == 0 {
            return Err(self.fail(Refusal::ReadOnly));
        }
        rustix::fs::accessat(&self.dir, self.path.name(), Access::WRITE_OK, AtFlags::EACCESS).map_err(|errno| {
            match errno {
                Errno::ACCESS | Errno::PERM | Errno::ROFS => self.fail(Refusal::ReadOnly),
                other => self.errno("examined", other),
            }
        })
    }

    /// Writes a temporary file beside the target: complete, dressed and on disk.
    pub(super) fn stage(&self, temp: &str, bytes: &[u8], dress: &Dress<'_>) -> Result<(), FileError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.dir, temp, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|errno| self.errno("written beside itself", errno))?;
        let mut file = File::from(fd);
        file.write_all(bytes).map_err(|source| self.errno("written", source))?;
        if let Some(owner) = dress.owner {
            self.set_owner(&file, owner)?;
        }
        if let Some(like) = dress.like {
            self.set_xattrs(&file, &like.xattrs)?;
        }
        // Last: a change of owner or of the access list changes the permission bits.
        rustix::fs::fchmod(&file, Mode::from_raw_mode(dress.mode))
            .map_err(|errno| self.errno("given its permissions", errno))?;
        file.sync_all().map_err(|source| self.errno("written", source))
    }

    fn set_owner(&self, file: &File, (uid, gid): (u32, u32)) -> Result<(), FileError> {
        let stat = rustix::fs::fstat(file).map_err(|errno| self.errno("examined", errno))?;
        let user = (stat.st_uid != uid).then(|| Uid::from_raw(uid));
        let group = (stat.st_gid != gid).then(|| Gid::from_raw(gid));
        if user.is_none() && group.is_none() {
            return Ok(());
        }
        rustix::fs::fchown(file, user, group).map_err(|errno| match errno {
            Errno::PERM | Errno::INVAL => self.fail(Refusal::Owner),
            other => self.errno("given its owner", other),
        })
    }

    fn set_xattrs(&self, file: &File, wanted: &[(CString, Vec<u8>)]) -> Result<(), FileError> {
        let born = read_xattrs(file.as_fd()).map_err(|errno| self.errno("examined", errno))?;
        if born.iter().any(|(name, _)| name.as_c_str() == ACL) && !wanted.iter().any(|(name, _)| name.as_c_str() == ACL)
        {
            rustix::fs::fremovexattr(file, ACL).map_err(|errno| self.errno("given its attributes", errno))?;
        }
        for attribute in wanted.iter().filter(|attribute| !born.contains(attribute)) {
            let (name, value) = attribute;
            rustix::fs::fsetxattr(file, name.as_c_str(), value, XattrFlags::empty()).map_err(|errno| match errno {
                Errno::PERM | Errno::ACCESS | Errno::OPNOTSUPP => {
                    self.fail(Refusal::Attribute { name: name.to_string_lossy().into_owned() })
                }
                other => self.errno("given its attributes", other),
            })?;
        }
        Ok(())
    }

    /// Renames a staged file over the target, if that still is what was seen; `over: None` is a
    /// target that must not exist. Durable when this returns.
    pub(super) fn install(&self, temp: &str, over: Option<&Found>) -> Result<(), FileError> {
        self.check_unmoved()?;
        match over {
            Some(found) => {
                self.check_same(found)?;
                rustix::fs::renameat(&self.dir, temp, &self.dir, self.path.name())
                    .map_err(|errno| self.errno("replaced", errno))?;
            }
            None => self.rename_new(temp)?,
        }
        self.sync()
    }

    fn rename_new(&self, temp: &str) -> Result<(), FileError> {
        let name = self.path.name();
        let renamed = rustix::fs::renameat_with(&self.dir, temp, &self.dir, name, RenameFlags::NOREPLACE);
        let renamed = match renamed {
            // File systems that cannot rename exclusively can mostly link exclusively.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(&self.dir, temp, &self.dir, name, AtFlags::empty())
                    .and_then(|()| rustix::fs::unlinkat(&self.dir, temp, AtFlags::empty()))
            }
            other => other,
        };
        renamed.map_err(|errno| match errno {
            Errno::EXIST => self.fail(Refusal::Exists),
            other => self.errno("created", other),
        })
    }

    /// Removes the target, if that still is what was seen.
    pub(super) fn remove(&self, found: &Found) -> Result<(), FileError> {
        self.check_unmoved()?;
        self.check_same(found)?;
        rustix::fs::unlinkat(&self.dir, self.path.name(), AtFlags::empty())
            .map_err(|errno| self.errno("removed", errno))?;
        self.sync()
    }

    /// Removes a temporary file of ours, where there is one.
    pub(super) fn discard(&self, temp: &str) -> Result<(), FileError> {
        match rustix::fs::unlinkat(&self.dir, temp, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.errno("tidied up after", errno)),
        }
    }

    /// The lock that git takes before it writes the target.
    pub(super) fn lock_name(&self) -> String {
        format!("{}.lock", self.path.name())
    }

    /// Nobody holds the lock now.
    pub(super) fn check_unlocked(&self, lock: &str) -> Result<(), FileError> {
        match rustix::fs::statat(&self.dir, lock, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(()),
            Ok(_) => Err(self.locked(lock)),
            Err(errno) => Err(self.errno("examined", errno)),
        }
    }

    fn locked(&self, lock: &str) -> FileError {
        let parent = self.path.parent();
        self.fail(Refusal::Locked { lock: parent.join(lock).map_or_else(|| lock.to_owned(), |path| path.to_string()) })
    }

    /// Gives a staged file the time of the target.
    pub(super) fn same_time(&self, temp: &str) -> Result<(), FileError> {
        let stat = rustix::fs::statat(&self.dir, self.path.name(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| self.errno("examined", errno))?;
        let time = |seconds, nanoseconds| rustix::fs::Timespec { tv_sec: seconds, tv_nsec: nanoseconds };
        // The widths of these fields differ between systems.
        #[allow(clippy::unnecessary_cast)]
        let times = rustix::fs::Timestamps {
            last_access: time(stat.st_atime as _, stat.st_atime_nsec as _),
            last_modification: time(stat.st_mtime as _, stat.st_mtime_nsec as _),
        };
        rustix::fs::utimensat(&self.dir, temp, &times, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| self.errno("given its time", errno))
    }

    /// Renames a staged file over the target while the lock is held. The lock is another name of
    /// the staged file: it is whole from the beginning, and known as ours after a crash.
    pub(super) fn install_locked(&self, temp: &str, lock: &str, over: &Found) -> Result<(), FileError> {
        rustix::fs::linkat(&self.dir, temp, &self.dir, lock, AtFlags::empty()).map_err(|errno| match errno {
            Errno::EXIST => self.locked(lock),
            other => self.errno("locked", other),
        })?;
        self.check_unmoved()?;
        self.check_same(over)?;
        rustix::fs::renameat(&self.dir, lock, &self.dir, self.path.name())
            .map_err(|errno| self.errno("replaced", errno))?;
        rustix::fs::unlinkat(&self.dir, temp, AtFlags::empty())
            .map_err(|errno| self.errno("tidied up after", errno))?;
        self.sync()
    }

    /// Removes a temporary file of ours, and the lock where that is the same file.
    pub(super) fn discard_locked(&self, temp: &str, lock: &str) -> Result<(), FileError> {
        let id = |name: &str| match rustix::fs::statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            // The widths of these fields differ between systems.
            #[allow(clippy::unnecessary_cast)]
            Ok(stat) => Ok(Some((stat.st_dev as u64, stat.st_ino as u64))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.errno("tidied up after", errno)),
        };
        let ours = id(temp)?;
        if ours.is_some() && id(lock)? == ours {
            self.discard(lock)?;
        }
        self.discard(temp)
    }

    fn sync(&self) -> Result<(), FileError> {
        rustix::fs::fsync(&self.dir).map_err(|errno| self.errno("made durable", errno))
    }

    /// The path still leads to the directory held, which may have been moved out of the tree.
    fn check_unmoved(&self) -> Result<(), FileError> {
        let now = self.tree.dir(&self.path.parent()).map_err(|error| self.fail(directory_refusal(error)))?;
        let id = identity(now.as_fd()).map_err(|errno| self.errno("examined", errno))?;
        if id == self.dir_id { Ok(()) } else { Err(self.fail(Refusal::Changed)) }
    }

    fn check_same(&self, found: &Found) -> Result<(), FileError> {
        match self.look()? {
            Seen::File(now) if now.id == found.id && now.mark == found.mark => Ok(()),
            Seen::File(_) => Err(self.fail(Refusal::Changed)),
            Seen::Absent => Err(self.fail(Refusal::Missing)),
            Seen::Foreign(why) => Err(self.fail(why)),
        }
    }
}

fn io(doing: &'static str, source: impl Into<std::io::Error>) -> Refusal {
    Refusal::Io { doing, source: source.into() }
}

fn directory_refusal(error: TreeError) -> Refusal {
    match error {
        TreeError::NotFound { .. } | TreeError::NotADirectory { .. } => Refusal::NoDirectory,
        TreeError::Symlink { .. } => Refusal::Link,
        TreeError::Denied { .. } => io("reached", std::io::ErrorKind::PermissionDenied),
        TreeError::Io { source, .. } => Refusal::Io { doing: "reached", source },
        TreeError::NotRegular { .. } | TreeError::TooLarge { .. } => Refusal::NotRegular,
    }
}

// The widths of these fields differ between systems.
#[allow(clippy::unnecessary_cast)]
fn identity(fd: BorrowedFd<'_>) -> Result<(u64, u64), Errno> {
    rustix::fs::fstat(fd).map(|stat| (stat.st_dev as u64, stat.st_ino as u64))
}

/// All extended attributes of a file; none where the file system knows none.
fn read_xattrs(fd: BorrowedFd<'_>) -> Result<Vec<(CString, Vec<u8>)>, Errno> {
    let mut names = vec![0_u8; XATTR_MAX];
    let length = match rustix::fs::flistxattr(fd, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(errno) => return Err(errno),
    };
    let mut attributes = Vec::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        let mut value = vec![0_u8; XATTR_MAX];
        let length = rustix::fs::fgetxattr(fd, name.as_c_str(), &mut value[..])?;
        value.truncate(length);
        attributes.push((name, value));
    }
    attributes.sort();
    Ok(attributes)
}
