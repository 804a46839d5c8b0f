//! Who brought a value in, who took it out, and what still reaches it. Walks the commits once;
//! of their trees only the directories on the way to wanted paths are read.

use std::collections::{BTreeMap, BTreeSet};

use git2::{ObjectType, Oid};

use super::git2_reader::object_id;
use super::graph::{Graph, Node};
use super::lookup::{Holder, Lookup};
use super::objects::{Objects, hex, parse_commit, parse_tag};
use super::roots::{RootKind, Roots, Target};
use super::{Attribution, CommitInfo, ObjectId, Reach, Sighting, Wanted};

/// Index into the wanted values.
type Value = u32;
/// Values followed at a time, one bit each.
const CHUNK: usize = 64;

/// Attributes each of `wanted`, in order.
pub(super) fn attribute(
    roots: &Roots,
    graph: &Graph,
    objects: &Objects<'_>,
    wanted: &[Wanted],
) -> Vec<Option<Attribution>> {
    let history = History::read(roots, graph, objects, wanted);
    let mut done = Vec::with_capacity(wanted.len());
    for (chunk, values) in wanted.chunks(CHUNK).enumerate() {
        let reached = history.reached(chunk);
        for (bit, value) in values.iter().enumerate() {
            let at = chunk * CHUNK + bit;
            let reach = history.reach(value, &reached, bit);
            done.push(history.attribution(at, value, reach));
        }
    }
    done
}

/// What was learned of one value while the commits were walked.
#[derive(Clone, Default)]
struct Track {
    /// Commits that hold it while none of their parents does.
    brought: Vec<Node>,
    /// Commits that do not hold it while a parent does; and whether all parents do.
    removed: Vec<(Node, bool)>,
    /// The newest holder.
    last: Option<Node>,
}

struct History<'a, 'repo> {
    roots: &'a Roots,
    graph: &'a Graph,
    objects: &'a Objects<'repo>,
    lookup: Lookup<'a, 'repo>,
    /// For each commit the values its tree holds.
    holds: Vec<Holder>,
    /// Commits by their messages' values.
    messages: BTreeMap<Node, Vec<Value>>,
    /// Parents before children, and each commit's place in that order.
    order: Vec<Node>,
    position: Vec<usize>,
    of_head: Vec<bool>,
    tracks: Vec<Track>,
}

impl<'a, 'repo> History<'a, 'repo> {
    fn read(roots: &'a Roots, graph: &'a Graph, objects: &'a Objects<'repo>, wanted: &[Wanted]) -> Self {
        let mut lookup = Lookup::new(objects);
        for (value, wanted) in (0..).zip(wanted) {
            for place in &wanted.places {
                if let Some(id) = hex(place.blob.as_str().as_bytes()) {
                    lookup.want(&place.path, id, value);
                }
            }
        }
        let holds = graph.nodes().map(|node| lookup.holder(graph.commit(node).tree)).collect();
        let order = graph.parents_first();
        let mut position = vec![0; order.len()];
        for (at, node) in order.iter().enumerate() {
            position[*node as usize] = at;
        }
        let of_head = ancestors(graph, roots.head.and_then(|id| graph.node(id)));
        let messages = message_holders(graph, wanted);
        let tracks = vec![Track::default(); wanted.len()];
        let mut history = Self { roots, graph, objects, lookup, holds, messages, order, position, of_head, tracks };
        history.track();
        history
    }

    /// Compares every commit with its parents. Most hold the same values, which one comparison
    /// of two numbers shows.
    fn track(&mut self) {
        let mut newest: BTreeMap<Holder, Node> = BTreeMap::new();
        let mut tracks = std::mem::take(&mut self.tracks);
        for node in &self.order {
            let mine = self.holds[*node as usize];
            let best = newest.entry(mine).or_insert(*node);
            if self.age(*node) > self.age(*best) {
                *best = *node;
            }
            let parents = &self.graph.commit(*node).parents;
            if !parents.is_empty() && parents.iter().all(|parent| self.holds[*parent as usize] == mine) {
                continue;
            }
            let theirs: Vec<&[Value]> =
                parents.iter().map(|parent| self.lookup.values(self.holds[*parent as usize])).collect();
            let mine = self.lookup.values(mine);
            for value in mine {
                if !theirs.iter().any(|values| values.binary_search(value).is_ok()) {
                    tracks[*value as usize].brought.push(*node);
                }
            }
            let lost: BTreeSet<Value> = theirs.iter().flat_map(|values| values.iter().copied()).collect();
            for value in lost.into_iter().filter(|value| mine.binary_search(value).is_err()) {
                let all = theirs.iter().all(|values| values.binary_search(&value).is_ok());
                tracks[value as usize].removed.push((*node, all));
            }
        }
        for (holder, node) in newest {
            for value in self.lookup.values(holder) {
                let last = &mut tracks[*value as usize].last;
                if last.is_none_or(|known| self.age(node) > self.age(known)) {
                    *last = Some(node);
                }
            }
        }
        self.tracks = tracks;
    }

    /// By the committer's clock; where that is equal, children after parents.
    fn age(&self, node: Node) -> (i64, usize) {
        (self.graph.commit(node).commit_time, self.position[node as usize])
    }

    fn attribution(&self, at: usize, wanted: &Wanted, reach: Reach) -> Option<Attribution> {
        let track = &self.tracks[at];
        let brought = track.brought.iter().copied();
        let first = brought.min_by_key(|node| (self.graph.commit(*node).author_time, self.position[*node as usize]));
        let (Some(first), Some(last)) = (first, track.last) else { return self.by_message(at, wanted, reach) };
        let in_head = self.in_head(at);
        let removed_in = if in_head { None } else { self.removal(track) };
        Some(Attribution {
            first: self.sighting(first, wanted)?,
            last: self.sighting(last, wanted)?,
            removed_in: removed_in.and_then(|node| self.info(self.graph.commit(node).id)),
            in_head,
            reach,
            message_only: false,
        })
    }

    /// Of the commits that took it out: those on the way to HEAD before others, those that all
    /// parents held it for before merges that chose another side, and of these the latest.
    fn removal(&self, track: &Track) -> Option<Node> {
        let rank = |(node, all): &&(Node, bool)| (self.of_head[*node as usize], *all, self.position[*node as usize]);
        track.removed.iter().max_by_key(rank).map(|(node, _)| *node)
    }

    fn by_message(&self, at: usize, wanted: &Wanted, reach: Reach) -> Option<Attribution> {
        let holds = |values: &Vec<Value>| values.iter().any(|value| *value as usize == at);
        let nodes = self.messages.iter().filter(|(_, values)| holds(values)).map(|(node, _)| *node);
        let mut infos: Vec<CommitInfo> = nodes.filter_map(|node| self.info(self.graph.commit(node).id)).collect();
        let tags = wanted.messages.iter().filter_map(|id| self.tag_info(id));
        infos.extend(tags);
        infos.sort_by(|a, b| (a.author_time, &a.id).cmp(&(b.author_time, &b.id)));
        let (first, last) = (infos.first()?.clone(), infos.last()?.clone());
        Some(Attribution {
            first: Sighting { commit: first, place: None },
            last: Sighting { commit: last, place: None },
            removed_in: None,
            in_head: false,
            reach,
            message_only: true,
        })
    }

    fn in_head(&self, at: usize) -> bool {
        let head = self.roots.head.and_then(|id| self.graph.node(id));
        head.is_some_and(|node| self.lookup.values(self.holds[node as usize]).iter().any(|value| *value as usize == at))
    }

    fn sighting(&self, node: Node, wanted: &Wanted) -> Option<Sighting> {
        let commit = self.graph.commit(node);
        let place = wanted.places.iter().position(|place| {
            hex(place.blob.as_str().as_bytes()).is_some_and(|id| self.lookup.has(commit.tree, &place.path, id))
        });
        Some(Sighting { commit: self.info(commit.id)?, place })
    }

    fn info(&self, id: Oid) -> Option<CommitInfo> {
        let object = self.objects.meta(id, ObjectType::Commit).ok()?;
        let raw = parse_commit(object.data())?;
        Some(info(id, raw.author, raw.message))
    }

    fn tag_info(&self, id: &ObjectId) -> Option<CommitInfo> {
        let id = hex(id.as_str().as_bytes()).filter(|id| self.roots.tags.iter().any(|tag| tag.id == *id))?;
        let object = self.objects.meta(id, ObjectType::Tag).ok()?;
        let raw = parse_tag(object.data())?;
        Some(info(id, raw.tagger, raw.message))
    }

    /// For each commit the values of one chunk that it or an ancestor of it holds.
    fn reached(&self, chunk: usize) -> Vec<u64> {
        let bits = |values: &[Value]| {
            let inside = values.iter().filter(|value| **value as usize / CHUNK == chunk);
            inside.fold(0_u64, |bits, value| bits | 1 << (*value as usize % CHUNK))
        };
        let mut reached = vec![0_u64; self.order.len()];
        for node in &self.order {
            let mut here = bits(self.lookup.values(self.holds[*node as usize]));
            if let Some(values) = self.messages.get(node) {
                here |= bits(values);
            }
            for parent in &self.graph.commit(*node).parents {
                here |= reached[*parent as usize];
            }
            reached[*node as usize] = here;
        }
        reached
    }

    fn reach(&self, wanted: &Wanted, reached: &[u64], bit: usize) -> Reach {
        let mut reach = Reach::default();
        for root in &self.roots.roots {
            let Target::Commit(id) = root.target else { continue };
            if self.graph.node(id).is_some_and(|node| reached[node as usize] >> bit & 1 == 1) {
                name(&mut reach, root.kind, &root.name);
            }
        }
        for tag in &self.roots.tags {
            if wanted.messages.iter().any(|id| id.as_str() == tag.id.to_string()) {
                name(&mut reach, RootKind::Tag, &tag.name);
            }
        }
        for names in [
            &mut reach.branches,
            &mut reach.remote_branches,
            &mut reach.tags,
            &mut reach.pull_requests,
            &mut reach.other_refs,
        ] {
            names.sort();
            names.dedup();
        }
        reach
    }
}

fn name(reach: &mut Reach, kind: RootKind, name: &str) {
    let name = name.to_owned();
    match kind {
        RootKind::Branch => reach.branches.push(name),
        RootKind::Remote => reach.remote_branches.push(name),
        RootKind::Tag => reach.tags.push(name),
        RootKind::PullRequest => reach.pull_requests.push(name),
        RootKind::Note if name.is_empty() => reach.reflog = true,
        RootKind::Other | RootKind::Note => reach.other_refs.push(name),
        RootKind::Head => reach.head = true,
        RootKind::Stash => reach.stash = true,
        RootKind::Reflog => reach.reflog = true,
    }
}

fn info(id: Oid, (author_time, utc_offset): (i64, i32), message: &[u8]) -> CommitInfo {
    let line = message.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or(&[]);
    let summary = String::from_utf8_lossy(line.trim_ascii()).into_owned();
    CommitInfo { id: object_id(id), author_time, utc_offset, summary }
}

fn message_holders(graph: &Graph, wanted: &[Wanted]) -> BTreeMap<Node, Vec<Value>> {
    let mut holders: BTreeMap<Node, Vec<Value>> = BTreeMap::new();
    for (value, wanted) in (0..).zip(wanted) {
        for id in &wanted.messages {
            if let Some(node) = hex(id.as_str().as_bytes()).and_then(|id| graph.node(id)) {
                holders.entry(node).or_default().push(value);
            }
        }
    }
    holders
}

/// Which commits lead to `start`, itself included.
fn ancestors(graph: &Graph, start: Option<Node>) -> Vec<bool> {
    let mut within = vec![false; graph.commits.len()];
    let mut stack: Vec<Node> = start.into_iter().collect();
    while let Some(node) = stack.pop() {
        if !std::mem::replace(&mut within[node as usize], true) {
            stack.extend(&graph.commit(node).parents);
        }
    }
    within
}
