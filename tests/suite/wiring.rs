//! `store wiring` from outside: pieces with the app's own names, and no value in them.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::{Program, Project, snapshot};

const LITERAL: &str =
    "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n";

fn app(store: &str) -> (Program, Project) {
    let project = Project::with_git();
    project.write("app.py", LITERAL).write("shop.service", "[Service]\nExecStart=/srv/shop/bin/gunicorn app:app\n");
    git2::Repository::open(project.path()).unwrap().remote("origin", "https://git.example/team/Shop.git").unwrap();
    let program = Program::new();
    program.run(project.path(), &["--apply", "--store", store]).exits(0);
    (program, project)
}

#[test]
fn an_app_with_our_reader_takes_files_and_others_take_variables() {
    for store in ["env-file", "none"] {
        let (program, project) = app(store);
        let before = project.picture();
        let run = program.run(project.path(), &["store", "wiring"]).exits(0);
        assert_eq!(project.picture(), before);
        assert!(!run.stdout.contains("keyring"), "a keyring is of one computer");
        assert!(run.stdout.contains("shop.service") && run.stdout.contains("secret/data/flask-harden/team/Shop"));
        assert_eq!(run.stdout.contains("SECRET_KEY_FILE"), store == "env-file");
        snapshot::check("cli", &format!("wiring-{store}"), &run.stdout);
    }
}

#[test]
fn a_key_that_the_app_reads_from_a_variable_alone_comes_in_one() {
    let (program, project) = app("env-file");
    let text = std::fs::read_to_string(project.at("app.py")).unwrap();
    let more = "app.config[\"MAIL_PASSWORD\"] = os.environ.get(\"MAIL_PASSWORD\")\n";
    project.write("app.py", format!("{text}{more}"));
    project.write(".env.example", "MAIL_PASSWORD=\nSECRET_KEY=\n");
    std::fs::remove_file(project.at(".env")).unwrap();
    project.write("typed", "none-really");
    program.run(project.path(), &["onboard", "--set-file", "MAIL_PASSWORD=typed"]).exits(0);
    for (piece, file, variable) in [
        ("systemd", "Environment=SECRET_KEY_FILE=", "#   MAIL_PASSWORD="),
        ("compose", "SECRET_KEY_FILE: /run/secrets/SECRET_KEY", "MAIL_PASSWORD: ${MAIL_PASSWORD:?"),
    ] {
        let run = program.run(project.path(), &["store", "wiring", "--for", piece]).exits(0);
        assert!(run.stdout.contains(file) && run.stdout.contains(variable), "{}", run.stdout);
        assert!(!run.stdout.contains("MAIL_PASSWORD_FILE"), "nothing reads that\n{}", run.stdout);
    }
}

#[test]
fn one_piece_stands_alone_and_the_script_works() {
    let (program, project) = app("env-file");
    let script = program.run(project.path(), &["store", "wiring", "--for", "env"]).exits(0).stdout;
    project.write("with-keys.sh", &script).write("keys/SECRET_KEY", "from a file\n");
    std::fs::set_permissions(project.at("with-keys.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(project.at("with-keys.sh"))
        .args(["sh", "-c", "printf %s \"$SECRET_KEY\""])
        .env("KEYS_DIRECTORY", project.at("keys"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "from a file");
    // A key that is missing is an error, and no empty key.
    std::fs::remove_file(project.at("keys/SECRET_KEY")).unwrap();
    let output =
        Command::new(project.at("with-keys.sh")).arg("true").env("KEYS_DIRECTORY", project.at("keys")).output();
    assert!(!output.unwrap().status.success());
}

#[test]
fn an_app_without_keys_has_nothing_to_wire() {
    let project = Project::new();
    project.write("app.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    Program::new().run(project.path(), &["store", "wiring"]).exits(3);
}
