//! Trees in temporary directories, with git history at fixed dates through the library.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
use tempfile::TempDir;

/// Seconds of the first commit; each further one is a day later.
const FIRST_COMMIT: i64 = 1_700_000_000;
const DAY: i64 = 86_400;

/// A tree of its own directory.
pub(crate) struct Project {
    dir: TempDir,
    repository: Option<Repository>,
    commits: i64,
}

impl Project {
    /// An empty directory without git.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), repository: None, commits: 0 }
    }

    /// An empty directory with an empty git repository on branch `main`.
    pub(crate) fn with_git() -> Self {
        let mut project = Self::new();
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        project.repository = Some(Repository::init_opts(project.dir.path(), &options).unwrap());
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Writes a file with mode 0644, and the directories above it.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let file = self.at(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        self.mode(path, 0o644)
    }

    /// Copies a folder of `tests/fixtures` into the tree.
    pub(crate) fn copy_fixture(&self, folder: &str) -> &Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
        copy_into(&from, self.path());
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).unwrap()
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) -> &Self {
        std::fs::set_permissions(self.at(path), std::fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// Commits everything that is not ignored; gives the commit's id. Same trees, same ids.
    pub(crate) fn commit(&mut self, message: &str) -> String {
        let repository = self.repository.as_ref().expect("a project with git");
        let when = Time::new(FIRST_COMMIT + self.commits * DAY, 0);
        let who = Signature::new("Dev", "dev@example.org", &when).unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let id = repository.commit(Some("HEAD"), &who, &who, message, &tree, &parents).unwrap();
        self.commits += 1;
        id.to_string()
    }

    /// Every file below the tree but `.git`: bytes and permission bits. Two equal pictures mean
    /// that nothing was changed.
    pub(crate) fn picture(&self) -> BTreeMap<String, (u32, Vec<u8>)> {
        let mut picture = BTreeMap::new();
        collect(self.path(), self.path(), &mut picture);
        picture
    }
}

fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_into(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn collect(root: &Path, dir: &Path, picture: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let stat = path.symlink_metadata().unwrap();
        if name == ".git" {
            continue;
        }
        if stat.is_dir() {
            collect(root, &path, picture);
        } else if stat.is_file() {
            picture.insert(name, (stat.mode() & 0o7777, std::fs::read(&path).unwrap()));
        } else {
            let target =
                std::fs::read_link(&path).map_or_else(|_| Vec::new(), |to| to.into_os_string().into_encoded_bytes());
            picture.insert(name, (stat.mode(), target));
        }
    }
}
