//! JSON, version 1. Its own records, so that inner types can change while the format stays.
//! Within a version keys are only added; lines and columns count from 1; no secret is in here.

pub mod explain;
pub mod history;
mod run;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::finding::{Confidence, Finding, SetAside, Severity, Threat};
use crate::notice::{Notice, NoticeKind};
use crate::remedy::{Applicability, Remedy};
use crate::rules;
use crate::text::escape::visible;
use crate::text::{Label, Location, Place};

use super::style::Style;
use super::{Counts, Format, Report, Stage};

pub(super) const FORMAT: Format =
    Format { name: "json", about: "for programs: version 1, keys are only added", render };

const VERSION: u32 = 1;

fn render(report: &Report<'_>, _style: Style) -> String {
    printed(&document(report))
}

/// Pretty JSON with every control and bidi character escaped, and a final newline.
pub(in crate::report) fn printed(value: &impl Serialize) -> String {
    // Records of strings, numbers and lists: there is nothing in them that JSON cannot hold.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    escaped(&text)
}

/// serde_json leaves DEL, C1 and bidi controls as they are; they get `\u` escapes here. All of
/// them can only stand inside strings.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0_u16; 2];
    for c in text.chars() {
        if c != '\n' && matches!(visible(c.encode_utf8(&mut [0; 4])), std::borrow::Cow::Owned(_)) {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    complete: bool,
    project: Project<'a>,
    findings: Vec<FindingDto<'a>>,
    set_aside: Vec<SetAsideDto<'a>>,
    notices: Vec<NoticeDto<'a>>,
    summary: Summary,
    next_steps: Vec<StepDto<'a>>,
    /// With `--diff` and `--apply`: what would be, or was, written.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<run::DraftDto<'a>>,
    /// With `--apply`: the run; `null` where nothing was to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Option<run::RunDto<'a>>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    const fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

#[derive(Serialize)]
struct Project<'a> {
    files_read: usize,
    python_files: usize,
    settings: usize,
    apps: &'a [String],
    launches: &'a [String],
    /// `null`: unknown.
    production: Option<&'a str>,
    history: HistoryDto<'a>,
}

#[derive(Serialize)]
struct HistoryDto<'a> {
    checked: bool,
    commits: usize,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct FindingDto<'a> {
    key: String,
    rule: &'static str,
    name: &'static str,
    threat: Threat,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    path: &'a str,
    line: usize,
    column: usize,
    /// The commit it stands in; absent for the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    /// The line with values hidden; empty where it is of no help.
    evidence: &'a str,
    /// Equal values have equal tags within one report (`s1`).
    tag: Option<String>,
    related: Vec<RelatedDto<'a>>,
    how_we_know: &'a [String],
    next_step: Option<&'a str>,
    remedy: Option<RemedyDto<'a>>,
}

#[derive(Serialize)]
struct RelatedDto<'a> {
    path: &'a str,
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    text: &'a str,
}

#[derive(Serialize)]
struct RemedyDto<'a> {
    id: &'a str,
    title: &'a str,
    applicability: Applicability,
    reason: &'a str,
}

#[derive(Serialize)]
struct SetAsideDto<'a> {
    #[serde(flatten)]
    finding: FindingDto<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct NoticeDto<'a> {
    kind: NoticeKind,
    path: Option<&'a str>,
    line: Option<usize>,
    message: &'a str,
    gap: bool,
}

#[derive(Serialize)]
struct Summary {
    total: usize,
    live: usize,
    high: usize,
    medium: usize,
    low: usize,
    set_aside: usize,
    not_judged: usize,
    /// Findings by threat; every threat is there.
    threats: BTreeMap<Threat, usize>,
    /// The severity from which findings make the exit code 1; `null`: never.
    fail_on: Option<Severity>,
    exit_reason: ExitReason,
}

/// Whether findings reach the threshold.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ExitReason {
    FindingsLeft,
    NothingLeft,
}

#[derive(Serialize)]
struct StepDto<'a> {
    step: &'a str,
    findings: Vec<String>,
}

fn document<'a>(report: &'a Report<'a>) -> Document<'a> {
    let scan = report.scan;
    let project = &scan.summary;
    Document {
        version: VERSION,
        tool: Tool::this(),
        complete: project.complete,
        project: Project {
            files_read: project.files_read,
            python_files: project.python_files,
            settings: project.settings,
            apps: &project.apps,
            launches: &project.launches,
            production: project.production.as_deref(),
            history: HistoryDto {
                checked: project.history.checked,
                commits: project.history.commits,
                reason: project.history.reason.as_deref(),
            },
        },
        findings: scan.findings.iter().map(|found| finding(found, report.remedy(&found.key))).collect(),
        set_aside: scan.set_aside.iter().map(set_aside).collect(),
        notices: scan.notices.iter().map(notice).collect(),
        summary: summary(report),
        next_steps: report
            .next_steps()
            .into_iter()
            .map(|step| StepDto { step: step.text, findings: step.findings.iter().map(ToString::to_string).collect() })
            .collect(),
        draft: match report.stage {
            Stage::Scanned => None,
            Stage::Drafted(planned) | Stage::Applied(planned, _) => Some(run::draft(planned, report.store)),
        },
        run: match report.stage {
            Stage::Scanned | Stage::Drafted(_) => None,
            Stage::Applied(_, written) => Some(written.map(|receipt| run::run(receipt, &scan.root))),
        },
    }
}

fn commit(location: &Location) -> Option<&str> {
    match &location.place {
        Place::Tree => None,
        Place::Commit(id) => Some(id),
    }
}

fn finding<'a>(found: &'a Finding, remedy: Option<&'a Remedy>) -> FindingDto<'a> {
    FindingDto {
        key: found.key.to_string(),
        rule: found.key.rule,
        name: rules::find(found.key.rule).map_or("", |rule| rule.name),
        threat: found.threat,
        severity: found.severity,
        confidence: found.confidence,
        message: &found.message,
        path: found.primary.path.as_str(),
        line: found.primary.line,
        column: found.primary.column,
        commit: commit(&found.primary),
        evidence: &found.evidence,
        tag: found.tag.map(|tag| format!("s{}", tag.0)),
        related: found.related.iter().map(related).collect(),
        how_we_know: &found.how_we_know,
        next_step: found.next_step.as_deref(),
        remedy: remedy.map(remedy_dto),
    }
}

fn remedy_dto(remedy: &Remedy) -> RemedyDto<'_> {
    RemedyDto { id: &remedy.id, title: &remedy.title, applicability: remedy.applicability, reason: &remedy.reason }
}

fn related(label: &Label) -> RelatedDto<'_> {
    let location = &label.location;
    RelatedDto {
        path: location.path.as_str(),
        line: location.line,
        column: location.column,
        commit: commit(location),
        text: &label.text,
    }
}

fn set_aside(item: &SetAside) -> SetAsideDto<'_> {
    SetAsideDto { finding: finding(&item.finding, None), reason: &item.reason }
}

fn notice(notice: &Notice) -> NoticeDto<'_> {
    NoticeDto {
        kind: notice.kind,
        path: notice.path.as_ref().map(|path| path.as_str()),
        line: notice.line,
        message: &notice.message,
        gap: notice.gap,
    }
}

fn summary(report: &Report<'_>) -> Summary {
    let scan = report.scan;
    let counts = Counts::of(&scan.findings);
    let of_threat = |threat| scan.findings.iter().filter(|found| found.threat == threat).count();
    Summary {
        total: counts.total(),
        live: counts.live,
        high: counts.high,
        medium: counts.medium,
        low: counts.low,
        set_aside: scan.set_aside.len(),
        not_judged: scan.notices.iter().filter(|notice| notice.gap).count(),
        threats: Threat::ALL.into_iter().map(|threat| (threat, of_threat(threat))).collect(),
        fail_on: report.threshold,
        exit_reason: if report.failing() > 0 { ExitReason::FindingsLeft } else { ExitReason::NothingLeft },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_get_json_escapes() {
        let text = escaped("{\n  \"a\": \"x\u{202e}\u{9b}\u{e0041}\"\n}\n");
        assert_eq!(text, "{\n  \"a\": \"x\\u202e\\u009b\\udb40\\udc41\"\n}\n");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["a"], "x\u{202e}\u{9b}\u{e0041}");
    }
}
