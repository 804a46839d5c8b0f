//! A real Celery worker beside the sample shop: what it signs, the app accepts, with the key from every
//! store. Its queue is a folder, so that no broker is needed.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::python;
use super::start_matrix::{shop, with_every_store};
use crate::support::Program;

/// Tasks as people write them: the worker loads the app for its settings.
const TASKS: &str = "import os\n\nfrom celery import Celery\n\nfrom wsgi import app as shop\n\n\
                     queue = Celery(\"tasks\", broker=\"filesystem://\")\n\
                     queue.conf.broker_transport_options = {\n    \"data_folder_in\": os.environ[\"QUEUE\"],\n    \
                     \"data_folder_out\": os.environ[\"QUEUE\"],\n    \"control_folder\": os.environ[\"QUEUE\"],\n}\n\n\n\
                     @queue.task(name=\"sign\")\ndef sign(path):\n    \
                     signer = shop.session_interface.get_signing_serializer(shop)\n    \
                     with open(path + \".new\", \"w\") as out:\n        out.write(signer.dumps({\"name\": \"alice\"}))\n    \
                     os.rename(path + \".new\", path)\n";

/// Sends the task.
const SEND: &str = r#"
import sys
from celery import Celery
folder, path = sys.stdin.read().split()
queue = Celery(broker="filesystem://")
queue.conf.broker_transport_options = {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
queue.send_task("sign", args=[path])
"#;

/// Whether a cookie is signed with a key.
const SIGNED: &str = r#"
import hashlib, sys
from itsdangerous import URLSafeTimedSerializer
cookie, key = sys.stdin.read().split()
signer = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
signed, _ = URLSafeTimedSerializer(key, salt="cookie-session", signer_kwargs=signer).loads_unsafe(cookie)
print("with this key" if signed else "with another key")
"#;

struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(0)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

#[test]
fn a_worker_signs_with_the_key_of_every_store() {
    with_every_store(cell);
}

fn cell(program: &Program, store: &str) {
    let project = shop();
    project.write("tasks.py", TASKS);
    let run = program.run(project.path(), &["--apply", "--store", store]).exits(0);
    let line = |text: &str| text.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).map(str::to_owned);
    let key = match store {
        "print" => line(&run.stdout).expect("a key is shown"),
        "none" => "a-key-of-the-host-0123456789abcdef".to_owned(),
        _ => line(&program.run(project.path(), &["store", "copy", "--to", "print"]).exits(0).stdout).expect("a key"),
    };
    let interpreter = python::interpreter().display().to_string();
    let words = ["-m", "celery", "-A", "tasks", "worker", "-P", "solo", "--without-gossip", "--without-mingle"];
    let mut command = match store {
        "env-file" | "print" | "none" => {
            let mut command: Command = python::command();
            command.args(words).current_dir(project.path()).env("HOME", project.path());
            command
        }
        _ => program.command(project.path(), &[&["exec", "--", &interpreter][..], &words].concat()),
    };
    if matches!(store, "print" | "none") {
        command.env("SECRET_KEY", &key);
    }
    let queue = tempfile::tempdir().unwrap();
    let result = queue.path().join("signed.txt");
    let folder = queue.path().join("queue");
    std::fs::create_dir(&folder).unwrap();
    command.env("QUEUE", &folder).env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut worker = Worker(command.spawn().unwrap());
    python::run(SEND, &format!("{} {}", folder.display(), result.display()));
    let deadline = Instant::now() + Duration::from_secs(90);
    while !result.exists() {
        assert!(worker.0.try_wait().unwrap().is_none(), "{store}: the worker ended");
        assert!(Instant::now() < deadline, "{store}: the worker does nothing");
        std::thread::sleep(Duration::from_millis(50));
    }
    let cookie = std::fs::read_to_string(result).unwrap();
    assert_eq!(python::run(SIGNED, &format!("{cookie} {key}")).trim(), "with this key", "{store} x celery");
}
