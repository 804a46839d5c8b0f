//! `--untrack`: git stops tracking an env file through its index alone, and gets it back by undo.
//! The index is judged by the git program, which flask-harden itself never starts.

use std::path::Path;
use std::process::Command;

use crate::support::{Program, Project};

const APP: &str =
    "from flask import Flask\n\napp = Flask(__name__)\napp.config['SECRET_KEY'] = 'not-so-secret-value'\n";

/// What the git program prints, run without the settings of whoever runs the tests.
fn git(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Dev", "-c", "user.email=dev@example.org", "-c", "core.fsmonitor=false"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .expect("git can be started");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn entries(project: &Project) -> String {
    git(project.path(), &["ls-files", "--stage"])
}

fn index(project: &Project) -> Vec<u8> {
    std::fs::read(project.at(".git/index")).unwrap()
}

/// An app with a literal key, and a committed env file with another secret.
fn project() -> Project {
    let mut project = Project::with_git();
    project.write("app.py", APP).write(".env", "MAIL_PASSWORD=an-old-mail-word\n").write("README.md", "# App\n");
    project.commit("first");
    project
}

#[test]
fn a_tracked_env_file_gets_no_key_and_the_option_is_named() {
    let (project, program) = (project(), Program::new());
    let (before, old) = (project.picture(), index(&project));
    let run = program.run(project.path(), &["--apply"]).exits(5);
    assert!(run.stderr.contains("--untrack"), "{}", run.stderr);
    assert!(run.stderr.contains("Nothing was written."), "{}", run.stderr);
    let held = program.run(project.path(), &["--apply", "--store", "none"]).exits(0);
    assert!(held.stdout.contains("flask-harden --apply --untrack"), "{}", held.stdout);
    program.run(project.path(), &["undo"]).exits(0);
    assert_eq!((project.picture(), index(&project)), (before, old));
}

#[test]
fn the_diff_warns_first_and_writes_nothing() {
    let (project, program) = (project(), Program::new());
    let (before, old) = (project.picture(), index(&project));
    let run = program.run(project.path(), &["--diff", "--untrack"]).exits(1);
    let warning = run.stdout.find("the next git pull deletes the file").expect("the warning");
    assert!(warning < run.stdout.find("@@").expect("a diff"), "{}", run.stdout);
    assert!(run.stdout.contains("1 file is no longer tracked"), "{}", run.stdout);
    assert_eq!((project.picture(), index(&project)), (before, old));
}

#[test]
fn the_entry_alone_leaves_the_index_and_undo_gives_back_the_same_bytes() {
    let (project, program) = (project(), Program::new());
    let (before, old, listed) = (project.picture(), index(&project), entries(&project));
    let run = program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    assert!(run.stdout.contains("untracked    .env  (the file stays)"), "{}", run.stdout);
    assert!(run.stdout.contains("copy .env to the servers"), "{}", run.stdout);
    let now = index(&project);
    let rest: String =
        listed.lines().filter(|line| !line.ends_with("\t.env")).map(|line| format!("{line}\n")).collect();
    assert_eq!(entries(&project), rest);
    let env = project.read(".env");
    assert!(env.starts_with("MAIL_PASSWORD=an-old-mail-word\n") && env.contains("SECRET_KEY="));
    assert_eq!(git(project.path(), &["check-ignore", "--no-index", ".env"]), ".env\n");
    assert!(!project.at(".git/index.lock").exists());

    // A second run finds nothing to write, and touches nothing.
    let (written, index_then) = (project.picture(), now);
    let again = program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    assert_eq!((project.picture(), index(&project)), (written, index_then));

    let undone = program.run(project.path(), &["undo"]).exits(0);
    assert!(undone.stdout.contains("tracked    .env"), "{}", undone.stdout);
    assert_eq!((project.picture(), index(&project)), (before, old));
    assert_eq!(git(project.path(), &["status", "--porcelain"]), "");
    let twice = program.run(project.path(), &["undo"]).exits(0);
    assert!(twice.stdout.contains("Nothing to give back"), "{}", twice.stdout);
}

#[test]
fn git_sees_a_removed_entry_and_the_file_it_ignores() {
    let (project, program) = (project(), Program::new());
    program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    let status = git(project.path(), &["status", "--porcelain", "--untracked-files=all"]);
    assert!(status.lines().any(|line| line == "D  .env"), "{status}");
    assert!(status.lines().any(|line| line == " M app.py"), "{status}");
    assert!(!status.contains("?? .env\n"), "{status}");
    git(project.path(), &["fsck", "--no-dangling"]);
}

#[test]
fn after_git_looked_at_the_files_the_entry_comes_back_alone() {
    let (project, program) = (project(), Program::new());
    let (before, listed) = (project.picture(), entries(&project));
    program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    let left = index(&project);
    std::fs::File::open(project.at("README.md")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    git(project.path(), &["status", "--porcelain"]);
    assert_ne!(index(&project), left, "git renewed what it knows of the files");
    program.run(project.path(), &["undo"]).exits(0);
    assert_eq!(entries(&project), listed);
    assert_eq!(project.picture(), before);
    assert_eq!(git(project.path(), &["status", "--porcelain"]), "");
}

#[test]
fn an_index_that_others_changed_keeps_the_file_untracked_unless_forced() {
    let (project, program) = (project(), Program::new());
    program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    git(project.path(), &["add", "app.py"]);
    let (moved, listed) = (index(&project), entries(&project));
    let run = program.run(project.path(), &["undo"]).exits(0);
    assert!(run.stdout.contains("git add -f .env"), "{}", run.stdout);
    assert_eq!(index(&project), moved);
    assert!(project.read("app.py").contains("not-so-secret-value"));
    assert!(project.read(".gitignore").contains(".env"), "what is not tracked stays ignored");
    program.run(project.path(), &["undo", "--force"]).exits(0);
    assert!(entries(&project).contains("\t.env\n"));
    let others: String =
        entries(&project).lines().filter(|line| !line.ends_with("\t.env")).map(|line| format!("{line}\n")).collect();
    assert_eq!(others, listed, "what was staged since stays");
    assert!(!project.at(".gitignore").exists());
}

#[test]
fn a_lock_of_git_refuses_the_run_and_stays() {
    let (project, program) = (project(), Program::new());
    let (before, old) = (project.picture(), index(&project));
    std::fs::write(project.at(".git/index.lock"), "").unwrap();
    let run = program.run(project.path(), &["--apply", "--untrack"]).exits(4);
    assert!(run.stderr.contains(".git/index.lock is there"), "{}", run.stderr);
    assert_eq!((project.picture(), index(&project)), (before.clone(), old));
    assert_eq!(std::fs::read(project.at(".git/index.lock")).unwrap(), b"");

    std::fs::remove_file(project.at(".git/index.lock")).unwrap();
    program.run(project.path(), &["--apply", "--untrack"]).exits(0);
    let (written, left) = (project.picture(), index(&project));
    std::fs::write(project.at(".git/index.lock"), "").unwrap();
    program.run(project.path(), &["undo"]).exits(4);
    assert_eq!((project.picture(), index(&project)), (written, left));
    std::fs::remove_file(project.at(".git/index.lock")).unwrap();
    program.run(project.path(), &["undo"]).exits(0);
    assert_eq!(project.picture(), before);
}

#[test]
fn in_a_linked_work_tree_it_is_a_step_for_a_person() {
    let (project, program) = (project(), Program::new());
    let linked = tempfile::tempdir().unwrap();
    let tree = linked.path().join("tree");
    git(project.path(), &["worktree", "add", "-q", tree.to_str().unwrap()]);
    let listed = git(&tree, &["ls-files", "--stage"]);
    let run = program.run(&tree, &["--apply", "--untrack"]).exits(5);
    assert!(run.stderr.contains("git rm --cached .env"), "{}", run.stderr);
    let run = program.run(&tree, &["--apply", "--untrack", "--store", "none"]).exits(0);
    assert!(run.stdout.contains("git rm --cached .env   by hand"), "{}", run.stdout);
    assert_eq!(git(&tree, &["ls-files", "--stage"]), listed);
}

#[test]
fn a_tree_below_gits_root_and_an_env_file_without_secrets() {
    let mut project = Project::with_git();
    project
        .write("shop/app.py", APP)
        .write("shop/.env", "FLASK_APP=app.py\n")
        .write(".env", "OTHER_SECRET=kept-as-it-is\n");
    project.commit("first");
    let (program, shop) = (Program::new(), project.at("shop"));
    let (before, old) = (project.picture(), index(&project));
    program.run(&shop, &["--apply"]).exits(5);
    program.run(&shop, &["--apply", "--untrack"]).exits(0);
    assert_eq!(git(project.path(), &["ls-files"]), ".env\nshop/app.py\n");
    assert!(project.read("shop/.env").contains("SECRET_KEY="));
    program.run(&shop, &["undo"]).exits(0);
    assert_eq!((project.picture(), index(&project)), (before, old));
}

/// What a sitting on the project begins with: nothing but its tracked env file and its key.
fn sitting(project: &Project, untrack: bool) -> flask_harden::flow::Start {
    let mut start = crate::support::sitting::start(project, crate::support::sitting::LOOKS);
    start.request.flags.untrack = untrack;
    start.request.flags.select = vec!["FH104".to_owned()];
    start
}

/// On the screen and in the questions the patch is accepted like any other, and says what follows for
/// others; the option only says so beforehand.
#[test]
fn both_faces_untrack_what_a_person_accepts() {
    for untrack in [true, false] {
        let project = project();
        let (before, old, listed) = (project.picture(), index(&project), entries(&project));
        let mut stage = flask_harden::tui::Stage::open(sitting(&project, untrack), 80, 24);
        stage.settle();
        stage.press("c");
        assert!(stage.screen().contains("stops tracking .env; the file stays here"), "{}", stage.screen());
        stage.press("a c");
        let screen = stage.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(screen.contains("the next git pull deletes it in every other checkout"), "{screen}");
        assert_eq!((project.picture(), index(&project)), (before.clone(), old.clone()));
        stage.write("write");
        stage.press("Enter");
        assert_eq!(stage.at(), flask_harden::flow::Step::Report, "{}", stage.screen());
        let rest: String =
            listed.lines().filter(|line| !line.ends_with("\t.env")).map(|line| format!("{line}\n")).collect();
        assert_eq!(entries(&project), rest);
        assert_eq!(project.read(".env"), "MAIL_PASSWORD=an-old-mail-word\n");
        stage.press("U y");
        assert!(stage.screen().contains("is undone."), "{}", stage.screen());
        assert_eq!((project.picture(), index(&project)), (before, old), "undo gives back the same bytes");
    }

    let project = project();
    let old = index(&project);
    let listed = entries(&project);
    let mut out = Vec::new();
    // On to the fixes, accept the patch, on to writing, the word.
    let answers = "2\n1\n11\nwrite\n";
    let ended = flask_harden::plain::sit(sitting(&project, true), &mut std::io::Cursor::new(answers), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(matches!(ended, flask_harden::flow::Ended::NoAnswer), "{ended:?}\n{text}");
    for words in
        ["Git stops tracking .env; the file stays here", "the next git pull deletes it in every other checkout"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(entries(&project).len() < listed.len() && index(&project) != old, "{text}");
}
