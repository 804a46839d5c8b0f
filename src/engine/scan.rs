//! Looks at a tree and judges it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::apply::StoreRecord;
use crate::facts::leaks::{Kind, LiveValues};
use crate::facts::{Facts, FileRole, OldKey};
use crate::finding::{Finding, Severity, Threat};
use crate::notice::{Notice, NoticeKind};
use crate::options::{Date, Options};
use crate::repo::role::role;
use crate::repo::{GitState, Tree};
use crate::rules::{self, Rule};
use crate::secret::{Secret, Tagger};
use crate::text::{Place, RepoPath};
use crate::triage::{self, Baseline};

use super::{
    EngineError, ErrorKind, HistorySummary, ProjectSummary, Request, Scan, choose, history, keys, read, settings,
};

/// What a staged scan tells while it goes on.
pub enum ScanEvent<'a> {
    /// How far it is. At the start and the end of every stage, and in between.
    Progress(ScanProgress),
    /// Everything but history is judged; sent once, before history is read. What it shows can be
    /// cloned (findings, summary, notices); a plan can be made from it at once. The final scan
    /// has these findings, some of them worse, and those that only history shows.
    Tree(&'a Scan),
}

/// How far a stage is. `done` never falls within a stage; `total` is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanProgress {
    pub stage: ScanStage,
    pub done: usize,
    pub total: usize,
}

/// The stages, in their order. Those of history are left out where none is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScanStage {
    /// Files of the tree are read and judged; the total is known at the end.
    Files,
    /// Commits are listed.
    Commits,
    /// The unique versions of files in them are read.
    Versions,
    /// Who brought the values in that were found, and what still reaches them.
    Origins,
}

/// Looks at a tree; writes nothing, starts nothing, opens no connection.
///
/// # Errors
/// No Flask project, or settings that cannot be used.
pub fn scan(request: &Request) -> Result<Scan, EngineError> {
    staged(request, None)
}

/// As [`scan`], telling how far it is. The tree is judged first; then history is read, while what
/// was found can be shown already. It runs on the caller's thread: a face with a screen calls it
/// on a worker and sends what it needs of the events to itself.
///
/// To pause, `sink` does not return for a while. Where it returns `Break`, no more history is read: the
/// scan ends with what the tree shows, and its summary says that history was not wholly read.
///
/// # Errors
/// As [`scan`].
pub fn scan_staged(
    request: &Request,
    sink: &mut dyn FnMut(ScanEvent<'_>) -> ControlFlow<()>,
) -> Result<Scan, EngineError> {
    staged(request, Some(sink))
}

type Sink<'s> = dyn FnMut(ScanEvent<'_>) -> ControlFlow<()> + 's;

fn staged(request: &Request, mut sink: Option<&mut Sink<'_>>) -> Result<Scan, EngineError> {
    let mut stopped = false;
    let mut tell = |event: ScanEvent<'_>| {
        stopped |= sink.as_mut().is_some_and(|sink| sink(event).is_break());
        if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let _ = tell(ScanEvent::Progress(ScanProgress { stage: ScanStage::Files, done: 0, total: 0 }));
    let tree = Tree::open(&request.root)?;
    let options = settings::resolve(&tree, request)?;
    let baseline = baseline_of(request)?;
    let git = GitState::open(&tree);
    let (mut facts, notices) = read::facts(&tree, &git, &options);
    let recorded = choose::recorded(&tree);
    facts.stored = stored(&recorded);
    facts.old_keys = old_keys(&recorded, options.rotate_after.value);
    if !is_flask(&facts) {
        return Err(nothing(request, &facts));
    }
    let mut judge = Judge { request, notices, baseline, no_git: matches!(git, GitState::None), found: None };
    let scan = judge.scan(facts, options, history::unread("it was not read yet".to_owned()));
    let read = scan.summary.files_read;
    let _ = tell(ScanEvent::Progress(ScanProgress { stage: ScanStage::Files, done: read, total: read }));
    let (leaks, history) = match tell(ScanEvent::Tree(&scan)) {
        ControlFlow::Continue(()) => {
            let mut live = LiveValues::of(&scan.facts);
            keys::add_live(&recorded, &mut live);
            history::leaks(&git, request.commits, &live, &mut |progress| tell(ScanEvent::Progress(progress)))
        }
        ControlFlow::Break(()) => (Vec::new(), history::unread("it was stopped".to_owned())),
    };
    let Scan { mut facts, options, .. } = scan;
    facts.leaks = leaks;
    Ok(judge.scan(facts, options, history))
}

/// What stays the same while history is read.
struct Judge<'r> {
    request: &'r Request,
    /// Of the tree's files.
    notices: Vec<Notice>,
    baseline: Option<Baseline>,
    no_git: bool,
    /// What the rules said before history was read.
    found: Option<Vec<Finding>>,
}

impl Judge<'_> {
    fn scan(&mut self, facts: Facts, options: Options, history: HistorySummary) -> Scan {
        let mut notices = self.notices.clone();
        let wanted = self.request.commits != Some(0) && !self.no_git;
        if let Some(reason) = history.reason.as_ref().filter(|_| wanted) {
            notices.push(Notice::general(
                NoticeKind::HistoryNotChecked,
                format!("git history was not wholly checked: {reason}"),
            ));
        }
        notices.extend(history::other_leaks(&facts));
        let found = match self.found.take() {
            None => judge(&facts, &options),
            // Most rules say the same: history holds values alone.
            Some(mut known) if !facts.leaks.is_empty() => {
                known.retain(|finding| !speaks_of_values(finding.threat));
                known.extend(judge_some(&facts, &options, &|rule| speaks_of_values(rule.threat)));
                in_order(known)
            }
            Some(known) => known,
        };
        self.found = Some(found.clone());
        let judged = triage::triage(found, facts.files.every(), &options, self.baseline.as_ref(), today());
        notices.extend(judged.notices);
        notices.extend(read::partly_read(&facts));
        notices.sort();
        notices.dedup();
        let mut findings = judged.findings;
        findings.extend(gaps(&notices));
        findings.sort_by(order);
        tag(&facts, &mut findings);
        let summary = summary(&facts, history, &notices);
        let root = self.request.root.clone();
        Scan { root, summary, findings, set_aside: judged.set_aside, notices, options, facts }
    }
}

/// The keys that the user's state records outside of the tree.
pub(super) fn stored(recorded: &StoreRecord) -> BTreeSet<(RepoPath, String)> {
    let outside = recorded.keys.iter().filter(|key| keys::keeps(key.store));
    outside.map(|key| (key.root.clone(), key.name.clone())).collect()
}

/// The keys whose newest value is older than so many days.
fn old_keys(recorded: &StoreRecord, limit: u32) -> Vec<OldKey> {
    let mut newest: BTreeMap<(&RepoPath, &str), u64> = BTreeMap::new();
    for key in recorded.keys.iter().filter(|key| key.name != rules::secret_key::FALLBACKS) {
        let made = newest.entry((&key.root, &key.name)).or_default();
        *made = (*made).max(key.created);
    }
    let aged = newest.into_iter().map(|((root, name), made)| {
        let days = super::record::now().saturating_sub(made) / 86_400;
        OldKey { root: root.clone(), name: name.to_owned(), days, limit }
    });
    aged.filter(|key| key.days > u64::from(limit)).collect()
}

/// The text of a baseline: the keys of the findings.
pub fn baseline(scan: &Scan) -> String {
    Baseline::of(&scan.findings).write()
}

fn baseline_of(request: &Request) -> Result<Option<Baseline>, EngineError> {
    let Some(path) = &request.baseline else { return Ok(None) };
    let bad = |why: String| {
        EngineError::new(ErrorKind::Settings, format!("the baseline {} cannot be used", path.display()))
            .why(why)
            .now("flask-harden scan --write-baseline FILE   makes a new one")
    };
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    Baseline::read(&text).map(Some).map_err(|error| bad(error.to_string()))
}

/// Whether the tree is a Flask project: its own code makes an app, or imports Flask.
pub(super) fn is_flask(facts: &Facts) -> bool {
    let imports =
        |file: &crate::facts::PyFile| facts.names.get(&file.path).is_some_and(|names| names.mentions("flask"));
    facts.python.iter().any(|file| file.role == FileRole::Source && imports(file))
}

fn nothing(request: &Request, facts: &Facts) -> EngineError {
    let root = request.root.display();
    let examples = facts.python.iter().find(|file| {
        file.role == FileRole::Example && facts.names.get(&file.path).is_some_and(|names| names.mentions("flask"))
    });
    let error = EngineError::new(ErrorKind::NothingToInspect, format!("no Flask project in {root}"));
    // What a generator makes a project from is not read.
    let template = facts.files.all.keys().find(|path| role(path) == FileRole::Template && path.extension() == "py");
    match examples {
        Some(file) => error.why(format!("only examples use Flask here, such as {}", file.path)).now(format!(
            "flask-harden {}   to inspect that one",
            request.root.join(file.path.parent().as_str()).display()
        )),
        None if template.is_some() => error
            .why(format!(
                "no Python file here imports Flask; {} is of a project's template",
                template.map_or("", |path| path.as_str())
            ))
            .now("flask-harden DIRECTORY   with a project that was made from it"),
        None => {
            error.why("no Python file here imports Flask").now("flask-harden DIRECTORY   with the directory of the app")
        }
    }
}

/// Whether rules of a threat look at what a secret is, and so at where else it stood.
fn speaks_of_values(threat: Threat) -> bool {
    matches!(threat, Threat::SecretKey | Threat::LeakedCredentials)
}

fn judge(facts: &Facts, options: &Options) -> Vec<Finding> {
    judge_some(facts, options, &|_| true)
}

/// What the rules say that are `wanted` and that the options select.
pub(super) fn judge_some(facts: &Facts, options: &Options, wanted: &dyn Fn(&Rule) -> bool) -> Vec<Finding> {
    let named = |list: &[String], id: &str| list.iter().any(|rule| crate::options::covers(rule, id));
    let mut findings = Vec::new();
    for rule in rules::all().into_iter().filter(|rule| wanted(rule)) {
        let selected = options.select.as_ref().is_none_or(|list| named(&list.value, rule.id));
        let left_out = options.ignore.as_ref().is_some_and(|list| named(&list.value, rule.id));
        if selected && !left_out {
            findings.extend((rule.check)(facts));
        }
    }
    let mut lines = facts.shown_lines();
    for finding in &mut findings {
        if finding.evidence.is_empty() && finding.primary.place == Place::Tree {
            finding.evidence = lines.line(&finding.primary);
        }
    }
    in_order(findings)
}

fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(order);
    findings.dedup_by(|a, b| a.key == b.key && a.primary == b.primary);
    findings
}

/// The worst first, then by threat, path and line.
fn order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    (b.severity, a.threat, &a.primary.path, a.primary.line, &a.key).cmp(&(
        a.severity,
        b.threat,
        &b.primary.path,
        b.primary.line,
        &b.key,
    ))
}

/// A file that would normally be judged and was not is a finding of its own.
fn gaps(notices: &[Notice]) -> Vec<Finding> {
    let mut found = Vec::new();
    for notice in notices.iter().filter(|notice| notice.gap) {
        let Some(path) = &notice.path else { continue };
        let location = crate::text::Location::whole(path.clone());
        let message = format!("{path} was not judged: {}.", notice.message.trim_end_matches('.'));
        found.push(Finding::new(
            rules::NOT_JUDGED,
            rules::NOT_JUDGED_THREAT,
            Severity::Medium,
            location,
            "file",
            message,
        ));
    }
    found
}

/// Marks findings that speak of the same value.
fn tag(facts: &Facts, findings: &mut [Finding]) {
    let mut tagger = Tagger::default();
    for finding in findings {
        finding.tag = secret_of(facts, finding).map(|secret| tagger.tag(&secret));
    }
}

/// The value a finding speaks of, where it speaks of one.
pub(super) fn secret_of(facts: &Facts, finding: &Finding) -> Option<Arc<Secret>> {
    let at = &finding.primary;
    let leaked = facts.leaks.iter().find(|leak| {
        finding.key.commit.as_deref() == Some(&leak.commit)
            && (&leak.path, leak.line) == (&at.path, at.line)
            && (leak.key == finding.key.symbol || matches!(leak.kind, Kind::Provider(_)))
    });
    let setting = facts.settings.iter().find(|setting| setting.location == finding.primary);
    match (leaked, setting.and_then(|setting| setting.value.literal()).map(|literal| &literal.value)) {
        (Some(leak), _) => Some(Arc::clone(&leak.secret)),
        (None, Some(crate::facts::values::Value::Text { secret, .. })) if finding.key.rule.starts_with("FH1") => {
            Some(Arc::clone(secret))
        }
        _ => {
            let mut credentials = facts.credentials.iter().filter(|_| finding.threat == Threat::LeakedCredentials);
            let credential = credentials.find(|credential| credential.location == finding.primary);
            credential.map(|credential| Arc::clone(&credential.secret))
        }
    }
}

fn summary(facts: &Facts, history: HistorySummary, notices: &[Notice]) -> ProjectSummary {
    let apps = facts.apps.apps.iter().filter(|app| facts.is_own(&app.path)).map(|app| match &app.factory {
        Some(factory) => format!("{} {factory}()", app.path),
        None => format!("{} {}", app.path, app.name),
    });
    let mut apps: Vec<String> = apps.collect();
    apps.sort();
    apps.dedup();
    let launch = |at: usize| {
        let launch = &facts.launches[at];
        format!("{} ({}:{})", launch.server.name(), launch.location.path, launch.location.line)
    };
    let started =
        facts.launches.iter().enumerate().filter(|(_, launch)| launch.role != crate::facts::LaunchRole::Evidence);
    let mut launches: Vec<String> = Vec::new();
    for (at, _) in started {
        let shown = launch(at);
        if !launches.contains(&shown) {
            launches.push(shown);
        }
    }
    ProjectSummary {
        files_read: facts.files.sources.len(),
        python_files: facts.python.len(),
        settings: facts.settings.len() + facts.env_files.iter().map(|file| file.document.entries.len()).sum::<usize>(),
        apps,
        launches,
        production: facts.production.first().map(|at| launch(*at)),
        history,
        complete: !notices.iter().any(|notice| notice.gap),
    }
}

/// Today in UTC, for ignores that end.
fn today() -> Date {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
    Date::of_unix_seconds(seconds)
}
