//! One env file with some of its values set or dropped, as a change for `apply` to write. A file
//! that git has, or would take, gets no value.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::lang::dotenv::{self, EnvDocument};
use crate::plan::{Before, FileChange, Held, Phase, SecretChange};
use crate::repo::{GitState, Tree, TreeError};
use crate::secret::Secret;
use crate::store::{StoreError, StoreId, env_file};
use crate::text::{ContentHash, RepoPath, TextEdit, edit};

use super::keys::unusable;
use super::{EngineError, ErrorKind};

/// Bytes of an env file that is changed.
const LIMIT: u64 = 1 << 20;

/// An env file while its values are changed.
pub(super) struct EnvText {
    path: RepoPath,
    before: Option<Before>,
    text: Zeroizing<String>,
    /// What was done, a line for each name, without a value.
    done: String,
}

impl EnvText {
    /// Reads the file; one that is not there is empty.
    pub(super) fn open(tree: &Tree, path: &str) -> Result<Self, EngineError> {
        let path = RepoPath::new(path).ok_or_else(|| failed("it has no place in the project".to_owned()))?;
        covered(tree, &path)?;
        let mut text = Zeroizing::new(String::new());
        let before = match tree.read(&path, LIMIT) {
            Ok(file) => {
                let before = Before { hash: ContentHash::of(&file.bytes), mode: file.stat.mode & 0o7777 };
                *text = String::from_utf8(file.bytes).map_err(|_| {
                    unusable(
                        StoreId::EnvFile,
                        &StoreError::unusable(format!("{path} is not UTF-8 text"))
                            .now(format!("save {path} as UTF-8, then type the command again")),
                    )
                })?;
                Some(before)
            }
            Err(TreeError::NotFound { .. }) => None,
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok(Self { path, before, text, done: String::new() })
    }

    pub(super) fn path(&self) -> &RepoPath {
        &self.path
    }

    /// The value a name has now.
    pub(super) fn value(&self, name: &str) -> Option<Arc<Secret>> {
        dotenv::read(&self.text, name)
    }

    /// Gives a name this value, in the place of the one it has.
    pub(super) fn set(&mut self, name: &str, value: &Secret) -> Result<(), EngineError> {
        if self.value(name).is_some() {
            self.text = emptied(&self.text, name).map_err(failed)?;
        }
        let comment = (!self.text.contains(env_file::COMMENT)).then_some(env_file::COMMENT);
        let existing = (self.before.is_some() || !self.text.is_empty()).then(|| self.text.as_str());
        let after = dotenv::render(existing, name, value, comment).map_err(|error| failed(error.to_string()))?;
        self.text = after.ok_or_else(|| failed(format!("{name} stands there in a form that is not rewritten")))?;
        self.done.push_str(&format!("{}: {name} set, value hidden\n", self.path));
        Ok(())
    }

    /// Takes the lines of a name out.
    pub(super) fn drop_name(&mut self, name: &str) -> Result<(), EngineError> {
        self.text = without(&self.text, name).map_err(failed)?;
        self.done.push_str(&format!("{}: {name} taken out\n", self.path));
        Ok(())
    }

    /// The change, for a draft.
    pub(super) fn change(self) -> FileChange {
        let mode = self.before.as_ref().map_or(env_file::MODE, |before| before.mode & 0o770);
        FileChange {
            path: self.path,
            before: self.before,
            after: self.text,
            mode,
            phase: Phase::Secret,
            diff: self.done,
            revealed: None,
            remedies: Vec::new(),
        }
    }
}

/// A key of an env file, for a draft.
pub(super) fn held(path: &RepoPath, name: &str) -> SecretChange {
    SecretChange { name: name.to_owned(), place: path.to_string(), held: Held::File(path.clone()) }
}

/// Whether the file gives a value back.
pub(super) fn read_back(tree: &Tree, path: &RepoPath, name: &str, value: &Secret) -> Result<(), String> {
    let file = tree.read(path, LIMIT).map_err(|error| error.to_string())?;
    let bytes = Zeroizing::new(file.bytes);
    let read = std::str::from_utf8(&bytes).ok().and_then(|text| dotenv::read(text, name));
    match read {
        Some(read) if *read == *value => Ok(()),
        _ => Err(format!("{path} does not give {name} back")),
    }
}

fn failed(why: String) -> EngineError {
    unusable(
        StoreId::EnvFile,
        &StoreError::unusable(why).now("--store keyring   keeps the value outside of the project, or repair the file"),
    )
}

/// The text with the value of a name taken out.
fn emptied(text: &str, name: &str) -> Result<Zeroizing<String>, String> {
    let document = EnvDocument::parse(text).map_err(|error| error.to_string())?;
    let spans = document.all(name).filter_map(|entry| entry.value_span);
    edited(text, spans.map(TextEdit::delete).collect())
}

/// The text without the lines of a name.
fn without(text: &str, name: &str) -> Result<Zeroizing<String>, String> {
    let document = EnvDocument::parse(text).map_err(|error| error.to_string())?;
    let lines = document.all(name).map(|entry| {
        let start = text[..entry.span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[entry.span.end..].find('\n').map_or(text.len(), |at| entry.span.end + at + 1);
        TextEdit::delete(crate::text::Span::new(start, end))
    });
    edited(text, lines.collect())
}

fn edited(text: &str, edits: Vec<TextEdit>) -> Result<Zeroizing<String>, String> {
    edit::apply(text, &edits).map(Zeroizing::new).map_err(|_| "its lines cannot be told apart".to_owned())
}

/// A file that git has, or would take, gets no key.
fn covered(tree: &Tree, path: &RepoPath) -> Result<(), EngineError> {
    let state = GitState::open(tree);
    let Some(git) = state.git() else { return Ok(()) };
    let refused = |why: &str, now: String| {
        Err(EngineError::new(ErrorKind::StoreUnusable, format!("{path} cannot hold the value"))
            .why(why)
            .now(now)
            .now("--store keyring   keeps it outside of the project"))
    };
    if git.is_tracked(path) {
        return refused(
            "git tracks it, so the value would be committed",
            "flask-harden --apply --untrack   stops tracking it; keep a copy on servers that deploy by git pull"
                .to_owned(),
        );
    }
    if !git.is_ignored(path) {
        return refused(
            "git does not ignore it, so the next git add would take it",
            format!("add {path} to .gitignore"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_name_go_and_the_others_stay() {
        let text = "A=1\r\nexport OLD=x,y # note\r\nB=2\nOLD='z'";
        assert_eq!(without(text, "OLD").unwrap().as_str(), "A=1\r\nB=2\n");
        assert_eq!(without(text, "C").unwrap().as_str(), text);
    }
}
