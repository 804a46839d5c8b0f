//! Which of some wanted contents a tree holds at their paths. Reads only the directories on the
//! way, each unique tree once.

use std::collections::{BTreeMap, HashMap};

use git2::{ObjectType, Oid};

use super::objects::{Objects, tree_entries};
use crate::text::RepoPath;

/// A set of values, as a number: equal sets have the same one.
pub(super) type Holder = u32;
type Value = u32;

/// A directory on the way to a wanted path.
#[derive(Default)]
struct Way {
    dirs: BTreeMap<Vec<u8>, usize>,
    files: BTreeMap<Vec<u8>, BTreeMap<Oid, Vec<Value>>>,
}

pub(super) struct Lookup<'a, 'repo> {
    objects: &'a Objects<'repo>,
    ways: Vec<Way>,
    /// The set of each tree at each way that was read.
    known: HashMap<(Oid, usize), Holder>,
    numbers: BTreeMap<Vec<Value>, Holder>,
    sets: Vec<Vec<Value>>,
}

impl<'a, 'repo> Lookup<'a, 'repo> {
    pub(super) fn new(objects: &'a Objects<'repo>) -> Self {
        Self {
            objects,
            ways: vec![Way::default()],
            known: HashMap::new(),
            numbers: BTreeMap::from([(Vec::new(), 0)]),
            sets: vec![Vec::new()],
        }
    }

    /// Adds the content `id` at `path` to what is looked for. All are added before any is asked.
    pub(super) fn want(&mut self, path: &RepoPath, id: Oid, value: Value) {
        let mut way = 0;
        for name in path.parent().components() {
            let next = self.ways.len();
            let found = *self.ways[way].dirs.entry(name.as_bytes().to_vec()).or_insert(next);
            if found == next {
                self.ways.push(Way::default());
            }
            way = found;
        }
        let values = self.ways[way].files.entry(path.name().as_bytes().to_vec()).or_default().entry(id).or_default();
        values.push(value);
    }

    /// The set of values the tree holds.
    pub(super) fn holder(&mut self, tree: Oid) -> Holder {
        self.at(tree, 0)
    }

    /// The values of a set, sorted.
    pub(super) fn values(&self, holder: Holder) -> &[Value] {
        self.sets.get(holder as usize).map_or(&[], Vec::as_slice)
    }

    /// As deep as the deepest wanted path, whose depth the listing bounded.
    fn at(&mut self, tree: Oid, way: usize) -> Holder {
        if let Some(holder) = self.known.get(&(tree, way)) {
            return *holder;
        }
        let mut values = Vec::new();
        let mut below = Vec::new();
        let objects = self.objects;
        if let Ok(object) = objects.meta(tree, ObjectType::Tree) {
            let here = &self.ways[way];
            for entry in tree_entries(object.data()) {
                if entry.is_dir() {
                    below.extend(here.dirs.get(entry.name).map(|next| (entry.id, *next)));
                } else if entry.is_file()
                    && let Some(found) = here.files.get(entry.name).and_then(|ids| ids.get(&entry.id))
                {
                    values.extend(found);
                }
            }
        }
        for (id, next) in below {
            let holder = self.at(id, next);
            let held = self.values(holder).to_vec();
            values.extend(held);
        }
        values.sort_unstable();
        values.dedup();
        let holder = self.number(values);
        self.known.insert((tree, way), holder);
        holder
    }

    fn number(&mut self, values: Vec<Value>) -> Holder {
        if let Some(holder) = self.numbers.get(&values) {
            return *holder;
        }
        let holder = Holder::try_from(self.sets.len()).unwrap_or(Holder::MAX);
        self.sets.push(values.clone());
        self.numbers.insert(values, holder);
        holder
    }

    /// Whether the tree holds exactly this content at this path.
    pub(super) fn has(&self, tree: Oid, path: &RepoPath, id: Oid) -> bool {
        let mut tree = tree;
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            let Ok(object) = self.objects.meta(tree, ObjectType::Tree) else { return false };
            let Some(entry) = tree_entries(object.data()).find(|entry| entry.name == name.as_bytes()) else {
                return false;
            };
            if names.peek().is_none() {
                return entry.is_file() && entry.id == id;
            }
            tree = entry.id;
        }
        false
    }
}
