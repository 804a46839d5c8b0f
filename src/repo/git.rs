//! What git knows of the tree: tracked and ignored paths, HEAD, where the project comes from.
//! Reads only; never starts a program, never writes below `.git`. A repository that cannot be
//! used is a reason in words, not an end of the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository};

use super::discover::{self, Found};
use super::history::{Git2Reader, files_of_tree};
use super::ignore::{self, Decision, Origin, Rules};
use super::origin::owner_and_name;
use super::tree::Tree;
use crate::text::RepoPath;
use crate::text::escape::one_line;

/// Bytes of an ignore file that are read.
const IGNORE_BYTES: u64 = 1 << 20;

/// The git side of a tree.
pub enum GitState {
    /// The tree lies in no repository.
    None,
    /// There is one, but it cannot be used: the reason in words, safe to show.
    Refused(String),
    Open(Git),
}

/// An ignore file as it would be: its path from the tree, and its text.
pub type Proposed<'a> = (&'a RepoPath, &'a str);

/// An open repository. `Send`, not `Sync`: one worker at a time.
pub struct Git {
    repo: Repository,
    /// The work tree, held open; `None` for a bare repository.
    root: Option<Tree>,
    prefix: RepoPath,
    /// Paths from git's root, with the id of the content, all zero where it is not known.
    tracked: BTreeMap<RepoPath, Oid>,
    index_problem: Option<String>,
    ignore_case: bool,
}

impl GitState {
    /// Finds and opens the repository that holds `tree`; its root may lie above.
    pub fn open(tree: &Tree) -> GitState {
        let (repo, workdir) = match discover::find(tree.root()) {
            Found::Nothing => return GitState::None,
            Found::Refused(reason) => return GitState::Refused(reason),
            Found::Repository(repo, workdir) => (*repo, workdir),
        };
        match Git::new(repo, workdir, tree) {
            Ok(git) => GitState::Open(git),
            Err(reason) => GitState::Refused(reason),
        }
    }

    /// The open repository, where there is one.
    pub fn git(&self) -> Option<&Git> {
        match self {
            GitState::Open(git) => Some(git),
            GitState::None | GitState::Refused(_) => None,
        }
    }

    /// The rule that ignores `path` (from the tree; it need not exist), once the ignore files of
    /// `proposed` have the given texts. A tracked file stays tracked all the same: ask
    /// [`Git::is_tracked`] as well. Without a usable repository the tree's own `.gitignore`
    /// files are judged as if its root were git's.
    pub fn ignored(&self, tree: &Tree, path: &RepoPath, proposed: &[Proposed<'_>]) -> Option<Decision> {
        match self {
            GitState::Open(git) => git.ignored(path, proposed),
            GitState::None | GitState::Refused(_) => {
                let rules = repository_rules(tree, path, |file| text_of(proposed, file));
                ignore::decide(&rules, path, false)
            }
        }
    }
}

impl Git {
    fn new(repo: Repository, workdir: Option<PathBuf>, tree: &Tree) -> Result<Git, String> {
        let (root, prefix) = match workdir {
            None => (None, RepoPath::root()),
            Some(dir) => {
                let below = tree.root().strip_prefix(&dir).unwrap_or(Path::new(""));
                let prefix = below.to_str().and_then(RepoPath::new);
                let prefix = prefix.ok_or_else(|| "the path below git's root is not UTF-8".to_owned())?;
                let root = Tree::open(&dir).map_err(|error| one_line(&error.to_string()))?;
                (Some(root), prefix)
            }
        };
        let (tracked, index_problem) = match tracked_by_index(&repo) {
            Ok(tracked) => (tracked, None),
            Err(error) => {
                let words = format!("git's index could not be read ({}); HEAD was used", one_line(error.message()));
                (tracked_by_head(&repo).unwrap_or_default(), Some(words))
            }
        };
        let ignore_case = repo.config().and_then(|config| config.get_bool("core.ignorecase")).unwrap_or(false);
        Ok(Git { repo, root, prefix, tracked, index_problem, ignore_case })
    }

    /// Where the tree lies in git's work tree; the root path where both are one.
    pub fn prefix(&self) -> &RepoPath {
        &self.prefix
    }

    /// A path of the tree as git names it.
    pub fn in_root(&self, path: &RepoPath) -> RepoPath {
        if path.is_root() {
            self.prefix.clone()
        } else {
            self.prefix.join(path.as_str()).unwrap_or_else(RepoPath::root)
        }
    }

    /// A path as git names it, from the tree; `None` where it lies outside.
    pub fn in_tree(&self, path: &RepoPath) -> Option<RepoPath> {
        if !path.is_below(&self.prefix) {
            return None;
        }
        RepoPath::new(&path.as_str()[self.prefix.as_str().len()..])
    }

    /// Whether the index holds this file of the tree.
    pub fn is_tracked(&self, path: &RepoPath) -> bool {
        self.tracked.contains_key(&self.in_root(path))
    }

    /// The tracked files of the tree, sorted.
    pub fn tracked(&self) -> impl Iterator<Item = RepoPath> + '_ {
        self.tracked.keys().filter_map(|path| self.in_tree(path))
    }

    /// The top of git's work tree, whose `.git/index` may be written for the files of this tree, and
    /// where the tree lies below it.
    ///
    /// # Errors
    /// Why the index is not to be written, in words.
    pub fn own_index(&self) -> Result<(PathBuf, RepoPath), String> {
        let Some(root) = &self.root else { return Err("a bare repository has no index".to_owned()) };
        let entry = root.root().join(".git");
        let plain = std::fs::symlink_metadata(&entry).is_ok_and(|meta| meta.is_dir());
        let same = || Some(self.repo.path().canonicalize().ok()? == entry.canonicalize().ok()?);
        if !plain || self.repo.is_worktree() || same() != Some(true) {
            return Err("its index belongs to a repository elsewhere (a linked work tree or a submodule)".to_owned());
        }
        match &self.index_problem {
            Some(problem) => Err(problem.clone()),
            None => Ok((root.root().to_owned(), self.prefix.clone())),
        }
    }

    /// Why the index could not be read; `is_tracked` then answers by HEAD.
    pub fn index_problem(&self) -> Option<&str> {
        self.index_problem.as_deref()
    }

    /// Whether git's rules ignore this path of the tree. It need not exist. A tracked file stays
    /// tracked all the same.
    pub fn is_ignored(&self, path: &RepoPath) -> bool {
        self.ignored(path, &[]).is_some()
    }

    /// The rule that ignores `path`, once the ignore files of `proposed` have the given texts.
    pub fn ignored(&self, path: &RepoPath, proposed: &[Proposed<'_>]) -> Option<Decision> {
        let root = self.root.as_ref()?;
        let path = self.in_root(path);
        let mut rules = Vec::new();
        if let Some(text) = self.user_excludes().as_deref().and_then(read_outside) {
            rules.push(Rules::parse(Origin::User, RepoPath::root(), &text));
        }
        if let Some(text) = read_outside(&self.repo.commondir().join("info/exclude")) {
            rules.push(Rules::parse(Origin::Clone, RepoPath::root(), &text));
        }
        rules.extend(repository_rules(root, &path, |file| text_of(proposed, &self.in_tree(file)?)));
        ignore::decide(&rules, &path, self.ignore_case)
    }

    /// `owner/name` of the remote `origin`; never credentials.
    pub fn origin(&self) -> Option<String> {
        let config = self.repo.config().ok()?;
        owner_and_name(&config.get_string("remote.origin.url").ok()?)
    }

    /// Full hex id of the commit HEAD stands on; `None` before the first commit.
    pub fn head(&self) -> Option<String> {
        let commit = self.repo.head().ok()?.peel_to_commit().ok()?;
        Some(commit.id().to_string())
    }

    /// Whether `bytes`, the file's present content, differ from what HEAD or the index hold.
    /// Differences in line ends alone (`core.autocrlf`) do not count; an untracked file is dirty.
    pub fn is_dirty(&self, path: &RepoPath, bytes: &[u8]) -> bool {
        let path = self.in_root(path);
        let Some(indexed) = self.tracked.get(&path) else { return true };
        let head = self.repo.head().ok().and_then(|head| head.peel_to_tree().ok());
        let committed = head.and_then(|tree| tree.get_path(Path::new(path.as_str())).ok()).map(|entry| entry.id());
        if committed != Some(*indexed) && !indexed.is_zero() {
            return true;
        }
        let is = |bytes: &[u8]| Oid::hash_object(ObjectType::Blob, bytes).ok() == committed;
        !is(bytes) && !is(&without_carriage_returns(bytes))
    }

    /// Whether history was cut off when this clone was made.
    pub fn is_shallow(&self) -> bool {
        self.repo.is_shallow()
    }

    /// A reader of the history, with a handle of its own: it may go to another thread.
    pub fn history(&self) -> Git2Reader {
        Git2Reader::new(self.repo.path().to_owned())
    }

    /// The file of `core.excludesFile`, or where git looks without that setting.
    fn user_excludes(&self) -> Option<PathBuf> {
        let configured = self.repo.config().ok().and_then(|config| config.get_path("core.excludesfile").ok());
        if let Some(path) = configured {
            return path.is_absolute().then_some(path);
        }
        let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let config = given("XDG_CONFIG_HOME").or_else(|| Some(given("HOME")?.join(".config")))?;
        config.is_absolute().then(|| config.join("git/ignore"))
    }
}

/// The rules of the `.gitignore` files that speak of `path`, from the root down.
fn repository_rules<'a>(root: &Tree, path: &RepoPath, proposed: impl Fn(&RepoPath) -> Option<&'a str>) -> Vec<Rules> {
    let mut dirs = vec![path.parent()];
    while let Some(dir) = dirs.last().filter(|dir| !dir.is_root()) {
        dirs.push(dir.parent());
    }
    let mut rules = Vec::new();
    for dir in dirs.into_iter().rev() {
        let Some(file) = dir.join(".gitignore") else { continue };
        let text = match proposed(&file) {
            Some(text) => Some(text.to_owned()),
            None => root.read(&file, IGNORE_BYTES).ok().map(|read| String::from_utf8_lossy(&read.bytes).into_owned()),
        };
        if let Some(text) = text {
            rules.push(Rules::parse(Origin::Repository(file), dir, &text));
        }
    }
    rules
}

fn text_of<'a>(proposed: &[Proposed<'a>], file: &RepoPath) -> Option<&'a str> {
    proposed.iter().find(|(path, _)| *path == file).map(|(_, text)| *text)
}

/// A small file that lies outside the tree and is the user's own; links to it are followed.
fn read_outside(path: &Path) -> Option<String> {
    let path = std::fs::canonicalize(path).ok()?;
    let name = RepoPath::new(path.file_name()?.to_str()?)?;
    let read = Tree::open(path.parent()?).ok()?.read(&name, IGNORE_BYTES).ok()?;
    Some(String::from_utf8_lossy(&read.bytes).into_owned())
}

fn tracked_by_index(repo: &Repository) -> Result<BTreeMap<RepoPath, Oid>, git2::Error> {
    let index = repo.index()?;
    let paths = index.iter().filter_map(|entry| {
        let path = RepoPath::new(std::str::from_utf8(&entry.path).ok()?)?;
        Some((path, entry.id))
    });
    Ok(paths.collect())
}

/// For an index libgit2 cannot read (split, sparse): the files of HEAD.
fn tracked_by_head(repo: &Repository) -> Result<BTreeMap<RepoPath, Oid>, git2::Error> {
    let commit = repo.head()?.peel_to_commit()?;
    Ok(files_of_tree(repo, commit.tree_id()))
}

fn without_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let keep = |(at, byte): (usize, &u8)| !(*byte == b'\r' && bytes.get(at + 1) == Some(&b'\n'));
    bytes.iter().enumerate().filter(|entry| keep(*entry)).map(|(_, byte)| *byte).collect()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests build and damage their own repositories")]
mod tests;
