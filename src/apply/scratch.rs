//! A private file for the person's editor: 0600 in the tool's own state directory, removed when it
//! is dropped. May hold secrets of the file it stands for.

use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::ApplyError;
use super::run_dir::create_file;
use super::state_dir::{StateDir, StateError};
use crate::repo::Tree;
use crate::secret::generate::{KeySource as _, OsRandom};

/// Longest text that is read back.
const LIMIT: u64 = 16 << 20;

/// The file, as long as this lives.
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// A new file for a text of the tree at `root`; its name ends in `name`, so that editors know
    /// what it is.
    ///
    /// # Errors
    /// Where the state directory cannot be used.
    pub fn new(root: &Path, name: &str, text: &str) -> Result<Self, ApplyError> {
        let damaged = |reason: String| StateError::Damaged { path: root.to_owned(), reason };
        let tree = Tree::open(root).map_err(|error| damaged(error.to_string()))?;
        let (dir, path) = StateDir::from_env()?.editing(&tree)?;
        let mut bytes = [0_u8; 4];
        OsRandom.fill(&mut bytes).map_err(|error| damaged(error.to_string()))?;
        let name = format!("{:08x}-{name}", u32::from_be_bytes(bytes));
        let mut file =
            create_file(dir.as_fd(), &name).map_err(|errno| StateError::io(&path.join(&name), "created", errno))?;
        let scratch = Self { path: path.join(&name) };
        file.write_all(text.as_bytes()).map_err(|error| StateError::io(&scratch.path, "written", error))?;
        Ok(scratch)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the person made of it.
    ///
    /// # Errors
    /// Where it cannot be read, is too long or is not UTF-8.
    pub fn read(&self) -> Result<String, StateError> {
        let failed = |error| StateError::io(&self.path, "read", error);
        let length = std::fs::metadata(&self.path).map_err(failed)?.len();
        if length > LIMIT {
            return Err(StateError::Damaged { path: self.path.clone(), reason: "it is too long".to_owned() });
        }
        std::fs::read_to_string(&self.path).map_err(failed)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Overwritten first, where the editor left the same file: best effort.
        if let Ok(length) = std::fs::metadata(&self.path).map(|file| file.len().min(LIMIT)) {
            let blank = Zeroizing::new(vec![b' '; usize::try_from(length).unwrap_or(0)]);
            let _ = std::fs::write(&self.path, &*blank);
        }
        let _ = std::fs::remove_file(&self.path);
    }
}
