//! Reads what no other reader wants for credentials, and asks git how each file that holds one is
//! kept. Most files are left after one pass for keywords.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::credentials::{self, Credential, Kept};
use crate::facts::env::is_env_file;
use crate::facts::{Facts, Files, patterns};
use crate::notice::{Notice, NoticeKind};
use crate::repo::git::Proposed;
use crate::repo::{Entry, Tree, TreeError};
use crate::text::{RepoPath, SourceFile};

use super::read::Place;

/// Bytes of one file that only this looks at. Larger ones are data.
const FILE_BYTES: u64 = 1 << 20;
/// Bytes of all such files.
const TOTAL_BYTES: u64 = 128 << 20;
/// Bytes in which a file that is no text shows it.
const HEAD: usize = 8000;

/// Reads the files that only this looks at, and keeps those that hold a credential. What is left
/// out is counted in one notice.
pub(super) fn read_others<'e>(
    tree: &Tree,
    entries: impl Iterator<Item = &'e Entry>,
    files: &mut Files,
    notices: &mut Vec<Notice>,
) {
    let (mut total, mut large, mut late, mut unread) = (0_u64, 0_usize, 0_usize, 0_usize);
    for entry in entries.filter(|entry| credentials::may_hold(&entry.path)) {
        if entry.size > FILE_BYTES {
            large += 1;
            continue;
        }
        if total.saturating_add(entry.size) > TOTAL_BYTES {
            late += 1;
            continue;
        }
        total += entry.size;
        match tree.read(&entry.path, FILE_BYTES) {
            Ok(file) => {
                if let Some(text) = text(file.bytes)
                    && patterns::may_hold(&text)
                {
                    let source = SourceFile::new(entry.path.clone(), text, entry.mode);
                    if !credentials::collect(&source, None).is_empty() {
                        files.texts.insert(entry.path.clone(), source);
                    }
                }
            }
            Err(TreeError::NotFound { .. }) => {}
            Err(_) => unread += 1,
        }
    }
    for (count, why) in [(large, "larger than 1 MiB"), (late, "behind 128 MiB of others"), (unread, "not readable")] {
        if count > 0 {
            let message = format!("not searched for leaked credentials: {count} data files, {why}");
            let notice = Notice::general(NoticeKind::Info, message);
            notices.push(Notice { gap: count == late, ..notice });
        }
    }
}

/// The text of a file; nothing where it is none.
fn text(bytes: Vec<u8>) -> Option<String> {
    let head = &bytes[..bytes.len().min(HEAD)];
    if memchr::memchr(0, head).is_some() {
        return None;
    }
    String::from_utf8(bytes).ok()
}

/// The credentials of every file that was read. `known`: those of files that are as they were.
pub(super) fn collect(
    facts: &Facts,
    known: &[Credential],
    changed: &BTreeSet<RepoPath>,
    place: &Place<'_>,
) -> Vec<Credential> {
    let python: BTreeMap<&RepoPath, _> = facts.python.iter().map(|file| (&file.path, file)).collect();
    let mut found: Vec<Credential> = known.iter().filter(|known| !changed.contains(known.path())).cloned().collect();
    let all = facts.files.sources.values().chain(facts.files.texts.values());
    for source in all.filter(|source| known.is_empty() && changed.is_empty() || changed.contains(&source.path)) {
        let parsed = python.get(&source.path).and_then(|file| Some((*file, facts.names.get(&file.path)?)));
        found.extend(credentials::collect(source, parsed));
    }
    for credential in &mut found {
        let links = facts.files.links.iter().filter(|(_, target)| *target == credential.path());
        let links: Vec<&RepoPath> = links.map(|(link, _)| link).collect();
        links.into_iter().for_each(|link| credentials::also_named(credential, link));
    }
    found.sort_by(|a, b| (a.path(), a.location.span.start).cmp(&(b.path(), b.location.span.start)));
    ask_git(&mut found, facts, place);
    found
}

/// How git sees the files with credentials: few, so each is asked for.
fn ask_git(found: &mut [Credential], facts: &Facts, place: &Place<'_>) {
    let ignores: Vec<Proposed<'_>> = facts
        .files
        .sources
        .values()
        .filter(|source| source.path.name() == ".gitignore")
        .map(|source| (&source.path, source.text.as_str()))
        .collect();
    let mut known: BTreeMap<RepoPath, Kept> = BTreeMap::new();
    for credential in found {
        let path = credential.path().clone();
        let kept = *known.entry(path).or_insert_with_key(|path| kept(path, facts, place, &ignores));
        credential.kept = kept;
    }
}

fn kept(path: &RepoPath, facts: &Facts, place: &Place<'_>, ignores: &[Proposed<'_>]) -> Kept {
    let git = place.git.git();
    if git.is_some_and(|git| git.is_tracked(path)) {
        return Kept::Tracked;
    }
    let example = facts.env_files.iter().any(|file| file.path == *path && file.example);
    let env = is_env_file(path) && !example;
    if env || git.is_some() && place.git.ignored(place.tree, path, ignores).is_some() {
        return Kept::Private;
    }
    Kept::Loose
}
