//! The store `print`: a new key is shown one time, on standard output, and kept nowhere. And the
//! keyring where there is no bus at all.

use crate::support::{Program, Project};

fn app() -> Project {
    let project = Project::with_git();
    project.write(
        "app.py",
        "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n",
    );
    project
}

#[test]
fn a_new_key_is_shown_after_everything_was_written_and_never_again() {
    let (program, project) = (Program::new(), app());
    let run = program.run(project.path(), &["--apply", "--store", "print"]).exits(0);
    let last = run.stdout.lines().last().unwrap();
    let key = last.strip_prefix("SECRET_KEY=").expect("the key comes last");
    assert!(key.len() == 64 && run.stdout.matches(key).count() == 1 && !run.stderr.contains(key));
    assert!(!project.at(".env").exists());
    let found = std::process::Command::new("grep").args(["-rl", key]).arg(project.path()).arg(program.home()).output();
    assert_eq!(String::from_utf8_lossy(&found.unwrap().stdout), "");
    let again = program.run(project.path(), &["--apply"]).exits(0);
    assert!(!again.stdout.contains("SECRET_KEY="), "{}", again.stdout);
    assert!(again.stderr.starts_with("Values are hidden") && again.stderr.contains("Store: print (recorded"));
}

#[test]
fn a_document_on_standard_output_is_not_mixed_with_a_key() {
    let (program, project) = (Program::new(), app());
    let before = project.picture();
    let run = program.run(project.path(), &["--apply", "--store", "print", "--format", "json"]).exits(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("Nothing was written."), "{}", run.stderr);
    assert!(project.picture() == before);
    let out = tempfile::tempdir().unwrap();
    let report = out.path().join("report.json");
    let args = ["--apply", "--store", "print", "--format", "json", "-o", report.to_str().unwrap()];
    let run = program.run(project.path(), &args).exits(0);
    let key = run.stdout.trim().strip_prefix("SECRET_KEY=").unwrap();
    let report = std::fs::read_to_string(report).unwrap();
    assert!(!report.contains(key) && report.contains("\"store\": \"print (from --store)\""));
}

#[test]
fn a_repository_cannot_ask_for_a_key_to_be_shown() {
    let (program, project) = (Program::new(), app());
    project.write(".flask-harden.toml", "store = \"print\"\n");
    let run = program.run(project.path(), &["--apply"]).exits(2);
    assert!(run.stderr.contains("only where you ask for it yourself") && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn without_a_bus_the_keyring_is_refused_and_nothing_is_written() {
    let (program, project) = (Program::new(), app());
    let program = program.variable("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let before = project.picture();
    for args in [&["--apply", "--store", "keyring"][..], &["--diff", "--store", "keyring"]] {
        let run = program.run(project.path(), args).exits(5);
        assert!(
            run.stderr.starts_with(
                "error: the OS keyring cannot be used here\n  why: no Secret Service on D-Bus (usual in containers and \
                 over SSH)\n  now: --store env-file   writes .env with mode 0600\n"
            ),
            "{}",
            run.stderr
        );
        assert!(run.stderr.ends_with("  Nothing was written.\n") && run.stdout.is_empty());
    }
    assert!(project.picture() == before);
    // What is recorded or named is never replaced by another store.
    program.run(project.path(), &["--apply", "--store", "env-file"]).exits(0);
    let run = program.run(project.path(), &["--apply"]).exits(0);
    assert!(run.stderr.contains("Store: env-file (recorded for this project)"), "{}", run.stderr);
}
