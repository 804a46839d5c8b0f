//! What stands before a handler: decorators, class-wide ones, and functions that run before each
//! request. Says whether they ask for a role, permission or owner, or only for a sign-in.

use super::evidence::Evidence;
use super::judge;
use super::words;
use crate::facts::modules::{Def, Item, Modules};
use crate::facts::routes::Route;
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};

/// What the guards of a route demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Demand {
    Nothing,
    SignIn,
    Authorization,
}

pub(super) fn demand<'f>(modules: &Modules<'f>, route: &Route<'f>) -> Demand {
    let guards = route.guards.iter().map(|(scope, expr)| decorator(modules, *scope, expr));
    let hooks = route.before.iter().map(|def| hook(modules, *def).max(by_name(modules, *def)));
    // What runs before everything has to let most of it pass: it asks for a sign-in at most, unless
    // it looks at the URL's parameters itself.
    let wide = route.before_all.iter().map(|def| match hook(modules, *def) {
        Demand::Authorization if !reads_params(*def) => Demand::SignIn,
        demand => demand,
    });
    let of_class = route.handler.class.and_then(|_| accessible(modules, route.handler));
    guards.chain(hooks).chain(wide).chain(of_class).max().unwrap_or(Demand::Nothing)
}

/// What the views of Flask-Admin ask before each of their pages: `is_accessible`, `_handle_view`.
fn accessible<'f>(modules: &Modules<'f>, handler: Def<'f>) -> Option<Demand> {
    let asked = ["is_accessible", "_handle_view"].into_iter().filter_map(|name| modules.method(handler, name));
    asked.map(|def| of_method(modules, def)).max()
}

/// What a function that is asked before a page demands.
pub(super) fn of_method<'f>(modules: &Modules<'f>, def: Def<'f>) -> Demand {
    let mut evidence = Evidence::default();
    judge::read(modules, def, judge::url_env(def, |_| true), &mut evidence);
    of(&evidence)
}

fn decorator(modules: &Modules<'_>, scope: usize, expr: &Expr) -> Demand {
    let (func, call) = match &expr.kind {
        ExprKind::Call(call) => (&call.func, Some(call)),
        _ => (expr, None),
    };
    let Some(dotted) = func.dotted() else { return Demand::Nothing };
    let last = dotted.rsplit('.').next().unwrap_or(&dotted);
    let builder = modules.absolute(scope, &dotted).starts_with("flask_appbuilder.security");
    if words::decorator_authorizes(last) || words::asks_permission(&dotted) || builder && last == "protect" {
        return Demand::Authorization;
    }
    if let Some(call) = call
        && words::decorator_demands(last)
    {
        let asked = call.args.iter().any(|arg| {
            let by_keyword = arg.name.as_deref().is_some_and(words::is_role);
            let mut named = by_keyword;
            arg.value.walk(&mut |inner| {
                named |= inner.as_name().or_else(|| inner.as_str()).is_some_and(words::decorator_authorizes);
            });
            named
        });
        if asked {
            return Demand::Authorization;
        }
    }
    let own = match modules.find(scope, &dotted) {
        Some(Item::Function(def)) => inside(modules, def),
        _ => Demand::Nothing,
    };
    let is_route = matches!(last, "route" | "get" | "post" | "put" | "patch" | "delete");
    let every_user = words::decorator_signs_in(last) || words::takes_every_user(last);
    let named = if !is_route && every_user { Demand::SignIn } else { Demand::Nothing };
    own.max(named)
}

/// What a decorator of the project does before it calls the function it wraps.
fn inside(modules: &Modules<'_>, decorator: Def<'_>) -> Demand {
    let mut demand = Demand::Nothing;
    let around = decorator.function.span;
    let inner = modules.scopes[decorator.scope].defs.iter().filter(|def| around.contains(def.function.span));
    for def in inner {
        let mut evidence = Evidence::default();
        judge::read(modules, *def, judge::url_env(*def, |_| true), &mut evidence);
        demand = demand.max(of(&evidence));
        for expr in &def.function.decorators {
            if expr.dotted().is_some_and(|name| words::decorator_signs_in(&name)) {
                demand = demand.max(Demand::SignIn);
            }
        }
    }
    // A wrapper may apply others: `login_required(f)`.
    walk_stmts(&decorator.function.body, &mut |stmt| {
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| {
                let Some(name) = inner.as_name() else { return };
                if words::words(name).iter().any(|word| word == "required") {
                    let found = if words::decorator_authorizes(name) { Demand::Authorization } else { Demand::SignIn };
                    demand = demand.max(found);
                }
            });
        }
    });
    demand
}

/// A function of one blueprint that says by its name whom it lets pass (`requires_admin`), and leaves
/// it to another one to stop the others.
fn by_name(modules: &Modules<'_>, def: Def<'_>) -> Demand {
    if !words::decorator_authorizes(&def.function.name) {
        return Demand::Nothing;
    }
    let mut stops = false;
    walk_exprs(&def.function.body, &mut |expr| {
        let called = expr.as_call().and_then(|call| call.func.dotted());
        if let Some(Item::Function(inner)) = called.and_then(|name| modules.find(def.scope, &name)) {
            walk_stmts(&inner.function.body, &mut |stmt| {
                stops |= match &stmt.kind {
                    StmtKind::Raise(_) => true,
                    StmtKind::Expr(expr) => {
                        expr.as_call().and_then(|call| call.func.dotted()).is_some_and(|name| name.ends_with("abort"))
                    }
                    _ => false,
                };
            });
        }
    });
    if stops { Demand::Authorization } else { Demand::Nothing }
}

fn reads_params(def: Def<'_>) -> bool {
    let mut reads = def.function.params.len() > 1;
    walk_exprs(&def.function.body, &mut |expr| {
        reads |= matches!(&expr.kind, ExprKind::Attr { name, .. } if name == "view_args");
    });
    reads
}

/// What a function that runs before requests demands; nothing where it lets everyone pass.
pub(super) fn hook<'f>(modules: &Modules<'f>, def: Def<'f>) -> Demand {
    let decorators = def.function.decorators.iter().map(|expr| {
        let is_hook = expr.dotted().is_some_and(|dotted| dotted.contains("before") || dotted.contains("preprocessor"));
        if is_hook { Demand::Nothing } else { decorator(modules, def.scope, expr) }
    });
    let by_decorator = decorators.max().unwrap_or(Demand::Nothing);
    let mut stops = false;
    walk_stmts(&def.function.body, &mut |stmt| {
        stops |= match &stmt.kind {
            StmtKind::Return(value) => value.as_ref().is_some_and(|value| !matches!(value.kind, ExprKind::None)),
            StmtKind::Raise(_) => true,
            StmtKind::Expr(expr) => expr.as_call().is_some_and(|call| {
                let name = call.func.dotted().unwrap_or_default();
                name.ends_with("abort") || words::is_authorizing(&name)
            }),
            _ => false,
        };
    });
    if !stops {
        return by_decorator;
    }
    let mut evidence = Evidence::default();
    judge::read(modules, def, judge::url_env(def, |_| true), &mut evidence);
    by_decorator.max(of(&evidence))
}

fn of(evidence: &Evidence) -> Demand {
    match (evidence.sign, evidence.asks_who) {
        (Some(_), _) => Demand::Authorization,
        (None, Some(_)) => Demand::SignIn,
        (None, None) => Demand::Nothing,
    }
}
