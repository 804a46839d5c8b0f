//! Where a setting goes in a person's code: beside one that is there, in its form; and how this
//! file reads the environment.

use crate::facts::settings::{Form, Holder, is_main_guard};
use crate::facts::{Facts, FileRole, PyFile, Setting, Target};
use crate::lang::python::{
    Stmt, StmtKind, add_after, add_import, add_item_after, bound_at, is_strictly_valid, rebinds,
};
use crate::text::{RepoPath, SourceFile, Span, TextEdit};

/// The file, where it may be edited: read with certainty, and Python 3.
///
/// # Errors
/// Why it must not be edited, in words.
pub fn editable<'f>(facts: &'f Facts, path: &RepoPath) -> Result<(&'f SourceFile, &'f PyFile), String> {
    let source = facts.files.get(path).ok_or_else(|| format!("{path} was not read."))?;
    let file = facts.py(path).ok_or_else(|| format!("{path} was not parsed."))?;
    if file.module.python2 {
        return Err(format!("{path} is Python 2, which is never rewritten."));
    }
    if rebinds(&file.module, "os") {
        return Err(format!("In {path} the name `os` stands for something of its own, so it is not rewritten."));
    }
    if file.module.too_deep || !file.module.errors.is_empty() || !is_strictly_valid(&source.text) {
        return Err(format!("{path} could not be read with certainty, so it is not rewritten."));
    }
    Ok((source, file))
}

/// How a file reaches the environment.
pub struct Reading {
    /// `os.environ.get`, `environ.get`, `getenv`.
    pub get: String,
    /// `import os` has to be added for it.
    pub needs_import: bool,
    /// Every function of the module has `os`, once that import is there.
    pub os_everywhere: bool,
    /// The quotation mark most of the file's literals have.
    pub quote: char,
}

impl Reading {
    /// How code at `at` reaches it: what is imported further down, or in another function, is not
    /// there yet.
    pub fn of(file: &PyFile, source: &SourceFile, at: usize) -> Self {
        let double = source.text.matches('"').count() >= source.text.matches('\'').count();
        let os = bound_at(&file.module, "os", at);
        let os_everywhere = os.as_ref().is_some_and(|os| os.everywhere && os.name == "os");
        let (get, needs_import) = if let Some(os) = os {
            (format!("{}.environ.get", os.name), false)
        } else if let Some(environ) = bound_at(&file.module, "os.environ", at) {
            (format!("{}.get", environ.name), false)
        } else if let Some(getenv) = bound_at(&file.module, "os.getenv", at) {
            (getenv.name.to_owned(), false)
        } else {
            ("os.environ.get".to_owned(), true)
        };
        Self { get, needs_import, os_everywhere: os_everywhere || needs_import, quote: if double { '"' } else { '\'' } }
    }

    /// A text literal in this file's style; `text` holds no quotes and no backslash.
    pub fn literal(&self, text: &str) -> String {
        format!("{0}{text}{0}", self.quote)
    }

    /// An expression that is true where the variable is switched on, and false where it is unset.
    pub fn switch(&self, variable: &str) -> String {
        let words: Vec<String> = ["1", "true", "yes", "on"].iter().map(|word| self.literal(word)).collect();
        format!("{}({}, {}).lower() in ({})", self.get, self.literal(variable), self.literal(""), words.join(", "))
    }

    /// An expression that is false only where the variable is switched off.
    pub fn switch_on(&self, variable: &str) -> String {
        let words: Vec<String> = ["1", "true", "yes", "on"].iter().map(|word| self.literal(word)).collect();
        format!("{}({}, {}).lower() in ({})", self.get, self.literal(variable), self.literal("1"), words.join(", "))
    }

    /// The import this reading needs, if any.
    pub fn import(&self, source: &SourceFile, file: &PyFile) -> Option<TextEdit> {
        self.needs_import.then(|| add_import(source, &file.module, "import os"))
    }
}

/// An edit that sets `key` to the expression beside `anchor`, in the anchor's form.
pub fn beside(
    source: &SourceFile,
    file: &PyFile,
    anchor: &Setting,
    quote: char,
    key: &str,
    expression: &str,
) -> TextEdit {
    match (&anchor.form, &anchor.holder) {
        (Form::Keyword(span), _) => add_item_after(source, *span, &format!("{key}={expression}")),
        (Form::DictItem(span), _) => add_item_after(source, *span, &format!("{quote}{key}{quote}: {expression}")),
        (Form::Item | Form::Attribute | Form::SetDefault, Holder::App(app)) => {
            let line = format!("{app}.config[{quote}{key}{quote}] = {expression}");
            add_after(source, body_statement(&file.module.body, anchor.statement), &[line])
        }
        _ => add_after(source, body_statement(&file.module.body, anchor.statement), &[format!("{key} = {expression}")]),
    }
}

/// The statement directly in the body of the module, class or function that holds `inner`: what
/// stands beside it always runs when the body does.
pub fn body_statement(body: &[Stmt], inner: Span) -> Span {
    let Some(stmt) = body.iter().find(|stmt| stmt.span.contains(inner)) else { return inner };
    match &stmt.kind {
        StmtKind::Class(class) => body_statement(&class.body, inner),
        StmtKind::Function(function) => body_statement(&function.body, inner),
        // Behind the guard may be behind `app.run()`, which does not return.
        _ if is_main_guard(stmt) => stmt
            .blocks()
            .into_iter()
            .find(|block| block.iter().any(|next| next.span.contains(inner)))
            .map_or(stmt.span, |block| body_statement(block, inner)),
        _ => {
            // A class or function below an `if` starts a body of its own.
            for block in stmt.blocks() {
                if let Some(next) = block.iter().find(|next| next.span.contains(inner))
                    && matches!(next.kind, StmtKind::Class(_) | StmtKind::Function(_))
                {
                    return body_statement(block, inner);
                }
            }
            stmt.span
        }
    }
}

/// The setting beside which new ones go on a target: the one that gives SECRET_KEY there, else
/// any that the target is known to take.
pub fn anchor<'f>(facts: &'f Facts, target: &Target) -> Option<&'f Setting> {
    let keys =
        ["SECRET_KEY", "DEBUG", "TESTING", "SQLALCHEMY_DATABASE_URI", "SESSION_COOKIE_NAME", "MAX_CONTENT_LENGTH"];
    let fits =
        |setting: &&Setting| setting.form.takes_neighbours() && crate::repo::role(setting.path()) == FileRole::Source;
    keys.iter().find_map(|key| facts.effective(target, key).setting().filter(fits))
}

/// A line behind the statement that makes the app, for a project without settings.
pub fn after_app(
    facts: &Facts,
    root: &RepoPath,
    quote: char,
    key: &str,
    expression: &str,
) -> Option<(RepoPath, TextEdit)> {
    let app = facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, root))?;
    let source = facts.files.get(&app.path)?;
    let line = format!("{}.config[{quote}{key}{quote}] = {expression}", app.name);
    Some((app.path.clone(), add_after(source, app.statement, &[line])))
}
