//! The interactive faces and `--apply` decide through the same type: the same decisions, with the
//! same source of randomness, write the same bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use flask_harden::engine::{self, Desk, Request, SettingsFile, Work};
use flask_harden::flow::{Effect, Flow, Intent, Step};
use flask_harden::options::Flags;
use flask_harden::plan::Draft;
use flask_harden::remedy::Applicability;
use flask_harden::secret::generate::{GenerateError, KeySource};

use crate::support::Project;

/// Counts up: the same keys in the same order for whoever asks.
struct Counting(u8);

impl KeySource for Counting {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), GenerateError> {
        for byte in buffer {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

fn request(project: &Project) -> Request {
    Request {
        root: project.path().to_owned(),
        commits: None,
        settings: SettingsFile::Project,
        flags: Flags { store: Some("env-file".to_owned()), ..Flags::default() },
        formats: vec!["text"],
        baseline: None,
        reveal: false,
    }
}

/// Goes through the flow as a person who accepts everything but what `skip` names.
fn by_hand(project: &Project, skip: &str) -> Arc<Draft> {
    let mut desk = Desk::with_random(request(project), Box::new(Counting(0)));
    let (mut flow, effects) = Flow::start(false);
    let mut open: VecDeque<Effect> = effects.into();
    let mut intents = VecDeque::from([Intent::Next, Intent::Next]);
    let mut reviewed = false;
    loop {
        while let Some(effect) = open.pop_front() {
            let Effect::Work(work) = effect else { continue };
            assert!(!matches!(work, Work::Write { .. }));
            let mut told = Vec::new();
            desk.perform(work, &mut |done| told.push(done));
            for done in told {
                open.extend(flow.receive(done));
            }
        }
        assert!(flow.error.is_none(), "{:?}", flow.error);
        if flow.step == Step::Review && !reviewed {
            reviewed = true;
            for patch in flow.patches() {
                intents.push_back(if patch.remedy.starts_with(skip) { Intent::Skip } else { Intent::Accept });
            }
            intents.push_back(Intent::Next);
        }
        match intents.pop_front() {
            Some(intent) => open.extend(flow.handle(intent)),
            None => break,
        }
    }
    assert_eq!(flow.step, Step::Confirm);
    Arc::clone(&flow.draft.as_ref().expect("a draft to confirm").1)
}

fn by_option(project: &Project, skip: &str) -> Draft {
    let request = request(project);
    let scan = engine::scan(&request).unwrap();
    let plan = engine::plan(&scan, &request).unwrap();
    let decisions = engine::decide(&plan, Applicability::Automatic, &[skip.to_owned()]).unwrap();
    engine::checked_draft_with(&scan, &plan, &request, &decisions, &mut Counting(0)).unwrap()
}

fn bytes(draft: &Draft) -> Vec<(String, u32, String)> {
    draft.files.iter().map(|file| (file.path.to_string(), file.mode, file.after.to_string())).collect()
}

#[test]
fn the_same_decisions_give_the_same_bytes_as_apply() {
    for app in ["legacy-shop", "config-classes", "flat-script", "tutorial-blog"] {
        let mut project = Project::with_git();
        project.copy_fixture(&format!("apps/{app}"));
        std::fs::remove_file(project.at(".env")).ok();
        project.commit("first");
        let (hand, option) = (by_hand(&project, "FH203"), by_option(&project, "FH203"));
        assert!(!option.files.is_empty(), "{app}");
        assert_eq!(bytes(&hand), bytes(&option), "{app}");
        assert_eq!(hand.secrets, option.secrets, "{app}");
    }
}
