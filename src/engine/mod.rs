//! What the tool does, without a face: nothing here prints, asks or knows of exit codes.

mod by_hand;
mod choose;
mod cleanup;
mod config;
mod consequences;
mod credentials;
mod effective;
mod ends;
mod env_text;
mod error;
mod exec;
mod fix;
mod flask_version;
mod history;
mod ignores;
mod keys;
mod mitigations;
mod named;
mod nearest;
mod offers;
mod onboard;
mod patch;
mod plan;
mod read;
mod record;
mod rotate;
mod scan;
mod set;
mod settings;
mod stored;
mod undo;
mod verify;
mod wiring;
mod work;

use std::path::PathBuf;

use crate::facts::Facts;
use crate::finding::{Finding, SetAside};
use crate::notice::Notice;
use crate::options::{Flags, Options};
use crate::remedy::{Choices, Remedy};

pub use by_hand::{OpenFile, by_hand};
pub use cleanup::{CleanupStep, LeakState, cleanup, leak_state, leaks_by_state, replacements};
pub use config::{ConfigCell, ConfigRow, ConfigTable};
pub use consequences::consequences;
pub use effective::{EffectiveLine, effective};
pub use ends::End;
pub use error::{EngineError, ErrorKind};
pub use exec::exec;
pub use fix::{Fix, ShownKey, Written, write};
pub use history::ALL_COMMITS;
pub use ignores::{IGNORES, Ignore};
pub use mitigations::{MitigationLine, mitigations};
pub use offers::StoreOffer;
pub use onboard::{OnboardDraft, Onboarding};
pub use patch::{Patch, PatchFile};
pub use plan::{checked_draft, checked_draft_with, decide, draft, plan};
pub use record::KeyRequest;
pub use rotate::{Outlook, RotateRequest, Rotated, Way, rotate};
pub use scan::{ScanEvent, ScanProgress, ScanStage, baseline, scan, scan_staged};
pub use set::{Put, copy, set};
pub use stored::{KeyStatus, Presence, StoreStatus, status};
pub use undo::{KeyFate, Undone, UndoneKey, runs, undo};
pub use wiring::{PIECES, Piece, Wired, wiring};
pub use work::{Desk, Done, Work, value_of};

/// What the person asked for, before the environment and the settings files are read.
#[derive(Clone, Debug)]
pub struct Request {
    pub root: PathBuf,
    /// How many of the newest commits are read; `None`: all of them.
    pub commits: Option<usize>,
    pub settings: SettingsFile,
    pub flags: Flags,
    /// The formats that exist, for checking what settings name.
    pub formats: Vec<&'static str>,
    pub baseline: Option<PathBuf>,
    /// Whether the draft also holds the patch with its values.
    pub reveal: bool,
}

/// Which settings file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsFile {
    /// The project's own.
    Project,
    None,
    Named(PathBuf),
}

/// Everything one look at a tree gave.
pub struct Scan {
    pub root: PathBuf,
    pub summary: ProjectSummary,
    /// Sorted: the worst first, then by threat, path and line.
    pub findings: Vec<Finding>,
    pub set_aside: Vec<SetAside>,
    /// Sorted.
    pub notices: Vec<Notice>,
    /// Flags, environment and settings files, merged.
    pub options: Options,
    pub facts: Facts,
}

/// What was inspected, for the head and the foot of a report.
#[derive(Clone, Debug, Default)]
pub struct ProjectSummary {
    pub files_read: usize,
    pub python_files: usize,
    pub settings: usize,
    /// `shop/__init__.py create_app()`
    pub apps: Vec<String>,
    /// `gunicorn (Procfile:1)`
    pub launches: Vec<String>,
    /// The launch that is production; `None` where nothing says.
    pub production: Option<String>,
    pub history: HistorySummary,
    /// Whether everything that would normally be judged was judged.
    pub complete: bool,
}

/// How far git history was read.
#[derive(Clone, Debug, Default)]
pub struct HistorySummary {
    pub checked: bool,
    pub commits: usize,
    /// Unique versions of files that were read.
    pub versions: usize,
    /// Why it was not, or not wholly, read.
    pub reason: Option<String>,
    /// Versions of files that were passed over, in words.
    pub skipped: Vec<String>,
}

/// What could be done about a scan.
pub struct Plan {
    pub remedies: Vec<Remedy>,
    pub choices: Choices,
    /// Where keys go and why there, in words.
    pub store: String,
    /// Whether that store was named, or picked by a person.
    pub named: bool,
    /// Whether nothing spoke for that store.
    pub by_default: bool,
}
