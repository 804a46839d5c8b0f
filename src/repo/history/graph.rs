//! The commits, newest first, each parsed once. Within the limit on commits the newest are kept.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::ops::ControlFlow;

use git2::{ObjectType, Oid};

use super::objects::{Objects, Unreadable, parse_commit};
use super::roots::{RootKind, Roots, Target};

/// Index of a commit in the graph.
pub(super) type Node = u32;

/// A commit that was read.
pub(super) struct Commit {
    pub(super) id: Oid,
    pub(super) tree: Oid,
    /// Those that were read themselves.
    pub(super) parents: Vec<Node>,
    pub(super) author_time: i64,
    pub(super) commit_time: i64,
    /// Reached by notes refs alone: its tree holds notes, not files.
    pub(super) is_note: bool,
}

/// The commits within the limits, in the order they were read: newest first, notes last.
#[derive(Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<Commit>,
    index: HashMap<Oid, Node>,
    /// The parents' ids, until all commits are read and have their index.
    parent_ids: Vec<Vec<Oid>>,
    pub(super) missing: usize,
    pub(super) damaged: usize,
    /// Whether the limit on commits left some out.
    pub(super) cut: bool,
}

/// The receiver of a commit's message; `Break` ends the reading.
pub(super) type MessageSink<'a> = dyn FnMut(Oid, &[u8]) -> ControlFlow<()> + 'a;

impl Graph {
    /// Reads the commits that `roots` reach, at most `limit`, and hands each one's message to
    /// `message`. Breaks off where that does.
    pub(super) fn read(
        roots: &Roots,
        objects: &Objects<'_>,
        limit: usize,
        with_notes: bool,
        message: &mut MessageSink<'_>,
    ) -> ControlFlow<(), Graph> {
        let mut graph = Graph::default();
        for notes in [false, true] {
            if notes && !with_notes {
                break;
            }
            let starts = roots.roots.iter().filter(|root| (root.kind == RootKind::Note) == notes);
            let starts = starts.filter_map(|root| match root.target {
                Target::Commit(id) => Some(id),
                Target::Tree(_) | Target::Blob => None,
            });
            let mut reader = Reader { graph: &mut graph, objects, queue: BinaryHeap::new(), seen: HashSet::new() };
            for start in starts {
                reader.enqueue(start);
            }
            reader.run(limit, notes, message)?;
        }
        graph.link();
        ControlFlow::Continue(graph)
    }

    pub(super) fn node(&self, id: Oid) -> Option<Node> {
        self.index.get(&id).copied()
    }

    pub(super) fn commit(&self, node: Node) -> &Commit {
        &self.commits[node as usize]
    }

    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        // `Reader::run` keeps the number within a `Node`.
        0..u32::try_from(self.commits.len()).unwrap_or(u32::MAX)
    }

    /// All commits, parents before children; by depth first, so that clocks do not matter.
    pub(super) fn parents_first(&self) -> Vec<Node> {
        let mut order = Vec::with_capacity(self.commits.len());
        let mut entered = vec![false; self.commits.len()];
        let mut stack: Vec<(Node, usize)> = Vec::new();
        for start in self.nodes().rev() {
            if !entered[start as usize] {
                entered[start as usize] = true;
                stack.push((start, 0));
            }
            while let Some((node, next)) = stack.last_mut() {
                let parents = &self.commits[*node as usize].parents;
                if let Some(parent) = parents.get(*next) {
                    *next += 1;
                    if !entered[*parent as usize] {
                        entered[*parent as usize] = true;
                        stack.push((*parent, 0));
                    }
                } else {
                    order.push(*node);
                    stack.pop();
                }
            }
        }
        order
    }

    /// Turns parent ids into indices; parents that were not read are left out.
    fn link(&mut self) {
        for (commit, ids) in self.commits.iter_mut().zip(self.parent_ids.drain(..)) {
            commit.parents = ids.into_iter().filter_map(|id| self.index.get(&id).copied()).collect();
        }
    }
}

/// A commit that was parsed but not yet taken; the newest is taken first, then the greater id,
/// so that the order is always the same.
struct Queued {
    commit: Commit,
    parents: Vec<Oid>,
    message: Vec<u8>,
}

impl Queued {
    fn key(&self) -> (i64, Oid) {
        (self.commit.commit_time, self.commit.id)
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

struct Reader<'a, 'repo> {
    graph: &'a mut Graph,
    objects: &'a Objects<'repo>,
    queue: BinaryHeap<Queued>,
    seen: HashSet<Oid>,
}

impl Reader<'_, '_> {
    fn enqueue(&mut self, id: Oid) {
        if self.graph.index.contains_key(&id) || !self.seen.insert(id) {
            return;
        }
        let parsed = self.objects.meta(id, ObjectType::Commit).and_then(|object| {
            let raw = parse_commit(object.data()).ok_or(Unreadable::Damaged)?;
            let commit = Commit {
                id,
                tree: raw.tree,
                parents: Vec::new(),
                author_time: raw.author.0,
                commit_time: raw.commit_time,
                is_note: false,
            };
            Ok(Queued { commit, parents: raw.parents, message: raw.message.to_vec() })
        });
        match parsed {
            Ok(queued) => self.queue.push(queued),
            Err(Unreadable::Missing) => self.graph.missing += 1,
            Err(Unreadable::Damaged) => self.graph.damaged += 1,
        }
    }

    fn run(&mut self, limit: usize, notes: bool, message: &mut MessageSink<'_>) -> ControlFlow<()> {
        let limit = limit.min(Node::MAX as usize);
        while let Some(queued) = self.queue.pop() {
            if self.graph.commits.len() >= limit {
                self.graph.cut = true;
                break;
            }
            let Queued { commit, parents, message: text } = queued;
            message(commit.id, &text)?;
            for parent in &parents {
                self.enqueue(*parent);
            }
            let node = Node::try_from(self.graph.commits.len()).unwrap_or(Node::MAX);
            self.graph.index.insert(commit.id, node);
            self.graph.commits.push(Commit { is_note: notes, ..commit });
            self.graph.parent_ids.push(parents);
        }
        ControlFlow::Continue(())
    }
}
