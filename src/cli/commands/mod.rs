//! One file for each command: calls the engine, prints, gives the exit code.

pub mod apply;
pub mod diff;
pub mod exec;
pub mod explain;
mod face;
pub mod history;
pub mod onboard;
pub mod open;
mod request;
pub mod rotate;
pub mod scan;
pub mod store;
pub mod undo;
mod value;

use std::ops::ControlFlow;

use crate::engine::{self, EngineError, ErrorKind, Plan, Request, Scan, ScanEvent, ShownKey};
use crate::finding::Severity;
use crate::options::FailOn;
use crate::report::{self, Detail, Report, Stage};
use crate::store::StoreId;

use zeroize::Zeroizing;

use super::args::GlobalArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::Output;
use super::progress::ProgressLine;
use super::report_file::{self, Readers};

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let exit = match error.kind {
            ErrorKind::Settings => Exit::Usage,
            ErrorKind::NothingToInspect => Exit::NothingToInspect,
            ErrorKind::WriteRefused => Exit::WriteRefused,
            ErrorKind::StoreUnusable => Exit::StoreUnusable,
        };
        Self { exit, what: error.what, why: error.why, now: error.now, nothing_written: error.nothing_written }
    }
}

/// Scans, saying on a terminal how far it is.
fn scanned(request: &Request, args: &GlobalArgs) -> Result<Scan, CliError> {
    let mut line = ProgressLine::new(args.quiet);
    let scan = engine::scan_staged(request, &mut |event| {
        if let ScanEvent::Progress(progress) = event {
            line.show(progress);
        }
        ControlFlow::Continue(())
    });
    Ok(scan?)
}

/// A report on a scan.
fn report<'a>(scan: &'a Scan, plan: &'a Plan, stage: Stage<'a>, args: &GlobalArgs) -> Report<'a> {
    Report {
        scan,
        remedies: &plan.remedies,
        store: &plan.store,
        stage,
        threshold: match scan.options.fail_on.value {
            FailOn::Live => Some(Severity::Live),
            FailOn::High => Some(Severity::High),
            FailOn::Medium => Some(Severity::Medium),
            FailOn::Low => Some(Severity::Low),
            FailOn::None => None,
        },
        detail: detail(args),
    }
}

/// Renders a report in the format asked for and delivers it.
fn publish(report: &Report<'_>, args: &GlobalArgs, output: &Output) -> Result<(), CliError> {
    let format = report::format(&report.scan.options.format.value).unwrap_or(&report::FORMATS[0]);
    deliver(&(format.render)(report, style(args, output)), args, output)
}

/// Shows keys that are kept nowhere, each one time, on standard output and nowhere else.
fn show_once(keys: Vec<ShownKey>, output: &Output) -> Result<(), CliError> {
    if keys.is_empty() {
        return Ok(());
    }
    let size: usize = keys.iter().map(|key| key.name.len() + key.value.expose().len() + 2).sum();
    let mut text = Zeroizing::new(String::with_capacity(size));
    for key in &keys {
        text.push_str(&key.name);
        text.push('=');
        text.push_str(key.value.expose());
        text.push('\n');
    }
    output.note("Shown this one time, and kept nowhere:\n");
    output.print(&text).map_err(|error| error.now("the key is lost: flask-harden undo, then type the command again"))
}

/// Says, where a key went into a Vault that an option named, that the option is needed again.
fn remind_of_address(store: StoreId, args: &GlobalArgs, output: &Output) {
    if store == StoreId::Vault && args.vault_addr.is_some() {
        output.note("No file keeps the address of the Vault: `exec` needs --vault-addr, too, or VAULT_ADDR.\n");
    }
}

/// Whether standard output takes a document that another line would spoil.
fn is_document(format: &str, args: &GlobalArgs) -> bool {
    format != report::FORMATS[0].name && args.output.is_none()
}

/// The error for a key that is to be shown where a document is printed.
fn not_in_a_document() -> CliError {
    CliError::usage("a key cannot be shown on standard output beside this format")
        .why("whatever reads the report would keep the key")
        .now("-o report.json   puts the report into a file")
        .nothing_written()
}

/// Whether a command that knows text and JSON alone is to print JSON; nothing: nobody said.
///
/// # Errors
/// Exit 2 for any other format.
fn text_or_json(command: &str, args: &GlobalArgs) -> Result<Option<bool>, CliError> {
    match args.format.as_deref() {
        None => Ok(None),
        Some("text") => Ok(Some(false)),
        Some("json") => Ok(Some(true)),
        Some(other) => Err(CliError::usage(format!("the command '{command}' has no format '{other}'"))
            .why("it prints text or JSON")
            .now(format!("flask-harden {command} --format=json"))
            .nothing_written()),
    }
}

fn detail(args: &GlobalArgs) -> Detail {
    match (args.quiet, args.verbose) {
        (true, _) => Detail::Brief,
        (_, true) => Detail::Full,
        _ => Detail::Normal,
    }
}

/// Puts a report where the person wants it: into the file of `-o`, else on standard output.
fn deliver(text: &str, args: &GlobalArgs, output: &Output) -> Result<(), CliError> {
    match &args.output {
        None => output.print(text),
        Some(path) => {
            report_file::write(path, text, Readers::Usual)?;
            output.note(&format!("The report is in {}.\n", crate::text::escape::one_line(&path.to_string_lossy())));
            Ok(())
        }
    }
}

/// The style of a report: files are never painted unless it was asked for by name.
fn style(args: &GlobalArgs, output: &Output) -> report::style::Style {
    match (&args.output, args.color) {
        (Some(_), super::output::ColorChoice::Always) => report::style::Style::coloured(),
        (Some(_), _) => report::style::Style::plain(),
        (None, _) => output.out,
    }
}
