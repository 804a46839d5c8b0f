//! The reader against repositories built for the purpose.

use super::*;
use crate::repo::fixture::{Fixture, snapshot};
use crate::repo::git::GitState;
use git2::Oid;

struct Read {
    coverage: Coverage,
    /// Kind, paths and text of everything handed out, sorted.
    texts: Vec<(TextKind, String, String)>,
}

impl Read {
    fn files(&self) -> Vec<(&str, &str)> {
        self.of(TextKind::File)
    }

    fn of(&self, kind: TextKind) -> Vec<(&str, &str)> {
        let of_kind = self.texts.iter().filter(|(found, _, _)| *found == kind);
        of_kind.map(|(_, paths, text)| (paths.as_str(), text.as_str())).collect()
    }
}

fn reader(fixture: &Fixture) -> Git2Reader {
    match GitState::open(&fixture.tree()) {
        GitState::Open(git) => git.history(),
        GitState::Refused(reason) => panic!("refused: {reason}"),
        GitState::None => panic!("no repository"),
    }
}

fn read(fixture: &Fixture, request: &Request<'_>) -> Read {
    let mut texts = Vec::new();
    let coverage = reader(fixture)
        .scan(request, &mut |event| {
            if let Event::Text(text) = event {
                let paths: Vec<&str> = text.paths.iter().map(RepoPath::as_str).collect();
                texts.push((text.kind, paths.join(" "), text.text.to_owned()));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    texts.sort();
    Read { coverage, texts }
}

fn any(_: &RepoPath) -> bool {
    true
}

fn files_only(wanted: &dyn Fn(&RepoPath) -> bool) -> Request<'_> {
    Request { messages: false, ..Request::new(wanted) }
}

fn place(fixture: &Fixture, path: &str, text: &str) -> Wanted {
    let blob = ObjectId(fixture.repo.blob(text.as_bytes()).unwrap().to_string());
    Wanted { places: vec![BlobPlace { blob, path: RepoPath::new(path).unwrap() }], messages: Vec::new() }
}

fn one(fixture: &Fixture, wanted: Wanted) -> Option<Attribution> {
    let request = Request { reflogs: true, ..Request::new(&any) };
    reader(fixture).attribute(&request, &[wanted]).unwrap().remove(0)
}

fn id(oid: Oid) -> ObjectId {
    ObjectId(oid.to_string())
}

#[test]
fn every_kind_of_ref_is_read() {
    let fixture = Fixture::new();
    let repo = &fixture.repo;
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "base")], 0);
    for (at, name) in
        ["refs/heads/dev", "refs/remotes/origin/old", "refs/pull/7/head", "refs/tags/light"].iter().enumerate()
    {
        fixture.commit(name, &[base], &[("a.py", name)], at as i64 + 1);
    }
    let tagged = fixture.commit("", &[base], &[("a.py", "annotated")], 5);
    let object = repo.find_object(tagged, None).unwrap();
    let tag = repo.tag("v1", &object, &Fixture::signature(5), "tag words", false).unwrap();
    repo.tag("nested", &repo.find_object(tag, None).unwrap(), &Fixture::signature(5), "outer words", false).unwrap();
    // The stash is a list: the ref is its newest entry, the reflog holds the others.
    fixture.commit("refs/stash", &[base], &[("a.py", "stash 1")], 6);
    repo.reflog("refs/stash").unwrap().write().unwrap();
    std::fs::write(repo.path().join("logs/refs/stash"), stash_log(&fixture, base)).unwrap();
    repo.note(&Fixture::signature(7), &Fixture::signature(7), None, base, "note words", false).unwrap();
    repo.reference("refs/tags/tree", fixture.tree_of(&[("b.py", "tree")]), false, "").unwrap();
    repo.set_head_detached(fixture.commit("", &[base], &[("a.py", "detached")], 8)).unwrap();

    let before = snapshot(repo.path());
    let found = read(&fixture, &Request::new(&any));
    let texts: Vec<&str> = found.files().iter().map(|(_, text)| *text).collect();
    assert_eq!(
        texts,
        [
            "annotated",
            "base",
            "detached",
            "refs/heads/dev",
            "refs/pull/7/head",
            "refs/remotes/origin/old",
            "refs/tags/light",
            "stash 0",
            "stash 1",
            "tree",
        ]
    );
    assert_eq!(found.of(TextKind::TagMessage), [("", "outer words"), ("", "tag words")]);
    assert_eq!(found.of(TextKind::Note), [(base.to_string().as_str(), "note words")]);
    assert!(found.of(TextKind::CommitMessage).contains(&("", "day 0\n\nbody")));
    assert!(found.coverage.complete, "{:?}", found.coverage);
    assert_eq!(snapshot(repo.path()), before, "nothing is written below .git");
}

#[test]
fn a_missing_reflog_is_not_made_by_asking_for_it() {
    let fixture = Fixture::new();
    fixture.commit("refs/heads/main", &[], &[("a.py", "a")], 0);
    fixture.commit("refs/stash", &[], &[("a.py", "b")], 1);
    std::fs::remove_dir_all(fixture.repo.path().join("logs")).unwrap();
    let before = snapshot(fixture.repo.path());
    let request = Request { reflogs: true, ..files_only(&any) };
    assert_eq!(read(&fixture, &request).files().len(), 2);
    assert_eq!(snapshot(fixture.repo.path()), before);
}

/// Reflog lines as git writes them, oldest first; the older stash hangs on nothing else.
fn stash_log(fixture: &Fixture, base: Oid) -> String {
    let older = fixture.commit("", &[base], &[("a.py", "stash 0")], 6);
    let newer = fixture.repo.refname_to_id("refs/stash").unwrap();
    let line = |old: Oid, new: Oid| format!("{old} {new} Ada <ada@example.org> 1745625600 +0200\tWIP\n");
    line(Oid::ZERO_SHA1, older) + &line(older, newer)
}

#[test]
fn contents_come_once_with_every_path() {
    let fixture = Fixture::new();
    let one = fixture.commit("refs/heads/main", &[], &[("config.py", "K"), ("x/y/app.py", "app")], 0);
    // Moved and copied, then deleted; the last tree is the first one again.
    let two = fixture.commit("refs/heads/main", &[one], &[("new/config.py", "K"), ("copy.py", "K")], 1);
    let three = fixture.commit("refs/heads/main", &[two], &[("x/y/app.py", "app")], 2);
    fixture.commit("refs/heads/main", &[three], &[("config.py", "K"), ("x/y/app.py", "app")], 3);
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), [("config.py copy.py new/config.py", "K"), ("x/y/app.py", "app")]);
    assert_eq!((found.coverage.commits, found.coverage.blobs), (4, 2));
    let python_only = |path: &RepoPath| path.name() == "copy.py";
    assert_eq!(read(&fixture, &files_only(&python_only)).files(), [("copy.py", "K")]);
}

#[test]
fn what_only_a_merge_holds_is_found() {
    let fixture = Fixture::new();
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "base")], 0);
    let left = fixture.commit("", &[base], &[("a.py", "left")], 1);
    let right = fixture.commit("", &[base], &[("a.py", "right")], 2);
    let merge = fixture.commit("refs/heads/main", &[left, right], &[("a.py", "evil")], 3);
    let after = fixture.commit("refs/heads/main", &[merge], &[("a.py", "after")], 4);
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files().len(), 5);
    let found = one(&fixture, place(&fixture, "a.py", "evil")).unwrap();
    assert_eq!(found.first.commit.id, id(merge));
    assert_eq!(found.last.commit.id, id(merge));
    assert_eq!(found.removed_in.unwrap().id, id(after));
}

#[test]
fn who_brought_held_and_removed_it() {
    let fixture = Fixture::new();
    let repo = &fixture.repo;
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "x")], 0);
    let leak = fixture.commit("", &[base], &[("a.py", "x"), ("config.py", "hush")], 1);
    let held = fixture.commit("refs/heads/dev", &[leak], &[("a.py", "y"), ("config.py", "hush")], 2);
    let gone = fixture.commit("refs/remotes/origin/main", &[held], &[("a.py", "y")], 3);
    let head = fixture.commit("refs/heads/main", &[gone], &[("a.py", "z")], 4);
    repo.tag_lightweight("v1", &repo.find_object(held, None).unwrap(), false).unwrap();
    repo.tag_lightweight("v0", &repo.find_object(base, None).unwrap(), false).unwrap();
    repo.set_head("refs/heads/main").unwrap();

    let found = one(&fixture, place(&fixture, "config.py", "hush")).unwrap();
    assert_eq!(found.first.commit.id, id(leak));
    assert_eq!(found.first.place, Some(0));
    assert_eq!(found.first.commit.summary, "day 1");
    assert_eq!(found.first.commit.date(), "2025-04-27");
    assert_eq!(found.last.commit.id, id(held));
    assert_eq!(found.removed_in.unwrap().id, id(gone));
    assert!(!found.in_head && !found.message_only && found.reach.published());
    assert_eq!(found.reach.branches, ["dev", "main"]);
    assert_eq!(found.reach.remote_branches, ["origin/main"]);
    assert_eq!(found.reach.tags, ["v1"]);
    assert!(found.reach.head);

    let present = one(&fixture, place(&fixture, "a.py", "z")).unwrap();
    assert!(present.in_head && present.removed_in.is_none());
    assert_eq!(present.last.commit.id, id(head));
    assert!(one(&fixture, place(&fixture, "config.py", "never committed")).is_none());
    // One value in two versions of a file: from the first to the last of both.
    let mut both = place(&fixture, "a.py", "x");
    both.places.extend(place(&fixture, "a.py", "y").places);
    let found = one(&fixture, both).unwrap();
    assert_eq!((found.first.commit.id, found.first.place), (id(base), Some(0)));
    assert_eq!((found.last.commit.id, found.last.place), (id(gone), Some(1)));
    assert_eq!(found.removed_in.unwrap().id, id(head));
}

#[test]
fn stash_reflog_and_messages_are_told_apart() {
    let fixture = Fixture::new();
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "base")], 0);
    fixture.repo.set_head("refs/heads/main").unwrap();
    fixture.commit("refs/stash", &[base], &[("a.py", "stashed")], 1);
    let found = one(&fixture, place(&fixture, "a.py", "stashed")).unwrap();
    assert!(found.reach.only_stash() && !found.reach.published());

    let amended = fixture.commit("", &[base], &[("a.py", "amended")], 2);
    let log = format!("{} {amended} Ada <ada@example.org> 1745625600 +0200\tcommit\n", Oid::ZERO_SHA1);
    std::fs::write(fixture.repo.path().join("logs/HEAD"), log).unwrap();
    assert!(one(&fixture, place(&fixture, "a.py", "amended")).unwrap().reach.only_reflog());
    assert!(!read(&fixture, &files_only(&any)).files().contains(&("a.py", "amended")));

    let object = fixture.repo.find_object(base, None).unwrap();
    let tag = fixture.repo.tag("v1", &object, &Fixture::signature(9), "tag words", false).unwrap();
    let found = one(&fixture, Wanted { places: Vec::new(), messages: vec![id(tag), id(base)] }).unwrap();
    assert!(found.message_only);
    assert_eq!((found.first.commit.id, found.last.commit.id), (id(base), id(tag)));
    assert_eq!(
        (found.reach.branches.as_slice(), found.reach.tags.as_slice()),
        (&["main".to_owned()][..], &["v1".to_owned()][..])
    );
}

#[test]
fn missing_and_damaged_objects_do_not_end_the_run() {
    let fixture = Fixture::new();
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "lost"), ("b.py", "cut"), ("c.py", "kept")], 0);
    fixture.damage(fixture.repo.blob(b"lost").unwrap(), None);
    fixture.damage(fixture.repo.blob(b"cut").unwrap(), Some(b"x\x9c"));
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), [("c.py", "kept")]);
    assert!(!found.coverage.complete);
    assert_eq!(found.coverage.reasons, ["1 objects are damaged", "1 objects are missing"]);
    assert_eq!(found.coverage.skipped[&SkipReason::Unreadable].count, 2);

    let child = fixture.commit("refs/heads/main", &[base], &[("d.py", "child")], 1);
    fixture.damage(base, None);
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), [("d.py", "child")]);
    assert_eq!(found.coverage.reasons, ["1 objects are missing"]);
    std::fs::write(fixture.repo.path().join("shallow"), format!("{child}\n")).unwrap();
    let found = read(&fixture, &files_only(&any));
    assert!(found.coverage.reasons[0].contains("shallow"), "{:?}", found.coverage.reasons);
    std::fs::write(fixture.repo.path().join("refs/heads/bad"), format!("{base}\n")).unwrap();
    std::fs::write(fixture.repo.path().join("refs/heads/worse"), "nonsense\n").unwrap();
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), [("d.py", "child")]);
    assert!(!found.coverage.complete);
}

#[test]
fn limits_and_skips_are_counted() {
    let fixture = Fixture::new();
    let mut last = Vec::new();
    for at in 0..5 {
        last = vec![fixture.commit("refs/heads/main", &last, &[("a.py", &format!("version {at}"))], at)];
    }
    let newest = Request { limits: Limits::newest(2), ..files_only(&any) };
    let found = read(&fixture, &newest);
    assert_eq!(found.files(), [("a.py", "version 3"), ("a.py", "version 4")]);
    assert_eq!(found.coverage.reasons, ["only the newest 2 commits were read"]);

    let small = Request { limits: Limits { file_bytes: 8, ..Limits::default() }, ..files_only(&any) };
    let found = read(&fixture, &small);
    assert_eq!(found.coverage.skipped[&SkipReason::TooLarge].count, 5);
    assert_eq!(found.coverage.skipped[&SkipReason::TooLarge].paths, [RepoPath::new("a.py").unwrap()]);
    assert!(found.coverage.complete);

    let tight = Request { limits: Limits { bytes: 200, ..Limits::default() }, ..files_only(&any) };
    let found = read(&fixture, &tight);
    assert!(!found.coverage.complete && found.coverage.bytes <= 200);
    assert!(found.files().contains(&("a.py", "version 4")), "the newest come first");
}

#[test]
fn what_is_no_text_or_no_file_of_ours_is_left_out() {
    let fixture = Fixture::new();
    let repo = &fixture.repo;
    let binary = repo.blob(b"\xff\xfe\x00").unwrap();
    let text = repo.blob(b"text").unwrap();
    let mut builder = repo.treebuilder(None).unwrap();
    builder.insert("bin.py", binary, 0o100_644).unwrap();
    builder.insert("link.py", text, 0o120_000).unwrap();
    builder.insert("run.py", text, 0o100_755).unwrap();
    builder.insert(b"odd\xff.py".as_slice(), text, 0o100_644).unwrap();
    builder.insert("node_modules", fixture.tree_of(&[("x.py", "theirs")]), 0o040_000).unwrap();
    let tree = builder.write().unwrap();
    fixture.commit_tree("refs/heads/main", &[], tree, "m", 0);
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), [("run.py", "text")]);
    assert_eq!(found.coverage.skipped[&SkipReason::NotUtf8].count, 1);
    assert_eq!(found.coverage.skipped[&SkipReason::OddName].count, 1);
}

#[test]
fn deep_trees_end_at_a_bound() {
    let fixture = Fixture::new();
    let mut tree = fixture.tree_of(&[("deep.py", "deep")]);
    for _ in 0..400 {
        let mut builder = fixture.repo.treebuilder(None).unwrap();
        builder.insert("d", tree, 0o040_000).unwrap();
        tree = builder.write().unwrap();
    }
    fixture.commit_tree("refs/heads/main", &[], tree, "m", 0);
    let found = read(&fixture, &files_only(&any));
    assert_eq!(found.files(), []);
    assert_eq!(found.coverage.skipped[&SkipReason::OddName].count, 1);
}

#[test]
fn no_commits_and_an_early_stop() {
    let fixture = Fixture::new();
    let found = read(&fixture, &Request::new(&any));
    assert_eq!(found.coverage, Coverage { complete: true, ..Coverage::default() });
    fixture.commit("refs/heads/main", &[], &[("a.py", "a"), ("b.py", "b")], 0);
    let mut seen = 0;
    let coverage = reader(&fixture).scan(&files_only(&any), &mut |event| match event {
        Event::Text(_) => {
            seen += 1;
            ControlFlow::Break(())
        }
        Event::Progress(_) => ControlFlow::Continue(()),
    });
    assert_eq!(seen, 1);
    assert_eq!(coverage.unwrap().reasons, ["it was stopped"]);
}

#[test]
fn a_linked_work_trees_own_head_is_read() {
    let fixture = Fixture::new();
    let base = fixture.commit("refs/heads/main", &[], &[("a.py", "base")], 0);
    fixture.repo.set_head("refs/heads/main").unwrap();
    let outside = tempfile::tempdir().unwrap();
    let linked = fixture.repo.worktree("linked", &outside.path().join("linked"), None).unwrap();
    let there = git2::Repository::open_from_worktree(&linked).unwrap();
    there.set_head_detached(fixture.commit("", &[base], &[("a.py", "there")], 1)).unwrap();
    assert!(read(&fixture, &files_only(&any)).files().contains(&("a.py", "there")));
    let tree = crate::repo::Tree::open(&outside.path().join("linked")).unwrap();
    let GitState::Open(git) = GitState::open(&tree) else { panic!("a linked work tree is fine") };
    let mut texts = 0;
    let coverage = git.history().scan(&files_only(&any), &mut |event| {
        texts += usize::from(matches!(event, Event::Text(_)));
        ControlFlow::Continue(())
    });
    assert!(coverage.unwrap().complete);
    assert_eq!(texts, 2);
}
