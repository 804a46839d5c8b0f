//! Git's view of a tree against repositories built for the purpose.

use super::*;
use crate::repo::fixture::{Fixture, snapshot};
use std::os::unix::fs::chown;

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn open(tree: &Tree) -> Git {
    match GitState::open(tree) {
        GitState::Open(git) => git,
        GitState::Refused(reason) => panic!("refused: {reason}"),
        GitState::None => panic!("no repository"),
    }
}

fn refused(tree: &Tree) -> String {
    match GitState::open(tree) {
        GitState::Refused(reason) => reason,
        _ => panic!("not refused"),
    }
}

#[test]
fn tracked_and_ignored_paths_of_a_tree_below_gits_root() {
    let fixture = Fixture::new();
    fixture.stage(&[("app/config.py", "x"), ("app/.env", "K=1"), ("other.py", "x")]);
    fixture.write(".gitignore", "*.log\n/app/instance/\n.env\n");
    fixture.write("app/.gitignore", "!keep.log\n");
    let before = snapshot(fixture.repo.path());
    let tree = Tree::open(&fixture.path().join("app")).unwrap();
    let git = open(&tree);
    assert_eq!(git.prefix(), &path("app"));
    assert_eq!(git.in_tree(&path("other.py")), None);
    assert_eq!(git.in_tree(&path("app/config.py")), Some(path("config.py")));
    assert_eq!(git.tracked().collect::<Vec<_>>(), [path(".env"), path("config.py")]);
    assert!(git.is_tracked(&path("config.py")) && !git.is_tracked(&path("other.py")));
    // Ignored by the rules and tracked all the same: both are told.
    assert!(git.is_ignored(&path(".env")) && git.is_tracked(&path(".env")));
    assert!(git.is_ignored(&path("x/new.log")) && git.is_ignored(&path("instance/.env")));
    assert!(!git.is_ignored(&path("keep.log")) && !git.is_ignored(&path("config.py")));
    assert_eq!(git.ignored(&path("a.log"), &[]).unwrap().origin, Origin::Repository(path(".gitignore")));
    assert_eq!(snapshot(fixture.repo.path()), before, "nothing is written below .git");
}

#[test]
fn an_ignore_file_is_judged_before_it_is_written() {
    let fixture = Fixture::new();
    fixture.write(".gitignore", "*.env\n!prod.env\n");
    let tree = fixture.tree();
    let state = GitState::open(&tree);
    let file = path(".gitignore");
    assert_eq!(state.ignored(&tree, &path("prod.env"), &[]), None);
    assert!(state.ignored(&tree, &path("prod.env"), &[(&file, "*.env\n!prod.env\nprod.env\n")]).is_some());
    assert!(state.ignored(&tree, &path("dev.env"), &[(&file, "")]).is_none());
    let nested = path("instance/.gitignore");
    assert!(state.ignored(&tree, &path("instance/key"), &[(&nested, "*\n")]).is_some());
    let plain = tempfile::tempdir().unwrap();
    std::fs::write(plain.path().join(".gitignore"), ".env\n").unwrap();
    let tree = Tree::open(plain.path()).unwrap();
    let state = GitState::open(&tree);
    assert!(matches!(state, GitState::None));
    assert!(state.ignored(&tree, &path(".env"), &[]).is_some());
}

#[test]
fn rules_of_this_clone_alone_are_told_from_the_repositorys() {
    let fixture = Fixture::new();
    std::fs::create_dir_all(fixture.repo.path().join("info")).unwrap();
    std::fs::write(fixture.repo.path().join("info/exclude"), "local.py\n").unwrap();
    std::fs::write(fixture.path().join("mine"), "*.mine\n").unwrap();
    let excludes = fixture.path().join("mine");
    fixture.repo.config().unwrap().set_str("core.excludesfile", excludes.to_str().unwrap()).unwrap();
    let git = open(&fixture.tree());
    assert_eq!(git.ignored(&path("local.py"), &[]).unwrap().origin, Origin::Clone);
    assert_eq!(git.ignored(&path("a.mine"), &[]).unwrap().origin, Origin::User);
}

#[test]
fn head_origin_and_changed_files() {
    let fixture = Fixture::new();
    let git = open(&fixture.tree());
    assert_eq!((git.head(), git.origin()), (None, None));
    let files = [("a.py", "one\ntwo\n")];
    fixture.stage(&files);
    let commit = fixture.commit("refs/heads/main", &[], &files, 0);
    let url = "https://user:hush@git.example/shop/web.git";
    fixture.repo.config().unwrap().set_str("remote.origin.url", url).unwrap();
    let git = open(&fixture.tree());
    assert_eq!(git.head(), Some(commit.to_string()));
    assert_eq!(git.origin().as_deref(), Some("shop/web"));
    assert!(!git.is_dirty(&path("a.py"), b"one\ntwo\n"));
    assert!(!git.is_dirty(&path("a.py"), b"one\r\ntwo\r\n"));
    assert!(git.is_dirty(&path("a.py"), b"one\n"));
    assert!(git.is_dirty(&path("new.py"), b""));
    fixture.stage(&[("a.py", "staged\n")]);
    assert!(open(&fixture.tree()).is_dirty(&path("a.py"), b"one\ntwo\n"));
}

#[test]
fn the_repository_does_not_choose_the_tree() {
    let fixture = Fixture::new();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join(".gitignore"), "*\n").unwrap();
    let there = elsewhere.path().to_str().unwrap();
    fixture.repo.config().unwrap().set_str("core.worktree", there).unwrap();
    let git = open(&fixture.tree());
    assert!(git.prefix().is_root());
    assert!(!git.is_ignored(&path("a.py")));
}

#[test]
fn linked_work_trees_and_gitfiles() {
    let fixture = Fixture::new();
    fixture.commit("refs/heads/main", &[], &[("a.py", "x")], 0);
    fixture.repo.set_head("refs/heads/main").unwrap();
    let outside = tempfile::tempdir().unwrap();
    let linked = outside.path().join("linked");
    fixture.repo.worktree("linked", &linked, None).unwrap();
    let git = open(&Tree::open(&linked).unwrap());
    assert!(git.is_tracked(&path("a.py")));
    std::fs::write(linked.join(".git"), "gitdir: /does/not/exist\n").unwrap();
    assert!(!refused(&Tree::open(&linked).unwrap()).is_empty());
    std::fs::write(linked.join(".git"), "nonsense\n").unwrap();
    assert!(!refused(&Tree::open(&linked).unwrap()).is_empty());
}

#[test]
fn bare_repositories_open_without_a_work_tree() {
    let dir = tempfile::tempdir().unwrap();
    git2::Repository::init_bare(dir.path()).unwrap();
    let git = open(&Tree::open(dir.path()).unwrap());
    assert!(!git.is_tracked(&path("a.py")) && !git.is_ignored(&path("a.py")));
}

#[test]
fn what_cannot_be_opened_is_refused_with_a_reason() {
    let fixture = Fixture::new();
    let head = fixture.repo.path().join("HEAD");
    std::fs::remove_file(&head).unwrap();
    assert!(refused(&fixture.tree()).contains("damaged or incomplete"));
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &head, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(refused(&fixture.tree()).contains("not a regular file"));

    let fixture = Fixture::new();
    let config = fixture.repo.path().join("config");
    std::fs::write(&config, "[core\nnonsense").unwrap();
    assert!(refused(&fixture.tree()).contains("could not be opened"));
    std::fs::write(&config, "[core]\nrepositoryformatversion = 1\n[extensions]\npartialclone = origin\n").unwrap();
    assert!(refused(&fixture.tree()).contains("'partialclone'"));
}

#[test]
fn an_unreadable_index_falls_back_to_head() {
    let fixture = Fixture::new();
    fixture.commit("refs/heads/main", &[], &[("x/a.py", "x")], 0);
    std::fs::write(fixture.repo.path().join("index"), b"DIRCnonsense").unwrap();
    let git = open(&fixture.tree());
    assert!(git.index_problem().is_some());
    assert!(git.is_tracked(&path("x/a.py")));
}

#[test]
fn another_users_repository_is_refused() {
    // Only root can give files away.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let fixture = Fixture::new();
    fixture.stage(&[("a.py", "x")]);
    for dir in [fixture.path().to_owned(), fixture.repo.path().to_owned()] {
        chown(dir, Some(12_345), None).unwrap();
    }
    let reason = refused(&fixture.tree());
    assert!(reason.contains("another user") && reason.contains("safe.directory"), "{reason}");
}
