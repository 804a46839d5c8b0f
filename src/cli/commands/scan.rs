//! `scan [PATH...]`, and what the program does without a command: a report, nothing written.

use std::path::PathBuf;

use crate::engine::{self, Scan};
use crate::report::Stage;
use crate::text::RepoPath;

use super::super::args::{GlobalArgs, History};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::report_file::{self, Readers};
use super::request::{request, tree};

/// Reports on a tree; writes nothing to it.
///
/// # Errors
/// What the engine or the output says.
pub fn run(paths: &[PathBuf], history: Option<History>, args: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let (root, only) = tree(paths)?;
    let request = request(root, history, args);
    let mut scan = super::scanned(&request, args)?;
    limit(&mut scan, &only);
    if let Some(path) = &args.write_baseline {
        report_file::write(path, &engine::baseline(&scan), Readers::Usual)?;
    }
    let plan = engine::plan(&scan, &request)?;
    let report = super::report(&scan, &plan, Stage::Scanned, args);
    super::publish(&report, args, output)?;
    Ok(if report.failing() > 0 { Exit::FindingsLeft } else { Exit::Done })
}

/// Keeps what lies in the named parts of the tree. Facts were gathered from the whole of it: a
/// setting is judged by every file that touches it.
fn limit(scan: &mut Scan, only: &[RepoPath]) {
    if only.is_empty() {
        return;
    }
    let named = |path: &RepoPath| only.iter().any(|part| path.is_below(part));
    scan.findings.retain(|found| named(&found.primary.path));
    scan.set_aside.retain(|item| named(&item.finding.primary.path));
    scan.notices.retain(|notice| notice.path.as_ref().is_none_or(named));
}
