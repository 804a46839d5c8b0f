//! One line on standard error that says how far a scan is: on a terminal only, redrawn in place,
//! gone when the scan is done.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::engine::{ScanProgress, ScanStage};

/// Shorter scans show nothing: a line that flashes helps nobody.
const QUIET_START: Duration = Duration::from_millis(300);
/// Between two redrawings.
const STEP: Duration = Duration::from_millis(100);

/// The line, from its making to its end.
pub struct ProgressLine {
    shown: bool,
    on: bool,
    last: Instant,
}

impl ProgressLine {
    /// A line that is shown where a person sees it redrawn: standard error is a terminal that can
    /// do so, and neither continuous integration nor a plain face asked for quiet.
    pub fn new(quiet: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let on = !quiet && io::stderr().is_terminal() && !dumb && !set("CI") && !set("ACCESSIBLE");
        Self { shown: false, on, last: Instant::now() + QUIET_START - STEP }
    }

    /// Shows how far it is, not more often than eyes can follow.
    pub fn show(&mut self, progress: ScanProgress) {
        if !self.on || self.last + STEP > Instant::now() {
            return;
        }
        self.last = Instant::now();
        self.shown = true;
        self.write(&format!("\r\x1b[K{}", words(progress)));
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.write("\r\x1b[K");
        }
    }

    /// A line that cannot be written is not worth an error.
    fn write(&mut self, text: &str) {
        let mut stream = io::stderr().lock();
        let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        self.on &= written.is_ok();
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `Git history: 1,204 of 3,310 commits listed`.
fn words(progress: ScanProgress) -> String {
    let of = format!("{} of {}", grouped(progress.done), grouped(progress.total));
    match progress.stage {
        ScanStage::Files => "Reading files".to_owned(),
        ScanStage::Commits => format!("Git history: {of} commits listed"),
        ScanStage::Versions => format!("Git history: {of} file versions read"),
        ScanStage::Origins => format!("Git history: where {} values come from", grouped(progress.total)),
    }
}

/// `3,310`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_precise_and_grouped() {
        let progress = ScanProgress { stage: ScanStage::Commits, done: 1204, total: 1_003_310 };
        assert_eq!(words(progress), "Git history: 1,204 of 1,003,310 commits listed");
        assert_eq!(grouped(12), "12");
        assert_eq!(grouped(100), "100");
    }
}
