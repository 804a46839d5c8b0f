//! The program itself, killed at every call that touches the tree or the state directory, from
//! `--apply` and from `undo`. Unlike `kill_sweep` the key is a new one each time: it is known by
//! its form, everything else by its bytes. Needs `strace`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::syscalls::{self, Call, Fault};

/// Path to content and mode.
type Files = BTreeMap<String, (String, u32)>;

const APPLY: &[&str] = &["--apply", "--store", "env-file", "tree"];
const UNDO: &[&str] = &["undo", "tree"];
const PURGE: &[&str] = &["undo", "--purge", "tree"];

/// A legacy app in a git repository, with the state directory beside it.
struct Bed {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl Bed {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("tree/shop")).unwrap();
        let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"dev\"\n";
        for (path, text) in
            [("shop/__init__.py", app), ("Procfile", "web: gunicorn shop:app\n"), (".gitignore", "*.pyc\n")]
        {
            std::fs::write(root.join("tree").join(path), text).unwrap();
        }
        git2::Repository::init(root.join("tree")).unwrap();
        Self { _dir: dir, root }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flask-harden"));
        let (tree, options) = arguments.split_last().unwrap();
        command.args(options).arg(self.root.join(tree));
        command.env("HOME", &self.root).env("XDG_STATE_HOME", self.root.join("state"));
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn log(&self) -> PathBuf {
        self.root.join("strace.log")
    }

    /// The files of the tree; a generated key is written as `KEY`.
    fn files(&self) -> Files {
        let mut files = Files::new();
        collect(&self.root.join("tree"), &self.root.join("tree"), &mut files);
        if let Some((text, _)) = files.get_mut(".env") {
            let key = text.split('=').nth(1).unwrap_or_default().trim().to_owned();
            assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "no key of ours");
            *text = text.replace(&key, "KEY");
        }
        files
    }
}

fn collect(dir: &Path, root: &Path, into: &mut Files) {
    for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if path.ends_with(".git") {
            continue;
        }
        if path.is_dir() {
            collect(&path, root, into);
        } else {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            into.insert(name, (std::fs::read_to_string(&path).unwrap(), mode));
        }
    }
}

/// The same tree undisturbed: before, after `--apply`, after `undo`, after `undo --purge`.
fn reference() -> [Files; 4] {
    let bed = Bed::new();
    let old = bed.files();
    let [new, undone, purged] = [APPLY, UNDO, PURGE].map(|step| {
        bed.run(step);
        bed.files()
    });
    assert_eq!(purged, old);
    assert!(new.contains_key("gunicorn.conf.py") && new[".env"].1 == 0o600);
    [old, new, undone, purged]
}

/// Every file is whole, and an apply has the key ignored before it is there.
fn check_instant(now: &Files, old: &Files, new: &Files, applying: bool, when: &str) {
    for (path, state) in now {
        let temporary = path.contains(".flask-harden-");
        let whole = old.get(path) == Some(state) || new.get(path) == Some(state);
        assert!(temporary || whole, "{when}: {path} is neither old nor new");
    }
    assert!(old.keys().all(|path| now.contains_key(path)), "{when}: a file is gone");
    // An undo gives the ignore file back though the key stays, and says so.
    let ignored = now[".gitignore"] == new[".gitignore"];
    assert!(!applying || !now.contains_key(".env") || ignored, "{when}: the key is not ignored");
    let code_is_new = now["shop/__init__.py"] == new["shop/__init__.py"];
    assert!(!code_is_new || now.contains_key(".env"), "{when}: the code reads a key that is not there");
}

fn kill_everywhere(before: &[&[&str]], step: &[&str], rest: &[&[&str]]) {
    let [old, new, undone, purged] = reference();
    let bed_before = || {
        let bed = Bed::new();
        before.iter().for_each(|step| bed.run(step));
        bed
    };
    let bed = bed_before();
    assert!(syscalls::run(&bed.command(step), Fault::None, &bed.log()).success());
    let calls: Vec<Call> = syscalls::touching(&bed.log(), &bed.root).into_iter().filter(Call::changes).collect();
    assert!(calls.len() > 20, "strace saw too little");
    for call in &calls {
        if !call.reachable {
            // The loader's own calls have this number; nothing of the tree is at stake yet.
            assert!(call.name == "openat" && !call.line.contains("/tree"), "{call:?}");
            continue;
        }
        assert!(!call.line.contains("/.git>") && !call.line.contains("/.git/"), "git's own files: {}", call.line);
        let when = format!("{step:?} killed at {} {}: {}", call.name, call.ordinal, call.line);
        let bed = bed_before();
        assert!(!syscalls::run(&bed.command(step), Fault::Kill(call), &bed.log()).success(), "{when}: was not killed");
        check_instant(&bed.files(), &old, &new, step == APPLY, &when);
        for next in rest {
            bed.run(next);
            let expected = if *next == APPLY {
                &new
            } else if *next == UNDO {
                &undone
            } else {
                &purged
            };
            assert_eq!(&bed.files(), expected, "{when}: then {next:?}");
        }
    }
}

#[test]
fn the_program_killed_during_apply() {
    kill_everywhere(&[], APPLY, &[APPLY, APPLY, UNDO, PURGE]);
}

#[test]
fn the_program_killed_during_undo() {
    kill_everywhere(&[APPLY], UNDO, &[UNDO, UNDO, PURGE]);
}
