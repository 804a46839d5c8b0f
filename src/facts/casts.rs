//! Functions of the project that give their argument back in another form: `parse_boolean(text)`,
//! `empty_to_none(text)`. Knows a function by its body; what it is called with is read elsewhere.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::files::{Files, PyFile};
use super::names::definition_file;
use crate::lang::python::{Expr, ExprKind, Function, Stmt, StmtKind};
use crate::text::RepoPath;

/// What such a function makes of its first argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cast {
    /// True for these texts, in small letters, and false for every other one it takes.
    OneOf(Vec<String>),
    /// The argument itself; where it is empty or None, nothing.
    Same,
}

/// The functions of a project that cast; a file is looked into when one of its functions is asked for.
pub(super) struct Casts {
    /// The paths of the tree; no texts.
    tree: Files,
    files: BTreeMap<RepoPath, FileCasts>,
}

struct FileCasts {
    file: PyFile,
    made: OnceLock<BTreeMap<String, Cast>>,
}

impl Casts {
    pub(super) fn of(files: &Files, python: &[PyFile]) -> Self {
        let entry = |file: &PyFile| (file.path.clone(), FileCasts { file: file.clone(), made: OnceLock::new() });
        Self { tree: files.paths(), files: python.iter().map(entry).collect() }
    }

    /// The function of this name that a file makes.
    pub(super) fn of_file(&self, path: &RepoPath, name: &str) -> Option<&Cast> {
        let FileCasts { file, made } = self.files.get(path)?;
        if made.get().is_none() && !file.has(name) {
            return None;
        }
        let made = made.get_or_init(|| {
            let functions = file.module.body.iter().filter_map(|stmt| match &stmt.kind {
                StmtKind::Function(function) => Some((function.name.clone(), cast(function)?)),
                _ => None,
            });
            functions.collect()
        });
        made.get(name)
    }

    /// The function that an origin names, seen from a file.
    pub(super) fn imported(&self, from: &RepoPath, origin: &str) -> Option<&Cast> {
        let (path, function) = definition_file(&self.tree, from, origin)?;
        self.of_file(&path, &function?)
    }
}

/// What a function makes of its first parameter, where its body says so.
fn cast(function: &Function) -> Option<Cast> {
    let (first, rest) = function.params.split_first()?;
    if first.star || !function.decorators.is_empty() || rest.iter().any(|param| param.default.is_none()) {
        return None;
    }
    let mut reading =
        Reading { param: &first.name, rest: rest.iter().map(|param| param.name.as_str()).collect(), words: None };
    let gives = reading.block(&function.body)?;
    match (gives, reading.words) {
        (Gives::Argument, None) => Some(Cast::Same),
        (Gives::Truth, Some(words)) => Some(Cast::OneOf(words)),
        _ => None,
    }
}

/// What the returns of a function have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    Argument,
    Truth,
    /// Nothing yet: it raises, or gives what stands for nothing.
    Open,
}

impl Gives {
    /// What two places give together; nothing where they do not fit.
    fn with(self, other: Gives) -> Option<Gives> {
        match (self, other) {
            (Gives::Open, known) | (known, Gives::Open) => Some(known),
            (one, other) => (one == other).then_some(one),
        }
    }
}

struct Reading<'a> {
    param: &'a str,
    rest: Vec<&'a str>,
    words: Option<Vec<String>>,
}

impl Reading<'_> {
    /// What a body gives; nothing where it does anything else than to choose.
    fn block(&mut self, body: &[Stmt]) -> Option<Gives> {
        let mut gives = Gives::Open;
        for stmt in body {
            let found = match &stmt.kind {
                // The docstring.
                StmtKind::Expr(expr) if expr.as_str().is_some() => Gives::Open,
                // `text = text.strip().lower()`
                StmtKind::Assign { targets, value }
                    if targets.iter().all(|target| target.as_name() == Some(self.param)) && self.is_argument(value) =>
                {
                    Gives::Open
                }
                StmtKind::Raise(_) => Gives::Open,
                StmtKind::Return(value) => self.returned(value.as_ref()?)?,
                StmtKind::If { branches, orelse } => {
                    let mut found = self.block(orelse)?;
                    for (test, body) in branches {
                        found = found.with(self.branch(test, body)?)?;
                    }
                    found
                }
                _ => return None,
            };
            gives = gives.with(found)?;
        }
        Some(gives)
    }

    /// One branch: taken for some words, for what is empty, or for what is of a type already.
    fn branch(&mut self, test: &Expr, body: &[Stmt]) -> Option<Gives> {
        let [Stmt { kind, .. }] = body else { return None };
        let given = match kind {
            StmtKind::Return(Some(value)) => value,
            StmtKind::Raise(_) => return Some(Gives::Open),
            _ => return None,
        };
        if self.is_empty(test) {
            let nothing = matches!(given.kind, ExprKind::None | ExprKind::False)
                || given.as_name().is_some_and(|name| self.rest.contains(&name));
            return nothing.then_some(Gives::Open);
        }
        if self.is_typed(test) {
            return given.as_name().filter(|name| *name == self.param).map(|_| Gives::Open);
        }
        let words = self.compared(test)?;
        if given.as_bool()? && self.words.replace(words).is_some() {
            return None;
        }
        Some(Gives::Truth)
    }

    fn returned(&mut self, value: &Expr) -> Option<Gives> {
        match &value.kind {
            ExprKind::Name(name) if name == self.param => Some(Gives::Argument),
            ExprKind::False => Some(Gives::Truth),
            ExprKind::Compare { .. } if self.words.is_none() => {
                self.words = Some(self.compared(value)?);
                Some(Gives::Truth)
            }
            _ => None,
        }
    }

    /// The parameter, in another case or without its blanks.
    fn is_argument(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Name(name) => name == self.param,
            ExprKind::Call(call) => match &call.func.kind {
                ExprKind::Attr { value, name } => {
                    matches!(name.as_str(), "strip" | "lower" | "casefold") && self.is_argument(value)
                }
                ExprKind::Name(name) if name == "str" => {
                    call.positional(0).is_some_and(|inner| self.is_argument(inner))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `not text`, `text == ""`, `text is None`.
    fn is_empty(&self, test: &Expr) -> bool {
        match &test.kind {
            ExprKind::Not(inner) => self.is_argument(inner),
            ExprKind::Compare { operands, ops } => match (operands.as_slice(), ops.as_slice()) {
                ([left, right], [op]) if self.is_argument(left) => {
                    op == "is" && matches!(right.kind, ExprKind::None) || op == "==" && right.as_str() == Some("")
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// `isinstance(text, bool)`, `type(text) is bool`.
    fn is_typed(&self, test: &Expr) -> bool {
        let of = |expr: &Expr, name: &str| {
            expr.as_call().is_some_and(|call| {
                call.func.as_name() == Some(name) && call.positional(0).is_some_and(|inner| self.is_argument(inner))
            })
        };
        match &test.kind {
            ExprKind::Compare { operands, .. } => operands.first().is_some_and(|left| of(left, "type")),
            _ => of(test, "isinstance"),
        }
    }

    /// The words of `text in ("1", "true")`, in small letters.
    fn compared(&self, test: &Expr) -> Option<Vec<String>> {
        let ExprKind::Compare { operands, ops } = &test.kind else { return None };
        let ([left, right], [op]) = (operands.as_slice(), ops.as_slice()) else { return None };
        if !self.is_argument(left) {
            return None;
        }
        let word = |expr: &Expr| expr.as_str().map(str::to_ascii_lowercase);
        match (&right.kind, op.as_str()) {
            (ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items), "in") => {
                items.iter().map(word).collect()
            }
            (_, "==") => word(right).map(|word| vec![word]),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::parse;

    fn of(text: &str) -> Option<Cast> {
        let module = parse(text).unwrap();
        let StmtKind::Function(function) = &module.body[0].kind else { panic!() };
        cast(function)
    }

    #[test]
    fn parsers_of_switches_are_known_by_their_words() {
        let words = |words: &[&str]| Some(Cast::OneOf(words.iter().map(|word| (*word).to_owned()).collect()));
        for (text, wanted) in [
            (
                "def flag(s):\n    \"\"\"A switch.\"\"\"\n    s = s.strip().lower()\n    if s in ('yes', 'TRUE'):\n        return True\n    elif s in ('no', 'false'):\n        return False\n    else:\n        raise ValueError(s)\n",
                words(&["yes", "true"]),
            ),
            ("def flag(s):\n    return str(s).lower() in ['1', 'on']\n", words(&["1", "on"])),
            (
                "def flag(s, default=None):\n    if s is None:\n        return default\n    return s == 'on'\n",
                words(&["on"]),
            ),
            // It does more than to choose.
            ("def flag(s):\n    print(s)\n    return s == 'on'\n", None),
            ("def flag(s):\n    if s in ('yes', 'true'):\n        return False\n    return True\n", None),
            ("def flag(s, other):\n    return s == 'on'\n", None),
        ] {
            assert_eq!(of(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_gives_its_argument_back_is_the_same_value() {
        for (text, wanted) in [
            ("def some(value, default=None):\n    if value == '':\n        return default\n    return value\n", true),
            ("def some(value):\n    return value\n", true),
            ("def some(value):\n    if value == 'x':\n        return 'y'\n    return value\n", false),
            ("def some(value):\n    return value + salt\n", false),
            ("@cached\ndef some(value):\n    return value\n", false),
        ] {
            assert_eq!(of(text) == Some(Cast::Same), wanted, "{text}");
        }
    }
}
