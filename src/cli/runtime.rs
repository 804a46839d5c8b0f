//! What surrounds a command: a work thread with a large, bounded stack, the panic message, no core
//! dumps, and signals that end the run by exit. Knows nothing of commands.

use std::panic::PanicHookInfo;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::process::signals;

use super::exit::Exit;

/// Stack of the work thread, in bytes. Readers bound their own depth far below what fits here;
/// the stack is not what stops hostile nesting.
const WORK_STACK: usize = 64 * 1024 * 1024;

/// Runs `work` on a thread with a large stack; a panic there is exit 70.
pub fn run(work: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    forbid_core_dumps();
    std::panic::set_hook(Box::new(report_bug));
    signals::watch(end);
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
    signals::give_back();
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

#[expect(clippy::exit, reason = "a signal ends the run from its own thread; the others may be anywhere")]
fn end(signal: i32) {
    if let Some(exit) = Exit::of_signal(signal) {
        signals::give_back();
        std::process::exit(i32::from(exit.number()));
    }
}

/// Runs `write`; a signal that comes meanwhile waits for its end. Gives the exit code of that
/// signal beside the result: the caller says what was written and ends with it.
pub fn writing<T>(write: impl FnOnce() -> T) -> (T, Option<Exit>) {
    let (result, signal) = signals::writing(write);
    (result, signal.and_then(Exit::of_signal))
}
