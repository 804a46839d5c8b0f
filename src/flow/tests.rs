//! Transitions of the flow over a real scan of a small project: intents and answers in, steps,
//! decisions and effects out.

#![allow(clippy::disallowed_methods, reason = "tests build a tree of their own")]

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::engine::{Desk, Done, Request, SettingsFile};
use crate::options::Flags;
use crate::text::RepoPath;

/// A flow with a desk that answers at once.
struct Sitting {
    flow: Flow,
    desk: Desk,
    /// What was asked of the face.
    asked: Vec<String>,
}

fn project(dir: &Path) {
    let write = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    write(
        "app.py",
        "from flask import Flask, session\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \
         \"colour-me-surprised-19\"\n\n\n@app.get(\"/\")\ndef home():\n    session[\"seen\"] = 1\n    return \"ok\"\n",
    );
    write("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n");
    write("Procfile", "web: gunicorn app:app\n");
    // A safe fix: a file with values that git would take.
    write(".env", "MAIL_PASSWORD=four-words-of-nothing\n");
    git2::Repository::init(dir).unwrap();
}

impl Sitting {
    fn begin(dir: &Path) -> Self {
        project(dir);
        let desk = Desk::new(Request {
            root: dir.to_owned(),
            commits: Some(0),
            settings: SettingsFile::None,
            flags: Flags { store: Some("env-file".to_owned()), ..Flags::default() },
            formats: vec!["text"],
            baseline: None,
            reveal: false,
        });
        let (flow, effects) = Flow::start(true);
        let mut sitting = Self { flow, desk, asked: Vec::new() };
        sitting.run(effects);
        sitting
    }

    fn run(&mut self, effects: Vec<Effect>) {
        let mut open: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = open.pop_front() {
            match effect {
                Effect::Work(Work::Write { .. } | Work::Undo { .. }) => self.asked.push("write".to_owned()),
                Effect::Work(work) => {
                    let mut told = Vec::new();
                    self.desk.perform(work, &mut |done| told.push(done));
                    for done in told {
                        open.extend(self.flow.receive(done));
                    }
                }
                Effect::Quit => self.asked.push("quit".to_owned()),
                Effect::Reveal { .. } => self.asked.push("reveal".to_owned()),
                Effect::Copy(text) => self.asked.push(format!("copy {text}")),
                Effect::EditPatch { .. } => self.asked.push("edit".to_owned()),
                Effect::OpenEditor { path, line } => self.asked.push(format!("open {path}:{line}")),
                _ => {}
            }
        }
    }

    fn wants(&mut self, intents: impl IntoIterator<Item = Intent>) -> &mut Self {
        for intent in intents {
            let effects = self.flow.handle(intent);
            self.run(effects);
        }
        self
    }

    fn state(&self) -> (usize, usize, usize) {
        self.flow.tally()
    }
}

#[test]
fn from_the_scan_to_the_confirmation_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    assert_eq!(sitting.flow.step, Step::Findings);
    sitting.wants([Intent::Open]);
    assert_eq!(sitting.flow.step, Step::Detail);
    sitting.wants([Intent::Next]);
    assert_eq!(sitting.flow.step, Step::Store);
    assert!(sitting.flow.offers.as_ref().is_some_and(|offers| offers.len() > 1));
    sitting.wants([Intent::Next]);
    assert_eq!(sitting.flow.step, Step::Review);
    sitting.wants([Intent::Next]);
    assert_eq!(sitting.flow.step, Step::Review, "nothing is accepted yet");
    assert!(sitting.flow.notice.is_some());
    sitting.wants([Intent::Accept, Intent::Next]);
    assert_eq!(sitting.flow.step, Step::Confirm);
    assert!(sitting.flow.draft.as_ref().is_some_and(|(_, draft)| !draft.files.is_empty()));
    for step in [Step::Review, Step::Store, Step::Findings, Step::Findings] {
        sitting.wants([Intent::Back]);
        assert_eq!(sitting.flow.step, step);
    }
    assert_eq!(sitting.state().0, 1, "going back decides nothing");
}

#[test]
fn decisions_are_undone_and_done_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next]);
    let all = sitting.flow.patches().len();
    assert!(all >= 3);
    sitting.wants([Intent::Select(0), Intent::Toggle]);
    assert_eq!(sitting.state(), (1, 0, all - 1));
    sitting.wants([Intent::Toggle]);
    assert_eq!(sitting.state(), (0, 1, all - 1));
    sitting.wants([Intent::UndoDecision]);
    assert_eq!(sitting.state(), (1, 0, all - 1));
    sitting.wants([Intent::UndoDecision, Intent::UndoDecision]);
    assert_eq!(sitting.state(), (0, 0, all));
    sitting.wants([Intent::RedoDecision, Intent::RedoDecision]);
    assert_eq!(sitting.state(), (0, 1, all - 1));
    // A new decision ends what could be done again.
    sitting.wants([Intent::UndoDecision, Intent::Select(1), Intent::Skip, Intent::RedoDecision]);
    assert_eq!(sitting.flow.notice.as_deref(), Some("nothing to redo"));
}

#[test]
fn all_safe_ones_are_accepted_after_a_list_and_a_yes() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next, Intent::AcceptSafe]);
    let Some(Question::AcceptSafe(ids)) = sitting.flow.question.clone() else { panic!("a list is asked about") };
    assert!(!ids.is_empty());
    sitting.wants([Intent::No]);
    assert_eq!(sitting.state().0, 0);
    sitting.wants([Intent::AcceptSafe, Intent::Yes]);
    assert_eq!(sitting.state().0, ids.len());
    let safe = |id: &String| sitting.flow.remedy(id).unwrap().applicability == crate::remedy::Applicability::Safe;
    assert!(ids.iter().all(safe));
}

#[test]
fn leaving_asks_where_decisions_would_be_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next, Intent::Accept, Intent::Quit]);
    assert_eq!(sitting.flow.question, Some(Question::Quit(1)));
    assert!(sitting.asked.is_empty());
    sitting.wants([Intent::Back]);
    assert_eq!((sitting.flow.question.clone(), sitting.flow.step), (None, Step::Review));
    sitting.wants([Intent::Quit, Intent::Yes]);
    assert_eq!(sitting.asked, ["quit"]);

    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Quit]);
    assert_eq!(sitting.asked, ["quit"], "nothing would be lost");
}

#[test]
fn an_ignore_needs_a_reason_becomes_a_patch_and_can_be_undone() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    let before = sitting.flow.visible().len();
    sitting.wants([Intent::Ignore, Intent::Reason("  ".to_owned())]);
    assert_eq!(sitting.flow.visible().len(), before);
    sitting.wants([Intent::Ignore, Intent::Reason("a demo".to_owned())]);
    assert!(sitting.flow.visible().len() < before);
    let id = crate::engine::IGNORES;
    assert!(sitting.flow.number_of(id).is_some() && sitting.flow.decisions().accepts(id));
    sitting.wants([Intent::Next, Intent::Next, Intent::Next]);
    assert_eq!(sitting.flow.step, Step::Confirm);
    let (_, draft) = sitting.flow.draft.as_ref().unwrap();
    let settings = draft.files.iter().find(|file| file.path.as_str() == ".flask-harden.toml").unwrap();
    assert!(settings.after.contains("reason = \"a demo\""));
    sitting.wants([Intent::UndoDecision]);
    assert_eq!(sitting.flow.visible().len(), before);
    assert!(sitting.flow.number_of(id).is_none());
}

#[test]
fn a_fix_brings_what_it_needs_and_one_that_is_needed_is_missed() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next]);
    let flow = &sitting.flow;
    let Some(at) = flow.patches().iter().position(|patch| {
        flow.remedy(&patch.remedy).is_some_and(|remedy| remedy.needs.iter().any(|id| flow.number_of(id).is_some()))
    }) else {
        return;
    };
    let id = flow.patches()[at].remedy.clone();
    let need = flow.remedy(&id).unwrap().needs[0].clone();
    sitting.wants([Intent::Select(at), Intent::Toggle]);
    assert!(sitting.flow.decisions().accepts(&need));
    let needed = sitting.flow.number_of(&need).unwrap() - 1;
    sitting.wants([Intent::Select(needed), Intent::Toggle]);
    assert!(sitting.flow.notice.as_deref().is_some_and(|notice| notice.contains("held back")));
}

#[test]
fn an_edited_patch_is_checked_before_it_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next]);
    let flow = &sitting.flow;
    let editable = |patch: &Arc<Patch>| patch.files.iter().any(|file| file.editable.is_some());
    let at = flow.patches().iter().position(editable).expect("a patch with a text of its own");
    let patch = Arc::clone(&flow.patches()[at]);
    let file = patch.files.iter().find(|file| file.editable.is_some()).unwrap();
    let text = file.editable.as_ref().unwrap().to_string();
    let edited = |text: String| Intent::Edited {
        remedy: patch.remedy.clone(),
        texts: BTreeMap::from([(file.path.clone(), text)]),
    };
    sitting.wants([Intent::Select(at), Intent::Edit]);
    assert_eq!(sitting.asked, ["edit"]);
    sitting.wants([edited(format!("{text}def broken(:\n"))]);
    assert!(matches!(sitting.flow.question, Some(Question::EditAgain { .. })));
    assert_eq!(sitting.state().0, 0);
    sitting.wants([Intent::No, edited(format!("{text}# by hand\n"))]);
    assert_eq!(sitting.state().0, 1, "{:?}", sitting.flow.question);
    let shown = Arc::clone(sitting.flow.patch_at(at).unwrap());
    assert!(shown.files.iter().flat_map(|file| &file.rows).any(|row| row.text == "# by hand"));
    sitting.wants([Intent::Next]);
    let (_, draft) = sitting.flow.draft.as_ref().unwrap();
    let path = RepoPath::new(file.path.as_str()).unwrap();
    assert!(draft.files.iter().any(|file| file.path == path && file.after.contains("# by hand")));
}

#[test]
fn values_are_asked_about_and_never_copied() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    let tagged = sitting.flow.visible().iter().position(|found| found.tag.is_some()).expect("a finding with a value");
    sitting.wants([Intent::Select(tagged), Intent::Copy]);
    assert_eq!(sitting.asked, ["copy app.py:4"]);
    sitting.wants([Intent::Reveal]);
    assert!(matches!(sitting.flow.question, Some(Question::Reveal(_))));
    sitting.wants([Intent::Yes]);
    assert_eq!(sitting.asked.len(), 2);
    sitting.flow.may_reveal = false;
    sitting.wants([Intent::Reveal]);
    assert_eq!(sitting.flow.question, None);
}

#[test]
fn the_filter_keeps_the_finding_in_view_where_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    let last = sitting.flow.visible().len() - 1;
    sitting.wants([Intent::Select(last)]);
    let key = sitting.flow.current().unwrap().key.clone();
    sitting.wants([Intent::Filter(key.rule.to_lowercase())]);
    assert_eq!(sitting.flow.current().unwrap().key, key);
    assert!(sitting.flow.visible().iter().all(|found| found.key.rule == key.rule));
    sitting.wants([Intent::Filter("nothing has this".to_owned())]);
    assert!(sitting.flow.current().is_none());
    sitting.wants([Intent::Open, Intent::Toggle, Intent::Ignore, Intent::Copy, Intent::Reveal, Intent::Explain]);
    assert_eq!(sitting.flow.step, Step::Findings);
}

#[test]
fn a_late_draft_for_other_decisions_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Next, Intent::Next, Intent::Accept, Intent::Next]);
    let (decisions, draft) = sitting.flow.draft.take().unwrap();
    sitting.wants([Intent::Back, Intent::Skip]);
    assert!(sitting.flow.receive(Done::Drafted { decisions, draft }).is_empty());
    assert!(sitting.flow.draft.is_none());
}

#[test]
fn a_write_is_wanted_only_from_the_confirmation() {
    let dir = tempfile::tempdir().unwrap();
    let mut sitting = Sitting::begin(dir.path());
    sitting.wants([Intent::Write, Intent::Next, Intent::Write, Intent::Next, Intent::Accept, Intent::Write]);
    assert!(sitting.asked.is_empty());
    sitting.wants([Intent::Next, Intent::Write]);
    assert_eq!((sitting.asked.as_slice(), sitting.flow.step), (&["write".to_owned()][..], Step::Writing));
    // While it writes, nothing else begins and nobody leaves.
    sitting.wants([Intent::Quit, Intent::Back, Intent::Rescan, Intent::Write]);
    assert_eq!((sitting.asked.len(), sitting.flow.step), (1, Step::Writing));
}
