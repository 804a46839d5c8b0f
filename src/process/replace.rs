//! Becoming another program. Which one, and with which secrets in its environment, is decided
//! elsewhere; nothing here comes from a repository.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use crate::secret::Secret;

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("there is no such program")]
    NotFound,
    #[error("it cannot be run: {0}")]
    NotRunnable(String),
}

/// Becomes another program, which keeps this process' id, streams and directory. It gets this
/// environment with `values` in it, which are in no argument list. Returns only on failure.
#[expect(clippy::disallowed_methods, reason = "the one place that starts programs")]
pub fn replace(program: &OsString, arguments: &[OsString], values: Vec<(String, Secret)>) -> StartError {
    let mut command = std::process::Command::new(program);
    command.args(arguments).envs(values.iter().map(|(name, value)| (name, value.expose())));
    drop(values);
    let error = command.exec();
    match error.kind() {
        std::io::ErrorKind::NotFound => StartError::NotFound,
        _ => StartError::NotRunnable(error.to_string()),
    }
}
