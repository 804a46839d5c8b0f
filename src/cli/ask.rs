//! Plain questions on a terminal: a line that is seen, a value that is not. Where there is no
//! terminal nothing is asked.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use zeroize::{Zeroize as _, Zeroizing};

use crate::secret::Secret;

use super::error::CliError;
use super::exit::Exit;

/// Longest answer, in bytes.
const LONGEST: usize = 64 * 1024;

/// Whether a person can be asked.
pub(super) fn is_possible() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !set("CI")
}

/// Says something on the terminal, which is standard error.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn say(text: &str) -> Result<(), CliError> {
    let mut stream = std::io::stderr().lock();
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).map_err(|error| gone(&error))
}

/// One line, as it is typed.
///
/// # Errors
/// The terminal is gone, or the input has ended.
pub(super) fn line(prompt: &str) -> Result<Secret, CliError> {
    say(prompt)?;
    let mut text = Zeroizing::new(String::with_capacity(1024));
    let read = std::io::stdin().lock().read_line(&mut text).map_err(|error| gone(&error))?;
    if read == 0 {
        return Err(ended());
    }
    Ok(Secret::from(text.trim()))
}

/// One line that is not shown while it is typed.
///
/// # Errors
/// The terminal is gone, or the person stopped.
pub(super) fn hidden(prompt: &str) -> Result<Secret, CliError> {
    say(prompt)?;
    let quiet = Quiet::begin()?;
    let answer = typed();
    drop(quiet);
    say("\n")?;
    answer
}

/// Echo is off as long as it lives.
struct Quiet;

impl Quiet {
    fn begin() -> Result<Self, CliError> {
        terminal::enable_raw_mode().map_err(|error| gone(&error))?;
        Ok(Self)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

fn typed() -> Result<Secret, CliError> {
    let mut text = Zeroizing::new(String::with_capacity(LONGEST));
    loop {
        let event = event::read().map_err(|error| gone(&error))?;
        let key = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => key,
            Event::Paste(mut pasted) => {
                if text.len() + pasted.len() <= LONGEST {
                    text.push_str(&pasted);
                }
                pasted.zeroize();
                continue;
            }
            _ => continue,
        };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(Secret::from(text.trim())),
            KeyCode::Char('c') if control => return Err(stopped()),
            KeyCode::Char('d') if control && text.is_empty() => return Err(ended()),
            KeyCode::Char('u') if control => text.clear(),
            KeyCode::Char('j' | 'm') if control => return Ok(Secret::from(text.trim())),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char(c) if !control && text.len() < LONGEST => text.push(c),
            _ => {}
        }
    }
}

fn stopped() -> CliError {
    CliError::new(Exit::Interrupted, "stopped").why("Ctrl-C was pressed").now("flask-harden onboard").nothing_written()
}

fn ended() -> CliError {
    CliError::usage("the input ended before every question was answered")
        .why("nothing was typed any more")
        .now("flask-harden onboard")
        .nothing_written()
}

fn gone(error: &std::io::Error) -> CliError {
    CliError::usage("the terminal cannot be asked")
        .why(error.to_string())
        .now("--set NAME=VALUE   and --set-file NAME=FILE give the answers")
        .nothing_written()
}
