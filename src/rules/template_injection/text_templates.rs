//! `|safe` in template text that stands in Python: `render_template_string("{{ note|safe }}", note=note)`.

use std::collections::BTreeMap;

use super::value::{Project, Verdict, last_name};
use super::{html, people};
use crate::facts::Facts;
use crate::lang::jinja::{self, TagKind};
use crate::lang::python::{Call, Expr, ExprKind, Str, walk_exprs};
use crate::rules::assigned::assigned_in;
use crate::text::{Location, Span};

/// A value that such a text prints as it is, and what people write in it.
pub(super) struct Printed {
    pub(super) subject: String,
    pub(super) at: Location,
}

/// Every one of the project's own code.
pub(super) fn printed(facts: &Facts, project: &Project<'_, '_>) -> Vec<Printed> {
    let mut found = Vec::new();
    for (scope, known) in project.modules.scopes.iter().enumerate() {
        if !known.file.has_any(&["render_template_string", "stream_template_string"]) || !known.file.has("safe") {
            continue;
        }
        let path = &known.file.path;
        let Some(source) = facts.files.get(path) else { continue };
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            if !matches!(last_name(call), "render_template_string" | "stream_template_string") {
                return;
            }
            for text in texts(project, scope, expr, call) {
                for (subject, place) in unescaped(project, scope, call, &text.value) {
                    let exact = text.contents.first().filter(|contents| contents.of(&source.text) == text.value);
                    let span = exact.map_or(expr.span, |contents| {
                        Span::new(contents.start + place.start, contents.start + place.end)
                    });
                    found.push(Printed { subject, at: facts.files.locate(path, span) });
                }
            }
        });
    }
    found
}

/// The template text of a call: written there, or given to a name in the function or the module.
fn texts<'f>(project: &Project<'_, 'f>, scope: usize, expr: &Expr, call: &'f Call) -> Vec<&'f Str> {
    let Some(first) = call.positional(0) else { return Vec::new() };
    let mut values = Vec::new();
    match &first.kind {
        ExprKind::Name(name) => {
            if let Some(def) = project.around(scope, expr.span) {
                assigned_in(&def.function.body, name, &mut values);
            }
            if values.is_empty() {
                assigned_in(&project.modules.scopes[scope].file.module.body, name, &mut values);
            }
        }
        _ => values.push(first),
    }
    let text = |value: &'f Expr| match &value.kind {
        ExprKind::Str(text) => Some(text),
        _ => None,
    };
    values.into_iter().filter_map(text).collect()
}

/// What the text prints with `|safe` although people write it, and where in the text.
fn unescaped<'f>(project: &Project<'_, 'f>, scope: usize, call: &'f Call, text: &str) -> Vec<(String, Span)> {
    let tags = jinja::tags(text);
    let mut loops: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for tag in &tags {
        let inner = tag.inner.of(text);
        if tag.kind == TagKind::Statement {
            if let Some((name, of)) = inner.trim().strip_prefix("for ").and_then(|rest| rest.split_once(" in ")) {
                loops.insert(name.trim(), root(of));
            }
            continue;
        }
        for used in jinja::uses_of(text, tag.inner, "safe") {
            let subject = used.subject.of(text).trim();
            if subject.contains(['|', '(', '~']) || html::is_made_by_server(subject) {
                continue;
            }
            let name = root(subject);
            let of = loops.get(name).copied().unwrap_or(name);
            let last = subject.split('[').next().unwrap_or(subject).rsplit('.').next().unwrap_or(subject);
            let Some(given) = call.keyword(of) else { continue };
            let open = match project.judge(scope, &given.value) {
                Verdict::Open(_) => true,
                Verdict::Unknown => of != name || people::writes(last),
                Verdict::Fixed => false,
            };
            if open && !people::is_wording(last) {
                found.push((subject.to_owned(), Span::new(used.subject.start, used.filter.end)));
            }
        }
    }
    found
}

/// The name that template text begins with.
fn root(subject: &str) -> &str {
    subject.trim().split(['.', '[', '(', '|', ' ']).next().unwrap_or("")
}
