//! A real server of AWS' API (moto), in memory. Ends with the test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long the server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Moto {
    server: Child,
    address: String,
}

impl Moto {
    pub(crate) fn start() -> Self {
        let python = std::env::var_os("FH_PYTHON").expect("FH_PYTHON names the Python of the tests");
        let program = Path::new(&python).with_file_name("moto_server");
        assert!(program.exists(), "{} is missing: it comes with tests/tools/requirements.txt", program.display());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto can be started");
        let mut moto = Self { server, address: format!("http://127.0.0.1:{port}") };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = moto.server.try_wait().unwrap();
            assert!(ended.is_none() && start.elapsed() < START_LIMIT, "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        moto
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.server.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.server.wait();
    }
}
