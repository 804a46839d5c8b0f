//! The remedy for FH302: `autoescape=select_autoescape()` in the call that makes the environment, with
//! the import. Leaves environments alone whose templates are no pages, or whose values are HTML already.

use super::autoescape_off::{self, Made};
use crate::facts::modules::Modules;
use crate::facts::{Facts, PyFile};
use crate::finding::Finding;
use crate::lang::python::{ExprKind, Stmt, StmtKind, add_after, add_item_after, walk_exprs};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::words::any;
use crate::text::{SourceFile, TextEdit};

const ESCAPED: &str =
    "Values are then escaped in templates named `.html`, `.htm` and `.xml` and in templates made from strings. ";
const MARK_HTML: &str = "A value that is meant to be HTML needs `Markup` or `|safe` from now on.";
const BY_HAND: &str =
    "This file hands its templates a value that is HTML already: mark it with `Markup` or `|safe` in the same step.";

pub(super) fn remedy(facts: &Facts, findings: &[&Finding], _choices: &Choices) -> Vec<Remedy> {
    let modules = Modules::of(facts.own_python());
    let mut remedies: Vec<Remedy> = Vec::new();
    for made in autoescape_off::environments(facts, &modules) {
        let file = modules.scopes[made.scope].file;
        let Some(finding) = findings.iter().find(|finding| finding.key == made.finding.key) else { continue };
        let Some(source) = facts.files.get(&file.path).filter(|_| makes_pages(file)) else { continue };
        let Some(changes) = escaping(&modules, &made, source, file) else { continue };
        let html = hands_over_html(file);
        let known = remedies.iter_mut().find(|remedy| remedy.findings.contains(&finding.key));
        if let Some(remedy) = known {
            // Two environments of one name in a file are one finding.
            if let Some(Change::Edit { edits, .. }) = remedy.changes.first_mut() {
                edits.extend(changes.into_iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
            }
            continue;
        }
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("Escape HTML in the templates of `{}(...)`", made.name),
            reason: format!("{ESCAPED}{}", if html { BY_HAND } else { MARK_HTML }),
            applicability: if html { Applicability::Manual } else { Applicability::Automatic },
            changes: vec![Change::Edit { path: file.path.clone(), edits: changes }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// Whether a file's templates are pages as far as its own words say: no code, queries, settings or
/// mails in plain text.
fn makes_pages(file: &PyFile) -> bool {
    let others = [
        "sql",
        "latex",
        "tex",
        "config",
        "conf",
        "codegen",
        "generator",
        "generate",
        "ansible",
        "nginx",
        "yaml",
        "query",
    ];
    let mut pages = false;
    let mut other = file.path.components().any(|part| any(part, &others));
    walk_exprs(&file.module.body, &mut |expr| {
        let Some(text) = expr.as_str() else { return };
        let lower = text.to_ascii_lowercase();
        pages |= [".html", ".htm", "</"].iter().any(|sign| lower.contains(sign)) || lower == "templates";
        let ends = [
            ".py", ".sql", ".js", ".css", ".json", ".tf", ".go", ".rs", ".java", ".sh", ".j2", ".jinja", ".jinja2",
            ".tpl",
        ];
        other |= ends.iter().any(|end| lower.ends_with(end));
    });
    pages && !other
}

/// Whether the file gives templates values that are HTML already: they would be shown as text.
fn hands_over_html(file: &PyFile) -> bool {
    let mut html = false;
    walk_exprs(&file.module.body, &mut |expr| {
        let Some(call) = expr.as_call() else { return };
        let ExprKind::Attr { name, .. } = &call.func.kind else { return };
        if !matches!(name.as_str(), "render" | "stream" | "generate" | "render_async") {
            return;
        }
        for arg in &call.args {
            html |= arg.name.as_deref().is_some_and(|name| any(name, &["html", "markup", "svg", "rendered"]));
            arg.value.walk(&mut |inner| {
                let named = inner.as_name().is_some_and(|name| any(name, &["html", "markup", "svg", "rendered"]));
                let text = match &inner.kind {
                    ExprKind::FString { text, .. } => text.contains('<'),
                    _ => inner.as_str().is_some_and(|text| text.contains('<')),
                };
                let made = inner.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
                html |= named || text || any(&made, &["markdown", "html", "plot", "figure"]);
            });
        }
    });
    html
}

fn escaping(modules: &Modules<'_>, made: &Made<'_>, source: &SourceFile, file: &PyFile) -> Option<Vec<TextEdit>> {
    let (name, import) = imported(modules, made, source, file)?;
    let value = format!("{name}()");
    let mut changes = Vec::new();
    match made.call.keyword("autoescape") {
        Some(arg) => changes.push(TextEdit::replace(arg.value.span, value)),
        None => changes.push(match made.call.args.last() {
            Some(last) => add_item_after(source, last.span, &format!("autoescape={value}")),
            None => TextEdit::replace(made.call.args_span, format!("(autoescape={value})")),
        }),
    }
    changes.extend(import);
    Some(changes)
}

/// How `select_autoescape` is written in this file, and the edit that makes it known there.
fn imported(
    modules: &Modules<'_>,
    made: &Made<'_>,
    source: &SourceFile,
    file: &PyFile,
) -> Option<(String, Option<TextEdit>)> {
    const NAME: &str = "select_autoescape";
    // `jinja2.Environment(…)` with `import jinja2`, under whichever name.
    if let Some((module, _)) = made.name.rsplit_once('.')
        && modules.absolute(made.scope, module) == "jinja2"
    {
        return Some((format!("{module}.{NAME}"), None));
    }
    if modules.absolute(made.scope, NAME) == "jinja2.select_autoescape" {
        return Some((NAME.to_owned(), None));
    }
    if modules.find(made.scope, NAME).is_some() {
        return None;
    }
    let stmt = file.module.body.iter().find(|stmt| imports_from_jinja(stmt))?;
    let StmtKind::ImportFrom(from) = &stmt.kind else { return None };
    let text = stmt.span.of(&source.text);
    let plain = from.module == "jinja2" && !text.contains(['(', '\\', ';', '#']) && !from.star;
    let edit = if plain {
        TextEdit::insert(stmt.span.end, format!(", {NAME}"))
    } else {
        add_after(source, stmt.span, &[format!("from jinja2 import {NAME}")])
    };
    Some((NAME.to_owned(), Some(edit)))
}

fn imports_from_jinja(stmt: &Stmt) -> bool {
    matches!(&stmt.kind, StmtKind::ImportFrom(from) if from.level == 0 && from.module.split('.').next() == Some("jinja2"))
}
