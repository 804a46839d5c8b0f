//! The `gunicorn.conf.py` we write, under the real gunicorn.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use flask_harden::templates::{DefaultVariable, GunicornConf};

use super::python;
use super::tree::TempTree;

const APP: &str = r#"
import os
from flask import Flask, session

def create_app():
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY")
    app.config["SESSION_COOKIE_SECURE"] = os.environ.get("SESSION_COOKIE_SECURE") == "true"

    @app.route("/")
    def index():
        session["n"] = 1
        return str(os.getpid())
    return app

app = create_app()

class Middleware:
    def __init__(self, app):
        self.app = app
    def __call__(self, environ, start_response):
        return self.app(environ, start_response)

wrapped = Middleware(Middleware(app))
bound = app.wsgi_app
looped = Middleware(None)
looped.app = looped

def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"plain"]
"#;

const SENTENCE: &str =
    "SECRET_KEY is not set: run `flask-harden onboard`, or set SECRET_KEY in the environment of this server.";

const DEFAULTS: [DefaultVariable<'static>; 1] =
    [DefaultVariable { name: "SESSION_COOKIE_SECURE", value: "true", why: "Cookies go over https only." }];

fn conf() -> GunicornConf<'static> {
    GunicornConf { defaults: &DEFAULTS, stop_without: Some("SECRET_KEY") }
}

fn new_file() -> String {
    conf().new_file(2, 4).expect("renders")
}

fn project(conf: &str) -> TempTree {
    let tree = TempTree::new();
    tree.write("shop.py", APP);
    tree.write("gunicorn.conf.py", conf);
    tree
}

fn gunicorn(dir: &Path, arguments: &[&str], key: Option<&str>) -> std::process::Command {
    let mut command = python::command();
    // Gunicorn before 20.1 cannot be started as `-m gunicorn`.
    command.args(["-m", "gunicorn.app.wsgiapp"]).args(arguments).current_dir(dir).env("HOME", dir);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(key) = key {
        command.env("SECRET_KEY", key);
    }
    command
}

fn finished(dir: &Path, arguments: &[&str], key: Option<&str>) -> Output {
    let mut child = gunicorn(dir, arguments, key).spawn().expect("starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while child.try_wait().expect("waits").is_none() {
        if Instant::now() > deadline {
            let _ = child.kill();
            let output = child.wait_with_output().expect("ends");
            panic!("gunicorn did not end: {}", String::from_utf8_lossy(&output.stderr));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().expect("ends")
}

/// A running server, stopped when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(dir: &Path, target: &str, key: Option<&str>) -> Server {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let bind = address.to_string();
        let mut command = gunicorn(dir, &["-b", &bind, "--graceful-timeout", "2", target], key);
        command.stderr(Stdio::inherit()).stdout(Stdio::inherit());
        let mut server = Server { child: command.spawn().expect("starts"), address };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(server.child.try_wait().expect("waits").is_none(), "gunicorn ended");
            assert!(Instant::now() < deadline, "gunicorn does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn get(&self) -> String {
        let mut stream = TcpStream::connect(self.address).expect("connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("timeout");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("writes");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM lets the master stop its workers; a kill would leave them.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

#[test]
fn the_files_pass_gunicorns_own_check() {
    for text in [new_file(), conf().added_file().expect("renders")] {
        let tree = project(&text);
        let output = finished(tree.path(), &["--check-config", "shop:app"], None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn settings_are_taken() {
    let tree = project(&new_file());
    let output = finished(tree.path(), &["--print-config", "shop:app"], None);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    let setting = |name: &str| {
        let line = shown.lines().find(|line| line.split_whitespace().next() == Some(name));
        line.and_then(|line| line.split_once('=')).map(|(_, value)| value.trim().to_owned())
    };
    for (name, value) in [
        ("workers", "2"),
        ("threads", "4"),
        ("timeout", "30"),
        ("graceful_timeout", "30"),
        ("keepalive", "5"),
        ("max_requests", "1000"),
        ("max_requests_jitter", "100"),
        ("limit_request_line", "4094"),
        ("limit_request_fields", "100"),
        ("limit_request_field_size", "8190"),
    ] {
        assert_eq!(setting(name).as_deref(), Some(value), "{name} in\n{shown}");
    }
    // Before 25.1 there is no such setting, and the line is ignored.
    assert!(matches!(setting("control_socket_disable").as_deref(), None | Some("True")), "{shown}");
}

#[test]
fn it_stops_with_one_sentence_without_a_key() {
    for text in [new_file(), conf().added_file().expect("renders")] {
        for target in ["shop:app", "shop:create_app()", "shop:wrapped", "shop:bound"] {
            let tree = project(&text);
            let output = finished(tree.path(), &["-b", "127.0.0.1:0", target], None);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(4), "{target}: {said}");
            assert_eq!(said.matches(SENTENCE).count(), 1, "{target}: {said}");
            assert!(!said.contains("Traceback"), "{target}: {said}");
            let boots = said.matches("Booting worker").count();
            assert!((1..=2).contains(&boots), "{boots} boots for {target}: {said}");
        }
    }
}

#[test]
fn it_runs_with_a_key_and_two_workers() {
    for target in ["shop:app", "shop:create_app()", "shop:wrapped"] {
        let tree = project(&new_file());
        let server = Server::start(tree.path(), target, Some("a key of the test"));
        let mut workers = std::collections::BTreeSet::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        while workers.len() < 2 {
            let answer = server.get();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(answer.contains("Set-Cookie: session=") && answer.contains("Secure;"), "{answer}");
            workers.insert(answer.rsplit("\r\n\r\n").next().unwrap_or("").to_owned());
            assert!(Instant::now() < deadline, "only {workers:?} answered");
        }
    }
}

#[test]
fn what_has_no_key_to_ask_for_is_left_alone() {
    for target in ["shop:plain", "shop:looped"] {
        let tree = project(&new_file());
        let server = Server::start(tree.path(), target, None);
        let answer = server.get();
        let wanted = if target == "shop:plain" { "plain" } else { "500" };
        assert!(answer.contains(wanted), "{answer}");
    }
}

#[test]
fn a_value_the_server_sets_wins() {
    let tree = project(&new_file());
    let script = "import os, runpy; os.environ['SESSION_COOKIE_SECURE'] = 'false'; os.environ['WEB_CONCURRENCY'] = '3'; \
                  c = runpy.run_path('gunicorn.conf.py'); print(os.environ['SESSION_COOKIE_SECURE'], c['workers'], 'bind' in c)";
    let output = python::command().args(["-c", script]).current_dir(tree.path()).output().expect("runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "false 3 False");
}

/// Gunicorn 19.4 calls the hook before the worker has loaded the app.
#[test]
fn a_worker_that_has_not_loaded_the_app_is_asked_for_it() {
    const HOOK: &str = "import runpy, sys, types\n\
        hook = runpy.run_path('gunicorn.conf.py')['post_worker_init']\n\
        app = types.SimpleNamespace(secret_key=sys.argv[1] or None)\n\
        log = types.SimpleNamespace(critical=print)\n\
        loader = types.SimpleNamespace(wsgi=lambda: app)\n\
        hook(types.SimpleNamespace(app=loader, age=1, alive=True, log=log))\n";
    let tree = project(&new_file());
    for (key, code) in [("", 4), ("a key", 0)] {
        let output = python::command().args(["-c", HOOK, key]).current_dir(tree.path()).output().expect("starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(said.contains(SENTENCE), key.is_empty(), "{said}");
    }
}
