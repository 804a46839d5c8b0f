//! The sample shop under gunicorn with two workers: somebody signs in, and the session is signed
//! with the key that is meant.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::python;

/// A server that was started, and all its workers.
pub(super) struct Server {
    child: Child,
    port: u16,
}

/// A port that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port()
}

/// Python's arguments for gunicorn on a port.
pub(super) fn gunicorn(app: &str, port: u16) -> Vec<String> {
    ["-m", "gunicorn.app.wsgiapp", "-w", "2", "-b"]
        .into_iter()
        .map(str::to_owned)
        .chain([format!("127.0.0.1:{port}"), app.to_owned()])
        .collect()
}

impl Server {
    /// Starts a command that serves on the port.
    #[track_caller]
    pub(super) fn start(mut command: Command, port: u16) -> Self {
        command.env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { child: command.spawn().unwrap(), port };
        let deadline = Instant::now() + Duration::from_secs(90);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "the server ended");
            assert!(Instant::now() < deadline, "the server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// What the kernel says of the process that was started: `cmdline`, `environ`.
    pub(super) fn proc(&self, name: &str) -> Vec<u8> {
        std::fs::read(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }

    /// Signs alice in, and tells how that went: whose page is shown, and whether the session is
    /// signed with this key.
    #[track_caller]
    pub(super) fn sign_in(&self, key: &str) -> String {
        python::run(SIGN_IN, &format!("{} {key}", self.port)).trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

/// Asked several times, so that both workers meet the cookie of one of them.
const SIGN_IN: &str = r#"
import hashlib, http.client, sys
from itsdangerous import URLSafeTimedSerializer
port, key = sys.stdin.read().split()
def ask(method, path, body=None, **headers):
    server = http.client.HTTPConnection("127.0.0.1", int(port), timeout=60)
    server.request(method, path, body, headers)
    answer = server.getresponse()
    return answer, answer.read().decode()
form = {"Content-Type": "application/x-www-form-urlencoded"}
answer, _ = ask("POST", "/auth/login", "username=alice&password=wonderland", **form)
cookie = answer.headers["Set-Cookie"].split("session=", 1)[1].split(";")[0]
pages = [ask("GET", answer.headers["Location"], Cookie="session=" + cookie)[1] for _ in range(8)]
signer = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
signed, _ = URLSafeTimedSerializer(key, salt="cookie-session", signer_kwargs=signer).loads_unsafe(cookie)
shown = all("Signed in as alice" in page for page in pages)
print("alice" if shown else "nobody", "with this key" if signed else "with another key")
"#;
