//! Pages that Flask-Admin makes for models: who may use them is what `is_accessible` asks, and its own
//! views ask nothing.

use std::collections::BTreeMap;

use super::app::App;
use super::guard::{self, Demand};
use super::object_without_authorization::RULE;
use crate::facts::modules::{Item, Modules};
use crate::finding::{Confidence, Finding, Severity};
use crate::lang::python::{Call, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::text::Span;

/// How many bases of a view are looked through.
const MAX_BASES: usize = 6;

/// The models that one class of views is registered for.
struct Registered {
    models: Vec<String>,
    at: (usize, Span),
}

pub(super) fn check(app: &App<'_, '_>) -> Vec<Finding> {
    let App { facts, modules, .. } = *app;
    let mut by_class: BTreeMap<(usize, String), Registered> = BTreeMap::new();
    for (scope, known) in modules.scopes.iter().enumerate() {
        if !known.file.has_any(&["add_view", "add_views"]) {
            continue;
        }
        let aside = for_development(&known.file.module.body);
        walk_exprs(&known.file.module.body, &mut |expr| {
            let Some(call) = expr.as_call().filter(|_| !aside.iter().any(|span| span.contains(expr.span))) else {
                return;
            };
            let ExprKind::Attr { name, .. } = &call.func.kind else { return };
            if !matches!(name.as_str(), "add_view" | "add_views") {
                return;
            }
            for view in call.args.iter().filter_map(|arg| arg.value.as_call()) {
                if let (Some(class), Some(model)) = (view.func.dotted(), model_of(modules, scope, view)) {
                    let found = by_class
                        .entry((scope, class))
                        .or_insert_with(|| Registered { models: Vec::new(), at: (scope, expr.span) });
                    found.models.push(model);
                }
            }
        });
    }
    let open = by_class.iter().filter_map(|((scope, class), found)| {
        let (demand, asked_at) = demand(modules, *scope, class)?;
        let everybody = demand == Demand::Nothing;
        if demand == Demand::Authorization || !everybody && !app.people || everybody && app.asks_before_all() {
            return None;
        }
        let path = &modules.scopes[found.at.0].file.path;
        let more = match found.models.len() - 1 {
            0 => String::new(),
            1 => " and one other model".to_owned(),
            others => format!(" and {others} other models"),
        };
        let who = if everybody { "whoever opens them" } else { "everybody who is signed in" };
        let message = format!(
            "the admin pages for `{}`{more} let {who} list, change and delete records: `{class}` asks for no role",
            found.models[0]
        );
        let mut finding =
            Finding::new(RULE.id, RULE.threat, Severity::Medium, facts.files.locate(path, found.at.1), class, message)
                .confidence(Confidence::Medium)
                .next_step(format!(
                    "Give `{class}` a method `is_accessible` that returns whether the person who is signed in is an \
                     administrator, with the names your app uses: `return current_user.is_authenticated and \
                     current_user.is_admin`. `AdminIndexView` guards its own page alone."
                ));
        if let Some((scope, span)) = asked_at {
            let path = &modules.scopes[scope].file.path;
            finding = finding.related(facts.files.locate(path, span), "this is all that is asked");
        }
        Some(finding)
    });
    open.collect()
}

/// The model that Flask-Admin's `ModelView`, or a class of the project over it, is made for.
fn model_of(modules: &Modules<'_>, scope: usize, view: &Call) -> Option<String> {
    let class = view.func.dotted()?;
    let model = view.positional(0)?.dotted()?;
    let names_model = model.rsplit('.').next()?.starts_with(char::is_uppercase) && view.args.len() > 1;
    (names_model && is_model_view(modules, scope, &class, MAX_BASES)).then_some(model)
}

fn is_model_view(modules: &Modules<'_>, scope: usize, class: &str, hops: usize) -> bool {
    let Some(left) = hops.checked_sub(1) else { return false };
    match modules.find(scope, class) {
        Some(Item::Class(at, class)) => class
            .bases
            .iter()
            .filter_map(|base| base.value.dotted())
            .any(|base| is_model_view(modules, at, &base, left)),
        Some(_) => false,
        None => {
            let absolute = modules.absolute(scope, class);
            absolute.ends_with("ModelView")
                && (absolute.contains("flask_admin") || absolute.contains("flask.ext.admin"))
        }
    }
}

/// What a class of views asks, and where; nothing where it asks something this cannot read.
fn demand(modules: &Modules<'_>, scope: usize, class: &str) -> Option<(Demand, Option<(usize, Span)>)> {
    let asked = match modules.find(scope, class) {
        Some(Item::Class(..)) => ["is_accessible", "_handle_view"].into_iter().find_map(|name| {
            match modules.find(scope, &format!("{class}.{name}")) {
                Some(Item::Function(def)) => Some(def),
                _ => None,
            }
        }),
        _ => None,
    };
    let Some(def) = asked else { return Some((Demand::Nothing, None)) };
    let at = Some((def.scope, def.function.name_span));
    let demand = guard::of_method(modules, def);
    let lets_all = def.function.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Return(Some(value)) => value.as_bool() == Some(true),
        _ => false,
    });
    (demand > Demand::Nothing || lets_all).then_some((demand, at))
}

/// Branches that run where a developer works (`if app.debug:`).
fn for_development(body: &[crate::lang::python::Stmt]) -> Vec<Span> {
    let mut found = Vec::new();
    walk_stmts(body, &mut |stmt| {
        let StmtKind::If { branches, .. } = &stmt.kind else { return };
        for (test, body) in branches {
            let mut named = false;
            test.walk(&mut |inner| {
                let text = match &inner.kind {
                    ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
                    _ => inner.as_str().unwrap_or(""),
                };
                named |= ["debug", "develop", "testing"].iter().any(|part| text.to_ascii_lowercase().contains(part));
            });
            if named {
                found.extend(body.iter().map(|stmt| stmt.span));
            }
        }
    });
    found
}
