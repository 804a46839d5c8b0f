//! Checks that refuse nothing: a comparison nobody reads, a branch that only says something, a
//! condition that cannot hold. Looks at one function; knows no names of people or roles.

use crate::lang::python::{BoolOp, Expr, ExprKind, Function, Stmt, StmtKind, walk_exprs, walk_stmts};
use crate::text::Span;

/// Expressions of a function whose outcome decides nothing.
pub(super) fn spans(function: &Function) -> Vec<Span> {
    let mut dead = Vec::new();
    left_unread(&function.body, &mut dead);
    walk_stmts(&function.body, &mut |stmt| match &stmt.kind {
        StmtKind::If { branches, orelse } => {
            let only_says = |body: &[Stmt]| body.iter().all(says_something);
            if branches.iter().all(|(_, body)| only_says(body)) && only_says(orelse) {
                dead.extend(branches.iter().map(|(test, _)| test.span));
            }
            dead.extend(branches.iter().filter(|(test, _)| never_holds(test)).map(|(test, _)| test.span));
        }
        // `record.owner_id == current_user.id` as a statement of its own.
        StmtKind::Expr(expr) if compares(expr) => dead.push(expr.span),
        StmtKind::Assign { targets, value } if compares(value) => {
            let unread = |target: &Expr| target.as_name().is_some_and(|name| !is_read(function, name));
            if targets.iter().all(unread) {
                dead.push(value.span);
            }
        }
        _ => {}
    });
    dead
}

/// A comparison that is kept in a name while every way from there on answers without a look at it.
fn left_unread(body: &[Stmt], dead: &mut Vec<Span>) {
    for (at, stmt) in body.iter().enumerate() {
        stmt.blocks().into_iter().for_each(|block| left_unread(block, dead));
        let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
        let Some(name) = targets.first().and_then(Expr::as_name).filter(|_| targets.len() == 1) else { continue };
        let answer = body[at + 1..].iter().position(|later| matches!(later.kind, StmtKind::Return(_)));
        let Some(answer) = answer.filter(|_| compares(value)) else { continue };
        let mut read = false;
        walk_exprs(&body[at + 1..=at + 1 + answer], &mut |expr| read |= expr.as_name() == Some(name));
        if !read {
            dead.push(value.span);
        }
    }
}

fn compares(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Compare { .. } => true,
        ExprKind::Bool { left, right, .. } => compares(left) && compares(right),
        ExprKind::Not(inner) => compares(inner),
        _ => false,
    }
}

/// Whether a statement only tells somebody: `flash(…)`, `print(…)`, a line in the log, `pass`.
fn says_something(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Expr(expr) => match expr.as_call().map(|call| &call.func.kind) {
            Some(ExprKind::Name(name)) => matches!(name.as_str(), "flash" | "print"),
            Some(ExprKind::Attr { value, name }) => {
                let base = value.dotted().unwrap_or_default().to_ascii_lowercase();
                let logs = base.ends_with("log") || base.ends_with("logger") || base == "logging";
                name == "flash" || logs && matches!(name.as_str(), "debug" | "info" | "warning" | "warn" | "error")
            }
            _ => expr.as_str().is_some(),
        },
        StmtKind::Other(values) => values.is_empty(),
        _ => false,
    }
}

/// `not record and record.owner != …`: where the first part holds there is no record to ask.
fn never_holds(test: &Expr) -> bool {
    let ExprKind::Bool { op: BoolOp::And, left, right } = &test.kind else { return false };
    let absent = match &left.kind {
        ExprKind::Not(inner) => inner.as_name(),
        ExprKind::Compare { operands, ops } if ops.len() == 1 && matches!(ops[0].as_str(), "is" | "==") => {
            matches!(operands[1].kind, ExprKind::None).then(|| operands[0].as_name()).flatten()
        }
        _ => None,
    };
    let Some(absent) = absent else { return false };
    let mut asked = false;
    right.walk(&mut |inner| {
        asked |= matches!(&inner.kind, ExprKind::Attr { value, .. } if value.as_name() == Some(absent));
    });
    asked
}

fn is_read(function: &Function, name: &str) -> bool {
    let mut seen = 0;
    walk_exprs(&function.body, &mut |expr| seen += usize::from(expr.as_name() == Some(name)));
    // Once as the target.
    seen > 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;

    fn dead(text: &str) -> Vec<String> {
        let module = parse(text).unwrap();
        let StmtKind::Function(function) = &module.body[0].kind else { panic!("no function") };
        spans(function).into_iter().map(|span| span.of(text).to_owned()).collect()
    }

    #[test]
    fn checks_that_decide_nothing() {
        let text = "def f(r):\n    if r.owner != me.id:\n        flash('no')\n    r.owner == me.id\n    ok = r.owner == me.id\n\
                    \x20   if not r and r.owner != me.id:\n        return 1\n";
        let found = ["r.owner != me.id", "r.owner == me.id", "r.owner == me.id", "not r and r.owner != me.id"];
        assert_eq!(dead(text), found);
    }

    #[test]
    fn comparisons_that_an_answer_passes_by() {
        let text = "def f(r):\n    if post:\n        ok = r.owner == me.id\n        return show(r)\n    if not ok:\n\
                    \x20       return 1\n    fine = r.owner == me.id\n    return show(r, fine)\n";
        assert_eq!(dead(text), ["r.owner == me.id"]);
    }

    #[test]
    fn checks_that_decide_something() {
        let text = "def f(r):\n    ok = r.owner == me.id\n    if not ok:\n        error = 'no'\n    if r.owner != me.id:\n\
                    \x20       flash('no')\n        return 1\n    if not r or r.owner != me.id:\n        return 2\n\
                    \x20   if r.owner == me.id:\n        delete(r)\n    else:\n        flash('no')\n";
        assert!(dead(text).is_empty());
    }
}
