//! One file for each command: calls the engine, prints, gives the exit code.

pub mod apply;
pub mod diff;
pub mod explain;
pub mod onboard;
mod request;
pub mod scan;
pub mod undo;

use std::ops::ControlFlow;

use crate::engine::{self, EngineError, ErrorKind, Plan, Request, Scan, ScanEvent};
use crate::finding::Severity;
use crate::options::FailOn;
use crate::report::{self, Detail, Report, Stage};

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
