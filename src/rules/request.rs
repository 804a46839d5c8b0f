//! What comes from whoever sends the request: Flask's request object, form objects, parsed
//! arguments. Knows names and imports, no data flow.

use crate::facts::modules::Modules;
use crate::lang::python::{Expr, ExprKind, Function};

/// Attributes of the request that no sender chooses freely.
const FIXED: [&str; 14] = [
    "method",
    "endpoint",
    "blueprint",
    "blueprints",
    "remote_addr",
    "access_route",
    "is_json",
    "is_secure",
    "content_length",
    "scheme",
    "url_rule",
    "routing_exception",
    "max_content_length",
    "date",
];

/// Whether an expression is a part of the request: `Some(true)` where its sender chooses it,
/// `Some(false)` where not.
pub(super) fn part_of_request(modules: &Modules<'_>, scope: usize, expr: &Expr) -> Option<bool> {
    let ExprKind::Attr { value, name } = &expr.kind else { return None };
    if is_request(modules, scope, value) {
        return Some(!FIXED.contains(&name.as_str()));
    }
    (name == "data" && is_form(modules, scope, value)).then_some(true)
}

fn is_request(modules: &Modules<'_>, scope: usize, expr: &Expr) -> bool {
    expr.dotted().is_some_and(|dotted| {
        dotted == "request" || matches!(modules.absolute(scope, &dotted).as_str(), "flask.request" | "quart.request")
    })
}

/// `form` or `form.title` where `form` was made by a `…Form(…)` call.
fn is_form(modules: &Modules<'_>, scope: usize, expr: &Expr) -> bool {
    let base = match &expr.kind {
        ExprKind::Attr { value, .. } => value,
        _ => expr,
    };
    let made = base.as_name().and_then(|name| modules.scopes[scope].value(name)).and_then(Expr::as_call);
    made.and_then(|call| call.func.dotted()).is_some_and(|made| made.ends_with("Form"))
}

/// `parser.parse_args()` of flask-restful's and flask-restx's request parsers.
pub(super) fn is_parsed_args(modules: &Modules<'_>, scope: usize, func: &Expr) -> bool {
    let ExprKind::Attr { value, name } = &func.kind else { return false };
    if name != "parse_args" {
        return false;
    }
    let made = match &value.kind {
        ExprKind::Name(name) => modules.scopes[scope].value(name).and_then(Expr::as_call),
        _ => value.as_call(),
    };
    made.and_then(|call| call.func.dotted()).is_some_and(|made| made.ends_with("RequestParser"))
}

/// Whether decorators of webargs and the like fill the parameters from the request.
pub(super) fn fills_params(function: &Function) -> bool {
    function.decorators.iter().any(|decorator| {
        let dotted = decorator.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
        matches!(dotted.rsplit('.').next(), Some("use_args" | "use_kwargs" | "arguments"))
    })
}
