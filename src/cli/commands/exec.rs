//! `exec [--only K,..] -- COMMAND`: the command with the stored keys in its environment. It takes
//! the place of this process.

use std::path::PathBuf;

use crate::engine;
use crate::process::replace::{self, StartError};
use crate::text::escape::one_line;

use super::super::args::{ExecArgs, GlobalArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::request::keys;

/// Becomes the command; returns only where that fails.
///
/// # Errors
/// What the engine says, or the command cannot be started.
pub fn run(args: &ExecArgs, global: &GlobalArgs) -> Result<Exit, CliError> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(CliError::usage("exec needs a command").now("flask-harden exec -- flask run"));
    };
    let mut request = keys(PathBuf::from("."), global);
    request.only.clone_from(&args.only);
    let values = engine::exec(&request)?;
    let shown = program.to_string_lossy();
    let shown = one_line(&shown);
    Err(match replace::replace(program, arguments, values) {
        StartError::NotFound => CliError::new(Exit::NoCommand, format!("there is no command '{shown}'"))
            .why("no directory of PATH has a program of that name; in a virtual environment, is it activated?")
            .now("flask-harden exec -- flask run"),
        StartError::NotRunnable(why) => {
            CliError::new(Exit::NotRunnable, format!("the command '{shown}' cannot be run")).why(why)
        }
    })
}
