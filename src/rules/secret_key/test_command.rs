//! Commands of the project that run its tests in their own process: `python manage.py test`. They
//! import the app before any test file could set a variable, so the tests' key is set there.

use super::tests_key::{first_own_import, has_import, quote_of, sets};
use crate::facts::{Facts, PyFile};
use crate::lang::python::{Expr, ExprKind, StmtKind, add_import, walk_exprs};
use crate::remedy::Change;
use crate::rules::place::editable;
use crate::text::{RepoPath, TextEdit};

/// Calls that find and run tests.
const RUNNERS: &[&str] = &["discover", "loadTestsFromNames", "loadTestsFromName", "loadTestsFromModule"];
const RUNNER_ORIGINS: &[&str] = &["pytest.main", "unittest.main", "nose.run", "nose.main"];

/// The variable for the tests alone, set where a command runs them.
pub(super) fn changes(facts: &Facts, root: &RepoPath, variable: &str, value: &str) -> Vec<Change> {
    let own = facts.own_python().filter(|file| facts.same_project(&file.path, root));
    own.filter_map(|file| change(facts, file, variable, value)).collect()
}

/// Whether a command runs the tests where no line of its file comes before the app's own modules:
/// `flask test`, which has imported the app when it finds the command.
pub(super) fn comes_first(facts: &Facts, root: &RepoPath) -> bool {
    let mut own = facts.own_python().filter(|file| facts.same_project(&file.path, root));
    own.any(|file| !commands(facts, file).is_empty() && first_own_import(facts, file).is_none())
}

fn change(facts: &Facts, file: &PyFile, variable: &str, value: &str) -> Option<Change> {
    let mut commands = commands(facts, file);
    commands.sort();
    commands.dedup();
    let import = first_own_import(facts, file).filter(|_| !commands.is_empty())?;
    let (source, file) = editable(facts, &file.path).ok()?;
    if sets(source, variable) {
        return None;
    }
    let at = source.line_span(import.span.start).start;
    let mut edits = Vec::new();
    let mut lines = String::new();
    let newline = source.newline();
    for module in ["os", "sys"].into_iter().filter(|module| !has_import(file, module, import.span.start)) {
        let top = add_import(source, &file.module, &format!("import {module}"));
        if top.span.start < at {
            edits.push(top);
        } else {
            lines.push_str(&format!("import {module}{newline}"));
        }
    }
    if !lines.is_empty() {
        lines.push_str(newline);
    }
    let quote = quote_of(source);
    let words: Vec<String> = commands.iter().map(|command| format!("{quote}{command}{quote}")).collect();
    let test = match words.as_slice() {
        [one] => format!("{one} in sys.argv[1:]"),
        all => format!("{{{}}} & set(sys.argv[1:])", all.join(", ")),
    };
    let lead = if at > 0 && !source.text[..at].ends_with(&format!("{newline}{newline}")) { newline } else { "" };
    let lines = format!(
        "{lead}{lines}if {test}:{newline}    os.environ.setdefault({quote}{variable}{quote}, {quote}{value}{quote}){newline}{newline}"
    );
    edits.push(TextEdit::insert(at, lines));
    Some(Change::Edit { path: file.path.clone(), edits })
}

/// The names of the commands of a file that run tests.
fn commands(facts: &Facts, file: &PyFile) -> Vec<String> {
    let mut found = Vec::new();
    let Some(names) = facts.names.get(&file.path) else { return found };
    for stmt in &file.module.body {
        let StmtKind::Function(function) = &stmt.kind else { continue };
        let named = function.decorators.iter().find_map(command_name);
        let Some(name) = named.map(|name| name.unwrap_or_else(|| function.name.clone())) else { continue };
        let mut runs = false;
        walk_exprs(&function.body, &mut |expr| {
            let ExprKind::Call(call) = &expr.kind else { return };
            let method = match &call.func.kind {
                ExprKind::Attr { name, .. } => RUNNERS.contains(&name.as_str()),
                _ => false,
            };
            runs |= method || names.resolve(&call.func).is_some_and(|func| RUNNER_ORIGINS.contains(&func.as_str()));
        });
        if runs {
            found.push(name);
        }
    }
    found
}

/// Whether a decorator makes a command (`@manager.command`, `@app.cli.command("test")`), and the
/// name it gives it.
#[allow(clippy::option_option)] // a command with or without a name of its own
fn command_name(decorator: &Expr) -> Option<Option<String>> {
    let is_command = |expr: &Expr| expr.dotted().is_some_and(|name| name.ends_with(".command"));
    match &decorator.kind {
        ExprKind::Call(call) if is_command(&call.func) => {
            Some(call.positional(0).and_then(Expr::as_str).map(str::to_owned))
        }
        _ => is_command(decorator).then_some(None),
    }
}
