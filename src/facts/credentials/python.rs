//! Names and the literals they are given in Python: assignments, arguments, dictionary items,
//! reads of the environment with a fallback, logins, comparisons.

use super::Format;
use super::assigned::{Given, Stage};
use crate::facts::files::PyFile;
use crate::facts::names::Names;
use crate::facts::values::{Value, Valued};
use crate::lang::python::{Call, Expr, ExprKind, Stmt, StmtKind};
use crate::text::Span;

/// Parts of a callee's name that say that a connection is made or configured.
const CONNECTS: &[&str] = &[
    "connect", "login", "client", "engine", "redis", "smtp", "pool", "sftp", "ssh", "mysql", "psycopg", "mongo",
    "auth", "database",
];
/// Drivers whose `connect` takes host, user and password in this order.
const POSITIONAL: &[&str] = &["pymysql", "MySQLdb", "mysql", "psycopg2"];

pub(super) fn given(text: &str, file: &PyFile, names: &Names) -> Vec<Given> {
    let mut reader = Reader { text, names, found: Vec::new(), stage: Stage::of_path(&file.path) };
    reader.block(&file.module.body, None);
    reader.found
}

struct Reader<'a> {
    text: &'a str,
    names: &'a Names,
    found: Vec<Given>,
    stage: Stage,
}

/// Where a literal stands.
struct Place<'a> {
    name: &'a str,
    symbol: String,
    configures: bool,
}

impl Reader<'_> {
    fn block(&mut self, body: &[Stmt], class: Option<&str>) {
        for stmt in body {
            self.stmt(stmt, class);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, class: Option<&str>) {
        let outer = self.stage;
        match &stmt.kind {
            StmtKind::Class(inner) => {
                if Stage::of(&inner.name) != Stage::Any {
                    self.stage = Stage::of(&inner.name);
                }
                self.block(&inner.body, Some(&inner.name));
            }
            StmtKind::Function(function) => {
                for param in &function.params {
                    if let Some(default) = &param.default {
                        self.literal(
                            &Place { name: &param.name, symbol: param.name.clone(), configures: false },
                            default,
                        );
                    }
                }
                self.block(&function.body, None);
            }
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

    fn assigned(&mut self, target: &Expr, value: &Expr, class: Option<&str>) {
        match (&target.kind, &value.kind) {
            (ExprKind::Tuple(left), ExprKind::Tuple(right)) if left.len() == right.len() => {
                left.iter().zip(right).for_each(|(one, of)| self.assigned(one, of, class));
            }
            (ExprKind::Name(name), _) => {
                let symbol = class.map_or_else(|| name.clone(), |class| format!("{class}.{name}"));
                self.literal(&Place { name, symbol, configures: is_upper(name) }, value);
            }
            (ExprKind::Attr { name, .. }, _) => {
                let symbol = target.dotted().unwrap_or_else(|| name.clone());
                self.literal(&Place { name, symbol, configures: is_upper(name) }, value);
            }
            (ExprKind::Subscript { value: of, index }, _) => {
                if let Some(name) = index.first().and_then(Expr::as_str) {
                    let of = of.dotted().unwrap_or_default();
                    let configures = is_upper(name) || of.ends_with("config") || of.ends_with("environ");
                    self.literal(&Place { name, symbol: format!("{of}[{name}]"), configures }, value);
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Dict(items) => {
                for item in items {
                    if let Some(name) = item.key.as_ref().and_then(Expr::as_str) {
                        self.literal(&Place { name, symbol: name.to_owned(), configures: is_upper(name) }, &item.value);
                    }
                }
            }
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

    fn call(&mut self, call: &Call) {
        let callee = match &call.func.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
            _ => "",
        };
        let lower = callee.to_ascii_lowercase();
        let connects = CONNECTS.iter().any(|part| lower.contains(part));
        let mapping = matches!(callee, "update" | "from_mapping" | "dict");
        for arg in &call.args {
            if let Some(name) = arg.name.as_deref() {
                let configures = connects || (is_upper(name) && (mapping || name.contains('_')));
                self.literal(&Place { name, symbol: name.to_owned(), configures }, &arg.value);
            }
        }
        if let (Some(name), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1))
            && callee == "setdefault"
        {
            self.literal(&Place { name, symbol: name.to_owned(), configures: is_upper(name) }, value);
        }
        let password = match callee {
            "login" if call.positional(0).is_some_and(is_account) => call.positional(1),
            "connect"
                if call.func.dotted().is_some_and(|name| POSITIONAL.iter().any(|driver| name.starts_with(driver))) =>
            {
                call.positional(2)
            }
            _ => None,
        };
        if let Some(password) = password {
            self.literal(&Place { name: "login_password", symbol: format!("{callee}()"), configures: true }, password);
        }
    }

    /// `password == "…"`: whoever reads the code can sign in.
    fn compared(&mut self, asked: &Expr, with: &Expr) {
        let name = match &asked.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
            ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str).unwrap_or(""),
            ExprKind::Call(call) => call.positional(0).and_then(Expr::as_str).unwrap_or(""),
            _ => "",
        };
        let password = super::names::head(name) == Some(super::Head::Password);
        if password && matches!(with.kind, ExprKind::Str(_)) {
            self.literal(&Place { name, symbol: format!("{name} =="), configures: false }, with);
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
        let (Some(first), Some(last)) = (contents.first(), contents.last()) else { return };
        let span = Span::new(first.start, last.end);
        // An f-string or a template is put together later.
        if span.is_empty() || self.found.iter().any(|known| known.span == span) || span.of(self.text).is_empty() {
            return;
        }
        self.found.push(Given {
            name: place.name.to_owned(),
            symbol: place.symbol.clone(),
            value: secret.expose().to_owned(),
            span,
            format: Format::Python,
            configures: place.configures,
            variable: variable.map(str::to_owned),
            plain: plain.filter(|_| contents.len() == 1),
            stage: self.stage,
            same_as_user: false,
        });
    }
}

fn is_upper(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase()) && !name.chars().any(|c| c.is_ascii_lowercase())
}

/// The user of a login: an address of mail, or a name that holds one.
fn is_account(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(text) => text.value.contains('@'),
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => {
            let name = name.to_ascii_lowercase();
            ["mail", "sender", "from", "gmail", "smtp"].iter().any(|part| name.contains(part))
        }
        _ => false,
    }
}
