//! Look-ups in dictionaries and parsed files: `config["flask"]["key"]`, `parser.get("flask", "key")`.

use super::{Derivation, Value, Valued};
use crate::facts::names::{DataKind, Names};
use crate::lang::python::{Call, Expr, ExprKind};

/// A look-up in a dictionary or a parsed file.
pub struct Lookup {
    /// What is looked into, as written: `config`, `self.config`, `load_config()`.
    pub base: String,
    pub keys: Vec<String>,
    /// What counts where the key is not there.
    pub fallback: Option<Box<Valued>>,
    /// The fallback counts where the value is empty, too (`lookup or fallback`).
    pub empty_too: bool,
}

impl Lookup {
    /// `config[flask][secret_key]`
    pub fn shown(&self) -> String {
        self.keys.iter().fold(self.base.clone(), |text, key| format!("{text}[{key}]"))
    }
}

/// `base["section"]["key"]`, `base.get("section", "key")`, `base["section"].get("key")`, as far as
/// the keys are literals.
pub fn look_up(expr: &Expr) -> Option<Lookup> {
    let of = |inner: &Expr, more: Vec<String>| {
        let mut found = match inner.dotted() {
            Some(base) => Lookup { base, keys: Vec::new(), fallback: None, empty_too: false },
            None => look_up(inner)?,
        };
        found.keys.extend(more);
        Some(found)
    };
    match &expr.kind {
        ExprKind::Subscript { value, index } => of(value, vec![index.first()?.as_str()?.to_owned()]),
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Attr { value, name } if GETTERS.contains(&name.as_str()) && !call.args.is_empty() => {
                let keys = call.args.iter().filter(|arg| arg.name.is_none());
                let keys: Option<Vec<String>> = keys.map(|arg| arg.value.as_str().map(str::to_owned)).collect();
                of(value, keys?)
            }
            // `load_config()["SECRET_KEY"]`
            _ if call.args.is_empty() => Some(Lookup {
                base: format!("{}()", call.func.dotted()?),
                keys: Vec::new(),
                fallback: None,
                empty_too: false,
            }),
            _ => None,
        },
        _ => None,
    }
}

/// Methods that look a key up.
const GETTERS: &[&str] = &["get", "getboolean", "getint", "getfloat"];

/// `base.get("key", "fallback")` on data that is known to be read from a file, and
/// `base.get("section", "key", fallback="x")` on any parser.
fn got(call: &Call, expr_base: &Expr, name: &str, names: &Names) -> Option<Value> {
    let sub = matches!(expr_base.kind, ExprKind::Subscript { .. });
    let base = match expr_base.dotted() {
        Some(base) => Lookup { base, keys: Vec::new(), fallback: None, empty_too: false },
        None => look_up(expr_base)?,
    };
    let data = names.data(&base.base);
    let parser = data == Some(DataKind::Parser);
    let positional: Vec<&Expr> = call.args.iter().filter(|arg| arg.name.is_none()).map(|arg| &arg.value).collect();
    // A parser made in another file: a section in small letters, then an option.
    let small = |expr: &&Expr| expr.as_str().is_some_and(|text| text.chars().any(char::is_lowercase));
    let first = base.base.split('.').next().unwrap_or_default();
    let imported = names.origin(first).is_some() && positional.len() > 1 && positional.first().is_some_and(small);
    if data.is_none() && !sub && !imported && call.keyword("fallback").is_none() {
        return None;
    }
    let wanted = if sub || !parser && data.is_some() { 1 } else { 2 };
    let keys: Option<Vec<String>> = positional.iter().take(wanted).map(|key| key.as_str().map(str::to_owned)).collect();
    let keys = keys.filter(|keys| keys.len() == wanted)?;
    let fallback = call.keyword("fallback").or_else(|| call.keyword("default")).map(|arg| &arg.value);
    let fallback = fallback.or_else(|| positional.get(wanted).copied());
    let mut lookup = base;
    lookup.keys.extend(keys);
    lookup.fallback = fallback.map(|expr| Box::new(Valued::of(expr, names)));
    let value = Value::Lookup(lookup);
    Some(match name {
        "get" => value,
        _ => Value::Derived { inner: Box::new(Valued { value, span: call.args_span }), how: Derivation::Parsed },
    })
}

/// A look-up in data, where the call is one.
pub(super) fn getter(call: &Call, names: &Names) -> Option<Value> {
    match &call.func.kind {
        ExprKind::Attr { value, name } if GETTERS.contains(&name.as_str()) => got(call, value, name, names),
        _ => None,
    }
}
