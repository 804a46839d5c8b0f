//! The engine's work, off the thread that draws: a desk that answers in order, and a scan beside
//! it, so that history goes on being read while fixes are looked at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::{Desk, Done, Request, Work};

use super::Incoming;
use super::msg::Msg;

/// Stack of a worker. Readers bound their own depth far below what fits here.
const STACK: usize = 64 * 1024 * 1024;

/// Where work is handed in.
pub(super) struct Worker {
    request: Request,
    desk: Sender<Work>,
    answers: Sender<Incoming>,
    pause: Arc<Pause>,
    /// The scan that counts; an older one is told to nobody.
    current: Arc<AtomicBool>,
}

/// Makes a scan wait.
#[derive(Default)]
struct Pause {
    on: Mutex<bool>,
    changed: Condvar,
}

impl Pause {
    fn wait(&self) {
        let mut on = self.on.lock().unwrap_or_else(PoisonError::into_inner);
        while *on {
            on = self.changed.wait_timeout(on, Duration::from_millis(500)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn set(&self, on: bool) {
        *self.on.lock().unwrap_or_else(PoisonError::into_inner) = on;
        self.changed.notify_all();
    }
}

impl Worker {
    /// Starts the desk.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub(super) fn start(request: Request, answers: Sender<Incoming>) -> std::io::Result<Self> {
        let (desk, work) = channel();
        let (own, told) = (Desk::new(request.clone()), answers.clone());
        spawn("desk", move || keep(own, &work, &told), answers.clone())?;
        let pause = Arc::new(Pause::default());
        Ok(Self { request, desk, answers, pause, current: Arc::new(AtomicBool::new(true)) })
    }

    pub(super) fn perform(&mut self, work: Work) {
        match work {
            Work::Scan => self.scan(),
            // The desk's thread is there as long as we are; if it is not, it said why.
            work => drop(self.desk.send(work)),
        }
    }

    pub(super) fn pause(&self, on: bool) {
        self.pause.set(on);
    }

    fn scan(&mut self) {
        self.current.store(false, Ordering::SeqCst);
        self.current = Arc::new(AtomicBool::new(true));
        let (mut desk, answers) = (Desk::new(self.request.clone()), self.answers.clone());
        let (pause, current) = (Arc::clone(&self.pause), Arc::clone(&self.current));
        let run = move || {
            desk.perform(Work::Scan, &mut |done| {
                let is_progress = matches!(done, Done::Progress(_));
                if current.load(Ordering::SeqCst) {
                    let _ = answers.send(Incoming::Msg(Box::new(Msg::Done(done))));
                }
                if is_progress {
                    pause.wait();
                }
            });
        };
        if spawn("scan", run, self.answers.clone()).is_err() {
            let _ = self.answers.send(Incoming::Broken);
        }
    }
}

fn keep(mut desk: Desk, work: &Receiver<Work>, answers: &Sender<Incoming>) {
    while let Ok(work) = work.recv() {
        desk.perform(work, &mut |done| {
            let _ = answers.send(Incoming::Msg(Box::new(Msg::Done(done))));
        });
    }
}

/// Runs on a thread with a large stack. A panic there is told: the hook has said where it was.
fn spawn(name: &str, run: impl FnOnce() + Send + 'static, answers: Sender<Incoming>) -> std::io::Result<()> {
    let run = move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            let _ = answers.send(Incoming::Broken);
        }
    };
    std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn(run).map(drop)
}
