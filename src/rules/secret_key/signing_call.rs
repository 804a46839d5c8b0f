//! FH110: tokens, signed texts or encrypted texts are made with a key that stands in the code.

use std::sync::Arc;

use super::judged::{self, SIGNING_KEYS, is_sibling_key};
use crate::facts::names::definition_file;
use crate::facts::signing::{KeyUse, key_argument};
use crate::facts::values::{Value, Valued};
use crate::facts::{Facts, PyFile};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, Stmt, StmtKind, walk_exprs};
use crate::rules::{Explanation, Rule};
use crate::secret::Secret;
use crate::secret::strength::is_placeholder;
use crate::text::{RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH110",
    name: "signing-call-with-literal-key",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "The key of jwt.encode, of an itsdangerous serializer, of Fernet or of an HMAC is a literal: in the call, \
               in a variable, or in a setting that the call reads.",
        why: "Anyone who can read the code can make tokens, links and cookies that the server takes for its own, and \
              read what it encrypted.",
        fix: "Read the key from a variable of its own in the environment, with no literal behind it, and give the \
              server a new one. Tokens that are out stop working; what was encrypted has to be encrypted again.",
        ignore: "A key that protects nothing, such as that of a cache's file names.",
    },
    check,
    remedy: None,
};

/// A literal that reaches a call as its key.
struct Key {
    path: RepoPath,
    span: Span,
    secret: Arc<Secret>,
    /// The name it has in the code.
    name: Option<String>,
}

fn check(facts: &Facts) -> Vec<Finding> {
    keys(facts).iter().map(|(key, purpose)| finding(facts, key, *purpose)).collect()
}

/// The values that are keys of calls.
pub(in crate::rules) fn values(facts: &Facts) -> Vec<Arc<Secret>> {
    keys(facts).into_iter().map(|(key, _)| key.secret).collect()
}

/// Every literal that reaches a call as its key, once.
fn keys(facts: &Facts) -> Vec<(Key, KeyUse)> {
    let mut found: Vec<(Key, KeyUse)> = Vec::new();
    for file in facts.own_python() {
        let names = &facts.names[&file.path];
        if !["jwt", "jose", "authlib", "itsdangerous", "cryptography", "hmac"].iter().any(|one| names.mentions(one)) {
            continue;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            let Some((argument, purpose)) = expr.as_call().and_then(|call| key_argument(call, names)) else { return };
            let Some(key) = key_of(facts, file, argument, 4) else { return };
            let text = key.secret.expose();
            let known = found.iter().any(|(known, _)| known.path == key.path && known.span == key.span);
            if !known && !is_placeholder(text) && !text.starts_with("-----BEGIN PUBLIC") {
                found.push((key, purpose));
            }
        });
    }
    found
}

fn finding(facts: &Facts, key: &Key, purpose: KeyUse) -> Finding {
    let location = facts.files.locate(&key.path, key.span);
    let what = key.name.as_ref().map_or_else(|| "The key".to_owned(), Clone::clone);
    let message =
        format!("{what} makes {} and is written in the code.{}", purpose.words(), judged::weakness(&key.secret));
    let symbol = key.name.clone().unwrap_or_else(|| purpose.words().to_owned());
    let severity = if purpose == KeyUse::Hmac { Severity::Medium } else { RULE.severity };
    let variable = variable_of(key.name.as_deref(), purpose);
    Finding::new(RULE.id, RULE.threat, severity, location, symbol, message).next_step(format!(
        "Read it instead: os.environ[\"{variable}\"] where production starts, and give the server a new key under that \
         name."
    ))
}

fn variable_of(name: Option<&str>, purpose: KeyUse) -> String {
    let upper = name.map(|name| name.rsplit('.').next().unwrap_or(name).to_ascii_uppercase());
    upper.filter(|name| name.len() > 5).unwrap_or_else(|| {
        match purpose {
            KeyUse::Token => "JWT_SECRET_KEY",
            KeyUse::Signed => "SIGNING_KEY",
            KeyUse::Encrypted => "ENCRYPTION_KEY",
            KeyUse::Hmac => "HMAC_KEY",
        }
        .to_owned()
    })
}

/// The literal that an expression gives, names followed within bounds.
fn key_of(facts: &Facts, file: &PyFile, expr: &Expr, steps: usize) -> Option<Key> {
    if steps == 0 {
        return None;
    }
    let valued = Valued::of(expr, &facts.names[&file.path]);
    if let Some(literal) = valued.literal() {
        let Value::Text { secret, .. } = &literal.value else { return None };
        return Some(Key { path: file.path.clone(), span: literal.span, secret: Arc::clone(secret), name: None });
    }
    match &expr.kind {
        ExprKind::Name(name) => of_name(facts, file, name, expr.span, steps),
        ExprKind::Attr { name, .. } => {
            let dotted = expr.dotted()?;
            match assignment(&file.module.body, &dotted, expr.span) {
                Some(value) => named(key_of(facts, file, value, steps - 1)?, &dotted),
                None => of_setting(facts, file, name),
            }
        }
        ExprKind::Subscript { value, index } if value.dotted().is_some_and(|base| is_config(&base)) => {
            of_setting(facts, file, index.first()?.as_str()?)
        }
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Attr { value, name } if name == "get" && value.dotted().is_some_and(|base| is_config(&base)) => {
                of_setting(facts, file, call.positional(0)?.as_str()?)
            }
            // The same key in another dress: `key.encode()`, `bytes(key, "utf-8")`, `b64decode(key)`.
            ExprKind::Attr { value, name } if matches!(name.as_str(), "encode" | "decode" | "strip") => {
                key_of(facts, file, value, steps - 1)
            }
            _ if call.func.dotted().is_some_and(|func| is_dress(&func)) => {
                key_of(facts, file, call.positional(0)?, steps - 1)
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_config(base: &str) -> bool {
    base == "config" || base.ends_with(".config") || base == "settings"
}

fn is_dress(func: &str) -> bool {
    let last = func.rsplit('.').next().unwrap_or(func);
    matches!(last, "str" | "bytes" | "bytearray") || last.ends_with("b64encode") || last.ends_with("b64decode")
}

fn of_name(facts: &Facts, file: &PyFile, name: &str, at: Span, steps: usize) -> Option<Key> {
    if let Some(value) = assignment(&file.module.body, name, at) {
        let key = key_of(facts, file, value, steps - 1)?;
        // What Flask's own settings are given is for the rules on those.
        return if is_reported(facts, &key, name) { None } else { named(key, name) };
    }
    let origin = facts.names[&file.path].origin(name)?;
    let (path, Some(defined)) = definition_file(&facts.files, &file.path, origin)? else { return None };
    let other = facts.py(&path).filter(|_| facts.is_own(&path))?;
    let end = Span::at(usize::MAX);
    let key = key_of(facts, other, assignment(&other.module.body, &defined, end)?, steps - 1)?;
    if is_reported(facts, &key, &defined) { None } else { named(key, &defined) }
}

fn named(mut key: Key, name: &str) -> Option<Key> {
    key.name.get_or_insert_with(|| name.to_owned());
    Some(key)
}

/// Whether another rule reports this literal: it is a setting with a rule of its own.
fn is_reported(facts: &Facts, key: &Key, name: &str) -> bool {
    let place = |setting: &crate::facts::Setting| {
        *setting.path() == key.path && setting.value.literal().is_some_and(|literal| literal.span == key.span)
    };
    let own = judged::literals(facts).iter().any(|literal| place(literal.setting));
    own || is_sibling_key(name).is_some() && facts.settings.iter().any(|setting| setting.key == name && place(setting))
}

/// The literal of a setting that no other rule reports.
fn of_setting(facts: &Facts, file: &PyFile, key: &str) -> Option<Key> {
    if SIGNING_KEYS.contains(&key) || is_sibling_key(key).is_some() {
        return None;
    }
    let root = facts.project_root(&file.path);
    facts.settings.iter().find_map(|setting| {
        let setting = facts.resolve(Some(setting).filter(|setting| setting.key == key)?);
        let own = facts.is_own(setting.path()) && facts.same_project(setting.path(), &root);
        let private = facts.data.private.contains(setting.path());
        if !own
            || private
            || setting.overwritten
            || judged::is_testing(facts, setting)
            || judged::only_development(facts, setting)
        {
            return None;
        }
        let literal = setting.value.literal()?;
        let Value::Text { secret, .. } = &literal.value else { return None };
        let (path, span) = (setting.path().clone(), literal.span);
        Some(Key { path, span, secret: Arc::clone(secret), name: Some(key.to_owned()) })
    })
}

/// The value of the last assignment to a name before a place, in the functions around it or at the
/// top of the file; for a place in a function, the file's last one.
fn assignment<'m>(body: &'m [Stmt], name: &str, at: Span) -> Option<&'m Expr> {
    let inner = body.iter().find(|stmt| stmt.span.contains(at));
    if let Some(stmt) = inner {
        let within = stmt.blocks().into_iter().find_map(|block| assignment(block, name, at));
        if within.is_some() {
            return within;
        }
    }
    let in_function = inner.is_none_or(|stmt| matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)));
    let before = |stmt: &&Stmt| in_function || stmt.span.start < at.start;
    body.iter().filter(before).filter_map(|stmt| assigned_in(stmt, name)).next_back()
}

fn assigned_in<'m>(stmt: &'m Stmt, name: &str) -> Option<&'m Expr> {
    match &stmt.kind {
        StmtKind::Assign { targets, value } => {
            targets.iter().any(|target| target.dotted().as_deref() == Some(name)).then_some(value)
        }
        StmtKind::Function(function) => {
            // `self.key = …` in another method.
            let of_self = name.starts_with("self.");
            of_self.then(|| function.body.iter().find_map(|inner| assigned_in(inner, name))).flatten()
        }
        StmtKind::Class(_) => None,
        _ => stmt.blocks().into_iter().flatten().find_map(|inner| assigned_in(inner, name)),
    }
}
