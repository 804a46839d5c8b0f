//! Whether a place in Python is reached on a target: the `if`s around it, as far as what the
//! target hands over and sets decides them. Nothing is run; what is not known stays open.

use super::Facts;
use super::names::Names;
use super::selection::{Selection, assignments};
use super::targets::Target;
use super::values::{Value, Valued};
use crate::lang::python::{BoolOp, Call, Expr, ExprKind, Function, Stmt, StmtKind};
use crate::text::{RepoPath, Span};

/// How deep names and other settings are followed for one condition.
pub(super) const MAX_STEPS: usize = 12;

/// What a setting costs of these steps. Settings that depend on settings branch widely; two of them
/// in a row are enough.
const SETTING_STEPS: usize = 6;

/// Whether a place runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    Yes,
    No,
    /// It depends on what the repository does not say.
    Maybe,
}

/// Whether the place is reached when the target starts.
pub fn reached(facts: &Facts, target: &Target, path: &RepoPath, place: Span) -> Reached {
    reached_within(facts, target, path, place, MAX_STEPS)
}

/// The truth of the expression at a place, where that is known.
pub(super) fn truth_at(facts: &Facts, target: &Target, path: &RepoPath, place: Span, steps: usize) -> Option<bool> {
    let (file, names) = (facts.py(path)?, facts.names.get(path)?);
    let (function, expr) = find(&file.module.body, place, None)?;
    let judge = Judge { facts, target, path, names, body: &file.module.body, function, steps, place };
    judge.truth(expr)
}

/// The expression at a place, with the function around it.
fn find<'a>(body: &'a [Stmt], place: Span, within: Option<&'a Function>) -> Option<(Option<&'a Function>, &'a Expr)> {
    let stmt = body.iter().find(|stmt| stmt.span.contains(place))?;
    let inner = match &stmt.kind {
        StmtKind::Function(function) => find(&function.body, place, Some(function)),
        StmtKind::Class(class) => find(&class.body, place, within),
        _ => stmt.blocks().into_iter().find_map(|block| find(block, place, within)),
    };
    inner.or_else(|| {
        let mut found = None;
        for expr in stmt.exprs() {
            expr.walk(&mut |expr| found = found.or((expr.span == place).then_some(expr)));
        }
        found.map(|expr| (within, expr))
    })
}

/// As [`reached`], with so many steps left.
pub(super) fn reached_within(facts: &Facts, target: &Target, path: &RepoPath, place: Span, steps: usize) -> Reached {
    let (Some(file), Some(names)) = (facts.py(path), facts.names.get(path)) else { return Reached::Maybe };
    let judge = Judge { facts, target, path, names, body: &file.module.body, function: None, steps, place };
    judge.block(&file.module.body, place)
}

/// What is known where a condition stands.
#[derive(Clone, Copy)]
struct Judge<'a> {
    facts: &'a Facts,
    target: &'a Target,
    path: &'a RepoPath,
    names: &'a Names,
    body: &'a [Stmt],
    function: Option<&'a Function>,
    steps: usize,
    /// What the conditions stand around: a setting does not count in the conditions of itself.
    place: Span,
}

fn and(one: Reached, other: Reached) -> Reached {
    match (one, other) {
        (Reached::No, _) | (_, Reached::No) => Reached::No,
        (Reached::Yes, Reached::Yes) => Reached::Yes,
        _ => Reached::Maybe,
    }
}

impl<'a> Judge<'a> {
    fn block(self, body: &'a [Stmt], place: Span) -> Reached {
        let Some(stmt) = body.iter().find(|stmt| stmt.span.contains(place)) else { return Reached::Yes };
        match &stmt.kind {
            StmtKind::Function(function) => Judge { function: Some(function), ..self }.block(&function.body, place),
            StmtKind::Class(class) => self.block(&class.body, place),
            StmtKind::With { body, .. } => self.block(body, place),
            StmtKind::If { branches, orelse } => self.branches(branches, orelse, place),
            // The body of a `try` is expected to run.
            StmtKind::Try { body, .. } if holds(body, place) => self.block(body, place),
            _ => match stmt.blocks().into_iter().find(|block| holds(block, place)) {
                Some(block) => and(Reached::Maybe, self.block(block, place)),
                None => Reached::Yes,
            },
        }
    }

    fn branches(self, branches: &'a [(Expr, Vec<Stmt>)], orelse: &'a [Stmt], place: Span) -> Reached {
        let mut so_far = Reached::Yes;
        for (test, body) in branches {
            let truth = self.truth(test);
            if holds(body, place) {
                let here = truth.map_or(Reached::Maybe, |truth| if truth { Reached::Yes } else { Reached::No });
                return and(and(so_far, here), self.block(body, place));
            }
            if test.span.contains(place) {
                return so_far;
            }
            so_far = and(so_far, truth.map_or(Reached::Maybe, |truth| if truth { Reached::No } else { Reached::Yes }));
        }
        if holds(orelse, place) { and(so_far, self.block(orelse, place)) } else { Reached::Yes }
    }

    fn truth(self, test: &'a Expr) -> Option<bool> {
        match &test.kind {
            ExprKind::Not(inner) => self.truth(inner).map(|truth| !truth),
            ExprKind::Bool { op: BoolOp::And, left, right } => match (self.truth(left), self.truth(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            ExprKind::Bool { op: BoolOp::Or, left, right } => match (self.truth(left), self.truth(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            ExprKind::Compare { operands, ops } => self.compared(operands, ops, test),
            ExprKind::Name(name) => self.named(name, test),
            ExprKind::Call(call) => self.called(call, test),
            _ => self.valued(test),
        }
    }

    fn valued(self, expr: &Expr) -> Option<bool> {
        let value = Valued::of(expr, self.names);
        match &value.value {
            Value::Name(name) => self.setting_named(name),
            Value::Lookup(lookup) if lookup.base == "config" && lookup.keys.len() == 1 => {
                self.setting_named(&lookup.shown())
            }
            _ => self.facts.truth_of(self.target, &value),
        }
    }

    /// A function that reads a text as a switch, by its name (`parse_boolean`, `str2bool`).
    fn parsed(self, call: &'a Call) -> Option<bool> {
        let name = call.func.dotted()?;
        let name = name.rsplit('.').next()?.to_ascii_lowercase();
        if name == "bool" || !name.contains("bool") || call.args.len() != 1 {
            return None;
        }
        match self.text(call.positional(0)?)?.as_deref().map(|text| text.trim().to_ascii_lowercase()).as_deref() {
            None => Some(false),
            Some("1" | "true" | "yes" | "on" | "y" | "t") => Some(true),
            Some("0" | "false" | "no" | "off" | "n" | "f" | "none" | "") => Some(false),
            Some(_) => None,
        }
    }

    /// `app.debug`, `app.config["DEBUG"]`, `app.testing`.
    fn setting_named(self, name: &str) -> Option<bool> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let key = match last {
            "debug" => "DEBUG",
            "testing" => "TESTING",
            _ => last.strip_prefix("config[")?.strip_suffix(']')?,
        };
        self.setting(key)
    }

    fn setting(self, key: &str) -> Option<bool> {
        let steps = self.steps.checked_sub(SETTING_STEPS)?;
        match self.facts.effective_within(self.target, key, steps, Some((self.path, self.place))) {
            super::Effective::Set { setting, .. } => self.facts.truth_within(self.target, setting, steps),
            super::Effective::Absent if key == "TESTING" => Some(false),
            super::Effective::Absent if key == "DEBUG" => Some(self.facts.flask_debug(self.target)),
            _ => None,
        }
    }

    fn named(self, name: &str, expr: &'a Expr) -> Option<bool> {
        if self.is_parameter(name) {
            return match self.target.arguments.get(name) {
                Some(argument) => match argument.selection {
                    Selection::Nothing => Some(false),
                    Selection::Text(_) | Selection::Dotted(_) | Selection::Mapped { .. }
                        if argument.truth.is_none() =>
                    {
                        Some(true)
                    }
                    _ => argument.truth,
                },
                None => None,
            };
        }
        let next = Judge { steps: self.steps.checked_sub(1)?, ..self };
        match self.assigned(name) {
            Some(value) => next.truth(value),
            None => self.valued(expr),
        }
    }

    fn is_parameter(self, name: &str) -> bool {
        self.function.is_some_and(|function| function.params.iter().any(|param| param.name == name))
    }

    /// What a name is given, where that is one thing.
    fn assigned(self, name: &str) -> Option<&'a Expr> {
        let mut found = Vec::new();
        if let Some(function) = self.function {
            assignments(&function.body, name, false, &mut found);
        }
        if found.is_empty() {
            assignments(self.body, name, false, &mut found);
        }
        match found.as_slice() {
            [(value, false)] => Some(value),
            _ => None,
        }
    }

    fn called(self, call: &'a Call, expr: &'a Expr) -> Option<bool> {
        if call.func.as_name() == Some("isinstance") {
            let (name, kind) = (call.positional(0)?.as_name()?, call.positional(1)?.as_name()?);
            let argument = self.is_parameter(name).then(|| self.target.arguments.get(name)).flatten()?;
            return match (&argument.selection, kind) {
                (Selection::Nothing, _) => Some(false),
                (Selection::Text(_) | Selection::Env { .. } | Selection::Joined(_), kind) => Some(kind == "str"),
                _ => None,
            };
        }
        if self.names.resolve(&call.func).is_some_and(|name| name.ends_with("get_debug_flag")) {
            return Some(self.facts.flask_debug(self.target));
        }
        if let found @ Some(_) = self.parsed(call) {
            return found;
        }
        if let ExprKind::Attr { value, name } = &call.func.kind {
            let config = matches!(&value.kind, ExprKind::Attr { name, .. } if name == "config");
            if name == "get" && config {
                return self.setting(call.positional(0)?.as_str()?);
            }
        }
        self.valued(expr)
    }

    fn compared(self, operands: &'a [Expr], ops: &[String], whole: &'a Expr) -> Option<bool> {
        let ([left, right], [op]) = (operands, ops) else { return None };
        if left.as_name() == Some("__name__") {
            let main = self.target.launch.is_some_and(|at| self.facts.launches[at].script.as_ref() == Some(self.path));
            return (op == "==").then_some(main);
        }
        if matches!(right.kind, ExprKind::None) {
            let none = self.is_none(left)?;
            return match op.as_str() {
                "is" | "==" => Some(none),
                "is not" | "!=" => Some(!none),
                _ => None,
            };
        }
        let words = words(right)?;
        let Some(text) = self.text(left) else {
            return if left.as_name().is_some() { None } else { self.valued(whole) };
        };
        let equal = text.is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(&text)));
        match op.as_str() {
            "==" | "in" => Some(equal),
            "!=" | "not in" => Some(!equal),
            _ => None,
        }
    }

    fn is_none(self, expr: &'a Expr) -> Option<bool> {
        if let Some(name) = expr.as_name().filter(|name| self.is_parameter(name)) {
            return self.target.arguments.get(name).map(|argument| argument.selection == Selection::Nothing);
        }
        self.text(expr).map(|text| text.is_none())
    }

    /// The text an expression has, `Some(None)` where it is None.
    fn text(self, expr: &'a Expr) -> Option<Option<String>> {
        if let Some(name) = expr.as_name() {
            if self.is_parameter(name) {
                return match &self.target.arguments.get(name)?.selection {
                    Selection::Nothing => Some(None),
                    Selection::Text(text) => Some(Some(text.clone())),
                    Selection::Env { name, fallback } => match (self.variable(name), fallback.as_deref()) {
                        (Some(text), _) | (None, Some(Selection::Text(text))) => Some(Some(text.clone())),
                        (None, None) => Some(None),
                        _ => None,
                    },
                    _ => None,
                };
            }
            return Judge { steps: self.steps.checked_sub(1)?, ..self }.text(self.assigned(name)?);
        }
        if let Some(known) = self.composed(expr) {
            return known;
        }
        let value = Valued::of(expr, self.names);
        value.known_text(&|read| self.target.value_of(read))
    }

    /// `a or b`, `str(switch)`, `os.environ.get(NAME, default)`.
    fn composed(self, expr: &'a Expr) -> Option<Option<Option<String>>> {
        let next = Judge { steps: self.steps.checked_sub(1)?, ..self };
        match &expr.kind {
            ExprKind::Bool { op: BoolOp::Or, left, right } => match next.text(left)? {
                Some(text) if !text.is_empty() => Some(Some(Some(text))),
                _ => Some(next.text(right)),
            },
            ExprKind::Call(call) => match self.names.resolve(&call.func)?.as_str() {
                "str" => {
                    let inner = call.positional(0)?;
                    let text = next.text(inner).flatten();
                    Some(
                        text.or_else(|| next.truth(inner).map(|on| if on { "True" } else { "False" }.to_owned()))
                            .map(Some),
                    )
                }
                "os.environ.get" | "os.getenv" if call.positional(1).is_some() => {
                    match self.variable(call.positional(0)?.as_str()?) {
                        Some(text) => Some(Some(Some(text.clone()))),
                        None => Some(next.text(call.positional(1)?)),
                    }
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn variable(&self, name: &str) -> Option<&'a String> {
        self.target.env.get(name).map(|var| &var.value)
    }
}

fn holds(body: &[Stmt], place: Span) -> bool {
    body.iter().any(|stmt| stmt.span.contains(place))
}

fn words(expr: &Expr) -> Option<Vec<&str>> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().map(Expr::as_str).collect()
        }
        _ => expr.as_str().map(|word| vec![word]),
    }
}
