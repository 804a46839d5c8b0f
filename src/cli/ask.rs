//! Plain questions on a terminal: a line that is seen, a value that is not. Where there is no
//! terminal nothing is asked.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use zeroize::Zeroizing;

use crate::process::echo::{Hidden, LONGEST_LINE};
use crate::secret::Secret;

use super::error::CliError;

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
    let mut text = Zeroizing::new(String::with_capacity(2 * LONGEST_LINE));
    let read = std::io::stdin().lock().read_line(&mut text).map_err(|error| gone(&error))?;
    if read == 0 {
        return Err(ended());
    }
    Ok(Secret::from(text.trim()))
}

/// One line that is not shown while it is typed.
///
/// # Errors
/// The terminal is gone, the input has ended, or the line is longer than a terminal takes.
pub(super) fn hidden(prompt: &str) -> Result<Secret, CliError> {
    say(prompt)?;
    let hidden = Hidden::begin().map_err(|error| gone(&error))?;
    let answer = line("");
    let typed = hidden.is_some();
    drop(hidden);
    say("\n")?;
    let answer = answer?;
    if typed && answer.expose().len() >= LONGEST_LINE {
        return Err(CliError::usage("the value is longer than a terminal takes on one line")
            .why("the system cuts such lines, and half a value must not be taken")
            .now("--set-file NAME=FILE   reads it from a file")
            .nothing_written());
    }
    Ok(answer)
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
