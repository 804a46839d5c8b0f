//! What a variable is given in one file, where that is one thing.

use crate::lang::python::{Expr, Stmt, StmtKind, walk_stmts};
use crate::text::Span;

/// The only assignment of a variable that a function sees: its own, else the file's.
pub(super) fn only_assignment<'m>(
    body: &'m [Stmt],
    name: &str,
    function: Option<String>,
) -> Option<(&'m Stmt, Span, &'m Expr, Option<String>)> {
    let mut inner = None;
    if let Some(function) = &function {
        walk_stmts(body, &mut |stmt| match &stmt.kind {
            StmtKind::Function(def) if def.name == *function => inner = Some(def.body.as_slice()),
            _ => {}
        });
    }
    for (body, inside) in [(inner, function), (Some(body), None)] {
        let mut found = Vec::new();
        let Some(body) = body else { continue };
        let own = |stmt: &&'m Stmt| !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_));
        let mut open: Vec<&'m Stmt> = body.iter().filter(own).collect();
        while let Some(stmt) = open.pop() {
            if let StmtKind::Assign { targets, value } = &stmt.kind {
                let target = targets.iter().find(|target| target.as_name() == Some(name));
                found.extend(target.map(|target| (stmt, target.span, value)));
            }
            open.extend(stmt.blocks().into_iter().flatten().filter(own));
        }
        match found.as_slice() {
            [(stmt, target, value)] => return Some((stmt, *target, value, inside)),
            [] => {}
            _ => return None,
        }
    }
    None
}
