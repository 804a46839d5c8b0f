//! Which integer column a value is looked up by or stored in: in the handler that has it, and in the
//! functions of the project that it is given to, alone or as a field of an object made for that.

use super::missing_converter::asks_for_digits;
use super::{model, sql_column};
use crate::facts::Facts;
use crate::facts::modules::{Def, Item, Modules};
use crate::lang::python::{Call, Expr, ExprKind, Stmt, StmtKind, walk_exprs, walk_stmts};
use crate::text::Span;

/// How many calls a value is followed through.
const MAX_CALLS: usize = 2;

/// The integer column that a parameter is compared with or stored in, and where the handler says so.
pub(super) fn looked_up_by<'f>(
    facts: &Facts,
    modules: &Modules<'f>,
    handler: Def<'f>,
    param: &str,
) -> Option<(String, Span)> {
    Search { facts, modules }.within(handler, param, MAX_CALLS)
}

struct Search<'m, 'f> {
    facts: &'m Facts,
    modules: &'m Modules<'f>,
}

impl<'f> Search<'_, 'f> {
    /// Looks through a function that holds the value under a name (`id`, `record.id`).
    fn within(&self, def: Def<'f>, value: &str, calls: usize) -> Option<(String, Span)> {
        if asks_for_digits(def.function, value) || converts(def, value) {
            return None;
        }
        if let Some(found) = sql_column::queried(self.facts, self.modules, def, value) {
            return Some(found);
        }
        let mut found = None;
        walk_unanswered(&def.function.body, &mut |stmt| {
            for expr in stmt.exprs() {
                expr.walk(&mut |inner| {
                    if found.is_none() {
                        found = self.of_expr(def, inner, value, calls).map(|column| (column, inner.span));
                    }
                });
            }
            // `sent = Sent(id=id)`, and the object is handed on.
            if found.is_none()
                && let StmtKind::Assign { targets, value: made } = &stmt.kind
                && let Some(object) = targets.first().and_then(Expr::as_name)
                && let Some(field) = self.field(def, made, value)
                && !value.contains('.')
            {
                found = self.within(def, &format!("{object}.{field}"), calls);
            }
        });
        found
    }

    fn of_expr(&self, def: Def<'f>, expr: &'f Expr, value: &str, calls: usize) -> Option<String> {
        match &expr.kind {
            ExprKind::Call(call) => of_call(self.modules, def.scope, call, value)
                .or_else(|| self.stored(def, call, value))
                .or_else(|| self.handed_on(def, call, value, calls)),
            ExprKind::Compare { operands, ops } if ops.len() == 1 && ops[0] == "==" => {
                let column = match (is(&operands[0], value), is(&operands[1], value)) {
                    (true, _) => &operands[1],
                    (_, true) => &operands[0],
                    _ => return None,
                };
                let dotted = column.dotted()?;
                let (class, column) = dotted.rsplit_once('.')?;
                integer_column(self.modules, def.scope, class, Some(column))
            }
            _ => None,
        }
    }

    /// `Reply(thread_id=thread_id)`: a record is made with it.
    fn stored(&self, def: Def<'f>, call: &Call, value: &str) -> Option<String> {
        let class = call.func.dotted().filter(|_| call.args.iter().any(|arg| is(&arg.value, value)))?;
        let column = call.args.iter().find(|arg| is(&arg.value, value))?.name.as_deref()?;
        integer_column(self.modules, def.scope, &class, Some(column))
    }

    /// The same question in the function of the project that a call gives the value to.
    fn handed_on(&self, def: Def<'f>, call: &Call, value: &str, calls: usize) -> Option<String> {
        let left = calls.checked_sub(1)?;
        let object = value.split_once('.');
        let gives = |expr: &Expr| is(expr, value) || object.is_some_and(|(object, _)| expr.as_name() == Some(object));
        let (index, arg) = call.args.iter().enumerate().find(|(_, arg)| arg.stars == 0 && gives(&arg.value))?;
        let callee = self.modules.callee(def, &call.func)?;
        let params = &callee.function.params;
        let bound = params.first().is_some_and(|first| matches!(first.name.as_str(), "self" | "cls"));
        let param = match &arg.name {
            Some(name) => params.iter().find(|param| param.name == *name)?,
            None => params.get(index + usize::from(bound))?,
        };
        let inside = match object.filter(|_| !is(&arg.value, value)) {
            Some((_, field)) => format!("{}.{field}", param.name),
            None => param.name.clone(),
        };
        self.within(callee, &inside, left).map(|(column, _)| column)
    }

    /// The field under which an object that is made here holds the value.
    fn field(&self, def: Def<'f>, made: &Expr, value: &str) -> Option<String> {
        let call = made.as_call()?;
        let dotted = call.func.dotted()?;
        let last = dotted.rsplit('.').next()?;
        let (index, arg) = call.args.iter().enumerate().find(|(_, arg)| is(&arg.value, value))?;
        if !last.starts_with(char::is_uppercase) {
            return None;
        }
        arg.name.clone().or_else(|| match self.modules.find(def.scope, &format!("{dotted}.__init__"))? {
            Item::Function(init) => init.function.params.get(index + 1).map(|param| param.name.clone()),
            _ => None,
        })
    }
}

/// Whether an expression is the value, by the name that the function holds it under.
fn is(expr: &Expr, value: &str) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => name == value,
        ExprKind::Attr { .. } => expr.dotted().as_deref() == Some(value),
        _ => false,
    }
}

/// Whether the function tries to make a number of the value; what becomes of other text then is its own
/// business.
fn converts(def: Def<'_>, value: &str) -> bool {
    let mut found = false;
    walk_stmts(&def.function.body, &mut |stmt| {
        let StmtKind::Try { body, .. } = &stmt.kind else { return };
        walk_exprs(body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            found |= call.func.as_name() == Some("int") && call.positional(0).is_some_and(|arg| is(arg, value));
        });
    });
    found
}

/// Every statement but those whose `try` answers values of the wrong kind.
fn walk_unanswered<'f>(body: &'f [Stmt], visit: &mut dyn FnMut(&'f Stmt)) {
    for stmt in body {
        if let StmtKind::Try { handlers, .. } = &stmt.kind {
            let answers = handlers.iter().filter_map(|handler| handler.types.as_ref()).any(|types| {
                let mut named = false;
                types.walk(&mut |inner| {
                    let last = match &inner.kind {
                        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
                        _ => "",
                    };
                    named |= matches!(last, "ValueError" | "TypeError" | "DataError" | "StatementError" | "InvalidId");
                });
                named
            });
            if answers {
                continue;
            }
        }
        visit(stmt);
        if !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
            stmt.blocks().into_iter().for_each(|block| walk_unanswered(block, visit));
        }
    }
}

fn of_call(modules: &Modules<'_>, scope: usize, call: &Call, value: &str) -> Option<String> {
    let is_param = |expr: Option<&Expr>| expr.is_some_and(|expr| is(expr, value));
    let ExprKind::Attr { value: base, name } = &call.func.kind else { return None };
    let class = || model_of(base);
    let of_service = || {
        let (at, class) = modules.class_of(scope, &base.dotted()?)?;
        let model = modules.ancestry(at, class).into_iter().find_map(|(at, class)| {
            let named = |name: &str| matches!(name, "__model__" | "model" | "_model" | "model_class");
            let (_, model) = model::declared(class).find(|(name, model)| named(name) && model.dotted().is_some())?;
            Some((at, model.dotted()?))
        });
        let (at, model) = model?;
        integer_column(modules, at, &model, None)
    };
    match name.as_str() {
        "get" | "get_or_404" | "get_or_none" | "get_one" if is_param(call.positional(0)) && class().is_none() => {
            of_service()
        }
        "get" | "get_or_404" | "get_or_none" | "get_one" if is_param(call.positional(0)) => {
            integer_column(modules, scope, &class()?, None)
        }
        "get" | "get_or_404" | "get_one" if is_param(call.positional(1)) => {
            integer_column(modules, scope, &call.positional(0)?.dotted()?, None)
        }
        "filter_by" => {
            let arg = call.args.iter().find(|arg| is_param(Some(&arg.value)))?;
            let column = arg.name.as_deref()?;
            match class() {
                Some(class) => integer_column(modules, scope, &class, Some(column)),
                // `article.comments.filter_by(id=…)`
                None => {
                    let relation = base.dotted().filter(|dotted| dotted.contains('.'))?;
                    let (at, class) = model::class_alike(modules, relation.rsplit('.').next()?)?;
                    integer_column(modules, at, &class.name, Some(column))
                }
            }
        }
        _ => None,
    }
}

/// The model in `Model.query` or `session.query(Model)`.
fn model_of(base: &Expr) -> Option<String> {
    if let Some(dotted) = base.dotted() {
        return dotted.strip_suffix(".query").map(str::to_owned);
    }
    let mut found = None;
    walk_calls(base, &mut |call| {
        let is_query = matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "query");
        if is_query {
            found = call.positional(0).and_then(Expr::dotted);
        }
    });
    found
}

fn walk_calls<'f>(expr: &'f Expr, visit: &mut dyn FnMut(&'f Call)) {
    expr.walk(&mut |inner| {
        if let Some(call) = inner.as_call() {
            visit(call);
        }
    });
}

/// `Model.column` where the project declares that column (or, without a name, the primary key) as
/// an integer.
pub(super) fn integer_column(modules: &Modules<'_>, scope: usize, class: &str, column: Option<&str>) -> Option<String> {
    let Some(Item::Class(at, found)) = modules.find(scope, class) else { return None };
    let mut columns = modules.ancestry(at, found).into_iter().flat_map(|(_, class)| model::declared(class));
    let is_key = |value: &Expr| {
        let keyword = value.as_call().and_then(|call| call.keyword("primary_key"));
        keyword.is_some_and(|arg| arg.value.as_bool() == Some(true))
    };
    let (name, value) = columns.find(|(name, value)| match column {
        Some(column) => *name == column,
        None => is_key(value),
    })?;
    let mut integer = false;
    value.walk(&mut |inner| {
        let dotted = inner.dotted().unwrap_or_default();
        integer |= matches!(dotted.rsplit('.').next(), Some("Integer" | "BigInteger" | "SmallInteger"));
    });
    integer.then(|| format!("{}.{name}", found.name))
}
