//! What the project says of a model: whether its records belong to somebody. Knows column
//! declarations of SQLAlchemy, peewee and mongoengine, and `CREATE TABLE`.

use super::words::words;
use crate::facts::modules::{Item, Modules, Scope};
use crate::facts::{Facts, PyFile};
use crate::lang::python::{Class, Expr, ExprKind, StmtKind};

/// What is known of the records of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// This column names the owner.
    Column(String),
    /// The model is the account itself.
    Account,
    /// The model is known and has no column for an owner.
    None,
    Unknown,
}

const PEOPLE: [&str; 22] = [
    "user",
    "users",
    "author",
    "owner",
    "account",
    "accounts",
    "customer",
    "customers",
    "member",
    "members",
    "creator",
    "uploader",
    "sender",
    "recipient",
    "receiver",
    "tenant",
    "employee",
    "profile",
    "patient",
    "merchant",
    "seller",
    "buyer",
];

/// Finds the model by the name used in the handler's file.
pub(super) fn ownership(facts: &Facts, modules: &Modules<'_>, scope: usize, name: &str) -> Ownership {
    let last = name.rsplit('.').next().unwrap_or(name);
    let found = match modules.find(scope, name) {
        Some(Item::Class(at, class)) => Some((at, class)),
        _ => class_alike(modules, last),
    };
    let is_account =
        words(last).iter().any(|word| matches!(word.as_str(), "user" | "users" | "account" | "member" | "customer"))
            && words(last).len() == 1;
    match found {
        Some((at, class)) => {
            let column = modules.ancestry(at, class).into_iter().find_map(|(_, class)| owner_column(class));
            match column {
                _ if is_account => Ownership::Account,
                Some(column) => Ownership::Column(column),
                None if has_columns(class) => Ownership::None,
                None => Ownership::Unknown,
            }
        }
        None if is_account => Ownership::Account,
        None => table(facts, last),
    }
}

/// A class of the project with columns, by its name or a name like it (`comments`, `_stores`).
pub(super) fn class_alike<'f>(modules: &Modules<'f>, name: &str) -> Option<(usize, &'f Class)> {
    modules.scopes.iter().enumerate().filter(|(_, scope)| may_declare(scope.file)).find_map(|(at, scope)| {
        let named = scope.classes.iter().find(|(class, _)| **class == name || named_alike(class, name))?;
        has_columns(named.1).then_some((at, *named.1))
    })
}

/// Whether a file may declare columns.
fn may_declare(file: &PyFile) -> bool {
    file.has_any(&["Column", "mapped_column", "ForeignKey"]) || file.has_part("Field")
}

/// The column of a model that says whether everybody may see a record.
pub(super) fn visibility(modules: &Modules<'_>, scope: usize, name: &str) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let (_, class) = match modules.find(scope, name) {
        Some(Item::Class(at, class)) => (at, class),
        _ => class_alike(modules, last)?,
    };
    let speaks = |name: &str| {
        words(name).iter().any(|word| matches!(word.as_str(), "public" | "private" | "visibility" | "confidential"))
            && !name.ends_with("_id")
            && !name.ends_with("_key")
    };
    declared(class).find(|(name, value)| is_column(value) && speaks(name)).map(|(name, _)| name.to_owned())
}

/// Whether accounts of the project differ in what they may do.
pub(super) fn has_roles(modules: &Modules<'_>) -> bool {
    let may = |scope: &&Scope<'_>| may_declare(scope.file) || scope.file.has("relationship");
    modules.scopes.iter().filter(may).flat_map(|scope| scope.classes.values()).any(|class| {
        let account = words(&class.name).iter().any(|word| matches!(word.as_str(), "user" | "account" | "member"));
        let role = |name: &str| words(name).iter().any(|word| matches!(word.as_str(), "role" | "roles" | "admin"));
        account && has_relations(class) && declared(class).any(|(name, _)| role(name))
    })
}

fn has_relations(class: &Class) -> bool {
    declared(class).any(|(_, value)| is_column(value) || last_of(value) == "relationship")
}

/// A table or service `_stores` speaks of `Store`.
fn named_alike(class: &str, name: &str) -> bool {
    let name = name.trim_matches('_').replace('_', "").to_ascii_lowercase();
    let class = class.to_ascii_lowercase();
    name == class || name.strip_suffix('s') == Some(&class) || class.strip_suffix('s') == Some(&name)
}

pub(super) fn declared(class: &Class) -> impl Iterator<Item = (&str, &Expr)> {
    class.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, value } => Some((targets.first()?.as_name()?, value)),
        _ => None,
    })
}

fn last_of(call: &Expr) -> &str {
    match call.as_call().map(|call| &call.func.kind) {
        Some(ExprKind::Attr { name, .. } | ExprKind::Name(name)) => name,
        _ => "",
    }
}

fn is_column(value: &Expr) -> bool {
    let made = last_of(value);
    matches!(made, "Column" | "mapped_column" | "ForeignKey") || made.ends_with("Field")
}

fn has_columns(class: &Class) -> bool {
    declared(class).any(|(_, value)| is_column(value))
}

/// Whether a column of this name says whose a record is.
pub(super) fn names_owner(name: &str) -> bool {
    let words = words(name);
    let person = words.iter().any(|word| PEOPLE.contains(&word.as_str()));
    (person && matches!(words.last().map(String::as_str), Some("id" | "by")))
        || matches!(name, "owner" | "created_by" | "uploaded_by")
}

/// Whether a model of the project says that its records have this attribute; nothing where that is not known.
pub(super) fn declares(modules: &Modules<'_>, scope: usize, model: &str, attribute: &str) -> Option<bool> {
    let (at, class) = match modules.find(scope, model) {
        Some(Item::Class(at, class)) => (at, class),
        _ => class_alike(modules, model.rsplit('.').next().unwrap_or(model))?,
    };
    let dynamic = class.bases.iter().any(|base| base.value.dotted().is_some_and(|name| name.contains("Dynamic")));
    if !has_columns(class) || dynamic || modules.scopes[at].file.has("Mapped") {
        return None;
    }
    let own = modules.ancestry(at, class).into_iter().any(|(at, class)| {
        let mut defs = modules.scopes[at].defs.iter();
        declared(class).any(|(name, _)| name == attribute)
            || defs.any(|def| def.function.name == attribute && def.class.is_some_and(|of| std::ptr::eq(of, class)))
    });
    // `relationship("Reply", backref="topic")` in another model.
    let by_another = || {
        let others = modules.scopes.iter().filter(|scope| scope.file.has_any(&["backref", "related_name"]));
        others.flat_map(|scope| scope.classes.values()).flat_map(|class| declared(class)).any(|(_, value)| {
            let mut found = false;
            value.walk(&mut |inner| found |= inner.as_str() == Some(attribute));
            found
        })
    };
    Some(own || by_another())
}

/// The column that says whose a record is: by its name, or by the table it refers to.
fn owner_column(class: &Class) -> Option<String> {
    let refers = |value: &Expr| {
        let mut person = false;
        value.walk(&mut |inner| {
            let target = inner.as_str().or_else(|| inner.as_name());
            let table = target.and_then(|text| text.split('.').next()).unwrap_or("");
            person |=
                words(table).iter().any(|word| matches!(word.as_str(), "user" | "users" | "account" | "accounts"));
        });
        let mut foreign = false;
        value.walk(&mut |inner| {
            foreign |= matches!(last_of(inner), "ForeignKey" | "ForeignKeyField" | "ReferenceField")
        });
        person && foreign
    };
    declared(class)
        .find(|(name, value)| is_column(value) && (names_owner(name) || refers(value)))
        .map(|(name, _)| name.to_owned())
}

/// Reads `CREATE TABLE name (…)` in the project's SQL files.
fn table(facts: &Facts, name: &str) -> Ownership {
    let wanted = name.to_ascii_lowercase();
    let creates = |text: &str| ["CREATE TABLE", "create table"].iter().any(|words| text.contains(words));
    let written = facts.files.sources.values().filter(|source| match source.path.extension() {
        "sql" => true,
        "py" => creates(&source.text),
        _ => false,
    });
    for source in written {
        let text = source.text.to_ascii_lowercase();
        for part in text.split("create table").skip(1) {
            let Some((head, rest)) = part.split_once('(') else { continue };
            let table = head.split_whitespace().last().unwrap_or("").trim_matches(['"', '`', '[', ']']);
            if table != wanted && table.strip_suffix('s') != Some(&wanted) {
                continue;
            }
            let body = rest.split(';').next().unwrap_or(rest);
            let column = body.split(',').filter_map(|line| line.split_whitespace().next()).find(|column| {
                let words = words(column);
                let name = column.trim_matches(['"', '`', '[', ']']);
                words.iter().any(|word| PEOPLE.contains(&word.as_str()))
                    && words.last().is_some_and(|last| last == "id")
                    || matches!(name, "username" | "user_name" | "owner" | "created_by")
            });
            return column.map_or(Ownership::None, |column| Ownership::Column(column.trim_matches('"').to_owned()));
        }
    }
    Ownership::Unknown
}
