//! Calls that turn a text into a template. Knows Jinja's and Mako's entry points, resolved
//! through imports; `string.Template` is none of them.

use crate::facts::modules::{Item, Modules};
use crate::lang::python::{Call, Expr, ExprKind};
use crate::rules::trace::Sink;

/// Names of which one stands where a sink does.
pub(super) const WORDS: &[&str] =
    &["render_template_string", "stream_template_string", "from_string", "Template", "NativeTemplate", "DictLoader"];

pub(super) fn of_call(modules: &Modules<'_>, scope: usize, call: &Call) -> Option<Sink> {
    let last = match &call.func.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
        _ => return None,
    };
    let dotted = call.func.dotted();
    let absolute = dotted.as_deref().map(|dotted| modules.absolute(scope, dotted)).unwrap_or_default();
    let own = dotted.as_deref().is_some_and(|dotted| matches!(modules.find(scope, dotted), Some(Item::Function(_))));
    let renders = |name: &str| {
        let name = name.rsplit('.').next().unwrap_or(name);
        matches!(name, "render_template_string" | "stream_template_string")
    };
    let (name, takes_variables) = if (renders(last) || renders(&absolute)) && !own {
        (last, true)
    } else if last == "from_string" && is_environment(modules, scope, &call.func) {
        ("from_string", false)
    } else if is_template_class(&absolute) {
        ("Template", false)
    } else if absolute.starts_with("jinja2.") && absolute.ends_with(".DictLoader") {
        ("DictLoader", false)
    } else {
        return None;
    };
    let by_name = |arg: &crate::lang::python::Arg| {
        matches!(arg.name.as_deref(), Some("source" | "text" | "template" | "mapping"))
    };
    let arg = call.args.iter().position(by_name).or_else(|| {
        let first = call.args.first()?;
        (first.name.is_none() && first.stars == 0).then_some(0)
    })?;
    Some(Sink { arg, name: name.to_owned(), takes_variables })
}

fn is_template_class(absolute: &str) -> bool {
    let mut parts = absolute.split('.');
    let package = parts.next().unwrap_or("");
    let class = absolute.rsplit('.').next().unwrap_or("");
    matches!(package, "jinja2" | "mako" | "tornado") && matches!(class, "Template" | "NativeTemplate")
}

/// Whether `from_string` is called on a Jinja environment that runs templates with full rights.
fn is_environment(modules: &Modules<'_>, scope: usize, func: &Expr) -> bool {
    let ExprKind::Attr { value, .. } = &func.kind else { return false };
    let made_by = |expr: &Expr| expr.as_call().and_then(|call| call.func.dotted());
    if let Some(made) = made_by(value) {
        return names_environment(&made);
    }
    let Some(dotted) = value.dotted() else { return false };
    let made = match modules.find(scope, &dotted) {
        Some(Item::Value(_, value)) => made_by(value),
        _ => None,
    };
    match made {
        Some(made) => names_environment(&made),
        None => {
            let last = dotted.rsplit('.').next().unwrap_or(&dotted).to_ascii_lowercase();
            last.contains("jinja") || last == "env" || last.ends_with("_env") || last == "environment"
        }
    }
}

/// A sandboxed environment is the documented way to run templates people write.
fn names_environment(made: &str) -> bool {
    // `app.jinja_env.overlay(…)` is the same environment with other options.
    let made = made.strip_suffix(".overlay").unwrap_or(made);
    let class = made.rsplit('.').next().unwrap_or(made);
    !class.contains("Sandbox") && (class.ends_with("Environment") || class.to_ascii_lowercase().contains("jinja"))
}
