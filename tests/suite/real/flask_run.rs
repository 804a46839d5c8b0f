//! The patched sample shop under Flask's own development server: over plain http, from the login
//! form to the page behind it, with Python's cookie jar, which withholds Secure cookies over http.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::python;
use crate::support::{Program, Project};

/// Logs in as the shop's own sample person; prints what the page behind the login says.
const LOGIN: &str = r#"
import http.cookiejar, re, sys, urllib.parse, urllib.request
base = sys.stdin.read().strip()
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
form = opener.open(base + "/auth/login", timeout=30).read().decode()
fields = dict(re.findall(r'type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
fields.update(username="alice", password="wonderland")
page = opener.open(base + "/auth/login", urllib.parse.urlencode(fields).encode(), timeout=30).read().decode()
print("Signed in as alice" in page, [cookie.secure for cookie in jar])
"#;

/// The sample shop, in a tree of its own.
fn shop() -> Project {
    let project = Project::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/apps/legacy-shop");
    let mut pending = vec![from.clone()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let inside = path.strip_prefix(&from).unwrap().to_str().unwrap();
                project.write(inside, std::fs::read(&path).unwrap());
            }
        }
    }
    project
}

struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        // The whole group: with debug on, the server runs the app in a child.
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(0)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

fn serve(dir: &Path, arguments: &[&str], port_variable: Option<&str>) -> Server {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
    let mut command = python::command();
    command.args(arguments).current_dir(dir).env("HOME", dir).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match port_variable {
        Some(name) => command.env(name, port.to_string()),
        None => command.args(["--port", &port.to_string()]),
    };
    let mut server = Server(command.spawn().expect("starts"), port);
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "the server ended");
        assert!(Instant::now() < deadline, "the server does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}

fn login(server: &Server) -> String {
    python::run(LOGIN, &format!("http://127.0.0.1:{}", server.1)).trim().to_owned()
}

#[test]
fn a_login_over_plain_http_works_after_apply() {
    let project = shop();
    Program::new().run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    let server = serve(project.path(), &["-m", "flask", "--app", "wsgi", "run"], None);
    assert_eq!(login(&server), "True [False]");
}

#[test]
fn the_file_itself_serves_after_apply() {
    let project = shop();
    Program::new().run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    let server = serve(project.path(), &["wsgi.py"], Some("PORT"));
    assert_eq!(login(&server), "True [False]");
}
