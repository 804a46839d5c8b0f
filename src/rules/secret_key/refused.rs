//! Defaults the app itself does not start with: its own code compares the key with the literal, and
//! then raises or exits. Such a literal is a placeholder with a guard, not a key in use.

use crate::facts::Facts;
use crate::lang::python::{Call, Expr, ExprKind, Stmt, StmtKind, walk_stmts};
use crate::secret::Secret;

/// Whether the project's own code refuses to run with this value of a signing key.
pub(super) fn refuses(facts: &Facts, key: &str, secret: &Secret) -> bool {
    facts.own_python().filter(|file| file.has_part_in_any_case(key)).any(|file| {
        let mut found = false;
        walk_stmts(&file.module.body, &mut |stmt| {
            if let StmtKind::If { branches, .. } = &stmt.kind {
                found |= branches.iter().any(|(test, body)| compares(test, key, secret) && stops(body));
            }
            if let StmtKind::Assert(test) = &stmt.kind {
                found |= compares(test, key, secret);
            }
        });
        found
    })
}

/// Whether the test holds the key beside the literal: `key == "…"`, `key in ("…", …)`.
fn compares(test: &Expr, key: &str, secret: &Secret) -> bool {
    let mut found = false;
    test.walk(&mut |expr| {
        let ExprKind::Compare { operands, .. } = &expr.kind else { return };
        let is_literal = |expr: &Expr| match &expr.kind {
            ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
                items.iter().any(|item| is_text(item, secret))
            }
            _ => is_text(expr, secret),
        };
        found |= operands.iter().any(is_literal) && operands.iter().any(|operand| names(operand, key));
    });
    found
}

fn is_text(expr: &Expr, secret: &Secret) -> bool {
    matches!(&expr.kind, ExprKind::Str(text) if text.value == secret.expose())
}

/// Whether an expression reads the key: `SECRET_KEY`, `app.secret_key`, `config["SECRET_KEY"]`,
/// `get_setting("server.secret_key")`.
fn names(expr: &Expr, key: &str) -> bool {
    let mut found = false;
    expr.walk(&mut |expr| {
        let name = match &expr.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
            ExprKind::Str(text) => text.value.rsplit('.').next().unwrap_or_default(),
            _ => return,
        };
        found |= name.eq_ignore_ascii_case(key);
    });
    found
}

/// Whether statements end the run: `raise`, `sys.exit(...)`, a function named for it.
fn stops(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Raise(_) => true,
        StmtKind::Expr(expr) => expr.as_call().is_some_and(ends),
        _ => false,
    })
}

fn ends(call: &Call) -> bool {
    let name = match &call.func.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.to_ascii_lowercase(),
        _ => return false,
    };
    matches!(name.as_str(), "exit" | "_exit" | "abort" | "die" | "quit") || name.starts_with("fatal")
}
