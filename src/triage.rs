//! What counts and what is set aside, with the reason: rule lists, ignores in code and in the
//! settings, the baseline, the threshold. Nothing is dropped: a finding either counts or stands
//! among those set aside, and an ignore that does nothing is itself reported.

mod baseline;
mod comments;

use std::collections::BTreeMap;

pub use baseline::{Baseline, BaselineError};

use crate::finding::{Finding, Judged, SetAside, Severity};
use crate::notice::{Notice, NoticeKind};
use crate::options::{Date, FailOn, IgnoreEntry, Options, Source, covers};
use crate::text::{Place, RepoPath, SourceFile, glob};
use comments::Comment;

/// Judges findings. `sources` are the texts that were read, for the ignores in them; `today` is
/// the day against which ends of ignores are held.
pub fn triage<'s>(
    findings: Vec<Finding>,
    sources: impl Iterator<Item = &'s SourceFile>,
    options: &Options,
    baseline: Option<&Baseline>,
    today: Date,
) -> Judged {
    let mut judge = Judge {
        options,
        baseline,
        today,
        comments: comments::of(sources),
        entries_used: vec![false; options.ignores.len()],
        baseline_used: baseline.map_or_else(Vec::new, |baseline| vec![false; baseline.len()]),
    };
    let mut judged = Judged::default();
    for finding in findings {
        match judge.reason(finding) {
            (finding, Some(reason)) => judged.set_aside.push(SetAside { finding, reason }),
            (finding, None) => judged.findings.push(finding),
        }
    }
    judged.notices = judge.notices();
    judged
}

/// Whether findings at or above the threshold are left.
pub fn fails(findings: &[Finding], fail_on: FailOn) -> bool {
    let least = match fail_on {
        FailOn::Live => Severity::Live,
        FailOn::High => Severity::High,
        FailOn::Medium => Severity::Medium,
        FailOn::Low => Severity::Low,
        FailOn::None => return false,
    };
    findings.iter().any(|finding| finding.severity >= least)
}

struct Judge<'a> {
    options: &'a Options,
    baseline: Option<&'a Baseline>,
    today: Date,
    comments: BTreeMap<RepoPath, Vec<Comment>>,
    /// Which settings entries matched anything, ended ones included.
    entries_used: Vec<bool>,
    baseline_used: Vec<bool>,
}

impl Judge<'_> {
    /// The finding, and why it does not count. Every way is asked, so that what is matched is
    /// known whichever reason comes first.
    fn reason(&mut self, finding: Finding) -> (Finding, Option<String>) {
        let in_code = self.comment(&finding);
        let (finding, in_settings) = self.entry(finding);
        let in_baseline = self.known_before(&finding);
        let reason = self.not_asked_for(&finding).or(in_code).or(in_settings).or(in_baseline);
        let reason = reason.or_else(|| finding.aside.clone());
        (finding, reason)
    }

    fn not_asked_for(&self, finding: &Finding) -> Option<String> {
        let listed = |rules: &[String]| rules.iter().any(|rule| covers(rule, finding.key.rule));
        if let Some(select) = self.options.select.as_ref().filter(|select| !listed(&select.value)) {
            return Some(format!("not selected ({})", select.source));
        }
        let ignore = self.options.ignore.as_ref().filter(|ignore| listed(&ignore.value))?;
        Some(format!("left out ({})", ignore.source))
    }

    /// A comment on the line of the finding, or alone on the line above.
    fn comment(&mut self, finding: &Finding) -> Option<String> {
        if finding.primary.place != Place::Tree {
            return None;
        }
        let comments = self.comments.get_mut(&finding.primary.path)?;
        let line = finding.primary.line;
        let mut reason = None;
        for comment in comments.iter_mut() {
            let near = comment.line == line || (comment.alone && comment.line + 1 == line);
            if near && comment.rules.iter().any(|rule| covers(rule, finding.key.rule)) {
                comment.used = true;
                if let Some(text) = comment.reason.clone() {
                    reason.get_or_insert(format!("{text} ({}:{})", finding.primary.path, comment.line));
                }
            }
        }
        reason
    }

    /// An entry of the settings. One that has ended leaves a line in the finding.
    fn entry(&mut self, mut finding: Finding) -> (Finding, Option<String>) {
        let mut reason = None;
        for (at, entry) in self.options.ignores.iter().enumerate() {
            if !matches(entry, &finding) {
                continue;
            }
            self.entries_used[at] = true;
            match entry.until {
                Some(until) if until < self.today => {
                    finding.how_we_know.push(format!("ignored until {until} ({}), which is past", entry.source));
                }
                _ => {
                    reason.get_or_insert_with(|| format!("{} ({})", entry.reason, entry.source));
                }
            }
        }
        (finding, reason)
    }

    fn known_before(&mut self, finding: &Finding) -> Option<String> {
        let at = self.baseline?.position(&finding.key)?;
        self.baseline_used[at] = true;
        Some("in the baseline".to_owned())
    }

    /// What was written to set findings aside and does not.
    fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (path, comments) in &self.comments {
            for comment in comments {
                let rules = comment.rules.join(", ");
                let message = match (&comment.reason, comment.used) {
                    (None, _) => format!("this ignore of {rules} has no reason behind it, so it does not count"),
                    (Some(_), false) => format!("this ignore of {rules} matches nothing"),
                    (Some(_), true) => continue,
                };
                notices.push(Notice::file(NoticeKind::Ignore, path, message).at_line(comment.line));
            }
        }
        for (entry, used) in self.options.ignores.iter().zip(&self.entries_used) {
            if !used {
                notices.push(unused_entry(entry));
            }
        }
        let gone = self.baseline_used.iter().filter(|used| !**used).count();
        if gone > 0 {
            let message = format!("{gone} of the baseline no longer found; --write-baseline writes it anew");
            notices.push(Notice::general(NoticeKind::Ignore, message));
        }
        notices.sort();
        notices
    }
}

fn matches(entry: &IgnoreEntry, finding: &Finding) -> bool {
    covers(&entry.rule, finding.key.rule)
        && entry.path.as_ref().is_none_or(|pattern| glob::matches(pattern, &finding.key.path, false))
}

fn unused_entry(entry: &IgnoreEntry) -> Notice {
    let place = entry.path.as_ref().map_or_else(String::new, |path| format!(" in {path}"));
    let message = format!("the ignore of {}{place} matches nothing", entry.rule);
    match &entry.source {
        Source::File { name, line } => match RepoPath::new(name).filter(|_| !name.starts_with('/')) {
            Some(path) => Notice::file(NoticeKind::Ignore, &path, message).at_line(*line),
            None => Notice::general(NoticeKind::Ignore, format!("{message} ({})", entry.source)),
        },
        source => Notice::general(NoticeKind::Ignore, format!("{message} ({source})")),
    }
}

#[cfg(test)]
mod tests;
