//! Where history starts: every ref, the stash's list, detached HEADs and, on request, reflogs.
//! Annotated tags are followed to what they name, and kept for their messages.

use std::collections::BTreeSet;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::objects::{Objects, Unreadable, hex, parse_tag};

/// Tags of tags that are followed.
const TAG_CHAIN: usize = 16;
/// Broken refs after which the list of refs is given up.
const BROKEN_REFS: usize = 1000;

/// What kind of name reaches a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RootKind {
    Branch,
    Remote,
    Tag,
    PullRequest,
    Other,
    Head,
    Stash,
    Reflog,
    Note,
}

/// One starting point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Root {
    pub(super) kind: RootKind,
    /// As shown: without `refs/heads/`, `refs/remotes/`, `refs/tags/`; others in full.
    pub(super) name: String,
    pub(super) target: Target,
}

/// What a ref leads to once tags are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Commit(Oid),
    /// A ref straight to a tree.
    Tree(Oid),
    /// A ref straight to a blob, which has no path.
    Blob,
}

/// An annotated tag, by the name of the ref that leads to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TagObject {
    pub(super) id: Oid,
    pub(super) name: String,
}

/// All starting points, sorted and without repetitions.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub(super) roots: BTreeSet<Root>,
    pub(super) tags: BTreeSet<TagObject>,
    /// Refs that could not be read or lead to something missing.
    pub(super) broken: usize,
    /// The commit of this work tree's HEAD.
    pub(super) head: Option<Oid>,
}

impl Roots {
    pub(super) fn collect(repo: &Repository, objects: &Objects<'_>, reflogs: bool) -> Self {
        let mut roots = Roots::default();
        roots.refs(repo, objects, reflogs);
        roots.heads(repo, objects);
        roots.reflog(repo, objects, "refs/stash", RootKind::Stash);
        if reflogs {
            roots.reflog(repo, objects, "HEAD", RootKind::Reflog);
        }
        roots
    }

    fn refs(&mut self, repo: &Repository, objects: &Objects<'_>, reflogs: bool) {
        let Ok(references) = repo.references() else {
            self.broken += 1;
            return;
        };
        for reference in references {
            let Ok(reference) = reference else {
                self.broken += 1;
                if self.broken > BROKEN_REFS {
                    return;
                }
                continue;
            };
            // Symbolic refs (`origin/HEAD`) repeat another one.
            let Some(id) = reference.target() else { continue };
            let full = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let (kind, name) = classify(&full);
            self.push(objects, kind, name, id);
            if reflogs && let Ok(utf8) = reference.name() {
                // What a reflog of notes names holds notes, not files.
                let kind = if kind == RootKind::Note { kind } else { RootKind::Reflog };
                self.reflog(repo, objects, utf8, kind);
            }
        }
    }

    /// HEAD of this work tree, and of linked ones, which may be detached on commits of their own.
    fn heads(&mut self, repo: &Repository, objects: &Objects<'_>) {
        match repo.head() {
            Ok(head) => {
                self.head = head.target().and_then(|id| commit_of(objects, id));
                if let Some(id) = head.target() {
                    self.push(objects, RootKind::Head, "HEAD", id);
                }
            }
            // No commit yet.
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {}
            Err(_) => self.broken += 1,
        }
        let Ok(names) = repo.worktrees() else { return };
        for name in names.iter().flatten().flatten() {
            let file = repo.commondir().join("worktrees").join(name).join("HEAD");
            if let Some(id) = detached(&file) {
                self.push(objects, RootKind::Head, "HEAD", id);
            }
        }
    }

    fn reflog(&mut self, repo: &Repository, objects: &Objects<'_>, name: &str, kind: RootKind) {
        // libgit2 creates an empty log for a name that has none, and a scan writes nothing.
        if !repo.path().join("logs").join(name).is_file() && !repo.commondir().join("logs").join(name).is_file() {
            return;
        }
        let Ok(log) = repo.reflog(name) else { return };
        let ids: BTreeSet<Oid> = log.iter().map(|entry| entry.id_new()).collect();
        for id in ids {
            // What a reflog names may be long gone: not a gap.
            if !id.is_zero() && objects.header(id).is_ok() {
                self.push(objects, kind, "", id);
            }
        }
    }

    /// Follows tags from `id` and records where they end.
    fn push(&mut self, objects: &Objects<'_>, kind: RootKind, name: &str, id: Oid) {
        let mut id = id;
        for _ in 0..TAG_CHAIN {
            let target = match objects.header(id) {
                Ok((_, ObjectType::Commit)) => Target::Commit(id),
                Ok((_, ObjectType::Tree)) => Target::Tree(id),
                Ok((_, ObjectType::Blob)) => Target::Blob,
                Ok((_, ObjectType::Tag)) => match tag_target(objects, id) {
                    Ok(next) => {
                        self.tags.insert(TagObject { id, name: name.to_owned() });
                        id = next;
                        continue;
                    }
                    Err(_) => break,
                },
                _ => break,
            };
            self.roots.insert(Root { kind, name: name.to_owned(), target });
            return;
        }
        self.broken += 1;
    }
}

fn tag_target(objects: &Objects<'_>, id: Oid) -> Result<Oid, Unreadable> {
    let object = objects.meta(id, ObjectType::Tag)?;
    let tag = parse_tag(object.data()).ok_or(Unreadable::Damaged)?;
    Ok(tag.target)
}

fn commit_of(objects: &Objects<'_>, id: Oid) -> Option<Oid> {
    matches!(objects.header(id), Ok((_, ObjectType::Commit))).then_some(id)
}

/// The id in a `HEAD` file, where it is detached.
fn detached(file: &Path) -> Option<Oid> {
    let meta = std::fs::metadata(file).ok()?;
    if !meta.is_file() || meta.len() > 4096 {
        return None;
    }
    hex(std::fs::read(file).ok()?.trim_ascii_end())
}

fn classify(full: &str) -> (RootKind, &str) {
    const PULL_REQUESTS: [&str; 5] =
        ["refs/pull/", "refs/pull-requests/", "refs/merge-requests/", "refs/keep-around/", "refs/changes/"];
    if full == "refs/stash" {
        (RootKind::Stash, full)
    } else if let Some(name) = full.strip_prefix("refs/heads/") {
        (RootKind::Branch, name)
    } else if let Some(name) = full.strip_prefix("refs/remotes/") {
        (RootKind::Remote, name)
    } else if let Some(name) = full.strip_prefix("refs/tags/") {
        (RootKind::Tag, name)
    } else if full.starts_with("refs/notes/") {
        (RootKind::Note, full)
    } else if PULL_REQUESTS.iter().any(|prefix| full.starts_with(prefix)) {
        (RootKind::PullRequest, full)
    } else {
        (RootKind::Other, full)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_by_their_names() {
        assert_eq!(classify("refs/heads/a/b"), (RootKind::Branch, "a/b"));
        assert_eq!(classify("refs/remotes/origin/main"), (RootKind::Remote, "origin/main"));
        assert_eq!(classify("refs/pull/7/head"), (RootKind::PullRequest, "refs/pull/7/head"));
        assert_eq!(classify("refs/notes/commits"), (RootKind::Note, "refs/notes/commits"));
        assert_eq!(classify("refs/original/refs/heads/main"), (RootKind::Other, "refs/original/refs/heads/main"));
        assert_eq!(classify("refs/stash"), (RootKind::Stash, "refs/stash"));
    }
}
