//! What selects a configuration: the expression given to `from_object` or to an app factory, read
//! into the few forms that can be followed. Knows one file; which file a name means is asked later.

use super::names::Names;
use super::values::{Value, Valued};
use crate::lang::python::{Call, Expr, ExprKind, Function, Stmt, StmtKind, Str};
use crate::text::{SourceFile, Span};

/// How deep a selection is read through local names.
const MAX_STEPS: usize = 6;

/// What `from_object` or a factory's parameter is given.
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
    /// A parameter of the enclosing function, and what counts where it is left out.
    Parameter {
        name: String,
        otherwise: Option<Box<Selection>>,
    },
    /// A text literal that is a key, not a name.
    Text(String),
    /// A text put together from several.
    Joined(Vec<Selection>),
    /// A text in another case.
    Cased(Box<Selection>, Case),
    /// `a if test else b`; the place of the test.
    Either {
        test: Span,
        then: Box<Selection>,
        otherwise: Box<Selection>,
    },
    /// A name that is given several things under conditions, in order, each with its place.
    Several(Vec<(Span, Selection)>),
    /// `None`: nothing is handed over.
    Nothing,
    Unknown,
}

/// `lower()` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Lower,
    Upper,
    Capitalized,
}

impl Case {
    pub fn of(self, text: &str) -> String {
        match self {
            Case::Lower => text.to_lowercase(),
            Case::Upper => text.to_uppercase(),
            Case::Capitalized => {
                let mut chars = text.chars();
                chars.next().map_or_else(String::new, |first| {
                    first.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()
                })
            }
        }
    }
}

/// Reads the selections of one place in a file.
pub struct Reader<'a> {
    pub body: &'a [Stmt],
    pub names: &'a Names,
    pub source: Option<&'a SourceFile>,
    /// The function around the place.
    pub function: Option<&'a Function>,
}

impl Reader<'_> {
    /// What an expression selects; `key`: texts are keys of a mapping, not dotted names.
    pub fn read(&self, expr: &Expr, key: bool) -> Selection {
        self.read_within(expr, key, MAX_STEPS)
    }

    fn read_within(&self, expr: &Expr, key: bool, steps: usize) -> Selection {
        let Some(steps) = steps.checked_sub(1) else { return Selection::Unknown };
        match &expr.kind {
            ExprKind::None => Selection::Nothing,
            // `def create_app(more={})`
            ExprKind::Dict(items) if items.is_empty() => Selection::Nothing,
            ExprKind::Str(Str { value, .. }) if key => Selection::Text(value.clone()),
            ExprKind::Str(Str { value, .. }) => Selection::Dotted(value.replace(':', ".")),
            ExprKind::Name(name) => self.name(name, expr.span.start, key, steps),
            ExprKind::Attr { .. } => expr.dotted().map_or(Selection::Unknown, Selection::Dotted),
            ExprKind::Subscript { value, index } if self.names.resolve(value).as_deref() != Some("os.environ") => {
                match (value.dotted(), index.first()) {
                    (Some(mapping), Some(index)) => {
                        Selection::Mapped { mapping, key: Box::new(self.read_within(index, true, steps)) }
                    }
                    _ => Selection::Unknown,
                }
            }
            ExprKind::Call(call) => self.called(expr, call, key, steps),
            ExprKind::FString { parts, .. } => self.f_string(expr, parts, steps),
            ExprKind::Binary { op, left, right } if op == "+" => {
                Selection::Joined(vec![self.read_within(left, true, steps), self.read_within(right, true, steps)])
            }
            ExprKind::Binary { op, left, right } if op == "%" => {
                let values = match &right.kind {
                    ExprKind::Tuple(values) => values.iter().collect(),
                    _ => vec![&**right],
                };
                left.as_str().map_or(Selection::Unknown, |text| self.formatted(text, "%s", &values, steps))
            }
            ExprKind::Bool { left, right, .. } => match self.environment(expr, key, steps) {
                // `config or Default`
                Selection::Unknown => match self.read_within(left, key, steps) {
                    Selection::Parameter { name, otherwise: None } => {
                        let otherwise = Some(Box::new(self.read_within(right, key, steps)));
                        Selection::Parameter { name, otherwise }
                    }
                    _ => Selection::Unknown,
                },
                found => found,
            },
            ExprKind::Cond { body, test, orelse } => match self.environment(expr, key, steps) {
                Selection::Unknown => Selection::Either {
                    test: test.span,
                    then: Box::new(self.read_within(body, key, steps)),
                    otherwise: Box::new(self.read_within(orelse, key, steps)),
                },
                found => found,
            },
            _ => self.environment(expr, key, steps),
        }
    }

    fn called(&self, expr: &Expr, call: &Call, key: bool, steps: usize) -> Selection {
        if let found @ Selection::Env { .. } = self.environment(expr, key, steps)
            && !matches!(&call.func.kind, ExprKind::Attr { name, .. } if case(name).is_some())
        {
            return found;
        }
        if let ExprKind::Attr { value, name } = &call.func.kind {
            if let (true, Some(text)) = (name == "format", value.as_str()) {
                let values: Vec<&Expr> = call.args.iter().map(|arg| &arg.value).collect();
                return self.formatted(text, "{}", &values, steps);
            }
            if name == "get"
                && let (Some(mapping), Some(index)) = (value.dotted(), call.positional(0))
            {
                return Selection::Mapped { mapping, key: Box::new(self.read_within(index, true, steps)) };
            }
            if name == "strip" {
                return self.read_within(value, key, steps);
            }
            if let Some(case) = case(name) {
                return Selection::Cased(Box::new(self.read_within(value, key, steps)), case);
            }
        }
        match self.names.resolve(&call.func).as_deref() {
            Some("werkzeug.utils.import_string" | "import_string" | "importlib.import_module") => {
                call.positional(0).map_or(Selection::Unknown, |inner| self.read_within(inner, false, steps))
            }
            Some("str") => call.positional(0).map_or(Selection::Unknown, |inner| self.read_within(inner, key, steps)),
            // `Config()`, `Config("production")`: an instance of a class.
            Some(name) if name.rsplit('.').next().is_some_and(starts_upper) => {
                call.func.dotted().map_or(Selection::Unknown, Selection::Dotted)
            }
            _ => Selection::Unknown,
        }
    }

    fn environment(&self, expr: &Expr, key: bool, steps: usize) -> Selection {
        let value = Valued::of(expr, self.names);
        let Some(read) = value.env() else { return Selection::Unknown };
        if !matches!(value.value, Value::Env(_)) && !matches!(expr.kind, ExprKind::Call(_)) {
            return Selection::Unknown;
        }
        let fallback = read.fallback.as_ref().map(|fallback| {
            let mut found = Selection::Unknown;
            expr.walk(&mut |inner| {
                if inner.span == fallback.span {
                    found = self.read_within(inner, key, steps);
                }
            });
            Box::new(found)
        });
        Selection::Env { name: read.name.clone(), fallback }
    }

    /// `f"config.{name}Config"`: the text between the parts is taken from the file.
    fn f_string(&self, expr: &Expr, parts: &[Expr], steps: usize) -> Selection {
        let Some(raw) = self.source.and_then(|source| source.text.get(expr.span.start..expr.span.end)) else {
            return Selection::Unknown;
        };
        let open = raw.find(['"', '\'']).map_or(0, |at| at + 1);
        let (mut at, mut pieces) = (open, Vec::new());
        for part in parts {
            let (start, end) = (part.span.start - expr.span.start, part.span.end - expr.span.start);
            let Some(before) = raw.get(at..start).and_then(|text| text.trim_end().strip_suffix('{')) else {
                return Selection::Unknown;
            };
            pieces.push(Selection::Text(before.to_owned()));
            pieces.push(self.read_within(part, true, steps));
            at = raw.get(end..).and_then(|rest| rest.find('}')).map_or(raw.len(), |close| end + close + 1);
        }
        let rest = raw.get(at..).unwrap_or_default().trim_end_matches(['"', '\'']);
        pieces.push(Selection::Text(rest.to_owned()));
        Selection::Joined(pieces)
    }

    fn formatted(&self, text: &str, mark: &str, values: &[&Expr], steps: usize) -> Selection {
        let texts: Vec<&str> = text.split(mark).collect();
        if texts.len() != values.len() + 1 {
            return Selection::Unknown;
        }
        let mut pieces = vec![Selection::Text(texts[0].to_owned())];
        for (value, text) in values.iter().zip(&texts[1..]) {
            pieces.push(self.read_within(value, true, steps));
            pieces.push(Selection::Text((*text).to_owned()));
        }
        Selection::Joined(pieces)
    }

    /// A name: what the function or module gave it before this place, a parameter, else itself.
    fn name(&self, name: &str, at: usize, key: bool, steps: usize) -> Selection {
        let parameter = self.function.is_some_and(|function| function.params.iter().any(|param| param.name == name));
        let mut here = Vec::new();
        if let Some(function) = self.function {
            assignments(&function.body, name, false, &mut here);
            here.retain(|(value, _)| value.span.start < at);
        }
        if here.is_empty() && !parameter {
            assignments(self.body, name, false, &mut here);
        }
        let firm = here.iter().rposition(|(_, conditional)| !conditional);
        let loose: Vec<&Expr> = here[firm.map_or(0, |at| at + 1)..].iter().map(|(value, _)| *value).collect();
        let base = match firm {
            Some(at) => self.assigned(here[at].0, key, steps),
            None if parameter => match self.option_default(name) {
                // Who leaves the option out starts with its default.
                Some(default) => self.assigned(default, key, steps),
                None => Selection::Parameter { name: name.to_owned(), otherwise: None },
            },
            None if loose.is_empty() => return Selection::Dotted(name.to_owned()),
            None => Selection::Unknown,
        };
        match (base, loose.as_slice()) {
            (base, []) => base,
            // `if config is None: config = …`
            (Selection::Parameter { name, otherwise: None }, [other]) => {
                let otherwise = Some(Box::new(self.assigned(other, key, steps)));
                Selection::Parameter { name, otherwise }
            }
            (Selection::Nothing, [other]) => self.assigned(other, key, steps),
            (Selection::Env { name, fallback: None }, [other]) => {
                Selection::Env { name, fallback: Some(Box::new(self.assigned(other, key, steps))) }
            }
            (base, loose) => {
                let base = firm.map(|at| (here[at].0.span, base));
                let loose = loose.iter().map(|value| (value.span, self.assigned(value, key, steps)));
                Selection::Several(base.into_iter().chain(loose).collect())
            }
        }
    }

    /// The default of a parameter that `@click.option("--name", default=…)` fills.
    fn option_default(&self, name: &str) -> Option<&Expr> {
        self.function?.decorators.iter().filter_map(Expr::as_call).find_map(|call| {
            let made = call.func.dotted().is_some_and(|func| func.ends_with("option"));
            let option = |text: &str| text.starts_with("--") && text[2..].replace('-', "_") == name || text == name;
            let named =
                call.args.iter().filter(|arg| arg.name.is_none()).filter_map(|arg| arg.value.as_str()).any(option);
            (made && named).then(|| call.keyword("default").map(|arg| &arg.value)).flatten()
        })
    }

    fn assigned(&self, value: &Expr, key: bool, steps: usize) -> Selection {
        let readable = matches!(
            value.kind,
            ExprKind::None
                | ExprKind::Str(_)
                | ExprKind::Name(_)
                | ExprKind::Attr { .. }
                | ExprKind::Subscript { .. }
                | ExprKind::Call(_)
                | ExprKind::FString { .. }
                | ExprKind::Binary { .. }
                | ExprKind::Bool { .. }
                | ExprKind::Cond { .. }
        );
        if readable { self.read_within(value, key, steps) } else { Selection::Unknown }
    }
}

/// What a body gives a name, in order, and whether below a condition. Functions and classes inside
/// are not entered.
pub fn assignments<'s>(body: &'s [Stmt], name: &str, conditional: bool, found: &mut Vec<(&'s Expr, bool)>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Assign { targets, value } if targets.iter().any(|target| target.as_name() == Some(name)) => {
                found.push((value, conditional));
            }
            StmtKind::Function(_) | StmtKind::Class(_) => {}
            // The body of a `try` is expected to run.
            StmtKind::Try { body, handlers, orelse, finally } => {
                assignments(body, name, conditional, found);
                let rest = handlers.iter().map(|handler| &handler.body).chain([orelse, finally]);
                rest.for_each(|block| assignments(block, name, true, found));
            }
            _ => {
                let inner = conditional || !matches!(stmt.kind, StmtKind::With { .. });
                for block in stmt.blocks() {
                    assignments(block, name, inner, found);
                }
            }
        }
    }
}

fn case(method: &str) -> Option<Case> {
    match method {
        "lower" | "casefold" => Some(Case::Lower),
        "upper" => Some(Case::Upper),
        "capitalize" | "title" => Some(Case::Capitalized),
        _ => None,
    }
}

fn starts_upper(name: &str) -> bool {
    name.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;
    use crate::text::RepoPath;

    /// The selection of the last statement of `create_app`, an expression.
    fn read(text: &str) -> Selection {
        let text = format!("import os\n{text}\n");
        let module = parse(&text).unwrap();
        let names = Names::of(&module);
        let source = SourceFile::new(RepoPath::new("a.py").unwrap(), text, 0o644);
        let StmtKind::Function(function) = &module.body.last().unwrap().kind else { panic!() };
        let StmtKind::Expr(expr) = &function.body.last().unwrap().kind else { panic!() };
        let reader = Reader { body: &module.body, names: &names, source: Some(&source), function: Some(function) };
        reader.read(expr, false)
    }

    fn env(name: &str, fallback: Option<Selection>) -> Selection {
        Selection::Env { name: name.to_owned(), fallback: fallback.map(Box::new) }
    }

    fn text(text: &str) -> Selection {
        Selection::Text(text.to_owned())
    }

    #[test]
    fn local_names_are_followed_to_what_they_were_given() {
        let read_env = env("C", Some(text("dev")));
        let otherwise = Some(Box::new(read_env.clone()));
        let wanted = Selection::Mapped {
            mapping: "configs".to_owned(),
            key: Box::new(Selection::Parameter { name: "name".to_owned(), otherwise }),
        };
        for body in [
            "def f(name=None):\n    if name is None:\n        name = os.getenv('C', 'dev')\n    configs[name]",
            "def f(name=None):\n    name = name or os.getenv('C', 'dev')\n    configs[name]",
            "def f(name):\n    chosen = name\n    if not isinstance(name, str):\n        chosen = os.getenv('C', 'dev')\n    configs[chosen]",
        ] {
            assert_eq!(read(body), wanted, "{body}");
        }
        assert_eq!(
            read("C = os.environ.get('C') or 'a.B'\ndef f():\n    C"),
            env("C", Some(Selection::Dotted("a.B".into())))
        );
    }

    #[test]
    fn texts_put_together_keep_their_order() {
        let wanted = Selection::Joined(vec![text("app.settings."), env("C", None), text("Config")]);
        for body in [
            "def f():\n    f\"app.settings.{os.environ['C']}Config\"",
            "def f():\n    'app.settings.%sConfig' % os.environ['C']",
            "def f():\n    'app.settings.{}Config'.format(os.environ['C'])",
            "def f():\n    c = os.environ['C']\n    f'app.settings.{c}Config'",
        ] {
            assert_eq!(read(body), wanted, "{body}");
        }
        assert_eq!(Case::Capitalized.of("dEV"), "Dev");
    }
}
