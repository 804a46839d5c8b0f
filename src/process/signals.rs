//! Signals that end the run: a write under way is finished first, and whatever took the terminal
//! gives it back. Decides no exit codes; the face that watches does.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// Held while a write is under way that a signal lets finish, and while a signal ends the run.
static WRITING: Mutex<()> = Mutex::new(());
/// The signal that came; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// Whether a program of the person's stands in front; the keyboard's signals are meant for it.
static CHILD: AtomicBool = AtomicBool::new(false);
/// What gives the terminal back before the run ends.
static GIVE_BACK: Mutex<Option<fn()>> = Mutex::new(None);

/// Names what must happen before this process ends in any way but by returning: it must be
/// harmless to call at any time, from any thread, more than once.
pub fn before_end(give_back: fn()) {
    *GIVE_BACK.lock().unwrap_or_else(PoisonError::into_inner) = Some(give_back);
}

/// Gives back what was taken, if anything was.
pub fn give_back() {
    let known = GIVE_BACK.try_lock().ok().and_then(|known| *known);
    if let Some(give_back) = known {
        give_back();
    }
}

/// Starts the thread that calls `end` with SIGINT, SIGTERM, SIGHUP or SIGQUIT. Signals that the
/// parent told us to ignore (`nohup`, a background job of a script) stay ignored.
pub fn watch(end: fn(i32)) {
    let ignored = ignored_signals();
    let watched: Vec<i32> =
        [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect();
    let Ok(mut signals) = Signals::new(watched) else { return };
    let watcher = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if CHILD.load(Ordering::SeqCst) && matches!(signal, SIGINT | SIGQUIT) {
                continue;
            }
            let again = SIGNAL.swap(signal, Ordering::SeqCst) != 0;
            match WRITING.try_lock() {
                // Holding the lock keeps a write from starting while the run ends.
                Ok(_held) => end(signal),
                Err(TryLockError::Poisoned(_held)) => end(signal),
                // A write under way is short and leaves nothing half done; a second signal does
                // not wait for it, and the journal tells the next run what was left.
                Err(TryLockError::WouldBlock) if again => end(signal),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    });
    drop(watcher);
}

/// Runs a program that the person works in; Ctrl-C is for that program meanwhile.
pub(super) fn with_child<T>(run: impl FnOnce() -> T) -> T {
    CHILD.store(true, Ordering::SeqCst);
    let result = run();
    CHILD.store(false, Ordering::SeqCst);
    result
}

/// The mask of ignored signals, bit 0 for signal 1; 0 where the system does not say.
fn ignored_signals() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Runs `write`; a signal that comes meanwhile waits for its end. Gives that signal beside the
/// result: the caller says what was written and ends with it.
pub fn writing<T>(write: impl FnOnce() -> T) -> (T, Option<i32>) {
    let held = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let result = write();
    drop(held);
    let signal = SIGNAL.load(Ordering::SeqCst);
    (result, (signal != 0).then_some(signal))
}
