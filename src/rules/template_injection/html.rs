//! What makes a value fit to be printed as HTML: cleaning functions, form fields that render
//! themselves, parts the server makes. Knows names only.

use std::collections::BTreeSet;

use crate::lang::python::{Expr, ExprKind, Stmt, StmtKind, walk_exprs, walk_stmts};

/// Whether a function or filter of this name cleans, escapes, or gives no text of anybody.
pub(super) fn cleans(name: &str) -> bool {
    let name = name.split('(').next().unwrap_or(name).trim().to_ascii_lowercase();
    let exact = [
        "e",
        "escape",
        "forceescape",
        "tojson",
        "int",
        "float",
        "length",
        "striptags",
        "urlencode",
        "filesizeformat",
        "url_for",
        "highlight",
        "render_template",
        "xmlattr",
        "round",
        "count",
        "len",
        "linkify",
        "b64encode",
        "isoformat",
        "strftime",
    ];
    exact.contains(&name.as_str())
        || name.starts_with("render_")
        || ["clean", "sanit", "bleach", "escape", "nh3", "strip_tags"].iter().any(|part| name.contains(part))
}

/// Words in names of values that the server makes.
const SERVER_MADE: [&str; 27] = [
    "csrf",
    "csrf_token",
    "hidden_tag",
    "script",
    "div",
    "plot",
    "graph",
    "chart",
    "qrcode",
    "qr",
    "svg",
    "icon",
    "css",
    "js",
    "jsonld",
    "schema",
    "resources",
    "caller",
    "super",
    "pagination",
    "safe",
    "clean",
    "cleaned",
    "sanitized",
    "escaped",
    "form",
    "field",
];

/// Whether template text names something the server makes: literals, form fields, calls with
/// fixed arguments.
pub(super) fn is_made_by_server(subject: &str) -> bool {
    let subject = subject.trim().trim_matches(['(', ')']).trim();
    if subject.starts_with(['"', '\'']) || subject.starts_with(|c: char| c.is_ascii_digit()) {
        return !holds_names(subject);
    }
    let (callee, args) = match subject.split_once('(') {
        Some((callee, args)) => (callee.trim(), Some(args)),
        None => (subject, None),
    };
    let named = callee.split(['.', '[', '_']).chain(callee.split('.'));
    if named.into_iter().any(|part| SERVER_MADE.contains(&part.to_ascii_lowercase().as_str())) {
        return true;
    }
    match args {
        // A call with fixed arguments, or one that draws a form's field.
        Some(args) => !holds_names(args) || args.contains("**kwargs") || args.contains("class"),
        None => false,
    }
}

/// Whether template text outside quotes holds a variable (keyword names aside).
fn holds_names(text: &str) -> bool {
    let mut outside = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => outside.push(c),
        }
    }
    let mut rest = outside.as_str();
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let word: String = rest[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let behind = rest[start + word.len()..].trim_start();
        let keyword = behind.starts_with('=') && !behind.starts_with("==");
        let method = rest[..start].ends_with('.');
        if !keyword
            && !method
            && !matches!(
                word.as_str(),
                "true" | "false" | "none" | "True" | "False" | "None" | "_" | "gettext" | "url_for"
            )
        {
            return true;
        }
        rest = &rest[start + word.len()..];
    }
    false
}

/// Whether an expression is more than fixed (possibly translated) text.
pub(super) fn holds_values(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::True | ExprKind::False | ExprKind::None => false,
        ExprKind::FString { parts, .. } => !parts.is_empty(),
        ExprKind::Call(call) => {
            let name = call.func.dotted().unwrap_or_default();
            let last = name.rsplit('.').next().unwrap_or(&name);
            if cleans(last) {
                return false;
            }
            match &call.func.kind {
                ExprKind::Attr { value, .. } if holds_values(value) && value.dotted().is_none() => true,
                _ => call.args.iter().any(|arg| holds_values(&arg.value)),
            }
        }
        ExprKind::Binary { left, right, .. } | ExprKind::Bool { left, right, .. } => {
            holds_values(left) || holds_values(right)
        }
        ExprKind::Cond { body, orelse, .. } => holds_values(body) || holds_values(orelse),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().any(holds_values),
        // A name for a fixed text is usual (`flash(MESSAGES[code])` is not).
        ExprKind::Name(name) => name.chars().any(char::is_lowercase),
        _ => true,
    }
}

/// Adds the functions that clean, by themselves or by one already in `names`, and the names that are assigned or passed the result of a cleaning function.
pub(super) fn cleaned_targets(body: &[Stmt], names: &mut BTreeSet<String>) {
    let last = |expr: &Expr| match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => Some(name.clone()),
        _ => None,
    };
    walk_stmts(body, &mut |stmt| {
        if let StmtKind::Assign { targets, value } = &stmt.kind
            && is_cleaned(value)
        {
            names.extend(targets.iter().filter_map(last));
        }
        if let StmtKind::Function(function) = &stmt.kind {
            let mut cleans = false;
            walk_exprs(&function.body, &mut |expr| {
                let called = expr.as_call().and_then(|call| call.func.dotted());
                cleans |= called.is_some() && is_cleaned(expr);
                cleans |= called.is_some_and(|called| names.contains(called.rsplit('.').next().unwrap_or(&called)));
            });
            // A view that cleans something is no cleaning function.
            if cleans && function.params.len() <= 3 && function.decorators.iter().all(|d| !is_route(d)) {
                names.insert(function.name.clone());
            }
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| {
                if let Some(call) = inner.as_call() {
                    let passed = call.args.iter().filter(|arg| is_cleaned(&arg.value));
                    names.extend(passed.filter_map(|arg| arg.name.clone()));
                }
            });
        }
    });
}

fn is_route(decorator: &Expr) -> bool {
    decorator.as_call().and_then(|call| call.func.dotted()).is_some_and(|name| name.ends_with(".route"))
}

/// Whether the value of an expression went through a cleaning function.
pub(super) fn is_cleaned(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |inner| {
        let name = inner.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
        let last = name.rsplit('.').next().unwrap_or(&name);
        found |= ["clean", "sanit", "bleach", "nh3"].iter().any(|part| name.to_ascii_lowercase().contains(part))
            || last == "escape";
    });
    found
}
