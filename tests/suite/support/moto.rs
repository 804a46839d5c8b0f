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
    /// Starts a server that takes any credentials.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one that checks signatures and policies, after the three calls that make a user.
    pub(crate) fn guarded() -> Self {
        Self::with(&[("INITIAL_NO_AUTH_ACTION_COUNT", "3")])
    }

    /// Makes the user of a guarded server, who may do these two things: `KEY_ID SECRET_KEY`.
    pub(crate) fn user(&self, first: &str, second: &str) -> String {
        let script = format!(
            "import boto3, json\niam = boto3.client('iam', region_name='eu-west-1', endpoint_url={:?}, \
             aws_access_key_id='x', aws_secret_access_key='x')\niam.create_user(UserName='shop')\n\
             policy = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Resource': '*', \
             'Action': [{first:?}, {second:?}]}}]}}\n\
             iam.put_user_policy(UserName='shop', PolicyName='shop', PolicyDocument=json.dumps(policy))\n\
             key = iam.create_access_key(UserName='shop')['AccessKey']\n\
             print(key['AccessKeyId'], key['SecretAccessKey'])",
            self.address
        );
        let python = std::env::var_os("FH_PYTHON").expect("FH_PYTHON names the Python of the tests");
        let output = Command::new(python).args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn with(variables: &[(&str, &str)]) -> Self {
        let python = std::env::var_os("FH_PYTHON").expect("FH_PYTHON names the Python of the tests");
        let program = Path::new(&python).with_file_name("moto_server");
        assert!(program.exists(), "{} is missing: it comes with tests/tools/requirements.txt", program.display());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables.iter().copied())
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
