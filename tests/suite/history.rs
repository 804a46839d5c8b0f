//! `history`: what it finds on every kind of ref, what it says of each value, and the plan.

use flask_harden::secret::generate::{OsRandom, new_key};
use git2::{Oid, Repository, Signature, Time};
use serde_json::Value;

use crate::support::{Canary, Program, Project, Run, snapshot};

/// A value that is nobody's: letters and digits made when the test runs.
fn key() -> String {
    new_key(&mut OsRandom).unwrap().expose()[..30].to_owned()
}

fn app(key: &str) -> String {
    format!("from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = '{key}'\n")
}

const CLEAN: &str = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\n\
                     app.secret_key = os.environ['SECRET_KEY']\n";

fn at(day: i64) -> Signature<'static> {
    Signature::new("Dev", "dev@example.org", &Time::new(1_720_000_000 + day * 86_400, 0)).unwrap()
}

/// A commit of one file on top of `parents`, under a ref of its own or under none.
fn commit(repo: &Repository, name: Option<&str>, parents: &[Oid], (path, text): (&str, &str), day: i64) -> Oid {
    let mut builder = repo.treebuilder(None).unwrap();
    builder.insert(path, repo.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
    let tree = repo.find_tree(builder.write().unwrap()).unwrap();
    let parents: Vec<_> = parents.iter().map(|id| repo.find_commit(*id).unwrap()).collect();
    let parents: Vec<_> = parents.iter().collect();
    let id = repo.commit(None, &at(day), &at(day), &format!("day {day}"), &tree, &parents).unwrap();
    if let Some(name) = name {
        repo.reference(name, id, true, "").unwrap();
    }
    id
}

/// A clean app, committed, and its repository.
fn clean() -> (Project, Repository, Oid) {
    let mut project = Project::with_git();
    project.write("app.py", CLEAN).write("requirements.txt", "flask\n");
    let base = Oid::from_str(&project.commit("clean")).unwrap();
    let repo = Repository::open(project.path()).unwrap();
    (project, repo, base)
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", run.stdout, run.stderr))
}

fn history(project: &Project) -> Value {
    json(&Program::new().run(project.path(), &["history", "--format", "json"]))
}

fn leaks(document: &Value) -> &Vec<Value> {
    document["leaks"].as_array().unwrap()
}

#[test]
fn every_kind_of_ref_holds_leaks() {
    let (project, repo, base) = clean();
    let keys: Vec<String> = (0..8).map(|_| key()).collect();
    let leak = |name: Option<&str>, at: usize| commit(&repo, name, &[base], ("app.py", &app(&keys[at])), at as i64);
    leak(Some("refs/heads/side"), 0);
    leak(Some("refs/remotes/origin/old"), 1);
    leak(Some("refs/pull/7/head"), 2);
    let tagged = leak(None, 3);
    repo.tag_lightweight("v1", &repo.find_object(tagged, None).unwrap(), false).unwrap();
    leak(Some("refs/stash"), 4);
    let message = format!("v2\n\nrun it with SECRET_KEY={}", keys[5]);
    repo.tag("v2", &repo.find_object(base, None).unwrap(), &at(5), &message, false).unwrap();
    repo.note(&at(6), &at(6), None, base, &format!("SECRET_KEY='{}'", keys[6]), false).unwrap();
    // A branch that was deleted: the reflog of HEAD alone still names its commit.
    let gone = leak(None, 7);
    let log = format!("{base} {gone} Dev <dev@example.org> 1720000000 +0000\tcommit: x\n");
    std::fs::create_dir_all(repo.path().join("logs")).unwrap();
    std::fs::write(repo.path().join("logs/HEAD"), log).unwrap();

    let document = history(&project);
    assert_eq!(document["summary"]["old"], 8, "{document:#}");
    let by_day: Vec<&Value> = leaks(&document).iter().collect();
    let reach = |at: usize| &by_day[at]["reach"];
    assert_eq!(reach(0)["branches"], serde_json::json!(["side"]));
    assert_eq!(reach(1)["remote_branches"], serde_json::json!(["origin/old"]));
    assert_eq!(reach(2)["pull_requests"], serde_json::json!(["refs/pull/7/head"]));
    assert_eq!(reach(3)["tags"], serde_json::json!(["v1"]));
    assert_eq!(reach(4)["only_stash"], true);
    assert_eq!((&by_day[5]["messages"], &by_day[5]["first"]["path"]), (&1.into(), &Value::Null));
    assert_eq!(reach(5)["tags"], serde_json::json!(["v2"]));
    assert_eq!((&by_day[6]["messages"], &by_day[6]["first"]["path"]), (&1.into(), &Value::Null));
    assert_eq!(reach(7)["only_reflog"], true);
    let text = Program::new().run(project.path(), &["history"]).exits(0).stdout;
    for words in ["only in a stash", "only in a reflog", "origin/old", "refs/pull/7/head", "git gc --prune=now"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    for key in &keys {
        assert!(!text.contains(key) && !document.to_string().contains(key));
    }
}

#[test]
fn renamed_removed_and_put_back_is_one_line() {
    let mut project = Project::with_git();
    let key = key();
    project.write("app.py", CLEAN).write("settings.py", format!("SECRET_KEY = '{key}'\n"));
    let first = project.commit("in");
    std::fs::remove_file(project.at("settings.py")).unwrap();
    project.commit("out");
    project.write("conf/config.py", format!("\nSECRET_KEY = '{key}'\n"));
    project.write("deploy.yml", format!("JWT_SECRET_KEY: {key}\n"));
    let back = project.commit("back under another name");
    std::fs::remove_file(project.at("conf/config.py")).unwrap();
    std::fs::remove_file(project.at("deploy.yml")).unwrap();
    let out = project.commit("out again");
    let document = history(&project);
    assert_eq!(leaks(&document).len(), 1);
    let leak = &leaks(&document)[0];
    assert_eq!(leak["state"], "old");
    assert_eq!(leak["first"]["commit"], first.as_str());
    assert_eq!((&leak["first"]["path"], &leak["first"]["line"]), (&"settings.py".into(), &1.into()));
    assert_eq!(leak["last"]["commit"], back.as_str());
    assert_eq!(leak["removed_in"]["commit"], out.as_str());
    assert_eq!(leak["names"], serde_json::json!(["JWT_SECRET_KEY", "SECRET_KEY"]));
    let places = serde_json::json!([
        {"path": "conf/config.py", "lines": [2]},
        {"path": "deploy.yml", "lines": [1]},
        {"path": "settings.py", "lines": [1]},
    ]);
    assert_eq!(leak["places"], places);
}

#[test]
fn a_side_branch_that_was_merged_is_read() {
    let (project, repo, base) = clean();
    let key = key();
    let side = commit(&repo, None, &[base], ("app.py", &app(&key)), 1);
    let fixed = commit(&repo, None, &[side], ("app.py", CLEAN), 2);
    let merge = commit(&repo, None, &[base, fixed], ("app.py", CLEAN), 3);
    repo.reference("refs/heads/main", merge, true, "").unwrap();
    let document = history(&project);
    let leak = &leaks(&document)[0];
    assert_eq!(leak["first"]["commit"], side.to_string());
    assert_eq!(leak["removed_in"]["commit"], fixed.to_string());
    assert_eq!(leak["in_head"], false);
}

#[test]
fn live_is_what_is_in_use_now_and_nothing_else() {
    let mut project = Project::with_git();
    let (mail, address, old) = (key(), key(), key());
    let env = |mail: &str, address: &str| {
        format!("MAIL_PASSWORD={mail}\nDATABASE_URL=postgres://shop:{address}@db.shop.net/shop\nADMIN_NAME=rivers-2\n")
    };
    project.write("app.py", CLEAN).write("requirements.txt", "flask\n");
    // `rivers-2` was a password once; now it is a name.
    project.write("deploy.ini", format!("ADMIN_PASSWORD = rivers-2\nMAIL_PASSWORD = {old}\n"));
    project.write(".env", env(&mail, &address));
    project.commit("leaked");
    std::fs::remove_file(project.at(".env")).unwrap();
    std::fs::remove_file(project.at("deploy.ini")).unwrap();
    project.write(".gitignore", ".env\n");
    project.commit("taken out");
    project.write(".env", env(&mail, &address));
    let document = history(&project);
    let states: Vec<(&str, &str)> =
        leaks(&document).iter().map(|leak| (leak["key"].as_str().unwrap(), leak["state"].as_str().unwrap())).collect();
    let mut sorted = states.clone();
    sorted.sort_unstable();
    let expected =
        [("ADMIN_PASSWORD", "old"), ("DATABASE_URL", "live"), ("MAIL_PASSWORD", "live"), ("MAIL_PASSWORD", "old")];
    assert_eq!(sorted, expected);
    assert!(states[0].1 == "live" && states[1].1 == "live", "the live ones come first");
    let live = leaks(&document).iter().find(|leak| leak["key"] == "DATABASE_URL").unwrap();
    assert_eq!(live["live"], serde_json::json!([{"key": "DATABASE_URL", "at": ".env:2"}]));
    assert_eq!(live["kind"], "url-password");
    Program::new().run(project.path(), &["history"]).exits(1);
    Program::new().run(project.path(), &["history", "--fail-on", "none"]).exits(0);
    Program::new().run(project.path(), &["history", "--history", "none"]).exits(0);
}

#[test]
fn placeholders_tests_and_samples_are_told_apart_and_never_left_out() {
    let mut project = Project::with_git();
    let (test, sample) = (key(), key());
    project.write("app.py", CLEAN);
    project.write("tests/conftest.py", format!("SECRET_KEY = '{test}'\n"));
    project.write(".env.example", format!("SECRET_KEY={sample}\nJWT_SECRET_KEY=change-me\n"));
    project.commit("one");
    std::fs::remove_file(project.at("tests/conftest.py")).unwrap();
    std::fs::remove_file(project.at(".env.example")).unwrap();
    project.commit("two");
    let document = history(&project);
    let mut doubts: Vec<&str> = leaks(&document).iter().map(|leak| leak["doubt"].as_str().unwrap()).collect();
    doubts.sort_unstable();
    assert_eq!(doubts, ["example", "placeholder", "test"]);
    assert_eq!(document["summary"]["doubtful"], 3);
    assert_eq!(document["plan"], serde_json::json!([]));
    let program = Program::new();
    assert!(program.run(project.path(), &["history"]).exits(0).stdout.contains("3 values are placeholders"));
    assert!(program.run(project.path(), &["history", "-v"]).exits(0).stdout.contains("only in tests"));
    assert!(program.run(project.path(), &["scan"]).stdout.contains("git history also holds 3 values that may be no"));
}

/// A key in use, an old one in a tag, and one in a message.
fn leaked(live: &str, old: &str, said: &str) -> Project {
    let mut project = Project::with_git();
    project.write("requirements.txt", "flask\n").write("Procfile", "web: gunicorn app:app\n");
    project.write("app.py", app(old));
    project.commit(&format!("Start; the server has MAIL_PASSWORD={said}"));
    project.write("app.py", app(live));
    let id = Oid::from_str(&project.commit("Another key")).unwrap();
    let repo = Repository::open(project.path()).unwrap();
    repo.reference("refs/remotes/origin/main", id, true, "").unwrap();
    repo.tag_lightweight("v1.0", &repo.find_object(id, None).unwrap(), false).unwrap();
    project
}

#[test]
fn the_report_and_its_plan_are_reviewed() {
    let project = leaked("a-Key-in-Use-0123456789", "an-0ld-Key-0123456789", "a-Mail-Word-0123456789");
    let run = Program::new().run(project.path(), &["history"]);
    snapshot::check("cli", "history", &run.transcript());
}

#[test]
fn values_are_printed_nowhere() {
    let canaries = [Canary::new(), Canary::new(), Canary::new()];
    let project = leaked(canaries[0].value(), canaries[1].value(), canaries[2].value());
    let program = Program::new();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("history.json");
    let before = project.picture();
    for args in [
        &["history"][..],
        &["history", "-v"],
        &["history", "-q"],
        &["history", "--format", "json", "-v"],
        &["history", "--format", "json", "-o", file.to_str().unwrap()],
        &["scan", "-v"],
    ] {
        let run = program.run(project.path(), args).exits(1);
        assert!(run.stdout.is_empty() || run.stdout.contains("live"), "{}", run.stdout);
        for canary in &canaries {
            canary.not_printed(&run);
            canary.not_below(out.path(), &[]);
            canary.not_below(program.home(), &[]);
        }
    }
    assert!(project.picture() == before, "looking changed the tree");
}

#[test]
fn the_replacement_file_is_its_owners_alone_and_outside_of_repositories() {
    use std::os::unix::fs::PermissionsExt;

    let keys = [key(), key(), key()];
    let mut project = leaked(&keys[0], &keys[1], &keys[2]);
    // Written with an escape, and too common to be replaced everywhere.
    project.write("old.py", "SECRET_KEY = 'tab\\tin-A-Key-0123456789'\nJWT_SECRET_KEY = 'sunshine'\n");
    project.commit("more");
    let program = Program::new();
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("replacements.txt");
    let run = program.run(project.path(), &["history", "--write-replacements", file.to_str().unwrap()]).exits(1);
    assert!(run.stderr.contains("4 values, readable by you alone"), "{}", run.stderr);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    for key in &keys {
        assert!(text.contains(&format!("literal:{key}==>***REMOVED***\n")));
        assert!(!run.stdout.contains(key) && !run.stderr.contains(key));
    }
    assert!(text.contains("literal:tab\\tin-A-Key-0123456789==>"), "as it is written in the file");
    assert!(!text.contains("sunshine"));
    for inside in ["replacements.txt", "./sub/../r.txt", ".git/r.txt"] {
        std::fs::create_dir_all(project.at("sub")).unwrap();
        let run = program.run(project.path(), &["history", "--write-replacements", inside]).exits(2);
        assert!(run.stderr.contains("is a git repository") && run.stderr.contains("Nothing was written."), "{inside}");
    }
    assert!(!project.at("replacements.txt").exists());
}

#[test]
fn nothing_to_say_and_nothing_to_read() {
    let (project, _, _) = clean();
    let run = Program::new().run(project.path(), &["history"]).exits(0);
    assert!(run.stdout.ends_with("no leaked values found\n"), "{}", run.stdout);
    let bare = Project::new();
    bare.write("app.py", CLEAN);
    let run = Program::new().run(bare.path(), &["history"]).exits(0);
    assert!(run.stdout.contains("not a git repository") && run.stdout.ends_with("history was not checked\n"));
    let run = Program::new().run(bare.path(), &["history", "--format", "json"]).exits(0);
    assert_eq!(json(&run)["complete"], false);
    let run = Program::new().run(bare.path(), &["scan"]);
    assert!(!run.stderr.contains('\r'), "no progress in a pipe");
}
