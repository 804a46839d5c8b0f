//! How records are looked up, changed and deleted: SQLAlchemy, mongo, dictionaries and the project's
//! own `get_…` functions. Knows names, no data flow.

use super::sql_lookup::{self, is_sql};
use super::words::words;
use crate::facts::modules::{Def, Item, Modules};
use crate::lang::python::{Call, Expr, ExprKind, Function, walk_exprs};
use crate::rules::flow::{MarkKind, Value};

/// A call that finds records by what is given to it.
pub(super) struct Found {
    pub(super) subject: String,
    /// An `INSERT` finds nothing.
    pub(super) inserts: bool,
    pub(super) changes: bool,
    pub(super) deletes: bool,
    /// The column of the condition that says whose records are meant (`WHERE user_id = …`).
    pub(super) owner: Option<String>,
}

const METHODS: [&str; 25] = [
    "get",
    "get_or_404",
    "get_or_none",
    "get_one",
    "get_one_or_404",
    "first_or_404",
    "one_or_404",
    "filter_by",
    "filter",
    "where",
    "find_one",
    "find",
    "find_one_or_404",
    "get_by_id",
    "objects",
    "delete_one",
    "update_one",
    "find_one_and_update",
    "find_one_and_delete",
    "replace_one",
    "find_by_id",
    "query_by",
    "get_or_abort",
    "get_object",
    "get_object_or_404",
];

/// Objects whose `get` is no lookup of a record.
const FOREIGN: [&str; 22] = [
    "requests",
    "httpx",
    "os",
    "cache",
    "redis",
    "celery",
    "logging",
    "logger",
    "log",
    "config",
    "app",
    "current_app",
    "request",
    "flask",
    "json",
    "http",
    "urllib",
    "args",
    "form",
    "environ",
    "headers",
    "parser",
];

/// Reads a call as a lookup, if its name is one.
pub(super) fn of_call<'f>(modules: &Modules<'f>, def: Def<'f>, call: &Call) -> Option<Found> {
    let scope = def.scope;
    if is_foreign(modules, scope, &call.func) {
        return None;
    }
    let (last, base) = match &call.func.kind {
        ExprKind::Attr { value, name } => (name.as_str(), Some(&**value)),
        ExprKind::Name(name) => (name.as_str(), None),
        _ => return None,
    };
    if matches!(last, "execute" | "raw" | "query_db" | "fetch_one" | "fetch_all" | "executesql") || is_sql(call) {
        return sql_lookup::of_call(modules, def, call);
    }
    let named = words(last).iter().any(|word| word == "404") || last == "get_object";
    if !(named || (base.is_some() && METHODS.contains(&last))) {
        return None;
    }
    let subject = subject_of(base, call)?;
    Some(Found { subject, inserts: false, changes: is_change(last), deletes: is_delete(last), owner: None })
}

/// The model in `Model.query.get`, `session.query(Model)`, `session.get(Model, id)`,
/// `select(Model)`, or the collection's name.
fn subject_of(base: Option<&Expr>, call: &Call) -> Option<String> {
    let model = |expr: &Expr| {
        let dotted = expr.dotted()?;
        let is_model = |part: &&str| {
            part.starts_with(char::is_uppercase) && !matches!(*part, "Session" | "ObjectId" | "UUID" | "Decimal")
        };
        let part = dotted.split('.').find(is_model)?;
        let end = dotted.find(part)? + part.len();
        Some(dotted[..end].to_owned())
    };
    let given = call.args.iter().filter(|arg| arg.name.is_none()).find_map(|arg| {
        let mut found = None;
        arg.value.walk(&mut |inner| found = found.take().or_else(|| model(inner)));
        found
    });
    let Some(base) = base else { return given };
    let mut inside = None;
    base.walk(&mut |inner| inside = inside.take().or_else(|| model(inner)));
    // `Session.query(cls)`
    base.walk(&mut |inner| {
        let of_class = inner.as_name().filter(|name| *name == "cls");
        inside = inside.take().or_else(|| of_class.map(str::to_owned));
    });
    inside.or(given).or_else(|| {
        let dotted = base.dotted()?;
        let dotted = dotted.trim_end_matches(".query").trim_end_matches(".objects");
        is_store(dotted).then(|| dotted.rsplit('.').next().unwrap_or(dotted).to_owned())
    })
}

/// Whether a call of this name writes records for good.
pub(super) fn saves(last: &str) -> bool {
    words(last).iter().any(|word| matches!(word.as_str(), "commit" | "flush" | "save" | "put" | "execute"))
}

/// Whether a method of this name gives the rows of the query that its cursor ran.
pub(super) fn fetches_rows(last: &str) -> bool {
    matches!(last, "fetchone" | "fetchall" | "fetchmany")
}

/// Methods that narrow a lookup that was begun.
pub(super) fn refines(last: &str) -> bool {
    matches!(last, "filter_by" | "filter" | "where" | "join" | "first_or_404" | "and_" | "options" | "order_by")
}

/// Whether a name may hold records by their id.
pub(super) fn is_store(dotted: &str) -> bool {
    let parts = words(dotted);
    let not_records = [
        "kwargs",
        "args",
        "session",
        "config",
        "environ",
        "headers",
        "request",
        "g",
        "form",
        "cache",
        "types",
        "labels",
        "names",
        "mapping",
        "map",
        "handlers",
        "extensions",
        "plugins",
        "registry",
        "translations",
        "choices",
        "locales",
        "languages",
        "templates",
        "themes",
        "settings",
        "redis",
        "colors",
        "icons",
        "os",
        "json",
    ];
    !parts.iter().any(|part| not_records.contains(&part.as_str()))
}

/// `entry["id"] == param` in a search through a list: the entry side and the parameter's value.
pub(super) fn searched_entry<'f, 'v>(
    operands: &'v [(&'f Expr, Value)],
    ops: &[String],
) -> Option<(&'f Expr, &'v Value)> {
    let [(left, left_value), (right, right_value)] = operands else { return None };
    let is_url = |value: &Value| value.marks.iter().any(|mark| matches!(mark.kind, MarkKind::UrlParam(_)));
    if ops[0] != "==" {
        return None;
    }
    let entry = |expr: &Expr, value: &Value| {
        let key = match &expr.kind {
            ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str),
            ExprKind::Attr { name, .. } => Some(name.as_str()),
            _ => None,
        };
        let id = key.is_some_and(|key| key == "id" || key == "uid" || key.ends_with("_id"));
        let simple = match &expr.kind {
            ExprKind::Subscript { value, .. } | ExprKind::Attr { value, .. } => value.as_name(),
            _ => None,
        };
        let entry =
            simple.is_some_and(|name| name.starts_with(char::is_lowercase) && !matches!(name, "request" | "cls"));
        id && entry && value.marks.is_empty()
    };
    if is_url(right_value) && entry(left, left_value) {
        Some((*left, right_value))
    } else if is_url(left_value) && entry(right, right_value) {
        Some((*right, left_value))
    } else {
        None
    }
}

/// The name an attribute or subscript chain starts with.
pub(super) fn base_name(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Attr { value, .. } | ExprKind::Subscript { value, .. } => base_name(value),
        ExprKind::Name(name) => name.clone(),
        _ => String::new(),
    }
}

/// Whether an expression names a column of a model (`Post.author_id`, `cls.org`).
pub(super) fn is_column(expr: &Expr) -> bool {
    let Some(dotted) = expr.dotted() else { return false };
    let parts: Vec<&str> = dotted.split('.').collect();
    parts.len() > 1
        && (parts[0] == "cls" || parts[..parts.len() - 1].iter().any(|part| part.starts_with(char::is_uppercase)))
}

/// Whether a parameter's name says that it is an identifier.
pub(super) fn is_id(param: &str) -> bool {
    words(param).iter().any(|word| {
        matches!(word.as_str(), "id" | "pk" | "uid" | "number" | "no" | "num" | "uuid") || word.ends_with("id")
    })
}

/// Whether a function of the project talks to something that keeps records.
pub(super) fn reads_records(function: &Function) -> bool {
    let mut found = false;
    walk_exprs(&function.body, &mut |expr| {
        let name = match expr.as_call().map(|call| &call.func.kind) {
            Some(ExprKind::Attr { name, .. } | ExprKind::Name(name)) => name.as_str(),
            _ => return,
        };
        found |= matches!(
            name,
            "execute" | "query" | "fetchone" | "fetchall" | "first" | "one" | "scalar" | "find_one" | "cursor"
        );
    });
    found
}

/// Whether a call of this name gives an answer made from records.
fn makes_answer(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "response" | "html" | "xml" | "page" | "view" | "template" | "feed" | "url" | "result" | "results"
        )
    })
}

/// Whether a returned expression is a record itself, or the text or JSON of it.
pub(super) fn is_whole_record(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) => true,
        ExprKind::Tuple(items) => items.first().is_some_and(is_whole_record),
        // `[(row.id, row.name) for row in …fetchall()]`
        ExprKind::List(items) if items.len() == 1 => is_listing(&items[0]),
        ExprKind::Other(_) => is_listing(expr),
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. }
                if matches!(name.as_str(), "str" | "repr" | "Response" | "make_response" | "jsonify" | "dict") =>
            {
                call.positional(0).is_some_and(is_whole_record)
            }
            ExprKind::Name(name) => sounds_like_lookup(name) && !makes_answer(name),
            ExprKind::Attr { name, .. } if makes_answer(name) => false,
            ExprKind::Attr { name, .. } => {
                METHODS.contains(&name.as_str())
                    || sounds_like_lookup(name)
                    || matches!(name.as_str(), "first" | "one" | "one_or_none" | "scalar_one" | "scalar")
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a comprehension makes each record into several of its fields.
fn is_listing(expr: &Expr) -> bool {
    let ExprKind::Other(parts) = &expr.kind else { return false };
    let fields = match parts.first().map(|element| &element.kind) {
        Some(ExprKind::Tuple(items)) => items.len(),
        Some(ExprKind::Dict(items)) => items.len(),
        _ => 0,
    };
    parts.len() > 1 && fields > 1
}

/// Functions that only make the answer: what they ask decides nothing.
pub(super) fn only_answers(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "render"
                | "redirect"
                | "flash"
                | "log"
                | "serialize"
                | "jsonify"
                | "mail"
                | "email"
                | "notify"
                | "format"
                | "url"
                | "response"
        )
    })
}

fn first_word(name: &str) -> String {
    words(name).into_iter().next().unwrap_or_default()
}

/// Whether a function of this name finds, changes or deletes a record by what it is given.
pub(super) fn sounds_like_lookup(name: &str) -> bool {
    let verb = first_word(name);
    let known = ["get", "find", "load", "fetch", "lookup", "retrieve", "query", "read", "by"];
    let other =
        words(name).iter().any(|word| matches!(word.as_str(), "token" | "tokens" | "cache" | "session" | "range"));
    words(name).len() > 1 && !other && (known.contains(&verb.as_str()) || (is_change(name) && verb != "set"))
}

pub(super) fn is_delete(name: &str) -> bool {
    matches!(first_word(name).as_str(), "delete" | "remove" | "destroy" | "drop" | "purge" | "erase")
        || name == "find_one_and_delete"
}

/// Whether a method of this name changes what it is called on.
pub(super) fn is_change(name: &str) -> bool {
    is_delete(name)
        || matches!(
            first_word(name).as_str(),
            "update"
                | "set"
                | "edit"
                | "modify"
                | "approve"
                | "cancel"
                | "archive"
                | "complete"
                | "change"
                | "reset"
                | "toggle"
                | "rename"
                | "replace"
                | "disable"
                | "enable"
                | "publish"
                | "pay"
                | "refund"
                | "transfer"
        )
        || name == "find_one_and_update"
}

/// `record.tags.append(tag)`: a method that puts something into a collection of what it is called on.
pub(super) fn fills_relation(func: &Expr) -> bool {
    let ExprKind::Attr { value, name } = &func.kind else { return false };
    let ExprKind::Attr { value: record, name: relation } = &value.kind else { return false };
    matches!(name.as_str(), "append" | "extend" | "add") && record.as_name().is_some() && relation != "session"
}

/// Calls on clients, loggers and configuration, and those that only build an answer.
pub(super) fn is_foreign(modules: &Modules<'_>, scope: usize, func: &Expr) -> bool {
    let root = base_name(func);
    let last = match &func.kind {
        ExprKind::Attr { name, .. } | ExprKind::Name(name) => name.as_str(),
        _ => "",
    };
    if matches!(
        last,
        "url_for" | "redirect" | "render_template" | "flash" | "jsonify" | "get_flashed_messages" | "gettext"
    ) {
        return true;
    }
    let absolute = modules.absolute(scope, &root);
    // `g.db` is what the project put there.
    let package = if root == "g" { "" } else { absolute.split('.').next().unwrap_or("") };
    let own = modules.find(scope, &root).is_some_and(|item| !matches!(item, Item::Value(..)));
    !own && (FOREIGN.contains(&root.as_str()) || FOREIGN.contains(&package) && package != "app")
}

/// `get_user_order` finds a `user_order`.
pub(super) fn subject_of_name(name: &str) -> String {
    let skip = ["by", "id", "or", "404", "one", "from", "with", "for"];
    let parts: Vec<String> = words(name).into_iter().skip(1).filter(|word| !skip.contains(&word.as_str())).collect();
    if parts.is_empty() { "record".to_owned() } else { parts.join("_") }
}

/// The class in `Model.get_by_id(id)`, otherwise what the name says.
pub(super) fn subject_of_call(call: &Call, last: &str) -> String {
    subject_of(None, call)
        .or_else(|| {
            let ExprKind::Attr { value, .. } = &call.func.kind else { return None };
            let mut model = None;
            value.walk(&mut |inner| {
                let found = inner.as_name().filter(|name| name.starts_with(char::is_uppercase));
                model = model.take().or(found.map(str::to_owned));
            });
            model
        })
        .unwrap_or_else(|| subject_of_name(last))
}

/// `post.views += 1` is no change anybody has to be asked for.
pub(super) fn counts_visits(target: &Expr) -> bool {
    let name = match &target.kind {
        ExprKind::Attr { name, .. } => name.as_str(),
        _ => return false,
    };
    let words = words(name);
    let last_of = |what: &[&str]| {
        words.first().is_some_and(|first| first == "last") && words.iter().any(|word| what.contains(&word.as_str()))
    };
    last_of(&["post", "reply", "comment", "message", "activity", "active"])
        || words.iter().any(|word| {
            matches!(
                word.as_str(),
                "view"
                | "views"
                | "hits"
                | "clicks"
                | "visits"
                | "seen"
                | "downloads"
                | "count"
                | "counter"
                | "viewed"
                | "accessed"
                // When something was touched last is no content either.
                | "updated"
                | "modified"
                | "bumped"
            )
        })
}
