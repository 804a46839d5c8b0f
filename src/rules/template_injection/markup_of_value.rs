//! FH304: `Markup(x)` where `x` is more than fixed or escaped text.

use std::collections::BTreeSet;

use super::value::{Open, Project, Verdict};
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, ExprKind, walk_exprs};
use crate::rules::{Explanation, Rule};
use crate::text::Span;

pub(super) const RULE: Rule = Rule {
    id: "FH304",
    name: "markup-of-value",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "`Markup(...)` is given text that holds a value, by an f-string, `%`, `.format()`, `+` or a variable. \
               Templates print `Markup` as it is.",
        why: "If people can influence the value, their `<script>` runs in the browser of everyone who sees the page \
              (cross-site scripting).",
        fix: "Keep the text given to `Markup` constant and put values in afterwards: `Markup(\"<b>%s</b>\") % name` and \
              `Markup(\"<b>{}</b>\").format(name)` escape them. Clean HTML that people write with `nh3.clean` first.",
        ignore: "When the value is made by the server alone.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let project = Project::of(&modules);
    let mut findings = Vec::new();
    for (scope, known) in modules.scopes.iter().enumerate() {
        if !known.file.has_any(&["Markup", "HTMLString"]) {
            continue;
        }
        let mut undone: BTreeSet<Span> = BTreeSet::new();
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            // `Markup(x).striptags()` is text again.
            if let ExprKind::Attr { value, name } = &call.func.kind
                && matches!(name.as_str(), "striptags" | "unescape")
            {
                undone.insert(value.span);
            }
            let Some(text) = call.positional(0).filter(|_| is_markup(&modules, scope, call)) else { return };
            if undone.contains(&expr.span) {
                return;
            }
            if let Verdict::Open(open) = project.judge(scope, text) {
                findings.push(finding(facts, &modules, scope, expr.span, open));
            }
        });
    }
    findings
}

fn is_markup(modules: &Modules<'_>, scope: usize, call: &Call) -> bool {
    let Some(dotted) = call.func.dotted() else { return false };
    let absolute = modules.absolute(scope, &dotted);
    let package = absolute.split('.').next().unwrap_or("");
    absolute.ends_with(".Markup") && matches!(package, "markupsafe" | "flask" | "jinja2")
        || absolute.ends_with(".HTMLString") && package == "wtforms"
}

fn finding(facts: &Facts, modules: &Modules<'_>, scope: usize, at: Span, open: Open) -> Finding {
    let path = &modules.scopes[scope].file.path;
    let source_path = &modules.scopes[open.scope].file.path;
    let text = facts.files.get(source_path).map_or("", |source| open.at.of(&source.text));
    let value = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let value: String = value.chars().take(60).collect();
    let (severity, confidence) =
        if open.from_request { (Severity::High, Confidence::High) } else { (RULE.severity, Confidence::Low) };
    let message = format!("`{value}` is marked as safe HTML by `Markup` without being escaped");
    Finding::new(RULE.id, RULE.threat, severity, facts.files.locate(path, at), &value, message)
        .confidence(confidence)
        .related(facts.files.locate(source_path, open.at), "this value is not escaped")
        .next_step(format!(
            "Keep the text given to `Markup` constant and add the value behind it, which escapes it: \
             `Markup(\"... {{}} ...\").format({value})`. If the value is HTML that people write, clean it first."
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
