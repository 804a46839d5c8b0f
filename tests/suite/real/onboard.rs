//! `onboard` against the real other side: a login over plain http under Flask's own server, and every
//! store with secrets in it and the rest in the env file.

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::keyring_bed::{Bed, Daemon};
use super::{python, stores};
use crate::support::bao::Bao;
use crate::support::moto::Moto;
use crate::support::{Canary, Program, Project};

const APP: &str = "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask, redirect, request, session\n\n\
                   load_dotenv()\napp = Flask(__name__)\napp.config.update(\n    SECRET_KEY=os.environ[\"SECRET_KEY\"],\n    \
                   SESSION_COOKIE_SECURE=os.environ.get(\"SESSION_COOKIE_SECURE\", \"True\") == \"True\",\n)\n\
                   PAYMENT = os.environ[\"PAYMENT_API_KEY\"]\n\n\n@app.post(\"/login\")\ndef login():\n    \
                   session[\"name\"] = request.form[\"name\"]\n    return redirect(\"/\")\n\n\n@app.get(\"/\")\ndef home():\n    \
                   return f\"{session.get('name')} {os.environ.get('PAGE_SIZE')} {len(PAYMENT)}\"\n";

const EXAMPLE: &str =
    "FLASK_APP=app.py\nPAGE_SIZE=20\nSECRET_KEY=changeme\nPAYMENT_API_KEY=your-key\nSESSION_COOKIE_SECURE=True\n";

fn clone() -> Project {
    let mut project = Project::with_git();
    project.write("app.py", APP).write(".env.example", EXAMPLE).write("requirements.txt", "flask\npython-dotenv\n");
    project.commit("first");
    stores::named(&project);
    project
}

/// Signs in with Python's cookie jar, which withholds Secure cookies over http; prints the page behind.
const LOGIN: &str = r#"
import http.cookiejar, sys, urllib.parse, urllib.request
base = sys.stdin.read().strip()
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
form = urllib.parse.urlencode({"name": "alice"}).encode()
print(opener.open(base + "/login", form, timeout=30).read().decode(), [cookie.secure for cookie in jar])
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(0)) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// What a person sees who signs in, the app started by the words that `onboard` ends with.
fn signed_in(program: &Program, project: &Project, start: &str) -> String {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
    let words: Vec<&str> = start.split(' ').collect();
    let python = python::interpreter().display().to_string();
    let flask = |words: &[&str]| -> Vec<String> {
        assert_eq!(words, ["flask", "run"], "{start}");
        [&python, "-m", "flask", "run", "--port", &port.to_string()].map(str::to_owned).to_vec()
    };
    let mut command = match words.as_slice() {
        ["flask-harden", "exec", "--", rest @ ..] => {
            program.command(project.path(), &[vec!["exec".to_owned(), "--".to_owned()], flask(rest)].concat())
        }
        rest => {
            let line = flask(rest);
            let mut command = python::command();
            command.args(&line[1..]).current_dir(project.path());
            command
        }
    };
    command.env("PYTHONDONTWRITEBYTECODE", "1").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Server(command.spawn().unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "the server ended: {start}");
        assert!(Instant::now() < deadline, "the server does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    python::run(LOGIN, &format!("http://127.0.0.1:{port}")).trim().to_owned()
}

/// The command behind `Start the app:`, and the address.
fn start(said: &str) -> (String, String) {
    let line = said.lines().find_map(|line| line.strip_prefix("Start the app: ")).expect(said);
    let (command, address) = line.split_once("   then open ").expect(line);
    (command.to_owned(), address.to_owned())
}

#[test]
fn a_login_over_plain_http_works_after_onboard() {
    let (program, project) = (Program::new(), clone());
    let output = program.feed(project.path(), &["onboard", "--set-file", "PAYMENT_API_KEY=-"], "four\n");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(start(&said), ("flask run".to_owned(), "http://127.0.0.1:5000".to_owned()));
    assert_eq!(signed_in(&program, &project, "flask run"), "alice 20 4 [False]");
    // With the example copied as it is, the browser keeps the session to itself.
    project.write(".env", EXAMPLE);
    assert_eq!(signed_in(&program, &project, "flask run"), "None 20 8 [True]");
}

#[test]
fn each_store_takes_the_secrets_and_the_env_file_the_rest() {
    let path = || Program::new().variable("PATH", std::env::var_os("PATH").unwrap());
    keeps(&path(), "env-file");
    keeps(&Bed::new(Daemon::Unlocked).program, "keyring");
    let bao = Bao::start();
    keeps(&path().variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token()), "vault");
    let moto = Moto::start();
    let aws = path()
        .variable("AWS_ENDPOINT_URL", moto.address())
        .variable("AWS_REGION", "eu-west-1")
        .variable("AWS_ACCESS_KEY_ID", "testing")
        .variable("AWS_SECRET_ACCESS_KEY", "testing");
    keeps(&aws, "aws");
}

fn keeps(program: &Program, store: &str) {
    let (project, canary) = (clone(), Canary::new());
    let args = ["onboard", "--store", store, "--set-file", "PAYMENT_API_KEY=-"];
    let output = program.feed(project.path(), &args, &format!("{}\n", canary.value()));
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{store}\n{said}");
    assert!(!canary.is_in(said.as_bytes()), "{store}");
    let text = project.read(".env");
    assert!(text.contains("PAGE_SIZE=20\n") && text.contains("SESSION_COOKIE_SECURE=False\n"), "{store}\n{text}");
    let in_file = store == "env-file";
    assert_eq!(canary.is_in(text.as_bytes()), in_file, "{store}");
    assert_eq!(text.lines().any(|line| line.starts_with("SECRET_KEY=")), in_file, "{store}\n{text}");
    assert_eq!(stores::passed(program, project.path(), "PAYMENT_API_KEY"), canary.value(), "{store}");
    let key = stores::passed(program, project.path(), "SECRET_KEY");
    assert_eq!(key.len(), 64, "{store}");
    let (command, _) = start(&said);
    assert_eq!(command.starts_with("flask-harden exec -- "), !in_file, "{store}: {command}");
    let length = canary.value().len();
    assert_eq!(signed_in(program, &project, &command), format!("alice 20 {length} [False]"), "{store}");

    // The same answer again changes nothing; another one is refused, and nothing is overwritten.
    let before = project.picture();
    let same = program.feed(project.path(), &args, &format!("{}\n", canary.value()));
    assert_eq!(same.status.code(), Some(0), "{store}: {}", String::from_utf8_lossy(&same.stderr));
    let other = program.feed(project.path(), &args, "another\n");
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(5), "{store}\n{said}");
    assert!(said.contains("PAYMENT_API_KEY has another value in"), "{store}\n{said}");
    assert!(project.picture() == before);
    assert_eq!(stores::passed(program, project.path(), "PAYMENT_API_KEY"), canary.value(), "{store}");
    if !in_file {
        colleague(program, store, &key, &canary);
    }
}

/// A second clone of the same project finds the values in the store: it takes them where it is told to,
/// is asked for none of them, and replaces none.
fn colleague(program: &Program, store: &str, key: &str, canary: &Canary) {
    let project = clone();
    let before = project.picture();
    let refused = program.run(project.path(), &["onboard", "--store", store]).exits(5);
    assert!(refused.stderr.contains("--adopt"), "{store}\n{}", refused.stderr);
    assert!(project.picture() == before);
    let run = program.run(project.path(), &["onboard", "--store", store, "--adopt"]).exits(0);
    assert!(run.stdout.contains("was there     SECRET_KEY, PAYMENT_API_KEY"), "{store}\n{}", run.stdout);
    assert_eq!(stores::passed(program, project.path(), "SECRET_KEY"), key, "{store}");
    assert_eq!(stores::passed(program, project.path(), "PAYMENT_API_KEY"), canary.value(), "{store}");
    let after = project.picture();
    let again = program.run(project.path(), &["onboard"]).exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{store}\n{}", again.stdout);
    assert!(project.picture() == after);
}

#[test]
fn print_shows_the_value_that_was_given_and_none_takes_none() {
    let (program, project, canary) = (Program::new(), clone(), Canary::new());
    let args = ["onboard", "--store", "print", "--set-file", "PAYMENT_API_KEY=-"];
    let output = program.feed(project.path(), &args, &format!("{}\n", canary.value()));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("\nPAYMENT_API_KEY={}\n", canary.value())), "{said}");
    assert!(said.lines().any(|line| line.strip_prefix("SECRET_KEY=").is_some_and(|key| key.len() == 64)), "{said}");
    assert!(said.contains("By hand: set SECRET_KEY, PAYMENT_API_KEY in the environment first"), "{said}");
    assert!(!canary.is_in(project.read(".env").as_bytes()) && !canary.is_in(&output.stderr));

    let project = clone();
    let refused =
        program.feed(project.path(), &["onboard", "--store", "none", "--set-file", "PAYMENT_API_KEY=-"], "x\n");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("PAYMENT_API_KEY would be kept nowhere"), "{said}");
    let run = program.run(project.path(), &["onboard", "--store", "none"]).exits(0);
    assert!(run.stdout.contains("not made      SECRET_KEY, PAYMENT_API_KEY"), "{}", run.stdout);
    assert!(run.stdout.contains("Start the app: flask run"), "{}", run.stdout);
    assert!(project.read(".env").contains("# SECRET_KEY is set by the host\n"), "{}", project.read(".env"));
}
