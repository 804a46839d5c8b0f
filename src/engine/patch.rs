//! One fix by itself: what it changes in each file, line by line with values masked, and the
//! texts that a person may edit in its place.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::facts::masks;
use crate::plan::{self, Composing, Decision, Decisions, FileChange, Phase};
use crate::remedy::{Change, Remedy};
use crate::secret::generate::{OsRandom, new_key};
use crate::text::diff::{self, Row, Side};
use crate::text::{RepoPath, SourceFile};

use super::{EngineError, Plan, Request, Scan, checked_draft};

/// One fix by itself. Holds texts that may contain secrets: no `Debug`.
pub struct Patch {
    /// The remedy it writes.
    pub remedy: String,
    pub files: Vec<PatchFile>,
    /// New keys: the variable, and where it will be.
    pub keys: Vec<(String, String)>,
    /// Why it cannot be written by itself, where it cannot.
    pub problem: Option<String>,
}

/// One file of a patch.
pub struct PatchFile {
    pub path: RepoPath,
    /// Permission bits before; nothing where the file is new.
    pub before: Option<u32>,
    pub mode: u32,
    /// Every line of both sides, secrets masked.
    pub rows: Vec<Row>,
    /// The whole file with this fix alone, where a person may write it in the fix's place.
    pub editable: Option<Zeroizing<String>>,
}

/// Each fix of a plan that writes something, by itself, in the order of the plan.
pub(super) fn patches(scan: &Scan, plan: &Plan) -> Vec<Patch> {
    let writes = plan.remedies.iter().filter(|remedy| !remedy.changes.is_empty());
    writes.map(|remedy| patch(scan, remedy, Decision::Accept)).collect()
}

fn patch(scan: &Scan, remedy: &Remedy, decision: Decision) -> Patch {
    let mut decisions = Decisions::default();
    decisions.set(&remedy.id, decision);
    let alone = [Remedy { needs: Vec::new(), ..remedy.clone() }];
    let withheld = BTreeMap::new();
    let composing =
        Composing { facts: &scan.facts, remedies: &alone, decisions: &decisions, withheld: &withheld, reveal: false };
    let mut patch = Patch { remedy: remedy.id.clone(), files: Vec::new(), keys: Vec::new(), problem: None };
    match plan::compose(&composing, &mut |_, _| new_key(&mut OsRandom)) {
        Ok((draft, _)) => {
            patch.problem = draft.conflicts.first().map(|conflict| format!("{}: {}", conflict.path, conflict.reason));
            patch.keys = draft.secrets.iter().map(|key| (key.name.clone(), key.place.clone())).collect();
            // The file of the finding first, then other code: it is what a person reviews.
            let mut files = draft.files;
            let of_finding = |file: &FileChange| remedy.findings.iter().any(|key| key.path == file.path.as_str());
            files.sort_by_key(|file| (!of_finding(file), std::cmp::Reverse(file.phase)));
            patch.files = files.into_iter().map(|file| view(scan, remedy, file)).collect();
        }
        Err(error) => patch.problem = Some(error.to_string()),
    }
    patch
}

fn view(scan: &Scan, remedy: &Remedy, file: FileChange) -> PatchFile {
    let old = scan.facts.files.get(&file.path);
    let new = SourceFile::new(file.path.clone(), file.after.to_string(), file.mode);
    let (old_hidden, new_hidden) = (old.map(masks::hidden).unwrap_or_default(), masks::hidden(&new));
    let old_side = old.map(|source| Side { text: &source.text, secrets: &old_hidden });
    let rows = diff::rows(old_side.as_ref(), &Side { text: &new.text, secrets: &new_hidden });
    let by_hand = file.phase != Phase::Secret && is_editable(remedy, &file.path);
    PatchFile {
        path: file.path,
        before: file.before.map(|before| before.mode),
        mode: file.mode,
        rows,
        editable: by_hand.then_some(file.after),
    }
}

/// Whether all that a fix does to a file are edits or its creation.
fn is_editable(remedy: &Remedy, file: &RepoPath) -> bool {
    let touches = |change: &Change| match change {
        Change::Edit { path, .. } | Change::Create { path, .. } => (path == file).then_some(true),
        Change::Chmod { path, .. } => (path == file).then_some(false),
        Change::Ignore { file: path, .. } | Change::PutSecret { file: path, .. } => (path == file).then_some(false),
        Change::ServerStart { conf, .. } => (conf == file).then_some(false),
        Change::KeepSecret(_) | Change::Untrack { .. } => None,
    };
    let mut of_file = remedy.changes.iter().filter_map(touches).peekable();
    of_file.peek().is_some() && of_file.all(|by_hand| by_hand)
}

/// A fix as a person wrote it: what it changes now, or why it cannot be taken.
///
/// # Errors
/// The files do not parse any more, or the finding is still there.
pub(super) fn edited_patch(
    scan: &Scan,
    plan: &Plan,
    request: &Request,
    id: &str,
    texts: &BTreeMap<RepoPath, String>,
) -> Result<Patch, EngineError> {
    let refused = |why: String| {
        EngineError::new(super::ErrorKind::WriteRefused, "the edited patch cannot be taken")
            .why(why)
            .now("edit it again, or accept or skip it as it was")
    };
    let mut decisions = Decisions::default();
    let mut open = vec![id.to_owned()];
    while let Some(next) = open.pop() {
        let Some(remedy) = plan.remedies.iter().find(|known| known.id == next) else { continue };
        if !decisions.accepts(&next) {
            decisions.set(&next, Decision::Accept);
            open.extend(remedy.needs.iter().cloned());
        }
    }
    let edited = Decision::Edited(texts.clone());
    decisions.set(id, edited.clone());
    let draft = checked_draft(scan, plan, request, &decisions)?;
    let Some(remedy) = draft.applied.iter().find(|remedy| remedy.id == id) else {
        let conflict = draft.conflicts.iter().find(|conflict| conflict.refused == id);
        let held = draft.held_back.iter().find(|held| held.remedy.id == id);
        let why = conflict.map(|conflict| format!("{}: {}", conflict.path, conflict.reason));
        return Err(refused(why.or_else(|| held.map(|held| held.why.clone())).unwrap_or_default()));
    };
    let patch = patch(scan, remedy, edited);
    match &patch.problem {
        Some(problem) => Err(refused(problem.clone())),
        None => Ok(patch),
    }
}
