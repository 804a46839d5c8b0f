//! A fresh clone that is set up: its variables, what is done with each, how it ended. `steps` is the way
//! through it.

mod steps;

use std::path::PathBuf;
use std::sync::Arc;

use crate::apply::{Receipt, UndoReport};
use crate::engine::{OnboardDraft, Onboarding};
use crate::facts::masks;
use crate::plan::onboard::{Answer, Answers, ItemState, Need, OnboardItem};

/// A fresh clone on its way to an env file.
pub struct Setup {
    from: Option<PathBuf>,
    /// What is needed; `None` until it is known.
    pub begun: Option<Arc<Onboarding>>,
    /// What the person said so far.
    pub answers: Answers,
    past: Vec<Answers>,
    future: Vec<Answers>,
    /// The variable in view.
    pub at: usize,
    /// Counts the drafts that were asked for, so that an older one is told from the last.
    number: u64,
    pub made: Option<Arc<OnboardDraft>>,
    pub end: Option<SetupEnd>,
}

/// How it ended.
pub struct SetupEnd {
    /// `None`: nothing was missing.
    pub receipt: Option<Receipt>,
    pub undone: Option<UndoReport>,
}

/// What is done with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Generate,
    Copy,
    /// Switched off, so that plain http works.
    Off,
    /// A person still has to say it.
    Ask,
    Typed,
    Empty,
    /// Named in a comment.
    Optional,
    /// The host sets it.
    Host,
    /// It has a value already, and here is where.
    Kept(&'static str),
}

impl What {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            What::Generate => "generate",
            What::Copy => "copy",
            What::Off => "off",
            What::Ask => "ask",
            What::Typed => "typed",
            What::Empty => "empty",
            What::Optional => "optional",
            What::Host => "host",
            What::Kept(_) => "kept",
        }
    }
}

impl Setup {
    fn new(from: Option<PathBuf>) -> Self {
        Self {
            from,
            begun: None,
            answers: Answers::new(),
            past: Vec::new(),
            future: Vec::new(),
            at: 0,
            number: 0,
            made: None,
            end: None,
        }
    }

    pub fn items(&self) -> &[OnboardItem] {
        self.begun.as_ref().map_or(&[], |begun| &begun.steps.items)
    }

    /// The variable in view.
    pub fn item(&self) -> Option<&OnboardItem> {
        self.items().get(self.at)
    }

    /// What is done with a variable as things stand.
    pub fn what(&self, item: &OnboardItem) -> What {
        let answer = self.answers.get(&item.name);
        match item.state {
            ItemState::Present => return What::Kept("the env file has a value of its own, which stays"),
            ItemState::AsInExample if item.is_secret() => {
                return What::Kept("the env file has the example's value, which everyone can read: change it there");
            }
            ItemState::AsInExample => return What::Kept("the env file has the example's value, which stays"),
            ItemState::Stored | ItemState::InStore => return What::Kept("the store has a value, which is used"),
            ItemState::SetElsewhere if answer.is_none() => {
                return What::Kept("another file of the project sets it");
            }
            ItemState::Empty if answer.is_none() && !matches!(item.need, Need::Generate(_)) => return What::Empty,
            ItemState::Missing | ItemState::Empty | ItemState::SetElsewhere => {}
        }
        let host = self.begun.as_ref().is_some_and(|begun| !begun.store_id().makes_keys());
        match (answer, &item.need) {
            (Some(answer), _) if answer.is_empty() => What::Empty,
            (Some(Answer::Copy), _) => What::Copy,
            (answer, _) if host && item.is_secret_as(answer) => What::Host,
            (Some(Answer::Value(_)), _) => What::Typed,
            (Some(Answer::Generate), _) | (None, Need::Generate(_)) => What::Generate,
            (None, Need::Fixed(_)) => What::Off,
            (None, Need::Copy) if item.default.is_none() => What::Empty,
            (None, Need::Copy) => What::Copy,
            (None, Need::Ask { .. }) => What::Ask,
            (None, Need::Optional) => What::Optional,
        }
    }

    /// The value a person typed, as it may be shown: not where it may be a secret.
    pub fn typed(&self, item: &OnboardItem) -> Option<String> {
        let answer = self.answers.get(&item.name);
        let value = answer.and_then(Answer::given).filter(|_| !item.is_secret_as(answer))?;
        Some(masks::example_value(&item.name, value.expose()))
    }

    /// The places of the variables a person still has to answer.
    pub fn questions(&self) -> Vec<usize> {
        let Some(begun) = &self.begun else { return Vec::new() };
        let open = |item: &OnboardItem| begun.is_asked(item) && !self.answers.contains_key(&item.name);
        self.items().iter().enumerate().filter(|(_, item)| open(item)).map(|(at, _)| at).collect()
    }

    /// Names of the secrets that a write would put somewhere.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let put = |item: &&OnboardItem| match self.what(item) {
            What::Generate | What::Host => true,
            What::Typed | What::Ask => item.is_secret_as(self.answers.get(&item.name)),
            _ => false,
        };
        self.items().iter().filter(put).map(|item| item.name.as_str()).collect()
    }

    /// Changes what was said; what was said before can be had back.
    fn answer(&mut self, name: &str, answer: Option<Answer>) {
        let before = self.answers.clone();
        match answer {
            Some(answer) => self.answers.insert(name.to_owned(), answer),
            None => self.answers.remove(name),
        };
        self.past.push(before);
        self.future.clear();
        self.made = None;
    }
}
