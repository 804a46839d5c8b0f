//! FH406: what an error says is sent to the visitor: its stack trace, or the text of any error.

use std::collections::BTreeSet;

use crate::facts::{Facts, Names, PyFile};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{BoolOp, Class, Expr, ExprKind, Function, Handler, Stmt, StmtKind};
use crate::rules::{Explanation, Rule};
use crate::text::{Label, RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH406",
    name: "error-details-sent-to-visitors",
    threat: Threat::DebugMode,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A view answers with the stack trace of an error, or with the text of whatever error was caught.",
        why: "Stack traces show files, versions and how the app is built; texts of database and file errors show \
              queries, table names and paths. That is what debug mode is switched off for.",
        fix: "Log the error (current_app.logger.exception) and answer with a sentence of your own.",
        ignore: "Errors the app itself raises with texts for visitors: catch that class instead of Exception.",
    },
    check,
    remedy: None,
};

/// Functions of `traceback` that give the trace as text.
const TRACES: &[&str] =
    &["traceback.format_exc", "traceback.format_exception", "traceback.format_tb", "traceback.format_stack"];
/// Calls that answer a request.
const ANSWERS: &[&str] = &[
    "jsonify",
    "make_response",
    "Response",
    "abort",
    "render_template",
    "render_template_string",
    "flash",
    "json_response",
];
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "dispatch_request"];

/// What is known of the names of one view.
struct View<'f> {
    names: &'f Names,
    /// Names that hold a stack trace.
    traces: BTreeSet<&'f str>,
    /// Names that hold the text of a caught error.
    texts: BTreeSet<&'f str>,
    /// Errors of any class that are caught around the place.
    caught: Vec<&'f str>,
    found: Vec<(Span, Told)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Trace,
    Text,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut texts: Vec<(RepoPath, usize)> = Vec::new();
    let may = |file: &&PyFile| {
        file.has_part("flask") && file.has_any(&["except", "errorhandler", "app_errorhandler", "traceback", "sys"])
    };
    for file in facts.own_python().filter(may) {
        let names = &facts.names[&file.path];
        if !names.origins().any(|origin| origin.starts_with("flask")) {
            continue;
        }
        let mut views = Vec::new();
        functions(&file.module.body, None, &mut views);
        for (function, errors) in views {
            let mut view =
                View { names, traces: BTreeSet::new(), texts: BTreeSet::new(), caught: Vec::new(), found: Vec::new() };
            if errors {
                view.caught.extend(function.params.first().map(|param| param.name.as_str()));
            }
            view.block(&function.body);
            view.found.dedup();
            for (span, told) in view.found {
                let finding = finding(facts, file, function, span, told);
                let root = facts.project_root(&file.path);
                match texts.iter().find(|(known, _)| *known == root).map(|(_, at)| *at).filter(|_| told == Told::Text) {
                    Some(at) => more(&mut found[at], finding),
                    None => {
                        texts.extend((told == Told::Text).then_some((root, found.len())));
                        found.push(finding);
                    }
                }
            }
        }
    }
    found
}

/// A project's views tend to do this alike: one finding names the places.
fn more(known: &mut Finding, next: Finding) {
    known.related.push(Label { location: next.primary, text: "here, too".to_owned() });
    let others = known.related.len();
    let word = if others == 1 { "place" } else { "places" };
    known.message =
        format!("The visitor gets the text of whatever error was caught, here and at {others} other {word}.");
}

fn finding(facts: &Facts, file: &PyFile, function: &Function, span: Span, told: Told) -> Finding {
    let (severity, confidence, message) = match told {
        Told::Trace => (Severity::Medium, Confidence::High, "The visitor gets the stack trace of an error."),
        Told::Text => (Severity::Low, Confidence::Medium, "The visitor gets the text of whatever error was caught."),
    };
    let symbol = if told == Told::Trace { function.name.as_str() } else { "error text" };
    Finding::new(RULE.id, RULE.threat, severity, facts.files.locate(&file.path, span), symbol, message)
        .confidence(confidence)
        .next_step("Log the error with logger.exception(), and answer with a sentence of your own.")
}

/// The functions that answer requests; whether one is the handler of errors of any class.
fn functions<'f>(body: &'f [Stmt], class: Option<&Class>, found: &mut Vec<(&'f Function, bool)>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Function(function) => {
                let verb = class.is_some_and(is_view_class) && VERBS.contains(&function.name.as_str());
                let decorated = function.decorators.iter().find_map(answers);
                if verb || decorated.is_some() {
                    found.push((function, decorated == Some(true)));
                }
                functions(&function.body, None, found);
            }
            StmtKind::Class(class) => functions(&class.body, Some(class), found),
            _ => stmt.blocks().into_iter().for_each(|block| functions(block, class, found)),
        }
    }
}

fn is_view_class(class: &Class) -> bool {
    class.bases.iter().filter_map(|base| base.value.dotted()).any(|base| {
        let last = base.rsplit('.').next().unwrap_or(&base).to_owned();
        ["Resource", "MethodView", "View", "Api", "Handler"].iter().any(|end| last.ends_with(end))
    })
}

/// Whether a decorator makes a function answer requests; `Some(true)`: for errors of any class.
fn answers(decorator: &Expr) -> Option<bool> {
    let (func, args) = match decorator.as_call() {
        Some(call) => (&call.func, call.args.as_slice()),
        None => (decorator, &[][..]),
    };
    let ExprKind::Attr { name, .. } = &func.kind else { return None };
    match name.as_str() {
        "route" | "get" | "post" | "put" | "patch" | "delete" => Some(false),
        "errorhandler" | "app_errorhandler" => Some(args.first().is_some_and(|arg| {
            matches!(&arg.value.kind, ExprKind::Number(code) if code.starts_with('5'))
                || arg.value.dotted().is_some_and(|class| matches!(class.as_str(), "Exception" | "BaseException"))
        })),
        _ => None,
    }
}

impl<'f> View<'f> {
    fn block(&mut self, body: &'f [Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'f Stmt) {
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                if let Some(told) = self.tells(value) {
                    let known = if told == Told::Trace { &mut self.traces } else { &mut self.texts };
                    known.extend(targets.iter().filter_map(|target| target.as_name()));
                    return;
                }
                self.calls(value);
            }
            StmtKind::Return(Some(value)) => match self.told_in(value) {
                Some(told) => self.found.push((value.span, told)),
                None => self.calls(value),
            },
            StmtKind::Try { body, handlers, orelse, finally } => {
                self.block(body);
                handlers.iter().for_each(|handler| self.handler(handler));
                self.block(orelse);
                self.block(finally);
            }
            StmtKind::Function(_) | StmtKind::Class(_) => {}
            StmtKind::If { branches, orelse } => {
                for (test, body) in branches {
                    self.calls(test);
                    if !asks_debug(test) {
                        self.block(body);
                    }
                }
                self.block(orelse);
            }
            _ => {
                for expr in stmt.exprs() {
                    self.calls(expr);
                }
                for block in stmt.blocks() {
                    self.block(block);
                }
            }
        }
    }

    fn handler(&mut self, handler: &'f Handler) {
        let before = self.caught.len();
        self.caught.extend(handler.name.as_deref().filter(|_| is_broad(handler.types.as_ref())));
        self.block(&handler.body);
        self.caught.truncate(before);
    }

    /// Calls that answer, wherever they stand in an expression.
    fn calls(&mut self, expr: &'f Expr) {
        let mut hits = Vec::new();
        expr.walk(&mut |inner| {
            let Some(call) = inner.as_call() else { return };
            let name = call.func.dotted().unwrap_or_default();
            if !ANSWERS.contains(&name.rsplit('.').next().unwrap_or_default()) {
                return;
            }
            hits.extend(call.args.iter().find_map(|arg| Some((inner.span, self.told_in(&arg.value)?))));
        });
        self.found.extend(hits);
    }

    /// What any part of an answer tells.
    fn told_in(&self, expr: &Expr) -> Option<Told> {
        let mut told = None;
        self.look(expr, &mut told);
        told
    }

    /// Looks through an answer, but not into calls that log or look something up.
    fn look(&self, expr: &Expr, told: &mut Option<Told>) {
        match self.tells(expr) {
            Some(Told::Trace) => *told = Some(Told::Trace),
            Some(Told::Text) => *told = told.or(Some(Told::Text)),
            None => {}
        }
        if let ExprKind::Call(call) = &expr.kind {
            let name = call.func.dotted().unwrap_or_default();
            let last = name.rsplit('.').next().unwrap_or_default();
            if name.contains("log") || matches!(last, "isinstance" | "getattr" | "hasattr" | "type") {
                return;
            }
        }
        // `str(error) if app.debug else "…"`
        if let ExprKind::Cond { test, orelse, .. } = &expr.kind
            && asks_debug(test)
        {
            return self.look(orelse, told);
        }
        if !matches!(expr.kind, ExprKind::Compare { .. }) {
            expr.children().into_iter().for_each(|child| self.look(child, told));
        }
    }

    /// What an expression by itself tells.
    fn tells(&self, expr: &Expr) -> Option<Told> {
        match &expr.kind {
            ExprKind::Name(name) if self.traces.contains(name.as_str()) => Some(Told::Trace),
            ExprKind::Name(name) if self.texts.contains(name.as_str()) => Some(Told::Text),
            ExprKind::Call(call) => {
                let func = self.names.resolve(&call.func).unwrap_or_default();
                if TRACES.contains(&func.as_str()) {
                    return Some(Told::Trace);
                }
                let text = matches!(func.as_str(), "str" | "repr") && self.is_caught(call.positional(0)?);
                let join = matches!(&call.func.kind, ExprKind::Attr { name, .. } if name == "join" || name == "format");
                if join && let Some(inner) = call.args.iter().find_map(|arg| self.tells(&arg.value)) {
                    return Some(inner);
                }
                let formatted = join && call.args.iter().any(|arg| self.is_caught(&arg.value));
                (text || formatted).then_some(Told::Text)
            }
            ExprKind::FString { parts, .. } => {
                let trace = parts.iter().any(|part| self.tells(part) == Some(Told::Trace));
                let text = parts.iter().any(|part| self.is_caught(part) || self.tells(part).is_some());
                if trace { Some(Told::Trace) } else { text.then_some(Told::Text) }
            }
            ExprKind::Binary { op, left, right } if op == "%" || op == "+" => {
                let tuple =
                    matches!(&right.kind, ExprKind::Tuple(items) if items.iter().any(|item| self.is_caught(item)));
                if op == "%" && (tuple || self.is_caught(right)) {
                    return Some(Told::Text);
                }
                self.tells(left).or_else(|| self.tells(right))
            }
            ExprKind::Attr { value, name } if matches!(name.as_str(), "message" | "args" | "orig") => {
                self.is_caught(value).then_some(Told::Text)
            }
            _ => None,
        }
    }

    fn is_caught(&self, expr: &Expr) -> bool {
        expr.as_name().is_some_and(|name| self.caught.contains(&name))
    }
}

/// Whether a test holds in debug mode alone: `app.debug`, `current_app.config["DEBUG"]`.
fn asks_debug(test: &Expr) -> bool {
    match &test.kind {
        ExprKind::Attr { name, .. } | ExprKind::Name(name) => name.eq_ignore_ascii_case("debug"),
        ExprKind::Subscript { value, index } => {
            value.dotted().is_some_and(|base| base.ends_with("config"))
                && index.first().and_then(Expr::as_str) == Some("DEBUG")
        }
        ExprKind::Call(call) => {
            let get = call.func.dotted().is_some_and(|name| name.ends_with("config.get"));
            get && call.positional(0).and_then(Expr::as_str) == Some("DEBUG")
        }
        ExprKind::Bool { op: BoolOp::And, left, right } => asks_debug(left) || asks_debug(right),
        _ => false,
    }
}

/// Whether a handler catches errors that the app did not make for its visitors.
fn is_broad(types: Option<&Expr>) -> bool {
    let Some(types) = types else { return true };
    let broad = |expr: &Expr| {
        let name = expr.dotted().unwrap_or_default();
        let last = name.rsplit('.').next().unwrap_or_default();
        matches!(
            last,
            "Exception"
                | "BaseException"
                | "SQLAlchemyError"
                | "DatabaseError"
                | "OperationalError"
                | "ProgrammingError"
        )
    };
    match &types.kind {
        ExprKind::Tuple(items) => items.iter().any(broad),
        ExprKind::Other(parts) => parts.first().is_some_and(|inner| is_broad(Some(inner))),
        _ => broad(types),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::check_fixtures;

    #[test]
    fn fixtures() {
        check_fixtures(&super::RULE);
    }
}
