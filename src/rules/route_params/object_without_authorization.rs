//! FH601: a record is looked up by a route parameter and nothing asks whose it is.

use std::collections::BTreeMap;

use super::admin_views;
use super::app::App;
use super::evidence::{Evidence, Lookup, Place};
use super::guard::{self, Demand};
use super::judge;
use super::lookup;
use super::model::{self, Ownership};
use super::words::{self, words};
use crate::facts::modules::{Item, Modules};
use crate::facts::routes::Route;
use crate::facts::{Facts, routes};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, Function, StmtKind, walk_stmts};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH601",
    name: "object-without-authorization",
    threat: Threat::RouteParams,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A handler looks up a record by a parameter of its URL or an id sent with the request, and neither the handler, its decorators, its \
               helper functions nor the functions that run before it ask whether the person who is signed in owns \
               the record or has a role or permission for it.",
        why: "Parameters are chosen by whoever sends the request. With `/order/17` in the address bar, `/order/18` is \
              one keystroke away: data of others is read, changed or deleted. A converter such as `<int:id>` checks \
              the form of the value, not the right to it, and `login_required` only asks that somebody is signed in.",
        fix: "Put the owner into the lookup (`filter_by(id=id, user_id=current_user.id)`), or compare after it and \
              stop: `if record.user_id != current_user.id: abort(403)`. For staff pages use a decorator that asks for \
              the role. The tool writes nothing here: whose record it is, only you know.",
        ignore: "When the record is meant for everyone, or when the right to it is checked where the tool does not \
                 see it (in the database, in a proxy, in a library).",
    },
    check,
    remedy: None,
};

/// Records that are mostly private.
const PERSONAL: [&str; 45] = [
    "user",
    "users",
    "account",
    "accounts",
    "profile",
    "order",
    "orders",
    "invoice",
    "invoices",
    "payment",
    "payments",
    "message",
    "messages",
    "document",
    "documents",
    "customer",
    "customers",
    "patient",
    "patients",
    "ticket",
    "tickets",
    "address",
    "card",
    "wallet",
    "transaction",
    "transactions",
    "cart",
    "booking",
    "bookings",
    "appointment",
    "employee",
    "subscription",
    "transfer",
    "bill",
    "bills",
    "medical",
    "prescription",
    "conversation",
    "inbox",
    "receipt",
    "salary",
    "expense",
    "contract",
    "reservation",
    "statement",
];
/// Records that are mostly there for everyone to read.
const PUBLIC: [&str; 66] = [
    "post",
    "posts",
    "article",
    "articles",
    "product",
    "products",
    "category",
    "categories",
    "tag",
    "tags",
    "page",
    "pages",
    "blog",
    "news",
    "event",
    "events",
    "comment",
    "comments",
    "reply",
    "replies",
    "review",
    "reviews",
    "photo",
    "photos",
    "image",
    "images",
    "album",
    "topic",
    "topics",
    "forum",
    "forums",
    "board",
    "thread",
    "song",
    "movie",
    "movies",
    "book",
    "books",
    "recipe",
    "question",
    "answer",
    "genre",
    "artist",
    "author",
    "venue",
    "show",
    "track",
    "item",
    "items",
    "entry",
    "country",
    "city",
    "language",
    "series",
    "publisher",
    "rating",
    "shelf",
    "cover",
    "feed",
    "static",
    "team",
    "challenge",
    "plugin",
    "theme",
    "paste",
    "faq",
];

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let all = routes::collect(&facts.files, &modules);
    let people = all.iter().any(lets_register) || model::has_roles(&modules);
    let app = App::of(facts, &modules, &all, people);
    let mut by_handler: BTreeMap<Place, Vec<&Route<'_>>> = BTreeMap::new();
    for route in &all {
        let place = (route.handler.scope, route.handler.function.name_span);
        by_handler.entry(place).or_default().push(route);
    }
    let mut findings = Vec::new();
    for routes in by_handler.values() {
        findings.extend(judged(&app, routes));
    }
    findings.extend(admin_views::check(&app));
    findings
}

/// Whether strangers become users here.
fn lets_register(route: &Route<'_>) -> bool {
    let name = &route.handler.function.name;
    let text = format!("{} {name}", route.pattern).to_ascii_lowercase();
    ["register", "signup", "sign-up", "sign_up"].iter().any(|word| text.contains(word))
}

/// Judges one handler with all its routes.
fn judged<'f>(app: &App<'_, 'f>, routes: &[&Route<'f>]) -> Option<Finding> {
    let App { facts, modules, people, .. } = *app;
    let route = *routes.iter().max_by_key(|route| route.params.len())?;
    // `/confirm/<id>/<key>`: who knows the key of a record may use it.
    let has_key =
        route.params.len() > 1 && route.params.iter().any(|param| matches!(param.name.as_str(), "key" | "code"));
    let by_proof = has_key || route.params.iter().any(|param| words::is_proof(&param.name));
    if by_proof {
        return None;
    }
    let mut evidence = Evidence::default();
    let is_param = |name: &str| routes.iter().any(|route| route.params.iter().any(|param| param.name == name));
    judge::read(modules, route.handler, judge::url_env(route.handler, is_param), &mut evidence);
    if evidence.sign.is_some() || evidence.lookups.is_empty() {
        return None;
    }
    let demand = routes.iter().map(|route| guard::demand(modules, route)).min()?;
    if demand == Demand::Authorization {
        return None;
    }
    let read_only = routes.iter().all(|route| route.is_read_only()) && !evidence.saves;
    let untouched = evidence.lookups.values().all(|found| found.changed.is_none() && !found.deleted);
    let says_where = untouched && evidence.lookups.values().all(|found| found.becomes.is_none());
    if read_only && (documented_as_public(route) || says_where && only_redirects(route.handler.function)) {
        return None;
    }
    let named = format!("{} {}", route.handler.function.name, route.pattern);
    let by_sign_in = words::manages_sign_in(&named) || evidence.proves;
    evidence.lookups.retain(|_, found| !found.by_contact || !by_sign_in);
    if by_sign_in {
        evidence.lookups.values_mut().for_each(|found| found.becomes = None);
    }
    if !answers_private_fields(modules, route) {
        evidence.lookups.values_mut().for_each(|found| found.handed_out = false);
    }
    let signed_in = demand == Demand::SignIn || evidence.asks_who.is_some();
    for (place, found) in &mut evidence.lookups {
        // A product of which one orders some: only their number goes down.
        let stock = evidence.makes_own
            && signed_in
            && found.changed.is_none()
            && model::ownership(facts, modules, place.0, &found.subject) == Ownership::None;
        if !stock {
            found.changed = found.changed.or(found.counted);
        }
    }
    if read_only {
        // What is only shown is often decorated first.
        evidence.lookups.values_mut().filter(|found| !found.deleted).for_each(|found| found.changed = None);
    }
    if !evidence.saves {
        // What is looked up by a name and never saved is dressed up for the answer.
        let dressed = |found: &&mut Lookup| !found.by_method && !lookup::is_id(&found.param);
        evidence.lookups.values_mut().filter(dressed).for_each(|found| found.changed = None);
    }
    if !signed_in && evidence.saves && evidence.lookups.values().all(|found| !found.scoped) {
        // Who sends `DELETE /tag/3` and has something saved changes it, whatever the code does.
        let changes = |method: &String| matches!(method.as_str(), "PUT" | "PATCH" | "DELETE");
        if routes.iter().all(|route| route.methods.iter().all(changes)) {
            for (place, found) in evidence.lookups.iter_mut().filter(|(_, found)| lookup::is_id(&found.param)) {
                found.changed.get_or_insert(*place);
            }
        }
    }
    let open =
        evidence.lookups.iter().filter(|(place, found)| !found.scoped && !asked_before(&evidence, **place, found));
    let weighed = open.filter_map(|(place, found)| {
        let owned = match (model::ownership(facts, modules, place.0, &found.subject), &found.owner) {
            (Ownership::None | Ownership::Unknown, Some(column)) => Ownership::Column(column.clone()),
            (owned, _) => owned,
        };
        let visibility = || model::visibility(modules, place.0, &found.subject);
        let weight = weigh(found, &owned, signed_in, people).or_else(|| {
            let column = visibility()?;
            let owner = matches!(owned, Ownership::Column(_));
            (owner && !asks_about(route.handler.function, &column)).then_some(Severity::Low)
        })?;
        let shown = found.changed.is_none() && found.shows.is_none() && weight == Severity::Low;
        if shown && visibility().is_none() && app.shows_to_everybody(&found.subject) {
            return None;
        }
        Some((weight, *place, found, owned))
    });
    let (weight, place, found, owned) =
        weighed.max_by_key(|(weight, place, ..)| (*weight, std::cmp::Reverse(*place)))?;
    Some(finding(facts, modules, route, weight, (place, found), &owned, evidence.asks_who))
}

/// Whether the same record was looked up with its owner further up, and here is only read again.
fn asked_before(evidence: &Evidence, place: Place, found: &Lookup) -> bool {
    let same = |other: &Lookup| other.scoped && other.subject == found.subject && other.param == found.param;
    let above = |at: Place| at.0 == place.0 && at.1.start < place.1.start;
    found.changed.is_none() && evidence.lookups.iter().any(|(at, other)| above(*at) && same(other))
}

/// Whether all a handler answers is where to go.
fn only_redirects(function: &Function) -> bool {
    let (mut answers, mut redirects) = (0, 0);
    walk_stmts(&function.body, &mut |stmt| {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            answers += 1;
            let called = value.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
            redirects += usize::from(called.rsplit('.').next() == Some("redirect"));
        }
    });
    answers > 0 && answers == redirects
}

/// Whether the handler's own words say that everybody may read this.
fn documented_as_public(route: &Route<'_>) -> bool {
    let doc = route.handler.function.body.first().and_then(|stmt| match &stmt.kind {
        StmtKind::Expr(expr) => expr.as_str(),
        _ => None,
    });
    doc.is_some_and(|doc| {
        let doc = doc.to_ascii_lowercase();
        ["publicly available", "publicly accessible", "public endpoint", "is public", "no authentication"]
            .iter()
            .any(|words| doc.contains(words))
    })
}

/// Whether what a handler answers may hold private fields: `marshal_with(fields)` lists them.
fn answers_private_fields(modules: &Modules<'_>, route: &Route<'_>) -> bool {
    let listed = route.handler.function.decorators.iter().find_map(|decorator| {
        let call = decorator.as_call()?;
        call.func.dotted()?.contains("marshal_with").then(|| call.positional(0)?.dotted()).flatten()
    });
    let Some(fields) = listed else { return true };
    let scope = route.handler.scope;
    let fields = match modules.find(scope, &fields) {
        Some(Item::Value(_, value)) => value.dotted().unwrap_or(fields),
        _ => fields,
    };
    let last = fields.rsplit('.').next().unwrap_or(&fields);
    let (mut known, mut private) = (false, false);
    for scope in modules.scopes.iter().filter(|scope| scope.file.has(last)) {
        walk_stmts(&scope.file.module.body, &mut |stmt| {
            let StmtKind::Assign { targets, value } = &stmt.kind else { return };
            if !targets.iter().any(|target| target.as_name() == Some(last)) {
                return;
            }
            value.walk(&mut |inner| {
                let ExprKind::Dict(items) = &inner.kind else { return };
                known = true;
                let keys = items.iter().filter_map(|item| item.key.as_ref().and_then(Expr::as_str));
                private |= keys.into_iter().any(|key| words::is_private_field(key) || key.contains("password"));
            });
        });
    }
    !known || private
}

/// Whether a function looks at a column before it answers: in a condition or in the lookup.
fn asks_about(function: &Function, column: &str) -> bool {
    let mut asked = false;
    let names = |expr: &Expr| {
        let mut found = false;
        expr.walk(&mut |inner| {
            found |= matches!(&inner.kind, ExprKind::Attr { name, .. } if name == column);
        });
        found
    };
    walk_stmts(&function.body, &mut |stmt| {
        if let StmtKind::If { branches, .. } = &stmt.kind {
            asked |= branches.iter().any(|(test, _)| names(test));
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| {
                asked |= match &inner.kind {
                    ExprKind::Compare { .. } | ExprKind::Not(_) | ExprKind::Bool { .. } => names(inner),
                    ExprKind::Cond { test, .. } => names(test),
                    ExprKind::Call(call) => call.args.iter().any(|arg| arg.name.as_deref() == Some(column)),
                    _ => false,
                };
            });
        }
    });
    asked
}

/// How bad an open lookup is; nothing where the record is plainly meant for everyone.
fn weigh(found: &Lookup, owned: &Ownership, signed_in: bool, people: bool) -> Option<Severity> {
    let subject = words(&found.subject);
    let names = |list: &[&str]| subject.iter().any(|word| list.contains(&word.as_str()));
    let personal = names(&PERSONAL) || *owned == Ownership::Account;
    if found.becomes.is_some() && *owned == Ownership::Account && !found.by_contact {
        return Some(Severity::Medium);
    }
    if found.by_contact {
        return (found.changed.is_some() && !signed_in && *owned == Ownership::Account).then_some(Severity::Low);
    }
    if found.changed.is_some() {
        // Where nothing belongs to anybody and people cannot register, being signed in is all
        // there is to ask.
        return match owned {
            Ownership::None if signed_in && !personal => people.then_some(Severity::Low),
            _ => Some(Severity::Medium),
        };
    }
    match owned {
        // Profile pages are public; what they must not show is the rest.
        Ownership::Account if found.shows.is_some() => Some(Severity::Medium),
        Ownership::Account => found.handed_out.then_some(Severity::Low),
        _ if personal => Some(Severity::Medium),
        Ownership::Column(_) if found.shows.is_some() => Some(Severity::Medium),
        Ownership::Column(_) if !names(&PUBLIC) => Some(Severity::Low),
        _ => None,
    }
}

fn finding(
    facts: &Facts,
    modules: &Modules<'_>,
    route: &Route<'_>,
    severity: Severity,
    (place, found): (Place, &Lookup),
    owned: &Ownership,
    who: Option<Place>,
) -> Finding {
    let function = &route.handler.function;
    let locate = |(scope, span): Place| facts.files.locate(&modules.scopes[scope].file.path, span);
    let name = match route.handler.class {
        Some(class) => format!("{}.{}", class.name, function.name),
        None => function.name.clone(),
    };
    let Lookup { subject, param, .. } = found;
    let becomes = found.becomes.filter(|_| *owned == Ownership::Account);
    let action = match (found.deleted, found.changed.is_some()) {
        _ if becomes.is_some() => "signs the visitor in as",
        (true, _) => "deletes",
        (false, true) => "changes",
        (false, false) => "reads",
    };
    let message = format!(
        "`{name}` ({}) {action} the `{subject}` found by `{param}`, and no check of owner, role or permission is in sight",
        route.pattern
    );
    let line = locate(place).line;
    let who = who.and_then(|(scope, span)| {
        let text = span.of(&facts.files.get(&modules.scopes[scope].file.path)?.text);
        (text.len() <= 40 && !text.contains('\n')).then(|| text.to_owned())
    });
    let mut finding =
        Finding::new(RULE.id, RULE.threat, severity, locate((route.handler.scope, function.name_span)), &name, message)
            .confidence(if severity == Severity::Low { Confidence::Low } else { Confidence::Medium })
            .related(locate(place), format!("`{subject}` is looked up here"))
            .next_step(next_step(&name, line, found, owned, who.as_deref()))
            .known_by(format!(
                "read: the handler, the project's functions it calls, {} decorators around it",
                route.guards.len()
            ));
    if let Some(changed) = becomes.or(found.changed) {
        finding = finding.related(locate(changed), format!("this {action} it"));
    }
    if let Some(literal) = route.literal {
        finding = finding.related(locate(literal), "the route");
    }
    finding
}

/// `who` is how the code names the person who is signed in, where it does.
fn next_step(name: &str, line: usize, found: &Lookup, owned: &Ownership, who: Option<&str>) -> String {
    let Lookup { subject, param, .. } = found;
    let who = who.unwrap_or("current_user");
    let is_record = who.ends_with("user");
    let who_id = if is_record { format!("{who}.id") } else { who.to_owned() };
    match owned {
        Ownership::Column(column) => {
            let who = if column.ends_with("id") { &who_id } else { who };
            format!(
                "In `{name}`, behind the lookup on line {line}, stop when the record is somebody else's: \
                 `if record.{column} != {who}: abort(403)`; or ask for the owner in the lookup itself: \
                 `{column}={who}`. If everybody may do this, ignore FH601 on this line and say why."
            )
        }
        Ownership::Account => format!(
            "In `{name}`, before the lookup on line {line}, stop unless `{param}` means the person who is signed in or \
             they are an administrator: `if {param} != {who_id}: abort(403)`, with the names your app uses."
        ),
        Ownership::None | Ownership::Unknown => format!(
            "Decide who may use `{subject}` records. In `{name}`, behind the lookup on line {line}, compare the record's \
             owner with who is signed in and `abort(403)` otherwise, or put a decorator above `{name}` that asks for \
             the role."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
