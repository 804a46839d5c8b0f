//! What makes a value fit to be printed as HTML: cleaning functions, form fields that render
//! themselves, parts the server makes. Knows names only.

use std::collections::BTreeSet;

use crate::facts::PyFile;
use crate::lang::python::{Class, Expr, ExprKind, Function, Stmt, StmtKind, walk_exprs, walk_stmts};

/// Whether a function or filter of this name cleans, escapes, or gives no text of anybody.
pub(super) fn cleans(name: &str) -> bool {
    let name = name.split('(').next().unwrap_or(name).trim().to_ascii_lowercase();
    let exact = [
        "e",
        "escape",
        "forceescape",
        "tojson",
        "int",
        "float",
        "length",
        "striptags",
        "urlencode",
        "filesizeformat",
        "url_for",
        "highlight",
        "render_template",
        "xmlattr",
        "round",
        "count",
        "len",
        "linkify",
        "b64encode",
        "isoformat",
        "strftime",
    ];
    exact.contains(&name.as_str())
        || name.starts_with("render_")
        || name == "get_url"
        || ["clean", "sanit", "bleach", "escape", "nh3", "strip_tags", "safe_html", "safe_markdown"]
            .iter()
            .any(|part| name.contains(part))
}

/// Words in names of values that the server makes.
const SERVER_MADE: [&str; 32] = [
    "plugin",
    "plugins",
    "hook",
    "widget",
    "widgets",
    "csrf",
    "csrf_token",
    "hidden_tag",
    "script",
    "div",
    "plot",
    "graph",
    "chart",
    "qrcode",
    "qr",
    "svg",
    "icon",
    "css",
    "js",
    "jsonld",
    "schema",
    "resources",
    "caller",
    "super",
    "pagination",
    "safe",
    "clean",
    "cleaned",
    "sanitized",
    "escaped",
    "form",
    "field",
];

/// Whether template text names something the server makes: literals, form fields, calls with
/// fixed arguments.
pub(super) fn is_made_by_server(subject: &str) -> bool {
    let subject = subject.trim().trim_matches(['(', ')']).trim();
    if subject.starts_with(['"', '\'']) || subject.starts_with(|c: char| c.is_ascii_digit()) {
        return !holds_names(subject);
    }
    let (callee, args) = match subject.split_once('(') {
        Some((callee, args)) => (callee.trim(), Some(args)),
        None => (subject, None),
    };
    let named = callee.split(['.', '[', '_']).chain(callee.split('.'));
    if named.into_iter().any(|part| SERVER_MADE.contains(&part.to_ascii_lowercase().as_str())) {
        return true;
    }
    match args {
        // A call with fixed arguments, or one that draws a form's field.
        Some(args) => !holds_names(args) || args.contains("**kwargs") || args.contains("class"),
        None => false,
    }
}

/// Whether template text outside quotes holds a variable (keyword names aside).
fn holds_names(text: &str) -> bool {
    !names_in(text).is_empty()
}

/// The variables of template text outside quotes, attributes by their last part; names of keywords
/// and methods are none.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let mut outside = String::new();
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None => outside.push(c),
        }
    }
    let mut found: Vec<String> = Vec::new();
    let mut rest = outside.as_str();
    let mut before: Option<char> = None;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        let before_word = rest[..start].chars().next_back().or(before);
        let word: String = rest[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let behind = rest[start + word.len()..].trim_start();
        let keyword = behind.starts_with('=') && !behind.starts_with("==");
        let fixed = matches!(
            word.as_str(),
            "true" | "false" | "none" | "True" | "False" | "None" | "_" | "gettext" | "url_for"
        );
        if before_word == Some('.') {
            // `post.title` is known by `title`; a method's name says nothing.
            if !behind.starts_with('(')
                && let Some(last) = found.last_mut()
            {
                *last = word.clone();
            }
        } else if !keyword && !fixed {
            found.push(word.clone());
        }
        before = word.chars().next_back();
        rest = &rest[start + word.len()..];
    }
    found
}

/// Whether an expression is more than fixed (possibly translated) text.
pub(super) fn holds_values(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::True | ExprKind::False | ExprKind::None => false,
        ExprKind::FString { parts, .. } => !parts.is_empty(),
        ExprKind::Call(call) => {
            let name = call.func.dotted().unwrap_or_default();
            let last = name.rsplit('.').next().unwrap_or(&name);
            if cleans(last) {
                return false;
            }
            match &call.func.kind {
                ExprKind::Attr { value, .. } if holds_values(value) && value.dotted().is_none() => true,
                _ => call.args.iter().any(|arg| holds_values(&arg.value)),
            }
        }
        ExprKind::Binary { left, right, .. } | ExprKind::Bool { left, right, .. } => {
            holds_values(left) || holds_values(right)
        }
        ExprKind::Cond { body, orelse, .. } => holds_values(body) || holds_values(orelse),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().any(holds_values),
        // A name for a fixed text is usual (`flash(MESSAGES[code])` is not).
        ExprKind::Name(name) => name.chars().any(char::is_lowercase),
        _ => true,
    }
}

/// Parts of names of functions that clean; the editor fields of baseframe clean what they are sent.
const CLEANING: [&str; 7] = ["clean", "sanit", "bleach", "nh3", "safe_html", "safe_markdown", "tinymce4field"];

/// Names by which a project hands on clean HTML.
#[derive(Default)]
pub(super) struct Cleaned {
    /// Functions (filters, mostly) that clean or escape.
    functions: BTreeSet<String>,
    /// Attributes and keywords that are given cleaned text.
    fields: BTreeSet<String>,
}

impl Cleaned {
    pub(super) fn of<'m>(files: impl Iterator<Item = &'m PyFile> + Clone) -> Self {
        let mut cleaned = Self::default();
        // Twice: a function may call one that is read later.
        for file in files.clone().chain(files) {
            let may = file.has("escape") || CLEANING.iter().any(|part| file.has_part_in_any_case(part));
            if may || cleaned.functions.iter().any(|name| file.has(name)) {
                cleaned.read(&file.module.body);
            }
        }
        cleaned
    }

    /// Whether a function or filter of this name cleans, as far as the project says.
    pub(super) fn cleans(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// Whether an attribute of this name holds cleaned text.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.fields.contains(name) || self.functions.contains(name)
    }

    /// Whether a template's `record.body` or `record['body']` is filled with cleaned text.
    pub(super) fn holds_path(&self, path: &str) -> bool {
        let dotted = path.replace("['", ".").replace("[\"", ".").replace("']", "").replace("\"]", "");
        dotted.contains('.') && self.fields.contains(&dotted)
    }

    /// Form fields that clean, and renderers that clean what they render.
    fn of_class(&mut self, class: &Class) {
        let (mut cleans, mut renders) = (false, Vec::new());
        for stmt in &class.body {
            match &stmt.kind {
                StmtKind::Assign { targets, value } if value.as_call().is_some() && is_cleaned(value) => {
                    self.fields.extend(targets.iter().filter_map(|target| target.as_name().map(str::to_owned)));
                }
                StmtKind::Function(function) => {
                    walk_exprs(&function.body, &mut |expr| {
                        cleans |= expr.as_call().is_some_and(|call| self.is_cleaner(&call.func)) || is_cleaned(expr);
                    });
                    let words = crate::rules::words::words(&function.name);
                    if words.iter().any(|word| matches!(word.as_str(), "markdown" | "render" | "html")) {
                        renders.push(function.name.clone());
                    }
                }
                _ => {}
            }
        }
        if cleans {
            self.functions.extend(renders);
        }
    }

    fn is_cleaner(&self, func: &Expr) -> bool {
        match &func.kind {
            ExprKind::Attr { name, .. } | ExprKind::Name(name) => self.functions.contains(name),
            _ => false,
        }
    }

    /// `body = tidy(raw)` and then `Post(body=body)`, `post.body = body`.
    fn handed_on(&mut self, function: &Function) {
        let mut clean: BTreeSet<&str> = BTreeSet::new();
        let is_clean = |cleaned: &Self, value: &Expr| {
            is_cleaned(value) || value.as_call().is_some_and(|call| cleaned.is_cleaner(&call.func))
        };
        walk_stmts(&function.body, &mut |stmt| {
            if let StmtKind::Assign { targets, value } = &stmt.kind {
                let named = targets.iter().filter_map(Expr::as_name);
                if is_clean(self, value) {
                    clean.extend(named);
                } else {
                    // The last word counts.
                    named.for_each(|name| {
                        clean.remove(name);
                    });
                }
            }
        });
        let mut fields = Vec::new();
        walk_stmts(&function.body, &mut |stmt| {
            let holds = |value: &Expr| {
                value.as_name().is_some_and(|name| clean.contains(name))
                    || value.as_call().is_some_and(|call| self.is_cleaner(&call.func))
            };
            if let StmtKind::Assign { targets, value } = &stmt.kind
                && holds(value)
            {
                fields.extend(targets.iter().filter_map(field));
            }
            for expr in stmt.exprs() {
                expr.walk(&mut |inner| {
                    let args = inner.as_call().map_or(&[][..], |call| &call.args);
                    let passed = args.iter().filter(|arg| holds(&arg.value));
                    fields.extend(passed.filter_map(|arg| arg.name.clone()));
                });
            }
        });
        self.fields.extend(fields);
    }

    fn read(&mut self, body: &[Stmt]) {
        walk_stmts(body, &mut |stmt| {
            if let StmtKind::Assign { targets, value } = &stmt.kind
                && is_cleaned(value)
            {
                self.fields.extend(targets.iter().filter_map(field));
            }
            if let StmtKind::Class(class) = &stmt.kind {
                self.of_class(class);
            }
            if let StmtKind::Assign { targets, value } = &stmt.kind
                && value.as_name().is_some_and(|name| self.functions.contains(name))
            {
                self.functions.extend(targets.iter().filter_map(registered));
            }
            if let StmtKind::Function(function) = &stmt.kind {
                self.handed_on(function);
                let mut cleans = false;
                walk_exprs(&function.body, &mut |expr| {
                    // `escape(x)`, `tidy(x)` and `map(tidy, xs)`.
                    cleans |= expr.as_call().is_some() && is_cleaned(expr);
                    cleans |= expr.as_name().is_some_and(|name| self.functions.contains(name));
                    cleans |= expr.as_call().is_some_and(|call| match &call.func.kind {
                        ExprKind::Attr { name, .. } => self.functions.contains(name),
                        _ => false,
                    });
                });
                // A view that cleans something is no cleaning function.
                if cleans && function.params.len() <= 4 && function.decorators.iter().all(|d| !is_route(d)) {
                    self.functions.insert(function.name.clone());
                    self.functions.extend(function.decorators.iter().filter_map(filter_name));
                }
            }
            for expr in stmt.exprs() {
                expr.walk(&mut |inner| {
                    if let Some(call) = inner.as_call() {
                        let passed = call.args.iter().filter(|arg| is_cleaned(&arg.value));
                        self.fields.extend(passed.filter_map(|arg| arg.name.clone()));
                    }
                });
            }
        });
    }
}

/// `@app.template_filter("markdown")`: what templates call the function.
fn filter_name(decorator: &Expr) -> Option<String> {
    let call = decorator.as_call()?;
    let dotted = call.func.dotted()?;
    if !dotted.ends_with("template_filter") {
        return None;
    }
    let name = call.positional(0).or_else(|| call.keyword("name").map(|arg| &arg.value))?;
    name.as_str().map(str::to_owned)
}

/// `app.jinja_env.filters["tidy"]` as the target of an assignment.
fn registered(target: &Expr) -> Option<String> {
    let ExprKind::Subscript { value, index } = &target.kind else { return None };
    value.dotted()?.ends_with(".filters").then(|| index.first()?.as_str().map(str::to_owned))?
}

/// What an assignment fills: `record.body`, `record["body"]`.
fn field(target: &Expr) -> Option<String> {
    match &target.kind {
        ExprKind::Attr { name, .. } => Some(name.clone()),
        ExprKind::Subscript { value, index } => {
            Some(format!("{}.{}", value.as_name()?, index.first().and_then(Expr::as_str)?))
        }
        _ => None,
    }
}

fn is_route(decorator: &Expr) -> bool {
    decorator.as_call().and_then(|call| call.func.dotted()).is_some_and(|name| name.ends_with(".route"))
}

/// Whether the value of an expression went through a cleaning function.
pub(super) fn is_cleaned(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |inner| {
        let name = inner.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
        let last = name.rsplit('.').next().unwrap_or(&name);
        found |= CLEANING.iter().any(|part| name.to_ascii_lowercase().contains(part)) || last == "escape";
    });
    found
}
