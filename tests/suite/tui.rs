//! The full screen: every screen at three sizes, keys, clicks, and what must never be drawn.

use std::time::Duration;

use flask_harden::flow::{Looks, Step};
use flask_harden::tui::Stage;

use crate::support::sitting::{LOOKS, shop, stage, start};
use crate::support::{Canary, Project, snapshot};

/// The sizes that are reviewed: the usual one, a wide one, one with a single column, one too small.
const SIZES: &[(u16, u16)] = &[(80, 24), (120, 40), (59, 15), (39, 9)];

/// Compares a screen at every size.
fn reviewed(stage: &mut Stage, name: &str) {
    for (width, height) in SIZES {
        stage.resize(*width, *height);
        snapshot::check("tui", &format!("{name}-{width}x{height}"), &stage.screen());
    }
    stage.resize(80, 24);
}

#[test]
fn every_screen_at_every_size() {
    let project = shop();
    let mut stage = Stage::open(start(&project, LOOKS), 80, 24);
    reviewed(&mut stage, "scan-begins");
    while !stage.screen().contains("Git history") || stage.flow().scan.is_none() {
        assert!(stage.step());
    }
    assert!(stage.step(), "history is told of");
    reviewed(&mut stage, "scan");
    stage.settle();
    assert_eq!(stage.at(), Step::Findings);
    reviewed(&mut stage, "findings");
    stage.press("Enter");
    reviewed(&mut stage, "detail");
    stage.press("c");
    assert_eq!(stage.at(), Step::Store);
    // What is said of the stores differs from computer to computer.
    let screen = stage.screen();
    assert!(screen.contains("OS keyring") && screen.contains("[chosen] Mode 0600"), "{screen}");
    stage.press("c");
    assert_eq!(stage.at(), Step::Review);
    // A patch without our templates: they have reviews of their own.
    stage.press("] ] ]");
    reviewed(&mut stage, "review");
    stage.press("|");
    stage.resize(120, 40);
    snapshot::check("tui", "review-side-by-side-120x40", &stage.screen());
    stage.resize(80, 24);
    stage.press("[ [ [ a s ] ? Esc A");
    reviewed(&mut stage, "accept-all-safe");
    stage.press("y c");
    assert_eq!(stage.at(), Step::Confirm);
    reviewed(&mut stage, "apply");
    stage.press("b b =");
    assert_eq!(stage.at(), Step::Store, "a key of other screens does nothing here");
}

#[test]
fn help_config_and_questions() {
    let project = shop();
    let mut stage = stage(&project, 80, 24);
    stage.press("?");
    snapshot::check("tui", "help-80x24", &stage.screen());
    stage.press("Esc =");
    assert_eq!(stage.at(), Step::Config);
    reviewed(&mut stage, "effective");
    stage.press("j j Enter");
    snapshot::check("tui", "effective-sources-80x24", &stage.screen());
    stage.press("Esc * b");
    assert_eq!(stage.at(), Step::Findings);
    stage.press("i");
    stage.write("a demo, nobody signs in");
    snapshot::check("tui", "ignore-reason-80x24", &stage.screen());
    stage.press("Enter q");
    snapshot::check("tui", "quit-80x24", &stage.screen());
    stage.press("n");
    assert!(stage.asked.is_empty());
    stage.press("u q");
    assert_eq!(stage.asked, ["quit"]);
}

#[test]
fn ascii_draws_with_ascii_alone_and_decisions_outlive_any_size() {
    let project = shop();
    let looks = Looks { ascii: true, ..LOOKS };
    let mut stage = Stage::open(start(&project, looks), 80, 24);
    stage.settle();
    snapshot::check("tui", "findings-ascii-80x24", &stage.screen());
    stage.press("space");
    let planned = stage.flow().tally();
    for size in [(0, 0), (1, 1), (2, 200), (200, 2), (39, 9), (60, 16), (400, 100)] {
        stage.resize(size.0, size.1);
        assert!(stage.screen().is_ascii(), "{size:?}");
        for keys in ["Enter", "b", "c", "c", "b", "b", "?", "Esc", "=", "b", "/", "Esc"] {
            stage.press(keys);
            assert!(stage.screen().is_ascii(), "{size:?} {keys}");
        }
    }
    assert_eq!(stage.flow().tally(), planned);
}

#[test]
fn clicks_select_and_press_keys_of_the_footer() {
    let project = shop();
    let mut stage = stage(&project, 80, 24);
    stage.click(30, 5);
    assert_eq!(stage.flow().finding, 1);
    stage.click(5, 2 + 4);
    assert_eq!(stage.flow().current().unwrap().threat as u8, 4);
    let screen = stage.screen();
    let footer = screen.lines().last().unwrap().find("Enter").unwrap();
    stage.click(u16::try_from(footer).unwrap(), 23);
    assert_eq!(stage.at(), Step::Detail);
}

#[test]
fn a_value_is_shown_for_ten_seconds_after_a_question_and_nowhere_else() {
    let canary = Canary::new();
    let project = Project::with_git();
    project.write(
        "app.py",
        format!(
            "from flask import Flask\n\napp = Flask(__name__)\napp.config['SECRET_KEY'] = '{}'\n\n\n\
             @app.get('/')\ndef home():\n    return 'ok'\n",
            canary.value()
        ),
    );
    project.write("Procfile", "web: gunicorn app:app\n");
    let mut stage = stage(&project, 80, 40);
    let hidden = |stage: &Stage| assert!(!canary.is_in(stage.screen().as_bytes()), "{}", stage.screen());
    for keys in
        ["j", "k", "Enter", "y", "c", "c", "]", "}", "|", "[", "a", "c", "b", "b", "b", "=", "Enter", "Esc", "b"]
    {
        stage.press(keys);
        hidden(&stage);
    }
    stage.press("1 Enter V");
    hidden(&stage);
    stage.press("y");
    assert!(stage.screen().replace(['\n', ' '], "").contains(canary.value()), "{}", stage.screen());
    stage.wait(Duration::from_secs(11));
    hidden(&stage);
    assert!(stage.asked.iter().all(|asked| !canary.is_in(asked.as_bytes())), "{:?}", stage.asked);

    let looks = Looks { reveal: false, ..LOOKS };
    let mut stage = Stage::open(start(&project, looks), 80, 40);
    stage.settle();
    stage.press("1 Enter V");
    hidden(&stage);
    assert!(stage.screen().contains("--no-reveal"));
}

#[test]
fn names_of_a_tree_cannot_steer_the_screen() {
    let project = Project::with_git();
    project.write(
        "a\u{1b}[31m\u{202e}b.py",
        "from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = 'four words of nothing'\n\n\n\
         @app.get('/')\ndef home():\n    return '\u{9b}2J'\n",
    );
    let mut stage = stage(&project, 80, 24);
    for keys in ["Enter", "c", "c", "b", "b", "b", "="] {
        stage.press(keys);
        let screen = stage.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{screen}");
    }
    stage.press("b");
    assert!(stage.screen().contains("\\u{1b}"), "{}", stage.screen());
}
