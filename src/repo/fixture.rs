//! Repositories built on the fly for this floor's tests.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, Oid, Repository, Signature, Time};

use super::tree::Tree;

/// A repository in a temporary directory.
pub(super) struct Fixture {
    pub(super) dir: tempfile::TempDir,
    pub(super) repo: Repository,
}

/// A moment: seconds since 1970 of a day in April 2025, `days` later.
pub(super) fn day(days: i64) -> i64 {
    1_745_625_600 + days * 86_400
}

impl Fixture {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        let repo = Repository::init_opts(dir.path(), &options).unwrap();
        Self { dir, repo }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn tree(&self) -> Tree {
        Tree::open(self.path()).unwrap()
    }

    pub(super) fn signature(days: i64) -> Signature<'static> {
        Signature::new("Ada", "ada@example.org", &Time::new(day(days), 120)).unwrap()
    }

    /// A tree object of these files.
    pub(super) fn tree_of(&self, files: &[(&str, &str)]) -> Oid {
        let mut index = Index::new().unwrap();
        for (path, text) in files {
            index.add(&entry(path, self.repo.blob(text.as_bytes()).unwrap())).unwrap();
        }
        index.write_tree_to(&self.repo).unwrap()
    }

    /// A commit whose tree holds exactly `files`, `days` after the start; moves `reference`.
    pub(super) fn commit(&self, reference: &str, parents: &[Oid], files: &[(&str, &str)], days: i64) -> Oid {
        self.commit_tree(reference, parents, self.tree_of(files), &format!("day {days}\n\nbody"), days)
    }

    pub(super) fn commit_tree(&self, reference: &str, parents: &[Oid], tree: Oid, message: &str, days: i64) -> Oid {
        let signature = Self::signature(days);
        let parents: Vec<_> = parents.iter().map(|id| self.repo.find_commit(*id).unwrap()).collect();
        let parents: Vec<_> = parents.iter().collect();
        let tree = self.repo.find_tree(tree).unwrap();
        let id = self.repo.commit(None, &signature, &signature, message, &tree, &parents).unwrap();
        if !reference.is_empty() {
            self.repo.reference(reference, id, true, "fixture").unwrap();
        }
        id
    }

    /// Puts files into the index, and into the work tree.
    pub(super) fn stage(&self, files: &[(&str, &str)]) {
        let mut index = self.repo.index().unwrap();
        for (path, text) in files {
            self.write(path, text);
            index.add(&entry(path, self.repo.blob(text.as_bytes()).unwrap())).unwrap();
        }
        index.write().unwrap();
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Where a loose object lies.
    pub(super) fn object_file(&self, id: Oid) -> std::path::PathBuf {
        let hex = id.to_string();
        self.repo.path().join("objects").join(&hex[..2]).join(&hex[2..])
    }

    /// Replaces a loose object's file, which git writes read-only.
    pub(super) fn damage(&self, id: Oid, bytes: Option<&[u8]>) {
        let file = self.object_file(id);
        std::fs::remove_file(&file).unwrap();
        if let Some(bytes) = bytes {
            std::fs::write(file, bytes).unwrap();
        }
    }
}

/// Every file below a directory with its bytes, to show that nothing was written there.
pub(super) fn snapshot(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut stack = vec![dir.to_owned()];
    while let Some(dir) = stack.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                files.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn entry(path: &str, id: Oid) -> IndexEntry {
    let time = IndexTime::new(0, 0);
    let path = path.as_bytes().to_vec();
    IndexEntry {
        ctime: time,
        mtime: time,
        dev: 0,
        ino: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path,
    }
}
