//! What a run wrote, what an undo gave back, which runs there are.

use std::fmt::Write as _;
use std::path::Path;

use crate::apply::{Action, Kept, KeptWhy, Listing, Receipt, Recovered, RecoveredAs, RunState};
use crate::engine::{KeyFate, Undone};
use crate::plan::Draft;
use crate::text::RepoPath;
use crate::text::escape::one_line;

use super::style::{Role, Style};
use super::{counted, draft};

/// What was written to the tree at `root`, how to take it back, what was held back. `None` where
/// nothing was to be written.
pub fn written(receipt: Option<&Receipt>, planned: &Draft, root: &Path, style: Style) -> String {
    let mut out = String::new();
    match receipt {
        None => out.push_str("Nothing to do: every fix that can be written is in place.\n\n"),
        Some(receipt) => {
            let heading = match (receipt.files.len(), receipt.keys.len()) {
                (0, keys) => format!("{} stored, no file changed.", counted(keys, "key", "keys")),
                (files, _) => format!("{} written.", counted(files, "file", "files")),
            };
            let _ = writeln!(out, "{}  undo id {}", style.paint(Role::Strong, &heading), receipt.run);
            for file in &receipt.files {
                let word = match file.action {
                    Action::Created => "new",
                    Action::Changed => "changed",
                    Action::Mode => "permissions",
                };
                let _ = writeln!(out, "  {word:<11}  {}  (mode {:04o})", shown(&file.path), file.mode & 0o7777);
            }
            for path in &receipt.untracked {
                let _ = writeln!(out, "  {:<11}  {}  (the file stays)", "untracked", shown(path));
            }
            for key in &receipt.keys {
                let made = key.stored.as_ref().is_none_or(|stored| stored.created);
                let word = if made { "new key" } else { "key" };
                let _ = writeln!(out, "  {word:<11}  {} in {}", one_line(&key.name), one_line(&key.place));
            }
            let _ = writeln!(out, "Take it back: {}\n", undo_command(receipt, root));
        }
    }
    draft::held_back(&mut out, &planned.held_back, style);
    let steps = next_steps(planned);
    if receipt.is_some() && !steps.is_empty() {
        let _ = writeln!(out, "{}", style.paint(Role::Strong, "Next steps"));
        for (at, step) in steps.iter().enumerate() {
            let _ = writeln!(out, "  {} {}", at + 1, one_line(step));
        }
        out.push('\n');
    }
    out
}

/// What takes a run back, typed where the run was.
pub(super) fn undo_command(receipt: &Receipt, root: &Path) -> String {
    let root = root.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+~@".contains(c);
    match root.as_ref() {
        "." | "" => format!("flask-harden undo {}", receipt.run),
        root if root.chars().all(plain) => format!("flask-harden undo {} {root}", receipt.run),
        root => format!("flask-harden undo {} '{}'", receipt.run, one_line(&root.replace('\'', "'\\''"))),
    }
}

/// What a person has to do for the fixes that were written, each step once.
/// What a person has to do once the fixes of a draft are written, each step once.
pub(super) fn next_steps(planned: &Draft) -> Vec<&str> {
    let mut steps: Vec<&str> = Vec::new();
    for step in planned.applied.iter().flat_map(|remedy| &remedy.steps) {
        if !steps.contains(&step.as_str()) {
            steps.push(step);
        }
    }
    steps
}

/// What became of interrupted runs before this one began.
pub fn recovered(runs: &[Recovered]) -> String {
    let mut out = String::new();
    for run in runs {
        let what = match run.what {
            RecoveredAs::Finished => "had written everything; its journal was closed",
            RecoveredAs::TakenBack => "was taken back",
            RecoveredAs::UndoFinished => "was being undone; that was carried to its end",
        };
        let _ = writeln!(out, "The interrupted run {} {what}.", run.run);
        kept(&mut out, &run.kept);
    }
    out
}

/// What an undo did.
pub fn undone(undone: &Undone, style: Style) -> String {
    let report = &undone.report;
    let mut out = String::new();
    let touched = report.restored.len() + report.removed.len();
    let heading = if touched + report.tracked.len() == 0 {
        format!("Nothing to give back: run {} is undone.", report.run)
    } else {
        format!("Run {} is undone: {} given back.", report.run, counted(touched, "file", "files"))
    };
    let _ = writeln!(out, "{}", style.paint(Role::Strong, &heading));
    for path in &report.restored {
        let _ = writeln!(out, "  as before  {}", shown(path));
    }
    for path in &report.removed {
        let _ = writeln!(out, "  removed    {}", shown(path));
    }
    for path in &report.tracked {
        let _ = writeln!(out, "  tracked    {}  (git has it again)", shown(path));
    }
    kept(&mut out, &report.kept);
    for key in &undone.keys {
        let (word, why) = match &key.fate {
            KeyFate::Kept => ("kept", ": it may be in use; flask-harden undo --purge deletes it".to_owned()),
            KeyFate::NotOurs => ("kept", ": it was there before".to_owned()),
            KeyFate::Replaced => ("kept", ": the value before it is kept nowhere".to_owned()),
            KeyFate::UsedBy(run) => ("kept", format!(": run {run} needs it")),
            KeyFate::Deleted => ("deleted", String::new()),
            KeyFate::Failed(_) => ("kept", ": it could not be deleted".to_owned()),
        };
        let _ = writeln!(out, "  {word:<9}  {} in {}{why}", one_line(&key.name), one_line(&key.place));
    }
    out
}

/// Files that were left alone, each with the reason and what to type.
fn kept(out: &mut String, files: &[Kept]) {
    for line in kept_lines(files) {
        let _ = writeln!(out, "  kept       {line}");
    }
}

/// Files that were left alone, a line for each: why, and what to type.
pub fn kept_lines(files: &[Kept]) -> Vec<String> {
    let line = |file: &Kept| {
        let (why, now) = match file.why {
            KeptWhy::IndexMoved => {
                let path = shown(&file.path);
                return format!("{path} as untracked: git's index changed since; git add -f {path} tracks it again");
            }
            KeptWhy::Edited => ("edited since", "undo --force restores it; the edits are kept with the run"),
            KeptWhy::Removed => ("deleted since", "undo --force brings it back"),
            KeptWhy::Replaced => ("something else stands there now", "undo leaves it to you"),
            KeptWhy::HoldsKey => ("it holds a key that may be in use; keep it out of git", "undo --purge removes it"),
            KeptWhy::IgnoresKey => ("it keeps a key out of git", "undo --purge gives it back with the key's file"),
        };
        format!("{}: {why}; flask-harden {now}", shown(&file.path))
    };
    files.iter().map(line).collect()
}

/// [`written`], then the whole list of steps with what is done of it: for a ticket or a pull
/// request.
pub fn with_checklist(receipt: Option<&Receipt>, planned: &Draft, root: &Path, items: &[(bool, &str)]) -> String {
    let mut out = written(receipt, &Draft::default(), root, Style::plain());
    if !planned.applied.is_empty() {
        out.push_str("What changed, and why\n");
        for remedy in &planned.applied {
            let _ = writeln!(out, "  {} ({})", one_line(&remedy.title), remedy.applicability.word());
            let _ = writeln!(out, "    {}", one_line(&remedy.reason));
        }
        out.push('\n');
    }
    out.push_str("Steps\n");
    for (done, text) in items {
        let _ = writeln!(out, "- [{}] {}", if *done { 'x' } else { ' ' }, one_line(text));
    }
    out
}

/// The runs on a tree, newest first.
pub fn runs(listing: &Listing) -> String {
    let mut out = String::new();
    for run in &listing.runs {
        let state = match run.state {
            RunState::Void | RunState::TakenBack => "taken back",
            RunState::Open => "interrupted: the next --apply or undo takes it up",
            RunState::Applied => "written",
            RunState::UndoOpen => "undo interrupted: the next --apply or undo takes it up",
            RunState::Undone => "undone",
        };
        let files = counted(run.files.len(), "file", "files");
        let _ = writeln!(out, "{}  {}  {files}  {state}", run.run, utc(run.time));
        for file in &run.files {
            let _ = writeln!(out, "      {}", shown(&file.path));
        }
    }
    for (id, reason) in &listing.unreadable {
        let _ = writeln!(out, "{id}  cannot be read: {}", one_line(reason));
    }
    if out.is_empty() {
        out.push_str("No runs here.\n");
    }
    out
}

fn shown(path: &RepoPath) -> String {
    one_line(path.as_str())
}

/// Seconds since 1970 as `2026-11-23 08:15 UTC`: the proleptic Gregorian calendar counted in
/// periods of 400 years from a March (a leap day is then the last day of its year).
fn utc(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute) = (seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(utc(1_709_251_199), "2024-02-29 23:59 UTC");
        assert_eq!(utc(1_795_421_700), "2026-11-23 08:15 UTC");
    }

    #[test]
    fn what_was_kept_is_named_with_the_way_on() {
        let path = |name| RepoPath::new(name).unwrap();
        let kept = [
            Kept { path: path(".env"), why: KeptWhy::HoldsKey },
            Kept { path: path("config.py"), why: KeptWhy::Edited },
        ];
        let mut out = String::new();
        super::kept(&mut out, &kept);
        assert_eq!(
            out,
            "  kept       .env: it holds a key that may be in use; keep it out of git; flask-harden undo --purge removes it\n  \
             kept       config.py: edited since; flask-harden undo --force restores it; the edits are kept with the run\n"
        );
    }

    #[test]
    fn no_runs_is_said() {
        assert_eq!(runs(&Listing::default()), "No runs here.\n");
    }
}
