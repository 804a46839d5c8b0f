//! Setting a clone up on the full screen and by questions: each screen at every size, what each answer
//! leads to, and that no value is ever drawn.

use std::io::Cursor;

use flask_harden::flow::{Ended, Step};
use flask_harden::plain;
use flask_harden::tui::Stage;

use crate::support::sitting::{clone, start_setup};
use crate::support::{Canary, Project, snapshot};

const SIZES: &[(u16, u16)] = &[(80, 24), (120, 40), (59, 15), (39, 9)];

fn opened(project: &Project, store: &str) -> Stage {
    let mut stage = Stage::open(start_setup(project, store), 80, 24);
    stage.settle();
    stage
}

/// Compares a screen at every size; the id of a run differs each time.
fn reviewed(stage: &mut Stage, name: &str) {
    for (width, height) in SIZES {
        stage.resize(*width, *height);
        snapshot::check("tui", &format!("{name}-{width}x{height}"), &without_id(&stage.screen()));
    }
    stage.resize(80, 24);
}

fn without_id(text: &str) -> String {
    match text.split_once("undo id ") {
        Some((_, rest)) => text.replace(&rest[..4], "7f3a"),
        None => text.to_owned(),
    }
}

fn value(project: &Project, name: &str) -> String {
    let text = project.read(".env");
    let found = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("{name} is not in\n{text}")).to_owned()
}

#[test]
fn every_screen_at_every_size() {
    let project = clone();
    let before = project.picture();
    let mut stage = Stage::open(start_setup(&project, "env-file"), 80, 24);
    reviewed(&mut stage, "setup-begins");
    stage.settle();
    assert_eq!(stage.at(), Step::Variables);
    reviewed(&mut stage, "setup-variables");
    stage.press("?");
    snapshot::check("tui", "setup-help-80x24", &stage.screen());
    stage.press("Esc c");
    assert!(stage.screen().contains("2 variables need an answer: n goes there, A leaves them empty"));
    // The first question is in view already.
    stage.press("Enter");
    stage.write("a-key-of-mine");
    reviewed(&mut stage, "setup-hidden-value");
    stage.press("Enter n Enter");
    stage.write("http://localhost:5000");
    reviewed(&mut stage, "setup-value");
    stage.press("Enter");
    assert!(stage.screen().contains("nothing to answer"), "{}", stage.screen());
    stage.press("S");
    assert_eq!(stage.at(), Step::Store);
    // What is said of the stores differs from computer to computer.
    assert!(stage.screen().contains("[chosen] Mode 0600"), "{}", stage.screen());
    stage.press("b c");
    assert_eq!(stage.at(), Step::Confirm);
    reviewed(&mut stage, "setup-write");
    assert!(project.picture() == before, "nothing is written before the word");
    stage.write("write");
    stage.press("Enter");
    assert_eq!(stage.at(), Step::Ready);
    reviewed(&mut stage, "setup-ready");
    assert_eq!(value(&project, "STRIPE_API_KEY"), "a-key-of-mine");
    assert_eq!(value(&project, "SITE_URL"), "http://localhost:5000");
    assert_eq!(value(&project, "SESSION_COOKIE_SECURE"), "False");
    assert_eq!(value(&project, "SECRET_KEY").len(), 64);
    assert_eq!(project.picture()[".env"].0, 0o600);
    stage.press("y q");
    assert_eq!(stage.asked, ["copy flask run", "quit"]);

    // A second sitting has nothing to do, and says so.
    let after = project.picture();
    let mut again = opened(&project, "env-file");
    reviewed(&mut again, "setup-again");
    again.press("c");
    assert_eq!(again.at(), Step::Ready);
    assert!(again.screen().contains("Nothing to do: everything the app asks for is there."), "{}", again.screen());
    assert!(again.screen().contains("http://127.0.0.1:5000"), "{}", again.screen());
    assert!(project.picture() == after);
}

#[test]
fn every_class_can_be_changed_and_taken_back() {
    let project = clone();
    let mut stage = opened(&project, "env-file");
    let row = |stage: &Stage, name: &str| {
        let screen = stage.screen();
        screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}\n{screen}")).to_owned()
    };
    // FLASK_APP, LOG_LEVEL, SECRET_KEY, STRIPE_API_KEY, SITE_URL, DATABASE_URL, ...
    stage.press("g j j");
    assert!(row(&stage, "SECRET_KEY").contains("generate"), "{}", stage.screen());
    stage.press("d");
    assert!(row(&stage, "SECRET_KEY").contains("copy"), "{}", stage.screen());
    assert!(stage.screen().contains("everyone who has the example knows this value"), "{}", stage.screen());
    stage.press("u");
    assert!(row(&stage, "SECRET_KEY").contains("generate"));
    stage.press("Ctrl-r");
    assert!(row(&stage, "SECRET_KEY").contains("copy"));
    stage.press("r");
    assert!(row(&stage, "SECRET_KEY").contains("generate"));
    stage.press("j r");
    assert!(row(&stage, "STRIPE_API_KEY").contains("generate"));
    stage.press("k k x");
    assert!(row(&stage, "LOG_LEVEL").contains("empty"), "{}", stage.screen());
    stage.press("A");
    assert!(stage.screen().contains("Leave 1 variable empty?") && stage.screen().contains("SITE_URL"));
    stage.press("n");
    assert_eq!(stage.at(), Step::Variables);
    stage.press("A y");
    assert_eq!(stage.at(), Step::Confirm);
    stage.write("write");
    stage.press("Enter");
    assert_eq!(stage.at(), Step::Ready, "{}", stage.screen());
    assert_eq!((value(&project, "LOG_LEVEL").as_str(), value(&project, "SITE_URL").as_str()), ("", ""));
    assert_eq!(value(&project, "STRIPE_API_KEY").len(), 64);
    assert_ne!(value(&project, "STRIPE_API_KEY"), value(&project, "SECRET_KEY"));

    // What stands there is not taken away from its owner; what is empty can be filled in later.
    let mut again = opened(&project, "env-file");
    again.press("g j j Enter");
    assert!(again.screen().contains("SECRET_KEY has a value already"), "{}", again.screen());
    again.press("g j j j j Enter");
    again.write("http://here");
    again.press("Enter c");
    again.write("write");
    again.press("Enter");
    assert_eq!(value(&project, "SITE_URL"), "http://here");
    again.press("U");
    assert!(again.screen().contains("Take the run back?"), "{}", again.screen());
    again.press("y");
    assert!(again.screen().contains("is undone."), "{}", again.screen());
    assert_eq!(value(&project, "SITE_URL"), "");
}

#[test]
fn typed_values_are_drawn_nowhere_and_the_length_of_a_secret_neither() {
    let (canary, project) = (Canary::new(), clone());
    let mut stage = opened(&project, "env-file");
    let hidden = |stage: &Stage| assert!(!canary.is_in(stage.screen().as_bytes()), "{}", stage.screen());
    stage.press("Enter");
    let mut seen = Vec::new();
    for c in canary.value().chars() {
        stage.write(&c.to_string());
        hidden(&stage);
        seen.push(stage.screen());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "the screen does not say how long the value is");
    stage.press("Enter");
    // A database's address has a password in it, whatever the example has there.
    stage.press("g j j j j j Enter");
    assert!(stage.screen().contains("DATABASE_URL") && stage.screen().contains("not shown while you type"));
    stage.write(canary.value());
    stage.press("Enter A y");
    hidden(&stage);
    for size in [(120, 40), (59, 15), (80, 24)] {
        stage.resize(size.0, size.1);
        for _ in 0..30 {
            stage.press("Down");
            hidden(&stage);
        }
    }
    stage.write("write");
    stage.press("Enter");
    hidden(&stage);
    assert!(project.read(".env").contains(canary.value()));
    assert!(stage.asked.iter().all(|asked| !canary.is_in(asked.as_bytes())));
}

#[test]
fn a_value_that_no_env_file_can_hold_is_not_taken() {
    let project = clone();
    let mut stage = opened(&project, "env-file");
    stage.press("Enter");
    stage.write("a${B}c");
    stage.press("Enter");
    assert!(stage.screen().contains("not taken: it contains ${"), "{}", stage.screen());
    assert!(stage.screen().contains("2 to answer"), "{}", stage.screen());
    stage.press("q");
    assert_eq!(stage.asked, ["quit"], "nothing was said, so nothing is lost");
}

#[test]
fn leaving_asks_where_answers_would_be_lost() {
    let project = clone();
    let before = project.picture();
    let mut stage = opened(&project, "env-file");
    stage.press("x Ctrl-c");
    assert!(stage.screen().contains("1 decision would be lost. Nothing was written."), "{}", stage.screen());
    stage.press("n");
    assert!(stage.asked.is_empty());
    stage.press("q y");
    assert_eq!(stage.asked, ["quit"]);
    assert!(project.picture() == before);
}

#[test]
fn decisions_outlive_any_size() {
    let project = clone();
    let mut stage = opened(&project, "env-file");
    stage.press("x");
    for size in [(0, 0), (1, 1), (2, 200), (200, 2), (39, 9), (60, 16), (400, 100)] {
        stage.resize(size.0, size.1);
        for keys in ["j", "k", "?", "Esc", "Enter", "Esc", "S", "b", "c"] {
            stage.press(keys);
            stage.screen();
        }
    }
    stage.resize(80, 24);
    assert!(stage.screen().contains("1 to answer"), "{}", stage.screen());
}

#[test]
fn a_file_written_meanwhile_is_refused() {
    let project = clone();
    let mut stage = opened(&project, "env-file");
    stage.press("A y");
    project.write(".env", "MINE=1\n");
    stage.write("write");
    stage.press("Enter");
    assert!(stage.screen().contains("This did not work") && stage.screen().contains("Nothing was written."));
    assert_eq!(project.read(".env"), "MINE=1\n");
}

#[test]
fn with_print_the_values_are_shown_once_and_with_none_nothing_is_made() {
    let (canary, project) = (Canary::new(), clone());
    let mut stage = opened(&project, "print");
    stage.press("Enter");
    stage.write(canary.value());
    stage.press("Enter A y");
    assert!(!canary.is_in(stage.screen().as_bytes()));
    stage.write("write");
    stage.press("Enter");
    let flat = stage.screen().replace(['\n', ' ', '│'], "");
    assert!(flat.contains(canary.value()), "the store print shows the value that was given\n{}", stage.screen());
    stage.press("Enter");
    assert!(!canary.is_in(stage.screen().as_bytes()));
    assert!(stage.screen().contains("set SECRET_KEY, STRIPE_API_KEY in the environment first"), "{}", stage.screen());
    assert!(!canary.is_in(project.read(".env").as_bytes()));

    let project = clone();
    let mut stage = opened(&project, "none");
    assert!(stage.screen().contains("1 to answer"), "the host sets the secrets\n{}", stage.screen());
    stage.press("g j j j Enter");
    stage.write("x");
    stage.press("Enter");
    assert!(stage.screen().contains("the host sets every secret"), "{}", stage.screen());
    stage.press("A y");
    stage.write("write");
    stage.press("Enter");
    assert!(!project.read(".env").contains("SECRET_KEY="), "{}", project.read(".env"));
    assert!(stage.screen().contains("the host sets them"), "{}", stage.screen());
}

#[test]
fn both_faces_write_the_same() {
    let hidden = |project: &Project| {
        let text = project.read(".env");
        let line = |line: &str| if line.starts_with("SECRET_KEY=") { "SECRET_KEY=(a key)" } else { line }.to_owned();
        text.lines().map(line).collect::<Vec<_>>()
    };
    let (screen, questions) = (clone(), clone());
    let mut stage = opened(&screen, "env-file");
    stage.press("Enter");
    stage.write("mine");
    stage.press("Enter A y");
    stage.write("write");
    stage.press("Enter");
    // Answer the next one: a value; the rest stays empty; the word.
    let answers = "1\n1\nmine\n2\n1\nwrite\n1\n";
    let mut out = Vec::new();
    let ended = plain::sit(start_setup(&questions, "env-file"), &mut Cursor::new(answers), &mut out);
    assert!(matches!(ended, Ended::Left { said: Some(_) }), "{ended:?}\n{}", String::from_utf8_lossy(&out));
    assert_eq!(hidden(&screen), hidden(&questions));
}

#[test]
fn the_questions_are_facts_and_numbers() {
    let project = clone();
    // One variable looked at, its value typed; another left empty; where secrets go; write; end.
    let answers = "4\n4\n1\nsesame-open-4711\n1\n4\n3\nb\n1\nwrite\n1\n";
    let mut out = Vec::new();
    let ended = plain::sit(start_setup(&project, "env-file"), &mut Cursor::new(answers), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(matches!(ended, Ended::Left { said: Some(_) }), "{ended:?}\n{text}");
    assert!(!text.contains("sesame-open-4711") && !text.contains('\u{1b}'), "{text}");
    let a_store =
        |line: &&str| !flask_harden::store::ALL.iter().any(|info| line.contains(&format!("  {}", info.title)));
    let text: String = text.lines().filter(a_store).map(|line| format!("{line}\n")).collect();
    let id = text.split("Undo id ").nth(1).map(|rest| rest[..4].to_owned()).unwrap();
    snapshot::check("plain", "setup", &text.replace(&id, "7f3a"));
}

#[test]
fn names_of_an_example_cannot_steer_the_screen() {
    let project = Project::new();
    project.write("app.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    project.write(".env.example", "# \u{1b}[31m an example \u{202e} of words\nA=\u{9b}2J\nB='\u{1b}]0;x\u{7}'\n");
    let mut stage = opened(&project, "env-file");
    for keys in ["j", "Enter", "Esc", "c", "Down", "b"] {
        stage.press(keys);
        let screen = stage.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{screen}");
    }
}

#[test]
fn a_tree_without_variables_says_so() {
    let project = Project::new();
    project.write("app.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    let mut stage = opened(&project, "env-file");
    assert!(stage.screen().contains("nothing has to be set up"), "{}", stage.screen());
    for keys in ["j", "Enter", "r", "d", "x", "n", "A", "c"] {
        stage.press(keys);
    }
    assert!(stage.screen().contains("Nothing to do"), "{}", stage.screen());
}
