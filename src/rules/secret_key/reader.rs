//! The function that reads a key from the env file, in a file whose app does not load it: where it
//! goes, and the import it needs.

pub(super) use crate::facts::values::OWN_READER as READER;
use crate::facts::{PyFile, Setting};
use crate::lang::python::{Module, StmtKind, add_import, after_imports};
use crate::rules::place::Reading;
use crate::templates;
use crate::text::{RepoPath, SourceFile, TextEdit};

/// The edits that make the function and `os` available to a setting: behind the imports, with two
/// blank lines around, as a person would put it.
///
/// # Errors
/// Where the template cannot be filled.
pub(super) fn add(
    source: &SourceFile,
    file: &PyFile,
    setting: &Setting,
    env_file: &RepoPath,
    read: &Reading,
) -> Result<Vec<TextEdit>, String> {
    let module = &file.module;
    let has_reader = has_reader(module);
    let import = read.needs_import.then(|| add_import(source, module, "import os"));
    if has_reader {
        return Ok(import.into_iter().collect());
    }
    let newline = source.newline();
    let relative = env_file.relative_from(&source.path.parent());
    let import_os = !read.os_everywhere;
    let code = templates::env_file_reader(READER, &relative, import_os).map_err(|error| error.to_string())?;
    let code = code.trim_end().replace('\n', newline);
    let end = after_imports(module);
    let too_late = end > setting.statement.start && setting.function.is_none();
    let only_docstring = module.body.first().is_some_and(|stmt| stmt.span.end == end && !is_import(&stmt.kind));
    if end == 0 || too_late || only_docstring {
        return Ok(before_code(source, module, import, &code));
    }
    let at = source.after_line(end.saturating_sub(1));
    let lead = if source.text[..at].ends_with('\n') { newline.repeat(2) } else { newline.repeat(3) };
    let text = format!("{lead}{code}{newline}{}", newline.repeat(2 - blank_lines(source, at)));
    let mut edits: Vec<TextEdit> = import.into_iter().collect();
    edits.push(TextEdit::insert(at, text));
    Ok(edits)
}

/// Whether a file has the function.
pub(super) fn has_reader(module: &Module) -> bool {
    module.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Function(function) if function.name == READER))
}

fn is_import(kind: &StmtKind) -> bool {
    !matches!(kind, StmtKind::Expr(_))
}

/// The blank lines that follow a place, two at most.
fn blank_lines(source: &SourceFile, at: usize) -> usize {
    let following = source.text[at..].split('\n').take_while(|line| line.trim().is_empty()).count();
    following.min(2)
}

/// Import and function where no import stands above the setting. The import is an edit of its own:
/// another fix in the file may need it too.
fn before_code(source: &SourceFile, module: &Module, import: Option<TextEdit>, code: &str) -> Vec<TextEdit> {
    let newline = source.newline();
    match import {
        Some(import) => {
            let ends =
                import.text.chars().rev().take_while(|c| matches!(c, '\r' | '\n')).filter(|c| *c == '\n').count();
            let blank = 3_usize.saturating_sub(ends);
            let code =
                TextEdit::insert(import.span.start, format!("{}{code}{}", newline.repeat(blank), newline.repeat(3)));
            vec![import, code]
        }
        None => {
            // `os` is there already: an `import` that stands behind the setting's own statement.
            let first = module.body.first().map_or(0, |stmt| source.line_span(stmt.span.start).start);
            let bom = if first == 0 && source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { first };
            vec![TextEdit::insert(bom, format!("{code}{0}{0}{0}", newline))]
        }
    }
}
