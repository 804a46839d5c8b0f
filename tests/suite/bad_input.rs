//! Bad and hostile input: each has its message, its exit code, and loses nothing.

use std::os::unix::fs::symlink;

use crate::support::{Program, Project};

const APP: &str = "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"dev\"\n";

fn app() -> Project {
    let project = Project::new();
    project.write("app.py", APP);
    project
}

/// `--apply` into the env file.
const APPLY: &[&str] = &["--apply", "--store", "env-file"];

#[test]
fn no_git_and_an_empty_repository_are_checked_and_patched() {
    let run = Program::new().run(app().path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("this is not a git repository"), "{}", run.stdout);
    let empty = Project::with_git();
    empty.write("app.py", APP);
    let program = Program::new();
    program.run(empty.path(), APPLY).exits(0);
    assert!(empty.read(".gitignore").contains(".env"));
    assert!(empty.read("app.py").contains("os.environ.get(\"SECRET_KEY\")"));
    program.run(empty.path(), &["undo"]).exits(0);
    assert_eq!(empty.read("app.py"), APP);
}

#[test]
fn what_is_no_text_is_named_and_the_rest_is_judged() {
    let project = app();
    project.write("settings.py", b"SECRET_KEY = '\xff\xfe'\n");
    let run = Program::new().run(project.path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("settings.py") && run.stdout.contains("not UTF-8"), "{}", run.stdout);
    assert!(run.stdout.contains("FH102"), "{}", run.stdout);
    let json = Program::new().run(project.path(), &["scan", "--format", "json"]).exits(1);
    assert!(json.stdout.contains("\"complete\": false"), "{}", json.stdout);
}

#[test]
fn a_list_of_packages_in_utf_16_is_read_and_never_written() {
    let list = "\u{feff}Flask==3.0.2\r\nWerkzeug==3.0.1\r\n";
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let project = app();
        let list: Vec<u8> = list.encode_utf16().flat_map(bytes).collect();
        project.write("requirements.txt", &list[..]);
        project
            .write("Dockerfile", "FROM python:3.12\nCOPY . .\nENV FLASK_ENV=staging\nCMD [\"python\", \"serve.py\"]\n");
        project.write("serve.py", "from app import app\n\napp.run(host=\"0.0.0.0\")\n");
        let json = Program::new().run(project.path(), &["scan", "--format", "json"]).exits(1);
        assert!(json.stdout.contains("\"complete\": true"), "{}", json.stdout);
        // What it pins counts: this Flask does not read FLASK_ENV.
        assert!(json.stdout.contains("FH405") && json.stdout.contains("FH501"), "{}", json.stdout);
        Program::new().run(project.path(), APPLY).exits(0);
        assert_eq!(std::fs::read(project.at("requirements.txt")).unwrap(), list);
    }
    let project = app();
    project.write("requirements.txt", b"\xff\xfeF");
    let run = Program::new().run(project.path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("requirements.txt") && run.stdout.contains("not UTF-8"), "{}", run.stdout);
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let project = app();
    project.write("config.py", "SECRET_KEY = 'x'\n").mode("config.py", 0o000);
    if std::fs::File::open(project.at("config.py")).is_ok() {
        // Root reads everything; a directory in the place of a file is unreadable for root, too.
        std::fs::remove_file(project.at("config.py")).unwrap();
        symlink("/nonexistent/config.py", project.at("config.py")).unwrap();
    }
    let run = Program::new().run(project.path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("config.py"), "{}", run.stdout);
}

#[test]
fn invalid_python_and_python_2_are_read_and_never_rewritten() {
    for (text, said) in [
        ("from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'dev'\nx = (((\n", "invalid Python"),
        ("from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'dev'\nprint 'started'\n", "Python 2"),
    ] {
        let project = Project::new();
        project.write("app.py", text);
        let program = Program::new();
        let run = program.run(project.path(), &["scan"]).exits(1);
        assert!(run.stdout.contains(said) && run.stdout.contains("FH102"), "{}", run.stdout);
        let run = program.run(project.path(), APPLY).exits(0);
        assert_eq!(project.read("app.py"), text, "{}", run.stderr);
        assert!(!project.at(".env").exists(), "no key for an app that does not read it");
    }
}

#[test]
fn invalid_settings_end_the_run_with_the_line() {
    let project = app();
    project.write(".flask-harden.toml", "fail-on = \"medium\"\nstore = [\n");
    let run = Program::new().run(project.path(), &["scan"]).exits(2);
    assert!(run.stderr.contains(".flask-harden.toml:"), "{}", run.stderr);
    project.write(".flask-harden.toml", "no-such-setting = 1\n");
    let run = Program::new().run(project.path(), APPLY).exits(2);
    assert!(run.stderr.contains(".flask-harden.toml:1"), "{}", run.stderr);
    assert_eq!(project.read("app.py"), APP);
}

#[test]
fn what_the_settings_declare_is_where_production_starts() {
    let project = app();
    let start = "targets.prod = { start = \"gunicorn -c conf.py app:app\", https = true }\n";
    project.write(".flask-harden.toml", start).write("conf.py", "timeout = 30\n");
    let page = "\n\n@app.route(\"/\")\ndef index():\n    session[\"seen\"] = 1\n    return \"ok\"\n";
    project.write("app.py", format!("{}{page}", APP.replace("import Flask", "import Flask, session")));
    let program = Program::new();
    let run = program.run(project.path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("Production   gunicorn (.flask-harden.toml:1)"), "{}", run.stdout);
    assert!(run.stdout.contains("fix (safe): Secure session cookies"), "{}", run.stdout);
    program.run(project.path(), APPLY).exits(0);
    assert!(project.read("conf.py").contains("SESSION_COOKIE_SECURE"), "the settings that start line names");
    assert_eq!(project.read(".flask-harden.toml"), start);
}

#[test]
fn an_env_file_that_readers_disagree_on_takes_no_key() {
    let project = app();
    project.write(".env", "A=it's\n");
    let run = Program::new().run(project.path(), APPLY).exits(5);
    assert!(run.stderr.contains("error: .env cannot hold the new key") && run.stderr.contains("Nothing was written."));
    assert_eq!((project.read(".env").as_str(), project.read("app.py").as_str()), ("A=it's\n", APP));
}

#[test]
fn a_tracked_env_file_is_never_written_to() {
    let mut project = Project::with_git();
    project.write("app.py", APP).write(".env", "MAIL_SERVER=localhost\n");
    project.commit("all of it");
    let program = Program::new();
    let run = program.run(project.path(), APPLY).exits(5);
    assert!(run.stderr.contains("git tracks it") && run.stderr.contains("--store none"), "{}", run.stderr);
    assert!(run.stderr.contains("Nothing was written."), "{}", run.stderr);
    assert_eq!((project.read(".env").as_str(), project.read("app.py").as_str()), ("MAIL_SERVER=localhost\n", APP));
    program.run(project.path(), &["--apply", "--store", "none"]).exits(0);
    assert_eq!(project.read(".env"), "MAIL_SERVER=localhost\n");
    assert!(project.read("app.py").contains("os.environ.get(\"SECRET_KEY\")"));
}

#[test]
fn nothing_is_written_through_links() {
    let outside = Project::new();
    outside.write("real.py", APP);
    let project = Project::new();
    project.write("wsgi.py", "from app import app\nfrom flask import Flask\n");
    symlink(outside.at("real.py"), project.at("app.py")).unwrap();
    symlink(outside.at("new.env"), project.at(".env")).unwrap();
    let program = Program::new();
    program.run(project.path(), APPLY);
    assert_eq!(outside.read("real.py"), APP);
    assert!(!outside.at("new.env").exists());
}

#[test]
fn names_and_texts_of_the_tree_cannot_steer_a_terminal() {
    let project = app();
    project.write("\u{1b}[2J\u{202e}evil.py", APP.replace("app", "application"));
    let program = Program::new();
    for args in [&["scan"][..], &["--diff"], &["scan", "--format", "json"], APPLY] {
        let run = program.run(project.path(), args);
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{args:?}\n{text:?}");
        }
    }
}

#[test]
fn a_scan_runs_and_writes_nothing() {
    let project = Project::with_git();
    project.write("app.py", format!("{APP}open('ran', 'w').write('x')\napp.run(debug=True)\n"));
    let before = project.picture();
    Program::new().run(project.path(), &["scan"]).exits(1);
    Program::new().run(project.path(), &["--diff"]).exits(1);
    assert!(project.picture() == before);
}

#[test]
fn deep_nesting_is_named_and_ends_nothing() {
    let project = app();
    project.write("deep.py", format!("from flask import Flask\nx = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000)));
    project.write("chain.py", format!("from flask import Flask\nx = a{}\n", ".b()".repeat(20_000)));
    let run = Program::new().run(project.path(), &["scan"]).exits(1);
    assert!(run.stdout.contains("deep.py") && run.stdout.contains("chain.py"), "{}", run.stdout);
}

#[test]
fn a_second_run_changes_nothing_and_undo_gives_all_back() {
    let project = app();
    let program = Program::new();
    let before = project.read("app.py");
    program.run(project.path(), APPLY).exits(0);
    let after = project.picture();
    let run = program.run(project.path(), APPLY).exits(0);
    assert!(run.stdout.contains("Nothing to do"), "{}", run.stdout);
    assert!(project.picture() == after);
    std::fs::write(project.at("gunicorn.conf.py"), "# mine now\n").unwrap();
    let run = program.run(project.path(), &["undo"]).exits(0);
    assert!(run.stdout.contains("gunicorn.conf.py"), "{}", run.stdout);
    assert_eq!(project.read("app.py"), before);
    assert_eq!(project.read("gunicorn.conf.py"), "# mine now\n", "what was edited since is kept");
    assert!(project.at(".env").exists(), "a key that may be in use stays");
    let twice = program.run(project.path(), &["undo"]);
    assert!(matches!(twice.code, Some(0 | 3)), "{}", twice.stderr);
    assert_eq!(project.read("app.py"), before);
}
