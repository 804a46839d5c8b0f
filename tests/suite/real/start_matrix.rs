//! Store × start: the sample shop, started in each way with the key from each store, signs its
//! session with that key. Where nothing gives the app a key, the report says what a person does.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::keyring_bed::{Bed, Daemon};
use super::python;
use crate::support::bao::Bao;
use crate::support::moto::Moto;
use crate::support::{Program, Project};

/// A way the shop is started.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    FlaskRun,
    Python,
    Gunicorn,
    Uwsgi,
    Waitress,
}

impl Start {
    /// The arguments of Python.
    fn arguments(self, port: u16) -> Vec<String> {
        let address = format!("127.0.0.1:{port}");
        let uwsgi = python::interpreter().with_file_name("uwsgi").display().to_string();
        let line: Vec<&str> = match self {
            Start::FlaskRun => vec!["-m", "flask", "--app", "wsgi", "run", "--port"],
            Start::Python => vec!["wsgi.py"],
            Start::Gunicorn => vec!["-m", "gunicorn.app.wsgiapp", "-w", "2", "wsgi:app", "-b", &address],
            Start::Uwsgi => {
                vec![
                    &uwsgi,
                    "--master",
                    "--processes",
                    "2",
                    "--need-app",
                    "--module",
                    "wsgi:app",
                    "--http-socket",
                    &address,
                ]
            }
            Start::Waitress => vec!["-m", "waitress", "--listen", &address, "wsgi:app"],
        };
        let mut line: Vec<String> = line.into_iter().map(str::to_owned).collect();
        if matches!(self, Start::FlaskRun) {
            line.push(port.to_string());
        }
        line
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(0)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// How the app gets its key.
#[derive(Clone, Copy)]
enum Given<'a> {
    /// It finds it by itself.
    ByItself,
    Exec(&'a Program),
    Variable(&'a str),
}

/// Whether the session of somebody who signs in is signed with a key.
const SIGNED: &str = r#"
import hashlib, http.client, sys
from itsdangerous import URLSafeTimedSerializer
host, key = sys.stdin.read().split()
server = http.client.HTTPConnection(host, timeout=60)
form = {"Content-Type": "application/x-www-form-urlencoded"}
server.request("POST", "/auth/login", "username=alice&password=wonderland", form)
header = server.getresponse().headers["Set-Cookie"]
cookie = header.split("session=", 1)[1].split(";")[0]
signer = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
signed, _ = URLSafeTimedSerializer(key, salt="cookie-session", signer_kwargs=signer).loads_unsafe(cookie)
print("with this key" if signed else "with another key")
"#;

fn signs(dir: &Path, start: Start, given: Given<'_>, key: &str) -> String {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
    let arguments = start.arguments(port);
    let mut command = match given {
        Given::Exec(program) => {
            let mut line = vec!["exec".to_owned(), "--".to_owned(), python::interpreter().display().to_string()];
            line.extend(arguments);
            program.command(dir, &line)
        }
        Given::ByItself | Given::Variable(_) => {
            let mut command: Command = python::command();
            command.args(arguments).current_dir(dir).env("HOME", dir);
            command
        }
    };
    if let Given::Variable(value) = given {
        command.env("SECRET_KEY", value);
    }
    command.env("PORT", port.to_string()).env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Server(command.spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(90);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "{start:?}: the server ended");
        assert!(Instant::now() < deadline, "{start:?}: the server does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    python::run(SIGNED, &format!("127.0.0.1:{port} {key}")).trim().to_owned()
}

fn shop() -> Project {
    let project = Project::new();
    project.copy_fixture("apps/legacy-shop");
    project
}

/// The shop started in one way, with the key from every store.
pub(super) fn every_store(start: Start) {
    let path = || Program::new().variable("PATH", std::env::var_os("PATH").unwrap());
    cell(&path(), "env-file", start);
    cell(&Bed::new(Daemon::Unlocked).program, "keyring", start);
    let bao = Bao::start();
    cell(&path().variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token()), "vault", start);
    let moto = Moto::start();
    let aws = path()
        .variable("AWS_ENDPOINT_URL", moto.address())
        .variable("AWS_REGION", "eu-west-1")
        .variable("AWS_ACCESS_KEY_ID", "testing")
        .variable("AWS_SECRET_ACCESS_KEY", "testing");
    cell(&aws, "aws", start);
    by_hand(&path(), start);
}

fn cell(program: &Program, store: &str, start: Start) {
    let project = shop();
    program.run(project.path(), &["--apply", "--store", store]).exits(0);
    let shown = program.run(project.path(), &["store", "copy", "--to", "print"]).exits(0).stdout;
    let key = shown.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).expect("a key").to_owned();
    let given = if store == "env-file" { Given::ByItself } else { Given::Exec(program) };
    assert_eq!(signs(project.path(), start, given, &key), "with this key", "{store} x {start:?}");
}

/// What no store holds is given by a person; the report says so.
fn by_hand(program: &Program, start: Start) {
    for store in ["print", "none"] {
        let project = shop();
        let run = program.run(project.path(), &["--apply", "--store", store]).exits(0);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("set SECRET_KEY") || said.contains("Set SECRET_KEY"), "{store}: no step\n{said}");
        let key = run.stdout.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).unwrap_or("a-key-of-the-host");
        assert_eq!(signs(project.path(), start, Given::Variable(key), key), "with this key", "{store} x {start:?}");
    }
}

#[test]
fn the_development_server() {
    every_store(Start::FlaskRun);
}

#[test]
fn the_file_itself() {
    every_store(Start::Python);
}

#[test]
fn gunicorn_with_two_workers() {
    every_store(Start::Gunicorn);
}
