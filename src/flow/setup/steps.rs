//! The way through setting a clone up: variables, where secrets go, a last look, the end. The same for
//! the screen and for the questions. A value a person types is no intent, since intents can be copied
//! and printed: it comes in by [`Flow::answer`] alone.

use std::path::PathBuf;
use std::sync::Arc;

use crate::apply::{Receipt, RunId, UndoReport};
use crate::engine::{OnboardDraft, Onboarding, Work};
use crate::flow::{Effect, Flow, Intent, Question, Step};
use crate::plan::Draft;
use crate::plan::onboard::Answer;
use crate::secret::Secret;
use crate::store::StoreId;

use super::{Setup, SetupEnd};

impl Flow {
    /// A sitting that sets a clone up, and what it asks for first. `from`: the example a person names.
    pub fn onboard(from: Option<PathBuf>) -> (Self, Vec<Effect>) {
        let (mut flow, _) = Self::start(false);
        flow.step = Step::Variables;
        flow.busy = Some("reading the project");
        flow.setup = Some(Setup::new(from.clone()));
        (flow, vec![Effect::Work(Work::Onboard { from, again: None })])
    }

    /// The draft that is to be confirmed.
    pub fn to_confirm(&self) -> Option<&Draft> {
        match &self.setup {
            Some(setup) => setup.made.as_ref().map(|made| &made.draft),
            None => self.draft.as_ref().map(|(_, draft)| &**draft),
        }
    }

    /// Takes the value a person typed for the variable in view.
    pub fn answer(&mut self, value: Secret) -> Vec<Effect> {
        self.notice = None;
        let refused = self.setup.as_ref().and_then(|setup| {
            let (begun, item) = (setup.begun.as_ref()?, setup.item()?);
            begun.takes(item, &value).err()
        });
        match refused {
            Some(why) => self.say(&format!("not taken: {why}")),
            None => self.answer_with(Some(Answer::value(value))),
        }
        if self.step == Step::Variable {
            self.step = Step::Variables;
        }
        Vec::new()
    }

    /// Whether a value can be typed for the variable in view; else says why not.
    pub fn may_answer(&mut self) -> bool {
        let Some(item) = self.setup.as_ref().and_then(Setup::item) else { return false };
        if item.is_free() {
            return true;
        }
        let text = format!("{} has a value already, and onboard replaces nothing", item.name);
        self.say(&text);
        false
    }

    /// Says something of the variable in view, and goes on to the next question.
    fn answer_with(&mut self, answer: Option<Answer>) {
        if !self.may_answer() {
            return;
        }
        let Some(setup) = &mut self.setup else { return };
        let Some(name) = setup.item().map(|item| item.name.clone()) else { return };
        setup.answer(&name, answer);
        if self.step == Step::Variable {
            self.step = Step::Variables;
        }
    }

    /// Takes what a person wants while a clone is set up.
    pub(in crate::flow) fn handle_setup(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Next => return self.setup_next(),
            Intent::Back => return self.setup_back(),
            Intent::Open if self.step == Step::Variables && self.has_variables() => self.step = Step::Variable,
            Intent::Select(at) => self.go_to(at),
            Intent::NextItem => self.go_to_question(true),
            Intent::PreviousItem => self.go_to_question(false),
            Intent::Generate => self.answer_with(Some(Answer::Generate)),
            Intent::CopyDefault => self.copy_default(),
            Intent::LeaveEmpty => self.answer_with(Some(Answer::empty())),
            Intent::AcceptSafe => return self.ask_to_leave_empty(),
            Intent::UndoDecision => self.undo_answer(),
            Intent::RedoDecision => self.redo_answer(),
            Intent::ChooseStore => return self.go_to_stores(),
            Intent::TestStore => return self.ask_offers(),
            Intent::Choose(store) => return self.choose(store),
            Intent::Write => return self.write_setup(),
            Intent::UndoRun if self.written_run().is_some() => self.question = Some(Question::UndoRun),
            Intent::Copy => return self.copy_start(),
            Intent::Yes => return self.setup_yes(),
            Intent::No => self.question = None,
            Intent::Dismiss => self.error = None,
            Intent::Quit => return self.quit(),
            _ => {}
        }
        Vec::new()
    }

    fn has_variables(&self) -> bool {
        self.setup.as_ref().is_some_and(|setup| !setup.items().is_empty())
    }

    fn setup_next(&mut self) -> Vec<Effect> {
        match self.step {
            Step::Store if self.store_problem().is_some() => {
                self.say("this store cannot be used here: choose another one");
                Vec::new()
            }
            Step::Store | Step::Variable => {
                self.step = Step::Variables;
                Vec::new()
            }
            Step::Variables => self.go_to_last_look(),
            _ => Vec::new(),
        }
    }

    fn go_to_last_look(&mut self) -> Vec<Effect> {
        let Some(setup) = &self.setup else { return Vec::new() };
        if setup.begun.is_none() || self.busy.is_some() {
            self.say("the project is still being read");
            return Vec::new();
        }
        match setup.questions().len() {
            0 => return self.draft_setup(),
            1 => self.say("1 variable needs an answer: n goes there, A leaves it empty"),
            open => self.say(&format!("{open} variables need an answer: n goes there, A leaves them empty")),
        }
        Vec::new()
    }

    fn draft_setup(&mut self) -> Vec<Effect> {
        self.step = Step::Confirm;
        let Some(setup) = &mut self.setup else { return Vec::new() };
        let Some(begun) = setup.begun.clone().filter(|_| setup.made.is_none()) else { return Vec::new() };
        setup.number += 1;
        self.busy = Some("working out the env file");
        vec![Effect::Work(Work::OnboardDraft { begun, answers: setup.answers.clone(), number: setup.number })]
    }

    fn setup_back(&mut self) -> Vec<Effect> {
        if self.question.take().is_some() || self.error.take().is_some() {
            return Vec::new();
        }
        if matches!(self.step, Step::Variable | Step::Store | Step::Confirm) {
            self.busy = None;
            self.step = Step::Variables;
        }
        Vec::new()
    }

    fn go_to(&mut self, at: usize) {
        if let Some(setup) = &mut self.setup {
            setup.at = at.min(setup.items().len().saturating_sub(1));
        }
    }

    /// The next variable that needs an answer, from the one in view on and round.
    fn go_to_question(&mut self, forward: bool) {
        let Some(setup) = &mut self.setup else { return };
        let (open, at) = (setup.questions(), setup.at);
        let next = match forward {
            true => open.iter().find(|place| **place > at).or(open.first()),
            false => open.iter().rev().find(|place| **place < at).or(open.last()),
        };
        match next {
            Some(next) => setup.at = *next,
            None => self.say("nothing is left to answer: c goes on"),
        }
    }

    fn copy_default(&mut self) {
        let Some(item) = self.setup.as_ref().and_then(Setup::item) else { return };
        if !item.has_default() {
            let text = format!("the example has no value for {}", item.name);
            return self.say(&text);
        }
        let public = item.is_secret() && item.is_free();
        self.answer_with(Some(Answer::Copy));
        if public {
            self.say("copied: everyone who has the example knows this value");
        }
    }

    fn ask_to_leave_empty(&mut self) -> Vec<Effect> {
        let Some(setup) = &self.setup else { return Vec::new() };
        let names: Vec<String> = setup.questions().into_iter().map(|at| setup.items()[at].name.clone()).collect();
        if names.is_empty() {
            return self.setup_next();
        }
        self.question = Some(Question::LeaveEmpty(names));
        Vec::new()
    }

    fn undo_answer(&mut self) {
        let Some(setup) = &mut self.setup else { return };
        match setup.past.pop() {
            Some(before) => {
                setup.future.push(std::mem::replace(&mut setup.answers, before));
                setup.made = None;
            }
            None => self.say("nothing to undo"),
        }
    }

    fn redo_answer(&mut self) {
        let Some(setup) = &mut self.setup else { return };
        match setup.future.pop() {
            Some(after) => {
                setup.past.push(std::mem::replace(&mut setup.answers, after));
                setup.made = None;
            }
            None => self.say("nothing to redo"),
        }
    }

    fn go_to_stores(&mut self) -> Vec<Effect> {
        if self.setup.as_ref().is_none_or(|setup| setup.begun.is_none()) {
            return Vec::new();
        }
        self.step = Step::Store;
        if self.offers.is_none() { self.ask_offers() } else { Vec::new() }
    }

    fn choose(&mut self, store: StoreId) -> Vec<Effect> {
        let Some(setup) = &mut self.setup else { return Vec::new() };
        let Some(begun) = setup.begun.clone() else { return Vec::new() };
        setup.made = None;
        self.busy = Some("looking at the store");
        vec![Effect::Work(Work::Onboard { from: setup.from.clone(), again: Some((begun, store)) })]
    }

    fn write_setup(&mut self) -> Vec<Effect> {
        let Some(setup) = self.setup.as_ref().filter(|_| self.step == Step::Confirm) else { return Vec::new() };
        let (Some(begun), Some(made)) = (setup.begun.clone(), setup.made.clone()) else { return Vec::new() };
        self.step = Step::Writing;
        self.busy = Some("writing");
        vec![Effect::Work(Work::OnboardWrite { begun, made })]
    }

    fn copy_start(&mut self) -> Vec<Effect> {
        let begun = self.setup.as_ref().filter(|_| self.step == Step::Ready).and_then(|setup| setup.begun.as_ref());
        let first = begun.and_then(|begun| begun.starts().into_iter().next());
        first.map(|way| Effect::Copy(way.command)).into_iter().collect()
    }

    fn setup_yes(&mut self) -> Vec<Effect> {
        match self.question.take() {
            Some(Question::LeaveEmpty(names)) => {
                if let Some(setup) = &mut self.setup {
                    let before = setup.answers.clone();
                    setup.answers.extend(names.into_iter().map(|name| (name, Answer::empty())));
                    setup.past.push(before);
                    setup.future.clear();
                    setup.made = None;
                }
                self.draft_setup()
            }
            Some(Question::Quit(_)) => vec![Effect::Quit],
            Some(Question::UndoRun) => match self.written_run() {
                Some(run) => {
                    self.busy = Some("taking the run back");
                    vec![Effect::Work(Work::Undo { run })]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    pub(in crate::flow) fn begun(&mut self, begun: Arc<Onboarding>) -> Vec<Effect> {
        self.busy = None;
        self.scan = Some(Arc::clone(&begun.scan));
        self.whole = true;
        let Some(setup) = &mut self.setup else { return Vec::new() };
        let first = setup.begun.is_none();
        setup.begun = Some(begun);
        setup.made = None;
        if first {
            setup.at = setup.questions().first().copied().unwrap_or(0);
        } else {
            // A store that has a value makes an answer to it void.
            let free: Vec<String> =
                setup.items().iter().filter(|item| item.is_free()).map(|item| item.name.clone()).collect();
            setup.answers.retain(|name, _| free.contains(name));
        }
        Vec::new()
    }

    pub(in crate::flow) fn setup_drafted(&mut self, number: u64, made: Arc<OnboardDraft>) -> Vec<Effect> {
        let Some(setup) = self.setup.as_mut().filter(|setup| setup.number == number) else { return Vec::new() };
        if self.step != Step::Confirm {
            return Vec::new();
        }
        self.busy = None;
        let nothing = made.draft.is_empty();
        setup.made = Some(made);
        if nothing {
            setup.end = Some(SetupEnd { receipt: None, undone: None });
            self.step = Step::Ready;
        }
        Vec::new()
    }

    pub(in crate::flow) fn setup_written(&mut self, receipt: Option<Receipt>, stopped: Option<i32>) -> Vec<Effect> {
        self.busy = None;
        self.step = Step::Ready;
        if let Some(setup) = &mut self.setup {
            setup.end = Some(SetupEnd { receipt, undone: None });
        }
        stopped.map(Effect::Stopped).into_iter().collect()
    }

    pub(in crate::flow) fn setup_undone(&mut self, report: UndoReport, stopped: Option<i32>) -> Vec<Effect> {
        self.busy = None;
        if let Some(end) = self.setup.as_mut().and_then(|setup| setup.end.as_mut()) {
            end.undone = Some(report);
        }
        stopped.map(Effect::Stopped).into_iter().collect()
    }

    /// The run that was written here and not taken back.
    pub(in crate::flow) fn written_run(&self) -> Option<RunId> {
        let end = self.setup.as_ref()?.end.as_ref().filter(|end| end.undone.is_none())?;
        end.receipt.as_ref().map(|receipt| receipt.run.clone())
    }

    /// What is worth saying once a clone was set up.
    pub(in crate::flow) fn setup_farewell(&self) -> Option<String> {
        let setup = self.setup.as_ref()?;
        let end = setup.end.as_ref()?;
        if let Some(undone) = &end.undone {
            return Some(format!("Run {} was undone.", undone.run));
        }
        let begun = setup.begun.as_ref()?;
        let mut lines = Vec::new();
        if let Some(receipt) = &end.receipt {
            lines.push(format!("{} is ready. Take it back: flask-harden undo {}", begun.steps.file, receipt.run));
        }
        if let Some(way) = begun.starts().into_iter().next() {
            let address = way.address.map_or_else(String::new, |address| format!("   then open {address}"));
            lines.push(format!("Start the app: {}{address}", way.command));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
