//! Store × start: the sample shop, started in each way with the key from each store, signs its
//! session with that key. Where nothing gives the app a key, the report says what a person does.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::deployments::{self, COMPOSE, Started, UNIT};
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
    /// From the ExecStart of a unit.
    Systemd,
    /// From the command of a service.
    Compose,
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
            Start::Systemd | Start::Compose => Vec::new(),
        };
        let mut line: Vec<String> = line.into_iter().map(str::to_owned).collect();
        if matches!(self, Start::FlaskRun) {
            line.push(port.to_string());
        }
        line
    }
}

/// The command of a deployment file, which starts gunicorn, at a port of this test.
fn deployed(started: &Started, port: u16) -> Vec<String> {
    let bound = |word: &String| match word.strip_suffix(":8000") {
        Some(_) => format!("127.0.0.1:{port}"),
        None => word.clone(),
    };
    ["-m", "gunicorn.app.wsgiapp"]
        .iter()
        .map(|word| (*word).to_owned())
        .chain(started.arguments.iter().map(bound))
        .collect()
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
    /// By the deployment file that starts it.
    Deployed(&'a Started),
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
    let arguments = match given {
        Given::Deployed(started) => deployed(started, port),
        _ => start.arguments(port),
    };
    let mut command = match given {
        Given::Exec(program) => {
            let mut line = vec!["exec".to_owned(), "--".to_owned(), python::interpreter().display().to_string()];
            line.extend(arguments);
            program.command(dir, &line)
        }
        Given::ByItself | Given::Variable(_) | Given::Deployed(_) => {
            let mut command: Command = python::command();
            command.args(arguments).current_dir(dir).env("HOME", dir);
            command
        }
    };
    match given {
        Given::Variable(value) => drop(command.env("SECRET_KEY", value)),
        Given::Deployed(started) => drop(command.envs(&started.environment)),
        Given::ByItself | Given::Exec(_) => {}
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

pub(super) fn shop() -> Project {
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

/// Every store, with the program that reaches it.
pub(super) fn with_every_store(cell: impl Fn(&Program, &str)) {
    let path = || Program::new().variable("PATH", std::env::var_os("PATH").unwrap());
    for store in ["env-file", "print", "none"] {
        cell(&path(), store);
    }
    cell(&Bed::new(Daemon::Unlocked).program, "keyring");
    let bao = Bao::start();
    cell(&path().variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token()), "vault");
    let moto = Moto::start();
    let aws = path()
        .variable("AWS_ENDPOINT_URL", moto.address())
        .variable("AWS_REGION", "eu-west-1")
        .variable("AWS_ACCESS_KEY_ID", "testing")
        .variable("AWS_SECRET_ACCESS_KEY", "testing");
    cell(&aws, "aws");
}

/// The shop with a deployment file, patched; what the report said; and the key a person has to bring.
fn patched(program: &Program, store: &str, path: &str, text: &str) -> (Project, String, String) {
    let project = shop();
    project.write(path, text);
    let run = program.run(project.path(), &["--apply", "--store", store]).exits(0);
    let line = |text: &str| text.lines().find_map(|line| line.strip_prefix("SECRET_KEY=")).map(str::to_owned);
    let key = match store {
        "print" => line(&run.stdout).expect("a key is shown"),
        "none" => "a-key-of-the-host-0123456789abcdef".to_owned(),
        _ => {
            let shown = program.run(project.path(), &["store", "copy", "--to", "print"]).exits(0).stdout;
            line(&shown).expect("a key")
        }
    };
    (project, format!("{}{}", run.stdout, run.stderr), key)
}

/// A unit finds the env file beside the app; from any other store a person brings the value to where the
/// drop-in of `store wiring` takes it. The report says so.
#[test]
fn a_unit_of_systemd() {
    with_every_store(|program, store| {
        let (project, said, key) = patched(program, store, "shop.service", UNIT);
        let dir = project.path();
        let unit = project.read("shop.service");
        let etc = tempfile::tempdir().unwrap();
        let dropin = program.run(dir, &["store", "wiring", "--for", "systemd"]).exits(0).stdout;
        assert!(!dropin.contains(&key) && !dropin.contains("keyring"), "{store}\n{dropin}");
        if store == "env-file" {
            let started = deployments::systemd(&unit, "", etc.path());
            assert_eq!(signs(dir, Start::Systemd, Given::Deployed(&started), &key), "with this key", "{store}");
            // Where the env file does not go along, the credential is enough.
            std::fs::remove_file(project.at(".env")).unwrap();
        } else {
            assert!(
                said.contains("shop.service") && said.contains("needs SECRET_KEY in its environment"),
                "{store}\n{said}"
            );
        }
        for line in dropin.lines() {
            let file = |path: &str, text: String| {
                let file = deployments::etc_path(etc.path(), path);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, text).unwrap();
            };
            if let Some(path) = line.strip_prefix("EnvironmentFile=") {
                file(path, format!("SECRET_KEY={key}\n"));
            } else if let Some((_, path)) = line.strip_prefix("LoadCredential=").and_then(|rest| rest.split_once(':')) {
                file(path, key.clone());
            }
        }
        let started = deployments::systemd(&unit, &dropin, etc.path());
        assert_eq!(signs(dir, Start::Systemd, Given::Deployed(&started), &key), "with this key", "{store}");
    });
}

/// A container has no env file of this computer: the value comes as a secret of compose, or from the
/// environment in which compose is started. The report says so.
#[test]
fn a_service_of_compose() {
    with_every_store(|program, store| {
        let (project, said, key) = patched(program, store, "compose.yml", COMPOSE);
        let dir = project.path();
        let piece = program.run(dir, &["store", "wiring", "--for", "compose"]).exits(0).stdout;
        assert!(!piece.contains(&key) && !piece.contains("keyring"), "{store}\n{piece}");
        assert!(said.contains("The service at compose.yml:") && said.contains("needs SECRET_KEY"), "{store}\n{said}");
        let file = project.read("compose.yml");
        let _ = std::fs::remove_file(project.at(".env"));
        let outside: &[(&str, &str)] = if store == "env-file" {
            project.write("secrets/SECRET_KEY", &key);
            &[]
        } else {
            let unset = deployments::compose(dir, &[&file, &piece], &[]).err().expect("no empty key");
            assert!(unset.contains("SECRET_KEY is missing a value"), "{store}\n{unset}");
            &[("SECRET_KEY", &key)]
        };
        let started = deployments::compose(dir, &[&file, &piece], outside).unwrap();
        assert_eq!(signs(dir, Start::Compose, Given::Deployed(&started), &key), "with this key", "{store}");
    });
}

/// The template of Vault Agent, filled in by a real agent from a real server.
#[test]
fn a_template_of_vault_agent() {
    let bao = Bao::start();
    let path = std::env::var_os("PATH").unwrap();
    let program = Program::new().variable("PATH", path);
    let program = program.variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token());
    let (project, _, key) = patched(&program, "vault", "shop.service", UNIT);
    let piece = program.run(project.path(), &["store", "wiring", "--for", "vault-agent"]).exits(0).stdout;
    let run = tempfile::tempdir().unwrap();
    let at = |name: &str| run.path().join(name).display().to_string();
    std::fs::write(at("token"), bao.token()).unwrap();
    let target = piece.split("destination").nth(1).and_then(|rest| rest.split('"').nth(1)).expect("a destination");
    // An agent by default keeps running, and has to be told who it is; the piece is taken as it is.
    let server = match piece.contains("\nvault {") {
        true => String::new(),
        false => format!("vault {{\n  address = \"{}\"\n}}\n", bao.address()),
    };
    let login = format!("config = {{\n      token_file_path = \"{}\"\n    }}", at("token"));
    let config = format!(
        "exit_after_auth = true\n{server}auto_auth {{\n  method \"token_file\" {{\n    {login}\n  }}\n}}\n{}",
        piece.replace(target, &at("environment"))
    );
    std::fs::write(at("agent.hcl"), &config).unwrap();
    let agent = python::interpreter().with_file_name("bao");
    let output = Command::new(agent).args(["agent", "-config", &at("agent.hcl")]).output().unwrap();
    let text = std::fs::read_to_string(at("environment")).unwrap_or_default();
    assert_eq!(text.trim(), format!("SECRET_KEY={key}"), "{config}\n{}", String::from_utf8_lossy(&output.stdout));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(at("environment")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let etc = tempfile::tempdir().unwrap();
    std::fs::create_dir(etc.path().join("shop")).unwrap();
    std::fs::write(etc.path().join("shop/environment"), text).unwrap();
    let started = deployments::systemd(UNIT, "EnvironmentFile=/etc/shop/environment\n", etc.path());
    assert_eq!(signs(project.path(), Start::Systemd, Given::Deployed(&started), &key), "with this key");
}

/// Every piece is read by the program it is for, or by a reader of its language, and the page that is read
/// first names it.
#[test]
fn every_piece_is_read_without_a_complaint() {
    const YAML: &str = "import sys, yaml\ndocument = yaml.safe_load(sys.stdin.read())\nprint(*sorted(document))\n";
    let program = Program::new();
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    for store in ["env-file", "none"] {
        let (project, _, _) = patched(&program, store, "shop.service", UNIT);
        for piece in flask_harden::engine::PIECES {
            assert!(readme.contains(&format!("`{}`", piece.name)), "{} is not in README.md", piece.name);
            let text = program.run(project.path(), &["store", "wiring", "--for", piece.name]).exits(0).stdout;
            match piece.name {
                "compose" => {
                    let parts = python::run(YAML, &text);
                    assert_eq!(parts.trim(), if store == "env-file" { "secrets services" } else { "services" });
                }
                "kubernetes" => assert_eq!(python::run(YAML, &text).trim(), "env"),
                "env" => {
                    project.write("with-keys.sh", &text);
                    let read = Command::new("sh").arg("-n").arg(project.at("with-keys.sh")).status().unwrap();
                    assert!(read.success());
                }
                "systemd" => {
                    let unit = UNIT.replace("/srv/shop/venv/bin/gunicorn", "/bin/true").replace("/srv/shop", "/");
                    let section = text.split_once("[Service]\n").expect("a section").1;
                    project.write("verified.service", unit.replace("[Service]\n", &format!("[Service]\n{section}")));
                    let verify =
                        Command::new("systemd-analyze").arg("verify").arg(project.at("verified.service")).output();
                    // It comes with systemd, which not every computer of a test has.
                    if let Ok(output) = verify {
                        let said = String::from_utf8_lossy(&output.stderr).into_owned();
                        let ours = said.lines().any(|line| line.contains("verified.service") && line.contains(':'));
                        assert!(!ours, "{said}\n{text}");
                    }
                }
                // A real agent reads it, above.
                "vault-agent" => {}
                other => panic!("{other} is read by nothing here"),
            }
        }
    }
}

/// The keyring of a laptop is in no file that a deployment reads, and each of those files has its step.
#[test]
fn a_keyring_is_wired_into_no_deployment_file() {
    let bed = Bed::new(Daemon::Unlocked);
    let project = shop();
    let files = [
        ("shop.service", UNIT),
        ("compose.yml", COMPOSE),
        (
            "Dockerfile",
            "FROM python:3.12\nCOPY . /srv/shop\nWORKDIR /srv/shop\nRUN pip install -r requirements.txt\nCMD [\"gunicorn\", \"wsgi:app\"]\n",
        ),
        (
            "k8s/shop.yml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n      containers:\n        \
             - name: web\n          image: shop\n          command: [gunicorn, wsgi:app]\n",
        ),
    ];
    for (path, text) in files {
        project.write(path, text);
    }
    let run = bed.program.run(project.path(), &["--apply", "--store", "keyring"]).exits(0);
    let said = format!("{}{}", run.stdout, run.stderr);
    for (path, (_, bytes)) in project.picture() {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let deployed =
            path == "Procfile" || path == "gunicorn.conf.py" || files.iter().any(|(known, _)| *known == path);
        assert!(!deployed || !text.contains("keyring") && !text.contains("flask-harden exec"), "{path}\n{text}");
    }
    for (path, _) in files {
        let step = said.lines().any(|line| line.contains(path) && line.contains("SECRET_KEY"));
        assert!(step, "{path} has no step\n{said}");
    }
    let wired = bed.program.run(project.path(), &["store", "wiring"]).exits(0).stdout;
    assert!(!wired.to_lowercase().contains("keyring"), "{wired}");
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
