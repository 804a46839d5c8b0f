//! Which contents stood at which paths: every unique tree is read once for each place it stood
//! at, and every unique pair of content and path is noted once.

use std::collections::{BTreeMap, HashMap, HashSet};

use git2::{ObjectType, Oid, Repository};

use super::objects::{Objects, Unreadable, tree_entries};
use crate::repo::own;
use crate::text::RepoPath;

/// Directories below one another that are entered.
const DEPTH: usize = 128;

type DirId = u32;
type PathId = u32;

/// A directory at one place.
struct Dir {
    path: RepoPath,
    depth: usize,
    children: HashMap<Box<[u8]>, Child>,
}

/// What is known of a name in a directory; one name may be a file in one commit and a directory
/// in another.
#[derive(Clone, Copy, Default)]
struct Child {
    dir: Option<Known<DirId>>,
    file: Option<Known<PathId>>,
}

#[derive(Clone, Copy)]
enum Known<T> {
    Unwanted,
    Wanted(T),
}

/// A unique wanted content.
pub(super) struct Content {
    pub(super) id: Oid,
    pub(super) paths: Vec<PathId>,
    pub(super) is_note: bool,
}

/// Why the listing stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfBytes;

/// Collects the unique contents below the trees it is given.
pub(super) struct Listing<'a, 'repo> {
    objects: &'a Objects<'repo>,
    wanted: &'a dyn Fn(&RepoPath) -> bool,
    dirs: Vec<Dir>,
    /// Directory ids: the project's root, and the root of notes.
    seen_trees: HashSet<(Oid, DirId)>,
    seen_files: HashSet<(Oid, PathId)>,
    contents_by_id: HashMap<Oid, usize>,
    pub(super) paths: Vec<RepoPath>,
    /// In the order they were met.
    pub(super) contents: Vec<Content>,
    pub(super) bytes: u64,
    byte_limit: u64,
    pub(super) missing: usize,
    pub(super) damaged: usize,
    /// Names that no file of ours can have.
    pub(super) odd_names: usize,
}

const FILES: DirId = 0;
const NOTES: DirId = 1;

impl<'a, 'repo> Listing<'a, 'repo> {
    pub(super) fn new(objects: &'a Objects<'repo>, wanted: &'a dyn Fn(&RepoPath) -> bool, byte_limit: u64) -> Self {
        let root = || Dir { path: RepoPath::root(), depth: 0, children: HashMap::new() };
        Self {
            objects,
            wanted,
            dirs: vec![root(), root()],
            seen_trees: HashSet::new(),
            seen_files: HashSet::new(),
            contents_by_id: HashMap::new(),
            paths: Vec::new(),
            contents: Vec::new(),
            bytes: 0,
            byte_limit,
            missing: 0,
            damaged: 0,
            odd_names: 0,
        }
    }

    /// Lists a commit's tree; what was listed before is not entered again.
    pub(super) fn add(&mut self, tree: Oid, is_note: bool) -> Result<(), OutOfBytes> {
        let mut stack = vec![(tree, if is_note { NOTES } else { FILES })];
        while let Some((id, dir)) = stack.pop() {
            if !self.seen_trees.insert((id, dir)) {
                continue;
            }
            match self.objects.meta(id, ObjectType::Tree) {
                Ok(object) => {
                    self.bytes += object.len() as u64;
                    if self.bytes > self.byte_limit {
                        return Err(OutOfBytes);
                    }
                    self.tree(object.data(), dir, is_note, &mut stack);
                }
                Err(Unreadable::Missing) => self.missing += 1,
                Err(Unreadable::Damaged) => self.damaged += 1,
            }
        }
        Ok(())
    }

    fn tree(&mut self, data: &[u8], dir: DirId, is_note: bool, stack: &mut Vec<(Oid, DirId)>) {
        for entry in tree_entries(data) {
            if entry.is_dir() {
                if let Known::Wanted(child) = self.child_dir(dir, entry.name)
                    && !self.seen_trees.contains(&(entry.id, child))
                {
                    stack.push((entry.id, child));
                }
            } else if entry.is_file()
                && let Known::Wanted(path) = self.child_file(dir, entry.name, is_note)
                && self.seen_files.insert((entry.id, path))
            {
                self.note_content(entry.id, path, is_note);
            }
        }
    }

    fn note_content(&mut self, id: Oid, path: PathId, is_note: bool) {
        let next = self.contents.len();
        let at = *self.contents_by_id.entry(id).or_insert(next);
        match self.contents.get_mut(at) {
            Some(content) => content.paths.push(path),
            None => self.contents.push(Content { id, paths: vec![path], is_note }),
        }
    }

    fn child_dir(&mut self, dir: DirId, name: &[u8]) -> Known<DirId> {
        let parent = &self.dirs[dir as usize];
        if let Some(known) = parent.children.get(name).and_then(|child| child.dir) {
            return known;
        }
        let depth = parent.depth + 1;
        let known = match joined(&parent.path, name) {
            Some(path) if depth <= DEPTH && !own::is_foreign_name(path.name()) => {
                let id = DirId::try_from(self.dirs.len()).unwrap_or(DirId::MAX);
                self.dirs.push(Dir { path, depth, children: HashMap::new() });
                Known::Wanted(id)
            }
            Some(_) if depth <= DEPTH => Known::Unwanted,
            _ => {
                self.odd_names += 1;
                Known::Unwanted
            }
        };
        self.remember(dir, name).dir = Some(known);
        known
    }

    fn child_file(&mut self, dir: DirId, name: &[u8], is_note: bool) -> Known<PathId> {
        let parent = &self.dirs[dir as usize];
        if let Some(known) = parent.children.get(name).and_then(|child| child.file) {
            return known;
        }
        let known = match joined(&parent.path, name) {
            Some(path) if is_note || (self.wanted)(&path) => {
                let id = PathId::try_from(self.paths.len()).unwrap_or(PathId::MAX);
                self.paths.push(path);
                Known::Wanted(id)
            }
            Some(_) => Known::Unwanted,
            None => {
                self.odd_names += 1;
                Known::Unwanted
            }
        };
        self.remember(dir, name).file = Some(known);
        known
    }

    fn remember(&mut self, dir: DirId, name: &[u8]) -> &mut Child {
        self.dirs[dir as usize].children.entry(name.into()).or_default()
    }
}

/// `dir/name`; `None` for names that are not UTF-8 or that no file can have.
fn joined(dir: &RepoPath, name: &[u8]) -> Option<RepoPath> {
    let name = std::str::from_utf8(name).ok()?;
    if name.is_empty() || name == "." || name == ".." || name.contains('/') {
        return None;
    }
    dir.join(name)
}

/// The files of one tree with their contents' ids; what cannot be read is left out.
pub(in crate::repo) fn files_of_tree(repo: &Repository, tree: Oid) -> BTreeMap<RepoPath, Oid> {
    /// Bytes of trees, far above what any index describes.
    const BYTES: u64 = 256 << 20;
    let Ok(odb) = repo.odb() else { return BTreeMap::new() };
    let objects = Objects::new(odb);
    let mut listing = Listing::new(&objects, &|_| true, BYTES);
    // Running out of bytes leaves a partial answer, which is better than none.
    let _ = listing.add(tree, false);
    let mut files = BTreeMap::new();
    for content in &listing.contents {
        for path in &content.paths {
            files.insert(listing.paths[*path as usize].clone(), content.id);
        }
    }
    files
}
