//! What the tool does, without a face: nothing here prints, asks or knows of exit codes.

mod error;
mod fix;
mod history;
mod plan;
mod read;
mod scan;
mod settings;
mod undo;

use std::path::PathBuf;

use crate::facts::Facts;
use crate::finding::{Finding, SetAside, Severity};
use crate::notice::Notice;
use crate::remedy::{Choices, Remedy};
use crate::store::StoreId;

pub use error::{EngineError, ErrorKind};
pub use fix::Fix;
pub use plan::{draft, plan};
pub use scan::{baseline, scan};
pub use undo::{runs, undo};

/// What the person asked for, before the environment and the settings files are read.
#[derive(Clone, Debug)]
pub struct Request {
    pub root: PathBuf,
    /// How many of the newest commits are read; `None`: all of them.
    pub commits: Option<usize>,
    pub settings: SettingsFile,
    /// `None`: not given.
    pub store: Option<StoreChoice>,
    pub target: Option<String>,
    pub select: Vec<String>,
    pub ignore: Vec<String>,
    pub fail_on: Option<Threshold>,
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

/// `--store`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    Auto,
    Named(StoreId),
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threshold {
    Never,
    From(Severity),
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
    /// From options, environment, settings file or default.
    pub threshold: Threshold,
    /// From options, environment, settings file or default.
    pub store: StoreChoice,
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
    /// Why it was not, or not wholly, read.
    pub reason: Option<String>,
}

/// What could be done about a scan.
pub struct Plan {
    pub remedies: Vec<Remedy>,
    pub choices: Choices,
    /// Where keys go and why there, in words.
    pub store: String,
}
