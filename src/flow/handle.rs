//! Intents: what each does to the state, and what has to be done for it.

use std::sync::Arc;

use crate::engine::Work;

use super::{Effect, Flow, Intent, Progress, Question, Step, place_of};

impl Flow {
    /// Takes what a person wants.
    pub fn handle(&mut self, intent: Intent) -> Vec<Effect> {
        self.notice = None;
        if self.setup.is_some() {
            return self.handle_setup(intent);
        }
        match intent {
            Intent::Next => self.next(),
            Intent::Back => self.back(),
            Intent::Open => self.open(),
            Intent::Select(at) => self.select(at),
            Intent::NextItem => self.select(self.position().saturating_add(1)),
            Intent::PreviousItem => self.select(self.position().saturating_sub(1)),
            Intent::ShowConfig => self.show_config(),
            Intent::Toggle => self.just(Self::toggle),
            Intent::Accept => self.decide_and_go_on(Self::accept),
            Intent::Skip => self.decide_and_go_on(Self::skip),
            Intent::AcceptSafe => self.just(Self::ask_for_safe),
            Intent::UndoDecision => self.undo_decision(),
            Intent::RedoDecision => self.redo_decision(),
            Intent::Edit => self.edit(),
            Intent::Edited { remedy, texts } => self.with_plan(|scan, plan| Work::Edited { scan, plan, remedy, texts }),
            Intent::OpenFile => self.open_file(),
            Intent::FileClosed | Intent::Rescan => self.rescan(),
            Intent::Ignore => self.just(Self::ask_reason),
            Intent::Reason(text) => self.give_reason(&text),
            Intent::Filter(text) => self.just(|flow| flow.set_filter(text)),
            Intent::Target => self.just(Self::next_target),
            Intent::Pause => self.pause(),
            Intent::Choose(store) => {
                self.chosen = Some(store);
                self.plan_again()
            }
            Intent::TestStore => self.ask_offers(),
            Intent::Reveal => self.just(Self::ask_reveal),
            Intent::Copy => self.copy(),
            Intent::Explain => self.explain(),
            Intent::Write => self.write(),
            Intent::UndoRun => self.just(Self::ask_undo),
            Intent::Tick(at) => self.just(|flow| flow.tick(at)),
            Intent::CopyStep(at) => self.copy_step(at),
            Intent::Save(name) => vec![Effect::Save(name)],
            Intent::Yes => self.yes(),
            Intent::No => self.just(|flow| flow.question = None),
            Intent::Dismiss => self.just(|flow| flow.error = None),
            Intent::Quit => self.quit(),
            // Of a clone that is set up.
            Intent::Generate | Intent::CopyDefault | Intent::LeaveEmpty | Intent::ChooseStore => Vec::new(),
        }
    }

    /// Something that needs nothing from outside.
    fn just(&mut self, act: impl FnOnce(&mut Self)) -> Vec<Effect> {
        act(self);
        Vec::new()
    }

    fn next(&mut self) -> Vec<Effect> {
        match self.step {
            Step::Scan if self.scan.is_some() => {
                self.step = Step::Findings;
                Vec::new()
            }
            Step::Findings | Step::Detail => self.go_to_fixes(),
            Step::Store => self.go_to_review(),
            Step::Review => self.go_to_confirm(),
            _ => Vec::new(),
        }
    }

    fn go_to_fixes(&mut self) -> Vec<Effect> {
        if self.planned.is_none() {
            self.say(self.no_fix_yet());
            return Vec::new();
        }
        if self.patches().is_empty() {
            self.say("nothing here can be written by flask-harden: Enter shows what to do");
            return Vec::new();
        }
        if self.keys().is_empty() {
            return self.go_to_review();
        }
        self.step = Step::Store;
        if self.offers.is_none() { self.ask_offers() } else { Vec::new() }
    }

    pub(super) fn ask_offers(&mut self) -> Vec<Effect> {
        let Some(scan) = self.scan.clone() else { return Vec::new() };
        self.busy = Some("looking at the stores");
        vec![Effect::Work(Work::Offers { scan })]
    }

    fn go_to_review(&mut self) -> Vec<Effect> {
        if self.store_problem().is_some() {
            self.say("this store cannot be used here: choose another one");
            return Vec::new();
        }
        self.step = Step::Review;
        self.patch = self.patch.min(self.patches().len().saturating_sub(1));
        self.ask_consequences()
    }

    fn go_to_confirm(&mut self) -> Vec<Effect> {
        if self.tally().0 == 0 {
            self.say("nothing is accepted yet: a accepts this patch, A every safe one");
            return Vec::new();
        }
        self.step = Step::Confirm;
        self.ask_draft()
    }

    /// Asks for the draft of what is decided, unless it is there.
    pub(super) fn ask_draft(&mut self) -> Vec<Effect> {
        let decisions = self.decisions().clone();
        if self.draft.as_ref().is_some_and(|(made_for, _)| *made_for == decisions) {
            return Vec::new();
        }
        self.draft = None;
        self.busy = Some("checking the changes");
        self.with_plan(|scan, plan| Work::Draft { scan, plan, decisions })
    }

    /// Asks what the patch in view changes when the app runs, once.
    pub(super) fn ask_consequences(&mut self) -> Vec<Effect> {
        let Some(remedy) = self.patches().get(self.patch).map(|patch| patch.remedy.clone()) else { return Vec::new() };
        if self.asked_consequences.contains(&remedy) {
            return Vec::new();
        }
        self.asked_consequences.push(remedy.clone());
        self.with_plan(|scan, plan| Work::Consequences { scan, plan, remedy })
    }

    fn with_plan(
        &mut self,
        work: impl FnOnce(Arc<crate::engine::Scan>, Arc<crate::engine::Plan>) -> Work,
    ) -> Vec<Effect> {
        let Some(planned) = &self.planned else { return Vec::new() };
        vec![Effect::Work(work(Arc::clone(&planned.scan), Arc::clone(&planned.plan)))]
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.question.take().is_some() || self.error.take().is_some() {
            return Vec::new();
        }
        self.step = match self.step {
            Step::Detail | Step::Store => Step::Findings,
            Step::Review if self.keys().is_empty() => Step::Findings,
            Step::Review => Step::Store,
            Step::Confirm => Step::Review,
            Step::Report => Step::Findings,
            Step::Config => self.came_from,
            step => step,
        };
        Vec::new()
    }

    fn open(&mut self) -> Vec<Effect> {
        match self.step {
            Step::Scan => return self.next(),
            Step::Findings if self.current().is_some() => self.step = Step::Detail,
            _ => {}
        }
        Vec::new()
    }

    fn position(&self) -> usize {
        if self.step == Step::Review { self.patch } else { self.finding }
    }

    fn select(&mut self, at: usize) -> Vec<Effect> {
        match self.step {
            Step::Review => {
                self.patch = at.min(self.patches().len().saturating_sub(1));
                self.ask_consequences()
            }
            _ => {
                self.finding = at.min(self.visible().len().saturating_sub(1));
                Vec::new()
            }
        }
    }

    fn show_config(&mut self) -> Vec<Effect> {
        let Some(scan) = self.scan.clone().filter(|_| self.whole) else {
            self.say("this is known once history is read");
            return Vec::new();
        };
        if self.step != Step::Config {
            self.came_from = self.step;
            self.step = Step::Config;
        }
        if self.config.is_some() {
            return Vec::new();
        }
        self.busy = Some("working out every setting");
        vec![Effect::Work(Work::Config { scan })]
    }

    fn decide_and_go_on(&mut self, decide: impl FnOnce(&mut Self, &str)) -> Vec<Effect> {
        let Some(id) = self.subject() else {
            self.say(self.no_fix_yet());
            return Vec::new();
        };
        decide(self, &id);
        let last = match self.step {
            Step::Review => self.patches().len(),
            _ => self.visible().len(),
        };
        if self.position() + 1 < last { self.select(self.position() + 1) } else { Vec::new() }
    }

    fn edit(&mut self) -> Vec<Effect> {
        let Some(remedy) = self.subject() else { return Vec::new() };
        let patch = self.patches().iter().find(|patch| patch.remedy == remedy);
        if !patch.is_some_and(|patch| patch.files.iter().any(|file| file.editable.is_some())) {
            self.say("this patch has no text of its own to edit: accept it or skip it");
            return Vec::new();
        }
        vec![Effect::EditPatch { remedy }]
    }

    fn open_file(&mut self) -> Vec<Effect> {
        let place = match self.step {
            Step::Review => self.patch_at(self.patch).and_then(|patch| patch.files.first()).map(|file| {
                let changed = file.rows.iter().find(|row| row.kind != crate::text::diff::RowKind::Same);
                (file.path.clone(), changed.and_then(|row| row.old.or(row.new)).unwrap_or(1), file.before.is_some())
            }),
            _ => self.current().map(|found| {
                let in_tree = found.primary.place == crate::text::Place::Tree;
                (found.primary.path.clone(), found.primary.line, in_tree)
            }),
        };
        match place {
            Some((path, line, true)) => vec![Effect::OpenEditor { path, line }],
            Some(_) => self.just(|flow| flow.say("that file is not in the tree")),
            None => Vec::new(),
        }
    }

    fn rescan(&mut self) -> Vec<Effect> {
        if matches!(self.step, Step::Writing) || self.scan.is_none() && self.busy.is_some() {
            return Vec::new();
        }
        self.progress = Progress::default();
        self.busy = Some("reading the project again");
        vec![Effect::Pause(false), Effect::Work(Work::Scan)]
    }

    fn ask_reason(&mut self) {
        self.question = self.current().map(|found| Question::Reason(found.key.clone()));
    }

    fn give_reason(&mut self, text: &str) -> Vec<Effect> {
        let Some(Question::Reason(key)) = self.question.take() else { return Vec::new() };
        if text.trim().is_empty() {
            self.say("not set aside: it needs a reason");
            return Vec::new();
        }
        if self.step == Step::Detail {
            self.step = Step::Findings;
        }
        self.ignore(&key, text)
    }

    fn set_filter(&mut self, text: String) {
        let key = self.current().map(|found| found.key.clone());
        self.filter = text;
        let found = self.visible().iter().position(|found| Some(&found.key) == key.as_ref());
        self.finding = found.unwrap_or(0);
    }

    fn next_target(&mut self) {
        let names = self.targets();
        let at = self.target.as_ref().and_then(|target| names.iter().position(|name| name == target));
        let next = at.map_or(0, |at| at + 1);
        let key = self.current().map(|found| found.key.clone());
        self.target = names.get(next).cloned();
        let found = self.visible().iter().position(|found| Some(&found.key) == key.as_ref());
        self.finding = found.unwrap_or(0);
    }

    fn pause(&mut self) -> Vec<Effect> {
        if self.whole {
            return Vec::new();
        }
        self.progress.paused = !self.progress.paused;
        vec![Effect::Pause(self.progress.paused)]
    }

    fn ask_reveal(&mut self) {
        let tagged = self.current().filter(|found| found.tag.is_some()).map(|found| found.key.clone());
        match tagged {
            _ if !self.may_reveal => self.say("values are not shown: --no-reveal is set"),
            None => self.say("this finding speaks of no value"),
            Some(key) => self.question = Some(Question::Reveal(key)),
        }
    }

    fn copy(&mut self) -> Vec<Effect> {
        self.current().map(|found| Effect::Copy(place_of(found))).into_iter().collect()
    }

    fn explain(&mut self) -> Vec<Effect> {
        let rule = match self.step {
            Step::Review => self.subject().and_then(|id| self.remedy(&id)?.findings.first().map(|key| key.rule)),
            _ => self.current().map(|found| found.key.rule),
        };
        rule.map(Effect::Explain).into_iter().collect()
    }

    fn write(&mut self) -> Vec<Effect> {
        let Some((_, draft)) = self.draft.as_ref().filter(|_| self.step == Step::Confirm) else { return Vec::new() };
        if draft.is_empty() {
            self.say("nothing would change: b goes back");
            return Vec::new();
        }
        let draft = Arc::clone(draft);
        self.step = Step::Writing;
        self.busy = Some("writing");
        vec![Effect::Work(Work::Write { draft })]
    }

    fn ask_undo(&mut self) {
        let written = self.outcome.as_ref().filter(|outcome| outcome.undone.is_none() && outcome.receipt.is_some());
        if written.is_some() {
            self.question = Some(Question::UndoRun);
        }
    }

    fn yes(&mut self) -> Vec<Effect> {
        match self.question.take() {
            Some(Question::AcceptSafe(ids)) => self.just(|flow| flow.accept_all(&ids)),
            Some(Question::Reveal(key)) => vec![Effect::Reveal { key }],
            Some(Question::EditAgain { remedy, .. }) => vec![Effect::EditPatch { remedy }],
            Some(Question::Quit(_)) => vec![Effect::Quit],
            Some(Question::UndoRun) => {
                let receipt = self.outcome.as_ref().and_then(|outcome| outcome.receipt.as_ref());
                let Some(run) = receipt.map(|receipt| receipt.run.clone()) else { return Vec::new() };
                self.busy = Some("taking the run back");
                vec![Effect::Work(Work::Undo { run })]
            }
            // A reason is a text, not a yes.
            kept @ Some(Question::Reason(_)) => self.just(|flow| flow.question = kept),
            Some(Question::LeaveEmpty(_)) | None => Vec::new(),
        }
    }

    pub(super) fn quit(&mut self) -> Vec<Effect> {
        // A write under way ends first; it is short.
        if self.step == Step::Writing {
            return Vec::new();
        }
        let lost = self.unsaved();
        if lost == 0 || matches!(self.question, Some(Question::Quit(_))) {
            return vec![Effect::Quit];
        }
        self.question = Some(Question::Quit(lost));
        Vec::new()
    }
}
