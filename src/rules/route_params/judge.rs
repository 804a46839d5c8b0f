//! Reads a handler the way a reviewer would: what it looks up by its parameters, what it does to
//! what it finds, and which sign of ownership, role or permission there is. Gathers evidence; the
//! rule decides.

use std::collections::BTreeMap;

use super::dead_check;
use super::evidence::{Evidence, Lookup, Place};
use super::lookup;
use super::model;
use super::sql_lookup;
use super::words::{self, is_authorizing, is_principal, is_role, is_token};
use crate::facts::modules::{Def, Modules};
use crate::lang::python::{Expr, ExprKind, Stmt, walk_exprs};
use crate::rules::flow::{self, CallSite, Env, Mark, MarkKind, Value, Watch};
use crate::rules::request;
use crate::text::Span;

/// How many calls deep a handler is read, and how many calls in all.
const MAX_CALLS: usize = 3;
const MAX_FOLLOWED: usize = 60;

/// Reads a function whose parameters have these values.
pub(super) fn read<'f>(modules: &Modules<'f>, def: Def<'f>, env: Env, evidence: &mut Evidence) {
    let mut judge = Judge {
        modules,
        def,
        depth: MAX_CALLS,
        dead: dead_check::spans(def.function),
        cursors: BTreeMap::new(),
        evidence,
    };
    flow::follow(def.function, env, &mut judge);
}

/// The environment of a handler: its parameters that the URL fills.
pub(super) fn url_env(def: Def<'_>, is_filled: impl Fn(&str) -> bool) -> Env {
    let params = def.function.params.iter().enumerate();
    let filled = params.filter(|(_, param)| !is_token(&param.name) && (param.star || is_filled(&param.name)));
    filled
        .map(|(index, param)| {
            (param.name.clone(), Value::marked(MarkKind::UrlParam(index), def.scope, def.function.name_span))
        })
        .collect()
}

struct Judge<'m, 'f, 'e> {
    modules: &'m Modules<'f>,
    def: Def<'f>,
    depth: usize,
    /// Checks of this function that decide nothing.
    dead: Vec<Span>,
    /// What the cursors of this function last ran a query for.
    cursors: BTreeMap<String, Value>,
    evidence: &'e mut Evidence,
}

fn is_url(value: &Value) -> bool {
    value.marks.iter().any(|mark| matches!(mark.kind, MarkKind::UrlParam(_) | MarkKind::RequestId))
}

impl<'f> Judge<'_, 'f, '_> {
    fn sign(&mut self, at: Span) {
        if !self.dead.iter().any(|dead| dead.contains(at)) {
            self.evidence.sign.get_or_insert((self.def.scope, at));
        }
    }

    fn principal(&mut self, at: Span) -> Value {
        self.evidence.asks_who.get_or_insert((self.def.scope, at));
        Value::marked(MarkKind::Principal, self.def.scope, at)
    }

    fn param_name(&self, value: &Value) -> String {
        let mark = value.marks.iter().find(|mark| matches!(mark.kind, MarkKind::UrlParam(_) | MarkKind::RequestId));
        if let Some(mark) = mark.filter(|mark| mark.kind == MarkKind::RequestId) {
            return self.evidence.sent_ids.get(&(mark.scope, mark.at)).cloned().unwrap_or_default();
        }
        let Some(Mark { kind: MarkKind::UrlParam(index), scope, at }) = mark else { return String::new() };
        let mut defs = self.modules.scopes[*scope].defs.iter();
        let def = defs.find(|def| def.function.name_span == *at);
        def.and_then(|def| def.function.params.get(*index)).map_or_else(String::new, |param| param.name.clone())
    }

    /// `sent["order_id"]`, `sent.get("order_id")` of what came with the request.
    fn sent_id(&mut self, sent: &Value, key: Option<&Expr>, at: Span) -> Option<Value> {
        let key = key.and_then(Expr::as_str)?;
        let id = lookup::is_id(key) || words::words(key).last().is_some_and(|last| last == "account");
        if !(id && !is_token(key) || words::is_contact(key)) {
            return None;
        }
        if !sent.has(MarkKind::User) {
            return None;
        }
        self.evidence.sent_ids.insert((self.def.scope, at), key.to_owned());
        Some(Value::marked(MarkKind::RequestId, self.def.scope, at))
    }

    /// Notes a lookup and returns the value of what it finds.
    fn looked_up(&mut self, at: Span, subject: String, values: &Value) -> Value {
        self.found(at, subject, values, false)
    }

    fn found(&mut self, at: Span, subject: String, values: &Value, in_store: bool) -> Value {
        let place = (self.def.scope, at);
        // `cls.query…` in a method means its class.
        let subject = match (subject.as_str(), self.def.class) {
            ("cls" | "self", Some(class)) => class.name.clone(),
            _ => subject,
        };
        let param = self.param_name(values);
        let scoped = values.has(MarkKind::Principal) || words::narrows(&subject);
        let by_contact = words::is_contact(&param) && values.has(MarkKind::RequestId);
        let known = self.evidence.lookups.entry(place).or_insert(Lookup {
            subject,
            param,
            scoped,
            changed: None,
            deleted: false,
            counted: None,
            owner: None,
            by_method: false,
            shows: None,
            handed_out: false,
            becomes: None,
            by_contact,
            in_store,
        });
        known.scoped |= scoped;
        Value::marked(MarkKind::Object, self.def.scope, at)
    }

    fn objects<'e>(&'e mut self, value: &Value) -> Vec<&'e mut Lookup> {
        let places: Vec<Place> =
            value.marks.iter().filter(|mark| mark.kind == MarkKind::Object).map(|mark| (mark.scope, mark.at)).collect();
        self.evidence.lookups.iter_mut().filter(|(place, _)| places.contains(place)).map(|(_, found)| found).collect()
    }

    fn changed(&mut self, value: &Value, at: Span, deleted: bool) {
        let place = (self.def.scope, at);
        for found in self.objects(value) {
            found.changed.get_or_insert(place);
            found.deleted |= deleted;
            found.by_method = true;
        }
    }

    /// Reads the project function a call means with the values given to it.
    fn through(&mut self, callee: Def<'f>, site: &CallSite<'f, '_>) -> Option<Value> {
        let depth = self.depth.checked_sub(1)?;
        self.evidence.followed += 1;
        if self.evidence.followed > MAX_FOLLOWED {
            return None;
        }
        let params = callee.function.params.iter().enumerate();
        let env = params.map(|(index, param)| (param.name.clone(), flow::argument(callee, site, index))).collect();
        let dead = dead_check::spans(callee.function);
        let mut inner = Judge {
            modules: self.modules,
            def: callee,
            depth,
            dead,
            cursors: BTreeMap::new(),
            evidence: self.evidence,
        };
        Some(flow::follow(callee.function, env, &mut inner))
    }

    fn authorizes(&mut self, site: &CallSite<'f, '_>, last: &str, all: &Value) -> bool {
        let receiver = site.receiver;
        if receiver.has(MarkKind::Principal) {
            // `session.get(record.id)`, `claims.get("role")`, `current_user.can(…)`
            let asked = site.call.positional(0).and_then(Expr::as_str).is_some_and(is_role);
            let held = matches!(last, "get" | "pop") && (all.has(MarkKind::Object) || is_url(all));
            return asked || held || is_authorizing(last) || is_role(last);
        }
        if words::verifies_sender(last) {
            return true;
        }
        let bare = match &site.call.func.kind {
            ExprKind::Attr { value, .. } => value.dotted().is_some_and(|base| !base.contains('(')),
            _ => true,
        };
        let about =
            all.has(MarkKind::Principal) || all.has(MarkKind::Object) || is_url(all) || receiver.has(MarkKind::Object);
        // `comment.permissions.edit.test(403)`
        let dotted = site.call.func.dotted().unwrap_or_default();
        let through = dotted.split('.').any(|part| matches!(part, "permission" | "permissions" | "acl" | "policy"));
        if through && receiver.has(MarkKind::Object) {
            return true;
        }
        is_authorizing(last) && !last.starts_with(char::is_uppercase) && (about || bare)
    }

    /// The value of a call that looks something up, itself or in the project function it means.
    fn finds(&mut self, site: &CallSite<'f, '_>, last: &str, all: &Value) -> Option<Value> {
        let (scope, at) = (self.def.scope, site.expr.span);
        if last == "execute"
            && let Some(cursor) = cursor_of(&site.call.func)
        {
            self.cursors.remove(&cursor);
        }
        if lookup::refines(last) && site.receiver.has(MarkKind::Object) {
            let scoped = all.has(MarkKind::Principal);
            self.objects(site.receiver).into_iter().for_each(|found| found.scoped |= scoped);
            return Some(site.receiver.clone());
        }
        let mut values = all.clone();
        values.join(site.receiver);
        let by_id = is_url(all);
        let found = lookup::of_call(self.modules, self.def, site.call);
        let is_lookup = found.is_some();
        if by_id && let Some(found) = found {
            if found.inserts {
                return Some(Value::default());
            }
            let value = self.looked_up(at, found.subject, &values);
            self.objects(&value).into_iter().for_each(|known| known.owner.clone_from(&found.owner));
            if let Some(cursor) = cursor_of(&site.call.func) {
                self.cursors.insert(cursor, value.clone());
            }
            if found.changes {
                self.changed(&value, at, found.deletes);
            }
            return Some(value);
        }
        let before = self.evidence.lookups.len();
        if !lookup::only_answers(last)
            && let Some(callee) = self.modules.callee(self.def, &site.call.func)
            && let Some(value) = self.through(callee, site)
        {
            let unseen = before == self.evidence.lookups.len() && lookup::reads_records(callee.function);
            let named = by_id && unseen && lookup::sounds_like_lookup(last);
            return Some(if named { self.by_name(at, last, lookup::subject_of_name(last), &values) } else { value });
        }
        if by_id && lookup::sounds_like_lookup(last) && !lookup::is_foreign(self.modules, scope, &site.call.func) {
            return Some(self.by_name(at, last, lookup::subject_of_call(site.call, last), &values));
        }
        // A record found by who is signed in speaks for them.
        (all.has(MarkKind::Principal) && is_lookup).then(|| Value::marked(MarkKind::Principal, scope, at))
    }

    /// A lookup known by the name of its function only.
    fn by_name(&mut self, at: Span, last: &str, subject: String, values: &Value) -> Value {
        let value = self.looked_up(at, subject, values);
        if lookup::is_change(last) {
            self.changed(&value, at, lookup::is_delete(last));
        }
        value
    }

    /// Calls that change or delete what was looked up.
    fn writes(&mut self, site: &CallSite<'f, '_>, last: &str) {
        self.evidence.saves |= lookup::saves(last) && !sql_lookup::only_reads(site.call);
        if site.receiver.has(MarkKind::Principal) {
            return;
        }
        let own = lookup::is_change(last);
        // `post.likes.remove(current_user)`, `topic.replies.append(own_reply)` are about one's own.
        let of_oneself = site.args.iter().any(|value| value.has(MarkKind::Principal));
        // `post.comments.append(Comment(text))` only makes something new.
        let known = site.args.iter().any(|value| value.has(MarkKind::Object));
        let fills = known && lookup::fills_relation(&site.call.func);
        if site.receiver.has(MarkKind::Object) && (own || fills) && !of_oneself {
            self.changed(site.receiver, site.expr.span, lookup::is_delete(last));
        }
        // `session.delete(record)` is given the record itself; `log_removed(record.id)` is not.
        let given = lookup::is_change(last) && !last.starts_with("set") || last == "populate_obj";
        for (arg, value) in site.call.args.iter().zip(site.args).filter(|_| given) {
            let is_key = arg.value.as_name().is_some_and(lookup::is_id);
            if !is_key && !matches!(arg.value.kind, ExprKind::Attr { .. }) {
                self.changed(value, site.expr.span, lookup::is_delete(last));
            }
        }
    }
}

impl<'f> Watch<'f> for Judge<'_, 'f, '_> {
    fn source(&mut self, expr: &'f Expr) -> Option<Value> {
        if is_principal(self.modules, self.def.scope, expr) {
            return Some(self.principal(expr.span));
        }
        // `request.view_args["id"]`
        if matches!(&expr.kind, ExprKind::Attr { name, .. } if name == "view_args") {
            return Some(Value::marked(MarkKind::UrlParam(0), self.def.scope, expr.span));
        }
        match request::part_of_request(self.modules, self.def.scope, expr) {
            Some(true) => Some(Value::marked(MarkKind::User, self.def.scope, expr.span)),
            _ => None,
        }
    }

    fn attribute(&mut self, expr: &'f Expr, name: &str, base: &Value) {
        if base.has(MarkKind::Principal) && is_role(name) {
            self.sign(expr.span);
        }
        // `post.author.email` is about somebody else than the record.
        let direct = matches!(&expr.kind, ExprKind::Attr { value, .. } if !matches!(value.kind, ExprKind::Attr { .. }));
        if direct && words::is_private_field(name) {
            let place = (self.def.scope, expr.span);
            self.objects(base).into_iter().for_each(|found| {
                found.shows.get_or_insert(place);
            });
        }
    }

    fn compare(&mut self, operands: &[(&'f Expr, Value)], ops: &'f [String]) -> Option<Value> {
        let mut all = Value::default();
        operands.iter().for_each(|(_, value)| all.join(value));
        for (pair, op) in operands.windows(2).zip(ops) {
            let ((left, left_value), (right, right_value)) = (&pair[0], &pair[1]);
            let (other, other_value) = match (left_value.has(MarkKind::Principal), right_value.has(MarkKind::Principal))
            {
                (true, false) => (right, right_value),
                (false, true) => (left, left_value),
                _ => continue,
            };
            let literal = matches!(other.kind, ExprKind::Str(_) | ExprKind::Number(_));
            let fixed = matches!(other.kind, ExprKind::None | ExprKind::True | ExprKind::False);
            let column = lookup::is_column(other);
            let asks_key = literal && op.ends_with("in");
            if !fixed && !asks_key && (!column || other_value.has(MarkKind::Object)) {
                self.sign(left.span);
            }
        }
        if let Some((entry, param)) = lookup::searched_entry(operands, ops)
            && !param.has(MarkKind::Principal)
        {
            all.join(&self.found(entry.span, lookup::base_name(entry), param, true));
        }
        Some(all)
    }

    fn branch(&mut self, test: &'f Expr, value: &Value, body: &'f [Stmt]) {
        if (value.has(MarkKind::Object) || is_url(value)) && refuses(body) {
            self.sign(test.span);
        }
    }

    fn subscript(&mut self, expr: &'f Expr, base: &Value, index: &Value) -> Option<Value> {
        let ExprKind::Subscript { value, index: indices } = &expr.kind else { return None };
        if base.has(MarkKind::Principal) {
            if is_url(index) || index.has(MarkKind::Object) || indices.iter().any(|i| i.as_str().is_some_and(is_role)) {
                self.sign(expr.span);
            }
            return None;
        }
        if indices.first().and_then(Expr::as_str).is_some_and(words::is_private_field) {
            let place = (self.def.scope, expr.span);
            self.objects(base).into_iter().for_each(|found| {
                found.shows.get_or_insert(place);
            });
        }
        if let Some(id) = self.sent_id(base, indices.first(), expr.span) {
            return Some(id);
        }
        if is_url(index) && base.marks.is_empty() {
            let name = value.dotted().filter(|name| lookup::is_store(name))?;
            return lookup::is_id(&self.param_name(index)).then(|| self.found(expr.span, name, index, true));
        }
        None
    }

    fn entry(&mut self, target: &'f Expr, base: &Value, index: &Value) -> Option<Value> {
        // `session["is_admin"] = …` asks nobody anything.
        if base.has(MarkKind::Principal) { None } else { self.subscript(target, base, index) }
    }

    fn returned(&mut self, expr: &'f Expr, value: &Value) {
        if self.depth == MAX_CALLS && lookup::is_whole_record(expr) {
            self.objects(value).into_iter().for_each(|found| found.handed_out = true);
        }
    }

    fn store(&mut self, target: &'f Expr, base: &Value, value: &Value) {
        if base.has(MarkKind::Principal) {
            let place = (self.def.scope, target.span);
            self.objects(value).into_iter().for_each(|found| {
                found.becomes.get_or_insert(place);
            });
        }
        if lookup::counts_visits(target) {
            return;
        }
        // `answer["x"] = …` fills an answer made from a record; only entries of a dictionary are
        // records themselves.
        let entry = matches!(target.kind, ExprKind::Subscript { .. });
        let place = (self.def.scope, target.span);
        let attribute = match &target.kind {
            ExprKind::Attr { name, .. } => Some(name.as_str()),
            _ => None,
        };
        let modules = self.modules;
        for mark in base.marks.iter().filter(|mark| mark.kind == MarkKind::Object) {
            let Some(found) = self.evidence.lookups.get_mut(&(mark.scope, mark.at)) else { continue };
            // `topic.author = author` where no column is called so: it is dressed up for the page.
            let sent = value.has(MarkKind::User) || is_url(value) || value.marks.contains(mark);
            let undeclared = !sent
                && attribute
                    .is_some_and(|name| model::declares(modules, mark.scope, &found.subject, name) == Some(false));
            // A page of records is no record.
            let page = attribute == Some("items");
            if entry && !found.in_store || undeclared || page {
                continue;
            }
            let slot = if value.marks.contains(mark) { &mut found.counted } else { &mut found.changed };
            slot.get_or_insert(place);
        }
    }

    fn delete(&mut self, target: &'f Expr, value: &Value) {
        self.changed(value, target.span, true);
    }

    fn call(&mut self, site: &CallSite<'f, '_>) -> Option<Value> {
        let last = match &site.call.func.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
            _ => return None,
        };
        let all = site.all_args();
        if request::part_of_request(self.modules, self.def.scope, &site.call.func) == Some(true)
            || request::is_parsed_args(self.modules, self.def.scope, &site.call.func)
        {
            return Some(Value::marked(MarkKind::User, self.def.scope, site.expr.span));
        }
        if matches!(last, "get" | "pop")
            && let Some(id) = self.sent_id(site.receiver, site.call.positional(0), site.expr.span)
        {
            return Some(id);
        }
        if words::sends(last) {
            // A mail address that mail goes to is shown to nobody.
            for found in self.evidence.lookups.values_mut() {
                let inside = |place: &Place| place.0 == self.def.scope && site.expr.span.contains(place.1);
                found.shows = found.shows.filter(|place| !inside(place));
            }
        }
        if lookup::fetches_rows(last)
            && let Some(rows) = cursor_of(&site.call.func).and_then(|cursor| self.cursors.get(&cursor))
        {
            return Some(rows.clone());
        }
        self.evidence.makes_own |= last.starts_with(char::is_uppercase) && all.has(MarkKind::Principal);
        self.evidence.proves |= words::asks_proof(last);
        if last == "login_user" {
            let place = (self.def.scope, site.expr.span);
            self.objects(&all).into_iter().for_each(|found| {
                found.becomes.get_or_insert(place);
            });
        }
        if self.authorizes(site, last, &all) {
            self.sign(site.expr.span);
        }
        self.writes(site, last);
        if last == "setattr"
            && let Some(record) = site.args.first()
        {
            self.changed(record, site.expr.span, false);
        }
        self.finds(site, last, &all)
    }
}

/// The name of the cursor that a method is called on.
fn cursor_of(func: &Expr) -> Option<String> {
    let ExprKind::Attr { value, .. } = &func.kind else { return None };
    value.dotted()
}

/// Whether statements answer that something is not permitted.
fn refuses(body: &[Stmt]) -> bool {
    let mut found = false;
    walk_exprs(body, &mut |expr| {
        found |= match &expr.kind {
            ExprKind::Number(digits) => digits == "403",
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => {
                matches!(
                    name.as_str(),
                    "Forbidden"
                        | "forbidden"
                        | "FORBIDDEN"
                        | "PermissionDenied"
                        | "AccessDenied"
                        | "NotAuthorized"
                        | "HTTP_403_FORBIDDEN"
                )
            }
            _ => false,
        };
    });
    found
}
