//! Rotation under real versions of Flask, with two workers of gunicorn: a session signed with the
//! key before lives as long as was planned, and not longer.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::python;
use crate::support::{Program, Project};

pub(super) const APP: &str = r#"import os

from flask import Flask, session

app = Flask(__name__)
app.config["SECRET_KEY"] = "colour-me-surprised-19"


@app.get("/in")
def sign_in():
    session["who"] = "alice"
    return "ok"


@app.get("/who")
def who():
    return "%s %d" % (session.get("who", "nobody"), os.getpid())
"#;

/// The versions, with what comes from the environment of the tests as `None`.
const VERSIONS: [(&str, Option<&str>); 3] = [("3.0.3", Some("3.0.3")), ("3.1.0", Some("3.1.0")), ("3.1.3", None)];

fn flask(version: Option<&str>) -> Option<PathBuf> {
    let folder = version.map(|version| python::interpreter().with_file_name("../flasks").join(version))?;
    assert!(folder.is_dir(), "{} is missing: tests/tools/environment.py makes it", folder.display());
    Some(folder)
}

/// The app with a key of ours in its env file.
fn app(version: &str) -> (Program, Project) {
    let project = Project::new();
    project.write("app.py", APP).write("requirements.txt", format!("flask=={version}\ngunicorn\n"));
    project.write("Procfile", "web: gunicorn app:app\n");
    let program = Program::new();
    program.run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    (program, project)
}

fn key(project: &Project) -> String {
    let text = project.read(".env");
    text.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).unwrap().to_owned()
}

pub(super) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(project: &Project, version: Option<&str>) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
        let bind = address.to_string();
        let mut command = python::command();
        command.args(["-m", "gunicorn.app.wsgiapp", "-b", &bind, "-w", "2", "--graceful-timeout", "2", "app:app"]);
        command.current_dir(project.path()).env("HOME", project.path());
        if let Some(folder) = flask(version) {
            command.env("PYTHONPATH", folder);
        }
        Self::of(command, address)
    }

    /// Starts a command that serves the app with two workers at the address.
    pub(super) fn of(mut command: Command, address: SocketAddr) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: command.spawn().unwrap(), address };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "gunicorn ended");
            assert!(Instant::now() < deadline, "gunicorn does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn get(&self, path: &str, cookie: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The session cookie of somebody who signs in.
    pub(super) fn sign_in(&self) -> String {
        let answer = self.get("/in", "");
        let line = answer.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).expect("a cookie");
        line.split(';').next().unwrap().to_owned()
    }

    /// Whom both workers take the bearer of a cookie for.
    pub(super) fn who(&self, cookie: &str) -> String {
        let (mut names, mut workers) = (BTreeSet::new(), BTreeSet::new());
        let deadline = Instant::now() + Duration::from_secs(60);
        while workers.len() < 2 {
            assert!(Instant::now() < deadline, "only one worker answers");
            let answer = self.get("/who", cookie);
            let (name, worker) = answer.rsplit("\r\n\r\n").next().unwrap().split_once(' ').unwrap();
            names.insert(name.to_owned());
            workers.insert(worker.to_owned());
        }
        names.into_iter().collect::<Vec<_>>().join(" and ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

const FORGE: &str = "import sys; from flask import Flask; a = Flask('x'); a.secret_key = sys.stdin.read(); \
                     print('session=' + a.session_interface.get_signing_serializer(a).dumps({'who': 'alice'}))";

#[test]
fn a_cookie_made_with_the_old_key_is_refused_after_a_cutover() {
    for (name, version) in VERSIONS {
        let (program, project) = app(name);
        let forged = python::run(FORGE, &key(&project)).trim().to_owned();
        assert_eq!(Server::start(&project, version).who(&forged), "alice", "Flask {name}");
        program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
        let server = Server::start(&project, version);
        assert_eq!(server.who(&forged), "nobody", "Flask {name}");
        let genuine = server.sign_in();
        assert_eq!(server.who(&genuine), "alice", "Flask {name}");
    }
}

#[test]
fn a_session_survives_a_planned_rotation_and_ends_with_it() {
    let (program, project) = app("3.1.3");
    let old = Server::start(&project, None).sign_in();
    program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "14"]).exits(0);
    let server = Server::start(&project, None);
    assert_eq!(server.who(&old), "alice");
    let new = server.sign_in();
    assert_eq!(server.who(&new), "alice");
    drop(server);
    program.run(project.path(), &["rotate", "SECRET_KEY", "--finish"]).exits(2);
    program.run(project.path(), &["rotate", "SECRET_KEY", "--finish", "--yes"]).exits(0);
    let server = Server::start(&project, None);
    assert_eq!((server.who(&old), server.who(&new)), ("nobody".to_owned(), "alice".to_owned()));
    // And in the middle of another one, a cut-over ends every key that came before.
    program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "14"]).exits(0);
    assert_eq!(Server::start(&project, None).who(&new), "alice");
    program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
    assert_eq!(Server::start(&project, None).who(&new), "nobody");
}

/// Which key a version signs with, and whether it takes the one before.
const ORDER: &str = r#"
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
def signer(**config):
    app = Flask("x")
    app.config.update(config)
    return SecureCookieSessionInterface().get_signing_serializer(app)
both = signer(SECRET_KEY="n" * 32, SECRET_KEY_FALLBACKS=["o" * 32])
def takes(key, text):
    try:
        signer(SECRET_KEY=key * 32).loads(text)
        return True
    except Exception:
        return False
try:
    both.loads(signer(SECRET_KEY="o" * 32).dumps({}))
    old = True
except Exception:
    old = False
print(takes("n", both.dumps({})), old)
"#;

#[test]
fn older_versions_are_refused_for_what_they_really_do() {
    for (name, version) in VERSIONS {
        let mut command = python::command();
        command.args(["-c", ORDER]);
        if let Some(folder) = flask(version) {
            command.env("PYTHONPATH", folder);
        }
        let output = command.output().unwrap();
        let does = String::from_utf8(output.stdout).unwrap();
        // Signs with the new key; takes the old one.
        let expected = match name {
            "3.0.3" => "True False",
            "3.1.0" => "False True",
            _ => "True True",
        };
        assert_eq!(does.trim(), expected, "Flask {name}: {}", String::from_utf8_lossy(&output.stderr));
        if expected != "True True" {
            let (program, project) = app(name);
            let before = project.picture();
            let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "14"]).exits(2);
            assert!(run.stderr.contains(&format!("Flask {name}")), "{}", run.stderr);
            assert_eq!(project.picture(), before);
        }
    }
}
