//! Follows request input to the places a rule is about, through variables, guards and the
//! project's own functions. Reports places; wording is the rule's.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{self, CallSite, Env, Mark, MarkKind, Value, Watch};
use super::{reach, request};
use crate::facts::modules::{Def, Modules, Scope};
use crate::facts::routes::{Route, RouteParam};
use crate::lang::python::{BoolOp, Call, Expr, ExprKind, walk_exprs};
use crate::text::Span;

/// How many calls deep a value is followed.
const MAX_CALLS: usize = 4;

/// [`Sink::arg`] of sinks that are methods of the value itself (`path.read_text()`).
pub(crate) const RECEIVER: usize = usize::MAX;

/// The argument of a call that values should not reach, and the call as people write it.
pub(crate) struct Sink {
    /// Index into the call's arguments, or [`RECEIVER`].
    pub(crate) arg: usize,
    pub(crate) name: String,
    /// Whether keyword arguments of this same call become template variables.
    pub(crate) takes_variables: bool,
}

/// What a rule is about.
pub(crate) struct Goal {
    pub(crate) sink: fn(&Modules<'_>, usize, &Call) -> Option<Sink>,
    /// Names of which one stands where a sink does.
    pub(crate) words: &'static [&'static str],
    /// Whether what a handler returns is a sink too.
    pub(crate) answer: Option<for<'f> fn(&Modules<'f>, Def<'f>, &Expr) -> bool>,
    /// Functions whose result holds nothing of what was given to them that does harm.
    pub(crate) cleans: fn(&str) -> bool,
    /// Calls that hand on what they are given: dotted name and its last part.
    pub(crate) hands_on: fn(&str, &str) -> bool,
    /// Expressions that do no harm whatever they are made of.
    pub(crate) harmless: fn(&Expr) -> bool,
    /// Methods whose answer "yes" makes what they are called on harmless.
    pub(crate) guards: fn(&str) -> bool,
    /// Which of a route's parameters matter.
    pub(crate) param: fn(&RouteParam) -> bool,
}

/// Functions whose result holds nothing of the text that was given to them.
const NUMBERS: [&str; 14] = [
    "int",
    "float",
    "bool",
    "len",
    "abs",
    "round",
    "hash",
    "ord",
    "isinstance",
    "type",
    "range",
    "UUID",
    "hexdigest",
    "import_module",
];

/// Whether a function of this name makes numbers and digests.
pub(crate) fn makes_numbers(name: &str) -> bool {
    NUMBERS.contains(&name)
}

/// Modules whose functions hand on the text they are given.
const TEXT_MODULES: [&str; 23] = [
    "json",
    "html",
    "markdown",
    "markdown2",
    "mistune",
    "bleach",
    "base64",
    "urllib",
    "re",
    "textwrap",
    "cgi",
    "codecs",
    "copy",
    "markupsafe",
    "unicodedata",
    "yaml",
    "commonmark",
    "io",
    "lxml",
    "xml",
    "defusedxml",
    "xmltodict",
    "pickle",
];
/// Methods that hand on the text they are given, whatever they are called on.
const TEXT_METHODS: [&str; 6] = ["convert", "render", "load", "loads", "dumps", "sub"];

/// A value that arrived where it should not.
pub(crate) struct Hit {
    pub(crate) scope: usize,
    /// The call or the returned expression.
    pub(crate) call: Span,
    pub(crate) sink: String,
    pub(crate) takes_variables: bool,
    /// Where the value entered: input, or stored text.
    pub(crate) source: Mark,
    /// Whether it is put together with literal text.
    pub(crate) in_literal: bool,
    /// The function it happens in.
    pub(crate) function: String,
}

/// What a function does with its parameters.
#[derive(Clone, Default)]
struct Summary {
    returns: Value,
    /// Parameters that become template text, and where.
    sinks: Vec<(usize, Span, usize, String, bool, bool)>,
}

/// The state of one run over a project.
struct Trace<'m, 'f> {
    modules: &'m Modules<'f>,
    goal: &'m Goal,
    /// Parameters a request fills with text, by scope and start of the function.
    filled: BTreeMap<(usize, usize), BTreeSet<String>>,
    /// Functions whose results are sent to visitors.
    handlers: BTreeSet<(usize, usize)>,
    summaries: BTreeMap<(usize, usize), Summary>,
    active: BTreeSet<(usize, usize)>,
    hits: BTreeMap<(usize, Span), Hit>,
}

/// Every place of the goal that request input or stored text reaches.
pub(crate) fn hits(modules: &Modules<'_>, routes: &[Route<'_>], goal: &Goal) -> Vec<Hit> {
    let has_sink = |(at, scope): (usize, &Scope<'_>)| scope.file.has_any(goal.words) && has_sink(modules, at, goal);
    if goal.answer.is_none() && !modules.scopes.iter().enumerate().any(has_sink) {
        return Vec::new();
    }
    let mut filled: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    for route in routes {
        let names = route.params.iter().filter(|param| (goal.param)(param)).map(|param| param.name.clone());
        filled.entry(key(&route.handler)).or_default().extend(names);
    }
    let mut handlers: BTreeSet<(usize, usize)> = filled.keys().copied().collect();
    let may_handle = |scope: &&Scope<'_>| scope.file.has_any(&["errorhandler", "app_errorhandler"]);
    for def in modules.scopes.iter().filter(may_handle).flat_map(|scope| &scope.defs) {
        let answers_errors = def.function.decorators.iter().any(|decorator| {
            let called = decorator.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
            called.ends_with(".errorhandler") || called.ends_with(".app_errorhandler")
        });
        if answers_errors {
            handlers.insert(key(def));
        }
    }
    let mut trace = Trace {
        modules,
        goal,
        filled,
        handlers,
        summaries: BTreeMap::new(),
        active: BTreeSet::new(),
        hits: BTreeMap::new(),
    };
    let mut starts = if goal.answer.is_some() { trace.handlers.clone() } else { BTreeSet::new() };
    starts.extend(reach::functions(modules, goal.words, MAX_CALLS));
    for (scope, start) in starts {
        let def = modules.scopes[scope].defs.iter().find(|def| def.function.span.start == start);
        if let Some(def) = def {
            trace.summary(*def, MAX_CALLS);
        }
    }
    trace.hits.into_values().collect()
}

fn key(def: &Def<'_>) -> (usize, usize) {
    (def.scope, def.function.span.start)
}

fn has_sink(modules: &Modules<'_>, scope: usize, goal: &Goal) -> bool {
    let mut found = false;
    walk_exprs(&modules.scopes[scope].file.module.body, &mut |expr| {
        found = found || expr.as_call().is_some_and(|call| (goal.sink)(modules, scope, call).is_some());
    });
    found
}

impl<'f> Trace<'_, 'f> {
    fn summary(&mut self, def: Def<'f>, depth: usize) -> Summary {
        let key = key(&def);
        if let Some(known) = self.summaries.get(&key) {
            return known.clone();
        }
        if depth == 0 || !self.active.insert(key) {
            return Summary::default();
        }
        let all = request::fills_params(def.function);
        let mut env = Env::new();
        for (index, param) in def.function.params.iter().enumerate() {
            let mut value = Value::marked(MarkKind::Param(index), def.scope, def.function.name_span);
            let named = self.filled.get(&key).is_some_and(|names| names.contains(&param.name));
            if named || (all && param.name != "self") {
                value.join(&Value::marked(MarkKind::UrlParam(index), def.scope, def.function.name_span));
            }
            env.insert(param.name.clone(), value);
        }
        let mut tracer = Tracer { trace: self, def, depth, summary: Summary::default() };
        let returns = flow::follow(def.function, env, &mut tracer);
        let mut summary = tracer.summary;
        summary.returns = returns;
        self.active.remove(&key);
        self.summaries.insert(key, summary.clone());
        summary
    }
}

/// Follows one function.
struct Tracer<'t, 'm, 'f> {
    trace: &'t mut Trace<'m, 'f>,
    def: Def<'f>,
    depth: usize,
    summary: Summary,
}

impl<'f> Tracer<'_, '_, 'f> {
    fn user(&self, at: Span) -> Value {
        Value::marked(MarkKind::User, self.def.scope, at)
    }

    fn arrive(&mut self, value: &Value, call: Span, scope: usize, sink: &str, takes_variables: bool, in_literal: bool) {
        for mark in &value.marks {
            match mark.kind {
                MarkKind::Param(index) => {
                    self.summary.sinks.push((index, call, scope, sink.to_owned(), takes_variables, in_literal));
                }
                MarkKind::User | MarkKind::UrlParam(_) | MarkKind::Stored | MarkKind::Caught => {
                    let hit = Hit {
                        scope,
                        call,
                        sink: sink.to_owned(),
                        takes_variables,
                        source: mark.clone(),
                        in_literal,
                        function: self.def.function.name.clone(),
                    };
                    let known = self.trace.hits.entry((scope, call));
                    // Input outranks stored text: it sorts first.
                    let entry = known.or_insert(hit);
                    if mark.kind < entry.source.kind {
                        entry.source = mark.clone();
                    }
                }
                MarkKind::RequestId | MarkKind::Principal | MarkKind::Object => {}
            }
        }
    }

    /// What a project function makes of the values given to it.
    fn through(&mut self, callee: Def<'f>, site: &CallSite<'f, '_>) -> Value {
        let summary = self.trace.summary(callee, self.depth - 1);
        let given = |index: usize| flow::argument(callee, site, index);
        for (index, call, scope, sink, takes_variables, in_literal) in &summary.sinks {
            let value = given(*index);
            self.arrive(&value, *call, *scope, sink, *takes_variables, *in_literal || value.text);
        }
        let mut result = Value { text: summary.returns.text, ..Value::default() };
        for mark in &summary.returns.marks {
            match mark.kind {
                MarkKind::Param(index) => result.join(&given(index)),
                _ => drop(result.marks.insert(mark.clone())),
            }
        }
        result
    }
}

impl<'f> Watch<'f> for Tracer<'_, '_, 'f> {
    fn source(&mut self, expr: &'f Expr) -> Option<Value> {
        if (self.trace.goal.harmless)(expr) {
            return Some(Value::default());
        }
        if let Some(chosen) = request::part_of_request(self.trace.modules, self.def.scope, expr) {
            return Some(if chosen { self.user(expr.span) } else { Value::default() });
        }
        if expr.as_name() == Some("session") && self.trace.modules.comes_from(self.def.scope, "session", "flask") {
            return Some(Value::marked(MarkKind::Stored, self.def.scope, expr.span));
        }
        let ExprKind::Attr { value, name } = &expr.kind else { return None };
        let base = value.dotted()?;
        let signed_in = matches!(base.as_str(), "current_user" | "g.user" | "g.current_user");
        let model = name == "query" && base.rsplit('.').next()?.starts_with(|c: char| c.is_ascii_uppercase());
        (signed_in || model).then(|| Value::marked(MarkKind::Stored, self.def.scope, expr.span))
    }

    fn subscript(&mut self, expr: &'f Expr, base: &Value, _index: &Value) -> Option<Value> {
        Some(widened(base, expr))
    }

    fn call(&mut self, site: &CallSite<'f, '_>) -> Option<Value> {
        let modules = self.trace.modules;
        let goal = self.trace.goal;
        if let Some(Sink { arg, name, takes_variables }) = (goal.sink)(modules, self.def.scope, site.call) {
            let value = if arg == RECEIVER { site.receiver.clone() } else { site.args[arg].clone() };
            self.arrive(&value, site.expr.span, self.def.scope, &name, takes_variables, value.text);
            return Some(site.all_args());
        }
        let of_request = request::part_of_request(modules, self.def.scope, &site.call.func);
        if of_request == Some(true) || request::is_parsed_args(modules, self.def.scope, &site.call.func) {
            return Some(self.user(site.expr.span));
        }
        let last = last_name(site.call);
        if (goal.cleans)(last) {
            return Some(Value::default());
        }
        let dotted = site.call.func.dotted().map(|dotted| modules.absolute(self.def.scope, &dotted));
        if (goal.hands_on)(&dotted.unwrap_or_default(), last) {
            return Some(site.all_args());
        }
        if let Some(callee) = modules.callee(self.def, &site.call.func) {
            return Some(self.through(callee, site));
        }
        let ExprKind::Attr { value, name } = &site.call.func.kind else { return None };
        if name == "get" || name == "pop" || name == "getlist" {
            // A table looked up by input gives what the table holds, or the fallback.
            let mut found = widened(site.receiver, site.expr);
            site.args.iter().skip(1).for_each(|fallback| found.join(fallback));
            return Some(found);
        }
        // `posts.find()` of a collection; a text's own `find` is asked for something.
        let by_filter = site.call.args.first().is_none_or(|arg| matches!(arg.value.kind, ExprKind::Dict(_)));
        let of_collection = name == "find" && by_filter;
        if of_collection
            || matches!(name.as_str(), "fetchone" | "fetchall" | "fetchmany" | "find_one" | "lrange" | "smembers")
        {
            return Some(Value::marked(MarkKind::Stored, self.def.scope, site.expr.span));
        }
        if lists_uploads(name, site.call) {
            return Some(Value::marked(MarkKind::Stored, self.def.scope, site.expr.span));
        }
        let root = value.dotted().map(|dotted| modules.absolute(self.def.scope, &dotted)).unwrap_or_default();
        let root = root.split('.').next().unwrap_or("");
        if TEXT_MODULES.contains(&root) || (TEXT_METHODS.contains(&name.as_str()) && value.dotted().is_some()) {
            return Some(site.all_args());
        }
        site.receiver.has(MarkKind::User).then(|| {
            let mut result = widened(site.receiver, site.expr);
            result.join(&if flow::is_text_method(name) { site.all_args() } else { Value::default() });
            result
        })
    }

    fn returned(&mut self, expr: &'f Expr, value: &Value) {
        let Some(answer) = self.trace.goal.answer else { return };
        if value.marks.is_empty() || !self.trace.handlers.contains(&key(&self.def)) {
            return;
        }
        if answer(self.trace.modules, self.def, expr) {
            self.arrive(value, expr.span, self.def.scope, "return", false, value.text);
        }
    }

    fn caught(&mut self, name: &'f Expr) -> Value {
        Value::marked(MarkKind::Caught, self.def.scope, name.span)
    }

    fn cleared(&self, test: &'f Expr, held: bool) -> Vec<String> {
        let mut names = Vec::new();
        allowed(test, held, self.trace.goal.guards, &mut names);
        names
    }
}

/// The same value; a mark that started inside this expression now stands for all of it, so that
/// `request.args.get("name")` is shown whole.
fn widened(value: &Value, expr: &Expr) -> Value {
    let marks = value.marks.iter().cloned().map(|mut mark| {
        if matches!(mark.kind, MarkKind::User | MarkKind::Stored)
            && mark.at.start == expr.span.start
            && expr.span.contains(mark.at)
        {
            mark.at = expr.span;
        }
        mark
    });
    Value { marks: marks.collect(), text: value.text }
}

/// `os.listdir(UPLOAD_FOLDER)`: names of files, which whoever sent them chose.
fn lists_uploads(name: &str, call: &Call) -> bool {
    let mut of_uploads = false;
    if matches!(name, "listdir" | "scandir" | "walk" | "glob" | "iterdir") {
        call.args.iter().for_each(|arg| {
            arg.value.walk(&mut |inner| {
                of_uploads |= match &inner.kind {
                    ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.to_ascii_lowercase().contains("upload"),
                    _ => inner.as_str().is_some_and(|text| text.to_ascii_lowercase().contains("upload")),
                };
            });
        });
    }
    of_uploads
}

fn last_name(call: &Call) -> &str {
    match &call.func.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name,
        _ => "",
    }
}

/// Names that can only hold one of a fixed set of values, or only letters and digits, where the
/// test came out as `held`.
fn allowed(test: &Expr, held: bool, guards: fn(&str) -> bool, names: &mut Vec<String>) {
    match &test.kind {
        ExprKind::Not(inner) => allowed(inner, !held, guards, names),
        ExprKind::Bool { op, left, right } if (*op == BoolOp::And) == held => {
            allowed(left, held, guards, names);
            allowed(right, held, guards, names);
        }
        ExprKind::Compare { operands, ops } if operands.len() == 2 => {
            let fits = match ops[0].as_str() {
                "in" => held && operands[1].as_str().is_none(),
                "not in" => !held && operands[1].as_str().is_none(),
                "==" => held && operands[1].as_str().is_some(),
                "!=" => !held && operands[1].as_str().is_some(),
                _ => false,
            };
            if fits {
                names.extend(operands[0].dotted());
            }
            // `if ".." in path: abort(404)`
            let refused = if ops[0] == "in" { !held } else { ops[0] == "not in" && held };
            if refused && operands[0].as_str() == Some("..") && guards("..") {
                names.extend(operands[1].dotted());
            }
        }
        ExprKind::Call(call) if held => match &call.func.kind {
            ExprKind::Attr { value, name } if name.starts_with("is") && call.args.is_empty() || guards(name) => {
                names.extend(value.dotted());
                // `os.path.abspath(path).startswith(folder)`
                if let Some(inner) = value.as_call() {
                    names.extend(inner.args.iter().filter_map(|arg| arg.value.dotted()));
                }
            }
            ExprKind::Attr { name, .. } if matches!(name.as_str(), "match" | "fullmatch") => {
                names.extend(call.args.last().and_then(|arg| arg.value.dotted()));
            }
            _ => {}
        },
        _ => {}
    }
}
