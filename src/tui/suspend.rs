//! Ctrl-Z, and the person's editor: the terminal is given back, and taken again afterwards.

use std::io;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGTSTP};
use signal_hook::iterator::Signals;

use crate::engine;
use crate::flow::Intent;
use crate::process::editor::Editor;

use super::msg::Command;
use super::{Incoming, Sitting, terminal, update};

/// Longest wait for a stop to take hold; the time while stopped does not matter.
const TAKES_HOLD: Duration = Duration::from_millis(500);

/// Watches for SIGTSTP and SIGCONT.
pub(super) struct Stops {
    /// How often this process was continued.
    continued: Arc<(Mutex<u64>, Condvar)>,
}

impl Stops {
    /// # Errors
    /// Where signals cannot be watched.
    pub(super) fn watch(sender: Sender<Incoming>) -> io::Result<Self> {
        let mut signals = Signals::new([SIGTSTP, SIGCONT])?;
        let continued = Arc::new((Mutex::new(0), Condvar::new()));
        let counted = Arc::clone(&continued);
        std::thread::Builder::new().name("stops".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let event = if signal == SIGTSTP { Incoming::Stop } else { Incoming::Continued };
                if signal == SIGCONT {
                    *counted.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                    counted.1.notify_all();
                }
                if sender.send(event).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { continued })
    }

    /// Stops this process; returns when it is continued. Another thread may be the one that takes
    /// the signal, so this one can still run for a moment: it must not touch the terminal then.
    pub(super) fn stop(&self) {
        let (count, changed) = &*self.continued;
        let before = *count.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = kill_process(getpid(), Signal::STOP);
        let held = count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(held, TAKES_HOLD, |now| *now == before);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Sitting {
    /// Opens a file of the tree in the person's editor; the project is read again afterwards.
    pub(super) fn edit_file(&mut self, file: &Path, line: Option<usize>) -> io::Result<()> {
        if self.in_editor(file, line)? {
            let commands = update::intend(&mut self.model, Intent::FileClosed);
            for command in commands {
                if let Command::Flow(effect) = command {
                    self.effect(effect)?;
                }
            }
        }
        Ok(())
    }

    /// Opens the files of a patch as it would leave them; what the person makes of them is
    /// checked before it counts.
    pub(super) fn edit_patch(&mut self, remedy: &str) -> io::Result<()> {
        self.model.said = None;
        let patches = self.model.flow.patches();
        let Some(at) = patches.iter().position(|patch| patch.remedy == remedy) else { return Ok(()) };
        let Some(patch) = self.model.flow.patch_at(at).cloned() else { return Ok(()) };
        let root = self.root();
        let mut broken = None;
        let texts = engine::by_hand(&root, &patch, &mut |file, line| {
            self.in_editor(file, line).or_else(|error| {
                broken = Some(error);
                Ok(false)
            })
        });
        if let Some(error) = broken {
            return Err(error);
        }
        let texts = match texts {
            Ok(texts) => texts,
            Err(why) => {
                self.model.said = Some(format!("not edited: {why}"));
                return Ok(());
            }
        };
        if texts.is_empty() {
            self.model.said.get_or_insert_with(|| "nothing was changed in the editor".to_owned());
            return Ok(());
        }
        let commands = update::intend(&mut self.model, Intent::Edited { remedy: remedy.to_owned(), texts });
        for command in commands {
            if let Command::Flow(effect) = command {
                self.effect(effect)?;
            }
        }
        Ok(())
    }

    /// Whether the editor ran to its end.
    fn in_editor(&mut self, file: &Path, line: Option<usize>) -> io::Result<bool> {
        let Some(editor) = Editor::from_env() else {
            self.model.said = Some("no editor: set VISUAL or EDITOR".to_owned());
            return Ok(false);
        };
        let opened = self.input.rest(|| {
            terminal::restore();
            let opened = editor.open(file, line);
            self.guard.again().map(|()| opened)
        })?;
        self.forget_screen()?;
        match opened {
            Ok(status) if status.success() => Ok(true),
            Ok(status) => {
                self.model.said = Some(format!("{} ended with {status}; nothing was taken", editor.name()));
                Ok(false)
            }
            Err(error) => {
                self.model.said = Some(format!("{} cannot be started: {error}", editor.name()));
                Ok(false)
            }
        }
    }
}
