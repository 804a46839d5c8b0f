//! `--diff[=all|safe]`: what `--apply` would write.

use crate::engine;
use crate::report::{self, Stage};

use super::super::args::{Cli, Which};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::report_file::{self, Readers};
use super::request::fixing;

/// Prints the draft; writes nothing to the tree.
///
/// # Errors
/// What the engine or the output says.
pub fn run(cli: &Cli, which: Which, output: &Output) -> Result<Exit, CliError> {
    let args = &cli.global;
    let request = fixing(cli)?;
    let scan = engine::scan(&request)?;
    let plan = engine::plan(&scan, &request)?;
    let draft = engine::checked_draft(&scan, &plan, &request, &engine::decide(&plan, which.at_least(), &cli.skip)?)?;
    match (&args.output, cli.show_values) {
        (Some(path), true) => {
            let patch = report::draft::exact(&draft)
                .ok_or_else(|| CliError::new(Exit::Bug, "the draft was made without its values").nothing_written())?;
            report_file::write(path, &patch, Readers::Owner)?;
            let shown = crate::text::escape::one_line(&path.to_string_lossy());
            if !draft.untracked.is_empty() {
                output.note("A patch cannot stop tracking a file: git rm --cached does, or --apply --untrack.\n");
            }
            output.note(&format!("The exact patch is in {shown} (mode 0600). It holds values: delete it after use.\n"));
        }
        _ => super::publish(&super::report(&scan, &plan, Stage::Drafted(&draft), args), args, output)?,
    }
    Ok(if draft.is_empty() { Exit::Done } else { Exit::FindingsLeft })
}
