//! Rotation in the stores outside of the tree: the new key arrives by `exec`, a session lives as
//! long as was planned, and the other side finds each value where it belongs.

use std::net::TcpListener;

use super::kept::{Kept, Server as Side};
use super::python;
use super::rotate::{APP, Server};
use crate::support::Project;

const SERVICE: &str = "flask-harden/shop/web";
const FALLBACKS: &str = "SECRET_KEY_FALLBACKS";

#[test]
fn vault() {
    rotation(&Kept::vault());
}

#[test]
fn aws() {
    rotation(&Kept::aws());
}

#[test]
fn keyring() {
    rotation(&Kept::keyring());
}

/// Two workers of gunicorn, started by `exec`.
fn serve(kept: &Kept, project: &Project) -> Server {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
    let (python, bind) = (python::interpreter(), address.to_string());
    let gunicorn = ["-m", "gunicorn.app.wsgiapp", "-b", &bind, "-w", "2", "--graceful-timeout", "2", "app:app"];
    let line: Vec<&str> = ["exec", "--", python.to_str().unwrap()].into_iter().chain(gunicorn).collect();
    Server::of(kept.program().command(project.path(), &line), address)
}

/// The value before, where the store keeps it, and the stages of all versions.
fn stages(kept: &Kept) -> String {
    kept.python(&format!(
        "name = '{SERVICE}/SECRET_KEY'\n\
         print(client.get_secret_value(SecretId=name, VersionStage='AWSPREVIOUS')['SecretString'])\n\
         known = client.describe_secret(SecretId=name)['VersionIdsToStages'].values()\n\
         print(sorted(stage for each in known for stage in each))"
    ))
}

fn rotation(kept: &Kept) {
    let mut project = Project::with_git();
    project.write("app.py", APP).write("requirements.txt", "flask==3.1.3\ngunicorn\n");
    project.write("Procfile", "web: gunicorn app:app\n");
    project.commit("first");
    super::stores::named(&project);
    let (program, dir) = (kept.program(), project.path());
    let key = || kept.read(SERVICE, "SECRET_KEY").unwrap();
    program.run(dir, &["--apply", "--store", kept.name]).exits(0);
    let first = key();
    let old = serve(kept, &project).sign_in();

    let run = program.run(dir, &["rotate", "SECRET_KEY", "--grace", "14"]).exits(0);
    assert!(
        run.stderr.contains("What ends when this key changes") && run.stderr.contains("sessions"),
        "{}",
        run.stderr
    );
    let second = key();
    assert_ne!(first, second);
    assert_eq!(kept.read(SERVICE, FALLBACKS).as_ref(), Some(&first), "{}", kept.name);
    if let Side::Aws(..) = kept.server {
        assert_eq!(stages(kept), format!("{first}\n['AWSCURRENT', 'AWSPREVIOUS']"));
    }
    let server = serve(kept, &project);
    assert_eq!(server.who(&old), "alice", "{}", kept.name);
    let new = server.sign_in();
    drop(server);

    program.run(dir, &["rotate", "SECRET_KEY", "--finish"]).exits(2);
    program.run(dir, &["rotate", "SECRET_KEY", "--finish", "--yes"]).exits(0);
    assert_eq!(kept.read(SERVICE, FALLBACKS), None, "{}", kept.name);
    assert_eq!(key(), second);
    let server = serve(kept, &project);
    assert_eq!((server.who(&old), server.who(&new)), ("nobody".to_owned(), "alice".to_owned()), "{}", kept.name);
    drop(server);

    // In the middle of a further planned one a cut-over ends every key that came before.
    program.run(dir, &["rotate", "SECRET_KEY", "--grace", "14"]).exits(0);
    let third = key();
    let run = program.run(dir, &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
    let fourth = key();
    assert!(fourth != third && third != second);
    assert_eq!(kept.read(SERVICE, FALLBACKS), None, "{}", kept.name);
    if let Side::Aws(..) = kept.server {
        assert_eq!(stages(kept), format!("{third}\n['AWSCURRENT', 'AWSPREVIOUS']"));
    }
    let server = serve(kept, &project);
    assert_eq!(server.who(&new), "nobody", "{}", kept.name);
    let newest = server.sign_in();
    assert_eq!(server.who(&newest), "alice", "{}", kept.name);
    for value in [&first, &second, &third, &fourth] {
        assert!(!run.stdout.contains(value.as_str()) && !run.stderr.contains(value.as_str()), "a key was printed");
    }
    assert!(run.stdout.contains("kept nowhere, so this cannot be taken back"), "{}", run.stdout);
}
