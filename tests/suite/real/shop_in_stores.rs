//! The sample shop hardened with its key in each store outside of the tree: Python's client finds
//! the key there, gunicorn serves with it, a second run is silent, and it comes back.

use std::process::Command;

use super::kept::{Kept, Server};
use super::python;
use super::shop::{self, free_port, gunicorn};
use super::stores::named;
use crate::support::{Project, Run};

const SERVICE: &str = "flask-harden/shop/web";

#[test]
fn vault() {
    there_and_back(&Kept::vault());
}

#[test]
fn aws() {
    there_and_back(&Kept::aws());
}

#[test]
fn keyring() {
    there_and_back(&Kept::keyring());
}

/// Serves the shop with `exec`.
fn serve(kept: &Kept, project: &Project) -> shop::Server {
    let port = free_port();
    let mut line = vec!["exec".to_owned(), "--".to_owned(), python::interpreter().display().to_string()];
    line.extend(gunicorn("wsgi:app", port));
    shop::Server::start(kept.program().command(project.path(), &line), port)
}

fn there_and_back(kept: &Kept) {
    let mut project = Project::with_git();
    project.copy_fixture("apps/legacy-shop");
    project.commit("as it was");
    named(&project);
    let (before, empty) = (project.picture(), kept.everything());
    let program = kept.program();
    let applied = program.run(project.path(), &["--apply", "--store", kept.name]).exits(0);
    assert!(applied.stdout.contains("flask-harden exec -- flask run"), "{}", applied.stdout);
    let key = kept.read(SERVICE, "SECRET_KEY").expect("Python's client finds the key");
    assert_eq!(key.len(), 64);
    let nowhere = |run: &Run| assert!(!run.stdout.contains(&key) && !run.stderr.contains(&key), "the key was printed");
    nowhere(&applied);
    let holds = |bytes: &[u8]| bytes.windows(key.len()).any(|window| window == key.as_bytes());
    for (path, (_, bytes)) in project.picture() {
        assert!(!holds(&bytes), "the key is in {path}");
    }

    let server = serve(kept, &project);
    assert_eq!(server.sign_in(&key), "alice with this key", "{}", kept.name);
    assert!(String::from_utf8_lossy(&server.proc("cmdline")).contains("gunicorn"), "exec becomes the command");
    assert!(!holds(&server.proc("cmdline")) && holds(&server.proc("environ")));
    drop(server);

    let (tree, full) = (project.picture(), kept.everything());
    let again = program.run(project.path(), &["--apply"]).exits(0);
    nowhere(&again);
    assert!(project.picture() == tree && kept.everything() == full, "{}: the second run did something", kept.name);

    let undone = program.run(project.path(), &["undo"]).exits(0);
    nowhere(&undone);
    let back = project.picture();
    assert!(before.iter().all(|(path, file)| back.get(path) == Some(file)), "undo gave something else back");
    assert_eq!(kept.read(SERVICE, "SECRET_KEY"), Some(key.clone()), "{}: undo deleted a key", kept.name);
    // The app as it was starts with the key of the store, too, and without it.
    assert_eq!(serve(kept, &project).sign_in(&key), "alice with this key", "{}", kept.name);
    let state = Command::new("grep").arg("-rl").arg(&key).arg(program.state()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&state.stdout), "", "the key is in the state directory");
    nowhere(&program.run(project.path(), &["undo", "--purge"]).exits(0));
    assert_eq!(kept.read(SERVICE, "SECRET_KEY"), None, "{}", kept.name);
    if !matches!(kept.server, Server::Vault(..)) {
        // Vault keeps the name of a path whose versions are deleted.
        assert_eq!(kept.everything(), empty, "{}", kept.name);
    }
    // Purged and hardened anew it has another key.
    program.run(project.path(), &["--apply", "--store", kept.name]).exits(0);
    assert!(kept.read(SERVICE, "SECRET_KEY").is_some_and(|new| new.len() == 64 && new != key), "{}", kept.name);
}
