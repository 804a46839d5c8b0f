//! Records that are looked up, changed and deleted by SQL text: the table, what is done, and whose
//! records the condition means.

use super::lookup::Found;
use super::model;
use crate::facts::modules::{Def, Modules};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_stmts};

/// Whether a call is given SQL text.
pub(super) fn is_sql(call: &Call) -> bool {
    sql_text(call).is_some_and(|text| {
        let start: String = text.trim_start().chars().take(7).collect::<String>().to_ascii_lowercase();
        ["select ", "update ", "delete ", "insert "].iter().any(|verb| start.starts_with(verb))
    })
}

fn sql_text(call: &Call) -> Option<String> {
    let mut text = None;
    for arg in &call.args {
        arg.value.walk(&mut |inner| {
            let found = match &inner.kind {
                ExprKind::Str(string) => Some(string.value.clone()),
                ExprKind::FString { text, .. } => Some(text.clone()),
                _ => None,
            };
            text = text.take().or(found);
        });
    }
    text
}

/// What a function last gave to a name before some place, else what its file gives to it.
fn value_before<'f>(modules: &Modules<'f>, def: Def<'f>, name: &str, place: usize) -> Option<&'f Expr> {
    let mut near = None;
    walk_stmts(&def.function.body, &mut |stmt| {
        let StmtKind::Assign { targets, value } = &stmt.kind else { return };
        if value.span.start < place && targets.iter().any(|target| target.as_name() == Some(name)) {
            near = Some(value);
        }
    });
    near.or_else(|| modules.scopes[def.scope].value(name))
}

/// Reads a call that runs SQL text.
pub(super) fn of_call<'f>(modules: &Modules<'f>, def: Def<'f>, call: &Call) -> Option<Found> {
    let named = call.args.first().and_then(|arg| arg.value.as_name());
    let text = sql_text(call).or_else(|| {
        let value = value_before(modules, def, named?, call.func.span.start)?;
        let mut text = None;
        value.walk(&mut |inner| {
            text = text.take().or_else(|| match &inner.kind {
                ExprKind::FString { text, .. } => Some(text.clone()),
                _ => inner.as_str().map(str::to_owned),
            });
        });
        text
    });
    let Some(text) = text else {
        // `session.execute(select(Model).where(…))` was a lookup at `where`.
        return None;
    };
    let lower = text.to_ascii_lowercase();
    let verb = lower.split_whitespace().next().unwrap_or("");
    let table = lower
        .split_whitespace()
        .skip_while(|word| !matches!(*word, "from" | "update" | "into"))
        .nth(1)
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').to_owned())?;
    // `FROM {table} ORDER BY …`: the table's name is not written, and nothing is looked up by an id.
    let unnamed = matches!(table.as_str(), "order" | "where" | "group" | "limit" | "set" | "join" | "");
    if unnamed && verb == "select" && !lower.contains("where") {
        return None;
    }
    let table = if unnamed { "record".to_owned() } else { table };
    Some(Found {
        subject: table,
        inserts: verb == "insert",
        changes: matches!(verb, "update" | "delete"),
        deletes: verb == "delete",
        owner: owner_asked(&lower),
    })
}

/// The column of a person that the first condition of SQL text asks for.
fn owner_asked(sql: &str) -> Option<String> {
    let (_, condition) = sql.split_once(" where ")?;
    let column = condition.split('=').next()?.trim().rsplit('.').next()?;
    model::names_owner(column).then(|| column.to_owned())
}

/// Whether a call runs SQL text that only reads.
pub(super) fn only_reads(call: &Call) -> bool {
    sql_text(call).is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("select"))
}
