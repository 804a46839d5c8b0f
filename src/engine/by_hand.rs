//! A patch in the person's editor: each file as the fix would leave it, and what the person makes
//! of it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::apply::Scratch;
use crate::text::RepoPath;
use crate::text::diff::RowKind;

use super::patch::Patch;

/// Opens a file at a line; `Ok(false)` means that the editor did not end well, so that nothing
/// counts.
pub type OpenFile<'a> = &'a mut dyn FnMut(&Path, Option<usize>) -> Result<bool, String>;

/// The texts that were changed, by file; empty where none was.
///
/// # Errors
/// In words, where a file cannot be handed over or read back.
pub fn by_hand(root: &Path, patch: &Patch, open: OpenFile<'_>) -> Result<BTreeMap<RepoPath, String>, String> {
    let mut texts = BTreeMap::new();
    for file in &patch.files {
        let Some(text) = &file.editable else { continue };
        let scratch = Scratch::new(root, file.path.name(), text).map_err(|error| error.to_string())?;
        let changed = file.rows.iter().find(|row| row.kind != RowKind::Same);
        if !open(scratch.path(), changed.and_then(|row| row.new.or(row.old)))? {
            return Ok(BTreeMap::new());
        }
        let new = scratch.read().map_err(|error| error.to_string())?;
        if new != **text {
            texts.insert(file.path.clone(), new);
        }
    }
    Ok(texts)
}
