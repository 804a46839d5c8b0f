//! How a scan, a draft and a receipt are shown. Pure: takes what the engine gave, gives text.
//! Everything that came from a tree, from git or from a server is escaped here.
//! Prints nothing, and knows neither options nor exit codes.

pub mod draft;
pub mod effective;
pub mod history;
pub mod json_v1;
pub mod mitigations;
pub mod onboard;
pub mod receipt;
pub mod rotation;
pub mod rules;
pub mod stored;
pub mod style;
pub mod text;

use crate::apply::Receipt;
use crate::engine::Scan;
use crate::finding::{Finding, FindingKey, Severity};
use crate::plan::Draft;
use crate::remedy::Remedy;

use style::Style;

/// One way to write a report. The values of `--format` are the names here.
pub struct Format {
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    pub render: fn(&Report<'_>, Style) -> String,
}

/// Every format; the first one is the default.
pub const FORMATS: &[Format] = &[text::FORMAT, json_v1::FORMAT];

/// A format by its name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// A line for each finding.
    Brief,
    #[default]
    Normal,
    /// Also what was set aside, and notices that are no gaps.
    Full,
}

/// What was done with the scan.
#[derive(Clone, Copy)]
pub enum Stage<'a> {
    /// Nothing more.
    Scanned,
    /// A draft was made, and not written.
    Drafted(&'a Draft),
    /// A draft was written, if it changed anything; the scan was made afterwards.
    Applied(&'a Draft, Option<&'a Receipt>),
}

/// What a report shows: a scan, the remedies planned for it, and what was done with them.
pub struct Report<'a> {
    pub scan: &'a Scan,
    pub remedies: &'a [Remedy],
    /// Where keys go and why there, in words.
    pub store: &'a str,
    pub stage: Stage<'a>,
    /// Findings at or above this count as failures; `None`: none does.
    pub threshold: Option<Severity>,
    pub detail: Detail,
}

impl Report<'_> {
    /// The remedy that clears a finding: the one that needs the least from a person.
    pub fn remedy(&self, key: &FindingKey) -> Option<&Remedy> {
        self.remedies.iter().filter(|remedy| remedy.findings.contains(key)).max_by_key(|remedy| remedy.applicability)
    }

    /// Findings at or above the threshold.
    pub fn failing(&self) -> usize {
        self.threshold.map_or(0, |least| self.scan.findings.iter().filter(|found| found.severity >= least).count())
    }

    /// What the person can do, in the order of the findings; equal steps once, with the findings
    /// they belong to.
    pub fn next_steps(&self) -> Vec<NextStep<'_>> {
        let mut steps: Vec<NextStep<'_>> = Vec::new();
        for found in &self.scan.findings {
            let manual = self.remedy(&found.key).map_or(&[][..], |remedy| &remedy.steps);
            for text in found.next_step.iter().chain(manual) {
                match steps.iter_mut().find(|step| step.text == text) {
                    Some(step) if step.findings.last() != Some(&&found.key) => step.findings.push(&found.key),
                    Some(_) => {}
                    None => steps.push(NextStep { text, findings: vec![&found.key] }),
                }
            }
        }
        steps
    }
}

/// One thing a person can do.
pub struct NextStep<'a> {
    pub text: &'a str,
    pub findings: Vec<&'a FindingKey>,
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub live: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
}

impl Counts {
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| findings.iter().filter(|found| found.severity == severity).count();
        Self {
            live: count(Severity::Live),
            high: count(Severity::High),
            medium: count(Severity::Medium),
            low: count(Severity::Low),
        }
    }

    pub const fn total(self) -> usize {
        self.live + self.high + self.medium + self.low
    }
}

/// The rule a key belongs to.
fn rule_of(key: &FindingKey) -> &str {
    key.rule
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
