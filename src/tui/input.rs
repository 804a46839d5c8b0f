//! Keys, the mouse and sizes, read on a thread of its own: a terminal that went away makes the
//! reader spin, and then somebody else must still be there to end the run.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::{self, Event, KeyEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Incoming;
use super::msg::Msg;

/// How long the reader waits for a key before it looks whether it should rest.
const WAIT: Duration = Duration::from_millis(40);

/// The reader of the terminal.
pub(super) struct Input {
    resting: Arc<AtomicBool>,
    /// Held while the terminal is being read.
    reading: Arc<Mutex<()>>,
}

impl Input {
    /// Starts reading.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub(super) fn start(sender: Sender<Incoming>) -> io::Result<Self> {
        let resting = Arc::new(AtomicBool::new(false));
        let reading = Arc::new(Mutex::new(()));
        let (rest, lock) = (Arc::clone(&resting), Arc::clone(&reading));
        std::thread::Builder::new().name("input".to_owned()).spawn(move || read(&rest, &lock, &sender))?;
        Ok(Self { resting, reading })
    }

    /// Leaves the terminal to somebody else while `run` goes on.
    pub(super) fn rest<T>(&self, run: impl FnOnce() -> T) -> T {
        self.resting.store(true, Ordering::SeqCst);
        let held = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let result = run();
        drop(held);
        self.resting.store(false, Ordering::SeqCst);
        result
    }
}

fn read(resting: &AtomicBool, reading: &Mutex<()>, sender: &Sender<Incoming>) {
    loop {
        if resting.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        let held = reading.lock().unwrap_or_else(PoisonError::into_inner);
        let found = if is_gone() { Err(io::ErrorKind::UnexpectedEof.into()) } else { next() };
        drop(held);
        let sent = match found {
            Ok(Some(msg)) => sender.send(Incoming::Msg(Box::new(msg))),
            Ok(None) => Ok(()),
            Err(_) => {
                let _ = sender.send(Incoming::Gone);
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn next() -> io::Result<Option<Msg>> {
    if !event::poll(WAIT)? {
        return Ok(None);
    }
    Ok(match event::read()? {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Msg::Key(key)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Mouse(mouse) => Some(Msg::Mouse(mouse)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        _ => None,
    })
}

/// Whether the terminal hung up.
pub(super) fn is_gone() -> bool {
    let stdin = io::stdin();
    let mut fds = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().intersects(gone)
}
