//! `rotate SETTING --cutover|--grace DAYS|--finish [PATH]`: a new key in the place of the old one.
//! What ends is printed before anything is written. Asks nothing.

use std::path::PathBuf;

use crate::engine::{self, RotateRequest, Way};
use crate::report;

use super::super::args::{GlobalArgs, RotateArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;
use super::request::{keys, request};

/// Rotates one key.
///
/// # Errors
/// What the engine or the output says.
pub fn run(args: &RotateArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let root = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let way = match (args.grace, args.finish) {
        (Some(days), _) => Way::Grace { days },
        (None, true) => Way::Finish,
        (None, false) => Way::Cutover,
    };
    let asked = RotateRequest {
        keys: keys(root.clone(), global),
        scan: request(root.clone(), None, global),
        setting: args.setting.clone(),
        way,
        confirmed: global.yes,
    };
    let (rotated, stopped) = runtime::writing(|| {
        engine::rotate(&asked, &mut |outlook| output.note(&report::rotation::outlook(outlook, output.err)))
    });
    let rotated = rotated?;
    let text = match global.format.as_deref() {
        Some("json") => report::rotation::json(&rotated, &root),
        _ => report::rotation::text(&rotated, &root),
    };
    super::deliver(&text, global, output)?;
    Ok(stopped.unwrap_or(Exit::Done))
}
