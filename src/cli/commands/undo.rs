//! `undo [ID] [PATH]`: takes a run back, or lists the runs. Asks nothing.

use std::path::{Path, PathBuf};

use crate::apply::{RunId, UndoOptions};
use crate::engine;
use crate::report::receipt;

use super::super::args::{GlobalArgs, UndoArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;

/// Takes a run back, or lists the runs.
///
/// # Errors
/// What the engine or the output says.
pub fn run(args: &UndoArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let (id, root) = meant(args)?;
    let style = super::style(global, output);
    if args.list {
        super::deliver(&receipt::runs(&engine::runs(&root)?), global, output)?;
        return Ok(Exit::Done);
    }
    let options = UndoOptions { force: args.force, purge: args.purge, restore_ignores: true };
    let (done, stopped) = runtime::writing(|| engine::undo(&root, id, options));
    let undone = done?;
    output.note(&receipt::recovered(&undone.recovered));
    super::deliver(&receipt::undone(&undone, style), global, output)?;
    if let Some(error) = undone.left() {
        return Err(error.into());
    }
    Ok(stopped.unwrap_or(Exit::Done))
}

/// The run and the tree. A single word that cannot be an id and is a directory is the tree.
fn meant(args: &UndoArgs) -> Result<(Option<&str>, PathBuf), CliError> {
    let here = || PathBuf::from(".");
    let (id, root) = match (&args.id, &args.path) {
        (Some(word), None) if RunId::parse(word).is_none() && Path::new(word).is_dir() => (None, PathBuf::from(word)),
        (id, path) => (id.as_deref(), path.clone().unwrap_or_else(here)),
    };
    if args.list && id.is_some() {
        return Err(CliError::usage("--list takes no run")
            .why("it lists every run on a project")
            .now("flask-harden undo --list"));
    }
    Ok((id, root))
}
