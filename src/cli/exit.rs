//! Exit codes: the only file with exit numbers.

use std::process::ExitCode;

/// How a run ended, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Nothing at or above the threshold is left, or the command did what was asked.
    Done = 0,
    /// Findings at or above the threshold are left, or `--diff` printed a change.
    FindingsLeft = 1,
    /// Wrong options, a bad settings file, or a question that cannot be asked here.
    Usage = 2,
    /// No Flask project, or no file matched.
    NothingToInspect = 3,
    /// A write was refused; the report itself could not be written.
    WriteRefused = 4,
    /// The chosen store cannot be used.
    StoreUnusable = 5,
    /// `exec`: the command is there and cannot be run.
    NotRunnable = 126,
    /// `exec`: there is no such command.
    NoCommand = 127,
    /// A bug in flask-harden.
    Bug = 70,
    /// Stopped by hang-up.
    HangUp = 129,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
    /// Stopped by SIGQUIT.
    Quit = 131,
    /// Stopped by SIGTERM.
    Terminated = 143,
}

impl Exit {
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code for a run stopped by signal `number`; `None` for signals that do not stop it.
    pub const fn of_signal(number: i32) -> Option<Self> {
        match number {
            1 => Some(Exit::HangUp),
            2 => Some(Exit::Interrupted),
            3 => Some(Exit::Quit),
            15 => Some(Exit::Terminated),
            _ => None,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.number())
    }
}
