//! Calls that start a server from Python: `app.run(…)`, `socketio.run(…)`, `run_simple(…)`.

use super::{Collector, DebugGiven, FactoryCall, RunCall, RunDebug, Scope, is_factory_name, is_socketio};
use crate::facts::names::module_file;
use crate::facts::selection::assignments;
use crate::facts::settings::looks_like_app;
use crate::facts::values::Valued;
use crate::lang::python::{Call, Expr, ExprKind, StmtKind};
use crate::text::Span;

impl Collector<'_> {
    pub(super) fn run(&mut self, call: &Call, span: Span, scope: &Scope<'_>) {
        let ExprKind::Attr { value, .. } = &call.func.kind else { return };
        let receiver = match (&value.kind, value.dotted()) {
            (_, Some(name)) => name,
            // `create_app().run()`
            (ExprKind::Call(inner), None) => inner.func.dotted().unwrap_or_default(),
            _ => return,
        };
        if !self.is_app(&receiver) {
            return;
        }
        let socketio = is_socketio(&receiver);
        let argument = |name: &str, position: usize| {
            let given = call.keyword(name).map(|arg| &arg.value);
            given.or_else(|| call.positional(position)).map(|expr| Valued::of(self.follow(expr, scope), self.names))
        };
        // app.run(host, port, debug); socketio.run(app, host, port) takes debug by name only.
        let (host, port) = if socketio { (1, 2) } else { (0, 1) };
        let (host, port) = (argument("host", host), argument("port", port));
        self.found.runs.push(RunCall {
            path: self.file.path.clone(),
            location: self.files.locate(&self.file.path, span),
            call: span,
            debug: self.run_debug(call, socketio, scope),
            host,
            port,
            args: call.args.iter().map(|arg| arg.span).collect(),
            werkzeug: false,
            main_guard: scope.main_guard,
            function: scope.function_name(),
            receiver,
        });
    }

    /// `run_simple(host, port, app, use_debugger=True)` of Werkzeug.
    pub(super) fn run_simple(&mut self, call: &Call, span: Span, scope: &Scope<'_>) {
        let argument = |name: &str, position: usize| {
            let given = call.keyword(name).map(|arg| &arg.value);
            given.or_else(|| call.positional(position)).map(|expr| self.follow(expr, scope))
        };
        let debug = call.keyword("use_debugger").map(|arg| RunDebug {
            value: Valued::of(self.follow(&arg.value, scope), self.names),
            given: DebugGiven::Keyword(arg.span),
        });
        let application = call.keyword("application").map(|arg| &arg.value).or_else(|| call.positional(2));
        let run = RunCall {
            path: self.file.path.clone(),
            receiver: application.and_then(Expr::dotted).unwrap_or_default(),
            location: self.files.locate(&self.file.path, span),
            call: span,
            debug,
            host: argument("hostname", 0).map(|expr| Valued::of(expr, self.names)),
            port: argument("port", 1).map(|expr| Valued::of(expr, self.names)),
            args: call.args.iter().map(|arg| arg.span).collect(),
            werkzeug: true,
            main_guard: scope.main_guard,
            function: scope.function_name(),
        };
        self.found.runs.push(run);
    }

    /// Whether `receiver.run()` starts a Flask app: by its name, in a file that has to do with one.
    fn is_app(&self, receiver: &str) -> bool {
        let last = receiver.rsplit('.').next().unwrap_or_default();
        let made = |call: &FactoryCall| call.bound.as_deref() == Some(receiver);
        let known = self.found.apps.iter().any(|app| app.name == receiver) || self.found.factory_calls.iter().any(made);
        let named = looks_like_app(receiver) || is_factory_name(last) || is_socketio(receiver);
        let first = receiver.split('.').next().unwrap_or_default();
        let from_here = || {
            let module =
                self.names.origin(first).map(|origin| origin.rsplit_once('.').map_or(origin, |(module, _)| module));
            module.is_some_and(|module| module_file(self.files, &self.file.path, module).is_some())
        };
        // `from settings import *`
        let by_star = || {
            self.file.module.body.iter().any(|stmt| {
                let StmtKind::ImportFrom(from) = &stmt.kind else { return false };
                let module = format!("{}{}", ".".repeat(from.level), from.module);
                let source = module_file(self.files, &self.file.path, &module).and_then(|path| self.files.get(&path));
                from.star && source.is_some_and(|source| source.text.contains("Flask"))
            })
        };
        known
            || named
                && (self.names.mentions("flask") || self.names.mentions("flask_socketio") || from_here() || by_star())
    }

    fn run_debug(&self, call: &Call, socketio: bool, scope: &Scope<'_>) -> Option<RunDebug> {
        let (expr, given) = match (call.keyword("debug"), call.positional(2).filter(|_| !socketio)) {
            (Some(arg), _) => (&arg.value, DebugGiven::Keyword(arg.span)),
            (None, Some(value)) => (value, DebugGiven::Positional(value.span)),
            (None, None) => {
                let spread = call.args.iter().find(|arg| arg.stars == 2)?;
                let value = item(self.follow(&spread.value, scope), "debug")?;
                (value, DebugGiven::Elsewhere)
            }
        };
        let followed = self.follow(expr, scope);
        let given = if std::ptr::eq(followed, expr) { given } else { DebugGiven::Elsewhere };
        Some(RunDebug { value: Valued::of(followed, self.names), given })
    }

    /// A name's value where this file gives it exactly one, else the expression itself.
    fn follow<'e>(&'e self, expr: &'e Expr, scope: &Scope<'e>) -> &'e Expr {
        let Some(name) = expr.as_name() else { return expr };
        let mut found = Vec::new();
        if let Some(function) = scope.function {
            assignments(&function.body, name, false, &mut found);
            if found.is_empty() && function.params.iter().any(|param| param.name == name) {
                return expr;
            }
        }
        if found.is_empty() {
            assignments(&self.file.module.body, name, false, &mut found);
        }
        match found.as_slice() {
            [(value, _)] => value,
            _ => expr,
        }
    }
}

/// The value of a key in a dictionary literal or `dict(…)`.
fn item<'e>(expr: &'e Expr, key: &str) -> Option<&'e Expr> {
    match &expr.kind {
        ExprKind::Dict(items) => {
            items.iter().find(|item| item.key.as_ref().and_then(Expr::as_str) == Some(key)).map(|item| &item.value)
        }
        ExprKind::Call(call) if call.func.as_name() == Some("dict") => call.keyword(key).map(|arg| &arg.value),
        _ => None,
    }
}
