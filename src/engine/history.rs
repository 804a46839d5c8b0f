//! Reads git history for secrets, and asks who brought each in.

use std::ops::ControlFlow;

use crate::facts::leaks::{self, Detector, Given, Leak, Text};
use crate::repo::history::{
    BlobPlace, Event, HistoricText, HistoryReader, Limits, ObjectId, Request, Stage, TextKind, Wanted,
};
use crate::repo::{Git, GitState};
use crate::text::RepoPath;

use super::HistorySummary;
use super::scan::{ScanProgress, ScanStage};

/// A value on its way to a [`Leak`].
struct Seen {
    given: Given,
    places: Vec<BlobPlace>,
    lines: Vec<usize>,
    messages: Vec<ObjectId>,
}

/// Told how far it is; `Break` ends the reading.
pub(super) type Watch<'a> = dyn FnMut(ScanProgress) -> ControlFlow<()> + 'a;

/// The leaked values, and how far history was read. `commits`: how many of the newest, all
/// where it is `None`.
pub(super) fn leaks(git: &GitState, commits: Option<usize>, watch: &mut Watch<'_>) -> (Vec<Leak>, HistorySummary) {
    let reason = match git {
        GitState::None => "this is not a git repository".to_owned(),
        GitState::Refused(reason) => reason.clone(),
        GitState::Open(_) if commits == Some(0) => "switched off by --history=none".to_owned(),
        GitState::Open(git) => return read(git, commits, watch),
    };
    (Vec::new(), unread(reason))
}

/// That history was not read, and why.
pub(super) fn unread(reason: String) -> HistorySummary {
    HistorySummary { checked: false, commits: 0, reason: Some(reason) }
}

fn read(git: &Git, commits: Option<usize>, watch: &mut Watch<'_>) -> (Vec<Leak>, HistorySummary) {
    let mut detectors = leaks::detectors();
    // Others than those that look at texts: they are asked for paths while these look.
    let readers = leaks::detectors();
    let wanted =
        |path: &RepoPath| git.in_tree(path).is_some_and(|path| readers.iter().any(|reader| reader.reads(&path)));
    let mut request = Request::new(&wanted);
    request.messages = detectors.iter().any(|detector| detector.reads_messages());
    request.limits = commits.map_or_else(Limits::default, Limits::newest);
    let reader = git.history();
    let mut seen: Vec<Seen> = Vec::new();
    let coverage = reader.scan(&request, &mut |event| match event {
        Event::Text(text) => {
            look(git, &mut detectors, &text, &mut seen);
            ControlFlow::Continue(())
        }
        Event::Progress(progress) => {
            let stage = match progress.stage {
                Stage::Commits => ScanStage::Commits,
                Stage::Files => ScanStage::Versions,
            };
            watch(ScanProgress { stage, done: progress.done, total: progress.total })
        }
    });
    let coverage = match coverage {
        Ok(coverage) => coverage,
        Err(error) => return (Vec::new(), unread(error.to_string())),
    };
    let reason = (!coverage.complete).then(|| coverage.reasons.join("; "));
    let summary = HistorySummary { checked: true, commits: coverage.commits, reason };
    let total = seen.len();
    if seen.is_empty() {
        return (Vec::new(), summary);
    }
    let origins = |done| ScanProgress { stage: ScanStage::Origins, done, total };
    let _ = watch(origins(0));
    let wanted: Vec<Wanted> =
        seen.iter().map(|seen| Wanted { places: seen.places.clone(), messages: seen.messages.clone() }).collect();
    let found = match reader.attribute(&request, &wanted) {
        Ok(found) => found,
        Err(error) => return (Vec::new(), HistorySummary { reason: Some(error.to_string()), ..summary }),
    };
    let _ = watch(origins(total));
    let mut leaks = Vec::new();
    for (seen, attribution) in seen.into_iter().zip(found) {
        let Some(attribution) = attribution else { continue };
        let place = attribution.first.place.unwrap_or(0);
        let path = seen.places.get(place).map(|place| place.path.clone()).unwrap_or_else(RepoPath::root);
        leaks.push(Leak {
            kind: seen.given.kind,
            key: seen.given.key,
            secret: seen.given.secret,
            path: git.in_tree(&path).unwrap_or(path),
            line: seen.lines.get(place).copied().unwrap_or(1),
            commit: attribution.first.commit.id.as_str().to_owned(),
            date: attribution.first.commit.date(),
            remote_branches: attribution.reach.remote_branches,
            tags: attribution.reach.tags,
            in_head: attribution.in_head,
        });
    }
    leaks.sort_by(|a, b| (&a.date, &a.commit, &a.path, a.line).cmp(&(&b.date, &b.commit, &b.path, b.line)));
    (leaks, summary)
}

/// Shows a historical text to the detectors and notes what they find.
fn look(git: &Git, detectors: &mut [Box<dyn Detector>], text: &HistoricText<'_>, seen: &mut Vec<Seen>) {
    for detector in detectors {
        if !detector.may_hold(text.text) {
            continue;
        }
        match text.kind {
            TextKind::File => {
                let read = |path: &&RepoPath| git.in_tree(path).is_some_and(|path| detector.reads(&path));
                let paths: Vec<&RepoPath> = text.paths.iter().filter(read).collect();
                let Some(path) = paths.first().and_then(|path| git.in_tree(path)) else { continue };
                for given in detector.find(&Text { path: Some(&path), text: text.text }) {
                    let line = given.line;
                    let known = noted(seen, given);
                    for path in &paths {
                        known.places.push(BlobPlace { blob: text.id.clone(), path: (*path).clone() });
                        known.lines.push(line);
                    }
                }
            }
            TextKind::CommitMessage | TextKind::TagMessage if detector.reads_messages() => {
                for given in detector.find(&Text { path: None, text: text.text }) {
                    noted(seen, given).messages.push(text.id.clone());
                }
            }
            TextKind::Note if detector.reads_messages() => {
                for given in detector.find(&Text { path: None, text: text.text }) {
                    let line = given.line;
                    let known = noted(seen, given);
                    for path in text.paths {
                        known.places.push(BlobPlace { blob: text.id.clone(), path: path.clone() });
                        known.lines.push(line);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The entry of a value; one for each value, whatever it was called.
fn noted(seen: &mut Vec<Seen>, given: Given) -> &mut Seen {
    let at = seen.iter().position(|known| *known.given.secret == *given.secret).unwrap_or_else(|| {
        seen.push(Seen { given, places: Vec::new(), lines: Vec::new(), messages: Vec::new() });
        seen.len() - 1
    });
    &mut seen[at]
}
