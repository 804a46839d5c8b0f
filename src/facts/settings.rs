//! Settings: every place in Python where a Flask setting gets a value, with the form it is written
//! in, so that a remedy can write in the same form.

use super::files::{Files, PyFile};
use super::names::Names;
use super::values::Valued;
use crate::lang::python::{Call, Expr, ExprKind, Module, Stmt, StmtKind, Str};
use crate::text::{Location, RepoPath, Span};

/// One place where a setting gets a value.
pub struct Setting {
    /// `SECRET_KEY`; attributes of the app are named by their setting (`secret_key` → `SECRET_KEY`).
    pub key: String,
    pub value: Valued,
    pub holder: Holder,
    pub form: Form,
    /// The whole statement.
    pub statement: Span,
    /// Where the key stands.
    pub location: Location,
    /// The function around it, if any.
    pub function: Option<String>,
    /// Below an `if`, `try`, loop or `with`: it may not run.
    pub conditional: bool,
    /// Below `if __name__ == "__main__"`.
    pub main_guard: bool,
}

/// What the setting belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A module-level name.
    Module,
    /// An attribute of this class.
    Class(String),
    /// The configuration of an app, named as written (`app`, `self.app`, `current_app`).
    App(String),
    /// A dictionary handed to a function of this name, or assigned to this name.
    Dict(String),
}

/// How it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// `KEY = value` in a module or class body.
    Name,
    /// `app.config["KEY"] = value`.
    Item,
    /// `app.secret_key = value`.
    Attribute,
    /// `from_mapping(KEY=value)`, `update(KEY=value)`, `dict(KEY=value)`; the argument's span.
    Keyword(Span),
    /// `{"KEY": value}`; the item's span.
    DictItem(Span),
    /// `config.setdefault("KEY", value)`.
    SetDefault,
}

impl Setting {
    /// The file it stands in.
    pub fn path(&self) -> &RepoPath {
        &self.location.path
    }

    /// `Config.SECRET_KEY`, `app.config[SECRET_KEY]`, `SECRET_KEY`: stable, without line numbers.
    pub fn symbol(&self) -> String {
        match &self.holder {
            Holder::Module => self.key.clone(),
            Holder::Class(class) => format!("{class}.{}", self.key),
            Holder::App(app) => format!("{app}.config[{}]", self.key),
            Holder::Dict(name) => format!("{name}[{}]", self.key),
        }
    }
}

/// Attributes of a Flask object that are settings.
const APP_ATTRIBUTES: &[(&str, &str)] = &[
    ("secret_key", "SECRET_KEY"),
    ("debug", "DEBUG"),
    ("testing", "TESTING"),
    ("permanent_session_lifetime", "PERMANENT_SESSION_LIFETIME"),
    ("session_cookie_name", "SESSION_COOKIE_NAME"),
];

/// Collects the settings of one file.
pub fn collect(files: &Files, file: &PyFile, names: &Names) -> Vec<Setting> {
    let mut collector = Collector { files, file, names, found: Vec::new() };
    collector.block(&file.module.body, &Scope::default());
    collector.found
}

#[derive(Clone, Default)]
struct Scope {
    class: Option<String>,
    function: Option<String>,
    conditional: bool,
    main_guard: bool,
}

struct Collector<'a> {
    files: &'a Files,
    file: &'a PyFile,
    names: &'a Names,
    found: Vec<Setting>,
}

impl Collector<'_> {
    fn block(&mut self, body: &[Stmt], scope: &Scope) {
        for stmt in body {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, scope: &Scope) {
        match &stmt.kind {
            StmtKind::Class(class) => {
                self.block(&class.body, &Scope { class: Some(class.name.clone()), function: None, ..scope.clone() });
            }
            StmtKind::Function(function) => {
                let inner =
                    Scope { class: None, function: Some(function.name.clone()), conditional: false, main_guard: false };
                self.block(&function.body, &inner);
            }
            StmtKind::Assign { targets, value } => self.assigned(stmt, targets, value, scope),
            StmtKind::Augmented { target, op, value } if op == "|" => {
                if let Some(app) = config_base(target) {
                    self.mapping(stmt, value, &Holder::App(app), scope);
                }
            }
            StmtKind::Expr(value) | StmtKind::Return(Some(value)) => self.calls_in(stmt, value, scope),
            StmtKind::With { body, .. } => self.block(body, scope),
            _ => {
                let guard = is_main_guard(stmt);
                let inner = Scope {
                    conditional: !guard || scope.conditional,
                    main_guard: guard || scope.main_guard,
                    ..scope.clone()
                };
                for block in stmt.blocks() {
                    self.block(block, &inner);
                }
            }
        }
    }

    fn assigned(&mut self, stmt: &Stmt, targets: &[Expr], value: &Expr, scope: &Scope) {
        for target in targets {
            match (&target.kind, &value.kind) {
                (ExprKind::Tuple(left), ExprKind::Tuple(right)) if left.len() == right.len() => {
                    for (one, of) in left.iter().zip(right) {
                        self.target(stmt, one, of, scope);
                    }
                }
                _ => self.target(stmt, target, value, scope),
            }
        }
        self.calls_in(stmt, value, scope);
    }

    fn target(&mut self, stmt: &Stmt, target: &Expr, value: &Expr, scope: &Scope) {
        match &target.kind {
            ExprKind::Name(name) => {
                if is_setting_name(name) && scope.function.is_none() {
                    let holder = scope.class.clone().map_or(Holder::Module, Holder::Class);
                    self.push(stmt, name, value, holder, Form::Name, target.span, scope);
                } else if matches!(value.kind, ExprKind::Dict(_)) && name.to_ascii_lowercase().contains("config") {
                    self.mapping(stmt, value, &Holder::Dict(name.clone()), scope);
                }
            }
            ExprKind::Subscript { value: base, index } => {
                let (Some(app), Some(key)) = (config_base(base), index.first().and_then(Expr::as_str)) else { return };
                self.push(stmt, key, value, Holder::App(app), Form::Item, target.span, scope);
            }
            ExprKind::Attr { value: base, name } => {
                if name == "config" && matches!(value.kind, ExprKind::Dict(_)) {
                    let app = base.dotted().unwrap_or_default();
                    self.mapping(stmt, value, &Holder::App(app), scope);
                    return;
                }
                let Some((_, key)) = APP_ATTRIBUTES.iter().find(|(attribute, _)| attribute == name) else { return };
                if let Some(app) = base.dotted().filter(|app| looks_like_app(app)) {
                    self.push(stmt, key, value, Holder::App(app), Form::Attribute, target.span, scope);
                }
            }
            _ => {}
        }
    }

    /// Calls anywhere in an expression that hand settings over.
    fn calls_in(&mut self, stmt: &Stmt, expr: &Expr, scope: &Scope) {
        let mut calls = Vec::new();
        expr.walk(&mut |inner| calls.extend(inner.as_call()));
        for call in calls {
            self.call(stmt, call, scope);
        }
    }

    fn call(&mut self, stmt: &Stmt, call: &Call, scope: &Scope) {
        if let ExprKind::Attr { value: base, name } = &call.func.kind {
            let Some(app) = config_base(base) else { return self.factory(stmt, call, scope) };
            let holder = Holder::App(app);
            match name.as_str() {
                "update" | "from_mapping" => {
                    for arg in &call.args {
                        match &arg.name {
                            Some(key) if is_setting_name(key) => {
                                let key_span = Span::new(arg.span.start, arg.span.start + key.len());
                                let form = Form::Keyword(arg.span);
                                self.push(stmt, key, &arg.value, holder.clone(), form, key_span, scope);
                            }
                            None => self.mapping(stmt, &arg.value, &holder, scope),
                            _ => {}
                        }
                    }
                }
                "setdefault" => {
                    if let (Some(key), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1)) {
                        self.push(stmt, key, value, holder, Form::SetDefault, call.args_span, scope);
                    }
                }
                _ => {}
            }
            return;
        }
        self.factory(stmt, call, scope);
    }

    /// `create_app({"SECRET_KEY": …})`.
    fn factory(&mut self, stmt: &Stmt, call: &Call, scope: &Scope) {
        let Some(name) = call.func.dotted() else { return };
        let last = name.rsplit('.').next().unwrap_or_default();
        let is_factory = last.contains("create_app") || last.contains("make_app") || last.contains("app_factory");
        if !is_factory {
            return;
        }
        for arg in &call.args {
            self.mapping(stmt, &arg.value, &Holder::Dict(last.to_owned()), scope);
        }
    }

    /// A dict literal, or `dict(KEY=value)`.
    fn mapping(&mut self, stmt: &Stmt, expr: &Expr, holder: &Holder, scope: &Scope) {
        match &expr.kind {
            ExprKind::Dict(items) => {
                for item in items {
                    let Some(key) = &item.key else { continue };
                    let Some(name) = key.as_str().filter(|name| is_setting_name(name)) else { continue };
                    self.push(stmt, name, &item.value, holder.clone(), Form::DictItem(item.span), key.span, scope);
                }
            }
            ExprKind::Call(call) if call.func.as_name() == Some("dict") => {
                for arg in &call.args {
                    let Some(key) = arg.name.as_ref().filter(|key| is_setting_name(key)) else { continue };
                    let key_span = Span::new(arg.span.start, arg.span.start + key.len());
                    self.push(stmt, key, &arg.value, holder.clone(), Form::Keyword(arg.span), key_span, scope);
                }
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)] // one call a form; a struct would repeat these names
    fn push(&mut self, stmt: &Stmt, key: &str, value: &Expr, holder: Holder, form: Form, at: Span, scope: &Scope) {
        self.found.push(Setting {
            key: key.to_owned(),
            value: Valued::of(value, self.names),
            holder,
            form,
            statement: stmt.span,
            location: self.files.locate(&self.file.path, at),
            function: scope.function.clone(),
            conditional: scope.conditional,
            main_guard: scope.main_guard,
        });
    }
}

/// Flask loads upper-case names only.
fn is_setting_name(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// `app` of `app.config`, `app.app.config`; a bare `config` counts as that of an unnamed app.
fn config_base(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Attr { value, name } if name == "config" => value.dotted(),
        _ => None,
    }
}

/// Whether a dotted name is, by its last part, a Flask object.
pub fn looks_like_app(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    last == "application"
        || last == "server"
        || last == "app"
        || last.ends_with("_app")
        || last.ends_with("app")
        || last.starts_with("app_")
        || last == "flask"
}

/// `if __name__ == "__main__":`
pub fn is_main_guard(stmt: &Stmt) -> bool {
    let StmtKind::If { branches, .. } = &stmt.kind else { return false };
    branches.first().is_some_and(|(test, _)| {
        let mut about_name = false;
        test.walk(&mut |expr| about_name |= expr.as_name() == Some("__name__"));
        about_name
    })
}

/// The spans of a file's string literals that are known by name to be secrets: what a diff or a
/// code line must not show.
pub fn secret_spans(module: &Module) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut note = |name: &str, value: &Expr| {
        if is_secret_name(name) {
            spans.extend(literal_contents(value));
        }
    };
    crate::lang::python::walk_stmts(&module.body, &mut |stmt| {
        if let StmtKind::Assign { targets, value } = &stmt.kind {
            for name in targets.iter().filter_map(last_name) {
                note(&name, value);
            }
        }
        for expr in stmt.exprs() {
            expr.walk(&mut |inner| match &inner.kind {
                ExprKind::Call(call) => {
                    for arg in &call.args {
                        if let Some(name) = &arg.name {
                            note(name, &arg.value);
                        }
                    }
                    if let (Some(name), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1)) {
                        note(name, value);
                    }
                }
                ExprKind::Dict(items) => {
                    for item in items {
                        if let Some(name) = item.key.as_ref().and_then(Expr::as_str) {
                            note(name, &item.value);
                        }
                    }
                }
                _ => {}
            });
        }
    });
    spans.sort();
    spans.dedup();
    spans
}

/// The last part of a target: the attribute, the subscript's key, the name.
fn last_name(target: &Expr) -> Option<String> {
    match &target.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => Some(name.clone()),
        ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str).map(str::to_owned),
        _ => None,
    }
}

/// The contents of the literals in a value, but for those that only name a variable: the key of
/// a subscript, the first argument of a look-up. By place, never by look: a name can be a secret.
fn literal_contents(value: &Expr) -> Vec<Span> {
    let mut names: Vec<Span> = Vec::new();
    let mut found = Vec::new();
    value.walk(&mut |inner| match &inner.kind {
        ExprKind::Subscript { index, .. } => names.extend(index.iter().map(|key| key.span)),
        ExprKind::Call(call) => {
            let func = last_name(&call.func).unwrap_or_default();
            let looks_up =
                func.contains("env") || matches!(func.as_str(), "get" | "pop" | "setdefault" | "config" | "str");
            names.extend(call.positional(0).filter(|_| looks_up).map(|key| key.span));
        }
        ExprKind::Compare { operands, ops } if ops.iter().any(|op| op == "in" || op == "not in") => {
            names.extend(operands.first().map(|key| key.span));
        }
        ExprKind::Str(Str { contents, .. }) if !names.contains(&inner.span) => found.extend(contents),
        _ => {}
    });
    found
}

/// Whether a variable or setting by its name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "secret",
        "password",
        "passwd",
        "token",
        "api_key",
        "apikey",
        "private_key",
        "access_key",
        "credential",
        "salt",
        "_dsn",
        "database_ur",
        "broker_url",
        "signing_key",
        "encryption_key",
    ]
    .iter()
    .any(|part| name.contains(part))
        || name.ends_with("_key")
        || name == "dsn"
        || name.ends_with("_pass")
        || name.ends_with("_pwd")
        || name == "key"
}
