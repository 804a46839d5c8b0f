//! Routes that are registered by a call: `add_url_rule`, flask-restful's `add_resource` and the
//! calls people write around them.

use super::super::modules::{Item, Modules};
use super::{Hooks, Mounted, Route, class_routes, identity, methods_of, patterns_of, route};
use crate::lang::python::{Call, Class, Expr, walk_exprs};

/// How many names and calls around a view are looked through (`x = wrap(x)` never ends).
const MAX_WRAPS: usize = 5;

pub(super) fn collect<'f>(modules: &Modules<'f>, scope: usize, hooks: &Hooks<'f>, routes: &mut Vec<Route<'f>>) {
    walk_exprs(&modules.scopes[scope].file.module.body, &mut |expr| {
        if let Some(call) = expr.as_call() {
            registered(modules, scope, call, hooks, routes);
        }
    });
}

fn registered<'f>(modules: &Modules<'f>, scope: usize, call: &'f Call, hooks: &Hooks<'f>, routes: &mut Vec<Route<'f>>) {
    // `bp.route("/x")(view)`: the pattern stands in the inner call.
    let rule = call.func.as_call().unwrap_or(call);
    let Some(dotted) = rule.func.dotted() else { return };
    let last = dotted.rsplit('.').next().unwrap_or(&dotted);
    let registers = if std::ptr::eq(rule, call) { is_registering(last) } else { last == "route" };
    if !registers {
        return;
    }
    let patterns = patterns_of(modules, scope, rule);
    if patterns.is_empty() {
        return;
    }
    let owner = match dotted.rsplit_once('.') {
        Some((object, _)) => object.to_owned(),
        None => rule.positional(0).and_then(Expr::dotted).unwrap_or_default(),
    };
    let found = Mounted { patterns, methods: methods_of(rule), owner: identity(modules, scope, &owner) };
    for arg in &call.args {
        let mut around = Vec::new();
        match view(modules, scope, &arg.value, &mut around, MAX_WRAPS) {
            Some(Item::Class(at, class)) if is_view(modules, at, class) => {
                return class_routes(modules, &found, (at, class), &around, hooks, routes);
            }
            Some(Item::Function(def)) => {
                for pattern in found.patterns {
                    let one =
                        Mounted { patterns: vec![pattern], methods: found.methods.clone(), owner: found.owner.clone() };
                    let mut guards: Vec<(usize, &Expr)> =
                        def.function.decorators.iter().map(|expr| (def.scope, expr)).collect();
                    guards.extend(&around);
                    routes.push(route(one, def, guards, hooks));
                }
                return;
            }
            _ => {}
        }
    }
}

fn is_registering(name: &str) -> bool {
    matches!(name, "register_view" | "register_api" | "add_api" | "add_url")
        || (name.starts_with("add_")
            && ["resource", "rule", "route", "view", "endpoint"].iter().any(|end| name.ends_with(end)))
}

/// The function or class an argument names: `view`, `View.as_view("x")`, `login_required(view)`.
/// What wraps it goes to `around`.
fn view<'f>(
    modules: &Modules<'f>,
    scope: usize,
    expr: &'f Expr,
    around: &mut Vec<(usize, &'f Expr)>,
    depth: usize,
) -> Option<Item<'f>> {
    let depth = depth.checked_sub(1)?;
    if let Some(dotted) = expr.dotted() {
        return match modules.find(scope, &dotted)? {
            // `user_view = UserView.as_view("user")`
            Item::Value(at, value) if value.as_call().is_some() => view(modules, at, value, around, depth),
            Item::Value(..) => None,
            item => Some(item),
        };
    }
    let call = expr.as_call()?;
    let dotted = call.func.dotted().unwrap_or_default();
    if let Some(class) = dotted.strip_suffix(".as_view") {
        return modules.find(scope, class);
    }
    around.push((scope, &call.func));
    call.args.iter().take(3).find_map(|arg| view(modules, scope, &arg.value, around, depth))
}

/// Whether a class answers requests: by its method functions, or by a base's name.
fn is_view(modules: &Modules<'_>, scope: usize, class: &Class) -> bool {
    let answers = |name: &str| matches!(name, "get" | "post" | "put" | "patch" | "delete" | "dispatch_request");
    let Some(known) = modules.scopes[scope].classes.values().find(|known| std::ptr::eq(**known, class)) else {
        return false;
    };
    modules.ancestry(scope, known).into_iter().any(|(scope, class)| {
        let mut defs = modules.scopes[scope].defs.iter();
        defs.any(|def| def.class.is_some_and(|owner| std::ptr::eq(owner, class)) && answers(&def.function.name))
            || class.bases.iter().any(|base| {
                let name = base.value.dotted().unwrap_or_default();
                name.ends_with("View") || name.ends_with("Resource")
            })
    })
}
