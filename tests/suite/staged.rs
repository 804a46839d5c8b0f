//! A scan in stages: the tree's findings come before history is read, counts are exact, and it
//! can be stopped.

use std::ops::ControlFlow;
use std::path::Path;

use flask_harden::engine::{self, Request, Scan, ScanEvent, ScanProgress, ScanStage, SettingsFile};
use flask_harden::finding::Severity;
use flask_harden::options::Flags;

use crate::support::Project;

fn request(root: &Path) -> Request {
    Request {
        root: root.to_owned(),
        commits: None,
        settings: SettingsFile::Project,
        flags: Flags::default(),
        formats: vec!["text"],
        baseline: None,
        reveal: false,
    }
}

/// A key that was committed three times, the last of them in use.
fn project() -> Project {
    let mut project = Project::with_git();
    project.write("requirements.txt", "flask\n");
    project.write("Procfile", "web: gunicorn app:app\n");
    for key in ["first-key-of-three-0", "second-key-of-three-", "third-key-of-three-1"] {
        project.write("app.py", format!("from flask import Flask\napp = Flask(__name__)\napp.secret_key = '{key}'\n"));
        project.commit(key.split('-').next().unwrap());
    }
    project
}

fn keys(scan: &Scan) -> Vec<(&str, Severity)> {
    let of_threat = scan.findings.iter().filter(|found| found.key.rule.starts_with("FH1"));
    of_threat.map(|found| (found.key.rule, found.severity)).collect()
}

#[test]
fn the_trees_findings_come_first_and_history_makes_them_worse() {
    let project = project();
    let mut told = Vec::new();
    let mut tree = Vec::new();
    let scan = engine::scan_staged(&request(project.path()), &mut |event| {
        match event {
            ScanEvent::Progress(progress) => told.push(progress),
            ScanEvent::Tree(scan) => {
                assert!(!scan.summary.history.checked);
                assert!(told.iter().all(|progress| progress.stage == ScanStage::Files), "{told:?}");
                tree.push(
                    keys(scan).iter().map(|(rule, severity)| ((*rule).to_owned(), *severity)).collect::<Vec<_>>(),
                );
            }
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(tree, [[("FH102".to_owned(), Severity::High)]]);
    assert_eq!(keys(&scan), [("FH101", Severity::Live), ("FH101", Severity::Low), ("FH101", Severity::Low)]);
    let last = |stage| told.iter().rev().find(|progress| progress.stage == stage).copied();
    let done = |stage, total| Some(ScanProgress { stage, done: total, total });
    assert_eq!(last(ScanStage::Files), done(ScanStage::Files, scan.summary.files_read));
    assert_eq!(last(ScanStage::Commits), done(ScanStage::Commits, 3));
    assert_eq!(last(ScanStage::Versions).map(|progress| progress.done == progress.total), Some(true));
    assert_eq!(last(ScanStage::Origins), done(ScanStage::Origins, 3));
    assert!(told.is_sorted_by_key(|progress| (progress.stage, progress.done)), "{told:?}");
    let whole = engine::scan(&request(project.path())).unwrap();
    assert_eq!(keys(&whole), keys(&scan));
    assert_eq!(engine::baseline(&whole), engine::baseline(&scan));
}

#[test]
fn a_scan_that_is_stopped_says_so_and_keeps_what_the_tree_shows() {
    let project = project();
    for stage in [ScanStage::Files, ScanStage::Commits, ScanStage::Versions] {
        let mut after = 0;
        let scan = engine::scan_staged(&request(project.path()), &mut |event| match event {
            ScanEvent::Progress(progress) if progress.stage >= stage => {
                after += usize::from(progress.stage > ScanStage::Files);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
        assert_eq!(keys(&scan), [("FH102", Severity::High)], "{stage:?}");
        assert_eq!(scan.summary.history.reason.as_deref(), Some("it was stopped"), "{stage:?}");
        assert!(!scan.summary.complete);
        assert!(after <= 1, "{stage:?} went on");
    }
}
