//! A planned rotation killed at every call that changes something: at each instant the old key is
//! the app's key or among those that count, and the next run goes through.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::syscalls::{self, Call, Fault};

const APPLY: &[&str] = &["--apply", "--store", "env-file"];
const ROTATE: &[&str] = &["rotate", "SECRET_KEY", "--grace", "14"];

struct Bed {
    _dir: tempfile::TempDir,
    root: PathBuf,
}

impl Bed {
    /// An app whose key is in its env file.
    fn new() -> (Self, String) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("tree")).unwrap();
        let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"dev\"\n";
        for (path, text) in
            [("app.py", app), ("requirements.txt", "flask==3.1.3\n"), ("Procfile", "web: gunicorn app:app\n")]
        {
            std::fs::write(root.join("tree").join(path), text).unwrap();
        }
        let bed = Self { _dir: dir, root };
        bed.run(APPLY);
        let key = bed.value("SECRET_KEY").unwrap();
        (bed, key)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flask-harden"));
        command.args(arguments).arg(self.root.join("tree"));
        command.env("HOME", &self.root).env("XDG_STATE_HOME", self.root.join("state"));
        command
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn value(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.root.join("tree/.env")).unwrap();
        text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned)
    }

    fn counts(&self, key: &str) -> bool {
        let list = self.value("SECRET_KEY_FALLBACKS").unwrap_or_default();
        self.value("SECRET_KEY").as_deref() == Some(key) || list.split(',').any(|old| old == key)
    }
}

#[test]
fn the_old_key_counts_at_every_instant() {
    let log = |root: &Path| root.join("strace.log");
    let (bed, _) = Bed::new();
    assert!(syscalls::run(&bed.command(ROTATE), Fault::None, &log(&bed.root)).success());
    let calls: Vec<Call> = syscalls::touching(&log(&bed.root), &bed.root).into_iter().filter(Call::changes).collect();
    assert!(calls.len() > 20, "strace saw too little");
    let code = ["app.config[\"SECRET_KEY\"]", "app.config[\"SECRET_KEY_FALLBACKS\"]"];
    for call in calls.iter().filter(|call| call.reachable) {
        let when = format!("killed at {} {}: {}", call.name, call.ordinal, call.line);
        let (bed, old) = Bed::new();
        assert!(!syscalls::run(&bed.command(ROTATE), Fault::Kill(call), &log(&bed.root)).success(), "{when}");
        assert!(bed.value("SECRET_KEY").is_some_and(|key| key.len() == 64), "{when}: no key");
        assert!(bed.counts(&old), "{when}: the old key does not count any more");
        assert!(std::fs::read_to_string(bed.root.join("tree/app.py")).unwrap().contains(code[0]), "{when}");
        bed.run(ROTATE);
        assert!(bed.counts(&old) && bed.value("SECRET_KEY").as_deref() != Some(&old), "{when}: then again");
        assert!(std::fs::read_to_string(bed.root.join("tree/app.py")).unwrap().contains(code[1]), "{when}");
    }
}
