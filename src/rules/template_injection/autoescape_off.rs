//! FH302: Jinja environments of the project that do not escape HTML.

use crate::facts::modules::{Item, Modules};
use crate::facts::{Facts, PyFile};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::Span;

pub(super) const RULE: Rule = Rule {
    id: "FH302",
    name: "autoescape-off",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "Python code makes a Jinja environment without autoescaping for HTML (`Environment(...)` without \
               `autoescape=`, or with `False`), or switches it off for the app (`app.jinja_env.autoescape = False`, \
               `jinja_options`, `select_jinja_autoescape`).",
        why: "Every value that its templates print then reaches the page as it is. Text with `<script>` in it runs in \
              the browser of everyone who opens the page (cross-site scripting).",
        fix: "Write `autoescape=select_autoescape()` (from jinja2) into the call, and remove the line that switches it \
              off for the app. Values that are meant as HTML are then marked one by one with `Markup` or `|safe`.",
        ignore: "When the environment makes no HTML: plain-text mails, LaTeX, configuration files.",
    },
    check,
    remedy: Some(super::autoescape_on::remedy),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let mut findings = Vec::new();
    findings.extend(environments(facts, &modules).into_iter().map(|made| made.finding));
    for known in &modules.scopes {
        let file = known.file;
        let names = ["autoescape", "jinja_options", "select_jinja_autoescape"];
        if !file.has_any(&names) {
            continue;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            if let Some(call) = expr.as_call() {
                findings.extend(updated(facts, file, call));
            }
        });
        walk_stmts(&file.module.body, &mut |stmt| {
            let (what, span) = match &stmt.kind {
                StmtKind::Assign { targets, value } => {
                    match targets.iter().find_map(|target| switched(target, value)) {
                        Some(found) => found,
                        None => return,
                    }
                }
                StmtKind::Function(function) if function.name == "select_jinja_autoescape" => {
                    let mut never = false;
                    walk_stmts(&function.body, &mut |inner| {
                        never |= matches!(&inner.kind, StmtKind::Return(Some(value)) if is_off(value));
                    });
                    if !never {
                        return;
                    }
                    ("select_jinja_autoescape".to_owned(), function.name_span)
                }
                _ => return,
            };
            findings.push(switched_off(facts, file, &what, span));
        });
    }
    findings
}

/// A call that makes an environment which does not escape.
pub(super) struct Made<'f> {
    pub(super) scope: usize,
    pub(super) call: &'f Call,
    /// What is called, as written.
    pub(super) name: String,
    pub(super) finding: Finding,
}

/// Every such call of the project.
pub(super) fn environments<'f>(facts: &Facts, modules: &Modules<'f>) -> Vec<Made<'f>> {
    let mut found = Vec::new();
    for (scope, known) in modules.scopes.iter().enumerate().filter(|(_, known)| known.file.has_part("Environment")) {
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            if let Some(finding) = environment(facts, modules, scope, expr.span, call) {
                let name = call.func.dotted().unwrap_or_default();
                found.push(Made { scope, call, name, finding });
            }
        });
    }
    found
}

/// `app.jinja_options.update(autoescape=False)`.
fn updated(facts: &Facts, file: &PyFile, call: &Call) -> Option<Finding> {
    let dotted = call.func.dotted()?;
    let off = dotted.strip_suffix(".update")?.ends_with("jinja_options").then(|| off_entry_of(call)).flatten()?;
    Some(switched_off(facts, file, "jinja_options[\"autoescape\"]", off))
}

fn is_off(value: &Expr) -> bool {
    value.as_bool() == Some(false) && !matches!(value.kind, ExprKind::Number(_))
}

/// `app.jinja_env.autoescape = False`, `jinja_options = {"autoescape": False}` and relatives.
fn switched(target: &Expr, value: &Expr) -> Option<(String, Span)> {
    match &target.kind {
        ExprKind::Attr { value: base, name } if name == "autoescape" && is_off(value) => {
            let dotted = base.dotted()?;
            dotted.to_ascii_lowercase().contains("env").then(|| (format!("{dotted}.autoescape"), target.span))
        }
        ExprKind::Attr { name, .. } | ExprKind::Name(name) if name == "select_jinja_autoescape" => {
            matches!(&value.kind, ExprKind::Lambda(body) if is_off(body)).then(|| (name.clone(), target.span))
        }
        ExprKind::Attr { name, .. } | ExprKind::Name(name) if name == "jinja_options" => {
            let entry = off_entry(value)?;
            Some((format!("{name}[\"autoescape\"]"), entry))
        }
        ExprKind::Subscript { value: base, index } => {
            let options = base.dotted()?.ends_with("jinja_options");
            let key = index.first().and_then(Expr::as_str) == Some("autoescape");
            (options && key && is_off(value)).then(|| ("jinja_options[\"autoescape\"]".to_owned(), target.span))
        }
        _ => None,
    }
}

/// The `autoescape` entry of a dict or `dict(...)` call that is off, at any depth.
fn off_entry(value: &Expr) -> Option<Span> {
    let mut found = None;
    value.walk(&mut |inner| match &inner.kind {
        ExprKind::Dict(items) => {
            let off = items
                .iter()
                .find(|item| item.key.as_ref().and_then(Expr::as_str) == Some("autoescape") && is_off(&item.value));
            found = found.or(off.map(|item| item.span));
        }
        ExprKind::Call(call) => {
            let off = call.keyword("autoescape").filter(|arg| is_off(&arg.value));
            found = found.or(off.map(|arg| arg.span));
        }
        _ => {}
    });
    found
}

fn switched_off(facts: &Facts, file: &PyFile, what: &str, span: Span) -> Finding {
    let primary = facts.files.locate(&file.path, span);
    let line = primary.line;
    let message = format!("`{what}` switches HTML escaping off for every template of the app");
    Finding::new(RULE.id, RULE.threat, Severity::High, primary, what, message).next_step(format!(
        "Remove `{what}` (line {line} of {}), and mark values that are HTML with `Markup`.",
        file.path
    ))
}

/// `Environment(...)` without escaping, where it makes HTML.
fn environment(facts: &Facts, modules: &Modules<'_>, scope: usize, span: Span, call: &Call) -> Option<Finding> {
    let dotted = call.func.dotted()?;
    let absolute = modules.absolute(scope, &dotted);
    let class = absolute.rsplit('.').next().unwrap_or("");
    if !absolute.starts_with("jinja2.") || !class.ends_with("Environment") {
        return None;
    }
    let stars = call.args.iter().any(|arg| arg.stars == 2);
    let file = modules.scopes[scope].file;
    let signs = signs(file);
    let own_syntax = call.keyword("block_start_string").is_some() || call.keyword("variable_start_string").is_some();
    let (explicit, at) = match call.keyword("autoescape") {
        Some(arg) => {
            let value = match arg.value.dotted().and_then(|name| modules.find(scope, &name)) {
                Some(Item::Value(_, value)) => value,
                _ => &arg.value,
            };
            if !is_off(value) {
                return None;
            }
            (true, arg.span)
        }
        None if stars => return None,
        None => (false, span),
    };
    if own_syntax || (explicit && signs == Signs::Text) || (!explicit && signs != Signs::Html) {
        return None;
    }
    let what =
        if explicit { "is made with `autoescape=False`" } else { "is made without `autoescape`, which leaves it off" };
    let message = format!("the Jinja environment `{dotted}(...)` {what}");
    let step = if explicit {
        "Write `autoescape=select_autoescape()` instead".to_owned()
    } else {
        format!("Add `autoescape=select_autoescape()` to the arguments of `{dotted}(...)`")
    };
    Some(
        Finding::new(RULE.id, RULE.threat, RULE.severity, facts.files.locate(&file.path, at), &dotted, message)
            .confidence(if signs == Signs::Html { Confidence::High } else { Confidence::Medium })
            .next_step(format!("{step}, with `from jinja2 import select_autoescape`.")),
    )
}

fn off_entry_of(call: &Call) -> Option<Span> {
    let by_keyword = call.keyword("autoescape").filter(|arg| is_off(&arg.value)).map(|arg| arg.span);
    by_keyword.or_else(|| call.positional(0).and_then(off_entry))
}

/// What the strings of a file say of what its templates make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signs {
    Html,
    Text,
    Neither,
}

fn signs(file: &PyFile) -> Signs {
    let (mut html, mut text) = (false, false);
    walk_exprs(&file.module.body, &mut |expr| {
        let part = match &expr.kind {
            ExprKind::Str(string) => string.value.as_str(),
            ExprKind::FString { text, .. } => text.as_str(),
            _ => return,
        };
        let lower = part.to_ascii_lowercase();
        html |= lower.contains("html") || lower.contains("</") || lower.contains("<br");
        text |= [".tex", ".txt", ".sql", ".yml", ".yaml", ".conf", ".cfg", ".ini", ".md", ".sh"]
            .iter()
            .any(|end| lower.ends_with(end) || lower.contains(&format!("{end}.j2")));
    });
    match (html, text) {
        (true, false) => Signs::Html,
        (false, true) => Signs::Text,
        _ => Signs::Neither,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
