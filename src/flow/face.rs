//! What both interactive faces are given when they begin, and how a sitting ends.

use std::path::{Path, PathBuf};

use crate::engine::{EngineError, Request};

use super::{Effect, Flow};

/// How a sitting looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    pub colour: bool,
    /// Only ASCII in what is drawn.
    pub ascii: bool,
    pub mouse: bool,
    /// Whether values may be shown on request.
    pub reveal: bool,
}

/// Writes a report that the person asked for. The error says why it could not.
pub type Save = fn(&Path, &str) -> Result<(), String>;

/// What a sitting is for.
pub enum Errand {
    /// Findings, fixes, and writing them.
    Harden,
    /// An env file for a fresh clone, from the example a person names.
    Onboard { from: Option<PathBuf> },
}

/// What a sitting begins with.
pub struct Start {
    pub errand: Errand,
    pub request: Request,
    /// The tree, as it is shown.
    pub root: String,
    pub looks: Looks,
    pub save: Save,
    /// What turned the plain mode on, in words; nothing where it is not on.
    pub plain: Option<String>,
}

impl Errand {
    /// The sitting, and what it asks for first.
    pub fn begin(self, looks: Looks) -> (Flow, Vec<Effect>) {
        match self {
            Errand::Harden => Flow::start(looks.reveal),
            Errand::Onboard { from } => Flow::onboard(from),
        }
    }
}

/// How a sitting ended.
#[derive(Debug)]
pub enum Ended {
    /// The person left. What is worth saying afterwards: what was written, and how to take it back.
    Left { said: Option<String> },
    /// A part of the program met a bug; it was said.
    Broken,
    /// A signal came while a write was under way, which was finished.
    Stopped(i32),
    /// The terminal went away.
    Vanished,
    /// The answers ended before the questions did.
    NoAnswer,
    /// Nothing could be shown at all.
    Failed(EngineError),
    /// The terminal could not be used.
    Terminal(std::io::Error),
}
