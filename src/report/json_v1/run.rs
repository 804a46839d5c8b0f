//! The parts of the JSON document that `--diff` and `--apply` add: the draft with its masked
//! diffs, and the run.

use std::path::Path;

use serde::Serialize;

use crate::apply::{Action, FileOutcome, Receipt};
use crate::plan::{Conflict, Consequence, Draft, FileChange, HeldBack};
use crate::text::RepoPath;

use super::super::receipt::{next_steps, undo_command};
use super::{RemedyDto, remedy_dto};

#[derive(Serialize)]
pub(super) struct DraftDto<'a> {
    /// Where keys go and why there.
    store: &'a str,
    /// In the order of writing.
    files: Vec<ChangeDto<'a>>,
    new_keys: Vec<KeyDto<'a>>,
    /// Files that git stops tracking.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untracked: Vec<&'a str>,
    remedies: Vec<RemedyDto<'a>>,
    held_back: Vec<HeldBackDto<'a>>,
    /// What a person has to do once the fixes are written.
    steps: Vec<&'a str>,
    conflicts: Vec<ConflictDto<'a>>,
    /// What is proven to change, for each way the app is started.
    consequences: Vec<ConsequenceDto<'a>>,
}

#[derive(Serialize)]
struct ConsequenceDto<'a> {
    target: &'a str,
    production: bool,
    setting: &'a str,
    before: &'a str,
    after: &'a str,
}

#[derive(Serialize)]
struct ChangeDto<'a> {
    path: &'a str,
    created: bool,
    /// Permission bits in octal (`0644`).
    mode: String,
    /// Unified, values hidden.
    diff: &'a str,
    /// Ids of remedies.
    remedies: &'a [String],
}

#[derive(Serialize)]
struct KeyDto<'a> {
    name: &'a str,
    place: &'a str,
}

#[derive(Serialize)]
struct HeldBackDto<'a> {
    #[serde(flatten)]
    remedy: RemedyDto<'a>,
    findings: Vec<String>,
    why: &'a str,
    now: &'a str,
    steps: &'a [String],
}

#[derive(Serialize)]
struct ConflictDto<'a> {
    path: &'a str,
    kept: &'a str,
    refused: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
pub(super) struct RunDto<'a> {
    id: &'a str,
    files: Vec<WrittenDto<'a>>,
    new_keys: Vec<KeyDto<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untracked: Vec<&'a str>,
    undo: String,
}

#[derive(Serialize)]
struct WrittenDto<'a> {
    path: &'a str,
    action: Action,
    mode: String,
}

pub(super) fn draft<'a>(draft: &'a Draft, store: &'a str) -> DraftDto<'a> {
    DraftDto {
        store,
        files: draft.files.iter().map(change).collect(),
        new_keys: draft.secrets.iter().map(|key| KeyDto { name: &key.name, place: &key.place }).collect(),
        untracked: draft.untracked.iter().map(RepoPath::as_str).collect(),
        remedies: draft.applied.iter().map(remedy_dto).collect(),
        held_back: draft.held_back.iter().map(held_back).collect(),
        steps: next_steps(draft),
        conflicts: draft.conflicts.iter().map(conflict).collect(),
        consequences: draft.consequences.iter().map(consequence).collect(),
    }
}

pub(super) fn run<'a>(receipt: &'a Receipt, root: &Path) -> RunDto<'a> {
    RunDto {
        id: receipt.run.as_str(),
        files: receipt.files.iter().map(written).collect(),
        new_keys: receipt.keys.iter().map(|key| KeyDto { name: &key.name, place: &key.place }).collect(),
        untracked: receipt.untracked.iter().map(RepoPath::as_str).collect(),
        undo: undo_command(receipt, root),
    }
}

fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

fn change(file: &FileChange) -> ChangeDto<'_> {
    ChangeDto {
        path: file.path.as_str(),
        created: file.before.is_none(),
        mode: octal(file.mode),
        diff: &file.diff,
        remedies: &file.remedies,
    }
}

fn written(file: &FileOutcome) -> WrittenDto<'_> {
    WrittenDto { path: file.path.as_str(), action: file.action, mode: octal(file.mode) }
}

fn held_back(item: &HeldBack) -> HeldBackDto<'_> {
    HeldBackDto {
        remedy: remedy_dto(&item.remedy),
        findings: item.remedy.findings.iter().map(ToString::to_string).collect(),
        why: &item.why,
        now: &item.now,
        steps: &item.remedy.steps,
    }
}

fn consequence(line: &Consequence) -> ConsequenceDto<'_> {
    ConsequenceDto {
        target: &line.target,
        production: line.production,
        setting: &line.setting,
        before: &line.before,
        after: &line.after,
    }
}

fn conflict(conflict: &Conflict) -> ConflictDto<'_> {
    ConflictDto {
        path: conflict.path.as_str(),
        kept: &conflict.kept,
        refused: &conflict.refused,
        reason: &conflict.reason,
    }
}
