//! A rotation in a store, killed at every call that changes a file or asks the server: the
//! app starts with a key at each instant, the old key counts as long as was planned, and the same
//! command goes through afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use super::kept::Kept;
use super::syscalls::{self, Fault};
use crate::support::Project;

const APP: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\
    app.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\")\n";

#[test]
fn vault() {
    sweep(&mut Kept::vault(), true);
}

#[test]
fn aws() {
    sweep(&mut Kept::aws(), false);
}

#[test]
fn keyring() {
    sweep(&mut Kept::keyring(), true);
}

/// `files`: whether it is killed at the calls that change a file, too. Those are the same whatever
/// the store is, and the AWS API server takes its time.
fn sweep(kept: &mut Kept, files: bool) {
    for way in [&["rotate", "SECRET_KEY", "--cutover"][..], &["rotate", "SECRET_KEY", "--grace", "14"]] {
        let (project, _) = app(kept);
        let log = kept.program().home().join("strace.log");
        let command = kept.program().command(project.path(), way);
        assert!(syscalls::run(&command, Fault::None, &log).success());
        let state = kept.program().state();
        let below: &[&Path] = if files { &[project.path(), &state] } else { &[] };
        let mut killed = 0;
        for (name, most) in counts(&syscalls::with_servers(&log, below)) {
            // The keyring's client says a lot between two changes.
            let step = if name == "sendmsg" { 3 } else { 1 };
            for at in (1..=most).step_by(step) {
                killed += usize::from(kill(kept, way, name.as_str(), at));
            }
        }
        super::refused::row(&format!("{} {way:?}: killed {killed} times", kept.name));
        assert!(killed > if files { 25 } else { 10 }, "{} {way:?}: only {killed} runs were killed", kept.name);
    }
}

/// How often each call was made by the thread that made it most often.
fn counts(calls: &[(String, usize)]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (name, ordinal) in calls {
        let most: &mut usize = counts.entry(name.clone()).or_default();
        *most = (*most).max(*ordinal);
    }
    counts
}

/// An app whose key is in the store.
fn app(kept: &mut Kept) -> (Project, String) {
    let project = Project::new();
    project
        .write("app.py", APP)
        .write("requirements.txt", "flask==3.1.3\n")
        .write("Procfile", "web: gunicorn app:app\n");
    kept.run(project.path(), &["onboard", "--store", kept.name]).exits(0);
    let (key, _) = keys(kept, &project, "at first");
    (project, key)
}

/// The key that the app is started with, and the older ones that count.
fn keys(kept: &mut Kept, project: &Project, when: &str) -> (String, Vec<String>) {
    let script = "printf '%s %s' \"$SECRET_KEY\" \"$SECRET_KEY_FALLBACKS\"";
    let run = kept.run(project.path(), &["exec", "--", "sh", "-c", script]);
    assert_eq!(run.code, Some(0), "{when}: the app does not start\n{}", run.stderr);
    let (key, older) = run.stdout.split_once(' ').unwrap();
    (key.to_owned(), older.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect())
}

/// Kills a rotation at the n-th call of a name; whether it got there.
fn kill(kept: &mut Kept, way: &[&str], name: &str, at: usize) -> bool {
    let (project, old) = app(kept);
    let when = format!("{} {way:?} killed at {name} {at}", kept.name);
    let call = syscalls::Call { name: name.to_owned(), ordinal: at, line: String::new(), reachable: true };
    let log = kept.program().home().join("strace.log");
    let done = syscalls::run(&kept.program().command(project.path(), way), Fault::Kill(&call), &log).success();
    kept.revive();
    let planned = way.contains(&"--grace");
    let holds = |kept: &mut Kept, when: &str, done: bool| {
        let (key, older) = keys(kept, &project, when);
        assert_eq!(key.len(), 64, "{when}: {} characters", key.len());
        assert!(!planned || key == old || older.contains(&old), "{when}: the old key does not count any more");
        assert!(!done || key != old, "{when}: the key is the old one");
        assert!(planned || !done || older.is_empty(), "{when}: an old key counts");
    };
    holds(kept, &when, done);
    if !done {
        let again = kept.run(project.path(), way);
        assert_eq!(again.code, Some(0), "{when}: then again\n{}", again.stderr);
        holds(kept, &format!("{when}, then again"), true);
    }
    // The store is small and stays so.
    kept.run(project.path(), &["undo", "--purge"]);
    !done
}
