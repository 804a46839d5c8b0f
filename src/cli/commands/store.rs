//! `store status|set|copy`: where keys are, one into a store, all into another store.

use std::path::PathBuf;

use crate::engine::{self, Put};
use crate::report;
use crate::text::escape::one_line;

use super::super::args::{CopyArgs, GlobalArgs, SetArgs, StatusArgs, StoreCommand, WiringArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;
use super::request::{keys, request};

/// Runs one of them.
///
/// # Errors
/// What the engine or the output says.
pub fn run(command: &StoreCommand, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    match command {
        StoreCommand::Status(args) => status(args, global, output),
        StoreCommand::Set(args) => set(args, global, output),
        StoreCommand::Copy(args) => copy(args, global, output),
        StoreCommand::Wiring(args) => wiring(args, global, output),
    }
}

fn status(args: &StatusArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let root = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let status = engine::status(&keys(root.clone(), global), &request(root, None, global))?;
    let text = match global.format.as_deref() {
        Some("json") => report::stored::json(&status),
        _ => report::stored::text(&status, super::style(global, output)),
    };
    super::deliver(&text, global, output)?;
    Ok(Exit::Done)
}

fn set(args: &SetArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let mut request = keys(PathBuf::from("."), global);
    request.replace = args.replace;
    let value =
        super::value::read(args.from_file.as_deref(), &format!("flask-harden store set {} < key.txt", args.name))?;
    let scan = super::request::request(request.dir.clone(), None, global);
    let (put, stopped) = runtime::writing(|| engine::set(&request, &scan, &args.name, value));
    said(put?, global, output)?;
    Ok(stopped.unwrap_or(Exit::Done))
}

fn copy(args: &CopyArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let mut request = keys(PathBuf::from("."), global);
    request.replace = args.replace;
    request.only.clone_from(&args.only);
    let (put, stopped) = runtime::writing(|| engine::copy(&request, &args.to));
    said(put?, global, output)?;
    Ok(stopped.unwrap_or(Exit::Done))
}

fn wiring(args: &WiringArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let root = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let wired = engine::wiring(&keys(root.clone(), global), &request(root, None, global), args.kind.as_deref())?;
    let texts: Vec<String> = match wired.as_slice() {
        [one] => vec![one.text.clone()],
        several => several.iter().map(|piece| format!("=== {} ===\n{}", piece.piece, piece.text)).collect(),
    };
    super::deliver(&texts.join("\n"), global, output)?;
    output.note("Nothing was written. The values: `store copy` with --to print shows them.\n");
    Ok(Exit::Done)
}

/// What was written, and what takes it back. Values only where the store is to show them.
fn said(put: Put, global: &GlobalArgs, output: &Output) -> Result<(), CliError> {
    output.note(&format!("Store: {} ({})\n", put.store.name(), one_line(&put.why)));
    for (name, place) in &put.written {
        output.note(&format!("  {} in {}\n", one_line(name), one_line(place)));
    }
    for name in &put.same {
        output.note(&format!("  {} is there already with this value\n", one_line(name)));
    }
    if !put.written.is_empty() {
        super::remind_of_address(put.store, global, output);
    }
    if let Some(name) = &put.unread {
        output.note(&format!("No code here reads {}, as far as that can be seen.\n", one_line(name)));
    }
    for receipt in &put.receipts {
        let replaced = receipt.keys.iter().any(|key| key.stored.as_ref().is_some_and(|stored| stored.replaced));
        if replaced {
            output.note("The value before is kept nowhere, so this cannot be taken back.\n");
            continue;
        }
        output.note(&format!("Take it back: flask-harden undo {} --purge\n", receipt.run));
    }
    super::show_once(put.shown, output)
}
