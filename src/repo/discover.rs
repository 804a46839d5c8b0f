//! Finding and opening the git repository that holds a tree. Environment variables and
//! `core.worktree` have no say in where files are: the work tree is the directory in which the
//! `.git` entry stands. Ownership protection stays on.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Repository, RepositoryOpenFlags};

use crate::text::escape::one_line;

/// The outcome of looking for a repository.
pub(super) enum Found {
    Nothing,
    /// Why git's data is not used, in words.
    Refused(String),
    /// Opened; the directory of the work tree, `None` for a bare repository.
    Repository(Box<Repository>, Option<PathBuf>),
}

/// Files that git reads as a whole: a pipe in their place would hold the run up.
const READ_WHOLE: &[&str] = &["HEAD", "config", "index", "packed-refs", "shallow", "commondir", "info/exclude"];

/// Looks in `start` (canonical) and upward, as git does, not past the file system it lies on.
pub(super) fn find(start: &Path) -> Found {
    let device = std::fs::metadata(start).map(|meta| meta.dev()).ok();
    let mut damaged = None;
    for dir in start.ancestors() {
        if std::fs::metadata(dir).map(|meta| meta.dev()).ok() != device {
            break;
        }
        let entry = dir.join(".git");
        let Ok(meta) = std::fs::metadata(&entry) else {
            // A link that leads nowhere is no repository; nor is it for git.
            continue;
        };
        if meta.is_dir()
            && let Some(name) = irregular(&entry)
        {
            return Found::Refused(format!(".git/{name} is not a regular file"));
        }
        match open(dir) {
            Ok(repo) => return Found::Repository(Box::new(repo), Some(dir.to_owned())),
            // Git passes over a `.git` directory that is no repository and looks further up.
            Err(error) if meta.is_dir() && error.code() == ErrorCode::NotFound => {
                damaged.get_or_insert_with(|| format!("{} is damaged or incomplete", shown(&entry)));
            }
            Err(error) => return Found::Refused(reason(&error, dir)),
        }
    }
    if is_bare_shaped(start) {
        return match irregular(start) {
            Some(name) => Found::Refused(format!("{name} is not a regular file")),
            None => match Repository::open_bare(start) {
                Ok(repo) => Found::Repository(Box::new(repo), None),
                Err(error) => Found::Refused(reason(&error, start)),
            },
        };
    }
    damaged.map_or(Found::Nothing, Found::Refused)
}

fn open(dir: &Path) -> Result<Repository, git2::Error> {
    Repository::open_ext(dir, RepositoryOpenFlags::NO_SEARCH, &[] as &[&OsStr])
}

/// Opens the same repository once more, for a worker that wants a handle of its own.
pub(super) fn reopen(git_dir: &Path) -> Result<Repository, git2::Error> {
    let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::NO_DOTGIT;
    Repository::open_ext(git_dir, flags, &[] as &[&OsStr])
}

fn irregular(git_dir: &Path) -> Option<&'static str> {
    READ_WHOLE.iter().copied().find(|name| std::fs::metadata(git_dir.join(name)).is_ok_and(|meta| !meta.is_file()))
}

fn is_bare_shaped(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir()
}

fn shown(path: &Path) -> String {
    one_line(&path.to_string_lossy())
}

/// libgit2's error in words a user can act on.
fn reason(error: &git2::Error, dir: &Path) -> String {
    let message = one_line(error.message());
    if error.code() == ErrorCode::Owner {
        return format!(
            "{} belongs to another user; if you trust it: git config --global --add safe.directory {}",
            shown(dir),
            shown(dir)
        );
    }
    if message.contains("unsupported extension name") {
        let name = message.rsplit('.').next().unwrap_or("");
        return format!("the repository uses the git extension '{name}', which is not supported");
    }
    format!("the repository could not be opened: {message}")
}
