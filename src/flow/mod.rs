//! What a person goes through, as a pure state machine: intents and answers in, effects out as
//! data. Knows the steps, the decisions and the questions; no terminal, no disk, no clock. Both
//! interactive faces drive it, so they cannot differ in what they decide.

mod checklist;
mod decide;
mod face;
mod handle;
mod intent;
mod listing;
mod receive;
mod setup;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::apply::{Receipt, UndoReport};
use crate::engine::{ConfigTable, EngineError, Ignore, Patch, Plan, Scan, ScanProgress, StoreOffer, Work};
use crate::plan::{Consequence, Decision, Decisions, Draft};
use crate::remedy::Remedy;
use crate::store::StoreId;

pub use checklist::Item;
pub use face::{Ended, Errand, Looks, Save, Start};
pub use intent::{Effect, Intent, Question};
pub use listing::{Counted, place_of};
pub use setup::{Setup, SetupEnd, What};

/// Where a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Scan,
    Findings,
    Detail,
    Store,
    Review,
    Confirm,
    /// A write is under way.
    Writing,
    Report,
    Config,
    /// The variables of a clone that is set up.
    Variables,
    /// One of them.
    Variable,
    /// The clone is set up.
    Ready,
}

/// How far the scan is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The stage that goes on, and how far it is.
    pub at: Option<ScanProgress>,
    /// Reading history waits for the person.
    pub paused: bool,
}

/// A plan with the scan it was made for.
pub struct Planned {
    pub scan: Arc<Scan>,
    pub plan: Arc<Plan>,
    /// The fixes that write something, in order.
    pub patches: Vec<Arc<Patch>>,
}

/// What was written, and what became of it.
pub struct Outcome {
    pub receipt: Option<Receipt>,
    pub draft: Arc<Draft>,
    pub undone: Option<UndoReport>,
    /// Whether the project lies in git.
    git: bool,
    pub items: Vec<Item>,
}

/// What was decided so far, for taking it back.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    decisions: Decisions,
    ignores: Vec<Ignore>,
}

/// The state of one sitting.
pub struct Flow {
    pub step: Step,
    /// The step that Config was opened from.
    came_from: Step,
    pub progress: Progress,
    pub scan: Option<Arc<Scan>>,
    /// Whether history was read as far as it will be.
    pub whole: bool,
    pub planned: Option<Planned>,
    pub consequences: BTreeMap<String, Result<Vec<Consequence>, String>>,
    asked_consequences: Vec<String>,
    /// `None` until they were asked for and came.
    pub offers: Option<Vec<StoreOffer>>,
    pub config: Option<Arc<ConfigTable>>,
    chosen: Option<StoreId>,
    key_names: std::collections::BTreeSet<String>,
    now: Mark,
    past: Vec<Mark>,
    future: Vec<Mark>,
    /// Patches as a person wrote them.
    edited: BTreeMap<String, Arc<Patch>>,
    pub filter: String,
    /// Only what concerns this way of starting the app; nothing: all of them.
    pub target: Option<String>,
    /// The finding in view, counted in [`Flow::visible`].
    pub finding: usize,
    /// The patch in view.
    pub patch: usize,
    pub draft: Option<(Decisions, Arc<Draft>)>,
    pub outcome: Option<Outcome>,
    pub question: Option<Question>,
    pub error: Option<EngineError>,
    /// One line that says what the last key did, where that is not to be seen.
    pub notice: Option<String>,
    /// Whether values may be shown at all.
    may_reveal: bool,
    /// Whether something is being waited for, and what, in words.
    pub busy: Option<&'static str>,
    /// The clone that is set up, where that is what the sitting is for.
    pub setup: Option<Setup>,
}

impl Flow {
    /// A sitting that begins, and what it asks for first.
    pub fn start(may_reveal: bool) -> (Self, Vec<Effect>) {
        let flow = Self {
            step: Step::Scan,
            came_from: Step::Findings,
            progress: Progress::default(),
            scan: None,
            whole: false,
            planned: None,
            consequences: BTreeMap::new(),
            asked_consequences: Vec::new(),
            offers: None,
            config: None,
            chosen: None,
            key_names: std::collections::BTreeSet::new(),
            now: Mark::default(),
            past: Vec::new(),
            future: Vec::new(),
            edited: BTreeMap::new(),
            filter: String::new(),
            target: None,
            finding: 0,
            patch: 0,
            draft: None,
            outcome: None,
            question: None,
            error: None,
            notice: None,
            may_reveal,
            busy: Some("reading the project"),
            setup: None,
        };
        (flow, vec![Effect::Work(Work::Scan)])
    }

    /// The fixes that write something; empty until they are worked out.
    pub fn patches(&self) -> &[Arc<Patch>] {
        self.planned.as_ref().map_or(&[], |planned| &planned.patches)
    }

    /// A patch as it would be written: the person's own where there is one.
    pub fn patch_at(&self, at: usize) -> Option<&Arc<Patch>> {
        let patch = self.patches().get(at)?;
        match self.decision(&patch.remedy) {
            Some(Decision::Edited(_)) => self.edited.get(&patch.remedy).or(Some(patch)),
            _ => Some(patch),
        }
    }

    /// The remedy of an id.
    pub fn remedy(&self, id: &str) -> Option<&Remedy> {
        self.planned.as_ref()?.plan.remedies.iter().find(|remedy| remedy.id == id)
    }

    /// The number of a patch, from 1.
    pub fn number_of(&self, id: &str) -> Option<usize> {
        self.patches().iter().position(|patch| patch.remedy == id).map(|at| at + 1)
    }

    pub fn decision(&self, id: &str) -> Option<&Decision> {
        self.now.decisions.get(id)
    }

    pub fn decisions(&self) -> &Decisions {
        &self.now.decisions
    }

    /// What was set aside in this sitting.
    pub fn ignores(&self) -> &[Ignore] {
        &self.now.ignores
    }

    /// The new keys that a plan of this sitting made or would have made, so that their place
    /// matters: a store that makes none must not hide the choice.
    pub fn keys(&self) -> Vec<&str> {
        if let Some(setup) = &self.setup {
            return setup.secrets();
        }
        self.key_names.iter().map(String::as_str).collect()
    }

    /// Whether the store that is chosen cannot be used here, and why.
    pub fn store_problem(&self) -> Option<&str> {
        let chosen = self.store()?;
        let offer = self.offers.as_ref()?.iter().find(|offer| offer.id == chosen)?;
        offer.state.as_ref().err().map(String::as_str)
    }

    /// The store new keys go to.
    pub fn store(&self) -> Option<StoreId> {
        if let Some(setup) = &self.setup {
            return setup.begun.as_ref().map(|begun| begun.store_id());
        }
        self.chosen.or_else(|| self.planned.as_ref().map(|planned| planned.plan.choices.store))
    }

    /// Accepted, skipped and open patches.
    pub fn tally(&self) -> (usize, usize, usize) {
        let count = |test: &dyn Fn(&str) -> bool| self.patches().iter().filter(|patch| test(&patch.remedy)).count();
        let accepted = count(&|id| self.now.decisions.accepts(id));
        let skipped = count(&|id| self.now.decisions.skips(id));
        (accepted, skipped, self.patches().len() - accepted - skipped)
    }

    /// How many decisions would be lost by leaving now.
    pub fn unsaved(&self) -> usize {
        if let Some(setup) = &self.setup {
            return if setup.end.is_some() { 0 } else { setup.answers.len() };
        }
        let (accepted, skipped, _) = self.tally();
        // A fix that went with a finding that was set aside is no decision of its own.
        let with_ignores = |fix: &&Remedy| {
            self.now.decisions.skips(&fix.id)
                && !fix.findings.is_empty()
                && fix.findings.iter().all(|key| self.ignores().iter().any(|ignore| ignore.covers(key)))
        };
        let fixes = self.patches().iter().filter_map(|patch| self.remedy(&patch.remedy));
        accepted + skipped - fixes.filter(with_ignores).count()
    }

    /// What is worth saying once the sitting is over.
    pub fn farewell(&self) -> Option<String> {
        if self.setup.is_some() {
            return self.setup_farewell();
        }
        let outcome = self.outcome.as_ref()?;
        let receipt = outcome.receipt.as_ref()?;
        Some(match &outcome.undone {
            Some(report) => format!("Run {} was undone.", report.run),
            None => {
                let files = match receipt.files.len() {
                    1 => "1 file was written".to_owned(),
                    count => format!("{count} files were written"),
                };
                format!("{files}. Take it back: flask-harden undo {}", receipt.run)
            }
        })
    }

    /// Whether values may be shown.
    pub fn may_reveal(&self) -> bool {
        self.may_reveal
    }
}
