//! Every shape a patch has broken somewhere: a small tree, what `--apply` makes of it, byte for byte
//! (`snapshots/shapes/`), and what Python makes of that.
//!
//! A row is a tree and what it wants. Of each row it is checked that changed Python still compiles,
//! keeps its line ends, mark and last line, that a second run touches nothing, and that `undo` gives
//! every byte back; the wants say the rest. The rows stand in a file for each subject.

mod bed;
mod bytes;
mod cookies;
mod debug;
mod key_forms;
mod key_loaders;
mod key_names;
mod key_owners;
mod key_users;
mod picture;
mod probe;
mod repositories;
mod right;
mod row;
mod servers;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use row::{Row, row};

use crate::support::snapshot;

/// Rows of one subject that run at a time: they wait for the disk, not for the processor.
const AT_A_TIME: usize = 4;

/// Runs the rows of one subject, and compares what became of them with the reviewed text.
fn check(subject: &str, rows: &[Row]) {
    let python = Mutex::new(probe::Python::start());
    let next = AtomicUsize::new(0);
    let outcomes: Vec<OnceLock<bed::Outcome>> = rows.iter().map(|_| OnceLock::new()).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < rows.len()) {
                    let _ = outcomes[at].set(bed::run(&rows[at], &python));
                }
            });
        }
    });
    let (mut text, mut wrong) = (String::new(), Vec::new());
    for (row, outcome) in rows.iter().zip(outcomes) {
        let outcome = outcome.into_inner().expect("every row ran");
        text.push_str(&format!("==== {}\n{}\n", row.name, outcome.text));
        wrong.extend(outcome.wrong.into_iter().map(|problem| format!("{}: {problem}", row.name)));
    }
    assert!(wrong.is_empty(), "{}\n\n{text}", wrong.join("\n"));
    snapshot::check("shapes", subject, &text);
}
