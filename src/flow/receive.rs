//! Answers: what each changes in the state, and what has to be done next.

use std::sync::Arc;

use crate::engine::{Done, EngineError, IGNORES, Scan, StoreOffer};
use crate::plan::Decision;
use crate::remedy::Change;

use crate::store::StoreId;

use super::{Effect, Flow, Outcome, Planned, Question, Step};

impl Flow {
    /// Takes an answer.
    pub fn receive(&mut self, done: Done) -> Vec<Effect> {
        match done {
            Done::Progress(progress) => {
                self.progress.at = Some(progress);
                Vec::new()
            }
            Done::Scanned { scan, whole } => self.scanned(scan, whole),
            Done::Offers(offers) => self.offered(offers),
            Done::Planned { scan, plan, patches } => self.planned(Planned { scan, plan, patches }),
            Done::Consequences { remedy, lines } => {
                self.consequences.insert(remedy, lines);
                Vec::new()
            }
            Done::Edited { remedy, texts, patch } => {
                self.take_edited(remedy, texts, patch);
                Vec::new()
            }
            Done::EditRefused { remedy, error } => {
                self.question = Some(Question::EditAgain { remedy, error });
                Vec::new()
            }
            Done::Drafted { decisions, draft } => {
                if decisions == *self.decisions() {
                    self.busy = None;
                    self.draft = Some((decisions, draft));
                }
                Vec::new()
            }
            Done::Written { receipt, stopped, shown, .. } => {
                let receipt = receipt.map(|receipt| *receipt);
                let mut effects = match self.setup {
                    Some(_) => self.setup_written(receipt, stopped),
                    None => self.written(receipt, stopped),
                };
                if !shown.is_empty() {
                    effects.insert(0, Effect::ShowKeys(shown));
                }
                effects
            }
            Done::Undone { report, stopped } if self.setup.is_some() => self.setup_undone(report, stopped),
            Done::Undone { report, stopped } => self.undone(report, stopped),
            Done::Onboarding(begun) => self.begun(begun),
            Done::OnboardDrafted { number, made } => self.setup_drafted(number, made),
            Done::Config(table) => {
                self.busy = None;
                self.config = Some(table);
                Vec::new()
            }
            Done::Failed(error) => {
                self.failed(error);
                Vec::new()
            }
        }
    }

    /// Where nobody named a store and the desktop's keyring works, it is suggested.
    fn offered(&mut self, offers: Vec<StoreOffer>) -> Vec<Effect> {
        self.busy = None;
        let keyring = offers.iter().any(|offer| offer.id == StoreId::Keyring && offer.state.is_ok());
        self.offers = Some(offers);
        let open = self.planned.as_ref().is_some_and(|planned| planned.plan.by_default);
        if keyring && open && self.chosen.is_none() {
            self.chosen = Some(StoreId::Keyring);
            return self.plan_again();
        }
        Vec::new()
    }

    fn scanned(&mut self, scan: Arc<Scan>, whole: bool) -> Vec<Effect> {
        let key = self.current().map(|found| found.key.clone());
        self.scan = Some(scan);
        self.whole = whole;
        self.busy = None;
        self.config = None;
        let again = key.and_then(|key| self.visible().iter().position(|found| found.key == key));
        self.finding = again.unwrap_or_else(|| self.finding.min(self.visible().len().saturating_sub(1)));
        if self.step == Step::Detail && again.is_none() {
            self.step = Step::Findings;
        }
        if whole {
            self.progress.paused = false;
            if self.step == Step::Scan {
                self.step = Step::Findings;
            }
        }
        let mut effects = self.plan_again();
        if self.step == Step::Config {
            effects.extend(self.handle(super::Intent::ShowConfig));
        }
        effects
    }

    fn planned(&mut self, planned: Planned) -> Vec<Effect> {
        let id = self.patches().get(self.patch).map(|patch| patch.remedy.clone());
        self.consequences.clear();
        self.asked_consequences.clear();
        let changes = planned.plan.remedies.iter().flat_map(|remedy| &remedy.changes);
        self.key_names.extend(changes.filter_map(|change| match change {
            Change::PutSecret { name, .. } => Some(name.clone()),
            Change::KeepSecret(key) => Some(key.name.clone()),
            _ => None,
        }));
        self.planned = Some(planned);
        if !self.ignores().is_empty() && self.decision(IGNORES).is_none() {
            self.now.decisions.set(IGNORES, Decision::Accept);
        }
        let again = id.and_then(|id| self.patches().iter().position(|patch| patch.remedy == id));
        self.patch = again.unwrap_or(0);
        self.draft = None;
        if self.outcome.is_some() {
            self.renew_checklist();
        }
        match self.step {
            Step::Review if self.patches().is_empty() => {
                self.step = Step::Findings;
                Vec::new()
            }
            Step::Review => self.ask_consequences(),
            Step::Confirm => self.ask_draft(),
            _ => Vec::new(),
        }
    }

    fn written(&mut self, receipt: Option<crate::apply::Receipt>, stopped: Option<i32>) -> Vec<Effect> {
        let Some((_, draft)) = self.draft.take() else { return Vec::new() };
        self.forget_decisions();
        let git = self.planned.as_ref().is_some_and(|planned| planned.scan.facts.git);
        self.outcome = Some(Outcome { receipt, draft, undone: None, git, items: Vec::new() });
        self.step = Step::Report;
        self.renew_checklist();
        if let Some(signal) = stopped {
            return vec![Effect::Stopped(signal)];
        }
        self.look_again("looking at what is left")
    }

    fn undone(&mut self, report: crate::apply::UndoReport, stopped: Option<i32>) -> Vec<Effect> {
        if let Some(outcome) = &mut self.outcome {
            outcome.undone = Some(report);
        }
        if let Some(signal) = stopped {
            return vec![Effect::Stopped(signal)];
        }
        self.look_again("looking at the project again")
    }

    fn look_again(&mut self, busy: &'static str) -> Vec<Effect> {
        self.busy = Some(busy);
        self.progress = super::Progress::default();
        vec![Effect::Work(crate::engine::Work::Scan)]
    }

    fn failed(&mut self, error: EngineError) {
        self.busy = None;
        match self.step {
            Step::Writing => self.step = Step::Confirm,
            Step::Confirm if self.setup.is_some() => self.step = Step::Variables,
            Step::Confirm => self.step = Step::Review,
            _ => {}
        }
        self.error = Some(error);
    }
}
