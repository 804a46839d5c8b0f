//! The command line from outside: help, exit codes, errors, streams.

use std::process::{Child, Command, Stdio};

use rustix::fs::{FileType, Mode};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Program, Project, snapshot};

fn transcript(args: &[&str]) -> String {
    Program::new().run(Project::new().path(), args).transcript()
}

#[test]
fn help_is_reviewed() {
    for (name, args) in [
        ("help-short", &["-h"][..]),
        ("help-long", &["--help"]),
        ("help-scan", &["scan", "--help"]),
        ("help-explain", &["explain", "--help"]),
        ("help-history", &["history", "--help"]),
        ("help-undo", &["undo", "--help"]),
        ("help-onboard", &["onboard", "--help"]),
        ("help-exec", &["exec", "--help"]),
        ("help-rotate", &["rotate", "--help"]),
        ("help-store", &["store", "--help"]),
        ("help-store-set", &["store", "set", "--help"]),
        ("help-store-wiring", &["store", "wiring", "--help"]),
        ("help-store-copy", &["store", "copy", "--help"]),
    ] {
        let text = transcript(args);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{name} is wider than 80 columns\n{text}");
        snapshot::check("cli", name, &text);
    }
}

#[test]
fn errors_are_reviewed() {
    for (name, args) in [
        ("error-slip", &["scna"][..]),
        ("error-no-path", &["scan", "no/such"]),
        ("error-unknown-option", &["--aply"]),
        ("error-both", &["--apply", "--diff"]),
        ("error-values-on-screen", &["--diff", "--show-values"]),
        ("error-apply-before-command", &["--apply", "scan"]),
        ("error-store", &["--store", "vualt"]),
        ("error-rule", &["explain", "FH99"]),
        ("error-rule-slip", &["explain", "route-parm"]),
        ("error-history", &["scan", "--history", "0"]),
        ("error-control-characters", &["\u{1b}[2J\u{202e}x"]),
    ] {
        let run = Program::new().run(Project::new().path(), args).exits(2);
        assert!(run.stdout.is_empty(), "{name}");
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains("\n  why: ") && run.stderr.contains("\n  now: "),
            "{name} lacks a part\n{}",
            run.stderr
        );
        snapshot::check("cli", name, &run.transcript());
    }
}

#[test]
fn version_is_that_of_the_package() {
    let run = Program::new().run(Project::new().path(), &["-V"]).exits(0);
    assert_eq!(run.stdout, format!("flask-harden {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn explain_without_a_name_lists_every_rule_and_with_one_says_all() {
    let (program, project) = (Program::new(), Project::new());
    let list = program.run(project.path(), &["explain"]).exits(0).stdout;
    for rule in flask_harden::rules::all() {
        assert!(list.contains(rule.id) && list.contains(rule.name), "{}", rule.id);
        let by_id = program.run(project.path(), &["explain", &rule.id.to_lowercase()]).exits(0).stdout;
        let by_name = program.run(project.path(), &["explain", rule.name]).exits(0).stdout;
        assert_eq!(by_id, by_name);
        for heading in ["What it finds", "Why it matters", "How the fix works", "How to ignore it"] {
            assert!(by_id.contains(heading), "{}: {heading}", rule.id);
        }
    }
}

#[test]
fn explain_shows_the_own_line_before_and_after() {
    let (program, project) = (Program::new(), Project::new());
    project.write("app.py", "from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'not-a-good-one'\n");
    let text = program.run(project.path(), &["explain", "FH102"]).exits(0).stdout;
    let (_, here) = text.split_once("In this project\n").expect("the project's own lines");
    assert!(here.contains("app.py:3\n") && here.contains("\n-app.secret_key = '********'\n"), "{here}");
    assert!(here.contains("+app.secret_key = ") && !text.contains("not-a-good-one"), "{here}");
    let other = program.run(project.path(), &["explain", "FH301"]).exits(0).stdout;
    assert!(!other.contains("In this project"), "{other}");
    assert!(!project.path().join(".env").exists());
}

#[test]
fn explain_has_documents_for_programs() {
    let (program, project) = (Program::new(), Project::new());
    project.write("app.py", "from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'not-a-good-one'\n");
    let document = |name: &[&str]| -> serde_json::Value {
        let line: Vec<&str> = ["explain", "--format", "json"].iter().chain(name).copied().collect();
        serde_json::from_str(&program.run(project.path(), &line).exits(0).stdout).unwrap()
    };
    let all = document(&[]);
    assert_eq!(all["rules"].as_array().unwrap().len(), flask_harden::rules::all().len());
    let mitigations = all["mitigations"].as_array().unwrap();
    assert!(mitigations.iter().any(|one| one["state"] == "missing" && one["rule"] == "FH102"), "{mitigations:#?}");
    assert_eq!(document(&["FH102"])["rules"][0]["name"], "hardcoded-secret-key");
    let setting = document(&["SECRET_KEY"]);
    assert_eq!(setting["values"][0]["place"], "app.py:3");
    assert!(!setting.to_string().contains("not-a-good-one"));
    let refused = program.run(project.path(), &["explain", "--format", "csv"]).exits(2);
    assert!(refused.stderr.contains("csv"), "{}", refused.stderr);
}

#[test]
fn a_closed_pipe_and_a_full_disk_are_exit_codes() {
    let (program, project) = (Program::new(), Project::new());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let child = program.command(project.path(), &["--help"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(child.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&child.stderr).starts_with("error: the output could not be written"));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = program.command(project.path(), &["--help"]).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(child.status.code(), Some(4));
    assert!(child.stderr.is_empty());
}

#[test]
fn colours_follow_the_option_and_the_environment() {
    let project = Project::new();
    let painted = |program: Program, args: &[&str]| {
        let line: Vec<&str> = ["explain", "FH99"].iter().chain(args).copied().collect();
        program.run(project.path(), &line).exits(2).stderr.contains('\u{1b}')
    };
    let forced = || Program::new().variable("FORCE_COLOR", "1");
    assert!(!painted(Program::new(), &[]));
    assert!(painted(Program::new(), &["--color", "always"]));
    assert!(painted(forced(), &[]));
    assert!(painted(Program::new().variable("CLICOLOR_FORCE", "1"), &[]));
    assert!(!painted(forced().variable("NO_COLOR", "1"), &[]));
    assert!(!painted(forced(), &["--color", "never"]));
}

#[test]
fn a_tree_without_flask_is_nothing_to_inspect() {
    let project = Project::new();
    project.write("notes.txt", "nothing of interest\n");
    for args in [&["scan"][..], &[], &["--diff"], &["scan", "--format", "json"], &["scan", "--fail-on", "none"]] {
        let run = Program::new().run(project.path(), args).exits(3);
        assert!(run.stderr.starts_with("error: no Flask project"), "{args:?}\n{}", run.stderr);
        assert!(run.stdout.is_empty(), "{args:?}");
    }
}

/// A run that stands still, its signal handlers in place: it waits for a reader of a named pipe.
fn standing_still(program: &Program, project: &Project, ignoring: &str) -> Child {
    let pipe = project.at("pipe");
    if !pipe.exists() {
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    }
    let plain = program.command(project.path(), &["explain", "-o", "pipe"]);
    // A run of the tests in the background has signals ignored, and children inherit that.
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM,HUP");
    if !ignoring.is_empty() {
        command.arg(format!("--ignore-signal={ignoring}"));
    }
    command.arg(plain.get_program()).args(plain.get_args());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", program.home()).current_dir(project.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    for _ in 0..2000 {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        // Bit 14 is SIGTERM; `env`, before it becomes the program, catches none.
        if text.starts_with("Name:\tflask-harden") && u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << 14) != 0 {
            return child;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().and_then(|()| child.wait()).unwrap();
    panic!("the program did not come to install its signal handlers");
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn signals_end_a_run_by_exit() {
    let (program, project) = (Program::new(), Project::new());
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let child = standing_still(&program, &project, "");
        send(&child, signal);
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(code));
    }
}

#[test]
fn a_hang_up_that_the_parent_ignores_stays_ignored() {
    let (program, project) = (Program::new(), Project::new());
    let child = standing_still(&program, &project, "HUP");
    send(&child, Signal::HUP);
    send(&child, Signal::TERM);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
}
