//! The plain face: a whole sitting through a pipe of answers.

use std::io::{Cursor, Write as _};
use std::process::Stdio;

use flask_harden::flow::Ended;
use flask_harden::plain;

use crate::support::sitting::{LOOKS, RULES, shop, start};
use crate::support::{Program, Project, snapshot};

fn sitting(project: &Project, answers: &str) -> (Ended, String) {
    let mut out = Vec::new();
    let ended = plain::sit(start(project, LOOKS), &mut Cursor::new(answers), &mut out);
    (ended, String::from_utf8(out).unwrap())
}

/// What is said of the stores differs from computer to computer; added lines are our templates,
/// which have reviews of their own.
fn without_stores(text: &str) -> String {
    let a_store =
        |line: &&str| !flask_harden::store::ALL.iter().any(|info| line.contains(&format!("  {}", info.title)));
    let own = |line: &&str| !line.starts_with("  + ");
    text.lines().filter(a_store).filter(own).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_step_is_a_list_of_facts_and_numbers() {
    let project = shop();
    // A finding, back, the settings, back, the fixes, the store, two patches, and home without writing.
    let (ended, text) = sitting(&project, "1\nb\n12\nb\n9\n1\n1\n2\n11\nno\nb\nb\nq\n1\n");
    assert!(matches!(ended, Ended::Left { said: None }), "{ended:?}\n{text}");
    snapshot::check("plain", "sitting", &without_stores(&text));
    assert!(text.contains("\n  + SECRET_KEY=********\n") && !text.contains('\u{1b}'));
}

#[test]
fn answers_that_end_early_end_the_sitting() {
    let project = shop();
    let (ended, text) = sitting(&project, "nonsense\n");
    assert!(matches!(ended, Ended::NoAnswer), "{ended:?}");
    assert!(text.contains("Type a number from 1 to"), "{text}");
}

#[test]
fn the_real_program_writes_through_a_pipe_of_answers() {
    let (program, project) = (Program::new(), shop());
    let before = project.picture();
    let mut command =
        program.command(project.path(), &["--accessible", "--store", "env-file", "--select", &RULES.join(",")]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // On to the fixes, the store as it is, the first patch accepted, on to writing, the word.
    let answers = "9\n1\n1\n11\nwrite\nq\n";
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with("Plain mode is on (--accessible)."), "{text}");
    assert!(text.contains("files were written. Take it back: flask-harden undo"), "{text}");
    assert_ne!(project.picture(), before);

    program.run(project.path(), &["--accessible"]).exits(2);
}
