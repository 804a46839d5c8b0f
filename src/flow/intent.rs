//! The vocabulary of the flow: what a person wants, what has to be done about it, what is asked.

use std::collections::BTreeMap;

use crate::engine::{EngineError, ShownKey, Work};
use crate::finding::FindingKey;
use crate::store::StoreId;
use crate::text::RepoPath;

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// On to the next step.
    Next,
    /// Back one step; never decides anything.
    Back,
    /// The finding in view, in full.
    Open,
    /// This finding or patch, counted from 0.
    Select(usize),
    NextItem,
    PreviousItem,
    /// Every setting on every target.
    ShowConfig,
    /// Accept the fix in view, or skip it if it is accepted.
    Toggle,
    /// Accept, and go to the next patch.
    Accept,
    /// Skip, and go to the next patch.
    Skip,
    /// Accept every safe patch that is still open; asks first.
    AcceptSafe,
    UndoDecision,
    RedoDecision,
    /// Edit the patch in view.
    Edit,
    /// The patch as the person wrote it.
    Edited {
        remedy: String,
        texts: BTreeMap<RepoPath, String>,
    },
    /// Open the file in view.
    OpenFile,
    /// The editor was closed again.
    FileClosed,
    /// Set the finding in view aside; asks for the reason.
    Ignore,
    /// The reason.
    Reason(String),
    Filter(String),
    /// What concerns the next way of starting the app.
    Target,
    Pause,
    Rescan,
    Choose(StoreId),
    TestStore,
    /// Show the value in view; asks first.
    Reveal,
    Copy,
    /// More on the rule in view.
    Explain,
    /// Write what was accepted.
    Write,
    /// Take the written run back; asks first.
    UndoRun,
    /// This step of the checklist is done, or not.
    Tick(usize),
    /// Copy the command of this step.
    CopyStep(usize),
    /// Save the report under this name.
    Save(String),
    /// A new random value for the variable in view.
    Generate,
    /// The example's value for the variable in view.
    CopyDefault,
    /// The variable in view stays empty.
    LeaveEmpty,
    /// Look where secrets go.
    ChooseStore,
    Yes,
    No,
    /// Close the error that is shown.
    Dismiss,
    Quit,
}

/// What has to be done.
pub enum Effect {
    Work(Work),
    /// Let history wait, or go on.
    Pause(bool),
    OpenEditor {
        path: RepoPath,
        line: usize,
    },
    EditPatch {
        remedy: String,
    },
    /// Show the value of this finding for a short time.
    Reveal {
        key: FindingKey,
    },
    /// Into the clipboard; never a value.
    Copy(String),
    /// Show what there is to say on a rule.
    Explain(&'static str),
    Save(String),
    /// Show these new keys one time: they are kept nowhere.
    ShowKeys(Vec<ShownKey>),
    Quit,
    /// A signal came while a write was under way: end with it.
    Stopped(i32),
}

/// What is asked before something happens. `Yes` does it, `No` and back do not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Accept these patches, by remedy id.
    AcceptSafe(Vec<String>),
    /// Why this finding does not count.
    Reason(FindingKey),
    /// Show the value of this finding for ten seconds.
    Reveal(FindingKey),
    /// Take the run back.
    UndoRun,
    /// An edited patch was refused: edit again?
    EditAgain { remedy: String, error: EngineError },
    /// Leave these variables empty, and go on.
    LeaveEmpty(Vec<String>),
    /// Leave, though so many decisions would be lost.
    Quit(usize),
}
