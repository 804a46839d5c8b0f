//! FH304: `Markup(x)` where `x` is more than fixed or escaped text.

use std::collections::BTreeSet;

use super::html;
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, walk_exprs};
use crate::rules::{Explanation, Rule, request};
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
    let mut cleaning = BTreeSet::new();
    for scope in modules.scopes.iter().chain(&modules.scopes) {
        html::cleaned_targets(&scope.file.module.body, &mut cleaning);
    }
    let mut findings = Vec::new();
    for (scope, known) in modules.scopes.iter().enumerate() {
        let mut undone: BTreeSet<Span> = BTreeSet::new();
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            // `Markup(x).striptags()` is text again.
            if let ExprKind::Attr { value, name } = &call.func.kind
                && matches!(name.as_str(), "striptags" | "unescape")
            {
                undone.insert(value.span);
            }
            let Some(dotted) = call.func.dotted() else { return };
            let absolute = modules.absolute(scope, &dotted);
            let is_markup = absolute.ends_with(".Markup")
                && ["markupsafe", "flask", "jinja2"].iter().any(|p| absolute.starts_with(p));
            let Some(text) = call.positional(0).filter(|_| is_markup && !undone.contains(&expr.span)) else { return };
            let mut judge = Judge { modules: &modules, scope, cleaning: &cleaning, hops: 3, fuel: 2000 };
            if let Some(found) = judge.open(text) {
                findings.push(finding(facts, &modules, scope, expr.span, found));
            }
        });
    }
    findings
}

/// The value that reaches the markup, and whether it comes from the request.
struct Open {
    at: Span,
    from_request: bool,
}

struct Judge<'a, 'f> {
    modules: &'a Modules<'f>,
    scope: usize,
    cleaning: &'a BTreeSet<String>,
    hops: usize,
    /// Expressions still looked at for this one `Markup`.
    fuel: usize,
}

impl Judge<'_, '_> {
    /// The first part of the text that is neither fixed nor escaped.
    fn open(&mut self, expr: &Expr) -> Option<Open> {
        let Some(fuel) = self.fuel.checked_sub(1) else { return Some(Open { at: expr.span, from_request: false }) };
        self.fuel = fuel;
        if request::part_of_request(self.modules, self.scope, expr) == Some(true) {
            return Some(Open { at: expr.span, from_request: true });
        }
        match &expr.kind {
            ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::True | ExprKind::False | ExprKind::None => None,
            ExprKind::FString { parts, .. } => parts.iter().find_map(|part| self.open(part)),
            ExprKind::Name(name) => self.name(expr, name),
            ExprKind::Call(call) => {
                let last = match &call.func.kind {
                    ExprKind::Attr { name, .. } | ExprKind::Name(name) => name.as_str(),
                    _ => "",
                };
                if html::cleans(last)
                    || self.cleaning.contains(last)
                    || matches!(last, "Markup" | "gettext" | "_" | "static" | "join_paths") && call.args.len() <= 1
                {
                    return None;
                }
                if request::part_of_request(self.modules, self.scope, &call.func) == Some(true) {
                    return Some(Open { at: expr.span, from_request: true });
                }
                let base = match &call.func.kind {
                    ExprKind::Attr { value, .. } => self.open_base(value),
                    _ => None,
                };
                let through = matches!(
                    last,
                    "format" | "join" | "replace" | "str" | "strip" | "get" | "lower" | "upper" | "getlist" | "dedent"
                );
                let mut args = call.args.iter();
                base.or_else(|| args.find_map(|arg| self.open(&arg.value)).filter(|open| through || open.from_request))
                    .or_else(|| (!through).then_some(Open { at: expr.span, from_request: false }))
            }
            ExprKind::Binary { left, right, op } if op == "%" => self.open(left).or_else(|| self.open(right)),
            ExprKind::Attr { .. } | ExprKind::Subscript { .. } => {
                let from_request = self.request_inside(expr);
                let named = expr.dotted().unwrap_or_default();
                let config = named.contains("config") || self.cleaning.contains(named.rsplit('.').next().unwrap_or(""));
                (!config).then_some(Open { at: expr.span, from_request })
            }
            _ => expr.children().into_iter().find_map(|child| self.open(child)),
        }
    }

    fn open_base(&mut self, base: &Expr) -> Option<Open> {
        match &base.kind {
            ExprKind::Name(name) if self.modules.scopes[self.scope].value(name).is_none() => None,
            ExprKind::Name(_) | ExprKind::Str(_) | ExprKind::Call(_) | ExprKind::Binary { .. } => self.open(base),
            _ => self.request_inside(base).then_some(Open { at: base.span, from_request: true }),
        }
    }

    fn request_inside(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.walk(&mut |inner| {
            found |= request::part_of_request(self.modules, self.scope, inner) == Some(true);
        });
        found
    }

    /// A variable: what was last assigned to it in this file; a parameter is open.
    fn name(&mut self, expr: &Expr, name: &str) -> Option<Open> {
        let value = self.modules.scopes[self.scope].value(name).filter(|value| value.span != expr.span);
        if !name.chars().any(char::is_lowercase) || value.is_some_and(html::is_cleaned) {
            return None;
        }
        match value {
            Some(value) if self.hops > 0 => {
                self.hops -= 1;
                let found = self.open(value);
                self.hops += 1;
                found
            }
            _ => Some(Open { at: expr.span, from_request: false }),
        }
    }
}

fn finding(facts: &Facts, modules: &Modules<'_>, scope: usize, at: Span, open: Open) -> Finding {
    let path = &modules.scopes[scope].file.path;
    let text = facts.files.get(path).map_or("", |source| open.at.of(&source.text));
    let value = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let value: String = value.chars().take(60).collect();
    let (severity, confidence) =
        if open.from_request { (Severity::High, Confidence::High) } else { (RULE.severity, Confidence::Low) };
    let message = format!("`{value}` is marked as safe HTML by `Markup` without being escaped");
    Finding::new(RULE.id, RULE.threat, severity, facts.files.locate(path, at), &value, message)
        .confidence(confidence)
        .related(facts.files.locate(path, open.at), "this value is not escaped")
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
