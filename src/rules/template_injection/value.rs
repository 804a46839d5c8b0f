//! Whether a value printed as HTML may hold what people typed: read back through variables,
//! arguments and the project's own functions. Says fixed, open or unknown; rules decide.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::html::{self, Cleaned};
use super::people;
use crate::facts::modules::{Def, Item, Modules};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::rules::assigned::{assigned_in, filled_in};
use crate::rules::request;
use crate::rules::words::any;
use crate::text::Span;

/// What is known of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// Fixed text, numbers, escaped or cleaned text, rendered templates.
    Fixed,
    Unknown,
    Open(Open),
}

/// The part of a value that people write, and whether it comes with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Open {
    pub(super) from_request: bool,
    /// Index of the file in [`Modules::scopes`], and the place in it.
    pub(super) scope: usize,
    pub(super) at: Span,
}

/// Expressions looked at for one value, and functions followed into each other.
const MAX_STEPS: usize = 1500;
const MAX_FRAMES: usize = 3;

/// The calls of one name, each with the file it stands in.
type Calls<'f> = Rc<[(usize, &'f Call)]>;

/// What is known of a project before values are judged.
pub(super) struct Project<'m, 'f> {
    pub(super) modules: &'m Modules<'f>,
    pub(super) cleaned: Cleaned,
    /// Calls by the last part of what they call, as far as they were asked for.
    calls: RefCell<BTreeMap<String, Calls<'f>>>,
}

impl<'m, 'f> Project<'m, 'f> {
    pub(super) fn of(modules: &'m Modules<'f>) -> Self {
        let cleaned = Cleaned::of(modules.scopes.iter().map(|scope| scope.file));
        Self { modules, cleaned, calls: RefCell::default() }
    }

    fn calls_of(&self, name: &str) -> Calls<'f> {
        let known = self.calls.borrow().get(name).cloned();
        known.unwrap_or_else(|| {
            let mut found = Vec::new();
            for (scope, known) in self.modules.scopes.iter().enumerate().filter(|(_, known)| known.file.has(name)) {
                walk_exprs(&known.file.module.body, &mut |expr| {
                    found.extend(expr.as_call().filter(|call| last_name(call) == name).map(|call| (scope, call)));
                });
            }
            let found: Calls<'f> = found.into();
            self.calls.borrow_mut().insert(name.to_owned(), Rc::clone(&found));
            found
        })
    }

    pub(super) fn judge(&self, scope: usize, expr: &'f Expr) -> Verdict {
        let mut judge = Judge { project: self, frames: Vec::new(), seen: BTreeSet::new(), steps: MAX_STEPS };
        judge.value(scope, expr)
    }

    /// The innermost function around a place.
    pub(super) fn around(&self, scope: usize, at: Span) -> Option<Def<'f>> {
        self.all_around(scope, at).into_iter().next()
    }

    /// The functions around a place, the innermost first.
    fn all_around(&self, scope: usize, at: Span) -> Vec<Def<'f>> {
        let defs = self.modules.scopes[scope].defs.iter().filter(|def| def.function.span.contains(at));
        let mut around: Vec<Def<'f>> = defs.copied().collect();
        around.sort_by_key(|def| def.function.span.end - def.function.span.start);
        around
    }
}

/// The name an attribute or subscript chain starts with.
fn root(expr: &Expr) -> &str {
    match &expr.kind {
        ExprKind::Attr { value, .. } | ExprKind::Subscript { value, .. } => root(value),
        ExprKind::Name(name) => name,
        _ => "",
    }
}

pub(super) fn last_name(call: &Call) -> &str {
    match &call.func.kind {
        ExprKind::Attr { name, .. } | ExprKind::Name(name) => name,
        _ => "",
    }
}

struct Judge<'p, 'm, 'f> {
    project: &'p Project<'m, 'f>,
    /// Functions being read, with the call that led there.
    frames: Vec<(Def<'f>, usize, &'f Call)>,
    seen: BTreeSet<(usize, Span)>,
    steps: usize,
}

/// Methods that keep the text they are called on or given.
const KEEPS: [&str; 22] = [
    "format",
    "join",
    "replace",
    "str",
    "unicode",
    "strip",
    "lower",
    "upper",
    "title",
    "dedent",
    "truncate",
    "decode",
    "encode",
    "capitalize",
    "rstrip",
    "lstrip",
    "get",
    "pop",
    "split",
    "splitlines",
    "list",
    "sorted",
];

impl<'f> Judge<'_, '_, 'f> {
    fn open(scope: usize, at: Span, from_request: bool) -> Verdict {
        Verdict::Open(Open { from_request, scope, at })
    }

    fn all(&mut self, scope: usize, exprs: impl IntoIterator<Item = &'f Expr>) -> Verdict {
        exprs.into_iter().map(|expr| self.value(scope, expr)).max().unwrap_or(Verdict::Fixed)
    }

    fn value(&mut self, scope: usize, expr: &'f Expr) -> Verdict {
        let Some(steps) = self.steps.checked_sub(1) else { return Verdict::Unknown };
        self.steps = steps;
        let modules = self.project.modules;
        if request::part_of_request(modules, scope, expr) == Some(true) {
            return Self::open(scope, expr.span, true);
        }
        match &expr.kind {
            ExprKind::Str(_) | ExprKind::Number(_) | ExprKind::True | ExprKind::False | ExprKind::None => {
                Verdict::Fixed
            }
            ExprKind::Compare { .. } | ExprKind::Not(_) => Verdict::Fixed,
            ExprKind::FString { parts, .. } => self.all(scope, parts),
            ExprKind::Name(name) => self.name(scope, expr, name),
            ExprKind::Call(call) => self.call(scope, expr, call),
            ExprKind::Cond { body, orelse, .. } => self.value(scope, body).max(self.value(scope, orelse)),
            ExprKind::Attr { value, name } => self.member(scope, expr, value, name),
            ExprKind::Subscript { value, index } => match index.first().and_then(Expr::as_str) {
                Some(key) => self.member(scope, expr, value, key),
                None => self.value(scope, value),
            },
            ExprKind::Dict(items) => self.all(scope, items.iter().map(|item| &item.value)),
            ExprKind::Other(parts) => match parts.as_slice() {
                [element, rest @ ..] if matches!(rest.first().map(|part| &part.kind), Some(ExprKind::Other(_))) => {
                    self.comprehension(scope, element, rest)
                }
                _ => self.all(scope, parts),
            },
            _ => self.all(scope, expr.children()),
        }
    }

    /// `element for target in iter`: what is made of each, unless it is taken from fixed values.
    fn comprehension(&mut self, scope: usize, element: &'f Expr, rest: &'f [Expr]) -> Verdict {
        let made = self.value(scope, element);
        let clauses = rest.iter().filter_map(|part| match &part.kind {
            ExprKind::Other(parts) if parts.len() > 1 => parts.last(),
            _ => None,
        });
        let from = self.all(scope, clauses);
        if made == Verdict::Fixed || from == Verdict::Fixed { Verdict::Fixed } else { made.max(from) }
    }

    /// `value.name` or `value["name"]`.
    fn member(&mut self, scope: usize, expr: &'f Expr, value: &'f Expr, name: &str) -> Verdict {
        if self.request_inside(scope, expr) {
            return Self::open(scope, expr.span, true);
        }
        let dotted = value.dotted().unwrap_or_default();
        let root = root(value);
        let constant = [name, root].iter().any(|part| !part.is_empty() && !part.chars().any(char::is_lowercase));
        // `form.id.data`
        // A form's field speaks of itself.
        let of_field = matches!(name, "name" | "label" | "description")
            && matches!(dotted.rsplit('.').next(), Some("field" | "form" | "column"));
        let plain_field = of_field || name == "data" && dotted.rsplit('.').next().is_some_and(people::is_plain);
        // `reference._Page__context.name`: what a library keeps to itself.
        let private = dotted.split('.').skip(1).any(|part| part.starts_with('_') && part.contains("__"));
        if constant
            || private
            || plain_field
            || dotted.contains("config")
            || people::is_plain(name)
            || self.project.cleaned.holds(name)
        {
            return Verdict::Fixed;
        }
        if let Some(base) = value.as_name().filter(|base| !matches!(*base, "self" | "cls"))
            && let Some(found) = self.assigned(scope, expr.span, base).filter(|found| !found.is_empty())
        {
            // What a variable holds says more than the attribute's name.
            let values: Vec<_> = found.iter().map(|(at, value)| self.value(*at, value)).collect();
            if values.iter().all(|value| *value == Verdict::Fixed) {
                return Verdict::Fixed;
            }
        }
        if people::writes(name) { Self::open(scope, expr.span, false) } else { Verdict::Unknown }
    }

    fn request_inside(&self, scope: usize, expr: &Expr) -> bool {
        let mut found = false;
        expr.walk(&mut |inner| {
            found |= request::part_of_request(self.project.modules, scope, inner) == Some(true);
        });
        found
    }

    /// What is assigned to a name in the function around `at`, else at the module's top level;
    /// nothing where the name is a parameter or unknown.
    fn assigned(&self, scope: usize, at: Span, name: &str) -> Option<Vec<(usize, &'f Expr)>> {
        for def in self.project.all_around(scope, at) {
            let mut values = Vec::new();
            assigned_in(&def.function.body, name, &mut values);
            if !values.is_empty() {
                filled_in(&def.function.body, name, &mut values);
            }
            values.retain(|value| !value.span.contains(at));
            if !values.is_empty() {
                return Some(values.into_iter().map(|value| (scope, value)).collect());
            }
            if def.function.params.iter().any(|param| param.name == name) {
                return None;
            }
        }
        match self.project.modules.find(scope, name) {
            Some(Item::Value(found, value)) if value.span != at => {
                let top = self.project.around(found, value.span).is_none();
                top.then(|| vec![(found, value)])
            }
            _ => None,
        }
    }

    fn name(&mut self, scope: usize, expr: &'f Expr, name: &str) -> Verdict {
        if !name.chars().any(char::is_lowercase) {
            return Verdict::Fixed;
        }
        if !self.seen.insert((scope, expr.span)) {
            return Verdict::Fixed;
        }
        let found = self.unseen_name(scope, expr, name);
        // Asked for again elsewhere, it is what it was.
        self.seen.remove(&(scope, expr.span));
        found
    }

    fn unseen_name(&mut self, scope: usize, expr: &'f Expr, name: &str) -> Verdict {
        // What a comprehension binds is not the variable of that name around it.
        if let Some(iter) = self.looped(scope, expr.span, name) {
            let from = self.value(scope, iter);
            let bare_call = iter.as_call().is_some_and(|call| call.args.is_empty());
            if from == Verdict::Fixed || bare_call && from == Verdict::Unknown {
                return from;
            }
            return if people::writes(name) { Self::open(scope, expr.span, false) } else { Verdict::Unknown };
        }
        if let Some(values) = self.assigned(scope, expr.span, name) {
            return values.into_iter().map(|(at, value)| self.value(at, value)).max().unwrap_or(Verdict::Unknown);
        }
        let param = self
            .project
            .all_around(scope, expr.span)
            .into_iter()
            .find_map(|def| Some((def, def.function.params.iter().position(|param| param.name == name)?)));
        if let Some((def, index)) = param {
            return self.param(def, index, expr);
        }
        if people::writes(name) { Self::open(scope, expr.span, false) } else { Verdict::Unknown }
    }

    /// What a comprehension around `at` takes `name` from.
    fn looped(&self, scope: usize, at: Span, name: &str) -> Option<&'f Expr> {
        let mut found = None;
        walk_exprs(&self.project.modules.scopes[scope].file.module.body, &mut |expr| {
            let ExprKind::Other(parts) = &expr.kind else { return };
            for part in parts.iter().skip(1).filter(|_| expr.span.contains(at)) {
                let ExprKind::Other(clause) = &part.kind else { continue };
                let [target, .., iter] = clause.as_slice() else { continue };
                let mut named = false;
                target.walk(&mut |inner| named |= inner.as_name() == Some(name));
                if named && !iter.span.contains(at) {
                    found = Some(iter);
                }
            }
        });
        found
    }

    /// A parameter: what the call that led here gives, what any call gives, or what its name says.
    fn param(&mut self, def: Def<'f>, index: usize, expr: &Expr) -> Verdict {
        let function = def.function;
        let name = &function.params[index].name;
        let given = |call: &'f Call| {
            let shift = usize::from(function.params.first().is_some_and(|p| matches!(p.name.as_str(), "self" | "cls")));
            let named = call.args.iter().find(|arg| arg.name.as_deref() == Some(name)).map(|arg| &arg.value);
            named.or_else(|| call.positional(index.checked_sub(shift)?))
        };
        let is_it = |(known, ..): &&(Def<'f>, usize, &'f Call)| std::ptr::eq(known.function, function);
        if let Some((_, scope, call)) = self.frames.iter().rev().find(is_it).copied() {
            return match given(call) {
                Some(value) => self.value(scope, value),
                None => Verdict::Fixed,
            };
        }
        // A column's formatter of Flask-Admin is told the column's name.
        if name == "name" && function.name.ends_with("_formatter") {
            return Verdict::Fixed;
        }
        let by_template = is_filter(def) || function.name.starts_with("filter_");
        let calls = self.project.calls_of(&function.name);
        // Methods of many classes share these names: only calls in the same file are surely meant.
        let common = matches!(
            function.name.as_str(),
            "load"
                | "loads"
                | "create"
                | "get"
                | "save"
                | "update"
                | "add"
                | "render"
                | "style"
                | "config"
                | "dump"
                | "build"
        );
        let meant = |at: usize| def.class.is_none() || !common || at == def.scope;
        let values: Vec<_> = calls
            .iter()
            .filter(|(at, _)| meant(*at))
            .filter_map(|(scope, call)| Some((*scope, given(call)?)))
            .take(8)
            .collect();
        if !by_template && !values.is_empty() && function.name != "__init__" {
            return values.into_iter().map(|(scope, value)| self.value(scope, value)).max().unwrap_or(Verdict::Unknown);
        }
        let text = if by_template { people::takes_text(name) } else { people::writes(name) };
        if text { Self::open(def.scope, expr.span, false) } else { Verdict::Unknown }
    }

    fn call(&mut self, scope: usize, expr: &'f Expr, call: &'f Call) -> Verdict {
        let modules = self.project.modules;
        let last = last_name(call);
        let dotted = call.func.dotted().unwrap_or_default();
        let lower = dotted.to_ascii_lowercase();
        if request::part_of_request(modules, scope, &call.func) == Some(true) {
            return Self::open(scope, expr.span, true);
        }
        if html::cleans(last) || self.project.cleaned.cleans(last) || escapes_by_argument(call) {
            return Verdict::Fixed;
        }
        // Settings are written by whoever runs the app.
        if lower.contains("config") {
            return Verdict::Fixed;
        }
        // JSON text for a script; what the request holds is judged as such.
        if lower == "json.dumps" || lower == "dumps" {
            return match self.all(scope, call.args.iter().map(|arg| &arg.value)) {
                Verdict::Open(open) if open.from_request => Verdict::Open(open),
                _ => Verdict::Fixed,
            };
        }
        // Macros of a template are rendered with escaping.
        if let ExprKind::Attr { value, .. } = &call.func.kind
            && value.as_call().is_some_and(|inner| matches!(last_name(inner), "get_template_module" | "make_module"))
        {
            return Verdict::Fixed;
        }
        let draws = any(last, &["svg", "qrcode", "qr", "icon", "plot", "chart"]);
        // `render = create_markdown(escape=True)`
        let made_escaping = call.func.as_name().and_then(|name| self.assigned(scope, call.func.span, name));
        let escapes = |value: &Expr| value.as_call().is_some_and(escapes_by_argument);
        if draws || made_escaping.is_some_and(|values| values.iter().any(|(_, value)| escapes(value))) {
            return Verdict::Fixed;
        }
        if last == "Markup" || matches!(last, "static" | "join_paths") {
            return Verdict::Fixed;
        }
        // `Markup("…").format(x)` and `Markup("…") % x` escape.
        if let ExprKind::Attr { value, .. } = &call.func.kind
            && value.as_call().is_some_and(|inner| last_name(inner) == "Markup")
        {
            return Verdict::Fixed;
        }
        let renders = matches!(last, "render" | "_render" | "render_template" | "get_data" | "html_params");
        if renders && !["markdown", "mistune", "md.", "renderer"].iter().any(|word| lower.contains(word)) {
            return Verdict::Fixed;
        }
        if matches!(last, "gettext" | "_" | "ngettext" | "lazy_gettext" | "_l") {
            return self.all(scope, call.args.iter().skip(1).map(|arg| &arg.value));
        }
        if let Some(def) = self.callee(scope, expr, call)
            && self.frames.len() < MAX_FRAMES
        {
            return self.returned(scope, def, call);
        }
        let base = match &call.func.kind {
            ExprKind::Attr { value, .. } if KEEPS.contains(&last) => self.value(scope, value),
            ExprKind::Attr { value, .. } if self.request_inside(scope, value) => {
                return Self::open(scope, expr.span, true);
            }
            _ => Verdict::Fixed,
        };
        let args = self.all(scope, call.args.iter().map(|arg| &arg.value));
        let found = base.max(args);
        if KEEPS.contains(&last) || matches!(found, Verdict::Open(_)) { found } else { Verdict::Unknown }
    }

    fn callee(&self, scope: usize, expr: &Expr, call: &Call) -> Option<Def<'f>> {
        let modules = self.project.modules;
        if let Some(def) = self.project.around(scope, expr.span) {
            return modules.callee(def, &call.func);
        }
        match modules.find(scope, &call.func.dotted()?)? {
            Item::Function(def) => Some(def),
            _ => None,
        }
    }

    /// What a project function returns for this call.
    fn returned(&mut self, scope: usize, def: Def<'f>, call: &'f Call) -> Verdict {
        if self.frames.iter().any(|(known, ..)| std::ptr::eq(known.function, def.function)) {
            return Verdict::Fixed;
        }
        let mut values = Vec::new();
        walk_stmts(&def.function.body, &mut |stmt| {
            if let StmtKind::Return(Some(value)) = &stmt.kind {
                values.push(value);
            }
        });
        if values.is_empty() {
            return Verdict::Unknown;
        }
        self.frames.push((def, scope, call));
        let found = self.all(def.scope, values);
        self.frames.pop();
        found
    }
}

/// Whether templates call a function with what they like.
fn is_filter(def: Def<'_>) -> bool {
    def.function.decorators.iter().any(|decorator| {
        let func = decorator.as_call().map_or(decorator, |call| &call.func);
        let dotted = func.dotted().unwrap_or_default();
        ["filter", "global", "contextfilter", "pass_context", "pass_eval_context", "evalcontextfilter"]
            .iter()
            .any(|word| dotted.ends_with(word))
    })
}

/// `Field(value, html="escape")`, `render(text, escape=True)`.
fn escapes_by_argument(call: &Call) -> bool {
    call.args.iter().any(|arg| {
        let said = arg.value.as_str().is_some_and(|text| text == "escape");
        let named = arg.name.as_deref().is_some_and(|name| name.contains("escape") || name.contains("sanitize"));
        said || (named && arg.value.as_bool() == Some(true))
    })
}
