//! The history through libgit2: refs, then commits, then the unique trees, then the unique
//! files. Nothing is held but ids and paths; each text is dropped once it was handed out.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Once;

use git2::{ObjectType, Oid, Repository};

use super::attribute;
use super::graph::Graph;
use super::objects::{Objects, Unreadable, parse_tag};
use super::roots::{Roots, Target};
use super::trees::{Content, Listing};
use super::{
    Attribution, Coverage, Event, HistoricText, HistoryError, HistoryReader, ObjectId, Progress, Request, SkipReason,
    Stage, TextKind, Wanted,
};
use crate::repo::discover;
use crate::text::RepoPath;
use crate::text::escape::one_line;

/// Paths kept of what was skipped for one reason.
const SKIPPED_PATHS: usize = 20;
/// Commits or files between two reports of progress.
const PROGRESS_STEP: usize = 256;

/// Reads history through libgit2. Opens the repository anew for every call, so it may be sent to
/// a worker.
#[derive(Clone, Debug)]
pub struct Git2Reader {
    git_dir: PathBuf,
}

type Sink<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

impl Git2Reader {
    pub(in crate::repo) fn new(git_dir: PathBuf) -> Self {
        Self { git_dir }
    }

    fn open(&self) -> Result<Repository, HistoryError> {
        static FAST: Once = Once::new();
        // Hashing every object again costs most of the time and shows only damage that inflating
        // shows, too.
        FAST.call_once(|| git2::opts::strict_hash_verification(false));
        discover::reopen(&self.git_dir).map_err(|error| HistoryError::Open(one_line(error.message())))
    }
}

impl HistoryReader for Git2Reader {
    fn scan(&self, request: &Request<'_>, sink: &mut Sink<'_>) -> Result<Coverage, HistoryError> {
        let repo = self.open()?;
        let odb = repo.odb().map_err(|error| HistoryError::Open(one_line(error.message())))?;
        let objects = Objects::new(odb);
        let mut scan = Scan { request, objects: &objects, coverage: Coverage::default(), missing: 0, damaged: 0, sink };
        let ended = scan.run(&repo);
        let mut coverage = scan.finish(repo.is_shallow());
        if ended.is_break() {
            coverage.reasons.push("it was stopped".to_owned());
        }
        coverage.reasons.sort();
        coverage.complete = coverage.reasons.is_empty();
        Ok(coverage)
    }

    fn attribute(&self, request: &Request<'_>, wanted: &[Wanted]) -> Result<Vec<Option<Attribution>>, HistoryError> {
        let repo = self.open()?;
        let odb = repo.odb().map_err(|error| HistoryError::Open(one_line(error.message())))?;
        let objects = Objects::new(odb);
        let roots = Roots::collect(&repo, &objects, request.reflogs);
        let read = Graph::read(&roots, &objects, request.limits.commits, request.messages, &mut |_, _| {
            ControlFlow::Continue(())
        });
        Ok(match read {
            ControlFlow::Continue(graph) => attribute::attribute(&roots, &graph, &objects, wanted),
            ControlFlow::Break(()) => vec![None; wanted.len()],
        })
    }
}

struct Scan<'a, 'repo, 's> {
    request: &'a Request<'a>,
    objects: &'a Objects<'repo>,
    coverage: Coverage,
    missing: usize,
    damaged: usize,
    sink: &'a mut Sink<'s>,
}

impl Scan<'_, '_, '_> {
    fn run(&mut self, repo: &Repository) -> ControlFlow<()> {
        let roots = Roots::collect(repo, self.objects, self.request.reflogs);
        if roots.broken > 0 {
            self.coverage.reasons.push(format!("{} refs lead to nothing that can be read", roots.broken));
        }
        if self.request.messages {
            self.tag_messages(&roots)?;
        }
        let graph = self.commits(&roots)?;
        let (contents, paths) = self.list(&roots, &graph)?;
        drop(graph);
        self.files(contents, &paths)
    }

    fn tag_messages(&mut self, roots: &Roots) -> ControlFlow<()> {
        let mut previous = None;
        for tag in &roots.tags {
            // Several refs may name one tag object; they stand side by side.
            if previous.replace(tag.id) == Some(tag.id) {
                continue;
            }
            if let Ok(object) = self.objects.meta(tag.id, ObjectType::Tag)
                && let Some(raw) = parse_tag(object.data())
            {
                self.text(TextKind::TagMessage, tag.id, &[], &String::from_utf8_lossy(raw.message))?;
            }
        }
        ControlFlow::Continue(())
    }

    fn commits(&mut self, roots: &Roots) -> ControlFlow<(), Graph> {
        let (messages, sink) = (self.request.messages, &mut *self.sink);
        let graph = Graph::read(roots, self.objects, self.request.limits.commits, messages, &mut |id, message| {
            if !messages || message.is_empty() {
                return ControlFlow::Continue(());
            }
            let text = String::from_utf8_lossy(message);
            sink(Event::Text(HistoricText {
                kind: TextKind::CommitMessage,
                id: object_id(id),
                paths: &[],
                text: &text,
            }))
        })?;
        self.missing += graph.missing;
        self.damaged += graph.damaged;
        self.coverage.commits = graph.commits.len();
        if graph.cut {
            self.coverage.reasons.push(format!("only the newest {} commits were read", graph.commits.len()));
        }
        ControlFlow::Continue(graph)
    }

    /// The unique wanted contents of all commits, in the order they were met, and all paths.
    fn list(&mut self, roots: &Roots, graph: &Graph) -> ControlFlow<(), (Vec<Content>, Vec<RepoPath>)> {
        let mut listing = Listing::new(self.objects, self.request.wanted, self.request.limits.bytes);
        let trees = roots.roots.iter().filter_map(|root| match root.target {
            Target::Tree(id) => Some((id, false)),
            Target::Commit(_) | Target::Blob => None,
        });
        let total = graph.commits.len();
        let trees = graph.commits.iter().map(|commit| (commit.tree, commit.is_note)).chain(trees);
        for (done, (tree, is_note)) in trees.enumerate() {
            if done % PROGRESS_STEP == 0 {
                (self.sink)(Event::Progress(Progress { stage: Stage::Commits, done: done.min(total), total }))?;
            }
            if listing.add(tree, is_note).is_err() {
                let reason = format!("the limit of {} bytes was met at commit {done} of {total}", listing.bytes);
                self.coverage.reasons.push(reason);
                break;
            }
        }
        (self.sink)(Event::Progress(Progress { stage: Stage::Commits, done: total, total }))?;
        self.missing += listing.missing;
        self.damaged += listing.damaged;
        self.coverage.bytes += listing.bytes;
        if listing.odd_names > 0 {
            self.coverage.skipped.entry(SkipReason::OddName).or_default().count += listing.odd_names;
        }
        ControlFlow::Continue((listing.contents, listing.paths))
    }

    fn files(&mut self, contents: Vec<Content>, paths: &[RepoPath]) -> ControlFlow<()> {
        let mut contents = self.within_limits(contents, paths);
        let rank = ranks(paths);
        for content in &mut contents {
            content.paths.sort_by_key(|id| rank[*id as usize]);
        }
        // Versions of one file stand in one delta chain; the sort is stable, newest first.
        contents.sort_by_key(|content| content.paths.first().map(|id| rank[*id as usize]));
        let total = contents.len();
        for (done, content) in contents.iter().enumerate() {
            if done % PROGRESS_STEP == 0 {
                (self.sink)(Event::Progress(Progress { stage: Stage::Files, done, total }))?;
            }
            let names: Vec<RepoPath> = content.paths.iter().map(|id| paths[*id as usize].clone()).collect();
            self.file(content, &names)?;
        }
        (self.sink)(Event::Progress(Progress { stage: Stage::Files, done: total, total }))
    }

    /// Those contents whose headers say that they may be read, the newest where not all fit.
    fn within_limits(&mut self, contents: Vec<Content>, paths: &[RepoPath]) -> Vec<Content> {
        let mut readable = Vec::with_capacity(contents.len());
        let mut left_out = 0_usize;
        for content in contents {
            let path = content.paths.first().map(|id| &paths[*id as usize]);
            match self.objects.header(content.id) {
                Ok((_, kind)) if kind != ObjectType::Blob => self.skip(SkipReason::Unreadable, path),
                Ok((size, _)) if size as u64 > self.request.limits.file_bytes => self.skip(SkipReason::TooLarge, path),
                Ok((size, _)) => match self.coverage.bytes.checked_add(size as u64) {
                    Some(bytes) if bytes <= self.request.limits.bytes => {
                        self.coverage.bytes = bytes;
                        readable.push(content);
                    }
                    _ => left_out += 1,
                },
                Err(reason) => self.unreadable(reason, path),
            }
        }
        if left_out > 0 {
            let limit = self.request.limits.bytes;
            self.coverage.reasons.push(format!("{left_out} file versions lie beyond the limit of {limit} bytes"));
        }
        readable
    }

    fn file(&mut self, content: &Content, names: &[RepoPath]) -> ControlFlow<()> {
        let object = match self.objects.blob(content.id) {
            Ok(object) => object,
            Err(reason) => {
                self.unreadable(reason, names.first());
                return ControlFlow::Continue(());
            }
        };
        // Old texts are in old encodings; what they give to settings is ASCII nearly always.
        let text = String::from_utf8_lossy(object.data());
        if matches!(text, Cow::Owned(_)) && object.data().contains(&0) {
            self.skip(SkipReason::NotUtf8, names.first());
            return ControlFlow::Continue(());
        }
        self.coverage.blobs += 1;
        let kind = if content.is_note { TextKind::Note } else { TextKind::File };
        self.text(kind, content.id, names, &text)
    }

    fn text(&mut self, kind: TextKind, id: Oid, paths: &[RepoPath], text: &str) -> ControlFlow<()> {
        (self.sink)(Event::Text(HistoricText { kind, id: object_id(id), paths, text }))
    }

    fn skip(&mut self, reason: SkipReason, path: Option<&RepoPath>) {
        let skipped = self.coverage.skipped.entry(reason).or_default();
        skipped.count += 1;
        if let Some(path) = path
            && skipped.paths.len() < SKIPPED_PATHS
            && !skipped.paths.contains(path)
        {
            skipped.paths.push(path.clone());
        }
    }

    fn unreadable(&mut self, reason: Unreadable, path: Option<&RepoPath>) {
        match reason {
            Unreadable::Missing => self.missing += 1,
            Unreadable::Damaged => self.damaged += 1,
        }
        self.skip(SkipReason::Unreadable, path);
    }

    fn finish(mut self, shallow: bool) -> Coverage {
        if shallow {
            let reason = "this clone is shallow; what came before is not in it (git fetch --unshallow)";
            self.coverage.reasons.push(reason.to_owned());
            // Where history was cut off the parents are missing by intent.
            self.missing = 0;
        }
        if self.missing > 0 {
            self.coverage.reasons.push(format!("{} objects are missing", self.missing));
        }
        if self.damaged > 0 {
            self.coverage.reasons.push(format!("{} objects are damaged", self.damaged));
        }
        self.coverage
    }
}

/// The place of each path in sorted order.
fn ranks(paths: &[RepoPath]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by_key(|at| &paths[*at]);
    let mut ranks = vec![0; paths.len()];
    for (rank, at) in order.into_iter().enumerate() {
        ranks[at] = rank;
    }
    ranks
}

pub(super) fn object_id(id: Oid) -> ObjectId {
    ObjectId(id.to_string())
}
