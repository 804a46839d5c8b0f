//! Every route of the project: URL pattern, methods, the function that answers, and what runs
//! before it. Knows Flask, flask-restful, flask-restx and the wrappers people write around them;
//! does not judge whether a route is safe.

mod described;
pub mod pattern;
mod register;

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Def, Item, Modules, Scope};
use super::{Files, prefilter};
use crate::lang::python::{Call, Class, Expr, ExprKind, StmtKind, walk_stmts};
use crate::text::Span;
pub use pattern::RouteParam;

/// Methods of a class-based view that answer requests.
const VERBS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// One URL pattern and the function that answers it.
pub struct Route<'f> {
    pub pattern: String,
    /// Where the pattern is written as one plain literal: scope and span of the literal.
    pub literal: Option<(usize, Span)>,
    pub params: Vec<RouteParam>,
    /// Upper case; `GET` where the project names none.
    pub methods: BTreeSet<String>,
    pub handler: Def<'f>,
    /// Whether an OpenAPI description names it: it answers data.
    pub described: bool,
    /// What wraps the handler: its decorators, those of its class, and the calls around it where
    /// it is registered. Each with the scope its names belong to.
    pub guards: Vec<(usize, &'f Expr)>,
    /// Functions that run before every request of its blueprint.
    pub before: Vec<Def<'f>>,
    /// Functions that run before every request of the app.
    pub before_all: Vec<Def<'f>>,
}

impl Route<'_> {
    /// Whether it only answers methods that by convention change nothing.
    pub fn is_read_only(&self) -> bool {
        self.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"))
    }
}

/// All routes, in order of file and place.
pub fn collect<'f>(files: &Files, modules: &Modules<'f>) -> Vec<Route<'f>> {
    let hooks = Hooks::of(modules);
    let mut routes = Vec::new();
    for (scope, known) in modules.scopes.iter().enumerate() {
        if prefilter::may_decorate_routes(known.file) {
            in_scope(modules, scope, known, &hooks, &mut routes);
        }
        if prefilter::may_call_routes(known.file) {
            register::collect(modules, scope, &hooks, &mut routes);
        }
    }
    described::collect(modules, files, &hooks, &mut routes);
    routes.sort_by_key(|route| (route.handler.scope, route.handler.function.span.start, route.literal));
    routes
}

/// The routes that decorators of one file say.
fn in_scope<'f>(
    modules: &Modules<'f>,
    scope: usize,
    known: &Scope<'f>,
    hooks: &Hooks<'f>,
    routes: &mut Vec<Route<'f>>,
) {
    for def in &known.defs {
        for decorator in &def.function.decorators {
            if let Some(found) = decorated(modules, scope, decorator) {
                let guards = handler_guards(modules, *def);
                routes.push(route(found, *def, guards, hooks));
            }
        }
    }
    for class in known.classes.values() {
        for decorator in &class.decorators {
            if let Some(found) = decorated(modules, scope, decorator) {
                class_routes(modules, &found, (scope, class), &[], hooks, routes);
            }
        }
    }
}

/// What a decorator or a registering call says of a route.
pub(super) struct Mounted {
    patterns: Vec<(String, Option<(usize, Span)>)>,
    methods: Option<BTreeSet<String>>,
    /// Names the object it was mounted on: the same text for the same object.
    owner: String,
}

/// Reads `@bp.route("/x")`, `@app.get("/x")`, `@route(bp, "/x")` and the like.
fn decorated(modules: &Modules<'_>, scope: usize, decorator: &Expr) -> Option<Mounted> {
    let call = decorator.as_call()?;
    let dotted = call.func.dotted()?;
    let last = dotted.rsplit('.').next().unwrap_or(&dotted);
    let is_verb = VERBS[..5].contains(&last) && dotted.contains('.');
    if !is_verb && !matches!(last, "route" | "expose" | "add_route") && !last.ends_with("_route") {
        return None;
    }
    let patterns = patterns_of(modules, scope, call);
    // `@mock.patch("a.b")` is no route.
    if patterns.is_empty() || (is_verb && !patterns.iter().all(|(text, _)| text.is_empty() || text.starts_with('/'))) {
        return None;
    }
    let methods = if is_verb { Some(BTreeSet::from([last.to_ascii_uppercase()])) } else { methods_of(call) };
    let owner = match dotted.rsplit_once('.') {
        Some((object, _)) => object.to_owned(),
        None => call.positional(0).and_then(Expr::dotted).unwrap_or_default(),
    };
    Some(Mounted { patterns, methods, owner: identity(modules, scope, &owner) })
}

/// The URL patterns among the arguments of a call.
pub(super) fn patterns_of(modules: &Modules<'_>, scope: usize, call: &Call) -> Vec<(String, Option<(usize, Span)>)> {
    let mut found = Vec::new();
    for arg in &call.args {
        match arg.name.as_deref() {
            None => found.extend(pattern_text(modules, scope, &arg.value, false)),
            Some("rule" | "url" | "path") => found.extend(pattern_text(modules, scope, &arg.value, true)),
            Some("urls" | "routes" | "rules") => {
                let items = arg.value.children();
                found.extend(items.into_iter().filter_map(|item| pattern_text(modules, scope, item, true)));
            }
            Some(_) => {}
        }
    }
    found
}

fn pattern_text(
    modules: &Modules<'_>,
    scope: usize,
    expr: &Expr,
    named: bool,
) -> Option<(String, Option<(usize, Span)>)> {
    let looks_like = |text: &str| named || text.is_empty() || text.starts_with('/') || text.contains('<');
    match &expr.kind {
        ExprKind::Str(string) => looks_like(&string.value).then(|| (string.value.clone(), Some((scope, expr.span)))),
        ExprKind::FString { text, .. } => looks_like(text).then(|| (text.clone(), None)),
        ExprKind::Binary { op, left, right } if op == "+" => {
            let left = pattern_text(modules, scope, left, named).map(|(text, _)| text);
            let right = pattern_text(modules, scope, right, true).map(|(text, _)| text);
            (left.is_some() || right.is_some())
                .then(|| (left.unwrap_or_default() + &right.unwrap_or_default(), None))
                .filter(|(text, _)| looks_like(text))
        }
        ExprKind::Name(_) | ExprKind::Attr { .. } => match modules.find(scope, &expr.dotted()?)? {
            Item::Value(_, value) => {
                let text = value.as_str()?;
                looks_like(text).then(|| (text.to_owned(), None))
            }
            _ => None,
        },
        ExprKind::Call(call) => call.args.iter().find_map(|arg| pattern_text(modules, scope, &arg.value, named)),
        _ => None,
    }
}

/// The `methods=[…]` of a call.
pub(super) fn methods_of(call: &Call) -> Option<BTreeSet<String>> {
    let listed = call.keyword("methods")?;
    // Names that are not written here (`methods=METHODS`) may hold any: nothing is known.
    let names = method_names(&listed.value);
    Some(if names.is_empty() { BTreeSet::from(["GET".to_owned(), "POST".to_owned()]) } else { names })
}

fn method_names(list: &Expr) -> BTreeSet<String> {
    // `"POST"`, or `HTTPMethod.POST`.
    let names = list.children().into_iter().filter_map(|item| match &item.kind {
        ExprKind::Attr { name, .. } => Some(name.as_str()),
        _ => item.as_str(),
    });
    names.map(str::to_ascii_uppercase).collect()
}

/// A text that is the same wherever the same object is meant.
pub(super) fn identity(modules: &Modules<'_>, scope: usize, dotted: &str) -> String {
    match modules.find(scope, dotted) {
        Some(Item::Value(found, value)) => format!("{found}@{}", value.span.start),
        _ => format!("{scope}:{dotted}"),
    }
}

fn route<'f>(found: Mounted, handler: Def<'f>, guards: Vec<(usize, &'f Expr)>, hooks: &Hooks<'f>) -> Route<'f> {
    let before = hooks.by_owner.get(&found.owner).cloned().unwrap_or_default();
    let before_all = hooks.everywhere.clone();
    let (pattern, literal) = found.patterns.into_iter().next().unwrap_or_default();
    let params = pattern::params(&pattern);
    let methods = found.methods.unwrap_or_else(|| BTreeSet::from(["GET".to_owned()]));
    Route { pattern, literal, params, methods, handler, described: false, guards, before, before_all }
}

/// The decorators of a handler and, for a method, what its class puts around every method.
fn handler_guards<'f>(modules: &Modules<'f>, def: Def<'f>) -> Vec<(usize, &'f Expr)> {
    let mut guards: Vec<(usize, &Expr)> = def.function.decorators.iter().map(|expr| (def.scope, expr)).collect();
    if let Some(class) = def.class {
        guards.extend(class_guards(modules, def.scope, class));
    }
    guards
}

/// `decorators = […]`, `method_decorators = […]` and decorators of a class and its bases.
fn class_guards<'f>(modules: &Modules<'f>, scope: usize, class: &'f Class) -> Vec<(usize, &'f Expr)> {
    let mut guards = Vec::new();
    for (scope, class) in modules.ancestry(scope, class) {
        guards.extend(class.decorators.iter().map(|expr| (scope, expr)));
        for stmt in &class.body {
            let StmtKind::Assign { targets, value } = &stmt.kind else { continue };
            let names = |name| targets.iter().any(|target| target.as_name() == Some(name));
            if names("decorators") || names("method_decorators") {
                guards.extend(listed(value).into_iter().map(|expr| (scope, expr)));
            }
        }
    }
    guards
}

/// The entries of a list, or of the lists in a dict (`{"get": [a, b]}`).
fn listed(value: &Expr) -> Vec<&Expr> {
    match &value.kind {
        ExprKind::Dict(items) => items.iter().flat_map(|item| listed(&item.value)).collect(),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
        _ => vec![value],
    }
}

/// One route for each pattern and method function of a class-based view.
pub(super) fn class_routes<'f>(
    modules: &Modules<'f>,
    found: &Mounted,
    class: (usize, &'f Class),
    around: &[(usize, &'f Expr)],
    hooks: &Hooks<'f>,
    routes: &mut Vec<Route<'f>>,
) {
    let mut answered = BTreeSet::new();
    for (scope, owner) in modules.ancestry(class.0, class.1) {
        let methods = modules.scopes[scope].defs.iter().filter(|def| {
            def.class.is_some_and(|known| std::ptr::eq(known, owner))
                && (VERBS.contains(&def.function.name.as_str()) || def.function.name == "dispatch_request")
        });
        for def in methods {
            // The nearest class that defines a method answers it.
            if !answered.insert(def.function.name.as_str()) {
                continue;
            }
            let verbs = match def.function.name.as_str() {
                "dispatch_request" => found.methods.clone().or_else(|| class_methods(owner)),
                verb => Some(BTreeSet::from([verb.to_ascii_uppercase()])),
            };
            for pattern in &found.patterns {
                let mut guards = handler_guards(modules, *def);
                guards.extend(class_guards(modules, class.0, class.1));
                guards.extend(around);
                let one =
                    Mounted { patterns: vec![pattern.clone()], methods: verbs.clone(), owner: found.owner.clone() };
                routes.push(route(one, *def, guards, hooks));
            }
        }
    }
}

fn class_methods(class: &Class) -> Option<BTreeSet<String>> {
    class.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Assign { targets, value } if targets.iter().any(|t| t.as_name() == Some("methods")) => {
            Some(method_names(value))
        }
        _ => None,
    })
}

/// Functions that run before requests, by the object they were registered on.
#[derive(Default)]
pub(super) struct Hooks<'f> {
    by_owner: BTreeMap<String, Vec<Def<'f>>>,
    everywhere: Vec<Def<'f>>,
}

impl<'f> Hooks<'f> {
    fn of(modules: &Modules<'f>) -> Self {
        let mut hooks = Self::default();
        for (scope, known) in modules.scopes.iter().enumerate() {
            if !prefilter::may_hook(known.file) {
                continue;
            }
            for def in &known.defs {
                for decorator in &def.function.decorators {
                    if let Some(dotted) = decorator.dotted() {
                        hooks.add(modules, scope, &dotted, *def);
                    }
                }
            }
            walk_stmts(&known.file.module.body, &mut |stmt| {
                let StmtKind::Expr(expr) = &stmt.kind else { return };
                let Some(call) = expr.as_call() else { return };
                let function = call.positional(0).and_then(Expr::dotted);
                if let (Some(dotted), Some(function)) = (call.func.dotted(), function)
                    && let Some(Item::Function(def)) = modules.find(scope, &function)
                {
                    hooks.add(modules, scope, &dotted, def);
                }
            });
        }
        hooks
    }

    fn add(&mut self, modules: &Modules<'f>, scope: usize, dotted: &str, def: Def<'f>) {
        let Some((owner, last)) = dotted.rsplit_once('.') else { return };
        match last {
            "before_app_request" | "url_value_preprocessor" | "app_url_value_preprocessor"
                if last != "url_value_preprocessor" || is_app(modules, scope, owner) =>
            {
                self.everywhere.push(def);
            }
            "url_value_preprocessor" => self.by_owner.entry(identity(modules, scope, owner)).or_default().push(def),
            "before_app_request" => self.everywhere.push(def),
            "before_request" if is_app(modules, scope, owner) => self.everywhere.push(def),
            "before_request" => self.by_owner.entry(identity(modules, scope, owner)).or_default().push(def),
            _ => {}
        }
    }
}

fn is_app(modules: &Modules<'_>, scope: usize, dotted: &str) -> bool {
    match modules.find(scope, dotted) {
        Some(Item::Value(_, value)) => {
            let made_by = value.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
            made_by.ends_with("Flask") || made_by.contains("create_app")
        }
        _ => matches!(dotted.rsplit('.').next(), Some("app" | "application")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FileRole, PyFile, Syntax};
    use crate::text::RepoPath;

    fn seen(files: &[(&str, &str)]) -> Vec<String> {
        let parsed: Vec<PyFile> = files
            .iter()
            .map(|(path, text)| PyFile {
                path: RepoPath::new(path).unwrap(),
                role: FileRole::Source,
                module: Syntax::of(*text),
            })
            .collect();
        let modules = Modules::of(parsed.iter());
        let routes = collect(&Files::default(), &modules);
        let line = |route: &Route<'_>| {
            let methods: Vec<&str> = route.methods.iter().map(String::as_str).collect();
            let class = route.handler.class.map_or(String::new(), |class| format!("{}.", class.name));
            format!("{} {} {class}{}", methods.join(","), route.pattern, route.handler.function.name)
        };
        let mut lines: Vec<String> = routes.iter().map(line).collect();
        lines.sort();
        lines
    }

    #[test]
    fn decorators_of_every_kind() {
        let text = "P = '/c/<x>'\n@app.route('/a', methods=[HTTPMethod.POST, 'GET'])\n@app.route('/b')\ndef one(): pass\n\
                    @bp.delete('/d/<int:i>')\ndef two(i): pass\n@route(bp, P)\ndef three(x): pass\n\
                    @mock.patch('a.b')\ndef four(): pass\ndef make(app):\n    @app.get('/n')\n    def nested(): pass\n";
        let expected = ["DELETE /d/<int:i> two", "GET /b one", "GET /c/<x> three", "GET /n nested", "GET,POST /a one"];
        assert_eq!(seen(&[("app.py", text)]), expected);
    }

    #[test]
    fn classes_and_registering_calls() {
        let views = "class Base(MethodView):\n    def get(self, i): pass\nclass A(Base):\n    def put(self, i): pass\n\
                     class B(Base): pass\ndef plain(i): pass\n@ns.route('/r/<i>')\nclass R(Resource):\n    def post(self, i): pass\n";
        let app = "from views import A, B, plain\nview = A.as_view('a')\napp.add_url_rule('/a/<i>', view_func=view)\n\
                   api.add_org_resource(B, scoped('/b/<i>'), endpoint='b')\n\
                   app.add_url_rule('/p/<i>', 'p', login_required(plain), methods=['POST'])\nx = f(x, x)\n\
                   app.route('/q/<i>', methods=['DELETE'])(plain)\n\
                   app.add_url_rule('/x', view_func=x)\n";
        let expected = [
            "DELETE /q/<i> plain",
            "GET /a/<i> Base.get",
            "GET /b/<i> Base.get",
            "POST /p/<i> plain",
            "POST /r/<i> R.post",
            "PUT /a/<i> A.put",
        ];
        assert_eq!(seen(&[("views.py", views), ("app.py", app)]), expected);
    }
}
