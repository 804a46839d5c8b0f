//! Where Flask apps are made, configured and run in Python.

use super::files::{Files, PyFile};
use super::names::Names;
use super::settings::{is_main_guard, looks_like_app};
use super::values::Valued;
use crate::lang::python::{Call, Expr, ExprKind, Function, Stmt, StmtKind, Str};
use crate::text::{Location, RepoPath, Span};

/// `app = Flask(__name__)`.
pub struct App {
    pub path: RepoPath,
    /// Name it is bound to (`app`, `self.app`).
    pub name: String,
    /// The function that makes it, for an app factory.
    pub factory: Option<String>,
    pub statement: Span,
    pub location: Location,
}

/// What is handed to `app.config.from_…`.
pub enum LoadKind {
    /// `from_object(expr)`.
    Object(Span),
    PyFile(Option<String>),
    Envvar(Option<String>),
    File(Option<String>),
    PrefixedEnv,
}

/// A call that loads configuration into an app.
pub struct ConfigLoad {
    pub path: RepoPath,
    pub app: String,
    pub kind: LoadKind,
    /// What selects the object, for `from_object`.
    pub selection: Option<Selection>,
    pub function: Option<String>,
    pub location: Location,
    pub conditional: bool,
}

/// What `from_object` is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A dotted text or name: a module, a class, or an instance of it.
    Dotted(String),
    /// `mapping[key]`, `mapping.get(key, default)`.
    Mapped {
        mapping: String,
        key: Box<Selection>,
    },
    /// The value of an environment variable, with its fallback.
    Env {
        name: String,
        fallback: Option<Box<Selection>>,
    },
    /// A parameter of the enclosing function.
    Parameter(String),
    /// A text literal that is a key, not a name.
    Text(String),
    Unknown,
}

/// `app.run(…)`.
pub struct RunCall {
    pub path: RepoPath,
    pub receiver: String,
    pub location: Location,
    pub call: Span,
    /// The `debug` argument: its value and the argument's span.
    pub debug: Option<(Valued, Span)>,
    /// Spans of all arguments, to remove one with its comma.
    pub args: Vec<Span>,
    pub main_guard: bool,
    pub function: Option<String>,
}

/// `load_dotenv(…)` or `env.read_env(…)`.
pub struct DotenvLoad {
    pub path: RepoPath,
    pub offset: usize,
    pub function: Option<String>,
    /// The literal file name it is given; nothing for the default search.
    pub file: Option<String>,
}

/// A call of a function that makes the app.
pub struct FactoryCall {
    pub path: RepoPath,
    pub factory: String,
    /// The name its result is bound to.
    pub bound: Option<String>,
    pub argument: Option<Selection>,
    pub main_guard: bool,
    pub location: Location,
}

/// A function that makes an app, with what its parameters default to.
pub struct Factory {
    pub path: RepoPath,
    pub name: String,
    pub span: Span,
    /// What the first parameter defaults to; `None` where there is no parameter or no default.
    pub default: Option<Selection>,
    /// Whether it can be called without arguments.
    pub callable_bare: bool,
}

/// Everything about apps in one file.
#[derive(Default)]
pub struct AppFacts {
    pub factories: Vec<Factory>,
    pub apps: Vec<App>,
    pub loads: Vec<ConfigLoad>,
    pub runs: Vec<RunCall>,
    pub dotenv: Vec<DotenvLoad>,
    pub factory_calls: Vec<FactoryCall>,
    /// Classes derived from Flask.
    pub flask_classes: Vec<String>,
}

impl AppFacts {
    pub fn extend(&mut self, other: AppFacts) {
        self.apps.extend(other.apps);
        self.factories.extend(other.factories);
        self.loads.extend(other.loads);
        self.runs.extend(other.runs);
        self.dotenv.extend(other.dotenv);
        self.factory_calls.extend(other.factory_calls);
        self.flask_classes.extend(other.flask_classes);
    }
}

/// Collects the app facts of one file. `flask_classes`: classes known to derive from Flask.
pub fn collect(files: &Files, file: &PyFile, names: &Names) -> AppFacts {
    let mut collector = Collector { files, file, names, found: AppFacts::default() };
    collector.block(&file.module.body, &Scope::default());
    collector.found
}

#[derive(Clone, Default)]
struct Scope {
    function: Option<String>,
    params: Vec<String>,
    conditional: bool,
    main_guard: bool,
}

struct Collector<'a> {
    files: &'a Files,
    file: &'a PyFile,
    names: &'a Names,
    found: AppFacts,
}

impl Collector<'_> {
    fn block(&mut self, body: &[Stmt], scope: &Scope) {
        for stmt in body {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, scope: &Scope) {
        for expr in stmt.exprs() {
            let mut calls = Vec::new();
            expr.walk(&mut |inner| {
                if let ExprKind::Call(call) = &inner.kind {
                    calls.push((&**call, inner.span));
                }
            });
            for (call, span) in calls {
                self.call(stmt, call, span, scope);
            }
        }
        match &stmt.kind {
            StmtKind::Class(class) => {
                if class.bases.iter().any(|base| self.names.resolve(&base.value).as_deref() == Some("flask.Flask")) {
                    self.found.flask_classes.push(class.name.clone());
                }
                self.block(&class.body, scope);
            }
            StmtKind::Function(function) => {
                if is_factory_name(&function.name) {
                    self.factory(function, scope);
                }
                let inner = Scope {
                    function: Some(function.name.clone()),
                    params: function.params.iter().map(|param| param.name.clone()).collect(),
                    conditional: false,
                    main_guard: false,
                };
                self.block(&function.body, &inner);
            }
            _ => {
                let guard = is_main_guard(stmt);
                let branching = !guard && !matches!(stmt.kind, StmtKind::With { .. });
                let inner = Scope {
                    conditional: scope.conditional || branching,
                    main_guard: scope.main_guard || guard,
                    ..scope.clone()
                };
                for block in stmt.blocks() {
                    self.block(block, &inner);
                }
            }
        }
    }

    fn call(&mut self, stmt: &Stmt, call: &Call, span: Span, scope: &Scope) {
        let resolved = self.names.resolve(&call.func).unwrap_or_default();
        let last = resolved.rsplit('.').next().unwrap_or_default();
        match last {
            "Flask" | "APIFlask" | "OpenAPI" | "Quart" if resolved.contains("flask") || resolved == "Flask" => {
                self.app(stmt, call, scope);
            }
            "load_dotenv" | "read_env" | "read_envfile" => self.dotenv(call, span, scope),
            "run" => self.run(call, span, scope),
            _ if self.found.flask_classes.iter().any(|class| class == last) => self.app(stmt, call, scope),
            _ if is_factory_name(last) => self.factory_call(stmt, call, last, scope),
            _ => {}
        }
        if let ExprKind::Attr { value, name } = &call.func.kind {
            if let ExprKind::Attr { value: app, name: config } = &value.kind {
                if config == "config" && name.starts_with("from_") {
                    self.load(call, name, &app.dotted().unwrap_or_default(), span, scope);
                }
            }
        }
    }

    fn app(&mut self, stmt: &Stmt, call: &Call, scope: &Scope) {
        let StmtKind::Assign { targets, .. } = &stmt.kind else { return };
        let Some(name) = targets.iter().find_map(Expr::dotted) else { return };
        self.found.apps.push(App {
            path: self.file.path.clone(),
            name,
            factory: scope.function.clone(),
            statement: stmt.span,
            location: self.files.locate(&self.file.path, call.func.span),
        });
    }

    fn factory(&mut self, function: &Function, scope: &Scope) {
        let first = function.params.iter().find(|param| !param.star);
        let default =
            first.and_then(|param| param.default.as_ref()).filter(|expr| !matches!(expr.kind, ExprKind::None));
        self.found.factories.push(Factory {
            path: self.file.path.clone(),
            name: function.name.clone(),
            span: function.span,
            default: default.map(|expr| self.selection(expr, scope, true)),
            callable_bare: function.params.iter().all(|param| param.star || param.default.is_some()),
        });
    }

    fn dotenv(&mut self, call: &Call, span: Span, scope: &Scope) {
        let given = call.positional(0).or_else(|| call.keyword("dotenv_path").map(|arg| &arg.value));
        self.found.dotenv.push(DotenvLoad {
            path: self.file.path.clone(),
            offset: span.start,
            function: scope.function.clone(),
            file: given.and_then(last_text),
        });
    }

    fn run(&mut self, call: &Call, span: Span, scope: &Scope) {
        let ExprKind::Attr { value, .. } = &call.func.kind else { return };
        let receiver = match (&value.kind, value.dotted()) {
            (_, Some(name)) => name,
            // `create_app().run()`
            (ExprKind::Call(inner), None) => inner.func.dotted().unwrap_or_default(),
            _ => return,
        };
        let is_app = looks_like_app(&receiver)
            || self.found.apps.iter().any(|app| app.name == receiver)
            || is_factory_name(receiver.rsplit('.').next().unwrap_or_default())
            || receiver.to_ascii_lowercase().contains("socketio");
        if !is_app {
            return;
        }
        // app.run(host, port, debug); socketio.run(app, host, port) takes debug by name only.
        let positional = if receiver.to_ascii_lowercase().contains("socketio") { None } else { call.positional(2) };
        let debug = match call.keyword("debug") {
            Some(arg) => Some((Valued::of(&arg.value, self.names), arg.span)),
            None => positional.map(|value| (Valued::of(value, self.names), value.span)),
        };
        self.found.runs.push(RunCall {
            path: self.file.path.clone(),
            receiver,
            location: self.files.locate(&self.file.path, span),
            call: span,
            debug,
            args: call.args.iter().map(|arg| arg.span).collect(),
            main_guard: scope.main_guard,
            function: scope.function.clone(),
        });
    }

    fn factory_call(&mut self, stmt: &Stmt, call: &Call, factory: &str, scope: &Scope) {
        let bound = match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().find_map(Expr::dotted),
            _ => None,
        };
        let argument =
            call.positional(0).or_else(|| call.args.iter().find(|arg| arg.name.is_some()).map(|arg| &arg.value));
        let argument = argument.map(|expr| self.selection(expr, scope, true));
        self.found.factory_calls.push(FactoryCall {
            path: self.file.path.clone(),
            factory: factory.to_owned(),
            bound,
            argument,
            main_guard: scope.main_guard,
            location: self.files.locate(&self.file.path, call.func.span),
        });
    }

    fn load(&mut self, call: &Call, method: &str, app: &str, span: Span, scope: &Scope) {
        let argument = call.positional(0).or_else(|| call.args.first().map(|arg| &arg.value));
        let text = argument.and_then(last_text);
        let kind = match method {
            "from_object" => LoadKind::Object(argument.map_or(span, |expr| expr.span)),
            "from_pyfile" => LoadKind::PyFile(text),
            "from_envvar" => LoadKind::Envvar(text),
            "from_file" | "from_json" => LoadKind::File(text),
            "from_prefixed_env" => LoadKind::PrefixedEnv,
            _ => return,
        };
        let selection = match (&kind, argument) {
            (LoadKind::Object(_), Some(expr)) => Some(self.selection(expr, scope, false)),
            _ => None,
        };
        self.found.loads.push(ConfigLoad {
            path: self.file.path.clone(),
            app: app.to_owned(),
            kind,
            selection,
            function: scope.function.clone(),
            location: self.files.locate(&self.file.path, span),
            conditional: scope.conditional,
        });
    }

    /// Reads what selects a configuration; `key`: texts are keys of a mapping, not dotted names.
    fn selection(&self, expr: &Expr, scope: &Scope, key: bool) -> Selection {
        match &expr.kind {
            ExprKind::Str(Str { value, .. }) if key => Selection::Text(value.clone()),
            ExprKind::Str(Str { value, .. }) => Selection::Dotted(value.replace(':', ".")),
            ExprKind::Name(name) if scope.params.contains(name) => Selection::Parameter(name.clone()),
            ExprKind::Name(name) => self.local_or_dotted(name),
            ExprKind::Attr { .. } => expr.dotted().map_or(Selection::Unknown, Selection::Dotted),
            ExprKind::Subscript { value, index } if self.names.resolve(value).as_deref() != Some("os.environ") => {
                match (value.dotted(), index.first()) {
                    (Some(mapping), Some(index)) => {
                        Selection::Mapped { mapping, key: Box::new(self.selection(index, scope, true)) }
                    }
                    _ => Selection::Unknown,
                }
            }
            ExprKind::Call(call) => self.called_selection(expr, call, scope, key),
            _ => self.env_selection(expr, scope, key),
        }
    }

    fn called_selection(&self, expr: &Expr, call: &Call, scope: &Scope, key: bool) -> Selection {
        if let Selection::Env { name, fallback } = self.env_selection(expr, scope, key) {
            return Selection::Env { name, fallback };
        }
        if let ExprKind::Attr { value, name } = &call.func.kind {
            if name == "get" {
                if let (Some(mapping), Some(index)) = (value.dotted(), call.positional(0)) {
                    return Selection::Mapped { mapping, key: Box::new(self.selection(index, scope, true)) };
                }
            }
            if matches!(name.as_str(), "lower" | "strip" | "capitalize" | "title") {
                return self.selection(value, scope, key);
            }
        }
        match self.names.resolve(&call.func).as_deref() {
            Some("werkzeug.utils.import_string" | "import_string") => {
                call.positional(0).map_or(Selection::Unknown, |inner| self.selection(inner, scope, false))
            }
            // `Config()`, an instance of a class.
            Some(name) if call.args.is_empty() && name.rsplit('.').next().is_some_and(starts_upper) => {
                call.func.dotted().map_or(Selection::Unknown, Selection::Dotted)
            }
            _ => Selection::Unknown,
        }
    }

    fn env_selection(&self, expr: &Expr, scope: &Scope, key: bool) -> Selection {
        let value = Valued::of(expr, self.names);
        let Some(read) = value.env() else { return Selection::Unknown };
        let fallback = read.fallback.as_ref().map(|fallback| {
            let mut found = Selection::Unknown;
            expr.walk(&mut |inner| {
                if inner.span == fallback.span {
                    found = self.selection(inner, scope, key);
                }
            });
            Box::new(found)
        });
        Selection::Env { name: read.name.clone(), fallback }
    }

    /// A name: what a module-level assignment of this file gives it, else the name itself.
    fn local_or_dotted(&self, name: &str) -> Selection {
        for stmt in &self.file.module.body {
            let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
            if targets.iter().any(|target| target.as_name() == Some(name)) {
                let value = Valued::of(value, self.names);
                if let Some(read) = value.env() {
                    let fallback = read.fallback.as_ref().and_then(|fallback| match &fallback.value {
                        super::values::Value::Text { secret, .. } => {
                            Some(Box::new(Selection::Text(secret.expose().to_owned())))
                        }
                        _ => None,
                    });
                    return Selection::Env { name: read.name.clone(), fallback };
                }
            }
        }
        Selection::Dotted(name.to_owned())
    }
}

/// The last text literal in a path expression: `".env"` of `os.path.join(basedir, ".env")`.
fn last_text(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.walk(&mut |inner| {
        if let Some(text) = inner.as_str() {
            found = Some(text.to_owned());
        }
    });
    found
}

fn starts_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

/// Whether a function by its name makes the app.
pub fn is_factory_name(name: &str) -> bool {
    matches!(
        name,
        "create_app" | "make_app" | "app_factory" | "create_application" | "init_app_factory" | "get_app" | "build_app"
    ) || (name.starts_with("create_") && name.ends_with("_app"))
}
