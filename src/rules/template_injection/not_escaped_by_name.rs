//! FH307: HTML in a template whose name Flask does not escape for.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Contexts;
use super::value::{Project, Verdict};
use super::{html, people};
use crate::facts::Facts;
use crate::facts::modules::{Modules, Scope};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::jinja::{self, Tag, TagKind};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::{SourceFile, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH307",
    name: "template-not-escaped-by-name",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "`render_template` is given a template with HTML in it whose name ends with something else than `.html`, \
               `.htm`, `.xml`, `.xhtml` or `.svg` (`page.jinja`, `page.html.j2`, `page.tpl`), and it prints values. \
               Flask escapes by the name's ending: such templates are not escaped at all.",
        why: "Every value the template prints reaches the page as it is. Text with `<script>` in it runs in the \
              browser of everyone who opens the page (cross-site scripting).",
        fix: "Rename the template to end with `.html`, or have Flask escape for its ending: \
              `app.jinja_env.autoescape = select_autoescape(disabled_extensions=(\"txt\",), default=True)` with `from jinja2 import select_autoescape`.",
        ignore: "When the text is no page: a plain-text mail, a file to download.",
    },
    check,
    remedy: None,
};

/// The endings Flask escapes for.
const ESCAPED: [&str; 5] = [".html", ".htm", ".xml", ".xhtml", ".svg"];
/// Endings of templates that hold a page all the same.
const OTHERS: [&str; 8] = [".jinja", ".jinja2", ".j2", ".tpl", ".tmpl", ".txt", ".md", ".template"];

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let rendered = rendered(&modules);
    if rendered.is_empty() || escapes_itself(&modules) {
        return Vec::new();
    }
    let project = Project::of(&modules);
    let contexts = Contexts::of(&project);
    let mut findings = Vec::new();
    for (name, (scope, call)) in rendered {
        let ending = format!("/{name}");
        let source = facts
            .files
            .sources
            .values()
            .find(|source| source.path.as_str() == name || source.path.as_str().ends_with(&ending));
        let Some(source) = source.filter(|source| is_page(&source.text)) else { continue };
        let tags = jinja::tags(&source.text);
        let Some((tag, plain)) = printed(&contexts, source, &tags) else { continue };
        let path = &modules.scopes[scope].file.path;
        let message = format!(
            "`{name}` holds HTML, but Flask does not escape templates of this ending: `{plain}` is printed as it is"
        );
        findings.push(
            Finding::new(RULE.id, RULE.threat, RULE.severity, facts.files.locate(path, call), name, message)
                .confidence(Confidence::Medium)
                .related(facts.files.locate(&source.path, tag), format!("`{plain}` is printed here"))
                .next_step(format!(
                    "Rename `{name}` so that it ends with `.html`, here and where else it is named; or write \
                     `app.jinja_env.autoescape = select_autoescape(disabled_extensions=(\"txt\",), default=True)` behind the line that makes the app."
                )),
        );
    }
    findings
}

/// Templates of other endings that views answer with, and the first call of each.
fn rendered<'f>(modules: &Modules<'f>) -> BTreeMap<&'f str, (usize, Span)> {
    let mut found = BTreeMap::new();
    for (scope, known) in modules.scopes.iter().enumerate() {
        if !known.file.has_any(&["render_template", "stream_template"]) {
            continue;
        }
        let mailed = handed_to_mail(known.file);
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call().filter(|call| is_render(modules, scope, call)) else { return };
            let Some(name) = call.positional(0).and_then(Expr::as_str) else { return };
            let lower = name.to_ascii_lowercase();
            let other =
                OTHERS.iter().any(|end| lower.ends_with(end)) && !ESCAPED.iter().any(|end| lower.ends_with(end));
            let in_mail = ["mail", "text/", "txt/"].iter().any(|part| lower.contains(part));
            if other && !in_mail && !mailed.contains(&expr.span) {
                found.entry(name).or_insert((scope, expr.span));
            }
        });
    }
    found
}

/// `render_template` of Flask, not a function of the project with this name.
fn is_render(modules: &Modules<'_>, scope: usize, call: &Call) -> bool {
    let Some(dotted) = call.func.dotted() else { return false };
    let absolute = modules.absolute(scope, &dotted);
    matches!(absolute.as_str(), "flask.render_template" | "flask.stream_template" | "flask.templating.render_template")
}

/// Calls whose text becomes the body of a mail (`msg.body = …`, `body=…`) or has a type of its own.
fn handed_to_mail(file: &crate::facts::PyFile) -> BTreeSet<Span> {
    let mut spans = BTreeSet::new();
    walk_stmts(&file.module.body, &mut |stmt| {
        if let StmtKind::Assign { targets, value } = &stmt.kind {
            let body = |target: &Expr| matches!(&target.kind, ExprKind::Attr { name, .. } if matches!(name.as_str(), "body" | "html"));
            if targets.iter().any(body) {
                spans.insert(value.span);
            }
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| {
                let Some(call) = inner.as_call() else { return };
                let typed = call.args.iter().any(|arg| {
                    matches!(arg.name.as_deref(), Some("mimetype" | "content_type"))
                        && arg.value.as_str().is_some_and(|kind| !kind.contains("html"))
                });
                let mails =
                    call.args.iter().filter(|arg| matches!(arg.name.as_deref(), Some("body" | "text" | "text_body")));
                spans.extend(mails.map(|arg| arg.value.span));
                if typed {
                    spans.extend(call.args.iter().map(|arg| arg.value.span));
                }
            });
        }
    });
    spans
}

/// Whether the project says itself what is escaped.
fn escapes_itself(modules: &Modules<'_>) -> bool {
    let may = |scope: &&Scope<'_>| {
        scope.file.has_any(&["autoescape", "select_jinja_autoescape"])
            || ["baseframe", "coaster"].iter().any(|package| scope.file.has_part(package))
    };
    modules.scopes.iter().filter(may).any(|scope| {
        // Extensions that set it: both escape for `.jinja2`.
        let sets = |path: &str| path.starts_with("baseframe") || path.starts_with("coaster");
        let mut says = false;
        walk_stmts(&scope.file.module.body, &mut |stmt| {
            says |= match &stmt.kind {
                StmtKind::Import(names) => names.iter().any(|name| sets(&name.path)),
                StmtKind::ImportFrom(from) => sets(&from.module),
                StmtKind::Function(function) => function.name == "select_jinja_autoescape",
                StmtKind::Assign { targets, .. } => targets.iter().any(|target| {
                    matches!(&target.kind, ExprKind::Attr { name, .. } if matches!(name.as_str(), "autoescape" | "select_jinja_autoescape"))
                }),
                _ => false,
            };
        });
        walk_exprs(&scope.file.module.body, &mut |expr| {
            says |= expr.as_call().is_some_and(|call| call.keyword("autoescape").is_some());
            says |= expr.as_str() == Some("autoescape");
        });
        says
    })
}

fn is_page(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["<html", "<body", "<div", "<p>", "<table", "<h1", "<li>", "<form", "<span", "<a href"]
        .iter()
        .any(|tag| lower.contains(tag))
        && !lower.contains("autoescape true")
}

/// The first value that is printed without being escaped, and its place.
fn printed(contexts: &Contexts<'_, '_, '_>, source: &SourceFile, tags: &[Tag]) -> Option<(Span, String)> {
    tags.iter().filter(|tag| tag.kind == TagKind::Output).find_map(|tag| {
        let inner = tag.inner.of(&source.text);
        let plain = inner.split('|').next().unwrap_or(inner).trim();
        let by_filter = inner.split('|').skip(1).any(|filter| html::cleans(filter.trim()));
        if by_filter || plain.contains('(') || html::is_made_by_server(plain) {
            return None;
        }
        let path = plain.split('[').next().unwrap_or(plain).trim();
        let last = path.rsplit('.').next().unwrap_or(path);
        let root = path.split('.').next().unwrap_or(path);
        let open = match contexts.variable(&source.path, root) {
            Verdict::Fixed => false,
            Verdict::Open(open) if open.from_request => true,
            _ => people::writes(last) && !people::is_wording(last) && root != "config",
        };
        open.then(|| (tag.span, plain.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
