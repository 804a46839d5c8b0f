//! The gunicorn configuration: one file from the items of all accepted remedies.

use crate::facts::Facts;
use crate::lang::python::{add_import, bound_at};
use crate::remedy::ServerItem;
use crate::templates::{DefaultVariable, GunicornConf};
use crate::text::{RepoPath, TextEdit};

use super::compose::ComposeError;

/// Workers and threads of a configuration for a project that gunicorn does not start yet.
const WORKERS: u32 = 2;
const THREADS: u32 = 4;

/// What becomes of a configuration file.
pub(super) enum ServerFile {
    New(String),
    Edits(Vec<TextEdit>),
}

/// The text of a new file, or the edits of the one that is there.
pub(super) fn compose(facts: &Facts, path: &RepoPath, items: &[ServerItem]) -> Result<ServerFile, ComposeError> {
    if facts.files.exists(path) {
        return Ok(ServerFile::Edits(edits(facts, path, items)));
    }
    let defaults: Vec<DefaultVariable<'_>> = items
        .iter()
        .filter_map(|item| match item {
            ServerItem::Env { name, value, why } => Some(DefaultVariable { name, value, why }),
            _ => None,
        })
        .collect();
    let conf = GunicornConf {
        defaults: &defaults,
        stop_without: items.contains(&ServerItem::StopWithoutKey).then_some("SECRET_KEY"),
    };
    let known = items.contains(&ServerItem::Limits { gunicorn_known: true });
    let text = if known { conf.added_file() } else { conf.new_file(WORKERS, THREADS) };
    text.map(ServerFile::New).map_err(|error| ComposeError::Template(error.to_string()))
}

/// Lines for variables that the existing file does not set yet. Limits and hooks of a person's
/// own file are theirs.
fn edits(facts: &Facts, path: &RepoPath, items: &[ServerItem]) -> Vec<TextEdit> {
    let (Some(source), Some(file)) = (facts.files.get(path), facts.py(path)) else {
        return Vec::new();
    };
    let Some(conf) = facts.server_confs.iter().find(|conf| conf.path == *path) else { return Vec::new() };
    let newline = source.newline();
    let mut lines = String::new();
    let imported = bound_at(&file.module, "os", conf.after_imports);
    let os = imported.as_ref().map_or("os", |os| os.name);
    for item in items {
        let ServerItem::Env { name, value, why } = item else { continue };
        if conf.env.iter().any(|var| var.name == *name) {
            continue;
        }
        lines.push_str(&format!("{newline}# {why}{newline}{os}.environ.setdefault(\"{name}\", \"{value}\"){newline}"));
    }
    if lines.is_empty() {
        return Vec::new();
    }
    let mut edits = Vec::new();
    let at = if conf.after_imports == 0 { None } else { Some(source.after_line(conf.after_imports - 1)) };
    if imported.is_none() {
        edits.push(add_import(source, &file.module, "import os"));
    }
    match at {
        Some(at) if source.text[..at].ends_with('\n') => edits.push(TextEdit::insert(at, lines)),
        Some(at) => edits.push(TextEdit::insert(at, format!("{newline}{lines}"))),
        // Without imports the lines go behind the one that is added at the same place.
        None => match edits.first_mut() {
            Some(import) => {
                import.text = format!(
                    "{}{}{newline}",
                    import.text.trim_end_matches(['\r', '\n']),
                    format_args!("{newline}{lines}")
                )
            }
            None => edits.push(TextEdit::insert(0, lines)),
        },
    }
    edits
}
