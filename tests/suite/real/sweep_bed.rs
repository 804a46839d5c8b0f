//! The trees of the kill sweep: what every file is before and after, what must hold at every
//! instant, and the steps that are killed. Knows nothing of system calls.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use flask_harden::apply::{ApplyError, Session, StateDir, UndoOptions};
use flask_harden::plan::draft::Before;
use flask_harden::plan::{Draft, FileChange, Held, Phase, SecretChange};
use flask_harden::repo::Tree;
use flask_harden::text::{ContentHash, RepoPath};

/// Stands for the new key; must be in no file that others can read.
const KEY: &str = "sweep-key-5d2e";
const TEMP_PREFIX: &str = ".flask-harden-";

type State = (String, u32);

struct Planned {
    path: &'static str,
    phase: Phase,
    before: Option<(&'static str, u32)>,
    after: (String, u32),
}

/// Which tree.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scenario {
    /// The env file is new, the ignore file gets a line.
    NewEnvFile,
    /// The env file gets a line and loses bits, the ignore file is new, one file only loses bits.
    GrownEnvFile,
    /// Git tracks the env file that gets a line, and stops to.
    Untracking,
}

impl Scenario {
    pub(crate) const ALL: [Scenario; 3] = [Scenario::NewEnvFile, Scenario::GrownEnvFile, Scenario::Untracking];
}

/// What is run, and killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Apply,
    Undo,
    Purge,
}

impl Step {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Step::Apply => "apply",
            Step::Undo => "undo",
            Step::Purge => "purge",
        }
    }

    pub(crate) fn from_name(name: &str) -> Self {
        [Step::Apply, Step::Undo, Step::Purge].into_iter().find(|step| step.name() == name).unwrap()
    }
}

/// A tree with its state directory beside it.
pub(crate) struct Bed {
    dir: tempfile::TempDir,
    pub(crate) root: PathBuf,
    pub(crate) scenario: Scenario,
}

impl Bed {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let bed = Self { dir, root, scenario };
        std::fs::create_dir_all(bed.tree().join("app")).unwrap();
        for file in planned(scenario) {
            if let Some((text, mode)) = file.before {
                let path = bed.tree().join(file.path);
                std::fs::write(&path, text).unwrap();
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        if matches!(scenario, Scenario::Untracking) {
            track(&bed.tree());
        }
        if rustix::process::geteuid().is_root() {
            // Another owner makes the run restore it, which is one more call to be killed at.
            chown(bed.tree().join("app/config.py"), Some(4321), Some(4321)).unwrap();
        }
        bed
    }

    /// An existing tree, as the killed process sees it.
    pub(crate) fn run_step(tree: &Path, state: &Path, scenario: Scenario, step: Step) -> Result<(), ApplyError> {
        let tree = Tree::open(tree).unwrap();
        let session = Session::begin(&tree, &StateDir::at(state.to_owned()))?;
        if step != Step::Apply {
            let options = UndoOptions { purge: step == Step::Purge, ..UndoOptions::default() };
            return match session.undo(None, options) {
                Ok(_) | Err(ApplyError::NoRun) => Ok(()),
                Err(error) => Err(error),
            };
        }
        let draft = draft(tree.root(), scenario);
        if draft.is_empty() {
            return Ok(());
        }
        let env = tree.root().join(".env");
        let mut read_back = || match std::fs::read_to_string(&env) {
            Ok(text) if text.contains(KEY) => Ok(()),
            _ => Err("the key is not there".to_owned()),
        };
        session.apply(&draft, &mut read_back).map(|_| ())
    }

    pub(crate) fn step(&self, step: Step) -> Result<(), ApplyError> {
        Self::run_step(&self.tree(), &self.state(), self.scenario, step)
    }

    pub(crate) fn tree(&self) -> PathBuf {
        self.root.join("tree")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.join("state/flask-harden")
    }

    /// What holds before and after every single step of the program.
    pub(crate) fn check_instant(&self, when: &str) {
        let now = self.files();
        let planned = planned(self.scenario);
        let is_new = |path: &str| {
            let file = planned.iter().find(|file| file.path == path).unwrap();
            now.get(path) == Some(&file.after)
        };
        for file in &planned {
            let old = file.before.map(|(text, mode)| (text.to_owned(), mode));
            let state = now.get(file.path).cloned();
            assert!(state == old || is_new(file.path), "{when}: {} is neither old nor new: {state:?}", file.path);
        }
        if is_new(".env") {
            assert!(is_new(".gitignore"), "{when}: the key is there and not ignored");
        }
        if is_new("app/config.py") {
            assert!(is_new(".env"), "{when}: the code reads a key that is not there");
        }
        if matches!(self.scenario, Scenario::Untracking) {
            let tracked = self.tracked();
            assert!(tracked == TRACKED || tracked == TRACKED[1..], "{when}: git tracks {tracked:?}");
            let untracked = tracked.len() < TRACKED.len();
            assert!(untracked || !is_new(".env"), "{when}: the key is in a file that git tracks");
            assert!(!untracked || is_new(".gitignore"), "{when}: the file is neither tracked nor ignored");
        }
        for (path, (text, mode)) in &now {
            assert!(!text.contains(KEY) || *mode == 0o600, "{when}: {path} holds the key with mode {mode:o}");
        }
        self.check_state(when);
    }

    /// The state directory is private and holds no new key.
    fn check_state(&self, when: &str) {
        for path in below(&self.state()) {
            // The library makes this one, from git's index, in a directory that others cannot enter.
            if path.file_name().unwrap().to_str().unwrap().starts_with("index-work") {
                continue;
            }
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{when}: {}", path.display());
            if path.is_file() && !path.ends_with("backup-2") {
                let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                assert!(!text.contains(KEY), "{when}: {} holds the key", path.display());
            }
        }
    }

    /// Whether every file is as before the run.
    pub(crate) fn is_old(&self) -> bool {
        self.files() == expected(self.scenario, |file| file.before.map(|(text, mode)| (text.to_owned(), mode)))
            && self.index_is(&TRACKED)
    }

    /// Whether git tracks exactly these, and nothing of ours is left beside its index.
    fn index_is(&self, paths: &[&str]) -> bool {
        let ours = |name: &str| name.starts_with("index.lock") || name.starts_with("flask-harden");
        let left = |path: &Path| ours(path.file_name().unwrap().to_str().unwrap());
        !matches!(self.scenario, Scenario::Untracking)
            || self.tracked() == paths && !below(&self.tree().join(".git")).iter().any(|path| left(path))
    }

    /// What git's index holds.
    fn tracked(&self) -> Vec<String> {
        let index = git2::Index::open(&self.tree().join(".git/index")).unwrap();
        index.iter().map(|entry| String::from_utf8(entry.path).unwrap()).collect()
    }

    pub(crate) fn check_old(&self, when: &str) {
        assert!(self.is_old(), "{when}: {:?}", self.files());
        assert!(self.index_is(&TRACKED), "{when}: git's index is not as it was");
        self.check_owner(when);
    }

    pub(crate) fn check_new(&self, when: &str) {
        assert_eq!(self.files(), expected(self.scenario, |file| Some(file.after.clone())), "{when}");
        assert!(self.index_is(&TRACKED[1..]), "{when}: git's index is not as it should be");
        self.check_owner(when);
    }

    /// After an undo: an env file we created stays, with the lines that ignore it.
    pub(crate) fn check_undone(&self, when: &str) {
        let keeps = matches!(self.scenario, Scenario::NewEnvFile);
        let files = expected(self.scenario, |file| match file.before {
            _ if keeps && file.phase != Phase::Code => Some(file.after.clone()),
            before => before.map(|(text, mode)| (text.to_owned(), mode)),
        });
        assert_eq!(self.files(), files, "{when}");
        assert!(self.index_is(&TRACKED), "{when}: git's index is not as it was");
        self.check_owner(when);
    }

    fn check_owner(&self, when: &str) {
        use std::os::unix::fs::MetadataExt as _;
        if rustix::process::geteuid().is_root() {
            let owner = std::fs::metadata(self.tree().join("app/config.py")).unwrap();
            assert_eq!((owner.uid(), owner.gid()), (4321, 4321), "{when}");
        }
    }

    /// Every file of the tree, temporary ones included.
    fn files(&self) -> BTreeMap<String, State> {
        let mut files = BTreeMap::new();
        let git = self.tree().join(".git");
        for path in below(&self.tree()).into_iter().filter(|path| path.is_file() && !path.starts_with(&git)) {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            let name = path.strip_prefix(self.tree()).unwrap().to_str().unwrap().to_owned();
            files.insert(name, (std::fs::read_to_string(&path).unwrap(), mode));
        }
        files
    }

    /// Whether a temporary file is left in the tree.
    pub(crate) fn has_temp(&self) -> bool {
        self.files().keys().any(|name| name.rsplit('/').next().unwrap().starts_with(TEMP_PREFIX))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("strace.log")
    }
}

/// The index of the tracked env file, sorted.
const TRACKED: [&str; 3] = [".env", ".gitignore", "app/config.py"];

/// A repository whose index holds the files.
fn track(tree: &Path) {
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let repository = git2::Repository::init_opts(tree, &options).unwrap();
    let mut index = repository.index().unwrap();
    for path in TRACKED {
        index.add_path(Path::new(path)).unwrap();
    }
    index.write().unwrap();
}

fn planned(scenario: Scenario) -> Vec<Planned> {
    let file = |path, phase, before, after: String, mode| Planned { path, phase, before, after: (after, mode) };
    match scenario {
        Scenario::NewEnvFile => vec![
            file(".gitignore", Phase::Ignore, Some(("*.pyc\n", 0o644)), "*.pyc\n.env\n".to_owned(), 0o644),
            file(".env", Phase::Secret, None, format!("SECRET_KEY={KEY}\n"), 0o600),
            file("app/config.py", Phase::Code, Some(("K = 'old'\n", 0o640)), "K = env\n".to_owned(), 0o640),
            file("gunicorn.conf.py", Phase::Code, None, "timeout = 30\n".to_owned(), 0o644),
        ],
        Scenario::Untracking => vec![
            file(".gitignore", Phase::Ignore, Some(("*.pyc\n", 0o644)), "*.pyc\n.env\n".to_owned(), 0o644),
            file(".env", Phase::Secret, Some(("A=1\n", 0o644)), format!("A=1\nSECRET_KEY={KEY}\n"), 0o600),
            file("app/config.py", Phase::Code, Some(("K = 'old'\n", 0o640)), "K = env\n".to_owned(), 0o640),
        ],
        Scenario::GrownEnvFile => vec![
            file(".gitignore", Phase::Ignore, None, ".env\n".to_owned(), 0o644),
            file(".env", Phase::Secret, Some(("A=1", 0o644)), format!("A=1\nSECRET_KEY={KEY}\n"), 0o600),
            file("app/config.py", Phase::Code, Some(("K = 'old'\n", 0o755)), "K = env\n".to_owned(), 0o755),
            file("app/local.ini", Phase::Code, Some(("password = x\n", 0o644)), "password = x\n".to_owned(), 0o640),
        ],
    }
}

fn expected(scenario: Scenario, state: impl Fn(&Planned) -> Option<State>) -> BTreeMap<String, State> {
    planned(scenario).iter().filter_map(|file| Some((file.path.to_owned(), state(file)?))).collect()
}

/// What is left to do, made from the files as they are.
fn draft(root: &Path, scenario: Scenario) -> Draft {
    let mut draft = Draft::default();
    let tracked = || git2::Index::open(&root.join(".git/index")).unwrap().get_path(Path::new(".env"), 0).is_some();
    if matches!(scenario, Scenario::Untracking) && tracked() {
        draft.untracked.push(RepoPath::new(".env").unwrap());
    }
    for file in planned(scenario) {
        let path = root.join(file.path);
        let mode = std::fs::metadata(&path).map(|data| data.permissions().mode() & 0o7777).ok();
        let before = mode.map(|mode| (std::fs::read_to_string(&path).unwrap(), mode));
        if before.as_ref() == Some(&file.after) {
            continue;
        }
        let (text, mode) = file.after;
        draft.files.push(FileChange {
            path: RepoPath::new(file.path).unwrap(),
            before: before.map(|(text, mode)| Before { hash: ContentHash::of(text.as_bytes()), mode }),
            after: text.into(),
            mode,
            phase: file.phase,
            diff: format!("--- {}\n", file.path),
            revealed: None,
            remedies: Vec::new(),
        });
        if file.phase == Phase::Secret {
            draft.secrets.push(SecretChange {
                name: "SECRET_KEY".to_owned(),
                place: file.path.to_owned(),
                held: Held::File(RepoPath::new(file.path).unwrap()),
            });
        }
    }
    draft
}

/// Everything below a directory; nothing where it does not exist.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}
