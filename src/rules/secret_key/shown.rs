//! What of the environment or the configuration an expression carries: the whole, or one secret.

use super::exposed::is_private;
use crate::facts::Names;
use crate::facts::settings::looks_like_app;
use crate::lang::python::{Call, Expr, ExprKind};

/// What would be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// One value by a secret's name.
    Secret,
    Config,
    Environment,
}

impl Shown {
    pub(super) fn words(self) -> &'static str {
        match self {
            Shown::Secret => "A secret",
            Shown::Config => "The whole configuration",
            Shown::Environment => "The whole environment",
        }
    }

    pub(super) fn symbol(self) -> &'static str {
        match self {
            Shown::Secret => "secret",
            Shown::Config => "config",
            Shown::Environment => "environ",
        }
    }
}

/// What an expression carries as it is: through text, containers and conversions, not through other
/// calls. `held` are variables that hold something.
pub(super) fn what(expr: &Expr, names: &Names, held: &[(&str, Shown)]) -> Option<Shown> {
    let of = |inner: &Expr| what(inner, names, held);
    match &expr.kind {
        ExprKind::Name(name) => {
            whole(expr, names).or_else(|| held.iter().find(|(known, _)| known == name).map(|(_, shown)| *shown))
        }
        ExprKind::Attr { .. } => whole(expr, names),
        ExprKind::Subscript { value, index } => secret(whole(value, names)?, index.first()?.as_str()?),
        ExprKind::Call(call) => called(call, names, held),
        ExprKind::FString { parts, .. } => parts.iter().filter_map(of).max(),
        ExprKind::Dict(items) => items.iter().filter_map(|item| of(&item.value)).max(),
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => items.iter().filter_map(of).max(),
        ExprKind::Binary { left, right, .. } | ExprKind::Bool { left, right, .. } => of(left).max(of(right)),
        ExprKind::Cond { body, orelse, .. } => of(body).max(of(orelse)),
        ExprKind::Star(value) => of(value),
        _ => None,
    }
}

/// `os.environ`, `app.config`, `current_app.config`.
fn whole(expr: &Expr, names: &Names) -> Option<Shown> {
    let dotted = names.resolve(expr)?;
    if dotted == "os.environ" {
        return Some(Shown::Environment);
    }
    let base = dotted.strip_suffix(".config")?;
    let last = base.rsplit('.').next().unwrap_or(base);
    (last == "current_app" || looks_like_app(last)).then_some(Shown::Config)
}

/// One value of a whole, where its name says that it is a secret.
fn secret(_: Shown, key: &str) -> Option<Shown> {
    (is_private(key) && key.chars().any(|c| c.is_ascii_uppercase())).then_some(Shown::Secret)
}

fn called(call: &Call, names: &Names, held: &[(&str, Shown)]) -> Option<Shown> {
    let of = |inner: &Expr| what(inner, names, held);
    let first = || call.positional(0).and_then(of);
    if let ExprKind::Attr { value, name } = &call.func.kind {
        match name.as_str() {
            "get" => return secret(whole(value, names)?, call.positional(0)?.as_str()?),
            "items" | "values" | "copy" | "to_dict" => return of(value),
            // `"…".format(x)`, `", ".join(x)`
            "format" | "join" if matches!(value.kind, ExprKind::Str(_)) => {
                return call.args.iter().filter_map(|arg| of(&arg.value)).max();
            }
            _ => {}
        }
    }
    match names.resolve(&call.func)?.as_str() {
        "os.getenv" => secret(Shown::Environment, call.positional(0)?.as_str()?),
        "str"
        | "repr"
        | "dict"
        | "list"
        | "tuple"
        | "sorted"
        | "json.dumps"
        | "pprint.pformat"
        | "flask.jsonify"
        | "flask.json.dumps"
        | "flask.make_response"
        | "flask.Response"
        | "copy.copy"
        | "copy.deepcopy" => first().or_else(|| call.args.iter().filter_map(|arg| of(&arg.value)).max()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::{StmtKind, parse};

    fn shown(text: &str) -> Option<Shown> {
        let module = parse(&format!("import os, json\nfrom flask import jsonify, current_app\n{text}\n")).unwrap();
        let names = Names::of(&module);
        match &module.body.last().unwrap().kind {
            StmtKind::Expr(expr) => what(expr, &names, &[("held", Shown::Config)]),
            _ => panic!("{text}"),
        }
    }

    #[test]
    fn wholes_and_secrets_are_carried_as_they_are() {
        for (text, found) in [
            ("dict(os.environ)", Some(Shown::Environment)),
            ("str(app.config)", Some(Shown::Config)),
            ("{'a': 1, 'env': os.environ.copy()}", Some(Shown::Environment)),
            ("f'all: {current_app.config}'", Some(Shown::Config)),
            ("'%s' % app.config['SECRET_KEY']", Some(Shown::Secret)),
            ("jsonify(held)", Some(Shown::Config)),
            ("os.environ.get('SECRET_KEY')", Some(Shown::Secret)),
            ("os.environ.get('HOME')", None),
            ("app.config['SITE_NAME']", None),
            ("os.environ.keys()", None),
            ("make_client(app.config)", None),
            ("len(os.environ)", None),
            ("app.config['RECAPTCHA_PUBLIC_KEY']", None),
            ("self.config", None),
        ] {
            assert_eq!(shown(text), found, "{text}");
        }
    }
}
