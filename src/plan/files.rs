//! The files of a draft while it is composed: edits, creations, ignore lines, keys and modes,
//! gathered per path, then rendered once.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use crate::facts::{Facts, masks};
use crate::lang::{dotenv, ignore, python};
use crate::remedy::{Change, KeepSecret, Remedy, ServerItem};
use crate::store::env_file;
use crate::text::diff::{self, Side};
use crate::text::{RepoPath, SourceFile, TextEdit, edit};

use super::compose::{ComposeError, KeyFor};
use super::draft::{Before, Conflict, Draft, FileChange, Held, Phase, SecretChange};
use super::server::{self, ServerFile};

/// Texts of files, by path.
type Texts = BTreeMap<RepoPath, String>;

/// Permission bits of files that everyone may read.
const PUBLIC_MODE: u32 = 0o644;

#[derive(Default)]
struct Pending {
    edits: Vec<TextEdit>,
    create: Option<(String, u32)>,
    patterns: Vec<String>,
    keys: Vec<String>,
    server: Vec<ServerItem>,
    mode: Option<u32>,
    remedies: Vec<String>,
}

pub(super) struct FileSet<'f> {
    facts: &'f Facts,
    files: BTreeMap<RepoPath, Pending>,
    /// Keys outside of the tree.
    kept: Vec<KeepSecret>,
    /// Files that git stops tracking.
    untracked: BTreeSet<RepoPath>,
}

impl<'f> FileSet<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self { facts, files: BTreeMap::new(), kept: Vec::new(), untracked: BTreeSet::new() }
    }

    /// Takes a remedy's changes, all or none. `edited`: files as a person wrote them in its place.
    pub(super) fn add(&mut self, remedy: &Remedy, edited: Option<&Texts>) -> Result<(), Conflict> {
        let changes: Vec<Change> = match edited {
            None => remedy.changes.clone(),
            Some(texts) => remedy.changes.iter().map(|change| self.rewritten(change, texts)).collect(),
        };
        for change in &changes {
            self.check(remedy, change)?;
        }
        for change in &changes {
            self.take(&remedy.id, change);
        }
        Ok(())
    }

    /// A change with a person's text of the file in place of its own.
    fn rewritten(&self, change: &Change, texts: &Texts) -> Change {
        match change {
            Change::Edit { path, .. } => match (self.facts.files.get(path), texts.get(path)) {
                (Some(old), Some(new)) => Change::Edit { path: path.clone(), edits: diff::edits(&old.text, new) },
                _ => change.clone(),
            },
            Change::Create { path, mode, .. } => match texts.get(path) {
                Some(text) => Change::Create { path: path.clone(), text: text.clone(), mode: *mode },
                None => change.clone(),
            },
            _ => change.clone(),
        }
    }

    fn check(&self, remedy: &Remedy, change: &Change) -> Result<(), Conflict> {
        let refuse = |path: &RepoPath, reason: &str| Conflict {
            path: path.clone(),
            kept: self.files.get(path).and_then(|pending| pending.remedies.first().cloned()).unwrap_or_default(),
            refused: remedy.id.clone(),
            reason: reason.to_owned(),
        };
        match change {
            Change::Edit { path, edits } => {
                if !self.facts.files.sources.contains_key(path) {
                    return Err(refuse(path, "the file was not read"));
                }
                let known = self.files.get(path).map_or(&[][..], |pending| &pending.edits);
                if edits.iter().any(|new| known.iter().any(|old| !old.compatible(new))) {
                    return Err(refuse(path, "another fix changes the same text"));
                }
            }
            Change::Create { path, text, .. } => {
                let other = self.files.get(path).and_then(|pending| pending.create.as_ref());
                if self.facts.files.exists(path) || other.is_some_and(|(known, _)| known != text) {
                    return Err(refuse(path, "there is such a file already"));
                }
            }
            Change::ServerStart { conf, .. } => {
                if self.facts.files.exists(conf) && self.facts.py(conf).is_none() {
                    return Err(refuse(conf, "it exists and could not be read as Python"));
                }
            }
            Change::Ignore { file, .. } | Change::PutSecret { file, .. } => {
                if self.facts.files.exists(file) && self.facts.files.get(file).is_none() {
                    return Err(refuse(file, "it exists and could not be read"));
                }
            }
            Change::Chmod { .. } | Change::KeepSecret(_) | Change::Untrack { .. } => {}
        }
        Ok(())
    }

    fn take(&mut self, id: &str, change: &Change) {
        let path = match change {
            Change::Edit { path, .. } | Change::Create { path, .. } | Change::Chmod { path, .. } => path,
            Change::Ignore { file, .. } | Change::PutSecret { file, .. } => file,
            Change::ServerStart { conf, .. } => conf,
            Change::KeepSecret(keep) => return push_new(&mut self.kept, std::slice::from_ref(keep)),
            Change::Untrack { path } => {
                self.untracked.insert(path.clone());
                return;
            }
        };
        let pending = self.files.entry(path.clone()).or_default();
        if !pending.remedies.iter().any(|known| known == id) {
            pending.remedies.push(id.to_owned());
        }
        match change {
            Change::Edit { edits, .. } => {
                for edit in edits {
                    if !pending.edits.contains(edit) {
                        pending.edits.push(edit.clone());
                    }
                }
            }
            Change::Create { text, mode, .. } => pending.create = Some((text.clone(), *mode)),
            Change::Ignore { patterns, .. } => push_new(&mut pending.patterns, patterns),
            Change::PutSecret { name, .. } => push_new(&mut pending.keys, std::slice::from_ref(name)),
            Change::Chmod { mode, .. } => pending.mode = Some(pending.mode.unwrap_or(0o7777) & mode),
            Change::ServerStart { item, .. } => push_new(&mut pending.server, std::slice::from_ref(item)),
            Change::KeepSecret(_) | Change::Untrack { .. } => {}
        }
    }

    /// Files that would not parse any more, with the last remedy that touches each.
    pub(super) fn broken(&self) -> Result<Vec<(RepoPath, String)>, ComposeError> {
        let mut broken = Vec::new();
        for (path, pending) in &self.files {
            if path.extension() != "py" {
                continue;
            }
            let parses = match self.text_of(path, pending)? {
                None => true,
                Some(text) => text.is_some_and(|text| {
                    python::parse(&text).is_ok_and(|module| !module.too_deep && module.errors.is_empty())
                        && python::is_strictly_valid(&text)
                }),
            };
            if let (false, Some(last)) = (parses, pending.remedies.last()) {
                broken.push((path.clone(), last.clone()));
            }
        }
        Ok(broken)
    }

    /// The new text of a file but for keys: `None` nothing changes, `Some(None)` edits overlap.
    fn text_of(&self, path: &RepoPath, pending: &Pending) -> Result<Option<Option<String>>, ComposeError> {
        let old = self.facts.files.get(path).map(|source| source.text.as_str());
        let mut edits = pending.edits.clone();
        let mut text = pending.create.as_ref().map(|(text, _)| text.clone());
        if !pending.server.is_empty() && (self.facts.files.exists(path) || self.wants_conf(pending)) {
            match server::compose(self.facts, path, &pending.server)? {
                ServerFile::New(new) => text = Some(new),
                ServerFile::Edits(more) => edits.extend(more),
            }
        }
        if let (Some(old), false) = (old, edits.is_empty()) {
            match edit::apply(old, &edits) {
                Ok(new) => text = Some(new),
                Err(_) => return Ok(Some(None)),
            }
        }
        if !pending.patterns.is_empty() {
            let patterns: Vec<&str> = pending.patterns.iter().map(String::as_str).collect();
            let dialect = if path.name() == ".dockerignore" { ignore::Dialect::Docker } else { ignore::Dialect::Git };
            if let Some(new) = ignore::add(text.as_deref().or(old), &patterns, dialect) {
                text = Some(new);
            }
        }
        Ok(text.map(Some))
    }

    /// A stop without key alone makes no file.
    fn wants_conf(&self, pending: &Pending) -> bool {
        pending.server.iter().any(|item| !matches!(item, ServerItem::StopWithoutKey))
    }

    /// Renders every file into the draft, keys included.
    pub(super) fn finish(self, draft: &mut Draft, reveal: bool, key_for: KeyFor<'_>) -> Result<(), ComposeError> {
        for (path, pending) in &self.files {
            let old = self.facts.files.get(path);
            let mut text = self.text_of(path, pending)?.flatten().map(Zeroizing::new);
            let mut phase = if path.name() == ".gitignore" { Phase::Ignore } else { Phase::Code };
            if !pending.keys.is_empty() {
                phase = Phase::Secret;
                self.put_keys(path, &pending.keys, &mut text, draft, key_for)?;
            }
            let new_mode = self.mode(path, pending, phase);
            let mode_changes = old.is_some_and(|source| source.mode != new_mode);
            let after = match (text, old) {
                (Some(text), _) => text,
                (None, Some(source)) if mode_changes => Zeroizing::new(source.text.clone()),
                _ => continue,
            };
            if !mode_changes && old.is_some_and(|source| source.text == *after) {
                continue;
            }
            draft.files.push(change(path, old, after, new_mode, phase, reveal, &pending.remedies));
        }
        draft.untracked = self.untracked.into_iter().collect();
        draft.secrets.extend(self.kept.into_iter().map(outside));
        draft.files.sort_by(|a, b| (a.phase, &a.path).cmp(&(b.phase, &b.path)));
        Ok(())
    }

    fn put_keys(
        &self,
        path: &RepoPath,
        names: &[String],
        text: &mut Option<Zeroizing<String>>,
        draft: &mut Draft,
        key_for: KeyFor<'_>,
    ) -> Result<(), ComposeError> {
        let known = self.facts.env_files.iter().find(|file| file.path == *path);
        for name in names {
            let before =
                text.as_ref().map(|text| text.as_str()).or_else(|| self.facts.files.get(path).map(|s| s.text.as_str()));
            let key = key_for(path, name)?;
            // One heading for all keys of a run.
            let comment = (!before.is_some_and(|text| text.contains(env_file::COMMENT))).then_some(env_file::COMMENT);
            let rendered = dotenv::render(before, name, &key, comment)
                .map_err(|error| ComposeError::EnvFile { path: path.clone(), reason: error.to_string() })?;
            let Some(rendered) = rendered else { continue };
            if known.is_some_and(|file| file.tracked) && !self.untracked.contains(path) {
                return Err(ComposeError::TrackedEnvFile { path: path.clone() });
            }
            *text = Some(rendered);
            draft.secrets.push(SecretChange {
                name: name.clone(),
                place: path.to_string(),
                held: Held::File(path.clone()),
            });
        }
        Ok(())
    }

    fn mode(&self, path: &RepoPath, pending: &Pending, phase: Phase) -> u32 {
        let present = self.facts.files.get(path).map(|source| source.mode);
        let mode = match (present, phase) {
            // An env file that gets a key is its owner's alone. Where it was closed to others
            // before, its group was given on purpose: a service may read it that way.
            (Some(mode), Phase::Secret) if mode & 0o007 == 0 => mode,
            (Some(mode), Phase::Secret) => mode & 0o700,
            (Some(mode), _) => mode,
            (None, Phase::Secret) => env_file::MODE,
            (None, _) => pending.create.as_ref().map_or(PUBLIC_MODE, |(_, mode)| *mode),
        };
        pending.mode.map_or(mode, |limit| mode & limit)
    }
}

/// A key that is in no file.
fn outside(keep: KeepSecret) -> SecretChange {
    let title = keep.store.info().title;
    let KeepSecret { name, root, store, .. } = keep;
    match keep.item {
        Some(item) => SecretChange {
            name,
            place: format!("{title}, {}", item.shown()),
            held: Held::Store { store, item, root, existing: false, replaced: false },
        },
        None => SecretChange { name, place: "shown one time, not saved".to_owned(), held: Held::Shown { root } },
    }
}

fn push_new<T: Clone + PartialEq>(list: &mut Vec<T>, items: &[T]) {
    for item in items {
        if !list.contains(item) {
            list.push(item.clone());
        }
    }
}

fn change(
    path: &RepoPath,
    old: Option<&SourceFile>,
    after: Zeroizing<String>,
    mode: u32,
    phase: Phase,
    reveal: bool,
    remedies: &[String],
) -> FileChange {
    let new_source = SourceFile::new(path.clone(), after.to_string(), mode);
    let (old_hidden, new_hidden) = (old.map(masks::hidden).unwrap_or_default(), masks::hidden(&new_source));
    let old_side = old.map(|source| Side { text: &source.text, secrets: &old_hidden });
    let diff = diff::unified(path, old_side.as_ref(), &Side { text: &after, secrets: &new_hidden });
    let revealed = reveal.then(|| {
        let bare = old.map(|source| Side { text: &source.text, secrets: &[] });
        Zeroizing::new(diff::unified(path, bare.as_ref(), &Side { text: &after, secrets: &[] }))
    });
    FileChange {
        path: path.clone(),
        before: old.map(|source| Before { hash: source.hash.clone(), mode: source.mode }),
        after,
        mode,
        phase,
        diff,
        revealed,
        remedies: remedies.to_vec(),
    }
}
