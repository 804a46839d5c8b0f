//! Where Flask apps are made, configured and run in Python.

mod runs;
mod subclass;

pub use subclass::FlaskClasses;

use super::data::path::{FileName, PathReader};
use super::data::reads::{Bound, bound};
use super::dynaconf;
use super::files::{Files, PyFile};
use super::loads;
use super::names::Names;
use super::selection::{Reader, Selection};
use super::settings::{config_base, is_main_guard};
use super::values::{Lookup, Valued};
use crate::lang::python::{Call, Expr, ExprKind, Function, Stmt, StmtKind};
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
    PyFile(FileName),
    Envvar(Option<String>),
    /// `from_file(…)`, `from_json(…)`.
    File(FileName),
    /// `from_prefixed_env("PREFIX")`.
    PrefixedEnv(String),
    /// A dictionary that is not written out: `update(settings)`, `|= settings`.
    Mapping(Lookup),
    Dynaconf(dynaconf::Settings),
}

/// A call that loads configuration into an app.
pub struct ConfigLoad {
    pub path: RepoPath,
    pub app: String,
    pub kind: LoadKind,
    /// What selects the object, for `from_object`.
    pub selection: Option<Selection>,
    pub function: Option<String>,
    /// A file that is missing is no error (`silent=True`).
    pub silent: bool,
    pub location: Location,
    pub conditional: bool,
}

/// `app.run(…)`.
pub struct RunCall {
    pub path: RepoPath,
    pub receiver: String,
    pub location: Location,
    pub call: Span,
    /// What switches debug on or off here.
    pub debug: Option<RunDebug>,
    pub host: Option<Valued>,
    pub port: Option<Valued>,
    /// Spans of all arguments, to remove one with its comma.
    pub args: Vec<Span>,
    /// `run_simple(…)`, which does not read FLASK_DEBUG.
    pub werkzeug: bool,
    pub main_guard: bool,
    pub function: Option<String>,
}

/// The `debug` argument of a run.
pub struct RunDebug {
    /// Its value, names of this file followed.
    pub value: Valued,
    pub given: DebugGiven,
}

/// How `debug` reaches a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebugGiven {
    /// `debug=…`: the argument's span.
    Keyword(Span),
    /// The third argument: its span.
    Positional(Span),
    /// Through a variable or `**options`: the value stands elsewhere in the file.
    Elsewhere,
}

impl RunCall {
    /// Whether this is Flask-SocketIO's `run`.
    pub fn is_socketio(&self) -> bool {
        !self.werkzeug && is_socketio(&self.receiver)
    }

    /// How the call is named in messages.
    pub fn called(&self) -> String {
        if self.werkzeug { "run_simple".to_owned() } else { format!("{}.run", self.receiver) }
    }
}

/// `load_dotenv(…)` or `env.read_env(…)`.
pub struct DotenvLoad {
    /// Below `if __name__ == "__main__"`.
    pub main_guard: bool,
    /// What it reads goes over variables that are set (`override=True`).
    pub overrides: bool,
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
    pub given: Vec<Given>,
    /// Arguments are spread into it (`**settings`), which `given` does not have.
    pub spread: bool,
    pub main_guard: bool,
    /// The function around it, if any.
    pub function: Option<String>,
    pub location: Location,
}

/// An argument of a factory call, or what a parameter of a factory defaults to.
pub struct Given {
    /// The keyword, or the parameter's name.
    pub name: Option<String>,
    pub location: Location,
    pub selection: Selection,
    pub value: Valued,
}

/// A function that makes an app, with its parameters.
pub struct Factory {
    pub path: RepoPath,
    pub name: String,
    pub span: Span,
    /// Its parameters in order, with what each defaults to.
    pub params: Vec<(String, Option<Given>)>,
    /// The parameter that takes every other keyword (`**config`), and where the function stands.
    pub rest: Option<(String, Location)>,
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
}

impl AppFacts {
    pub fn extend(&mut self, other: AppFacts) {
        self.apps.extend(other.apps);
        self.factories.extend(other.factories);
        self.loads.extend(other.loads);
        self.runs.extend(other.runs);
        self.dotenv.extend(other.dotenv);
        self.factory_calls.extend(other.factory_calls);
    }
}

/// Collects the app facts of one file. `classes`: those that derive from Flask.
pub fn collect(files: &Files, file: &PyFile, names: &Names, classes: &FlaskClasses) -> AppFacts {
    let bound = bound(&file.module);
    let mut collector = Collector { files, file, names, classes, bound: &bound, found: AppFacts::default() };
    collector.block(&file.module.body, &Scope::default());
    collector.found
}

#[derive(Clone, Copy, Default)]
struct Scope<'s> {
    function: Option<&'s Function>,
    conditional: bool,
    main_guard: bool,
}

impl Scope<'_> {
    fn function_name(&self) -> Option<String> {
        self.function.map(|function| function.name.clone())
    }
}

struct Collector<'a> {
    files: &'a Files,
    file: &'a PyFile,
    names: &'a Names,
    classes: &'a FlaskClasses,
    bound: &'a [Bound<'a>],
    found: AppFacts,
}

impl Collector<'_> {
    fn block(&mut self, body: &[Stmt], scope: &Scope<'_>) {
        for stmt in body {
            self.stmt(stmt, scope);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, scope: &Scope<'_>) {
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
            StmtKind::Augmented { target, op, value } if op == "|" => {
                if let Some(app) = config_base(target) {
                    self.mapping(value, &app, stmt.span, scope);
                }
            }
            StmtKind::For { .. } if loads::copied(stmt).is_some() => {
                if let Some((app, mapping)) = loads::copied(stmt) {
                    self.mapping(mapping, &app, stmt.span, scope);
                }
            }
            StmtKind::Class(class) => {
                self.block(&class.body, scope);
            }
            StmtKind::Function(function) => {
                if is_factory_name(&function.name) {
                    self.factory(function);
                }
                let inner = Scope { function: Some(function), ..Scope::default() };
                self.block(&function.body, &inner);
            }
            _ => {
                let guard = is_main_guard(stmt);
                let branching = !guard && !matches!(stmt.kind, StmtKind::With { .. });
                let inner = Scope {
                    conditional: scope.conditional || branching,
                    main_guard: scope.main_guard || guard,
                    ..*scope
                };
                for block in stmt.blocks() {
                    self.block(block, &inner);
                }
            }
        }
    }

    fn call(&mut self, stmt: &Stmt, call: &Call, span: Span, scope: &Scope<'_>) {
        let resolved = self.names.resolve(&call.func).unwrap_or_default();
        let last = resolved.rsplit('.').next().unwrap_or_default();
        match last {
            "Flask" | "APIFlask" | "OpenAPI" | "Quart" if resolved.contains("flask") || resolved == "Flask" => {
                self.app(stmt, call, scope, "");
            }
            "App" | "FlaskApp" if resolved.starts_with("connexion") => self.app(stmt, call, scope, ".app"),
            "load_dotenv" | "read_env" | "read_envfile" => self.dotenv(call, span, scope),
            "run" => self.run(call, span, scope),
            "FlaskDynaconf" => {
                let made = loads::dynaconf_of(call, self.bound, self.names);
                self.push_load(LoadKind::Dynaconf(made), None, "", false, span, scope);
            }
            "run_simple" if resolved.starts_with("werkzeug") => self.run_simple(call, span, scope),
            _ if self.classes.named(self.files, &self.file.path, self.names, &call.func) => {
                self.app(stmt, call, scope, "");
            }
            _ if is_factory_name(last) => self.factory_call(stmt, call, last, scope),
            _ => {}
        }
        if let ExprKind::Attr { value, name } = &call.func.kind
            && let ExprKind::Attr { value: app, name: config } = &value.kind
            && config == "config"
        {
            let app = app.dotted().unwrap_or_default();
            if matches!(name.as_str(), "update" | "from_mapping") {
                for arg in call.args.iter().filter(|arg| arg.name.is_none()) {
                    self.mapping(&arg.value, &app, span, scope);
                }
            } else if name.starts_with("from_") {
                self.load(call, name, &app, span, scope);
            }
        }
    }

    /// A dictionary that an app's configuration takes over and that is not written out there.
    fn mapping(&mut self, expr: &Expr, app: &str, span: Span, scope: &Scope<'_>) {
        let Some(lookup) = loads::mapping(expr, self.names) else { return };
        let selection = lookup.keys.is_empty().then(|| match loads::innermost(expr) {
            // What a name is given is followed elsewhere; here only whether it is a parameter counts.
            inner if inner.as_name().is_some() => self.reader(scope.function).read(inner, false),
            _ => Selection::Unknown,
        });
        self.push_load(LoadKind::Mapping(lookup), selection, app, false, span, scope);
    }

    fn push_load(
        &mut self,
        kind: LoadKind,
        selection: Option<Selection>,
        app: &str,
        silent: bool,
        span: Span,
        scope: &Scope<'_>,
    ) {
        self.found.loads.push(ConfigLoad {
            path: self.file.path.clone(),
            app: app.to_owned(),
            kind,
            selection,
            function: scope.function_name(),
            silent,
            location: self.files.locate(&self.file.path, span),
            conditional: scope.conditional,
        });
    }

    fn paths(&self) -> PathReader<'_> {
        PathReader { names: self.names, bound: self.bound }
    }

    fn app(&mut self, stmt: &Stmt, call: &Call, scope: &Scope<'_>, inner: &str) {
        let StmtKind::Assign { targets, .. } = &stmt.kind else { return };
        let Some(name) = targets.iter().find_map(Expr::dotted) else { return };
        self.found.apps.push(App {
            path: self.file.path.clone(),
            name: format!("{name}{inner}"),
            factory: scope.function_name(),
            statement: stmt.span,
            location: self.files.locate(&self.file.path, call.func.span),
        });
    }

    fn factory(&mut self, function: &Function) {
        let params = function.params.iter().filter(|param| !param.star);
        let params = params.map(|param| {
            let default = param.default.as_ref().map(|expr| self.given(Some(&param.name), expr, None));
            (param.name.clone(), default)
        });
        let params = params.collect();
        self.found.factories.push(Factory {
            path: self.file.path.clone(),
            name: function.name.clone(),
            span: function.span,
            params,
            rest: function
                .params
                .iter()
                .rfind(|param| param.star)
                .map(|param| (param.name.clone(), self.files.locate(&self.file.path, function.name_span))),
            callable_bare: function.params.iter().all(|param| param.star || param.default.is_some()),
        });
    }

    fn given(&self, name: Option<&String>, expr: &Expr, function: Option<&Function>) -> Given {
        Given {
            name: name.cloned(),
            location: self.files.locate(&self.file.path, expr.span),
            selection: self.reader(function).read(expr, true),
            value: Valued::of(expr, self.names),
        }
    }

    fn dotenv(&mut self, call: &Call, span: Span, scope: &Scope<'_>) {
        let given = call.positional(0).or_else(|| call.keyword("dotenv_path").map(|arg| &arg.value));
        self.found.dotenv.push(DotenvLoad {
            path: self.file.path.clone(),
            offset: span.start,
            function: scope.function_name(),
            file: given.and_then(|expr| self.paths().read(expr).written().map(str::to_owned)),
            main_guard: scope.main_guard,
            overrides: call.keyword("override").is_some_and(|arg| arg.value.as_bool() == Some(true)),
        });
    }

    fn factory_call(&mut self, stmt: &Stmt, call: &Call, factory: &str, scope: &Scope<'_>) {
        let bound = match &stmt.kind {
            StmtKind::Assign { targets, .. } => targets.iter().find_map(Expr::dotted),
            _ => None,
        };
        let given = call.args.iter().filter(|arg| arg.stars == 0);
        let given = given.map(|arg| self.given(arg.name.as_ref(), &arg.value, scope.function)).collect();
        self.found.factory_calls.push(FactoryCall {
            path: self.file.path.clone(),
            factory: factory.to_owned(),
            bound,
            given,
            spread: call.args.iter().any(|arg| arg.stars > 0),
            main_guard: scope.main_guard,
            function: scope.function_name(),
            location: self.files.locate(&self.file.path, call.func.span),
        });
    }

    fn load(&mut self, call: &Call, method: &str, app: &str, span: Span, scope: &Scope<'_>) {
        let argument = call.positional(0).or_else(|| call.args.first().map(|arg| &arg.value));
        let file = || argument.map_or(FileName::Unknown, |expr| self.paths().read(expr));
        let kind = match method {
            "from_object" => LoadKind::Object(argument.map_or(span, |expr| expr.span)),
            "from_pyfile" => LoadKind::PyFile(file()),
            "from_envvar" => LoadKind::Envvar(argument.and_then(last_text)),
            "from_file" | "from_json" => LoadKind::File(file()),
            "from_prefixed_env" => {
                let prefix = call.keyword("prefix").map(|arg| &arg.value).or_else(|| call.positional(0));
                LoadKind::PrefixedEnv(prefix.map_or(Some("FLASK"), Expr::as_str).unwrap_or_default().to_owned())
            }
            _ => return,
        };
        let selection = match (&kind, argument) {
            (LoadKind::Object(_), Some(expr)) => Some(self.reader(scope.function).read(expr, false)),
            _ => None,
        };
        let silent = call.keyword("silent").is_some_and(|arg| arg.value.as_bool() == Some(true));
        self.push_load(kind, selection, app, silent, span, scope);
    }

    fn reader<'s>(&'s self, function: Option<&'s Function>) -> Reader<'s> {
        Reader { body: &self.file.module.body, names: self.names, source: self.files.get(&self.file.path), function }
    }
}

fn is_socketio(receiver: &str) -> bool {
    let last = receiver.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    last.contains("socketio") || last == "sio"
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

/// Whether a function by its name makes the app.
pub fn is_factory_name(name: &str) -> bool {
    matches!(
        name,
        "create_app" | "make_app" | "app_factory" | "create_application" | "init_app_factory" | "get_app" | "build_app"
    ) || (name.starts_with("create_") && name.ends_with("_app"))
}
