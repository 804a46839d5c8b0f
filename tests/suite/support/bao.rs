//! A real server of Vault's API (OpenBao), in memory, with a token of its own. Ends with the test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// How long the server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Bao {
    server: Child,
    home: TempDir,
    address: String,
    token: String,
}

impl Bao {
    /// Starts a server over plain http on this computer.
    pub(crate) fn start() -> Self {
        Self::with(&[], "http")
    }

    /// Starts one with a certificate of an authority of its own.
    pub(crate) fn with_tls() -> Self {
        Self::with(&["-dev-tls", "-dev-tls-cert-dir=tls"], "https")
    }

    fn with(options: &[&str], scheme: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("tls")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // No secret of anybody: the server lives as long as the test.
        let token = format!("root-of-{}-{port}", std::process::id());
        let server = Command::new(program())
            .args(["server", "-dev", "-dev-no-store-token"])
            .arg(format!("-dev-root-token-id={token}"))
            .arg(format!("-dev-listen-address=127.0.0.1:{port}"))
            .args(options)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .current_dir(home.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(home.path().join("log")).unwrap())
            .spawn()
            .expect("the OpenBao server can be started");
        let mut bao = Self { server, home, address: format!("{scheme}://127.0.0.1:{port}"), token };
        bao.wait(port);
        bao
    }

    fn wait(&mut self, port: u16) {
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.server.try_wait().unwrap();
            let log = || std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
            assert!(ended.is_none() && start.elapsed() < START_LIMIT, "the OpenBao server does not answer:\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The certificate of its authority, with TLS.
    pub(crate) fn authority(&self) -> PathBuf {
        self.home.path().join("tls/vault-ca.pem")
    }
}

impl Drop for Bao {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.server.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.server.wait();
    }
}

/// `bao` beside the tests' own Python.
fn program() -> PathBuf {
    let python = std::env::var_os("FH_PYTHON").expect("FH_PYTHON names the Python of the tests");
    let program = Path::new(&python).with_file_name("bao");
    assert!(program.exists(), "{} is missing: it comes with tests/tools/requirements.txt", program.display());
    program
}
