//! Settings: every place in Python where a Flask setting gets a value, with the form it is written
//! in, so that a remedy can write in the same form.

use super::fallbacks;
use super::files::{Files, PyFile};
use super::names::Names;
use super::values::{Value, Valued};
use crate::lang::python::{Call, Expr, ExprKind, Stmt, StmtKind, walk_stmts};
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
    let mut collector = Collector { files, file, names, writes: Vec::new(), found: Vec::new() };
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
}

/// A branch of a statement: where the statement starts, and which of its blocks.
type Block = (usize, usize);

struct Collector<'a> {
    files: &'a Files,
    file: &'a PyFile,
    names: &'a Names,
    writes: Vec<Write>,
    found: Vec<Setting>,
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
            StmtKind::Class(class) => {
                self.block(&class.body, &Scope { class: Some(class.name.clone()), function: None, ..scope.clone() });
            }
            StmtKind::Function(function) => {
                let name = Some(function.name.clone());
                let inner = Scope { function: name, function_at: function.span.start, ..Scope::default() };
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
        if form != Form::SetDefault {
            let (at, function) = (self.found.len(), scope.function_at);
            self.writes.push(Write { at, blocks: scope.blocks.clone(), function });
        }
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
            overwritten: false,
        });
    }

    /// A setting that every branch of a statement sets is set by the statement.
    fn written_in_all(&mut self, since: usize, (statement, branches): (usize, usize), scope: &Scope) {
        let inside: Vec<Write> = self.writes[since..].to_vec();
        for write in &inside {
            let everywhere = (0..branches).all(|branch| {
                let direct = |other: &&Write| other.blocks.last() == Some(&(statement, branch));
                inside.iter().filter(direct).any(|other| self.same(write.at, other.at))
            });
            if everywhere {
                self.writes.push(Write { at: write.at, blocks: scope.blocks.clone(), function: write.function });
            }
        }
    }

    fn same(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.found[one], &self.found[other]);
        one.key == other.key && one.holder == other.holder
    }

    /// Marks what a later write of the same block, or of one around it, always replaces.
    fn mark_overwritten(&mut self) {
        for at in 0..self.writes.len() {
            let earlier = &self.writes[at];
            let statement = self.found[earlier.at].statement;
            let replaced = self.writes[at + 1..].iter().any(|later| {
                later.function == earlier.function
                    && earlier.blocks.starts_with(&later.blocks)
                    && later.at != earlier.at
                    && self.same(earlier.at, later.at)
                    && self.found[later.at].statement.start >= statement.end
                    && !self.exclusive(earlier, later)
            });
            let index = self.writes[at].at;
            self.found[index].overwritten |= replaced;
        }
    }

    /// Whether two writes stand in different branches of one statement, so that only one runs.
    fn exclusive(&self, earlier: &Write, later: &Write) -> bool {
        let own = |at: usize| self.writes.iter().find(|write| write.at == at).map_or(&[][..], |write| &write.blocks);
        let parting = own(earlier.at).iter().zip(own(later.at)).find(|(one, other)| one != other);
        parting.is_some_and(|(one, other)| one.0 == other.0)
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

/// The only assignment of a variable that a function sees: its own, else the file's.
fn only_assignment<'m>(
    body: &'m [Stmt],
    name: &str,
    function: Option<String>,
) -> Option<(&'m Stmt, Span, &'m Expr, Option<String>)> {
    let mut inner = None;
    if let Some(function) = &function {
        walk_stmts(body, &mut |stmt| match &stmt.kind {
            StmtKind::Function(def) if def.name == *function => inner = Some(def.body.as_slice()),
            _ => {}
        });
    }
    for (body, inside) in [(inner, function), (Some(body), None)] {
        let mut found = Vec::new();
        let Some(body) = body else { continue };
        let own = |stmt: &&'m Stmt| !matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_));
        let mut open: Vec<&'m Stmt> = body.iter().filter(own).collect();
        while let Some(stmt) = open.pop() {
            if let StmtKind::Assign { targets, value } = &stmt.kind {
                let target = targets.iter().find(|target| target.as_name() == Some(name));
                found.extend(target.map(|target| (stmt, target.span, value)));
            }
            open.extend(stmt.blocks().into_iter().flatten().filter(own));
        }
        match found.as_slice() {
            [(stmt, target, value)] => return Some((stmt, *target, value, inside)),
            [] => {}
            _ => return None,
        }
    }
    None
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
