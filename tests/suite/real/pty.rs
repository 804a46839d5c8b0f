//! The full screen of the real program on a pseudo-terminal: a walk from the scan to the undo, and
//! the terminal given back however a sitting ends.

use std::path::Path;
use std::time::Duration;

use portable_pty::CommandBuilder;

use super::terminal::{BINARY, Terminal};
use crate::support::sitting::{RULES, shop};
use crate::support::{Program, Project, snapshot};

/// The sample shop on the full screen, its findings shown.
fn opened(program: &Program, project: &Project) -> Terminal {
    opened_with(program, project, &RULES.join(","))
}

/// The same with other rules.
fn opened_with(program: &Program, project: &Project, rules: &str) -> Terminal {
    let terminal = Terminal::open(program, project.path(), &[BINARY, "--store", "env-file", "--select", rules], 80, 24);
    terminal.shows("FH");
    terminal.until("the fixes are worked out", |terminal| terminal.text().contains("Fix (automatic)"));
    terminal
}

/// What is written differs in the keys alone.
fn without_keys(project: &Project) -> Vec<(String, u32, String)> {
    let hidden = |text: &str| {
        let line = |line: &str| match line.split_once("SECRET_KEY=") {
            Some((before, value)) if value.len() == 64 => format!("{before}SECRET_KEY=(a key)\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect::<String>()
    };
    let picture = project.picture().into_iter();
    picture.map(|(path, (mode, bytes))| (path, mode, hidden(&String::from_utf8_lossy(&bytes)))).collect()
}

#[test]
fn a_walk_from_the_scan_to_the_undo_writes_what_apply_writes() {
    let (program, project) = (Program::new(), shop());
    let before = project.picture();
    let mut terminal = opened(&program, &project);
    terminal.press("c");
    terminal.shows("Where should the new SECRET_KEY live?");
    terminal.press("c");
    terminal.shows("Patch 1 of ");
    let patches: usize =
        terminal.text().split("Patch 1 of ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap();
    for _ in 0..patches {
        terminal.press("a");
    }
    terminal.shows(&format!("accepted {patches}"));
    terminal.press("c");
    terminal.shows("Will not happen:");
    assert_eq!(project.picture(), before, "nothing is written before the word");
    terminal.press("write\r");
    terminal.shows("Done.");
    terminal.shows("Commit the ");
    // Until the project was looked at again, the screen still speaks of the fixes from before.
    terminal.until("what is left was looked at", |terminal| {
        let text = terminal.text();
        !text.contains("looking at") && !text.contains("that can be written")
    });
    let text = terminal.text();
    let id = text.split("undo id ").nth(1).and_then(|rest| rest.get(..4)).unwrap();
    snapshot::check("tui", "report-80x24", &text.replace(id, "7f3a"));

    let other = shop();
    Program::new().run(other.path(), &["--apply", "--store", "env-file", "--select", &RULES.join(",")]).exits(0);
    assert_eq!(without_keys(&project), without_keys(&other));

    terminal.press("U");
    terminal.shows("Take the run back?");
    terminal.press("y");
    terminal.shows("is undone.");
    terminal.press("q");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
    terminal.shows("was undone.");
    let left = project.picture();
    let kept = |path: &str| path == ".env" || path == ".gitignore";
    for (path, (_, bytes)) in &before {
        assert!(kept(path) || left[path].1 == *bytes, "{path}");
    }
}

#[test]
fn a_file_changed_since_the_review_is_refused() {
    let (program, project) = (Program::new(), shop());
    let mut terminal = opened(&program, &project);
    terminal.press("cc");
    terminal.shows("Patch 1 of ");
    terminal.press("ac");
    terminal.shows("Will not happen:");
    project.write("config.py", format!("{}\n# meanwhile\n", project.read("config.py")));
    let before = project.picture();
    terminal.press("write\r");
    terminal.shows("This did not work");
    terminal.shows("Nothing was written.");
    assert_eq!(project.picture(), before);
    // Nothing was decided away by that, so leaving asks.
    terminal.press("\r");
    terminal.press("\x03");
    terminal.shows("would be lost");
    terminal.press("y");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
}

/// An editor of `sh` that changes the file it is given.
fn editor(program: Program, script: &str) -> Program {
    let file = program.home().join("editor.sh");
    std::fs::write(&file, script).unwrap();
    program.variable("EDITOR", format!("sh {}", file.display()))
}

#[test]
fn a_patch_edited_by_hand_is_checked_and_written_as_it_was_edited() {
    let script = "sed -i \"s/SAMESITE\\(.*\\)Lax/SAMESITE\\1Strict/\" \"$1\"";
    let (program, project) = (editor(Program::new(), script), shop());
    let mut terminal = opened_with(&program, &project, "FH203");
    terminal.press("c");
    terminal.shows("Patch 1 of 1");
    terminal.press("E");
    terminal.shows("your patch was checked");
    terminal.shows("edited by you");
    terminal.press("c");
    terminal.shows("Will not happen:");
    terminal.press("write\r");
    terminal.shows("Done.");
    terminal.press("q");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
    assert!(project.read("config.py").contains("Strict"), "{}", project.read("config.py"));
    assert!(!project.read("config.py").contains("Lax"));
}

#[test]
fn an_edit_that_leaves_the_finding_or_breaks_the_file_is_refused() {
    let removed = "sed -i \"/SAMESITE/d\" \"$1\"";
    let broken = "printf 'def (\\n' >> \"$1\"";
    for (script, words) in [(removed, "the finding would still be there"), (broken, "no longer have parsed")] {
        let (program, project) = (editor(Program::new(), script), shop());
        let before = project.picture();
        let mut terminal = opened_with(&program, &project, "FH203");
        terminal.press("c");
        terminal.shows("Patch 1 of 1");
        terminal.press("E");
        terminal.shows("cannot be taken");
        terminal.shows(words);
        assert_eq!(project.picture(), before);
        terminal.press("\x03");
        terminal
            .until("it asks or ends", |terminal| terminal.text().contains("would be lost") || terminal.is_given_back());
        terminal.press("y");
        terminal.exits();
        terminal.is_as_before();
    }
}

#[test]
fn signals_end_the_sitting_with_the_terminal_given_back() {
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let (program, project) = (Program::new(), shop());
        let mut terminal = opened(&program, &project);
        terminal.signal(signal);
        assert_eq!(terminal.exits(), code, "{signal}");
        terminal.is_as_before();
    }
}

#[test]
fn stopped_and_continued_as_often_as_one_likes() {
    let (program, project) = (Program::new(), shop());
    let mut terminal = opened(&program, &project);
    let id = terminal.child.process_id().unwrap();
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().chars().next().unwrap()
    };
    for by_key in [true, false, true] {
        if by_key {
            terminal.press("\x1a");
        } else {
            terminal.signal("TSTP");
        }
        terminal.until("it is stopped", |_| state() == 'T');
        terminal.until(&format!("the terminal is given back, {by_key}"), Terminal::is_given_back);
        terminal.signal("CONT");
        terminal.until("it is drawn again", |terminal| !terminal.is_given_back() && terminal.text().contains("FH103"));
    }
    terminal.press("jj");
    terminal.press("q");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
}

#[test]
fn any_size_is_survived_and_decisions_with_it() {
    let (program, project) = (Program::new(), shop());
    let mut terminal = opened(&program, &project);
    terminal.press(" ");
    terminal.shows("1 planned");
    for (columns, rows) in [(1, 1), (0, 0), (200, 2), (2, 200), (39, 9), (60, 16), (120, 40)] {
        terminal.resize(columns, rows);
        std::thread::sleep(Duration::from_millis(60));
        terminal.press("j");
    }
    terminal.resize(39, 9);
    terminal.shows("enlarge it");
    terminal.resize(80, 24);
    terminal.shows("1 planned");
    terminal.press("q");
    terminal.shows("1 decision would be lost");
    terminal.press("y");
    assert_eq!(terminal.exits(), 0);
    terminal.is_as_before();
}

#[test]
fn a_terminal_that_vanishes_ends_the_program() {
    // The second way is that of `nohup`: nobody tells the program, it has to notice.
    for ignoring in ["", "trap '' HUP; "] {
        let (program, project) = (Program::new(), shop());
        let note = program.home().join("pid");
        let inner = format!("{ignoring}echo $$ > {}; exec {BINARY}", note.display());
        // `script` holds the terminal of the program, and is then killed.
        let words = ["script", "--quiet", "--command", &inner, "/dev/null"];
        let mut terminal = Terminal::open(&program, project.path(), &words, 80, 24);
        terminal.shows("FH103");
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
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_says_that_it_is_a_bug() {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", "real::pty::panics_while_it_holds_the_terminal", "--ignored", "--nocapture"]);
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::start(command, 120, 40);
    terminal.exits();
    terminal.shows("met a bug");
    terminal.is_as_before();
    assert!(terminal.text().contains("exit 70"), "{}", terminal.text());
    assert!(!terminal.text().contains("not for the screen"), "{}", terminal.text());
}

/// Run by the test above, in a process of its own.
#[test]
#[ignore = "it panics on purpose, on a terminal that another test gives it"]
fn panics_while_it_holds_the_terminal() {
    let exit = flask_harden::cli::runtime::run(|| {
        let _ = flask_harden::tui::holding(|| panic!("not for the screen"));
        flask_harden::cli::exit::Exit::Done
    });
    println!("exit {}", exit.number());
}
