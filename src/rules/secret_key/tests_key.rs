//! A key for the project's own tests, where they lived on the literal that is taken away: in a
//! fresh clone, without env file and variable, they must pass as before.

use super::tests_expect as expect;
use crate::facts::holders::HolderRef;
use crate::facts::names::module_file;
use crate::facts::settings::Holder;
use crate::facts::values::{EnvReader, Value};
use crate::facts::{Facts, FileRole, PyFile, Setting};
use crate::lang::python::{Stmt, StmtKind, add_after, add_import, after_imports, is_strictly_valid, walk_stmts};
use crate::remedy::Change;
use crate::rules::place::editable;
use crate::text::{RepoPath, SourceFile, Span, TextEdit};

/// Most test files that are given a line each, where no file is loaded before them all.
const MOST_FILES: usize = 5;

/// The changes that give the tests a key of their own: in the testing class that inherits the
/// key, else in the file that is loaded before the tests.
///
/// # Errors
/// Why a testing class cannot be edited.
pub(super) fn changes(facts: &Facts, setting: &Setting, variable: &str) -> Result<Vec<Change>, String> {
    if expect::other_configurations(facts, setting) {
        let mut found = variable_for_all(facts, setting, variable)?;
        if !found.is_empty() {
            // What a command imported before the test files keeps what it read then.
            if super::test_command::comes_first(facts, &facts.project_root(setting.path())) {
                found.extend(in_classes(facts, setting)?.unwrap_or_default());
            }
            return Ok(found);
        }
    }
    match in_classes(facts, setting)? {
        Some(changes) => Ok(changes),
        None => variable_for_all(facts, setting, variable),
    }
}

/// The key in the testing classes that inherit it; `None` where there are no such classes.
fn in_classes(facts: &Facts, setting: &Setting) -> Result<Option<Vec<Change>>, String> {
    let value = expect::value(facts, setting)?;
    let mut changes = Vec::new();
    let mut has_class = false;
    for class in testing_classes(facts, setting) {
        has_class = true;
        let inherits = facts.in_holder(class, &setting.key).is_some_and(|found| std::ptr::eq(found, setting));
        if !inherits {
            continue;
        }
        if setting.value.env().is_some_and(|read| read.reader == EnvReader::Pydantic) {
            return Err("A settings class for tests derives from this one and lives on the literal.".to_owned());
        }
        let (source, file) = editable(facts, &class.path)?;
        let Some(anchor) = class_anchor(file, class.class.as_deref().unwrap_or_default()) else { continue };
        let quote = quote_of(source);
        let line = format!("{} = {}{quote}{value}{quote}", setting.key, bytes_prefix(setting));
        changes.push(Change::Edit { path: class.path.clone(), edits: vec![add_after(source, anchor, &[line])] });
    }
    Ok(has_class.then_some(changes))
}

/// The variable, set before any test runs.
fn variable_for_all(facts: &Facts, setting: &Setting, variable: &str) -> Result<Vec<Change>, String> {
    let root = facts.project_root(setting.path());
    let value = expect::value(facts, setting)?;
    let files = bootstrap(facts, &root).into_iter().filter_map(|file| set_variable(facts, file, variable, &value));
    let mut changes: Vec<Change> = files.collect();
    changes.extend(super::test_command::changes(facts, &root, variable, &value));
    Ok(changes)
}

/// `b` where the key is bytes: other users of it may need the type it has.
fn bytes_prefix(setting: &Setting) -> &'static str {
    match setting.value.literal().map(|literal| &literal.value) {
        Some(Value::Text { bytes: true, .. }) => "b",
        _ => "",
    }
}

/// The testing classes that derive from the class the setting stands in.
fn testing_classes<'f>(facts: &'f Facts, setting: &Setting) -> Vec<&'f HolderRef> {
    let Holder::Class(class) = &setting.holder else { return Vec::new() };
    let me = HolderRef { path: setting.path().clone(), class: Some(class.clone()) };
    let subclasses = facts.holders.subclasses(&me).into_iter();
    subclasses.filter(|class| facts.is_own(&class.path) && facts.is_testing_class(class)).collect()
}

/// The statement of a class behind which a setting goes: `TESTING = True`, else the first one.
fn class_anchor(file: &PyFile, class: &str) -> Option<Span> {
    let mut found = None;
    walk_stmts(&file.module.body, &mut |stmt| {
        let StmtKind::Class(def) = &stmt.kind else { return };
        if def.name != class {
            return;
        }
        let testing = def.body.iter().find(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().any(|target| target.as_name() == Some("TESTING")),
            _ => false,
        });
        found = testing.or_else(|| def.body.first()).map(|stmt| stmt.span);
    });
    found
}

/// The files that are loaded before the app when the tests run: `conftest.py`, the tests'
/// `__init__.py`, else every test file that imports the project, where they are few.
fn bootstrap<'f>(facts: &'f Facts, root: &RepoPath) -> Vec<&'f PyFile> {
    let tests = || expect::test_files(facts, root);
    let shallow =
        |name: &str| tests().filter(|file| file.path.name() == name).min_by_key(|file| file.path.components().count());
    if let Some(conftest) = shallow("conftest.py") {
        return vec![conftest];
    }
    let modules: Vec<&PyFile> =
        tests().filter(|file| file.path.name() != "__init__.py" && first_own_import(facts, file).is_some()).collect();
    let package = shallow("__init__.py")
        .filter(|init| !modules.is_empty() && modules.iter().all(|file| file.path.is_below(&init.path.parent())));
    // `unittest discover tests` loads the files without their package, unless one needs it.
    let loaded = modules.iter().any(|file| loads_its_package(file));
    match package {
        Some(init) if loaded || modules.len() > MOST_FILES => vec![init],
        _ if modules.len() <= MOST_FILES => modules,
        _ => Vec::new(),
    }
}

/// Whether a test file only runs with its package: it imports from it, or pytest runs it.
fn loads_its_package(file: &PyFile) -> bool {
    file.module.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Import(imports) => imports.iter().any(|import| import.path == "pytest"),
        StmtKind::ImportFrom(from) => from.level > 0 || from.module == "pytest",
        _ => false,
    })
}

/// The first statement at the top level that imports something of the project.
pub(super) fn first_own_import<'f>(facts: &Facts, file: &'f PyFile) -> Option<&'f Stmt> {
    let own = |module: &str| {
        module_file(&facts.files, &file.path, module)
            .is_some_and(|path| facts.py(&path).is_some_and(|f| f.role == FileRole::Source))
    };
    file.module.body.iter().find(|stmt| match &stmt.kind {
        StmtKind::Import(imports) => imports.iter().any(|import| own(&import.path)),
        StmtKind::ImportFrom(from) => {
            let module = format!("{}{}", ".".repeat(from.level), from.module);
            own(&module) || from.names.iter().any(|import| own(&format!("{module}.{}", import.path)))
        }
        _ => false,
    })
}

/// Sets the variable, unless it is set, before the project is imported. Nothing where the file
/// speaks of it already or cannot be edited with certainty.
fn set_variable(facts: &Facts, file: &PyFile, variable: &str, value: &str) -> Option<Change> {
    let source = facts.files.get(&file.path)?;
    let certain = !file.module.python2
        && !file.module.too_deep
        && file.module.errors.is_empty()
        && is_strictly_valid(&source.text);
    if !certain || expect::gives(file, variable) {
        return None;
    }
    let newline = source.newline();
    let quote = quote_of(source);
    let import = first_own_import(facts, file);
    let end = import.map_or(after_imports(&file.module), |stmt| stmt.span.start);
    let os_above = has_import(file, "os", end);
    let line = format!("os.environ.setdefault({quote}{variable}{quote}, {quote}{value}{quote}){newline}");
    // The import is an edit of its own: two keys need it once.
    let (at, before, after) = match import {
        Some(stmt) => (source.line_span(stmt.span.start).start.max(bom(source)), "", newline),
        None if end == 0 => (bom(source), "", if source.text.trim().is_empty() { "" } else { newline }),
        None => (source.after_line(end - 1), newline, ""),
    };
    let open_line =
        if at > 0 && import.is_none() && end > 0 && !source.text[..at].ends_with('\n') { newline } else { "" };
    let mut edits = Vec::new();
    if !os_above {
        let top = add_import(source, &file.module, "import os");
        let above = import.is_some_and(|stmt| top.span.start < source.line_span(stmt.span.start).start);
        let gap = if before.is_empty() { newline } else { "" };
        edits.push(if above {
            top
        } else {
            TextEdit::insert(at, format!("{open_line}{before}import os{newline}{gap}"))
        });
    }
    let open_line = if edits.is_empty() { open_line } else { "" };
    let blank = format!("{newline}{newline}");
    let crowded = import.is_some()
        && at > bom(source)
        && !source.text[..at].ends_with(&blank)
        && edits.iter().all(|edit: &TextEdit| edit.span.start != at);
    let before = if crowded { newline } else { before };
    let edit = TextEdit::insert(at, format!("{open_line}{before}{line}{after}"));
    edits.push(edit);
    Some(Change::Edit { path: file.path.clone(), edits })
}

/// Whether a file imports a module, by its own name, before a place.
pub(super) fn has_import(file: &PyFile, module: &str, before: usize) -> bool {
    file.module.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Import(imports) => {
            stmt.span.end <= before && imports.iter().any(|import| import.path == module && import.alias.is_none())
        }
        _ => false,
    })
}

/// Whether a file gives a variable a value already.
pub(super) fn sets(source: &SourceFile, variable: &str) -> bool {
    source.text.contains(&format!("environ.setdefault(\"{variable}\""))
        || source.text.contains(&format!("environ.setdefault('{variable}'"))
        || source.text.contains(&format!("environ[\"{variable}\"] ="))
        || source.text.contains(&format!("environ['{variable}'] ="))
}

/// Offset behind a byte-order mark.
fn bom(source: &SourceFile) -> usize {
    if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// The quotation mark most of the file's literals have.
pub(super) fn quote_of(source: &SourceFile) -> char {
    if source.text.matches('"').count() >= source.text.matches('\'').count() { '"' } else { '\'' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Syntax;

    #[test]
    fn a_test_file_may_be_loaded_without_its_package() {
        for (text, expected) in [
            ("from .base import Base\nfrom app import app\n", true),
            ("import pytest\nfrom app import app\n", true),
            // `python -m unittest discover tests` never runs tests/__init__.py.
            ("import unittest\nfrom app import app\n", false),
        ] {
            let path = RepoPath::new("tests/test_a.py").unwrap();
            let file = PyFile { path, role: FileRole::Test, module: Syntax::of(text) };
            assert_eq!(loads_its_package(&file), expected, "{text}");
        }
    }
}
