//! `history [PATH]`: leaked values in git, live or old, and the clean-up plan. Runs nothing of it.

use std::path::{Path, PathBuf};

use crate::engine::{self, LeakState, Scan};
use crate::options::FailOn;
use crate::report;
use crate::text::escape::one_line;

use super::super::args::{GlobalArgs, HistoryArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::report_file::{self, Readers};
use super::request::request;

/// Reports what history holds; writes nothing but the file of `--write-replacements`.
///
/// # Errors
/// What the engine or the output says; exit 2 where the replacement file would lie in a repository.
pub fn run(args: &HistoryArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let json = super::text_or_json("history", global)?;
    if let Some(path) = &args.write_replacements {
        outside_of_repositories(path)?;
    }
    let root = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let request = request(root, args.history, global);
    let scan = super::scanned(&request, global)?;
    let plan = engine::cleanup(&scan);
    let json = json.unwrap_or_else(|| scan.options.format.value == "json");
    let text = if json {
        report::json_v1::history::render(&scan, &plan)
    } else {
        report::history::render(&scan, &plan, super::detail(global), super::style(global, output))
    };
    super::deliver(&text, global, output)?;
    if let Some(path) = &args.write_replacements {
        replacements(&scan, path, output)?;
    }
    Ok(if failing(&scan) { Exit::FindingsLeft } else { Exit::Done })
}

fn failing(scan: &Scan) -> bool {
    let least = match scan.options.fail_on.value {
        FailOn::None => return false,
        FailOn::Live => crate::finding::Severity::Live,
        FailOn::High => crate::finding::Severity::High,
        FailOn::Medium => crate::finding::Severity::Medium,
        FailOn::Low => crate::finding::Severity::Low,
    };
    let states = engine::leaks_by_state(scan);
    states.iter().any(|(state, _)| *state != LeakState::Doubtful && state.severity() >= least)
}

/// Writes the file with the values, for its owner alone.
fn replacements(scan: &Scan, path: &Path, output: &Output) -> Result<(), CliError> {
    let shown = one_line(&path.to_string_lossy());
    let (text, count) = engine::replacements(scan);
    if count == 0 {
        output.note(&format!("No value can be replaced everywhere, so {shown} was not written.\n"));
        return Ok(());
    }
    report_file::write(path, &text, Readers::Owner)?;
    let values = report::counted(count, "value", "values");
    output.note(&format!("{shown} holds {values}, readable by you alone. Remove it when you are done.\n"));
    Ok(())
}

/// A file with values must not lie where `git add` takes it.
fn outside_of_repositories(path: &Path) -> Result<(), CliError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let refused = |why: String| {
        CliError::usage(format!("the replacement file cannot be '{}'", path.display()))
            .why(why)
            .now("flask-harden history --write-replacements ~/replacements.txt")
            .nothing_written()
    };
    let parent = parent.canonicalize().map_err(|error| refused(format!("{}: {error}", parent.display())))?;
    let linked = std::fs::canonicalize(path).ok().and_then(|target| target.parent().map(Path::to_owned));
    for dir in linked.iter().chain([&parent]).flat_map(|dir| dir.ancestors()) {
        let bare = dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir();
        if dir.join(".git").exists() || bare {
            return Err(refused(format!(
                "it holds the values, and {} is a git repository, where they could be committed again",
                dir.display()
            )));
        }
    }
    Ok(())
}
