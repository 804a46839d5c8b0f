//! Settings: every place in Python where a Flask setting gets a value, with the form it is written
//! in, so that a remedy can write in the same form.

mod defaults;
mod overwritten;

pub use defaults::has_default;

use super::fallbacks;
use super::files::{Files, PyFile};
use super::names::Names;
use super::pydantic::{self, Model};
use super::values::{Value, Valued};
use super::variables::only_assignment;
use crate::lang::python::{Call, Class, Expr, ExprKind, Function, Stmt, StmtKind};
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
    /// Another assignment of the same block always replaces it later: it never counts.
    pub overwritten: bool,
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
    /// A table of a data file, by its dotted name; empty for what stands at its top.
    Table(String),
    /// Variables with this prefix, taken over whole (`from_prefixed_env`).
    Variables(String),
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
    /// `self.KEY = value` in a class's `__init__`, or what a property returns.
    Instance,
    /// An entry of a data file, or a variable: no Python.
    Data,
}

impl Form {
    /// Whether another setting can be written beside it in the same form.
    pub fn takes_neighbours(&self) -> bool {
        !matches!(self, Form::Instance | Form::Data)
    }
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
            Holder::Table(table) if table.is_empty() => self.key.clone(),
            Holder::Table(table) => format!("{table}.{}", self.key),
            Holder::Variables(prefix) => format!("{prefix}_{}", self.key),
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
    let mut collector = Collector { files, file, names, writes: Vec::new(), found: Vec::new(), models: Vec::new() };
    collector.block(&file.module.body, &Scope::default());
    collector.follow_variables();
    collector.mark_overwritten();
    fallbacks::relate(&file.module, names, &mut collector.found);
    collector.found
}

/// The setting that an attribute of a Flask object is.
pub(super) fn app_setting(attribute: &str) -> Option<&'static str> {
    APP_ATTRIBUTES.iter().find(|(known, _)| *known == attribute).map(|(_, key)| *key)
}

#[derive(Clone, Default)]
struct Scope {
    class: Option<String>,
    function: Option<String>,
    /// Where the function stands, to tell functions of one name apart.
    function_at: usize,
    conditional: bool,
    main_guard: bool,
    /// The blocks that may not run around a place, outermost first.
    blocks: Vec<Block>,
    /// The class whose method this is.
    method_of: Option<String>,
    /// The settings class of pydantic around a place.
    model: Option<Model>,
    /// What `with env.prefixed(…)` puts before the names of variables.
    prefix: String,
}

/// A branch of a statement: where the statement starts, and which of its blocks.
type Block = (usize, usize);

struct Collector<'a> {
    files: &'a Files,
    file: &'a PyFile,
    names: &'a Names,
    writes: Vec<Write>,
    found: Vec<Setting>,
    /// Settings classes of pydantic in this file so far.
    models: Vec<String>,
}

/// That a setting gets a value at a point, for seeing which value stays.
#[derive(Clone)]
struct Write {
    /// Index of the setting; for all branches together, of the last one.
    at: usize,
    blocks: Vec<Block>,
    function: usize,
}

impl Collector<'_> {
    fn block(&mut self, body: &[Stmt], scope: &Scope) {
        for stmt in body {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, scope: &Scope) {
        match &stmt.kind {
            StmtKind::Class(class) => self.class(class, scope),
            StmtKind::Function(function) => self.function(stmt, function, scope),
            // `KEY: str` in a settings class.
            StmtKind::Other(names) if scope.model.is_some() => {
                if let [field] = names.as_slice() {
                    self.field(stmt, field, None, scope);
                }
            }
            StmtKind::Assign { targets, value } => self.assigned(stmt, targets, value, scope),
            StmtKind::Augmented { target, op, value } if op == "|" => {
                if let Some(app) = config_base(target) {
                    self.mapping(stmt, value, &Holder::App(app), scope);
                }
            }
            StmtKind::Expr(value) | StmtKind::Return(Some(value)) => self.calls_in(stmt, value, scope),
            StmtKind::With { items, body } => {
                let prefixes = items.iter().filter_map(|(item, _)| prefixed(item));
                let prefix = prefixes.fold(scope.prefix.clone(), |before, prefix| before + prefix);
                self.block(body, &Scope { prefix, ..scope.clone() });
            }
            _ => {
                let guard = is_main_guard(stmt);
                let before = self.writes.len();
                let mut inner = Scope {
                    conditional: !guard || scope.conditional,
                    main_guard: guard || scope.main_guard,
                    ..scope.clone()
                };
                let blocks = stmt.blocks();
                for (number, block) in blocks.iter().enumerate() {
                    inner.blocks.push((stmt.span.start, number));
                    self.block(block, &inner);
                    inner.blocks.pop();
                }
                if let StmtKind::If { orelse, .. } = &stmt.kind
                    && !orelse.is_empty()
                {
                    self.written_in_all(before, (stmt.span.start, blocks.len()), scope);
                }
            }
        }
    }

    fn class(&mut self, class: &Class, scope: &Scope) {
        let model = pydantic::model(class, self.names, &self.models);
        if model.is_some() {
            self.models.push(class.name.clone());
        }
        self.block(&class.body, &Scope { class: Some(class.name.clone()), function: None, model, ..scope.clone() });
    }

    fn function(&mut self, stmt: &Stmt, function: &Function, scope: &Scope) {
        let property = function.decorators.iter().any(|decorator| decorator.as_name() == Some("property"));
        if let (true, Some(class), [only]) = (property, &scope.class, function.body.as_slice())
            && let (StmtKind::Return(Some(value)), true) = (&only.kind, is_setting_name(&function.name))
        {
            let holder = Holder::Class(class.clone());
            self.push(only, &function.name, value, holder, Form::Instance, function.name_span, scope);
        }
        let inner = Scope {
            function: Some(function.name.clone()),
            function_at: stmt.span.start,
            method_of: scope.class.clone(),
            ..Scope::default()
        };
        self.block(&function.body, &inner);
    }

    /// A field of a pydantic settings class.
    fn field(&mut self, stmt: &Stmt, target: &Expr, value: Option<&Expr>, scope: &Scope) {
        let (Some(model), Some(class), Some(name)) = (&scope.model, &scope.class, target.as_name()) else { return };
        if name.starts_with('_') || name == "model_config" {
            return;
        }
        let value = model.field(name, value, target.span, self.names);
        self.record(stmt, name, value, Holder::Class(class.clone()), Form::Name, target.span, scope);
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
            ExprKind::Name(_) if scope.model.is_some() => self.field(stmt, target, Some(value), scope),
            ExprKind::Name(name) => {
                let holds_settings = || {
                    let name = name.to_ascii_lowercase();
                    ["config", "setting", "default", "conf", "option"].iter().any(|part| name.contains(part))
                };
                if is_mapping(value) && holds_settings() {
                    self.mapping(stmt, value, &Holder::Dict(name.clone()), scope);
                }
                if (is_setting_name(name) || is_key_of_module(name, scope)) && scope.function.is_none() {
                    let holder = scope.class.clone().map_or(Holder::Module, Holder::Class);
                    self.push(stmt, name, value, holder, Form::Name, target.span, scope);
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
                // `self.SECRET_KEY = …` of an object that is handed to `from_object`.
                if let (Some("self"), Some(class), Some("__init__")) =
                    (base.as_name(), &scope.method_of, scope.function.as_deref())
                    && is_setting_name(name)
                {
                    let holder = Holder::Class(class.clone());
                    self.push(stmt, name, value, holder, Form::Instance, target.span, scope);
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
        let mut value = Valued::of(value, self.names);
        if !scope.prefix.is_empty() {
            value.prefix_reads(&scope.prefix);
        }
        self.record(stmt, key, value, holder, form, at, scope);
    }

    #[allow(clippy::too_many_arguments)] // as `push`
    fn record(&mut self, stmt: &Stmt, key: &str, value: Valued, holder: Holder, form: Form, at: Span, scope: &Scope) {
        if form != Form::SetDefault {
            let (at, function) = (self.found.len(), scope.function_at);
            self.writes.push(Write { at, blocks: scope.blocks.clone(), function });
        }
        self.found.push(Setting {
            key: key.to_owned(),
            value,
            holder,
            form,
            statement: stmt.span,
            location: self.files.locate(&self.file.path, at),
            function: scope.function.clone(),
            conditional: scope.conditional,
            main_guard: scope.main_guard,
            overwritten: false,
        });
    }

    /// Settings that take their value from a variable of this file: what the variable is given is
    /// recorded as well, under the variable's name.
    fn follow_variables(&mut self) {
        let mut wanted: Vec<(String, Option<String>)> = Vec::new();
        for setting in &self.found {
            if let Value::Name(name) = &setting.value.value {
                let known = name.contains(['.', '[']) || self.found.iter().any(|other| other.key == *name);
                let wish = (name.clone(), setting.function.clone());
                if !known && !wanted.contains(&wish) {
                    wanted.push(wish);
                }
            }
        }
        for (name, function) in wanted {
            if let Some((stmt, target, value, inside)) = only_assignment(&self.file.module.body, &name, function) {
                let scope = Scope { function: inside, ..Scope::default() };
                self.push(stmt, &name, value, Holder::Module, Form::Name, target, &scope);
            }
        }
    }
}

/// Flask loads upper-case names only.
fn is_setting_name(name: &str) -> bool {
    name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// `secret_key = "…"` of a module, from where `app.secret_key = settings.secret_key` takes it.
fn is_key_of_module(name: &str, scope: &Scope) -> bool {
    scope.class.is_none() && matches!(name, "secret_key" | "app_secret_key" | "flask_secret_key" | "jwt_secret_key")
}

/// A dictionary that is written out.
fn is_mapping(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Dict(_) => true,
        ExprKind::Call(call) => call.func.as_name() == Some("dict"),
        _ => false,
    }
}

/// The prefix of `env.prefixed("FLASK_")`.
fn prefixed(item: &Expr) -> Option<&str> {
    let call = item.as_call()?;
    match &call.func.kind {
        ExprKind::Attr { name, .. } if name == "prefixed" => call.positional(0)?.as_str(),
        _ => None,
    }
}

/// `app` of `app.config`, `app.app.config`; a bare `config` counts as that of an unnamed app.
pub(super) fn config_base(expr: &Expr) -> Option<String> {
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
