//! Keeps a value that is typed off the terminal. Echo is back however the run ends, and a suspended
//! program never leaves a silent terminal behind.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::signals;

/// Bytes of a line that a terminal hands over whole; what is longer is cut by the system.
pub const LONGEST_LINE: usize = 4094;

/// How the terminal was, while echo is off.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Echo is off as long as it lives.
pub struct Hidden(());

impl Hidden {
    /// Turns echo off; `None` where standard input is no terminal, so that nothing is echoed.
    ///
    /// # Errors
    /// Where the terminal cannot be told.
    pub fn begin() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        signals::before_end(restore);
        let before = tcgetattr(&stdin)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        // Stopped here, it would leave the shell without echo.
        quiet.special_codes[SpecialCodeIndex::VSUSP] = 0;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let hidden = Self(());
        tcsetattr(&stdin, OptionalActions::Now, &quiet)?;
        Ok(Some(hidden))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal its echo back, if it was taken. May be called from any thread, at any time.
fn restore() {
    let before = match BEFORE.try_lock() {
        Ok(mut before) => before.take(),
        Err(std::sync::TryLockError::Poisoned(before)) => before.into_inner().take(),
        Err(std::sync::TryLockError::WouldBlock) => None,
    };
    if let Some(before) = before {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
    }
}
