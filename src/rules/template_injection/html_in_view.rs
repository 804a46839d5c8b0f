//! FH305: a view returns HTML that it puts together from request data or stored text.

use super::{html, people};
use crate::facts::modules::{Def, Item, Modules};
use crate::facts::routes::RouteParam;
use crate::facts::{Facts, routes};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, walk_exprs};
use crate::rules::assigned::assigned_in;
use crate::rules::flow::MarkKind;
use crate::rules::trace::{self, Goal, Hit};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH305",
    name: "html-in-view",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A view returns text that it puts together (f-string, `%`, `.format()`, `+`, `join`) from request data \
               or stored text, without escaping it. Flask sends text that a view returns as HTML.",
        why: "A link with `?name=<script>…` then runs the sender's script in the browser of whoever opens it; stored \
              text runs it for everybody who sees the page (cross-site scripting). A 404 or 400 answer runs it too.",
        fix: "Return a template, which escapes: `render_template(\"hello.html\", name=name)`. For a short answer, wrap \
              each value: `f\"Hello {escape(name)}\"` with `from markupsafe import escape`. For data, return a dict or \
              `jsonify(...)`; for plain text, set `mimetype=\"text/plain\"`.",
        ignore: "When the answer is never shown by a browser as a page, or the value can only be one of a fixed set.",
    },
    check,
    remedy: None,
};

const GOAL: Goal = Goal {
    sink: |_, _, _| None,
    words: &[],
    answer: Some(answer),
    cleans: |name| {
        html::cleans(name)
            || trace::makes_numbers(name)
            || matches!(
                name,
                "jsonify"
                    | "dumps"
                    | "redirect"
                    | "abort"
                    | "quote"
                    | "quote_plus"
                    | "secure_filename"
                    | "send_file"
                    | "send_from_directory"
                    | "make_json_response"
                    | "open"
                    | "create_access_token"
                    | "generate_password_hash"
            )
    },
    hands_on: |dotted, last| {
        dotted.starts_with("subprocess.")
            || dotted.starts_with("os.popen")
            || matches!(last, "check_output" | "getoutput" | "literal_eval")
    },
    harmless: |expr| match &expr.kind {
        ExprKind::Attr { name, .. } => people::is_plain(name),
        ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str).is_some_and(people::is_plain),
        _ => false,
    },
    guards: |_| false,
    param: RouteParam::is_text,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    let mut findings: Vec<Finding> = Vec::new();
    for hit in trace::hits(&modules, &routes, &GOAL) {
        let described = routes
            .iter()
            .any(|route| route.described && route.handler.scope == hit.scope && contains(route.handler, &hit));
        if hit.source.kind != MarkKind::Caught && !described {
            findings.push(finding(facts, &modules, &hit));
        }
    }
    findings
}

fn contains(def: Def<'_>, hit: &Hit) -> bool {
    def.function.span.contains(hit.call)
}

fn finding(facts: &Facts, modules: &Modules<'_>, hit: &Hit) -> Finding {
    let path = &modules.scopes[hit.scope].file.path;
    let source_path = &modules.scopes[hit.source.scope].file.path;
    let text = facts.files.get(source_path).map_or("", |file| hit.source.at.of(&file.text));
    let (value, label) = match hit.source.kind {
        MarkKind::UrlParam(index) => (param_name(modules, hit, index), "this function receives it from the URL"),
        MarkKind::Stored => (shown(text), "the stored value enters here"),
        _ => (shown(text), "the request's text enters here"),
    };
    let own_session = ["session", "current_user", "g.user", "g.current_user"].iter().any(|own| value.starts_with(own));
    let by_body = text.contains(".json") || text.contains("get_json");
    let severity = if own_session || by_body { Severity::Low } else { RULE.severity };
    let confidence = if hit.source.kind == MarkKind::Stored { Confidence::Medium } else { Confidence::High };
    let what = match hit.source.kind {
        MarkKind::UrlParam(_) => format!("the URL's `{value}`"),
        MarkKind::Stored => format!("stored text (`{value}`)"),
        _ => format!("`{value}`"),
    };
    let message = format!("`{}` returns {what} as part of an HTML answer without escaping it", hit.function);
    Finding::new(
        RULE.id,
        RULE.threat,
        severity,
        facts.files.locate(path, hit.call),
        format!("{}({value})", hit.function),
        message,
    )
    .confidence(confidence)
    .related(facts.files.locate(source_path, hit.source.at), label)
    .next_step(format!(
        "In `{}`, return a template with the value as a variable, or wrap the value where it enters the text: \
         `escape(...)` with `from markupsafe import escape`.",
        hit.function
    ))
}

fn param_name(modules: &Modules<'_>, hit: &Hit, index: usize) -> String {
    let mut defs = modules.scopes[hit.source.scope].defs.iter();
    let def = defs.find(|def| def.function.name_span == hit.source.at);
    def.and_then(|def| def.function.params.get(index)).map_or_else(String::new, |param| param.name.clone())
}

/// One line of source text, short enough for a message.
fn shown(source: &str) -> String {
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 { line } else { line.chars().take(57).chain("...".chars()).collect() }
}

/// Whether a handler's returned expression is text that goes out as HTML.
fn answer<'f>(modules: &Modules<'f>, def: Def<'f>, expr: &Expr) -> bool {
    !answers_data(modules, def) && is_text(modules, def, expr, 4)
}

/// Whether the handler answers JSON or plain text whatever it returns: flask-restful resources,
/// decorators that serialise, a content type of its own.
fn answers_data<'f>(modules: &Modules<'f>, def: Def<'f>) -> bool {
    if let Some(class) = def.class {
        let mut resource = false;
        for (_, class) in modules.ancestry(def.scope, class) {
            resource |= class.bases.iter().any(|base| {
                let name = base.value.dotted().unwrap_or_default();
                name.ends_with("Resource") || name.ends_with("Api")
            });
        }
        if resource {
            return true;
        }
    }
    let by_decorator = def.function.decorators.iter().any(|decorator| {
        let func = decorator.as_call().map_or(decorator, |call| &call.func);
        let Some(dotted) = func.dotted() else { return false };
        if ["json", "marshal", "serializ", "response_schema"].iter().any(|word| dotted.to_lowercase().contains(word)) {
            return true;
        }
        match modules.find(def.scope, &dotted) {
            Some(Item::Function(wrapper)) => {
                let mut serialises = false;
                walk_exprs(&wrapper.function.body, &mut |expr| {
                    let called = expr.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
                    serialises |= called.ends_with("jsonify") || called.ends_with("dumps");
                });
                serialises
            }
            _ => false,
        }
    });
    by_decorator || other_content_type(def)
}

fn other_content_type(def: Def<'_>) -> bool {
    let mut other = false;
    walk_exprs(&def.function.body, &mut |expr| {
        other |= expr.as_str().is_some_and(is_other_type);
    });
    other
}

fn is_other_type(text: &str) -> bool {
    ["text/plain", "text/csv", "text/xml", "application/", "image/", "text/event-stream", "text/calendar"]
        .iter()
        .any(|kind| text.starts_with(kind))
        && !text.contains("html")
}

fn is_text<'f>(modules: &Modules<'f>, def: Def<'f>, expr: &Expr, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match &expr.kind {
        ExprKind::FString { text, parts } => !parts.is_empty() && !starts_data(text),
        ExprKind::Binary { op, left, right } if op == "+" || op == "%" => {
            let start = leftmost(left);
            let text = |side: &Expr| written_down(def, side) || is_text(modules, def, side, depth);
            !start.is_some_and(starts_data) && (text(left) || (op == "+" && text(right)))
        }
        ExprKind::Tuple(items) => items.first().is_some_and(|first| is_text(modules, def, first, depth)),
        ExprKind::Cond { body, orelse, .. } => {
            is_text(modules, def, body, depth) || is_text(modules, def, orelse, depth)
        }
        ExprKind::Name(name) => {
            let mut values = Vec::new();
            assigned_in(&def.function.body, name, &mut values);
            values.iter().any(|value| value.span != expr.span && is_text(modules, def, value, depth))
        }
        ExprKind::Call(call) => is_text_call(modules, def, call, depth),
        _ => false,
    }
}

/// A text, or a name of the function that is given one (`page % name`).
fn written_down(def: Def<'_>, expr: &Expr) -> bool {
    let Some(name) = expr.as_name() else { return expr.as_str().is_some() };
    let mut values = Vec::new();
    assigned_in(&def.function.body, name, &mut values);
    values.iter().any(|value| value.as_str().is_some_and(|text| !starts_data(text)))
}

fn is_text_call<'f>(modules: &Modules<'f>, def: Def<'f>, call: &Call, depth: usize) -> bool {
    let (last, base) = match &call.func.kind {
        ExprKind::Attr { value, name } => (name.as_str(), Some(&**value)),
        ExprKind::Name(name) => (name.as_str(), None),
        _ => return false,
    };
    match (last, base) {
        ("str", None) => true,
        ("format" | "join" | "replace", Some(base)) => {
            base.as_str().is_some_and(|text| !starts_data(text)) || is_text(modules, def, base, depth)
        }
        ("make_response" | "Response", _) => {
            let kind = call.keyword("mimetype").or_else(|| call.keyword("content_type"));
            let html = kind.is_none_or(|arg| arg.value.as_str().is_some_and(|kind| kind.contains("html")));
            let body = call.positional(0).or_else(|| call.keyword("response").map(|arg| &arg.value));
            html && body.is_some_and(|body| is_text(modules, def, body, depth))
        }
        // `re.sub(r"\$name", name, page)`
        ("sub", Some(base)) => base.dotted().is_some_and(|dotted| dotted == "re"),
        // `request.args.get("q")` handed back as it came.
        ("get", Some(base)) => base.dotted().is_some_and(|dotted| {
            matches!(dotted.as_str(), "request.args" | "request.form" | "request.values" | "request.cookies")
        }),
        _ => match modules.callee(def, &call.func) {
            Some(callee) => {
                let mut found = false;
                crate::lang::python::walk_stmts(&callee.function.body, &mut |stmt| {
                    if let crate::lang::python::StmtKind::Return(Some(value)) = &stmt.kind {
                        found |= is_text(modules, callee, value, depth);
                    }
                });
                found
            }
            // `return markdown(text)`
            None => last.to_ascii_lowercase().contains("markdown"),
        },
    }
}

/// The text an addition starts with.
fn leftmost(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Binary { left, .. } => leftmost(left),
        ExprKind::FString { text, .. } => Some(text),
        _ => expr.as_str(),
    }
}

/// Whether text is JSON or another format than HTML.
fn starts_data(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) || text.trim_start().starts_with("<?xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
