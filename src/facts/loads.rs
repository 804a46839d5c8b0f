//! Dictionaries that a configuration takes over: what `update`, `from_mapping`, `|=` or a loop is
//! given, as far as it is a name or a part of one. Knows one expression.

use super::data::reads::Bound;
use super::dynaconf::Settings;
use super::names::{Names, is_loader};
use super::settings::config_base;
use super::values::{Lookup, look_up};
use crate::lang::python::{BoolOp, Call, Expr, ExprKind, Stmt, StmtKind};

/// Methods that give an object's values as a dictionary.
const AS_DICT: &[&str] = &["dict", "model_dump", "to_dict", "as_dict", "_asdict", "copy", "items", "unwrap"];

/// What a dictionary stands for; nothing where it is written out or gives nothing to follow.
pub(super) fn mapping(expr: &Expr, names: &Names) -> Option<Lookup> {
    let inner = innermost(expr);
    match &inner.kind {
        ExprKind::Dict(_) | ExprKind::None => None,
        ExprKind::Call(call) if call.func.as_name() == Some("dict") => None,
        ExprKind::Call(call) if names.resolve(&call.func).is_some_and(|origin| is_loader(&origin)) => {
            Some(Lookup { base: loader_name(inner), keys: Vec::new(), fallback: None, empty_too: false })
        }
        _ => match inner.dotted() {
            Some(base) => Some(Lookup { base, keys: Vec::new(), fallback: None, empty_too: false }),
            None => look_up(inner)
                .or_else(|| Some(Lookup { base: String::new(), keys: Vec::new(), fallback: None, empty_too: false })),
        },
    }
}

/// The name under which the data of a call that stands by itself is kept.
pub(super) fn loader_name(expr: &Expr) -> String {
    format!("@{}", expr.span.start)
}

/// The object behind `settings.model_dump()`, `vars(settings)`, `settings or {}`, `dict(settings)`.
pub(super) fn innermost(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Attr { value, name } if AS_DICT.contains(&name.as_str()) => innermost(value),
            ExprKind::Name(name) | ExprKind::Attr { name, .. }
                if matches!(name.as_str(), "vars" | "asdict" | "dict") =>
            {
                call.positional(0).map_or(expr, innermost)
            }
            _ => expr,
        },
        ExprKind::Attr { value, name } if name == "__dict__" => value,
        ExprKind::Bool { op: BoolOp::Or, left, right } if matches!(right.kind, ExprKind::Dict(_)) => innermost(left),
        _ => expr,
    }
}

/// `for key, value in settings.items(): app.config[key] = value`: the app and the dictionary.
pub(super) fn copied(stmt: &Stmt) -> Option<(String, &Expr)> {
    let StmtKind::For { target, iter, body, .. } = &stmt.kind else { return None };
    let ExprKind::Tuple(names) = &target.kind else { return None };
    let [key, value] = names.as_slice() else { return None };
    let ExprKind::Attr { name, .. } = &iter.as_call()?.func.kind else { return None };
    if name != "items" {
        return None;
    }
    body.iter().find_map(|stmt| {
        let StmtKind::Assign { targets, value: given } = &stmt.kind else { return None };
        let ExprKind::Subscript { value: base, index } = &targets.first()?.kind else { return None };
        let whole = index.first()?.as_name() == key.as_name() && given.as_name() == value.as_name();
        config_base(base).filter(|_| whole && key.as_name().is_some()).map(|app| (app, iter))
    })
}

/// What a `FlaskDynaconf` call says, by itself or through the instance it is given.
pub(super) fn dynaconf_of(call: &Call, bound: &[Bound<'_>], names: &Names) -> Settings {
    let instance = call.keyword("dynaconf_instance").and_then(|arg| arg.value.as_name());
    let made = instance.and_then(|name| bound.iter().rev().find(|bound| bound.name == name));
    let made = made.and_then(|bound| bound.value.as_call());
    match made.filter(|made| names.resolve(&made.func).is_some_and(|origin| origin.ends_with("Dynaconf"))) {
        Some(made) => Settings::of(made, false),
        None => Settings::of(call, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;

    #[test]
    fn mappings_are_followed_to_what_they_are_made_of() {
        for (text, wanted) in [
            ("settings", Some("settings")),
            ("settings.model_dump()", Some("settings")),
            ("vars(settings)", Some("settings")),
            ("cfg['flask'] or {}", Some("cfg[flask]")),
            ("load()['a']", Some("load()[a]")),
            ("{'A': 1}", None),
            ("dict(A=1)", None),
            ("compute(1)", Some("")),
        ] {
            let module = parse(&format!("{text}\n")).unwrap();
            let StmtKind::Expr(expr) = &module.body[0].kind else { panic!() };
            let found = mapping(expr, &Names::default()).map(|lookup| lookup.shown());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_loop_that_copies_counts_as_one_load() {
        for (text, wanted) in [
            ("for k, v in cfg.items():\n    app.config[k] = v\n", true),
            ("for k, v in cfg.items():\n    app.config[k] = other\n", false),
            ("for k in cfg:\n    app.config[k] = cfg[k]\n", false),
        ] {
            let module = parse(text).unwrap();
            assert_eq!(copied(&module.body[0]).is_some(), wanted, "{text}");
        }
    }
}
