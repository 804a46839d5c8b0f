//! Reads git history for secrets, and asks who brought each in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::facts::Facts;
use crate::facts::leaks::{self, Detector, Doubt, Given, Kind, Leak, LeakPlace, LiveValues, Moment, Text, doubt};
use crate::notice::{Notice, NoticeKind};
use crate::repo::history::{
    Attribution, BlobPlace, CommitInfo, Coverage, Event, HistoricText, HistoryReader, Limits, ObjectId, Request,
    SkipReason, Stage, TextKind, Wanted,
};
use crate::repo::{Git, GitState};
use crate::rules;
use crate::secret::Secret;
use crate::text::RepoPath;

use super::HistorySummary;
use super::cleanup::{LeakState, leak_state};
use super::scan::{ScanProgress, ScanStage};

/// Told how far it is; `Break` ends the reading.
pub(super) type Watch<'a> = dyn FnMut(ScanProgress) -> ControlFlow<()> + 'a;

/// The number of commits that stands for all of them, whatever it takes.
pub const ALL_COMMITS: usize = usize::MAX;

/// The leaked values, and how far history was read. `commits`: how many of the newest; where it
/// is `None`, all within the bounds.
pub(super) fn leaks(
    git: &GitState,
    commits: Option<usize>,
    live: &LiveValues,
    watch: &mut Watch<'_>,
) -> (Vec<Leak>, HistorySummary) {
    let reason = match git {
        GitState::None => "this is not a git repository".to_owned(),
        GitState::Refused(reason) => reason.clone(),
        GitState::Open(_) if commits == Some(0) => "switched off by --history=none".to_owned(),
        GitState::Open(git) => return read(git, commits, live, watch),
    };
    (Vec::new(), unread(reason))
}

/// That history was not read, and why.
pub(super) fn unread(reason: String) -> HistorySummary {
    HistorySummary { reason: Some(reason), ..HistorySummary::default() }
}

fn read(git: &Git, commits: Option<usize>, live: &LiveValues, watch: &mut Watch<'_>) -> (Vec<Leak>, HistorySummary) {
    let mut detectors = leaks::detectors();
    // Others than those that look at texts: they are asked for paths while these look.
    let readers = leaks::detectors();
    let wanted =
        |path: &RepoPath| git.in_tree(path).is_some_and(|path| readers.iter().any(|reader| reader.reads(&path)));
    let mut request = Request::new(&wanted);
    request.messages = detectors.iter().any(|detector| detector.reads_messages());
    request.reflogs = true;
    request.limits = match commits {
        None => Limits::default(),
        Some(ALL_COMMITS) => Limits::all(),
        Some(count) => Limits::newest(count),
    };
    let reader = git.history();
    let mut found = Found::default();
    let coverage = reader.scan(&request, &mut |event| match event {
        Event::Text(text) => {
            look(git, &mut detectors, &text, &mut found);
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
    let summary = summary(&coverage);
    let total = found.seen.len();
    if total == 0 {
        return (Vec::new(), summary);
    }
    let origins = |done| ScanProgress { stage: ScanStage::Origins, done, total };
    let _ = watch(origins(0));
    let wanted: Vec<Wanted> = found.seen.iter().map(Seen::wanted).collect();
    let origin = match reader.attribute(&request, &wanted) {
        Ok(origin) => origin,
        Err(error) => return (Vec::new(), HistorySummary { reason: Some(error.to_string()), ..summary }),
    };
    let _ = watch(origins(total));
    let attributed = found.seen.into_iter().zip(origin);
    let mut leaks: Vec<Leak> = attributed.filter_map(|(seen, origin)| Some(seen.leak(git, origin?))).collect();
    for leak in &mut leaks {
        leak.live = live.uses(leak);
    }
    leaks.sort_by(|a, b| (&a.date, &a.commit, &a.path, a.line).cmp(&(&b.date, &b.commit, &b.path, b.line)));
    (leaks, summary)
}

/// What history holds besides what a rule speaks of, in numbers: values of other settings, and
/// those that may be no secret.
pub(super) fn other_leaks(facts: &Facts) -> Option<Notice> {
    // A signing key is a finding of its own, unless what it looks like or where it stood says no.
    let own = |leak: &&Leak| {
        let found = leak.is_setting(rules::SIGNING_KEYS)
            && (leak_state(leak) != LeakState::Doubtful || leak.doubt == Some(Doubt::Word));
        !matches!(leak.kind, Kind::Provider(_)) && !found
    };
    let (doubtful, certain): (Vec<&Leak>, Vec<&Leak>) =
        facts.leaks.iter().filter(own).partition(|leak| leak_state(leak) == LeakState::Doubtful);
    let live = certain.iter().filter(|leak| !leak.live.is_empty()).count();
    let mut names: Vec<&str> = certain.iter().map(|leak| leak.key.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut said = Vec::new();
    if !certain.is_empty() {
        let more = if names.len() > 3 { ", …" } else { "" };
        let shown = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        said.push(format!("{} of other settings ({shown}{more}), {live} of them in use now", values(certain.len())));
    }
    if !doubtful.is_empty() {
        said.push(format!("{} that may be no secrets", values(doubtful.len())));
    }
    let text = format!("git history also holds {}: flask-harden history", said.join(", and "));
    (!said.is_empty()).then(|| Notice::general(NoticeKind::HistoryHolds, text))
}

fn values(count: usize) -> String {
    format!("{count} {}", if count == 1 { "value" } else { "values" })
}

/// How far history was read, and what of it was passed over though it may hold something.
fn summary(coverage: &Coverage) -> HistorySummary {
    let mut skipped = Vec::new();
    for (reason, of) in &coverage.skipped {
        let why = match reason {
            SkipReason::TooLarge => "larger than 1 MiB",
            SkipReason::Unreadable => "missing or damaged",
            SkipReason::OddName => "under a name that is not UTF-8",
            // Pictures and archives: nothing is written in them.
            SkipReason::NotUtf8 => continue,
        };
        let versions = if of.count == 1 { "file version" } else { "file versions" };
        let paths: Vec<&str> = of.paths.iter().take(3).map(RepoPath::as_str).collect();
        let named = if paths.is_empty() { String::new() } else { format!(" ({})", paths.join(", ")) };
        skipped.push(format!("{} {versions} {why}{named}", of.count));
    }
    HistorySummary {
        checked: true,
        commits: coverage.commits,
        versions: coverage.blobs,
        reason: (!coverage.complete).then(|| coverage.reasons.join("; ")),
        skipped,
    }
}

/// What was seen of one value.
struct Seen {
    kind: Kind,
    /// By the detector that knew it best, the first name it had.
    key: String,
    names: BTreeSet<String>,
    secret: Arc<Secret>,
    written: Vec<Arc<Secret>>,
    places: Vec<SeenAt>,
    messages: Vec<ObjectId>,
    /// The least of all places' doubts.
    doubt: Option<Doubt>,
}

/// A version of a file, or a note, that holds a value.
struct SeenAt {
    place: BlobPlace,
    line: usize,
    is_note: bool,
}

/// Everything seen, by value.
#[derive(Default)]
struct Found {
    seen: Vec<Seen>,
    by_hash: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
}

impl Found {
    /// The entry of a value; one for each value, whatever it was called. `place`: the doubt that
    /// where it stands raises.
    fn note(&mut self, given: Given, place: Option<Doubt>) -> &mut Seen {
        let doubt = given.doubt.max(place);
        let alike = self.by_hash.entry(self.hasher.hash_one(given.secret.expose())).or_default();
        let known = alike.iter().copied().find(|at| *self.seen[*at].secret == *given.secret);
        let at = known.unwrap_or_else(|| {
            alike.push(self.seen.len());
            self.seen.push(Seen {
                kind: given.kind,
                key: given.key.clone(),
                names: BTreeSet::new(),
                secret: Arc::clone(&given.secret),
                written: Vec::new(),
                places: Vec::new(),
                messages: Vec::new(),
                doubt,
            });
            self.seen.len() - 1
        });
        let seen = &mut self.seen[at];
        if given.kind > seen.kind {
            (seen.kind, seen.key) = (given.kind, given.key.clone());
        }
        seen.names.insert(given.key);
        seen.doubt = seen.doubt.min(doubt);
        for piece in given.written {
            if !seen.written.iter().any(|known| **known == *piece) {
                seen.written.push(piece);
            }
        }
        seen
    }
}

impl Seen {
    fn wanted(&self) -> Wanted {
        Wanted { places: self.places.iter().map(|seen| seen.place.clone()).collect(), messages: self.messages.clone() }
    }

    fn leak(self, git: &Git, origin: Attribution) -> Leak {
        let first = origin.first.place.and_then(|at| self.places.get(at)).filter(|seen| !seen.is_note);
        let here = |path: &RepoPath| git.in_tree(path).unwrap_or_else(|| path.clone());
        let (path, line) = first.map_or((RepoPath::root(), 1), |seen| (here(&seen.place.path), seen.line));
        let mut lines: BTreeMap<RepoPath, BTreeSet<usize>> = BTreeMap::new();
        for seen in self.places.iter().filter(|seen| !seen.is_note) {
            lines.entry(here(&seen.place.path)).or_default().insert(seen.line);
        }
        let notes = self.places.iter().filter(|seen| seen.is_note).count();
        Leak {
            kind: self.kind,
            key: self.key,
            names: self.names.into_iter().collect(),
            secret: self.secret,
            written: self.written,
            path,
            line,
            commit: origin.first.commit.id.as_str().to_owned(),
            date: origin.first.commit.date(),
            last: moment(&origin.last.commit),
            removed: origin.removed_in.as_ref().map(moment),
            places: lines
                .into_iter()
                .map(|(path, lines)| LeakPlace { path, lines: lines.into_iter().collect() })
                .collect(),
            messages: self.messages.len() + notes,
            in_head: origin.in_head,
            reach: origin.reach,
            doubt: self.doubt,
            live: Vec::new(),
        }
    }
}

fn moment(commit: &CommitInfo) -> Moment {
    Moment { commit: commit.id.as_str().to_owned(), date: commit.date() }
}

/// Shows a historical text to the detectors and notes what they find.
fn look(git: &Git, detectors: &mut [Box<dyn Detector>], text: &HistoricText<'_>, found: &mut Found) {
    for detector in detectors {
        match text.kind {
            TextKind::File => look_at_file(git, detector.as_mut(), text, found),
            _ if !detector.reads_messages() || !detector.may_hold(text.text) => {}
            TextKind::CommitMessage | TextKind::TagMessage => {
                for given in detector.find(&Text { path: None, text: text.text }) {
                    let known = found.note(given, None);
                    if known.messages.last() != Some(&text.id) {
                        known.messages.push(text.id.clone());
                    }
                }
            }
            TextKind::Note => {
                for given in detector.find(&Text { path: None, text: text.text }) {
                    let line = given.line;
                    let known = found.note(given, None);
                    for path in text.paths {
                        let place = BlobPlace { blob: text.id.clone(), path: path.clone() };
                        known.places.push(SeenAt { place, line, is_note: true });
                    }
                }
            }
        }
    }
}

fn look_at_file(git: &Git, detector: &mut dyn Detector, text: &HistoricText<'_>, found: &mut Found) {
    let paths: Vec<(&RepoPath, RepoPath)> = text
        .paths
        .iter()
        .filter_map(|path| Some((path, git.in_tree(path)?)))
        .filter(|(_, here)| detector.reads(here))
        .collect();
    let Some((_, first)) = paths.first() else { return };
    if !detector.may_hold(text.text) {
        return;
    }
    let least = paths.iter().map(|(_, here)| doubt::of_path(here)).min().flatten();
    for given in detector.find(&Text { path: Some(first), text: text.text }) {
        let line = given.line;
        let known = found.note(given, least);
        for (path, _) in &paths {
            let place = BlobPlace { blob: text.id.clone(), path: (*path).clone() };
            known.places.push(SeenAt { place, line, is_note: false });
        }
    }
}
