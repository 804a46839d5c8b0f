//! Which names hold secrets, and where a file's literals for them stand: what a diff or a code line
//! must not show.

use std::collections::BTreeSet;

use super::names::Names;
use super::signing::key_argument;
use crate::lang::python::{Expr, ExprKind, Module, StmtKind, walk_exprs, walk_stmts};
use crate::text::Span;

/// The spans of a file's string literals that are known by name to be secrets, or that a variable
/// holds which such a name is given.
pub fn secret_spans(module: &Module) -> Vec<Span> {
    let mut spans = Vec::new();
    // Variables that secrets are taken from, by their plain names; and those of addresses.
    let (mut variables, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    each_given(module, &mut |name, value| {
        if is_address_name(name) {
            hidden_in_address(value, &mut spans);
            addresses.extend(value.as_name());
        } else if is_secret_name(name) {
            hidden_in(value, &mut spans);
            variables.extend(value.as_name());
        }
    });
    let names = Names::of(module);
    walk_exprs(&module.body, &mut |expr| {
        if let Some((key, _)) = expr.as_call().and_then(|call| key_argument(call, &names)) {
            hidden_in(key, &mut spans);
            variables.extend(key.as_name());
        }
    });
    each_given(module, &mut |name, value| {
        if variables.contains(name) {
            hidden_in(value, &mut spans);
        } else if addresses.contains(name) {
            hidden_in_address(value, &mut spans);
        }
    });
    spans.sort();
    spans.dedup();
    spans
}

/// Calls `visit` for every name that is given a value: assignments, arguments, dictionary items,
/// and calls such as `setdefault("NAME", value)`.
fn each_given<'m>(module: &'m Module, visit: &mut dyn FnMut(&'m str, &'m Expr)) {
    walk_stmts(&module.body, &mut |stmt| {
        if let StmtKind::Assign { targets, value } = &stmt.kind {
            for target in targets {
                assigned(target, value, visit);
            }
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| match &inner.kind {
                ExprKind::Call(call) => {
                    for arg in &call.args {
                        if let Some(name) = &arg.name {
                            visit(name, &arg.value);
                        }
                    }
                    if let (Some(name), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1)) {
                        visit(name, value);
                    }
                }
                ExprKind::Dict(items) => {
                    for item in items {
                        if let Some(name) = item.key.as_ref().and_then(Expr::as_str) {
                            visit(name, &item.value);
                        }
                    }
                }
                _ => {}
            });
        }
    });
}

/// One target of an assignment; `a, b = 1, 2` is two.
fn assigned<'m>(target: &'m Expr, value: &'m Expr, visit: &mut dyn FnMut(&'m str, &'m Expr)) {
    match (&target.kind, &value.kind) {
        (ExprKind::Tuple(left), ExprKind::Tuple(right)) if left.len() == right.len() => {
            for (one, of) in left.iter().zip(right) {
                assigned(one, of, visit);
            }
        }
        (ExprKind::Name(name) | ExprKind::Attr { name, .. }, _) => visit(name, value),
        (ExprKind::Subscript { index, .. }, _) => {
            if let Some(name) = index.first().and_then(Expr::as_str) {
                visit(name, value);
            }
        }
        _ => {}
    }
}

/// The beginning of an address and nothing else (`postgres://`), as `replace` is given it.
fn is_scheme(text: &str) -> bool {
    let name = text.strip_suffix("://").unwrap_or("");
    (2..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b"+-.".contains(&b))
}

/// The literals of an address that may hold a secret: all but those that have no place for one.
fn hidden_in_address(value: &Expr, spans: &mut Vec<Span>) {
    let mut texts = Vec::new();
    value.walk(&mut |expr| {
        if let ExprKind::Str(text) = &expr.kind {
            texts.push(text);
        }
    });
    // A database in a file has no user: what its path is put together from is no secret either.
    let in_file = texts.iter().any(|text| text.value.starts_with("sqlite:"))
        && texts.iter().all(|text| !text.value.contains(['@', '?']));
    if in_file {
        return;
    }
    let mut found = Vec::new();
    hidden_in(value, &mut found);
    let open: Vec<&Span> =
        texts.iter().filter(|text| is_open_address(&text.value)).flat_map(|text| &text.contents).collect();
    spans.extend(found.into_iter().filter(|span| !open.contains(&span)));
}

/// The literals in a value, but for those that only name a variable: the key of a subscript, the
/// first argument of a look-up. By place, never by look: a name can be a secret.
fn hidden_in(value: &Expr, spans: &mut Vec<Span>) {
    match &value.kind {
        ExprKind::Str(text) if is_scheme(&text.value) => {}
        ExprKind::Str(text) => spans.extend(&text.contents),
        ExprKind::Call(call) => {
            hidden_in(&call.func, spans);
            let looks_up = match &call.func.kind {
                ExprKind::Name(name) | ExprKind::Attr { name, .. } => {
                    name.contains("env") || matches!(name.as_str(), "get" | "pop" | "setdefault" | "config" | "str")
                }
                _ => false,
            };
            // What a list is taken apart at is one mark, and no value.
            let splits = matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "split" || name == "rsplit");
            if splits && call.positional(0).and_then(Expr::as_str).is_some_and(is_separator) {
                return;
            }
            // What follows `encode` is the name of an encoding.
            let encodes =
                matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "encode" || name == "decode");
            if encodes && call.args.len() == 1 && call.positional(0).is_some_and(is_encoding) {
                return;
            }
            let shown = usize::from(looks_up && call.positional(0).is_some_and(is_text));
            call.args.iter().skip(shown).for_each(|arg| hidden_in(&arg.value, spans));
        }
        ExprKind::Subscript { value, index } => {
            hidden_in(value, spans);
            index.iter().filter(|key| !is_text(key)).for_each(|key| hidden_in(key, spans));
        }
        ExprKind::Compare { operands, ops } => {
            let looks_up = ops.iter().any(|op| op == "in" || op == "not in");
            operands.iter().skip(usize::from(looks_up)).for_each(|operand| hidden_in(operand, spans));
        }
        _ => value.children().into_iter().for_each(|child| hidden_in(child, spans)),
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Str(_))
}

/// One mark that separates: nothing that a secret could be.
fn is_separator(text: &str) -> bool {
    let mark = text.trim_end_matches(' ');
    mark.len() <= 1 && mark.bytes().all(|b| b.is_ascii_punctuation()) && text.len() <= 2
}

/// Names of encodings, as `encode` is given them.
fn is_encoding(expr: &Expr) -> bool {
    let known = ["utf-8", "utf8", "ascii", "latin-1", "latin1", "iso-8859-1", "utf-16", "cp1252"];
    expr.as_str().is_some_and(|name| known.contains(&name.to_ascii_lowercase().as_str()))
}

/// An address without user, password and further words: there is no place in it for a secret.
pub(super) fn is_open_address(text: &str) -> bool {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    !scheme.is_empty()
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && !text.contains(['@', '?'])
}

/// Whether a name holds an address, which may have a password in it, and is not otherwise secret.
pub(super) fn is_address_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let address = ["database_ur", "broker_url"].iter().any(|part| name.contains(part));
    address && !SECRETS.iter().any(|part| name.contains(part)) && !has_secret_ending(&name)
}

const SECRETS: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "token",
    "api_key",
    "apikey",
    "private_key",
    "access_key",
    "credential",
    "salt",
    "_dsn",
    "signing_key",
    "encryption_key",
];

/// Whether a variable or setting by its name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|part| name.contains(part))
        || ["database_ur", "broker_url"].iter().any(|part| name.contains(part))
        || has_secret_ending(&name)
}

fn has_secret_ending(name: &str) -> bool {
    ["_key", "_pass", "_pwd"].iter().any(|end| name.ends_with(end)) || matches!(name, "dsn" | "key")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;

    #[test]
    fn values_are_hidden_and_names_are_not() {
        for (text, hidden) in [
            ("SECRET_KEY = 'one'", &["one"][..]),
            ("SECRET_KEY = 'NOT_SET_IN_ENV'", &["NOT_SET_IN_ENV"]),
            ("app.config['SECRET_KEY'] = os.environ.get('SECRET_KEY', 'one')", &["one"]),
            ("app.secret_key = environ['KEY'] if 'KEY' in environ else 'one'", &["one"]),
            ("a.config['DEBUG'], a.config['SECRET_KEY'] = 'shown', 'one'", &["one"]),
            ("thing = 'one'\napp.secret_key = thing", &["one"]),
            ("f(token='one' + x)", &["one"]),
            ("d = {'password': ('one' 'two')}", &["one", "two"]),
            ("d.setdefault('api_key', 'one'.encode('utf-8'))", &["one"]),
            ("d.setdefault('api_key', 'one'.encode('two'))", &["one", "two"]),
            ("SECRET_KEY_FALLBACKS = [key for key in 'one'.split(',') if key]", &["one"]),
            ("SECRET_KEY = 'one two'.split('two')[0]", &["one two", "two"]),
            ("DATABASE_URL = 'sqlite:///app.db'", &[]),
            ("SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', 'postgresql://localhost/shop')", &[]),
            ("SQLALCHEMY_DATABASE_URI = 'sqlite:///' + os.path.join(basedir, 'app.db')", &[]),
            ("DATABASE_URL = 'sqlite+pysqlcipher://:one@/app.db'", &["sqlite+pysqlcipher://:one@/app.db"]),
            ("DATABASE_URL = 'postgresql://shop:one@db/shop'", &["postgresql://shop:one@db/shop"]),
            ("DATABASE_URL = 'postgresql://db/shop?password=one'", &["postgresql://db/shop?password=one"]),
            ("DATABASE_URL = 'postgresql://' + 'one' + '@db/shop'", &["one", "@db/shop"]),
            ("DATABASE_PASSWORD_URL = 'sqlite:///one'", &["sqlite:///one"]),
            ("thing = 'redis://localhost:6379/0'\nCELERY_BROKER_URL = thing", &[]),
            ("DATABASE_PASSWORD_URL = get('U', 'one').replace('postgres://', 'postgresql://')", &["one"]),
            ("SECRET_KEY = 'one://'; TOKEN = 'Two2://'; PASSWORD = '://'", &["Two2://", "://"]),
        ] {
            let module = parse(text).unwrap();
            let found: Vec<&str> = secret_spans(&module).into_iter().map(|span| span.of(text)).collect();
            assert_eq!(found, hidden, "{text}");
        }
    }
}
