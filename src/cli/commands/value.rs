//! A value from a file or standard input. Never an argument: those are seen by every user of the
//! computer.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::secret::Secret;

use super::super::error::CliError;

/// Bytes of a value that are read; the engine refuses long ones.
const LIMIT: u64 = 128 * 1024;

/// The value, without the line end that `echo` and editors add. `now`: what a person
/// would type instead.
///
/// # Errors
/// Where nothing can be read, or it is no text.
pub(super) fn read(path: Option<&Path>, now: &str) -> Result<Secret, CliError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LIMIT).unwrap_or(0)));
    let read = match path {
        Some(path) => std::fs::File::open(path).and_then(|file| file.take(LIMIT).read_to_end(&mut bytes)),
        None if std::io::stdin().is_terminal() => {
            return Err(CliError::usage("the value has to come from a pipe or a file")
                .why("typed here, it would stay on the screen")
                .now(now)
                .nothing_written());
        }
        None => std::io::stdin().lock().take(LIMIT).read_to_end(&mut bytes),
    };
    read.map_err(|error| {
        let what = path.map_or("the value cannot be read".to_owned(), |path| {
            format!("the value in {} cannot be read", path.display())
        });
        CliError::usage(what).why(error.to_string()).now(now).nothing_written()
    })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        CliError::usage("the value is not UTF-8 text")
            .why("a variable in the environment takes text; store bytes as hex or base64")
            .now("base64 -w0 key.bin > key.txt   makes text of them, which the app has to decode")
            .nothing_written()
    })?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Secret::from(text.strip_suffix('\r').unwrap_or(text)))
}
