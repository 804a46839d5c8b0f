//! Accounts that code makes by itself with a password that everybody can read: the first
//! administrator. Accounts of nobody in particular are data of a demonstration and are left alone.

use super::{Reader, last_name};
use crate::facts::credential_names::says_admin;
use crate::facts::credentials::{Head, How, names, values};
use crate::lang::python::{Call, Expr, ExprKind, Stmt, StmtKind};

/// Words of callees that make an account, or are one.
const ACCOUNTS: &[&str] = &["user", "users", "admin", "administrator", "account", "member", "employee", "superuser"];
/// Words of callees that do something else with one.
const NO_ACCOUNTS: &[&str] = &[
    "filter",
    "find",
    "get",
    "query",
    "check",
    "verify",
    "role",
    "roles",
    "group",
    "permission",
    "delete",
    "remove",
    "is",
    "has",
    "login",
    "authenticate",
    "redirect",
    "render",
    "load",
    "select",
    "count",
    "exists",
];
/// Words of callees that make something.
const MAKES: &[&str] = &["create", "add", "register", "new", "make", "insert", "seed", "save", "signup"];
/// Callees that make a hash of a password, or set one.
const HASHES: &[&str] = &[
    "generate_password_hash",
    "hash_password",
    "hashpw",
    "encrypt_password",
    "make_password",
    "get_password_hash",
    "password_hash",
    "hash_pass",
    "set_password",
    "hash",
    "encrypt",
    "sha256",
    "sha512",
    "sha1",
    "md5",
    "new",
    "str",
    "bytes",
    "quote",
    "quote_plus",
    "urlquote",
];
/// Arguments that say that somebody is an administrator.
const SWITCHES: &[&str] = &["is_admin", "admin", "is_superuser", "superuser", "is_staff", "is_administrator"];

/// The names that a block gives an administrator: `admin`, or `user` of `user.username = "admin"`.
pub(super) fn administrators(body: &[Stmt]) -> Vec<String> {
    let mut found = Vec::new();
    for stmt in body {
        let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
        for target in targets {
            let holder = match &target.kind {
                ExprKind::Name(name) => (is_one(value) || made(value) && says_admin(name)).then_some(name.clone()),
                ExprKind::Attr { value: of, name } => {
                    let switched = SWITCHES.contains(&name.as_str()) && matches!(value.kind, ExprKind::True);
                    (switched || value.as_str().is_some_and(says_admin)).then(|| of.dotted()).flatten()
                }
                _ => None,
            };
            found.extend(holder);
        }
    }
    found
}

/// Whether an expression makes an administrator.
fn is_one(expr: &Expr) -> bool {
    made(expr) && expr.as_call().is_some_and(|call| call.args.iter().any(|arg| marks(arg.name.as_deref(), &arg.value)))
}

fn made(expr: &Expr) -> bool {
    expr.as_call().is_some_and(makes_account)
}

/// Whether an argument says that the account is an administrator's.
fn marks(name: Option<&str>, value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Str(text) => says_admin(&text.value),
        ExprKind::True => name.is_some_and(|name| SWITCHES.contains(&name)),
        ExprKind::Name(of) | ExprKind::Attr { name: of, .. } => {
            name.is_none_or(|name| name.contains("role")) && says_admin(of)
        }
        ExprKind::List(items) | ExprKind::Tuple(items) => {
            name.is_some_and(|name| name.contains("role")) && items.iter().any(|item| marks(None, item))
        }
        _ => false,
    }
}

/// `User(…)`, `create_user(…)`, `datastore.create_admin(…)`.
fn makes_account(call: &Call) -> bool {
    let callee = last_name(&call.func);
    let words = names::words(callee);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let class = callee.starts_with(|c: char| c.is_ascii_uppercase());
    any(ACCOUNTS) && !any(NO_ACCOUNTS) && (class || any(MAKES))
}

impl<'a> Reader<'a> {
    /// `user.password = "…"` of an administrator.
    pub(super) fn accounts(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
            for target in targets {
                let ExprKind::Attr { value: of, name } = &target.kind else { continue };
                let Some(of) = of.dotted().filter(|of| self.administrators.contains(of)) else { continue };
                if is_password(name)
                    && let Some(password) = self.password(value)
                {
                    self.make(name, format!("{of}.{name}"), password);
                }
            }
        }
    }

    /// A call that makes an administrator, or gives one a password.
    pub(super) fn account(&mut self, call: &'a Call) {
        let callee = last_name(&call.func);
        if let ExprKind::Attr { value: of, name } = &call.func.kind
            && matches!(name.as_str(), "set_password" | "hash_password" | "change_password")
            && of.dotted().is_some_and(|of| self.administrators.contains(&of) || says_admin(&of))
            && let Some(password) = call.positional(0).and_then(|value| self.password(value))
        {
            self.make("password", format!("{callee}()"), password);
        }
        let marked = call.args.iter().any(|arg| marks(arg.name.as_deref(), &arg.value));
        let makes = makes_account(call);
        if !(marked || makes && (says_admin(self.function) || says_admin(callee))) {
            return;
        }
        let keyword = call.args.iter().find(|arg| arg.name.as_deref().is_some_and(is_password));
        let takes = makes || keyword.is_some() && makes_something(callee);
        if !takes {
            return;
        }
        let password = match keyword {
            Some(arg) => self.password(&arg.value),
            None => self.hashed(call).or_else(|| in_order(call)),
        };
        if let Some(password) = password {
            self.make("password", format!("{callee}()"), password);
        }
    }

    fn make(&mut self, name: &str, symbol: String, password: &'a Expr) {
        let ExprKind::Str(text) = &password.kind else { return };
        let digest = values::is_digest(&text.value) && !values::is_well_known_digest(&text.value);
        if !values::is_hash(&text.value) && !digest {
            self.sure(How::Account, Head::Password, name, symbol, password);
        }
    }

    /// The literal that a password is made of: itself, hashed, or by way of a variable.
    pub(super) fn password(&self, expr: &'a Expr) -> Option<&'a Expr> {
        match &expr.kind {
            ExprKind::Str(text) if !text.value.is_empty() => Some(expr),
            ExprKind::Name(name) => self.locals.get(name.as_str()).copied(),
            ExprKind::Call(call) => match &call.func.kind {
                ExprKind::Attr { value: of, name }
                    if matches!(name.as_str(), "encode" | "decode" | "hexdigest" | "digest") =>
                {
                    self.password(of)
                }
                _ if HASHES.contains(&last_name(&call.func)) => {
                    call.positional(0).and_then(|first| self.password(first))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The first argument that is the hash of a literal.
    fn hashed(&self, call: &'a Call) -> Option<&'a Expr> {
        let arguments = call.args.iter().filter(|arg| arg.value.as_call().is_some());
        arguments.filter_map(|arg| self.password(&arg.value)).next()
    }
}

/// Whether a field holds a password or its hash.
fn is_password(name: &str) -> bool {
    names::head(name) == Some(Head::Password)
        || matches!(name, "pass" | "pw" | "password_hash" | "hashed_password" | "passwordHash" | "pw_hash" | "pwhash")
}

/// A class or a call that makes something: `Person(…)`, `datastore.create(…)`; no connection.
fn makes_something(callee: &str) -> bool {
    const CONNECTS: &[&str] =
        &["connect", "connection", "client", "session", "engine", "pool", "smtp", "auth", "config"];
    let words = names::words(callee);
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    (callee.starts_with(|c: char| c.is_ascii_uppercase()) || any(MAKES)) && !any(NO_ACCOUNTS) && !any(CONNECTS)
}

/// `User("admin", "…", "admin@shop.io")`: what follows the name and is no address.
fn in_order(call: &Call) -> Option<&Expr> {
    let literals: Vec<(&Expr, &str)> = (0..call.args.len())
        .filter_map(|at| call.positional(at))
        .filter_map(|arg| Some((arg, arg.as_str()?)))
        .collect();
    let first = literals.iter().position(|(_, text)| says_admin(text))?;
    let last = literals.iter().rposition(|(_, text)| says_admin(text) && text.contains('@')).unwrap_or(first);
    let fits = |text: &str| !text.contains(['@', ' ', '/']) && !text.is_empty();
    let behind = |at: usize| literals.iter().skip(at + 1).find(|(_, text)| fits(text));
    let (found, text) = behind(last).or_else(|| behind(first))?;
    // `User("admin@shop.io", "admin")`: a role as well as a password.
    (!says_admin(text) || literals.first().is_some_and(|(_, name)| name == text)).then_some(*found)
}
