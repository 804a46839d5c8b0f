//! A small tree, a state directory beside it and drafts for the tests of this module.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::error::ApplyError;
use super::receipt::Receipt;
use super::run::Session;
use super::state_dir::StateDir;
use super::undo::{UndoOptions, UndoReport};
use crate::plan::draft::Before;
use crate::plan::{Draft, FileChange, Held, Phase, SecretChange};
use crate::repo::Tree;
use crate::text::{ContentHash, RepoPath};

pub(super) const IGNORE: &str = "*.pyc\n";
pub(super) const CONFIG: &str = "KEY = 'old'\n";

pub(super) struct Bed {
    pub(super) dir: TempDir,
    pub(super) outer: TempDir,
    pub(super) tree: Tree,
    pub(super) state: StateDir,
}

impl Bed {
    /// `.gitignore` and `app/config.py` (mode 0640).
    pub(super) fn new() -> Self {
        let (dir, outer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir(dir.path().join("app")).unwrap();
        let tree = Tree::open(dir.path()).unwrap();
        let state = StateDir::at(outer.path().join("flask-harden"));
        let bed = Self { dir, outer, tree, state };
        bed.put(".gitignore", IGNORE, 0o644);
        bed.put("app/config.py", CONFIG, 0o640);
        bed
    }

    pub(super) fn put(&self, path: &str, text: &str, mode: u32) {
        let path = self.dir.path().join(path);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Content and mode; `None` where nothing stands there.
    pub(super) fn get(&self, path: &str) -> Option<(String, u32)> {
        let path = self.dir.path().join(path);
        let mode = std::fs::symlink_metadata(&path).ok()?.permissions().mode() & 0o7777;
        Some((std::fs::read_to_string(path).unwrap(), mode))
    }

    /// Every file of the tree with content and mode.
    pub(super) fn all(&self) -> Vec<(String, String, u32)> {
        let mut files = Vec::new();
        for dir in [self.dir.path().to_owned(), self.dir.path().join("app")] {
            for entry in std::fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path()) {
                if entry.is_file() {
                    let name = entry.strip_prefix(self.dir.path()).unwrap().to_str().unwrap().to_owned();
                    let (text, mode) = self.get(&name).unwrap();
                    files.push((name, text, mode));
                }
            }
        }
        files.sort();
        files
    }

    pub(super) fn change(&self, path: &str, after: &str, mode: u32, phase: Phase) -> FileChange {
        let before = self.get(path).map(|(text, mode)| Before { hash: ContentHash::of(text.as_bytes()), mode });
        FileChange {
            path: RepoPath::new(path).unwrap(),
            before,
            after: Zeroizing::new(after.to_owned()),
            mode,
            phase,
            diff: format!("--- {path}\n"),
            revealed: None,
            remedies: Vec::new(),
        }
    }

    /// An ignore line, a new env file, a changed config, a new server file.
    pub(super) fn draft(&self) -> Draft {
        let files = vec![
            self.change("app/config.py", "KEY = env\n", 0o640, Phase::Code),
            self.change("gunicorn.conf.py", "timeout = 30\n", 0o644, Phase::Code),
            self.change(".env", "KEY=fresh\n", 0o600, Phase::Secret),
            self.change(".gitignore", "*.pyc\n.env\n", 0o644, Phase::Ignore),
        ];
        let secrets = vec![SecretChange {
            name: "KEY".to_owned(),
            place: ".env".to_owned(),
            held: Held::File(RepoPath::new(".env").unwrap()),
        }];
        Draft { files, secrets, ..Draft::default() }
    }

    pub(super) fn session(&self) -> Session<'_> {
        Session::begin(&self.tree, &self.state).unwrap()
    }

    pub(super) fn apply(&self, draft: &Draft) -> Result<Receipt, ApplyError> {
        self.session().apply(draft, &mut || Ok(()))
    }

    pub(super) fn undo(&self, options: UndoOptions) -> UndoReport {
        self.session().undo(None, options).unwrap()
    }

    /// Every file of the state directory, as text.
    pub(super) fn state_files(&self) -> Vec<(String, String)> {
        let mut files = Vec::new();
        collect(self.outer.path(), &mut files);
        files.sort();
        files
    }
}

fn collect(dir: &Path, into: &mut Vec<(String, String)>) {
    for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, into);
        } else {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            into.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
