//! Fallbacks that are no expression: a literal in the branch that runs where an environment
//! variable is not set, and `os.environ.setdefault`. Knows the statements of one file; gives the
//! settings in them the environment read that stands before the literal.

use std::collections::BTreeMap;

use super::names::Names;
use super::settings::{Setting, app_setting};
use super::values::{EnvRead, EnvReader, FROM_ENV_FILE, FallbackPlace, Value, Valued};
use crate::lang::python::{Expr, ExprKind, Handler, Module, Stmt, StmtKind, walk_stmts};
use crate::text::Span;

/// Gives every setting whose literal is such a fallback the read it is the fallback of.
pub(super) fn relate(module: &Module, names: &Names, settings: &mut [Setting]) {
    let defaults = environ_defaults(module, names);
    for setting in settings.iter_mut() {
        let Value::Env(read) = &mut setting.value.value else { continue };
        if read.fallback.is_none()
            && read.reader == EnvReader::Os
            && let Some((_, value)) = defaults.get(&read.name).filter(|(at, _)| at.end <= setting.statement.start)
        {
            let literal = Valued::of(value, names);
            if literal.literal().is_some() {
                read.fallback = Some(Box::new(literal));
                read.place = FallbackPlace::Environ;
            }
        }
    }
    walk_stmts(&module.body, &mut |stmt| match &stmt.kind {
        StmtKind::If { branches, orelse } => {
            for (at, (test, body)) in branches.iter().enumerate() {
                let test = Test::of(test);
                // `if set: … else: literal`; with `elif` between, another test decides.
                if test.when_set && at + 1 == branches.len() && branches.len() == 1 {
                    in_branch(&test, orelse, names, settings);
                } else if !test.when_set {
                    in_branch(&test, body, names, settings);
                }
            }
        }
        StmtKind::Try { body, handlers, .. } => in_handlers(body, handlers, settings),
        _ => {}
    });
}

/// `os.environ.setdefault("K", value)` as statements at the top of the file.
fn environ_defaults<'m>(module: &'m Module, names: &Names) -> BTreeMap<String, (Span, &'m Expr)> {
    let mut found = BTreeMap::new();
    for stmt in &module.body {
        let StmtKind::Expr(expr) = &stmt.kind else { continue };
        let Some(call) = expr.as_call() else { continue };
        if names.resolve(&call.func).as_deref() != Some("os.environ.setdefault") {
            continue;
        }
        if let (Some(name), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1)) {
            found.entry(name.to_owned()).or_insert((stmt.span, value));
        }
    }
    found
}

/// What a condition asks about.
struct Test<'e> {
    subject: &'e Expr,
    /// Whether it is true where the subject is there.
    when_set: bool,
}

impl<'e> Test<'e> {
    fn of(test: &'e Expr) -> Self {
        match &test.kind {
            ExprKind::Not(inner) => {
                let inner = Self::of(inner);
                Self { when_set: !inner.when_set, ..inner }
            }
            ExprKind::Compare { operands, ops } if operands.len() == 2 => match ops[0].as_str() {
                "is not" | "!=" if is_nothing(&operands[1]) => Self { subject: &operands[0], when_set: true },
                "is" | "==" if is_nothing(&operands[1]) => Self { subject: &operands[0], when_set: false },
                "not in" => Self { subject: test, when_set: false },
                _ => Self { subject: test, when_set: true },
            },
            _ => Self { subject: test, when_set: true },
        }
    }
}

/// `None` or an empty text.
fn is_nothing(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::None) || expr.as_str() == Some("")
}

/// Literals in the block that runs where the subject of a test is not there.
fn in_branch(test: &Test<'_>, block: &[Stmt], names: &Names, settings: &mut [Setting]) {
    let Some((first, last)) = block.first().zip(block.last()) else { return };
    let span = Span::new(first.span.start, last.span.end);
    let variable = tested_variable(test.subject, names);
    for at in 0..settings.len() {
        let setting = &settings[at];
        if !span.contains(setting.statement) || !is_bare_literal(setting) {
            continue;
        }
        let read = match &variable {
            Some((name, reader)) => Some((name.clone(), *reader)),
            None if asks_about(test.subject, &setting.key) => earlier_read(settings, at),
            None => local_read(test.subject, settings),
        };
        if let Some((name, reader)) = read {
            wrap(&mut settings[at], name, reader);
        }
    }
}

/// `try: KEY = os.environ["K"]`, `except KeyError: KEY = "literal"`.
fn in_handlers(body: &[Stmt], handlers: &[Handler], settings: &mut [Setting]) {
    for block in handlers.iter().map(|handler| &handler.body) {
        for stmt in block {
            for at in 0..settings.len() {
                let setting = &settings[at];
                if !stmt.span.contains(setting.statement) || !is_bare_literal(setting) {
                    continue;
                }
                let tried = settings.iter().find(|other| {
                    other.key == setting.key
                        && other.holder == setting.holder
                        && body.iter().any(|stmt| stmt.span.contains(other.statement))
                });
                let read = tried.and_then(|tried| tried.value.env()).filter(|read| read.required);
                if let Some((name, reader)) = read.map(|read| (read.name.clone(), read.reader)) {
                    wrap(&mut settings[at], name, reader);
                }
            }
        }
    }
}

fn is_bare_literal(setting: &Setting) -> bool {
    // What our own reader gives stands where a literal stood.
    let ours = matches!(setting.value.value, Value::Unknown(FROM_ENV_FILE));
    setting.value.env().is_none() && (ours || setting.value.literal().is_some())
}

/// The variable a condition asks for: `os.environ.get("K")`, `"K" in os.environ`.
fn tested_variable(subject: &Expr, names: &Names) -> Option<(String, EnvReader)> {
    if let ExprKind::Compare { operands, ops } = &subject.kind {
        let environ = matches!(ops.as_slice(), [op] if op == "in" || op == "not in")
            && names.resolve(operands.get(1)?).is_some_and(|name| name.starts_with("os.environ"));
        return environ.then(|| operands[0].as_str().map(|name| (name.to_owned(), EnvReader::Os))).flatten();
    }
    match Valued::of(subject, names).value {
        Value::Env(read) if read.fallback.is_none() => Some((read.name, read.reader)),
        _ => None,
    }
}

/// Whether a condition asks about the setting itself: `KEY`, `app.secret_key`,
/// `app.config["KEY"]`, `app.config.get("KEY")`.
fn asks_about(subject: &Expr, key: &str) -> bool {
    match &subject.kind {
        ExprKind::Name(name) => name == key,
        ExprKind::Attr { name, .. } => app_setting(name) == Some(key) || name == key,
        ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str) == Some(key),
        ExprKind::Call(call) => {
            matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "get")
                && call.positional(0).and_then(Expr::as_str) == Some(key)
        }
        _ => false,
    }
}

/// The read that gave the same setting its value before.
fn earlier_read(settings: &[Setting], at: usize) -> Option<(String, EnvReader)> {
    let setting = &settings[at];
    let same = |other: &&Setting| {
        other.key == setting.key && other.holder == setting.holder && other.function == setting.function
    };
    let earlier = settings[..at].iter().rev().find(same)?;
    let read = earlier.value.env().filter(|read| read.fallback.is_none())?;
    Some((read.name.clone(), read.reader))
}

/// The read behind a name that a setting takes its value from.
fn local_read(subject: &Expr, settings: &[Setting]) -> Option<(String, EnvReader)> {
    let name = subject.as_name()?;
    let read = settings.iter().rev().find(|setting| setting.key == name)?.value.env()?;
    read.fallback.is_none().then(|| (read.name.clone(), read.reader))
}

fn wrap(setting: &mut Setting, name: String, reader: EnvReader) {
    let span = setting.value.span;
    let literal = std::mem::replace(&mut setting.value, Valued { value: Value::None, span });
    let read =
        EnvRead { name, fallback: Some(Box::new(literal)), required: false, reader, place: FallbackPlace::Branch };
    setting.value = Valued { value: Value::Env(read), span };
}
