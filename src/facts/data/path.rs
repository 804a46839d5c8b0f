//! Which file an expression names: the path handed to `open`, `from_pyfile` or `json.load`, read
//! as far as its last part is written out or an environment variable gives it.

use super::reads::Bound;
use crate::facts::files::Files;
use crate::facts::names::Names;
use crate::facts::values::{Value, Valued};
use crate::lang::python::{BoolOp, Call, Expr, ExprKind};
use crate::repo::{FileRole, role};
use crate::text::RepoPath;

/// How deep a path is followed through names.
const MAX_STEPS: usize = 8;

/// A file as Python names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileName {
    /// Its path, or what is written out at the end of it.
    Written(String),
    /// What an environment variable says, else another file.
    Env {
        variable: String,
        otherwise: Option<Box<FileName>>,
    },
    Unknown,
}

impl FileName {
    /// The file where the variable is not set.
    pub fn written(&self) -> Option<&str> {
        match self {
            FileName::Written(name) => Some(name),
            FileName::Env { otherwise, .. } => otherwise.as_deref()?.written(),
            FileName::Unknown => None,
        }
    }

    /// The variable that names it first.
    pub fn variable(&self) -> Option<&str> {
        match self {
            FileName::Env { variable, .. } => Some(variable),
            _ => None,
        }
    }

    /// The file in an environment, and whether the environment named it.
    pub fn in_env(&self, env: &dyn Fn(&str) -> Option<String>) -> Option<(String, bool)> {
        match self {
            FileName::Written(name) => Some((name.clone(), false)),
            FileName::Env { variable, otherwise } => match env(variable) {
                Some(name) => Some((name, true)),
                None => otherwise.as_deref()?.in_env(env),
            },
            FileName::Unknown => None,
        }
    }
}

/// Reads file names in one file.
pub struct PathReader<'a> {
    pub names: &'a Names,
    /// What names are bound to, for those a path goes through.
    pub bound: &'a [Bound<'a>],
}

impl PathReader<'_> {
    /// The file an expression names.
    pub fn read(&self, expr: &Expr) -> FileName {
        self.read_within(expr, MAX_STEPS)
    }

    fn read_within(&self, expr: &Expr, steps: usize) -> FileName {
        let Some(steps) = steps.checked_sub(1) else { return FileName::Unknown };
        match &expr.kind {
            ExprKind::Str(text) => FileName::Written(text.value.clone()),
            ExprKind::FString { text, .. } => match text.rsplit('/').next() {
                Some(name) if name.contains('.') => FileName::Written(name.to_owned()),
                _ => FileName::Unknown,
            },
            ExprKind::Name(name) => match self.bound_before(name, expr.span.start) {
                Some(value) => self.read_within(value, steps),
                None => FileName::Unknown,
            },
            ExprKind::Binary { op, right, .. } if op == "/" || op == "+" => match self.read_within(right, steps) {
                FileName::Written(name) => FileName::Written(name.trim_start_matches('/').to_owned()),
                other => other,
            },
            ExprKind::Bool { op: BoolOp::Or, left, right } => {
                self.read_within(left, steps).or(self.read_within(right, steps))
            }
            ExprKind::List(items) | ExprKind::Tuple(items) if items.len() == 1 => self.read_within(&items[0], steps),
            ExprKind::Subscript { .. } => self.variable(expr),
            ExprKind::Call(call) => self.called(expr, call, steps),
            _ => FileName::Unknown,
        }
    }

    fn called(&self, expr: &Expr, call: &Call, steps: usize) -> FileName {
        let environment = self.variable(expr);
        if let FileName::Env { variable, .. } = environment {
            let default = call.keyword("default").map(|arg| &arg.value).or_else(|| call.positional(1));
            let otherwise = default.map(|expr| self.read_within(expr, steps)).filter(|name| *name != FileName::Unknown);
            return FileName::Env { variable, otherwise: otherwise.map(Box::new) };
        }
        let last = call.args.iter().rfind(|arg| arg.name.is_none() && arg.stars == 0).map(|arg| &arg.value);
        let name = match &call.func.kind {
            ExprKind::Attr { name, .. } | ExprKind::Name(name) => name.as_str(),
            _ => return FileName::Unknown,
        };
        let inside = match (&call.func.kind, name) {
            (
                _,
                "open" | "abspath" | "expanduser" | "realpath" | "str" | "open_resource" | "open_instance_resource",
            ) if !call.args.is_empty() => call.positional(0),
            // `Path("x").open()`, `path.read_text()`, `f.read()`
            (ExprKind::Attr { value, .. }, "open" | "read" | "read_text" | "resolve" | "read_bytes" | "absolute") => {
                Some(&**value)
            }
            (_, "join" | "joinpath" | "Path" | "PurePath") => last,
            _ => None,
        };
        inside.map_or(FileName::Unknown, |inside| self.read_within(inside, steps))
    }

    /// A read of a variable, without its fallback.
    fn variable(&self, expr: &Expr) -> FileName {
        match Valued::of(expr, self.names).value {
            Value::Env(read) => FileName::Env { variable: read.name, otherwise: None },
            _ => FileName::Unknown,
        }
    }

    /// What a name was given last before a place; a name of the same function first.
    fn bound_before(&self, name: &str, at: usize) -> Option<&Expr> {
        let mine = || self.bound.iter().filter(|bound| bound.name == name);
        let before = mine().filter(|bound| bound.at < at && bound.scope.start <= at && at < bound.scope.end);
        before.max_by_key(|bound| (bound.scope.start, bound.at)).or_else(|| mine().next_back()).map(|bound| bound.value)
    }
}

impl FileName {
    fn or(self, other: FileName) -> FileName {
        match self {
            FileName::Env { variable, otherwise: None } if other != FileName::Unknown => {
                FileName::Env { variable, otherwise: Some(Box::new(other)) }
            }
            FileName::Unknown => other,
            known => known,
        }
    }
}

/// The file of the tree that a name written in a file means: beside it, from the project's root,
/// in the instance folder, else the only one of that name below the project.
pub fn find(files: &Files, from: &RepoPath, project: &RepoPath, name: &str) -> Option<RepoPath> {
    if name.is_empty() || name.starts_with('/') {
        return None;
    }
    let name = name.trim_start_matches("./");
    let mut folder = from.parent();
    let mut rest = name;
    while let Some(below) = rest.strip_prefix("../") {
        (folder, rest) = (folder.parent(), below);
    }
    let instance = format!("instance/{rest}");
    let near = [
        folder.join(rest),
        project.join(rest),
        project.join(&instance),
        folder.join(&instance),
        folder.parent().join(&instance),
        RepoPath::root().join(rest),
    ];
    if let Some(path) = near.into_iter().flatten().find(|path| files.exists(path)) {
        return Some(path);
    }
    let tail = format!("/{rest}");
    // The settings of tests and examples are theirs.
    let own = |path: &RepoPath| matches!(role(path), FileRole::Source) || role(path) == role(from);
    let mut alike =
        files.all.keys().filter(|path| path.is_below(project) && path.as_str().ends_with(&tail) && own(path));
    match (alike.next(), alike.next()) {
        (Some(only), None) => Some(only.clone()),
        _ => None,
    }
}
