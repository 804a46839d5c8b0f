//! What views give to templates: the variables of each `render_template` call.

use std::collections::BTreeMap;

use super::value::{self, Project, Verdict};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::text::RepoPath;

/// A value that a view gives to a template.
struct Given<'f> {
    /// The template's name, where it is plain text.
    template: Option<&'f str>,
    scope: usize,
    value: &'f Expr,
}

/// The variables of a project's templates by name.
pub(super) struct Contexts<'p, 'm, 'f> {
    project: &'p Project<'m, 'f>,
    by_name: BTreeMap<&'f str, Vec<Given<'f>>>,
}

impl<'p, 'm, 'f> Contexts<'p, 'm, 'f> {
    pub(super) fn of(project: &'p Project<'m, 'f>) -> Self {
        let mut contexts = Self { project, by_name: BTreeMap::new() };
        for (scope, known) in project.modules.scopes.iter().enumerate() {
            let parts = ["render", "stream_template", ".html", ".jinja2", ".j2"];
            if !parts.iter().any(|part| known.file.has_part(part)) {
                continue;
            }
            walk_exprs(&known.file.module.body, &mut |expr| {
                let Some(call) = expr.as_call() else { return };
                if renders(call) || call.positional(0).and_then(Expr::as_str).is_some_and(names_template) {
                    contexts.add(scope, expr, call);
                }
            });
        }
        contexts
    }

    fn add(&mut self, scope: usize, expr: &'f Expr, call: &'f Call) {
        let template = call.positional(0).and_then(Expr::as_str);
        for arg in &call.args {
            match (&arg.name, &arg.value.kind) {
                (Some(name), _) => self.given(name, template, scope, &arg.value),
                (None, ExprKind::Dict(items)) => {
                    for item in items {
                        if let Some(name) = item.key.as_ref().and_then(Expr::as_str) {
                            self.given(name, template, scope, &item.value);
                        }
                    }
                }
                (None, ExprKind::Name(name)) if arg.stars == 2 => self.entries(name, template, scope, expr),
                _ => {}
            }
        }
    }

    /// `context = {"a": x}` and `context["a"] = x` in the function around a `**context`.
    fn entries(&mut self, dict: &str, template: Option<&'f str>, scope: usize, at: &Expr) {
        let Some(def) = self.project.around(scope, at.span) else { return };
        let mut found = Vec::new();
        walk_stmts(&def.function.body, &mut |stmt| {
            let StmtKind::Assign { targets, value } = &stmt.kind else { return };
            for target in targets {
                match (&target.kind, &value.kind) {
                    (ExprKind::Name(name), ExprKind::Dict(items)) if name == dict => {
                        let keys = items.iter().filter_map(|item| Some((item.key.as_ref()?.as_str()?, &item.value)));
                        found.extend(keys);
                    }
                    (ExprKind::Subscript { value: base, index }, _) if base.as_name() == Some(dict) => {
                        found.extend(index.first().and_then(Expr::as_str).map(|key| (key, value)));
                    }
                    _ => {}
                }
            }
        });
        for (key, value) in found {
            self.given(key, template, scope, value);
        }
    }

    fn given(&mut self, name: &'f str, template: Option<&'f str>, scope: usize, value: &'f Expr) {
        self.by_name.entry(name).or_default().push(Given { template, scope, value });
    }

    /// Whether a record is made with what people write in a field of this name.
    pub(super) fn is_written(&self, field: &str) -> bool {
        let mut given = Vec::new();
        for (scope, known) in self.project.modules.scopes.iter().enumerate().filter(|(_, known)| known.file.has(field))
        {
            walk_exprs(&known.file.module.body, &mut |expr| {
                let Some(call) = expr.as_call() else { return };
                if value::last_name(call).starts_with(|c: char| c.is_ascii_uppercase()) {
                    given.extend(call.keyword(field).map(|arg| (scope, &arg.value)));
                }
            });
        }
        given.into_iter().take(12).any(|(scope, value)| {
            value.as_call().is_some() && matches!(self.project.judge(scope, value), Verdict::Open(_))
        })
    }

    /// What is known of the variable `name` in a template: from the views that render it, else
    /// from all that give a variable of this name.
    pub(super) fn variable(&self, template: &RepoPath, name: &str) -> Verdict {
        let Some(given) = self.by_name.get(name) else { return Verdict::Unknown };
        let is_own = |given: &&Given<'_>| given.template.is_some_and(|known| ends_with(template, known));
        let mut chosen: Vec<_> = given.iter().filter(is_own).collect();
        if chosen.is_empty() {
            chosen.extend(given);
        }
        let judged = chosen.into_iter().take(12).map(|given| self.project.judge(given.scope, given.value));
        judged.max().unwrap_or(Verdict::Unknown)
    }
}

fn ends_with(path: &RepoPath, name: &str) -> bool {
    path.as_str() == name || path.as_str().ends_with(&format!("/{}", name.trim_start_matches('/')))
}

/// `jsonify_template("page.html", …)` and whatever else a project calls it.
fn names_template(text: &str) -> bool {
    text.ends_with(".html") || text.ends_with(".jinja2") || text.ends_with(".j2")
}

fn renders(call: &Call) -> bool {
    let last = value::last_name(call);
    last.starts_with("render") || matches!(last, "stream_template" | "_render" | "render_theme_template")
}
