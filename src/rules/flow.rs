//! How values travel through one function: which marks reach which expression. Statements are
//! followed in order, branches are joined, loops are read twice. What carries a mark, and what
//! that means, is the watcher's business; this file knows neither Flask nor Jinja.

mod value;

use std::collections::BTreeMap;

use crate::facts::modules::Def;
use crate::lang::python::{Call, Expr, ExprKind, Function, Handler, Stmt, StmtKind};

pub(crate) use value::{Mark, MarkKind, Value};

/// A call with the values that reach it.
pub(crate) struct CallSite<'f, 'v> {
    pub(crate) expr: &'f Expr,
    pub(crate) call: &'f Call,
    /// The value the method is called on; empty for plain functions.
    pub(crate) receiver: &'v Value,
    /// One for each argument, in order.
    pub(crate) args: &'v [Value],
}

impl CallSite<'_, '_> {
    /// All arguments' values in one.
    pub(crate) fn all_args(&self) -> Value {
        Value::joined(self.args)
    }
}

/// Decides what carries marks and sees them arrive.
pub(crate) trait Watch<'f> {
    /// The value of an expression the engine shall not look into.
    fn source(&mut self, _expr: &'f Expr) -> Option<Value> {
        None
    }
    /// The value of a call; nothing for the usual: text methods hand on their arguments, other
    /// methods their receiver, functions their arguments.
    fn call(&mut self, _site: &CallSite<'f, '_>) -> Option<Value> {
        None
    }
    /// The value of `base[index]`; nothing for the base's.
    fn subscript(&mut self, _expr: &'f Expr, _base: &Value, _index: &Value) -> Option<Value> {
        None
    }
    /// `base[index] = …` is written: the value of the entry; nothing for the base's.
    fn entry(&mut self, target: &'f Expr, base: &Value, index: &Value) -> Option<Value> {
        self.subscript(target, base, index)
    }
    /// `return expr` hands this value out.
    fn returned(&mut self, _expr: &'f Expr, _value: &Value) {}
    /// The value of a comparison; nothing for one without marks.
    fn compare(&mut self, _operands: &[(&'f Expr, Value)], _ops: &'f [String]) -> Option<Value> {
        None
    }
    /// `base.name` is read.
    fn attribute(&mut self, _expr: &'f Expr, _name: &str, _base: &Value) {}
    /// `body` runs where `test`, with this value, holds.
    fn branch(&mut self, _test: &'f Expr, _value: &Value, _body: &'f [Stmt]) {}
    /// `target.x = value`, `target[x] = value`.
    fn store(&mut self, _target: &'f Expr, _base: &Value, _value: &Value) {}
    /// `del target`.
    fn delete(&mut self, _target: &'f Expr, _value: &Value) {}
    /// The value of `e` in `except Error as e`.
    fn caught(&mut self, _name: &'f Expr) -> Value {
        Value::default()
    }
    /// The names that carry nothing any more where `test` is known to be `held`.
    fn cleared(&self, _test: &'f Expr, _held: bool) -> Vec<String> {
        Vec::new()
    }
}

/// The value a call gives to the n-th parameter of the function it calls.
pub(crate) fn argument(callee: Def<'_>, site: &CallSite<'_, '_>, index: usize) -> Value {
    let params = &callee.function.params;
    let bound = params.first().is_some_and(|first| matches!(first.name.as_str(), "self" | "cls"));
    let shift = usize::from(callee.class.is_some() && bound);
    let Some(param) = params.get(index) else { return Value::default() };
    let mut value = Value::default();
    for (at, (arg, given)) in site.call.args.iter().zip(site.args).enumerate() {
        let fits = match &arg.name {
            Some(name) => *name == param.name || (param.star && !params.iter().any(|other| other.name == *name)),
            None => arg.stars > 0 || at + shift == index || (param.star && at + shift >= index),
        };
        if fits {
            value.join(given);
        }
    }
    if shift == 1 && index == 0 {
        value.join(site.receiver);
    }
    value
}

/// Names followed in one function: branches copy them all.
const MAX_NAMES: usize = 1000;

/// Values of names and dotted names.
pub(crate) type Env = BTreeMap<String, Value>;

/// Methods that put their arguments into a text.
const TEXT_METHODS: [&str; 9] =
    ["format", "format_map", "join", "replace", "safe_substitute", "substitute", "ljust", "rjust", "center"];
pub(crate) fn is_text_method(name: &str) -> bool {
    TEXT_METHODS.contains(&name)
}

/// Methods that put their arguments into what they are called on.
const FILLING_METHODS: [&str; 7] = ["append", "extend", "insert", "add", "update", "write", "setdefault"];

/// Follows the body of a function and returns what it returns.
pub(crate) fn follow<'f>(function: &'f Function, env: Env, watch: &mut dyn Watch<'f>) -> Value {
    follow_body(&function.body, env, watch).1
}

/// Follows statements; the names bound at the end, and what was returned.
pub(crate) fn follow_body<'f>(body: &'f [Stmt], env: Env, watch: &mut dyn Watch<'f>) -> (Env, Value) {
    let mut run = Run { env, watch, returned: Value::default(), loops: 0 };
    run.block(body);
    (run.env, run.returned)
}

struct Run<'w, 'f> {
    env: Env,
    watch: &'w mut dyn Watch<'f>,
    returned: Value,
    loops: usize,
}

fn join_env(into: &mut Env, other: Env) {
    for (name, value) in other {
        into.entry(name).or_default().join(&value);
    }
}

impl<'f> Run<'_, 'f> {
    /// Whether control never gets behind the block.
    fn block(&mut self, body: &'f [Stmt]) -> bool {
        let mut ended = false;
        for stmt in body {
            ended |= self.stmt(stmt);
        }
        ended
    }

    fn stmt(&mut self, stmt: &'f Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Assign { targets, value } => {
                let value = self.eval(value);
                targets.iter().for_each(|target| self.bind(target, &value));
            }
            StmtKind::Augmented { target, value, .. } => {
                // `record.hits += 1` counts something; it does not put a value of the sender's there.
                let counts = matches!(value.kind, ExprKind::Number(_));
                let mut value = self.eval(value);
                value.join(&self.eval(target));
                if !counts {
                    self.bind(target, &value);
                }
            }
            StmtKind::Expr(expr) => return self.expression(expr),
            StmtKind::Return(value) => {
                if let Some(expr) = value {
                    let value = self.eval(expr);
                    self.watch.returned(expr, &value);
                    self.returned.join(&value);
                }
                return true;
            }
            StmtKind::Raise(value) => {
                value.iter().for_each(|value| drop(self.eval(value)));
                return true;
            }
            StmtKind::If { branches, orelse } => return self.branches(branches, orelse),
            StmtKind::For { target, iter, body, orelse } => {
                let value = self.eval(iter);
                self.bind(target, &value);
                self.repeat(body);
                self.block(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.eval(test);
                self.repeat(body);
                self.block(orelse);
            }
            StmtKind::Try { body, handlers, orelse, finally } => return self.tried(body, handlers, orelse, finally),
            StmtKind::With { items, body } => {
                for (item, name) in items {
                    let value = self.eval(item);
                    name.iter().for_each(|name| self.bind(name, &value));
                }
                return self.block(body);
            }
            StmtKind::Match { subject, cases } => self.matched(subject, cases),
            StmtKind::Assert(test) => {
                self.eval(test);
                self.clear(test, true);
            }
            StmtKind::Other(values) => values.iter().for_each(|value| {
                let value_of = self.eval(value);
                self.watch.delete(value, &value_of);
            }),
            // Functions inside are followed on their own.
            StmtKind::Function(_) | StmtKind::Class(_) | StmtKind::Import(_) | StmtKind::ImportFrom(_) => {}
        }
        false
    }

    fn tried(&mut self, body: &'f [Stmt], handlers: &'f [Handler], orelse: &'f [Stmt], finally: &'f [Stmt]) -> bool {
        let before = self.env.clone();
        let ended = self.block(body) | self.block(orelse);
        let after = std::mem::replace(&mut self.env, before);
        let mut all = if ended { self.env.clone() } else { after.clone() };
        join_env(&mut self.env, after);
        let start = self.env.clone();
        for handler in handlers {
            self.env = start.clone();
            // `Error as e` is read as the two expressions in it.
            if let Some(ExprKind::Other(parts)) = handler.types.as_ref().map(|types| &types.kind)
                && let Some(name) = parts.last()
            {
                let value = self.watch.caught(name);
                self.bind(innermost(name), &value);
            }
            if !self.block(&handler.body) {
                join_env(&mut all, std::mem::take(&mut self.env));
            }
        }
        self.env = all;
        self.block(finally) || (ended && handlers.is_empty())
    }

    fn matched(&mut self, subject: &'f Expr, cases: &'f [Vec<Stmt>]) {
        self.eval(subject);
        let start = self.env.clone();
        for case in cases {
            let after = std::mem::replace(&mut self.env, start.clone());
            self.block(case);
            join_env(&mut self.env, after);
        }
    }

    /// An expression statement: `abort()` ends the block, `list.append(x)` fills the list.
    fn expression(&mut self, expr: &'f Expr) -> bool {
        let value = self.eval(expr);
        let Some(call) = expr.as_call() else { return false };
        if let ExprKind::Attr { value: base, name } = &call.func.kind
            && FILLING_METHODS.contains(&name.as_str())
            && let Some(base) = base.dotted()
        {
            let mut filled = value;
            for arg in &call.args {
                filled.join(&self.eval(&arg.value));
            }
            self.env.entry(base).or_default().join(&filled);
        }
        let called = call.func.dotted().unwrap_or_default();
        matches!(called.rsplit('.').next(), Some("abort" | "exit"))
    }

    fn branches(&mut self, branches: &'f [(Expr, Vec<Stmt>)], orelse: &'f [Stmt]) -> bool {
        let mut joined: Option<Env> = None;
        for (test, body) in branches {
            let value = self.eval(test);
            self.watch.branch(test, &value, body);
            let otherwise = self.env.clone();
            self.clear(test, true);
            let ended = self.block(body);
            let after = std::mem::replace(&mut self.env, otherwise);
            if !ended {
                join_env(joined.get_or_insert_default(), after);
            }
            self.clear(test, false);
        }
        let ended = self.block(orelse);
        match joined {
            Some(joined) if ended => self.env = joined,
            Some(joined) => join_env(&mut self.env, joined),
            None => return ended,
        }
        false
    }

    /// A loop's body is read twice, so that what its end binds reaches its start; inner loops
    /// once each time, so that nesting costs no powers of two.
    fn repeat(&mut self, body: &'f [Stmt]) {
        let before = self.env.clone();
        self.loops += 1;
        self.block(body);
        if self.loops == 1 {
            self.block(body);
        }
        self.loops -= 1;
        join_env(&mut self.env, before);
    }

    fn clear(&mut self, test: &'f Expr, held: bool) {
        for name in self.watch.cleared(test, held) {
            self.env.insert(name, Value::default());
        }
    }

    fn bind(&mut self, target: &'f Expr, value: &Value) {
        match &target.kind {
            ExprKind::Name(name) if self.env.len() < MAX_NAMES || self.env.contains_key(name) => {
                self.env.insert(name.clone(), value.clone());
            }
            ExprKind::Attr { value: base, .. } => {
                let base_value = self.eval(base);
                self.watch.store(target, &base_value, value);
                if let Some(dotted) = target.dotted() {
                    self.env.insert(dotted, value.clone());
                }
            }
            ExprKind::Subscript { value: base, index } => {
                let mut base_value = self.eval(base);
                for index in index {
                    // `store[id] = x` writes the entry `id`.
                    let index = self.eval(index);
                    if let Some(found) = self.watch.entry(target, &base_value, &index) {
                        base_value.join(&found);
                    }
                }
                self.watch.store(target, &base_value, value);
                if let Some(dotted) = base.dotted() {
                    self.env.entry(dotted).or_default().join(value);
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().for_each(|item| self.bind(item, value)),
            ExprKind::Star(inner) => self.bind(inner, value),
            _ => {}
        }
    }

    fn eval(&mut self, expr: &'f Expr) -> Value {
        if let Some(value) = self.watch.source(expr) {
            return value;
        }
        match &expr.kind {
            ExprKind::Str(_) => Value { text: true, ..Value::default() },
            ExprKind::FString { text, parts } => {
                let mut value = self.union(parts);
                value.text |= !text.is_empty();
                value
            }
            ExprKind::Name(name) => self.env.get(name).cloned().unwrap_or_default(),
            ExprKind::Attr { value, name } => match expr.dotted().and_then(|dotted| self.env.get(&dotted).cloned()) {
                Some(known) => known,
                None => {
                    let base = self.eval(value);
                    self.watch.attribute(expr, name, &base);
                    base
                }
            },
            ExprKind::Subscript { value, index } => {
                let base = self.eval(value);
                let index = self.union(index);
                self.watch.subscript(expr, &base, &index).unwrap_or(base)
            }
            ExprKind::Call(call) => self.call(expr, call),
            ExprKind::Compare { operands, ops } => {
                let operands: Vec<_> = operands.iter().map(|operand| (operand, self.eval(operand))).collect();
                self.watch.compare(&operands, ops).unwrap_or_default()
            }
            ExprKind::Not(inner) => Value { text: false, ..self.eval(inner) },
            ExprKind::Cond { body, test, orelse } => {
                self.eval(test);
                let before = self.env.clone();
                self.clear(test, true);
                let mut value = self.eval(body);
                self.env = before;
                value.join(&self.eval(orelse));
                value
            }
            ExprKind::Walrus { name, value } => {
                let value = self.eval(value);
                self.env.insert(name.clone(), value.clone());
                value
            }
            ExprKind::Other(parts) if is_comprehension(parts) => self.comprehension(parts),
            _ => {
                let mut value = Value::default();
                for child in expr.children() {
                    value.join(&self.eval(child));
                }
                value
            }
        }
    }

    /// `element for target in values if test`: what is made of each.
    fn comprehension(&mut self, parts: &'f [Expr]) -> Value {
        let before = self.env.clone();
        let mut value = Value::default();
        for part in &parts[1..] {
            match &part.kind {
                ExprKind::Other(clause) if clause.len() > 1 => {
                    let value = self.eval(&clause[clause.len() - 1]);
                    clause[..clause.len() - 1].iter().for_each(|target| self.bind(target, &value));
                }
                // What was compared says which of them it is.
                ExprKind::Other(tests) => tests.iter().for_each(|test| {
                    value.join(&self.eval(test));
                    self.clear(test, true);
                }),
                _ => value.join(&self.eval(part)),
            }
        }
        value.join(&self.eval(&parts[0]));
        self.env = before;
        value
    }

    fn union(&mut self, exprs: &'f [Expr]) -> Value {
        let mut value = Value::default();
        for expr in exprs {
            value.join(&self.eval(expr));
        }
        value
    }

    fn call(&mut self, expr: &'f Expr, call: &'f Call) -> Value {
        let receiver = match &call.func.kind {
            ExprKind::Attr { value, .. } => self.eval(value),
            ExprKind::Name(_) => Value::default(),
            _ => self.eval(&call.func),
        };
        let args: Vec<Value> = call.args.iter().map(|arg| self.eval(&arg.value)).collect();
        let site = CallSite { expr, call, receiver: &receiver, args: &args };
        if let Some(value) = self.watch.call(&site) {
            return value;
        }
        match &call.func.kind {
            ExprKind::Attr { name, .. } if !TEXT_METHODS.contains(&name.as_str()) => receiver,
            _ => Value::joined(args.iter().chain([&receiver])),
        }
    }
}

/// An element with clauses behind it.
fn is_comprehension(parts: &[Expr]) -> bool {
    matches!(parts.get(1).map(|part| &part.kind), Some(ExprKind::Other(clause)) if clause.len() > 1)
}

/// The name in an `as` target, however the reader wrapped it.
fn innermost(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Other(parts) if parts.len() == 1 => &parts[0],
        _ => expr,
    }
}
