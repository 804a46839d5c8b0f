//! What surrounds a command: a work thread with a large, bounded stack, the panic message, no core
//! dumps, and signals that end the run by exit. Knows nothing of commands.

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use rustix::process::{Resource, Rlimit, setrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;

/// Stack of the work thread, in bytes. Readers bound their own depth far below what fits here;
/// the stack is not what stops hostile nesting.
const WORK_STACK: usize = 64 * 1024 * 1024;

/// Held while a write is under way that a signal lets finish, and while a signal ends the run.
static WRITING: Mutex<()> = Mutex::new(());
/// The signal that came; 0 for none.
static SIGNAL: AtomicI32 = AtomicI32::new(0);

/// Runs `work` on a thread with a large stack; a panic there is exit 70.
pub fn run(work: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    forbid_core_dumps();
    std::panic::set_hook(Box::new(report_bug));
    watch_signals();
    let worker = std::thread::Builder::new().name("work".to_owned()).stack_size(WORK_STACK).spawn(work);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(_panicked)) => Exit::Bug,
        Err(error) => {
            say(&format!("error: no thread to work on\n  why: {error}\n  now: raise the memory limit (ulimit -v)\n"));
            Exit::Bug
        }
    }
}

/// Memory holds keys while we run; a crash must not leave them in a file.
fn forbid_core_dumps() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Says that this is a bug and where in our source, and nothing else: a panic's own message may
/// quote the text that caused it.
fn report_bug(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, |location| {
        // Paths of dependencies begin with directories of the machine that built this.
        let file = location.file().rfind("src/").map_or("", |at| &location.file()[at..]);
        format!(" at {file}:{}", location.line())
    });
    let message = format!(
        "error: flask-harden {} met a bug{place}\n  why: a check inside the program failed; the message holds no data \
         of your project\n  now: report it with the command you typed: {}\n",
        env!("CARGO_PKG_VERSION"),
        concat!(env!("CARGO_PKG_REPOSITORY"), "/issues"),
    );
    say(&message);
}

fn say(message: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr().lock(), message.as_bytes());
}

/// Starts the thread that ends the run on SIGINT, SIGTERM and SIGHUP. Signals that the parent
/// told us to ignore (`nohup`, a background job of a script) stay ignored.
fn watch_signals() {
    let ignored = ignored_signals();
    let watched: Vec<i32> =
        [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect();
    let Ok(mut signals) = Signals::new(watched) else { return };
    let watcher = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
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

/// The mask of ignored signals, bit 0 for signal 1; 0 where the system does not say.
fn ignored_signals() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[expect(clippy::exit, reason = "a signal ends the run from its own thread; the others may be anywhere")]
fn end(signal: i32) {
    if let Some(exit) = Exit::of_signal(signal) {
        std::process::exit(i32::from(exit.number()));
    }
}

/// Runs `write`; a signal that comes meanwhile waits for its end. Gives the exit code of that
/// signal beside the result: the caller says what was written and ends with it.
pub fn writing<T>(write: impl FnOnce() -> T) -> (T, Option<Exit>) {
    let held = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let result = write();
    drop(held);
    (result, Exit::of_signal(SIGNAL.load(Ordering::SeqCst)))
}
