//! The OS keyring: a real gnome-keyring, with Python's `keyring` and secret-tool as other readers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::keyring_bed::{Bed, Daemon};
use super::python;
use super::stores::{app, named, passed};
use crate::support::{Project, Run};

const SERVICE: &str = "flask-harden/shop/web";

#[track_caller]
fn refused(run: Run, words: &str) {
    let run = run.exits(5);
    assert!(run.stderr.contains("error: the OS keyring "), "{}", run.stderr);
    assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
    assert!(run.stderr.contains("\n  why: ") && run.stderr.contains("\n  now: "), "{}", run.stderr);
    assert!(run.stderr.contains("Nothing was written."), "{}", run.stderr);
}

#[test]
fn one_item_is_shared_with_python_in_both_directions() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(0);
    let ours = bed.python_reads(SERVICE, "SECRET_KEY").expect("Python finds the key");
    assert_eq!(ours.len(), 64);
    assert_eq!(passed(&bed.program, project.path(), "SECRET_KEY"), ours);

    bed.python_writes(SERVICE, "SECRET_KEY", "written-by-python-with-a-long-value");
    assert_eq!(bed.items(SERVICE, "SECRET_KEY"), 1, "Python's write made a second item");
    assert_eq!(passed(&bed.program, project.path(), "SECRET_KEY"), "written-by-python-with-a-long-value");

    let out = bed.program.feed(
        project.path(),
        &["store", "set", "SECRET_KEY", "--replace"],
        "written-by-us-again-and-long\n",
    );
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(bed.items(SERVICE, "SECRET_KEY"), 1);
    assert_eq!(bed.python_reads(SERVICE, "SECRET_KEY").as_deref(), Some("written-by-us-again-and-long"));
    let third = bed.command("secret-tool").args(["lookup", "service", SERVICE, "username", "SECRET_KEY"]).output();
    assert_eq!(third.unwrap().stdout, b"written-by-us-again-and-long");
}

#[test]
fn several_items_of_one_name_are_not_guessed_at_and_become_one_when_replaced() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    bed.third_party_writes(SERVICE, "TOKEN", "the-first-of-two-values-here");
    bed.python_writes(SERVICE, "TOKEN", "the-other-of-two-values-here");
    assert_eq!(bed.items(SERVICE, "TOKEN"), 2);
    let ask = ["exec", "--store", "keyring", "--only", "TOKEN", "--", "true"];
    refused(bed.program.run(project.path(), &ask), "several items");
    let set = ["store", "set", "TOKEN", "--store", "keyring", "--adopt", "--replace"];
    let out = bed.program.feed(project.path(), &set, "one-value-for-everybody-now");
    assert_eq!(out.status.code(), Some(5), "which one would be replaced is not known");

    bed.python(
        "import secretstorage as s\nc = s.dbus_init()\nfor i in list(s.get_default_collection(c)\
                .search_items({'username': 'TOKEN'}))[1:]: i.set_secret(b'the-first-of-two-values-here')\n\
                for i in s.get_default_collection(c).search_items({'username': 'TOKEN'}): \
                i.set_secret(b'the-first-of-two-values-here')",
    );
    let out = bed.program.feed(project.path(), &set, "one-value-for-everybody-now");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(bed.items(SERVICE, "TOKEN"), 1);
    assert_eq!(bed.python_reads(SERVICE, "TOKEN").as_deref(), Some("one-value-for-everybody-now"));
}

#[test]
fn a_keyring_that_cannot_be_used_stops_the_run_and_nothing_is_written() {
    let mute = Bed::new(Daemon::Unlocked);
    mute.silence();
    let beds = [
        (Bed::new(Daemon::None), "no Secret Service on D-Bus"),
        (Bed::new(Daemon::Empty), "no default keyring"),
        (Bed::new(Daemon::Locked), "locked"),
        (mute, "did not answer"),
    ];
    for (bed, words) in beds {
        let project = app();
        let before = project.picture();
        refused(bed.program.run(project.path(), &["--apply", "--store", "keyring"]), words);
        assert!(project.picture() == before, "{words}: the tree was changed");
        let recorded = std::process::Command::new("grep").args(["-rl", "SECRET_KEY"]).arg(bed.program.state()).output();
        assert_eq!(String::from_utf8_lossy(&recorded.unwrap().stdout), "", "{words}: something is recorded");
        // Looking does not need the store, and a store that was not named is not asked.
        bed.program.run(project.path(), &["scan", "--store", "keyring", "--fail-on", "none"]).exits(0);
    }
}

#[test]
fn a_key_of_somebody_else_is_only_used_when_adopted() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    bed.python_writes(SERVICE, "SECRET_KEY", "kept-by-a-colleague-since-march");
    let before = project.picture();
    for option in ["--apply", "--diff"] {
        refused(bed.program.run(project.path(), &[option, "--store", "keyring"]), "--adopt");
    }
    assert!(project.picture() == before);
    let run = bed.program.run(project.path(), &["--apply", "--store", "keyring", "--adopt"]).exits(0);
    assert!(run.stderr.contains("there already") && !run.stderr.contains("colleague"), "{}", run.stderr);
    assert_eq!(passed(&bed.program, project.path(), "SECRET_KEY"), "kept-by-a-colleague-since-march");
    // A run that made no key deletes none.
    bed.program.run(project.path(), &["undo", "--purge"]).exits(0);
    assert_eq!(bed.python_reads(SERVICE, "SECRET_KEY").as_deref(), Some("kept-by-a-colleague-since-march"));

    let other = app();
    bed.program.run(other.path(), &["--apply", "--store", "keyring", "--secret-path", "team/second"]).exits(0);
    assert_eq!(bed.python_reads("team/second", "SECRET_KEY").map(|key| key.len()), Some(64));
}

#[test]
fn a_key_whose_files_were_refused_is_deleted_again() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    // Another name for the same file: it is refused when the key is already stored.
    std::fs::hard_link(project.at("app.py"), project.at("twin.txt")).unwrap();
    let before = project.picture();
    let run = bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(4);
    assert!(run.stderr.contains("Nothing was written."), "{}", run.stderr);
    assert!(project.picture() == before);
    assert_eq!(bed.items(SERVICE, "SECRET_KEY"), 0);
    let status = bed.program.run(project.path(), &["store", "status"]).exits(0);
    assert!(status.stdout.contains("No key is recorded"), "{}", status.stdout);
}

#[test]
fn a_fresh_clone_gets_its_key_by_onboarding() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(0);
    let elsewhere = Bed::new(Daemon::Unlocked);
    let before = project.picture();
    let run = elsewhere.program.run(project.path(), &["onboard", "--store", "keyring"]).exits(0);
    assert!(run.stdout.contains("flask-harden exec -- flask run"), "{}", run.stdout);
    assert!(project.picture() == before, "onboarding with a keyring changes no file");
    let key = elsewhere.python_reads(SERVICE, "SECRET_KEY").unwrap();
    elsewhere.program.run(project.path(), &["onboard"]).exits(0);
    assert_eq!(elsewhere.python_reads(SERVICE, "SECRET_KEY"), Some(key), "a key that is there was replaced");
    // A key that went missing is made again where it was.
    elsewhere.python(&format!("import keyring; keyring.delete_password({SERVICE:?}, 'SECRET_KEY')"));
    let status = elsewhere.program.run(project.path(), &["store", "status"]).exits(0);
    assert!(status.stdout.contains("missing"), "{}", status.stdout);
    elsewhere.program.run(project.path(), &["exec", "--", "true"]).exits(5);
}

#[test]
fn a_legacy_app_goes_there_runs_from_the_keyring_and_comes_back() {
    let bed = Bed::new(Daemon::Unlocked);
    let mut project = Project::with_git();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/legacy-shop/.");
    assert!(Command::new("cp").arg("-r").arg(fixture).arg(project.path()).status().unwrap().success());
    project.commit("as it was");
    named(&project);
    let before = project.picture();
    let applied = bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(0);
    assert!(applied.stdout.contains("flask-harden exec -- flask run"), "{}", applied.stdout);
    assert!(applied.stdout.contains("Config Vars"), "{}", applied.stdout);
    let key = bed.python_reads(SERVICE, "SECRET_KEY").unwrap();
    let nowhere = |run: &Run| assert!(!run.stdout.contains(&key) && !run.stderr.contains(&key), "the key was printed");
    nowhere(&applied);
    for (path, (_, bytes)) in project.picture() {
        assert!(!String::from_utf8_lossy(&bytes).contains(&key), "the key is in {path}");
        assert!(!String::from_utf8_lossy(&bytes).contains("keyring"), "{path} names the keyring");
    }

    serves_with(&bed, &project, &key);
    let after = project.picture();
    let again = bed.program.run(project.path(), &["--apply"]).exits(0);
    nowhere(&again);
    assert!(project.picture() == after, "the second run changed something");
    assert_eq!(bed.python_reads(SERVICE, "SECRET_KEY").as_deref(), Some(key.as_str()));

    let undone = bed.program.run(project.path(), &["undo"]).exits(0);
    nowhere(&undone);
    assert!(undone.stdout.contains("undo --purge"), "{}", undone.stdout);
    // The app made files of its own when it ran.
    let back = project.picture();
    assert!(before.iter().all(|(path, file)| back.get(path) == Some(file)), "undo gave something else back");
    assert!(!back.contains_key("gunicorn.conf.py"));
    assert_eq!(bed.python_reads(SERVICE, "SECRET_KEY").as_deref(), Some(key.as_str()), "undo deleted a key");
    let state = Command::new("grep").arg("-rl").arg(&key).arg(bed.program.state()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&state.stdout), "", "the key is in the state directory");
    nowhere(&bed.program.run(project.path(), &["undo", "--purge"]).exits(0));
    assert_eq!(bed.python_reads(SERVICE, "SECRET_KEY"), None);
}

/// gunicorn, started by `exec`, answers and has the key in its environment alone.
fn serves_with(bed: &Bed, project: &Project, key: &str) {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
    let python = python::interpreter();
    let bind = address.to_string();
    let gunicorn = [python.to_str().unwrap(), "-m", "gunicorn", "-b", &bind, "wsgi:app"];
    let args: Vec<&str> = ["exec", "--"].into_iter().chain(gunicorn).collect();
    let mut command = bed.program.command(project.path(), &args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => {
                assert!(child.try_wait().unwrap().is_none(), "gunicorn ended");
                assert!(Instant::now() < until, "gunicorn does not listen");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    };
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(b"GET /auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The process we started has become gunicorn.
    let read = |name: &str| std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap();
    let holds = |bytes: &[u8]| bytes.windows(key.len()).any(|window| window == key.as_bytes());
    assert!(String::from_utf8_lossy(&read("cmdline")).contains("gunicorn"));
    assert!(!holds(&read("cmdline")), "the key is an argument");
    assert!(holds(&read("environ")), "the command lacks the key");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
}

#[test]
fn keys_are_copied_from_the_keyring_to_the_env_file_and_back() {
    let (bed, project) = (Bed::new(Daemon::Unlocked), app());
    bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(0);
    let key = bed.python_reads(SERVICE, "SECRET_KEY").unwrap();
    let run = bed.program.run(project.path(), &["store", "copy", "--to", "env-file"]).exits(5);
    assert!(run.stderr.contains("git does not ignore it"), "{}", run.stderr);
    project.write(".gitignore", ".env\n");
    bed.program.run(project.path(), &["store", "copy", "--to", "env-file"]).exits(0);
    assert!(project.read(".env").contains(&format!("SECRET_KEY={key}\n")));
    assert_eq!(project.picture()[".env"].0, 0o600);
    // The store of the project stays the one that was chosen for it.
    let status = bed.program.run(project.path(), &["store", "status"]).exits(0);
    assert!(status.stdout.starts_with("Store: keyring (recorded for this project)"), "{}", status.stdout);
    bed.program.run(project.path(), &["store", "copy", "--to", "env-file"]).exits(0);
}
