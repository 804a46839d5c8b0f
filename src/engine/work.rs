//! What an interactive face asks for and what it is told, as data, and the desk that does it.
//! Faces that run side by side and faces that wait use the same vocabulary.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::apply::{Receipt, Recovered, RunId, UndoOptions, UndoReport};
use crate::facts::Facts;
use crate::finding::Finding;
use crate::plan::onboard::Answers;
use crate::plan::{Consequence, Decisions, Draft};
use crate::secret::Secret;
use crate::secret::generate::{KeySource, OsRandom};
use crate::store::StoreId;
use crate::text::RepoPath;

use super::config::{ConfigTable, config_table};
use super::ignores::Ignore;
use super::offers::{StoreOffer, offers};
use super::patch::{Patch, edited_patch, patches};
use super::{EngineError, OnboardDraft, Onboarding, Plan, Request, Scan, ScanEvent, ScanProgress, ShownKey, Written};

/// One thing to do.
pub enum Work {
    /// Look at the tree; told twice, before and after history was read.
    Scan,
    /// Which stores there are for new keys, and which of them work here.
    Offers { scan: Arc<Scan> },
    /// Ask for remedies. `store: None` is what the settings say, else the default.
    Plan { scan: Arc<Scan>, store: Option<StoreId>, ignores: Vec<Ignore> },
    /// What one fix changes when the app runs.
    Consequences { scan: Arc<Scan>, plan: Arc<Plan>, remedy: String },
    /// Try a fix as a person wrote it.
    Edited { scan: Arc<Scan>, plan: Arc<Plan>, remedy: String, texts: BTreeMap<RepoPath, String> },
    /// Make the whole of what was decided, checked.
    Draft { scan: Arc<Scan>, plan: Arc<Plan>, decisions: Decisions },
    /// Write a draft.
    Write { draft: Arc<Draft> },
    /// Take a run back.
    Undo { run: RunId },
    /// Every setting on every target.
    Config { scan: Arc<Scan> },
    /// What a fresh clone needs. `again`: as it was seen before, with the secrets in this store.
    Onboard { from: Option<PathBuf>, again: Option<(Arc<Onboarding>, StoreId)> },
    /// Make the env file of these answers. `number` comes back with it.
    OnboardDraft { begun: Arc<Onboarding>, answers: Answers, number: u64 },
    /// Write it.
    OnboardWrite { begun: Arc<Onboarding>, made: Arc<OnboardDraft> },
}

/// What came of it. Answers to one desk come in the order of the questions.
pub enum Done {
    /// How far the scan is.
    Progress(ScanProgress),
    /// `whole`: history was read, as far as it will be. Before, there are findings and no facts.
    Scanned {
        scan: Arc<Scan>,
        whole: bool,
    },
    Offers(Vec<StoreOffer>),
    /// `scan`: what the plan was made for.
    Planned {
        scan: Arc<Scan>,
        plan: Arc<Plan>,
        patches: Vec<Arc<Patch>>,
    },
    /// What changes, or why that is not known.
    Consequences {
        remedy: String,
        lines: Result<Vec<Consequence>, String>,
    },
    /// The patch as it is with the person's texts.
    Edited {
        remedy: String,
        texts: BTreeMap<RepoPath, String>,
        patch: Arc<Patch>,
    },
    EditRefused {
        remedy: String,
        error: EngineError,
    },
    Drafted {
        decisions: Decisions,
        draft: Arc<Draft>,
    },
    /// `receipt: None`: there was nothing to write. `stopped`: the signal that came meanwhile.
    Written {
        receipt: Option<Box<Receipt>>,
        recovered: Vec<Recovered>,
        /// Keys that are kept nowhere, to be shown one time.
        shown: Vec<ShownKey>,
        stopped: Option<i32>,
    },
    Undone {
        report: UndoReport,
        stopped: Option<i32>,
    },
    Config(Arc<ConfigTable>),
    Onboarding(Arc<Onboarding>),
    OnboardDrafted {
        number: u64,
        made: Arc<OnboardDraft>,
    },
    /// It could not be done.
    Failed(EngineError),
}

/// Does work on one tree.
pub struct Desk {
    request: Request,
    random: Box<dyn KeySource + Send>,
}

impl Desk {
    pub fn new(request: Request) -> Self {
        Self::with_random(request, Box::new(OsRandom))
    }

    /// With another source of randomness: the same source gives the same bytes.
    pub fn with_random(request: Request, random: Box<dyn KeySource + Send>) -> Self {
        Self { request, random }
    }

    /// Does one thing and tells what came of it.
    pub fn perform(&mut self, work: Work, tell: &mut dyn FnMut(Done)) {
        if let Err(error) = self.try_to(work, tell) {
            tell(Done::Failed(error));
        }
    }

    fn try_to(&mut self, work: Work, tell: &mut dyn FnMut(Done)) -> Result<(), EngineError> {
        match work {
            Work::Scan => self.scan(tell)?,
            Work::Offers { scan } => tell(Done::Offers(offers(&scan))),
            Work::Plan { scan, store, ignores } => {
                let plan = super::plan::plan_for(&scan, &self.request, store, &ignores)?;
                let patches = patches(&scan, &plan).into_iter().map(Arc::new).collect();
                tell(Done::Planned { scan, plan: Arc::new(plan), patches });
            }
            Work::Consequences { scan, plan, remedy } => {
                let lines = super::consequences(&scan, &plan, &self.request, &remedy);
                let lines = lines.map_err(|error| error.why.unwrap_or(error.what));
                tell(Done::Consequences { remedy, lines });
            }
            Work::Edited { scan, plan, remedy, texts } => {
                tell(match edited_patch(&scan, &plan, &self.request, &remedy, &texts) {
                    Ok(patch) => Done::Edited { remedy, texts, patch: Arc::new(patch) },
                    Err(error) => Done::EditRefused { remedy, error },
                });
            }
            Work::Draft { scan, plan, decisions } => {
                let draft = super::checked_draft_with(&scan, &plan, &self.request, &decisions, &mut *self.random)?;
                tell(Done::Drafted { decisions, draft: Arc::new(draft) });
            }
            Work::Write { draft } => {
                let (result, stopped) = crate::process::signals::writing(|| super::write(&self.request.root, &draft));
                let Written { receipt, recovered, shown } = result?;
                tell(Done::Written { receipt: receipt.map(Box::new), recovered, shown, stopped });
            }
            Work::Undo { run } => {
                let options = UndoOptions { restore_ignores: true, ..UndoOptions::default() };
                let undo = || super::undo(&self.request.root, Some(run.as_str()), options);
                let (result, stopped) = crate::process::signals::writing(undo);
                tell(Done::Undone { report: result?.report, stopped });
            }
            Work::Config { scan } => tell(Done::Config(Arc::new(config_table(&scan)))),
            Work::Onboard { from, again } => {
                let begun = match again {
                    Some((before, store)) => before.with_store(&self.request, from.as_deref(), store)?,
                    None => Onboarding::begin(&self.request, from.as_deref())?,
                };
                tell(Done::Onboarding(Arc::new(begun)));
            }
            Work::OnboardDraft { begun, answers, number } => {
                let made = begun.draft(&answers, &mut *self.random)?;
                tell(Done::OnboardDrafted { number, made: Arc::new(made) });
            }
            Work::OnboardWrite { begun, made } => {
                let (result, stopped) = crate::process::signals::writing(|| begun.write(&made));
                let Written { receipt, recovered, shown } = result?;
                tell(Done::Written { receipt: receipt.map(Box::new), recovered, shown, stopped });
            }
        }
        Ok(())
    }

    /// The findings of the tree are told before history is read.
    fn scan(&self, tell: &mut dyn FnMut(Done)) -> Result<(), EngineError> {
        let scan = super::scan_staged(&self.request, &mut |event| {
            tell(match event {
                ScanEvent::Progress(progress) => Done::Progress(progress),
                ScanEvent::Tree(scan) => Done::Scanned { scan: Arc::new(findings_of(scan)), whole: false },
            });
            ControlFlow::Continue(())
        })?;
        tell(Done::Scanned { scan: Arc::new(scan), whole: true });
        Ok(())
    }
}

/// A scan without its facts.
fn findings_of(scan: &Scan) -> Scan {
    Scan {
        root: scan.root.clone(),
        summary: scan.summary.clone(),
        findings: scan.findings.clone(),
        set_aside: scan.set_aside.clone(),
        notices: scan.notices.clone(),
        options: scan.options.clone(),
        facts: Facts::default(),
    }
}

/// The value a finding speaks of, for the person who asked to see it by name.
pub fn value_of(scan: &Scan, finding: &Finding) -> Option<Arc<Secret>> {
    super::scan::secret_of(&scan.facts, finding)
}
