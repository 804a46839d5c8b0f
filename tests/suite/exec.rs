//! `exec`: which values a command gets, and what is said where it cannot be started.

use crate::support::{Program, Project};

fn app() -> Project {
    let project = Project::with_git();
    project.write(
        "app.py",
        "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n",
    );
    project
}

fn program() -> Program {
    Program::new().variable("PATH", std::env::var_os("PATH").unwrap_or_default())
}

#[test]
fn a_command_gets_the_recorded_values_and_its_exit_code_is_ours() {
    let (program, project) = (program(), app());
    program.run(project.path(), &["--apply"]).exits(0);
    let line = project.read(".env").lines().find(|line| line.starts_with("SECRET_KEY=")).unwrap().to_owned();
    let run = program.run(project.path(), &["exec", "--", "sh", "-c", "env | grep SECRET_KEY; exit 9"]).exits(9);
    assert_eq!(run.stdout.trim(), line);
    assert_eq!(run.stderr, "");
    // From a directory below, too.
    std::fs::create_dir(project.at("static")).unwrap();
    let below = program.run(&project.at("static"), &["exec", "--", "sh", "-c", "env | grep SECRET_KEY"]).exits(0);
    assert_eq!(below.stdout.trim(), line);
}

#[test]
fn it_takes_no_name_from_the_repository() {
    let (program, project) = (program(), app());
    project.write(".env", "SECRET_KEY=from-the-repository\nPATH=/nowhere\n");
    project.write(".flask-harden.toml", "store = \"env-file\"\n");
    let run = program.run(project.path(), &["exec", "--", "env"]).exits(3);
    assert!(run.stderr.starts_with("error: no key is recorded for this directory"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
    let run = program.run(project.path(), &["exec", "--only", "SECRET_KEY", "--", "env"]).exits(0);
    assert!(run.stdout.contains("SECRET_KEY=from-the-repository") && !run.stdout.contains("/nowhere"));
}

#[test]
fn what_cannot_be_started_has_the_codes_that_shells_use() {
    let (program, project) = (program(), app());
    program.run(project.path(), &["--apply"]).exits(0);
    let run = program.run(project.path(), &["exec", "--", "no-such-command-here"]).exits(127);
    assert!(run.stderr.starts_with("error: there is no command 'no-such-command-here'\n  why: "), "{}", run.stderr);
    let run = program.run(project.path(), &["exec", "--", "./app.py"]).exits(126);
    assert!(run.stderr.starts_with("error: the command './app.py' cannot be run\n  why: "), "{}", run.stderr);
    program.run(project.path(), &["exec"]).exits(2);
    let run = program.run(project.path(), &["exec", "--only", "OTHER", "--", "true"]).exits(5);
    assert!(run.stderr.contains("it has no OTHER under .env"), "{}", run.stderr);
}
