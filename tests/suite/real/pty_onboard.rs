//! `onboard` of the real program on a pseudo-terminal: the full screen, the questions, and the few
//! questions that options leave. A hidden value is in no byte that the terminal was ever sent.

use std::path::Path;
use std::time::Duration;

use super::terminal::{BINARY, Terminal};
use crate::support::sitting::clone;
use crate::support::{Canary, Program, Project};

fn opened(program: &Program, project: &Project, words: &[&str]) -> Terminal {
    let words: Vec<&str> = [&[BINARY, "onboard", "--store", "env-file"], words].concat();
    Terminal::open(program, project.path(), &words, 80, 24)
}

#[track_caller]
fn nowhere(canary: &Canary, terminal: &Terminal, program: &Program) {
    assert!(!canary.is_in(&terminal.bytes()), "the value was sent to the terminal");
    canary.not_below(program.home(), &[]);
}

#[test]
fn a_walk_on_the_screen_ends_with_the_command_that_starts_the_app() {
    let (program, project, canary) = (Program::new(), clone(), Canary::new());
    let mut terminal = opened(&program, &project, &[]);
    terminal.shows("2 to answer");
    terminal.press("\r");
    terminal.shows("It is not shown while you type.");
    terminal.press(canary.value());
    terminal.shows("(typed, not shown)");
    terminal.press("\r");
    terminal.shows("1 to answer");
    // Pasted this time, as terminals hand it over.
    terminal.press("n\r");
    terminal.shows("Shown as you type");
    terminal.press("\u{1b}[200~http://localhost:5000\u{1b}[201~\r");
    terminal.shows("nothing to answer");
    terminal.press("c");
    terminal.shows("Ready to write");
    terminal.shows("STRIPE_API_KEY");
    assert!(!project.at(".env").exists());
    terminal.press("write\r");
    terminal.shows(".env is ready (mode 0600).");
    terminal.shows("http://127.0.0.1:5000");
    terminal.press("q");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
    terminal.shows("Start the app: flask run   then open http://127.0.0.1:5000");
    assert!(project.read(".env").contains(&format!("STRIPE_API_KEY='{}'\n", canary.value())));
    let key = project.read(".env").split("\nSECRET_KEY=").nth(1).unwrap()[..64].to_owned();
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(!bytes.contains(&key[..16]), "the new key was drawn");
    nowhere(&canary, &terminal, &program);

    let after = project.picture();
    let again = Program::run(&program, project.path(), &["onboard"]).exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    assert!(project.picture() == after);
}

#[test]
fn questions_take_a_hidden_value_and_give_the_echo_back() {
    for (words, variable) in
        [(&["--accessible"][..], ("TERM", "xterm")), (&[], ("TERM", "dumb")), (&["--no-tui"], ("A", "b"))]
    {
        let (program, project, canary) = (Program::new(), clone(), Canary::new());
        let variable = format!("{}={}", variable.0, variable.1);
        let words = [&["/usr/bin/env", &variable, BINARY, "onboard"][..], words].concat();
        let mut terminal = Terminal::open(&program, project.path(), &words, 80, 40);
        terminal.shows("Plain mode is on");
        terminal.shows("Number:");
        terminal.press("1\r");
        terminal.shows("STRIPE_API_KEY, line");
        terminal.press("1\r");
        terminal.shows("Value (not shown):");
        std::thread::sleep(Duration::from_millis(50));
        terminal.press(&format!("{}\r", canary.value()));
        terminal.shows("Typed by you: STRIPE_API_KEY");
        // What is no secret is seen while it is typed.
        terminal.press("1\r1\r");
        terminal.shows("Value:");
        terminal.press("http://localhost:5000\r");
        terminal.shows("http://localhost:5000");
        terminal.shows("Typed by you: STRIPE_API_KEY, SITE_URL");
        terminal.press("1\r");
        terminal.shows("Type write and Enter.");
        terminal.press("write\r");
        terminal.shows(".env is ready (mode 0600).");
        terminal.press("q\r");
        assert_eq!(terminal.exits(), 0);
        terminal.is_as_before();
        assert!(project.read(".env").contains(canary.value()));
        nowhere(&canary, &terminal, &program);
    }
}

#[test]
fn options_leave_the_rest_to_questions() {
    let (program, project, canary) = (Program::new(), clone(), Canary::new());
    let mut terminal = opened(&program, &project, &["--set", "SITE_URL=http://localhost:5000"]);
    terminal.shows("1 of 1  STRIPE_API_KEY");
    terminal.shows("value (not shown):");
    std::thread::sleep(Duration::from_millis(50));
    terminal.press(&format!("{}\r", canary.value()));
    assert_eq!(terminal.exits(), 0);
    terminal.shows("Start the app: flask run");
    terminal.is_as_before();
    assert!(project.read(".env").contains(canary.value()));
    nowhere(&canary, &terminal, &program);
}

#[test]
fn an_end_while_a_value_is_typed_writes_nothing_and_leaves_nothing() {
    // On the screen: by key, with a question first, and by signals.
    for (how, code) in [("key", 0), ("TERM", 143), ("HUP", 129), ("INT", 130), ("KILL", 0)] {
        let (program, project, canary) = (Program::new(), clone(), Canary::new());
        let before = project.picture();
        let mut terminal = opened(&program, &project, &[]);
        terminal.shows("2 to answer");
        terminal.press("nxn\r");
        terminal.shows("It is not shown while you type.");
        terminal.press(canary.value());
        match how {
            "key" => {
                terminal.press("\x03");
                terminal.shows("1 decision would be lost");
                terminal.press("y");
                assert_eq!(terminal.exits(), code);
            }
            "KILL" => {
                terminal.signal("KILL");
                terminal.exits();
            }
            signal => {
                terminal.signal(signal);
                assert_eq!(terminal.exits(), code, "{signal}");
            }
        }
        if how != "KILL" {
            terminal.is_as_before();
        }
        assert!(project.picture() == before);
        canary.not_below(program.home(), &[]);
    }
    // In the questions, echo is off meanwhile.
    for (how, code) in [("key", 130), ("TERM", 143), ("HUP", 129)] {
        let (program, project, canary) = (Program::new(), clone(), Canary::new());
        let mut terminal = opened(&program, &project, &["--accessible"]);
        terminal.shows("Number:");
        terminal.press("1\r1\r");
        terminal.shows("Value (not shown):");
        std::thread::sleep(Duration::from_millis(50));
        terminal.press(canary.value());
        match how {
            "key" => terminal.press("\x03"),
            signal => terminal.signal(signal),
        }
        assert_eq!(terminal.exits(), code, "{how}");
        terminal.is_as_before();
        assert!(!project.at(".env").exists());
        nowhere(&canary, &terminal, &program);
    }
}

#[test]
fn a_terminal_that_vanishes_ends_it() {
    for (ignoring, words) in
        [("", ""), ("trap '' HUP; ", ""), ("", " --accessible"), ("trap '' HUP; ", " --accessible")]
    {
        let (program, project) = (Program::new(), clone());
        let note = program.home().join("pid");
        let inner = format!("{ignoring}echo $$ > {}; exec {BINARY} onboard{words}", note.display());
        let words = ["script", "--quiet", "--command", &inner, "/dev/null"];
        let mut terminal = Terminal::open(&program, project.path(), &words, 80, 24);
        terminal.shows("STRIPE_API_KEY");
        let id = std::fs::read_to_string(&note).unwrap();
        let running = Path::new("/proc").join(id.trim());
        assert!(running.exists());
        terminal.signal("KILL");
        terminal.exits();
        let gone = || {
            let status = std::fs::read_to_string(running.join("status"));
            status.is_err() || status.is_ok_and(|status| status.contains("State:\tZ"))
        };
        terminal.until("it ends", |_| gone());
        assert!(!project.at(".env").exists());
    }
}

#[test]
fn sizes_and_colours() {
    let (program, project) = (Program::new().variable("NO_COLOR", "1"), clone());
    let mut terminal = opened(&program, &project, &[]);
    terminal.shows("2 to answer");
    terminal.press("x");
    terminal.shows("1 to answer");
    for (columns, rows) in [(1, 1), (0, 0), (200, 2), (2, 200), (39, 9), (60, 16), (120, 40)] {
        terminal.resize(columns, rows);
        std::thread::sleep(Duration::from_millis(60));
        terminal.press("j");
    }
    terminal.resize(39, 9);
    terminal.shows("enlarge it");
    terminal.resize(120, 40);
    terminal.shows("1 to answer");
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    for colour in 30..=37 {
        assert!(!bytes.contains(&format!("\u{1b}[{colour}m")) && !bytes.contains(&format!(";{colour}m")), "{colour}");
    }
    assert!(!bytes.contains("38;5;"), "NO_COLOR is obeyed");
    terminal.press("qy");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
}
