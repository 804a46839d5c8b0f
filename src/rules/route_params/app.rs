//! What all routes together say: whether the app knows sign-ins at all, and which records it lists
//! for everybody.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::guard::{self, Demand};
use super::words;
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::facts::routes::Route;
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};

/// The app that handlers are judged in.
pub(super) struct App<'a, 'f> {
    pub(super) facts: &'a Facts,
    pub(super) modules: &'a Modules<'f>,
    /// Whether people register, or differ in what they may do.
    pub(super) people: bool,
    routes: &'a [Route<'f>],
    /// Models that views list for everybody; nothing where no view asks for a sign-in.
    open: OnceCell<BTreeSet<String>>,
}

impl<'a, 'f> App<'a, 'f> {
    pub(super) fn of(facts: &'a Facts, modules: &'a Modules<'f>, routes: &'a [Route<'f>], people: bool) -> Self {
        Self { facts, modules, people, routes, open: OnceCell::new() }
    }

    /// Whether an app that asks for a sign-in elsewhere lists these records to everybody: who made
    /// it thought of sign-ins, and meant them to be read.
    pub(super) fn shows_to_everybody(&self, subject: &str) -> bool {
        let last = subject.rsplit('.').next().unwrap_or(subject);
        self.open.get_or_init(|| self.open_lists()).contains(&last.to_ascii_lowercase())
    }

    /// Whether something that runs before every request may turn it away.
    pub(super) fn asks_before_all(&self) -> bool {
        let first = self.routes.first();
        first.is_some_and(|route| route.before_all.iter().any(|def| guard::hook(self.modules, *def) > Demand::Nothing))
    }

    fn open_lists(&self) -> BTreeSet<String> {
        let mut lists = BTreeSet::new();
        let mut asked = false;
        for route in self.routes {
            let mut who = guard::demand(self.modules, route) > Demand::Nothing;
            let mut listed = BTreeSet::new();
            walk_stmts(&route.handler.function.body, &mut |stmt| {
                // `found = Model.query`, which is narrowed and shown further down.
                if let StmtKind::Assign { value, .. } = &stmt.kind {
                    listed.extend(value.dotted().and_then(|dotted| last_model(dotted.strip_suffix(".query")?)));
                }
            });
            walk_exprs(&route.handler.function.body, &mut |expr| {
                let scope = route.handler.scope;
                // What only the navigation of a page asks is no question about the list.
                who |= words::is_principal(self.modules, scope, expr) && !route.is_read_only();
                listed.extend(listed_model(expr));
            });
            asked |= who;
            if !who {
                lists.extend(listed);
            }
        }
        if asked { lists } else { BTreeSet::new() }
    }
}

/// The model whose records a call lists: `Model.query.order_by(…)`, `session.query(Model).all()`,
/// `select(Model).limit(…)`.
fn listed_model(expr: &Expr) -> Option<String> {
    let call = expr.as_call()?;
    let ExprKind::Attr { value, name } = &call.func.kind else { return None };
    if !matches!(name.as_str(), "all" | "paginate" | "order_by" | "limit" | "offset") {
        return None;
    }
    let mut model = None;
    value.walk(&mut |inner| {
        let found = match &inner.kind {
            ExprKind::Attr { value, name } if matches!(name.as_str(), "query" | "objects") => value.dotted(),
            ExprKind::Call(call) => match &call.func.kind {
                ExprKind::Attr { name, .. } | ExprKind::Name(name) if matches!(name.as_str(), "query" | "select") => {
                    call.positional(0).and_then(Expr::dotted)
                }
                _ => None,
            },
            _ => None,
        };
        model = model.take().or_else(|| last_model(&found?));
    });
    model
}

/// The last part of a dotted name that may be a model's, in small letters.
fn last_model(dotted: &str) -> Option<String> {
    let last = dotted.rsplit('.').next()?;
    last.starts_with(char::is_uppercase).then(|| last.to_ascii_lowercase())
}
