//! `rotate` from outside: what it refuses, what it writes, what it says. Sessions under real
//! versions of Flask are `real/rotate.rs`.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Canary, Program, Project, snapshot};

const APP: &str = "import os\n\nfrom flask import Flask, session\nfrom flask_login import LoginManager\n\n\n\
    app = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\")\nlogin = LoginManager(app)\n\n\n\
    @app.get(\"/\")\ndef home():\n    session[\"seen\"] = 1\n    return \"ok\"\n";

/// An app that reads its key from the environment, with a key of its own making in `.env`.
fn app(requirements: &str) -> (Program, Project, String) {
    let mut project = Project::with_git();
    project.write("app.py", APP).write(".gitignore", ".env\n").write("requirements.txt", requirements);
    project.write("Procfile", "web: gunicorn app:app\n");
    project.commit("first");
    let program = Program::new();
    let key = Canary::new().value().replace('!', "-");
    let set = program.feed(project.path(), &["store", "set", "SECRET_KEY", "--store", "env-file"], &key);
    assert!(set.status.success());
    (program, project, key)
}

fn value(project: &Project, name: &str) -> Option<String> {
    let text = project.read(".env");
    text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

#[test]
fn a_cutover_replaces_the_key_and_says_first_what_ends() {
    let (program, project, old) = app("flask\n");
    project.write(".env", format!("A=1\nSECRET_KEY={old}\nSECRET_KEY_FALLBACKS=older,oldest\nB='2'\n"));
    project.mode(".env", 0o600);
    let before = project.picture();
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
    let new = value(&project, "SECRET_KEY").unwrap();
    assert!(new.len() == 64 && new != old);
    assert_eq!(project.read(".env"), format!("A=1\nSECRET_KEY={new}\nB='2'\n"), "an old key signs, too");
    assert_eq!(std::fs::metadata(project.at(".env")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(![&run.stdout, &run.stderr].iter().any(|text| text.contains(&new) || text.contains(&old)));
    let run_id = run.stdout.split("undo ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    snapshot::check("cli", "rotate-cutover", &run.transcript().replace(&run_id, "7f3a"));
    program.run(project.path(), &["undo"]).exits(0);
    assert_eq!(project.picture(), before);
}

#[test]
fn a_grace_period_keeps_the_old_key_and_finish_drops_it() {
    let (program, project, old) = app("flask==3.1.2\n");
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "40"]).exits(0);
    let new = value(&project, "SECRET_KEY").unwrap();
    assert_ne!(new, old);
    assert_eq!(value(&project, "SECRET_KEY_FALLBACKS").as_deref(), Some(old.as_str()));
    assert!(!run.stderr.contains(&old) && !run.stdout.contains(&old) && !run.stderr.contains(&new));
    let line = "app.config[\"SECRET_KEY_FALLBACKS\"] = [\n    key for key in os.environ.get(\"SECRET_KEY_FALLBACKS\", \"\").split(\",\") if key\n]\n";
    assert!(project.read("app.py").contains(line), "{}", project.read("app.py"));
    assert!(run.stderr.contains("SECRET_KEY_FALLBACKS"), "the patch is shown: {}", run.stderr);

    let status = program.run(project.path(), &["store", "status"]).exits(0).stdout;
    assert!(status.contains("--finish"), "{status}");
    // A second planned change while the first goes on: both old keys count.
    program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "40"]).exits(0);
    assert_eq!(value(&project, "SECRET_KEY_FALLBACKS"), Some(format!("{new},{old}")));
    assert_eq!(project.read("app.py").matches("app.config[\"SECRET_KEY_FALLBACKS\"]").count(), 1);

    let early = program.run(project.path(), &["rotate", "SECRET_KEY", "--finish"]).exits(2);
    assert!(early.stderr.contains("--finish --yes"), "{}", early.stderr);
    assert!(value(&project, "SECRET_KEY_FALLBACKS").is_some());
    program.run(project.path(), &["rotate", "SECRET_KEY", "--finish", "--yes"]).exits(0);
    assert_eq!(value(&project, "SECRET_KEY_FALLBACKS"), None);
    program.run(project.path(), &["rotate", "SECRET_KEY", "--finish"]).exits(3);
    // What is left of it is nothing that `--apply` would fill.
    let left = program.run(project.path(), &["scan", "--format", "json"]).stdout;
    assert!(!left.contains("SECRET_KEY_FALLBACKS has no value"), "{left}");
}

#[test]
fn a_leaked_key_is_only_cut_over() {
    let (program, mut project, old) = app("flask==3.1.2\n");
    project.write("notes.env", format!("SECRET_KEY={old}\n"));
    project.commit("oops");
    let before = project.picture();
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--grace", "7"]).exits(2);
    assert!(run.stderr.contains("leaked") && run.stderr.contains("--cutover"), "{}", run.stderr);
    assert_eq!(project.picture(), before);
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
    assert!(run.stderr.contains("The old value leaked: notes.env:1"), "{}", run.stderr);
}

#[test]
fn what_must_not_be_rotated_that_way_is_refused_and_nothing_is_written() {
    for (requirements, args, words) in [
        ("flask==3.1.0\n", &["SECRET_KEY", "--grace", "7"][..], "Flask 3.1.0 (requirements.txt)"),
        ("flask>=3.0\n", &["SECRET_KEY", "--grace", "7"], "needs Flask 3.1.1 or newer"),
        ("flask\n", &["SECRET_KEY", "--grace", "7"], "not known which Flask"),
        ("flask==3.1.2\n", &["SECURITY_PASSWORD_SALT", "--cutover"], "is never rotated"),
        ("flask==3.1.2\n", &["JWT_SECRET_KEY", "--cutover"], "nothing here reads a key"),
    ] {
        let (program, project, _) = app(requirements);
        let before = project.picture();
        let line: Vec<&str> = std::iter::once("rotate").chain(args.iter().copied()).collect();
        let run = program.run(project.path(), &line).exits(2);
        assert!(run.stderr.contains(words) && run.stderr.contains("\n  now: "), "{args:?}: {}", run.stderr);
        assert_eq!(project.picture(), before, "{args:?}");
    }
}

#[test]
fn a_key_in_the_code_is_not_rotated_in_a_store() {
    let (program, project, _) = app("flask==3.1.2\n");
    project.write("app.py", APP.replace("os.environ.get(\"SECRET_KEY\")", "\"colour-me-surprised-19\""));
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(2);
    assert!(run.stderr.contains("is written in the code") && run.stderr.contains("app.py:8"), "{}", run.stderr);
}

#[test]
fn data_that_would_be_lost_needs_a_yes() {
    let (program, project, _) = app("flask\n");
    let fernet = "import os\n\nfrom cryptography.fernet import Fernet\n\nbox = Fernet(os.environ[\"SECRET_KEY\"])\n";
    project.write("vault.py", fernet);
    let before = project.picture();
    let run = program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(2);
    assert!(run.stderr.contains("encrypted data") && run.stderr.contains("--yes"), "{}", run.stderr);
    assert_eq!(project.picture(), before);
    program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover", "--yes"]).exits(0);
}

/// Makes the recorded keys older.
fn age(program: &Program, days: u64) {
    let mut pending = vec![program.state()];
    while let Some(dir) = pending.pop() {
        for path in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                pending.push(path);
            } else if path.ends_with("keys.json") {
                let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                for key in record["keys"].as_array_mut().unwrap() {
                    key["created"] = (key["created"].as_u64().unwrap() - days * 86_400).into();
                }
                std::fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
            }
        }
    }
}

#[test]
fn an_old_key_is_a_low_finding_until_it_is_rotated() {
    let (program, project, _) = app("flask\n");
    let found = || {
        let scan = program.run(project.path(), &["scan", "--format", "json", "--select", "FH120"]).exits(0).stdout;
        let scan: serde_json::Value = serde_json::from_str(&scan).unwrap();
        scan["findings"].as_array().unwrap().clone()
    };
    let status = || program.run(project.path(), &["store", "status"]).exits(0).stdout;
    age(&program, 360);
    assert!(found().is_empty() && !status().contains("older"));
    project.write(".flask-harden.toml", "rotate-after = 90\n");
    assert!(found().len() == 1 && found()[0]["severity"] == "low" && found()[0]["line"] == 8, "{:?}", found());
    assert!(status().contains("older than 90 days: flask-harden rotate SECRET_KEY --cutover"), "{}", status());
    program.run(project.path(), &["rotate", "SECRET_KEY", "--cutover"]).exits(0);
    assert!(found().is_empty() && status().contains("set today"));
}
