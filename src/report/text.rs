//! The report for people: cargo's layout, one block for each finding, one summary line last.
//! The same on a terminal and in a pipe; only colours differ.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use crate::finding::{Finding, SetAside};
use crate::notice::{Notice, NoticeKind};
use crate::remedy::{Applicability, Remedy};
use crate::rules;
use crate::text::escape::one_line;
use crate::text::{Location, Place};

use super::rules::{WIDTH, filled};
use super::style::{Role, Style};
use super::{Counts, Detail, Format, Report, Stage, counted, draft, receipt};

pub(super) const FORMAT: Format =
    Format { name: "text", about: "for people: places, evidence with values hidden, next steps", render };

/// Cells of evidence shown of one line.
const EVIDENCE_CELLS: usize = 100;
/// Digits of a commit id shown.
const SHORT_ID: usize = 7;

fn render(report: &Report<'_>, style: Style) -> String {
    match report.stage {
        Stage::Scanned => scanned(report, style),
        Stage::Drafted(planned) => draft::render(planned, report.store, style),
        Stage::Applied(planned, written) => {
            let mut out = receipt::written(written, planned, &report.scan.root, style);
            if !report.scan.findings.is_empty() {
                out.push_str("What is left: flask-harden scan\n");
            }
            out.push_str(&summary(report));
            out
        }
    }
}

fn scanned(report: &Report<'_>, style: Style) -> String {
    let mut out = String::new();
    if report.detail != Detail::Brief {
        head(&mut out, report);
    }
    for found in &report.scan.findings {
        if report.detail == Detail::Brief {
            brief(&mut out, found, style);
        } else {
            block(&mut out, found, report.remedy(&found.key), style);
        }
    }
    not_judged(&mut out, &report.scan.notices, report.detail, style);
    if report.detail == Detail::Full {
        set_aside(&mut out, &report.scan.set_aside, style);
    }
    fixes(&mut out, report);
    out.push_str(&summary(report));
    out
}

/// What was inspected: the facts that the findings rest on.
fn head(out: &mut String, report: &Report<'_>) {
    let summary = &report.scan.summary;
    let listed = |items: &[String]| match items {
        [] => "none found".to_owned(),
        items => items.iter().map(|item| one_line(item)).collect::<Vec<_>>().join(", "),
    };
    let _ = writeln!(out, "Flask app    {}", listed(&summary.apps));
    let _ = writeln!(out, "Started by   {}", listed(&summary.launches));
    let production = summary.production.as_deref().map_or_else(
        || "unknown: nothing here says how it starts; set targets.prod in .flask-harden.toml".to_owned(),
        one_line,
    );
    let _ = writeln!(out, "Production   {production}");
    let history = &summary.history;
    let read = if history.checked { format!("{} read", commits(history.commits)) } else { "not checked".to_owned() };
    let reason = history.reason.as_deref().map_or_else(String::new, |reason| format!(": {}", one_line(reason)));
    let _ = writeln!(out, "Git history  {read}{reason}\n");
}

fn commits(count: usize) -> String {
    counted(count, "commit", "commits")
}

/// `config.py:9:5`, with the commit where it stands in one.
pub(super) fn place(location: &Location) -> String {
    let spot = format!("{}:{}:{}", one_line(location.path.as_str()), location.line, location.column);
    match &location.place {
        Place::Tree => spot,
        Place::Commit(id) if location.path.is_root() => {
            format!("the message of commit {}", id.get(..SHORT_ID).unwrap_or(id))
        }
        Place::Commit(id) => format!("{spot} in commit {}", id.get(..SHORT_ID).unwrap_or(id)),
    }
}

fn title(found: &Finding, style: Style) -> String {
    let role = Role::of(found.severity);
    let label = format!("{}[{}]", found.severity.word(), found.key.rule);
    let tag = found.tag.map_or_else(String::new, |tag| format!("  {tag}"));
    format!("{}: {}{tag}", style.paint(role, &label), style.paint(Role::Strong, &one_line(&found.message)))
}

fn brief(out: &mut String, found: &Finding, style: Style) {
    let _ = writeln!(out, "{}: {}", place(&found.primary), title(found, style));
}

fn block(out: &mut String, found: &Finding, remedy: Option<&Remedy>, style: Style) {
    let gutter = found.primary.line.to_string().len();
    let pad = " ".repeat(gutter);
    let bar = style.paint(Role::Frame, "|").into_owned();
    let _ = writeln!(out, "{}", title(found, style));
    let _ = writeln!(out, "{pad}{} {}", style.paint(Role::Frame, "-->"), place(&found.primary));
    if !found.evidence.trim().is_empty() {
        let (line, caret) = evidence(&found.evidence, found.primary.column);
        let number = found.primary.line.to_string();
        let _ = writeln!(out, "{pad} {bar}");
        let _ = writeln!(out, "{} {bar} {line}", style.paint(Role::Frame, &number));
        let _ = writeln!(out, "{pad} {bar} {}{}", " ".repeat(caret), style.paint(Role::of(found.severity), "^"));
    }
    let equals = style.paint(Role::Frame, "=").into_owned();
    for label in &found.related {
        let text = format!("{}: {}", place(&label.location), one_line(&label.text));
        told(out, &pad, &equals, &text);
    }
    for known in &found.how_we_know {
        told(out, &pad, &equals, &one_line(known));
    }
    if let Some(rule) = rules::find(found.key.rule) {
        let _ = writeln!(out, "{pad} {equals} {}: flask-harden explain {}", rule.name, rule.id);
    }
    if let Some(remedy) = remedy {
        fix(out, remedy, &pad, &equals);
    }
    if let Some(step) = &found.next_step {
        told(out, &pad, &equals, &format!("next: {}", one_line(step)));
    }
    out.push('\n');
}

fn fix(out: &mut String, remedy: &Remedy, pad: &str, equals: &str) {
    let word = remedy.applicability.word();
    told(out, pad, equals, &format!("fix ({word}): {}", one_line(&remedy.title)));
    for line in filled(&one_line(&remedy.reason), WIDTH - pad.len() - MORE.len()) {
        let _ = writeln!(out, "{pad}{MORE}{line}");
    }
    for step in &remedy.steps {
        told(out, pad, equals, &format!("next: {}", one_line(step)));
    }
}

/// What further lines of one saying begin with, behind the gutter.
const MORE: &str = "     ";

/// One saying behind `=`, filled to the width of the report.
fn told(out: &mut String, pad: &str, equals: &str, text: &str) {
    for (at, line) in filled(text, WIDTH - pad.len() - MORE.len()).iter().enumerate() {
        let _ = if at == 0 { writeln!(out, "{pad} {equals} {line}") } else { writeln!(out, "{pad}{MORE}{line}") };
    }
}

/// The line as shown and the cells before the caret. One caret, not an underline: its length
/// would tell how long a hidden value is.
fn evidence(line: &str, column: usize) -> (String, usize) {
    let line = line.trim_end_matches(['\n', '\r']);
    let at = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let before = one_line(line.get(..at).unwrap_or(""));
    let after = one_line(line.get(at..).unwrap_or(""));
    let (before, caret) = last_cells(&before, EVIDENCE_CELLS / 2);
    let after = first_cells(&after, EVIDENCE_CELLS - caret);
    (format!("{before}{after}"), caret)
}

fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The start of `text` that fits `limit` cells, with `…` where something was cut.
fn first_cells(text: &str, limit: usize) -> String {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += cells(c);
        if used > limit {
            return format!("{}…", text.get(..at).unwrap_or(""));
        }
    }
    text.to_owned()
}

/// The end of `text` that fits `limit` cells, and the cells it takes.
fn last_cells(text: &str, limit: usize) -> (String, usize) {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        if used + cells(c) > limit {
            return (format!("…{}", text.get(at + c.len_utf8()..).unwrap_or("")), used + 1);
        }
        used += cells(c);
    }
    (text.to_owned(), used)
}

/// What was not judged, or only in part: always. The other notices where everything is asked for.
fn not_judged(out: &mut String, notices: &[Notice], detail: Detail, style: Style) {
    let matters = |notice: &&Notice| {
        notice.gap
            || matches!(
                notice.kind,
                NoticeKind::PartlyParsed | NoticeKind::Symlink | NoticeKind::RemedyWithheld | NoticeKind::HistoryHolds
            )
    };
    let shown: Vec<&Notice> = notices.iter().filter(|notice| matters(notice) || detail == Detail::Full).collect();
    if shown.is_empty() {
        return;
    }
    let gaps = shown.iter().filter(|notice| notice.gap).count();
    if gaps > 0 {
        let heading = format!("Not judged ({gaps}); this says nothing about them:");
        let _ = writeln!(out, "{}", style.paint(Role::Strong, &heading));
    }
    for notice in shown.iter().filter(|notice| notice.gap) {
        notice_line(out, notice);
    }
    if gaps < shown.len() {
        let _ = writeln!(out, "{}", style.paint(Role::Strong, "Also noticed:"));
    }
    for notice in shown.iter().filter(|notice| !notice.gap) {
        notice_line(out, notice);
    }
    out.push('\n');
}

fn notice_line(out: &mut String, notice: &Notice) {
    let path = notice.path.as_ref().map(|path| one_line(path.as_str()));
    let place = match (path, notice.line) {
        (Some(path), Some(line)) => format!("{path}:{line}: "),
        (Some(path), None) => format!("{path}: "),
        (None, _) => String::new(),
    };
    let _ = writeln!(out, "  {place}{}", one_line(&notice.message));
}

fn set_aside(out: &mut String, items: &[SetAside], style: Style) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, "Set aside:"));
    for item in items {
        let found = &item.finding;
        let place = place(&found.primary);
        let _ = writeln!(out, "  {place}: {} {}: {}", found.key.rule, one_line(&found.message), one_line(&item.reason));
    }
    out.push('\n');
}

/// What to type for the fixes that the tool can write.
fn fixes(out: &mut String, report: &Report<'_>) {
    let mut written = [0_usize; 2];
    for found in &report.scan.findings {
        match report.remedy(&found.key).map(|remedy| remedy.applicability) {
            Some(Applicability::Safe) => written[0] += 1,
            Some(Applicability::Automatic) => written[1] += 1,
            Some(Applicability::Manual) | None => {}
        }
    }
    if written == [0, 0] || report.detail == Detail::Brief {
        return;
    }
    let both = counted(written[0] + written[1], "finding has a fix", "findings have a fix");
    let _ = writeln!(out, "{both} that can be written ({} safe, {} automatic):", written[0], written[1]);
    out.push_str("  flask-harden --diff    shows the changes and writes nothing\n");
    out.push_str("  flask-harden --apply   writes them; flask-harden undo takes them back\n\n");
}

/// The last line: everything in numbers.
fn summary(report: &Report<'_>) -> String {
    let scan = report.scan;
    let counts = Counts::of(&scan.findings);
    let mut line = if counts.total() == 0 {
        "no findings".to_owned()
    } else {
        format!(
            "{}: {} live, {} high, {} medium, {} low",
            counted(counts.total(), "finding", "findings"),
            counts.live,
            counts.high,
            counts.medium,
            counts.low
        )
    };
    if !scan.set_aside.is_empty() {
        let _ = write!(line, "; {} set aside", scan.set_aside.len());
    }
    let gaps = scan.notices.iter().filter(|notice| notice.gap).count();
    if gaps > 0 {
        let _ = write!(line, "; {gaps} not judged");
    }
    let _ = writeln!(line, "; {} read", counted(scan.summary.files_read, "file", "files"));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_below_its_column_in_cells() {
        assert_eq!(evidence("  KEY = 1", 3), ("  KEY = 1".to_owned(), 2));
        assert_eq!(evidence("漢字 = 1", 3), ("漢字 = 1".to_owned(), 4));
        assert_eq!(evidence("\tKEY = 1\n", 2), (" KEY = 1".to_owned(), 1));
    }

    #[test]
    fn long_lines_are_cut_on_both_sides_of_the_column() {
        let line = format!("{}KEY{}", "a".repeat(200), "b".repeat(200));
        let (shown, caret) = evidence(&line, 201);
        assert!(shown.starts_with('…') && shown.ends_with('…'));
        assert_eq!(shown.chars().nth(caret), Some('K'));
        assert!(shown.chars().count() <= EVIDENCE_CELLS + 1, "{shown}");
    }

    #[test]
    fn a_column_behind_the_line_is_its_end() {
        assert_eq!(evidence("x", 99), ("x".to_owned(), 1));
    }
}
