//! `--apply[=all|safe]`: shows the draft on standard error, writes it, says what was written.

use crate::engine::{self, EngineError, Fix};
use crate::plan::Held;
use crate::repo::Tree;
use crate::report::{self, Stage};

use super::super::args::{Cli, Which};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;
use super::request::fixing;

/// Writes the fixes.
///
/// # Errors
/// What the engine or the output says. Where the draft cannot be shown, nothing is written.
pub fn run(cli: &Cli, which: Which, output: &Output) -> Result<Exit, CliError> {
    let args = &cli.global;
    let request = fixing(cli)?;
    let tree = Tree::open(&request.root).map_err(EngineError::from)?;
    let fix = Fix::begin(&tree, &request, |plan| engine::decide(plan, which.at_least(), &cli.skip))?;
    output.note(&report::receipt::recovered(fix.recovered()));
    output.show(&report::draft::render(&fix.draft, &fix.plan.store, output.err)).map_err(CliError::nothing_written)?;
    let shows = fix.draft.secrets.iter().any(|secret| matches!(secret.held, Held::Shown { .. }));
    if shows && super::is_document(&fix.scan.options.format.value, args) {
        return Err(super::not_in_a_document());
    }
    let (receipt, stopped) = runtime::writing(|| fix.write());
    let receipt = receipt?;
    if let Some(exit) = stopped {
        output.note(&report::receipt::written(receipt.as_ref(), &fix.draft, &request.root, output.err));
        super::show_once(fix.take_shown(), output)?;
        return Ok(exit);
    }
    // What is left is looked for in the tree as it is now, not worked out from the plan.
    let scan = engine::scan(&request)?;
    let plan = engine::plan(&scan, &request)?;
    let report = super::report(&scan, &plan, Stage::Applied(&fix.draft, receipt.as_ref()), args);
    super::publish(&report, args, output)?;
    super::show_once(fix.take_shown(), output)?;
    if receipt.is_some() && !fix.draft.secrets.is_empty() {
        super::remind_of_address(fix.plan.choices.store, args, output);
    }
    // A setup script goes on with what a person has to do, unless it asked for a threshold.
    Ok(if args.fail_on.is_some() && report.failing() > 0 { Exit::FindingsLeft } else { Exit::Done })
}
