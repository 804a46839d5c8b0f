//! What is given to a name in a function: assignments, loops, `with`, `append`.

use crate::lang::python::{Expr, ExprKind, Stmt, StmtKind, walk_stmts};

/// Values put into the dictionary a name stands for: `name[key] = value`, `name.update(…)`.
pub(crate) fn filled_in<'f>(body: &'f [Stmt], name: &str, values: &mut Vec<&'f Expr>) {
    walk_stmts(body, &mut |stmt| match &stmt.kind {
        StmtKind::Assign { targets, value } => {
            let fills = |target: &Expr| matches!(&target.kind, ExprKind::Subscript { value, .. } if value.as_name() == Some(name));
            if targets.iter().any(fills) {
                values.push(value);
            }
        }
        StmtKind::Expr(expr) => {
            if let Some(call) = expr.as_call()
                && let ExprKind::Attr { value, name: method } = &call.func.kind
                && method == "update"
                && value.as_name() == Some(name)
            {
                values.extend(call.args.iter().map(|arg| &arg.value));
            }
        }
        _ => {}
    });
}

/// Values given to a name, loops and `with` included.
pub(crate) fn assigned_in<'f>(body: &'f [Stmt], name: &str, values: &mut Vec<&'f Expr>) {
    let names = |target: &Expr| match &target.kind {
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().any(|item| item.as_name() == Some(name)),
        _ => target.as_name() == Some(name),
    };
    for stmt in body {
        match &stmt.kind {
            StmtKind::Assign { targets, value } if targets.iter().any(names) => values.push(value),
            StmtKind::Augmented { target, value, .. } if names(target) => values.push(value),
            StmtKind::For { target, iter, .. } if names(target) => values.push(iter),
            StmtKind::With { items, .. } => {
                values.extend(items.iter().filter(|(_, to)| to.as_ref().is_some_and(names)).map(|(value, _)| value));
            }
            StmtKind::Expr(expr) => {
                // `parts.append(x)`
                if let Some(call) = expr.as_call()
                    && let ExprKind::Attr { value, name: method } = &call.func.kind
                    && matches!(method.as_str(), "append" | "extend" | "insert")
                    && value.as_name() == Some(name)
                {
                    values.extend(call.args.iter().map(|arg| &arg.value));
                }
            }
            _ => {}
        }
        if !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            stmt.blocks().into_iter().for_each(|block| assigned_in(block, name, values));
        }
    }
}
