//! The terminal: entered last and left first, however the run ends. Everything that is drawn goes
//! through here, so that nothing reaches a screen that was given back.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// Alternate screen, no cursor, pastes as one event.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// Presses, releases and the wheel, in cells beyond 223 as well; no motion.
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// Everything back, in the reverse order. Harmless where it was not on.
const LEAVE: &[u8] = b"\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";

/// Whether the terminal is ours at the moment.
static OURS: Mutex<bool> = Mutex::new(false);

/// The terminal as long as it is held; given back when this is dropped.
pub(super) struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard output or the terminal's modes cannot be used.
    pub(super) fn enter(mouse: bool) -> io::Result<Self> {
        crate::process::signals::before_end(restore);
        let guard = Self { mouse };
        guard.again()?;
        Ok(guard)
    }

    /// Takes it again after it was given back.
    ///
    /// # Errors
    /// As [`Guard::enter`].
    pub(super) fn again(&self) -> io::Result<()> {
        let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        // From here on it has to be given back, even where only a part of this was done.
        *ours = true;
        enable_raw_mode()?;
        let mut out = io::stdout().lock();
        out.write_all(ENTER)?;
        if self.mouse {
            out.write_all(MOUSE_ON)?;
        }
        out.flush()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it is ours. May be called from any thread, at any time: the thread
/// that draws may hold the lock, and is then waited for, but not for long.
pub(super) fn restore() {
    for _ in 0..20 {
        match OURS.try_lock() {
            Ok(mut ours) => return give_back(&mut ours),
            Err(TryLockError::Poisoned(ours)) => return give_back(&mut ours.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    // It hangs in a write. What can be done without it is done.
    give_back(&mut true);
}

fn give_back(ours: &mut bool) {
    if std::mem::take(ours) {
        let mut out = io::stdout();
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        let _ = disable_raw_mode();
    }
}

/// Where frames are drawn to: passes bytes on as long as the terminal is ours.
#[derive(Default)]
pub(super) struct Screen {
    pending: Vec<u8>,
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.pending);
        let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        if !*ours {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(&bytes)?;
        out.flush()
    }
}
