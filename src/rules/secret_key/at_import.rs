//! Code that needs the key as a text while the app is loaded: with a missing key it raises, and the
//! app does not start.

use crate::facts::{Facts, PyFile, Setting};
use crate::lang::python::{Expr, ExprKind, Stmt, StmtKind};
use crate::text::Location;

/// Endings of calls that refuse to work without a key.
const SIGNERS: &[&str] = &["Serializer", "Signer", "Fernet", "hmac.new", "b64encode"];

/// The first place, beside the setting itself, that uses the key as the module is loaded.
pub(super) fn used(facts: &Facts, setting: &Setting, key: &str) -> Option<Location> {
    let root = facts.project_root(setting.path());
    let names = Names { key, setting: &setting.key };
    facts.own_python().filter(|file| facts.same_project(&file.path, &root)).find_map(|file| {
        let own = |stmt: &Stmt| file.path == *setting.path() && stmt.span == setting.statement;
        let mut found = None;
        loaded(&file.module.body, &mut |stmt| {
            for expr in stmt.exprs().into_iter().filter(|_| !own(stmt)) {
                expr.walk(&mut |expr| {
                    if found.is_none() && names.is_worked_with(expr) {
                        found = Some(expr.span);
                    }
                });
            }
        });
        found.map(|span| place(facts, file, span))
    })
}

fn place(facts: &Facts, file: &PyFile, span: crate::text::Span) -> Location {
    facts.files.locate(&file.path, span)
}

/// Every statement that runs as the module is imported: those of functions do not.
fn loaded<'m>(body: &'m [Stmt], visit: &mut dyn FnMut(&'m Stmt)) {
    for stmt in body {
        visit(stmt);
        if matches!(stmt.kind, StmtKind::Function(_)) || crate::facts::settings::is_main_guard(stmt) {
            continue;
        }
        for block in stmt.blocks() {
            loaded(block, visit);
        }
    }
}

/// What the key is called.
struct Names<'n> {
    key: &'n str,
    setting: &'n str,
}

impl Names<'_> {
    /// `SECRET_KEY`, `app.secret_key`, `app.config["SECRET_KEY"]`.
    fn is_key(&self, expr: &Expr) -> bool {
        let named = |name: &str| name == self.setting || name.eq_ignore_ascii_case(self.key);
        match &expr.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => named(name),
            ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str).is_some_and(named),
            _ => false,
        }
    }

    /// Whether the expression would raise where the key is `None`.
    fn is_worked_with(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Binary { op, left, right } => {
                self.is_key(left) || self.is_key(right) && !(op == "%" && left.as_str().is_some())
            }
            ExprKind::Subscript { value, .. } => self.is_key(value),
            ExprKind::Call(call) => {
                let name = call.func.dotted().unwrap_or_default();
                let taken = call.args.iter().any(|arg| self.is_key(&arg.value));
                let method = matches!(&call.func.kind, ExprKind::Attr { value, .. } if self.is_key(value));
                method || taken && (name == "len" || SIGNERS.iter().any(|signer| name.ends_with(signer)))
            }
            _ => false,
        }
    }
}
