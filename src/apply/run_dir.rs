//! The files of one run: written whole and 0600, read within a bound. Knows nothing of what they
//! say.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::state_dir::{RunId, StateError};

pub(super) const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
/// No file of a run is larger: bounds what a damaged state directory can make us read.
const LIMIT: u64 = 256 << 20;

/// A new file, 0600 whatever the umask.
pub(super) fn create_file(dir: BorrowedFd<'_>, name: &str) -> Result<File, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(dir, name, flags, FILE_MODE)?;
    rustix::fs::fchmod(&fd, FILE_MODE)?;
    Ok(File::from(fd))
}

/// A new file with these bytes, on disk when this returns but for its name.
fn store_file(dir: BorrowedFd<'_>, shown: &Path, name: &str, bytes: &[u8]) -> Result<(), StateError> {
    let path = shown.join(name);
    let mut file = create_file(dir, name).map_err(|errno| StateError::io(&path, "created", errno))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|source| StateError::io(&path, "written", source))
}

/// Writes a file whether or not it exists; readers see the old or the new bytes.
pub(super) fn replace_file(dir: BorrowedFd<'_>, shown: &Path, name: &str, bytes: &[u8]) -> Result<(), StateError> {
    let fresh = format!("{name}.new");
    let _ = rustix::fs::unlinkat(dir, fresh.as_str(), AtFlags::empty());
    store_file(dir, shown, &fresh, bytes)?;
    rustix::fs::renameat(dir, fresh.as_str(), dir, name)
        .and_then(|()| rustix::fs::fsync(dir))
        .map_err(|errno| StateError::io(&shown.join(name), "written", errno))
}

/// The bytes of a file, `None` where it does not exist.
pub(super) fn read_file(
    dir: BorrowedFd<'_>,
    shown: &Path,
    name: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
    let failed = |source| StateError::io(&shown.join(name), "read", source);
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(dir, name, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(failed(errno.into())),
    };
    let size = file.metadata().map_err(failed)?.len().min(LIMIT);
    // Allocated once at full size: a growing buffer would leave copies of secrets behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(LIMIT).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(bytes))
}

/// The directory of one run, held open.
#[derive(Debug)]
pub(super) struct RunDir {
    pub(super) id: RunId,
    fd: OwnedFd,
    path: PathBuf,
}

impl RunDir {
    pub(super) fn new(id: RunId, fd: OwnedFd, path: PathBuf) -> Self {
        Self { id, fd, path }
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A new file that is not yet durable; see [`RunDir::sync`].
    pub(super) fn create(&self, name: &str) -> Result<File, StateError> {
        create_file(self.fd.as_fd(), name).map_err(|errno| StateError::io(&self.path_of(name), "created", errno))
    }

    /// A new file with these bytes, on disk when this returns but for its name.
    pub(super) fn store(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        store_file(self.fd.as_fd(), &self.path, name, bytes)
    }

    /// Writes a file whether or not it exists; readers see the old or the new bytes.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), StateError> {
        replace_file(self.fd.as_fd(), &self.path, name, bytes)
    }

    /// Opens a file for writing on.
    pub(super) fn open(&self, name: &str) -> Result<File, StateError> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.fd, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|errno| StateError::io(&self.path_of(name), "opened", errno))
    }

    /// The bytes of a file, `None` where it does not exist.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StateError> {
        read_file(self.fd.as_fd(), &self.path, name)
    }

    /// Removes a file of this run; one that cannot be removed stays in the private directory.
    pub(super) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.fd, name, AtFlags::empty());
    }

    /// Removes every file of this run that can be removed.
    pub(super) fn clear(&self) {
        if let Ok(dir) = rustix::fs::Dir::read_from(&self.fd) {
            for entry in dir.flatten() {
                let _ = rustix::fs::unlinkat(&self.fd, entry.file_name(), AtFlags::empty());
            }
        }
    }

    /// Makes names created in this directory durable.
    pub(super) fn sync(&self) -> Result<(), StateError> {
        rustix::fs::fsync(&self.fd).map_err(|errno| StateError::io(&self.path, "synced", errno))
    }
}
