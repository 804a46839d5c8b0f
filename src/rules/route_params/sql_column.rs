//! SQL text that looks up an integer column by a parameter: what the text asks, and what the
//! project says of the column, in `CREATE TABLE` or in a model.

use super::key_column::integer_column;
use super::model;
use crate::facts::Facts;
use crate::facts::modules::{Def, Modules};
use crate::lang::python::{Expr, ExprKind, walk_exprs};
use crate::text::Span;

/// `execute("… FROM table WHERE column = %s", [param])`, or the parameter put into the text.
pub(super) fn queried(facts: &Facts, modules: &Modules<'_>, def: Def<'_>, param: &str) -> Option<(String, Span)> {
    let mut found = None;
    walk_exprs(&def.function.body, &mut |expr| {
        if found.is_some() || !may_ask(expr) {
            return;
        }
        let (mut text, mut given) = (None, false);
        expr.walk(&mut |inner| {
            given |= inner.dotted().as_deref() == Some(param);
            text = text.take().or_else(|| match &inner.kind {
                ExprKind::FString { text, .. } => Some(text.clone()),
                _ => inner.as_str().map(str::to_owned),
            });
        });
        let Some(text) = text.filter(|text| given && is_sql(text)) else { return };
        if let Some((table, column)) = looked_up(&text)
            && (creates_integer(facts, &table, &column) || models_integer(modules, &table, &column))
        {
            found = Some((format!("{table}.{column}"), expr.span));
        }
    });
    found
}

/// Whether an expression may be SQL text with a value in it, or a call that runs some.
fn may_ask(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::FString { parts, .. } => !parts.is_empty(),
        ExprKind::Binary { op, .. } => matches!(op.as_str(), "+" | "%"),
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Attr { name, .. } | ExprKind::Name(name) => {
                matches!(name.as_str(), "execute" | "query_db" | "raw" | "format" | "fetch_one" | "fetch_all")
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_sql(text: &str) -> bool {
    let verb = text.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    matches!(verb.as_str(), "select" | "update" | "delete")
}

/// The table and the one column of a `WHERE`.
fn looked_up(sql: &str) -> Option<(String, String)> {
    let lower = sql.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let table = words.iter().skip_while(|word| !matches!(**word, "from" | "update")).nth(1)?;
    let flat = words.join(" ");
    let (_, condition) = flat.split_once(" where ")?;
    let (column, rest) = condition.split_once('=')?;
    let column = column.trim();
    let one = !rest.contains(" and ") && !rest.contains(" or ") && !column.contains(' ');
    let plain = |text: &str| text.rsplit('.').next().unwrap_or(text).trim_matches(['"', '`', '[', ']', ',']).to_owned();
    one.then(|| (plain(table), plain(column)))
}

/// Whether a model of the project has the column of that table as an integer.
fn models_integer(modules: &Modules<'_>, table: &str, column: &str) -> bool {
    let tables = modules.scopes.iter().enumerate().filter(|(_, scope)| scope.file.has("__tablename__"));
    let named = tables.into_iter().find_map(|(at, scope)| {
        let by_name = scope.classes.values().find(|class| {
            let mut declared = model::declared(class);
            declared.any(|(name, value)| name == "__tablename__" && value.as_str() == Some(table))
        });
        by_name.map(|class| (at, *class))
    });
    let found = named.or_else(|| model::class_alike(modules, table));
    found.is_some_and(|(at, class)| integer_column(modules, at, &class.name, Some(column)).is_some())
}

/// Whether SQL of the project creates the column as an integer.
fn creates_integer(facts: &Facts, table: &str, column: &str) -> bool {
    let files = facts.files.sources.values().filter(|source| matches!(source.path.extension(), "sql" | "py"));
    files.into_iter().any(|source| {
        let text = source.text.to_ascii_lowercase();
        text.split("create table").skip(1).any(|part| {
            let Some((head, body)) = part.split_once('(') else { return false };
            let named = head.split_whitespace().last().unwrap_or("").trim_matches(['"', '`', '[', ']']);
            if named.rsplit('.').next() != Some(table) {
                return false;
            }
            body.split([',', ';']).any(|line| {
                let mut words = line.split_whitespace().map(|word| word.trim_matches(['"', '`', '[', ']', '(']));
                words.next() == Some(column)
                    && words
                        .next()
                        .is_some_and(|kind| kind.starts_with("int") || kind.ends_with("int") || kind.contains("serial"))
            })
        })
    })
}
