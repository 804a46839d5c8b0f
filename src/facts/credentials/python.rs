//! Names and the literals they are given in Python: assignments, arguments, dictionary items,
//! reads of the environment with a fallback. Calls, accounts and pairs are read by the modules
//! below.

mod accounts;
mod calls;
mod comments;
mod pairs;

use std::collections::BTreeMap;

use super::assigned::{Given, Stage};
use super::{Format, Head, How, inline, names, values};
use crate::facts::files::PyFile;
use crate::facts::names::Names;
use crate::facts::values::{Value, Valued};
use crate::lang::python::{Expr, ExprKind, Function, Stmt, StmtKind, walk_stmts};
use crate::text::Span;

pub(super) fn given(text: &str, file: &PyFile, names: &Names) -> Vec<Given> {
    let mut reader = Reader {
        text,
        names,
        found: Vec::new(),
        stage: Stage::of_path(&file.path),
        function: "",
        depth: 0,
        locals: literals(&file.module.body),
        local: false,
        administrators: Vec::new(),
    };
    reader.block(&file.module.body, None);
    reader.comments(&file.module.comments);
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    names: &'a Names,
    found: Vec<Given>,
    stage: Stage,
    /// The function around, else empty.
    function: &'a str,
    /// How many functions are around.
    depth: usize,
    /// Plain names of the function around, and the literal each was given last.
    locals: BTreeMap<&'a str, &'a Expr>,
    /// What is read opens a service of the same computer.
    local: bool,
    /// What the blocks around hold an administrator in: `user`, `admin`.
    administrators: Vec<String>,
}

/// Where a literal stands.
struct Place<'a> {
    name: &'a str,
    symbol: String,
    configures: bool,
}

/// The plain names that a body gives literals.
fn literals(body: &[Stmt]) -> BTreeMap<&str, &Expr> {
    let mut found = BTreeMap::new();
    walk_stmts(body, &mut |stmt| {
        if let StmtKind::Assign { targets, value } = &stmt.kind
            && matches!(value.kind, ExprKind::Str(_))
        {
            found.extend(targets.iter().filter_map(Expr::as_name).map(|name| (name, value)));
        }
    });
    found
}

impl<'a> Reader<'a> {
    fn block(&mut self, body: &'a [Stmt], class: Option<&str>) {
        let around = self.administrators.len();
        if class.is_none() {
            self.administrators.extend(accounts::administrators(body));
            self.pairs(body);
            self.accounts(body);
        }
        for stmt in body {
            self.stmt(stmt, class);
        }
        self.administrators.truncate(around);
    }

    fn stmt(&mut self, stmt: &'a Stmt, class: Option<&str>) {
        let outer = self.stage;
        match &stmt.kind {
            StmtKind::Class(inner) => {
                if Stage::of(&inner.name) != Stage::Any {
                    self.stage = Stage::of(&inner.name);
                }
                self.block(&inner.body, Some(&inner.name));
            }
            StmtKind::Function(function) => self.function(function),
            _ => {
                if let StmtKind::Assign { targets, value } = &stmt.kind {
                    targets.iter().for_each(|target| self.assigned(target, value, class));
                }
                for expr in stmt.exprs() {
                    expr.walk(&mut |inner| self.expression(inner));
                }
                stmt.blocks().into_iter().for_each(|block| self.block(block, class));
            }
        }
        self.stage = outer;
    }

    fn function(&mut self, function: &'a Function) {
        for decorator in &function.decorators {
            decorator.walk(&mut |inner| self.expression(inner));
        }
        // `def create(name="admin", password="…")`
        let first = function.params.iter().filter_map(|param| param.default.as_ref()?.as_str());
        let admin = names::says_admin(&function.name) || first.into_iter().any(names::says_admin);
        for param in &function.params {
            let Some(default) = &param.default else { continue };
            let head = names::head(&param.name);
            if admin && head == Some(Head::Password) {
                self.sure(How::Account, Head::Password, &param.name, param.name.clone(), default);
            }
            let configures = names::names_service(&param.name) && head == Some(Head::Password);
            self.literal(&Place { name: &param.name, symbol: param.name.clone(), configures }, default);
        }
        let stage = self.stage;
        if names::words(&function.name).iter().any(|word| matches!(word.as_str(), "fake" | "forge" | "dummy")) {
            self.stage = Stage::Development;
        }
        let (name, locals) = (self.function, std::mem::replace(&mut self.locals, literals(&function.body)));
        self.function = &function.name;
        self.depth += 1;
        self.block(&function.body, None);
        (self.function, self.locals, self.stage) = (name, locals, stage);
        self.depth -= 1;
    }

    fn assigned(&mut self, target: &'a Expr, value: &'a Expr, class: Option<&str>) {
        match (&target.kind, &value.kind) {
            (ExprKind::Tuple(left), ExprKind::Tuple(right)) if left.len() == right.len() => {
                left.iter().zip(right).for_each(|(one, of)| self.assigned(one, of, class));
            }
            (ExprKind::Name(name), _) => {
                let symbol = class.map_or_else(|| name.clone(), |class| format!("{class}.{name}"));
                // `password = "123456"` in a function is a default that accounts get.
                let typed = class.is_none()
                    && names::head(name) == Some(Head::Password)
                    && value.as_str().is_some_and(|text| {
                        text.bytes().any(|byte| byte.is_ascii_digit()) && values::is_well_known(text)
                    });
                let configures = is_upper(name) || typed || self.configures(name, class);
                self.login_pair(name, &symbol, value);
                self.literal(&Place { name, symbol, configures }, value);
            }
            (ExprKind::Attr { name, .. }, _) => {
                let symbol = target.dotted().unwrap_or_else(|| name.clone());
                self.literal(&Place { name, symbol, configures: is_upper(name) }, value);
            }
            (ExprKind::Subscript { value: of, index }, _) => {
                if let Some(name) = index.first().and_then(Expr::as_str) {
                    let of = of.dotted().unwrap_or_default();
                    let configures = is_upper(name) || of.ends_with("config") || of.ends_with("environ");
                    self.login_pair(name, &format!("{of}[{name}]"), value);
                    self.literal(&Place { name, symbol: format!("{of}[{name}]"), configures }, value);
                }
            }
            _ => {}
        }
    }

    /// Whether a name in small letters is one that a file sets for all of itself.
    fn configures(&self, name: &str, class: Option<&str>) -> bool {
        let settings = class.is_some_and(|class| class.ends_with("Config") || class.ends_with("Settings"));
        let file = class.is_none() && self.depth == 0;
        settings || file || class.is_none() && names::head(name) == Some(Head::Password) && names::names_service(name)
    }

    fn expression(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Dict(items) => {
                self.login_items(items);
                for item in items {
                    if let Some(name) = item.key.as_ref().and_then(Expr::as_str) {
                        self.literal(&Place { name, symbol: name.to_owned(), configures: is_upper(name) }, &item.value);
                    }
                }
            }
            ExprKind::Str(text) => self.connection_string(text),
            ExprKind::Call(call) => {
                self.call(call);
                // `f(os.environ.get("DB_PASSWORD", "…"))`: the variable's name says what it is.
                if let Value::Env(read) = Valued::of(expr, self.names).value
                    && let Some(fallback) = read.fallback.as_deref()
                {
                    let name = read.name.clone();
                    self.valued(
                        &Place { name: &name, symbol: name.clone(), configures: true },
                        fallback,
                        Some(&name),
                        None,
                    );
                }
            }
            ExprKind::Compare { operands, ops } => {
                if let ([left, right], [op]) = (operands.as_slice(), ops.as_slice())
                    && (op == "==" || op == "!=")
                {
                    self.compared(left, right);
                    self.compared(right, left);
                }
            }
            _ => {}
        }
    }

    fn literal(&mut self, place: &Place<'_>, value: &Expr) {
        let read = Valued::of(value, self.names);
        let variable = read.env().map(|env| env.name.clone());
        let plain = matches!(read.value, Value::Text { bytes: false, .. }).then_some(read.span);
        let Some(literal) = read.literal() else { return };
        self.valued(place, literal, variable.as_deref(), plain);
    }

    fn valued(&mut self, place: &Place<'_>, literal: &Valued, variable: Option<&str>, plain: Option<Span>) {
        let Value::Text { secret, contents, .. } = &literal.value else { return };
        // What no name makes a credential is left to those who know its place.
        if names::head(place.name).is_none() {
            return;
        }
        let Some(span) = self.free(contents) else { return };
        self.found.push(Given {
            configures: place.configures,
            variable: variable.map(str::to_owned),
            plain: plain.filter(|_| contents.len() == 1),
            stage: self.stage,
            local: self.local,
            ..Given::new(place.name, place.symbol.clone(), secret.expose(), span, Format::Python)
        });
    }

    /// A literal that is a credential by its place, whatever it is called.
    fn sure(&mut self, how: How, head: Head, name: &str, symbol: String, literal: &Expr) {
        let ExprKind::Str(text) = &literal.kind else { return };
        let Some(span) = self.free(&text.contents) else { return };
        self.found.push(Given {
            sure: Some(head),
            how,
            configures: true,
            stage: self.stage,
            local: self.local,
            ..Given::new(name, symbol, &text.value, span, Format::Python)
        });
    }

    /// The span of a literal that was not given before. An f-string or a template is put together
    /// later.
    fn free(&self, contents: &[Span]) -> Option<Span> {
        let (first, last) = (contents.first()?, contents.last()?);
        let span = Span::new(first.start, last.end);
        let known = self.found.iter().any(|known| known.span == span);
        (!span.is_empty() && !known && !span.of(self.text).is_empty()).then_some(span)
    }
}

/// Whether a value names this computer.
fn is_local(value: &Expr) -> bool {
    value.as_str().is_some_and(|host| inline::is_local(&host.to_ascii_lowercase()))
}

/// The last part of what is called or read: `login` of `server.login`.
fn last_name(expr: &Expr) -> &str {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name,
        _ => "",
    }
}

fn is_upper(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
}
