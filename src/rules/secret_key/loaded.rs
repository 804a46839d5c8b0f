//! Whether the module of a setting loads the env file itself, above the setting and by a path that
//! does not depend on where the app is started: then the variable is there, and a second reader
//! would be one too many.

use crate::facts::{Facts, Setting};
use crate::lang::python::{Expr, ExprKind, Module, Stmt, StmtKind};
use crate::text::RepoPath;

/// How far names are followed.
const STEPS: usize = 8;

/// Whether `load_dotenv(PATH)` with the path of the env file always runs above a setting, in the
/// same module.
pub(super) fn loads_env_file(facts: &Facts, setting: &Setting, env_file: &RepoPath) -> bool {
    let Some(file) = facts.py(setting.path()) else { return false };
    let Some(names) = facts.names.get(setting.path()) else { return false };
    let places = Places { module: &file.module, path: setting.path() };
    let loads = |expr: &Expr| {
        let Some(call) = expr.as_call() else { return false };
        let loads = names
            .resolve(&call.func)
            .is_some_and(|origin| matches!(origin.as_str(), "dotenv.load_dotenv" | "dotenv.main.load_dotenv"));
        let given = call.positional(0).or_else(|| call.keyword("dotenv_path").map(|arg| &arg.value));
        loads && given.and_then(|path| places.of(path, STEPS)).as_ref() == Some(env_file)
    };
    let above = file.module.body.iter().take_while(|stmt| stmt.span.end <= setting.statement.start);
    above.into_iter().any(|stmt| match &stmt.kind {
        StmtKind::Expr(expr) => loads(expr),
        // `if os.path.exists(path): load_dotenv(path)`
        StmtKind::If { branches, .. } => {
            let [(test, body), ..] = branches.as_slice() else { return false };
            let asks = test.as_call().filter(|call| {
                matches!(names.resolve(&call.func).as_deref(), Some("os.path.exists" | "os.path.isfile"))
            });
            let same = asks.and_then(|call| places.of(call.positional(0)?, STEPS)).as_ref() == Some(env_file);
            same && body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Expr(expr) if loads(expr)))
        }
        _ => false,
    })
}

/// Paths that code computes from its own place.
struct Places<'m> {
    module: &'m Module,
    path: &'m RepoPath,
}

impl Places<'_> {
    /// The place an expression names, from the tree's root.
    fn of(&self, expr: &Expr, steps: usize) -> Option<RepoPath> {
        if steps == 0 {
            return None;
        }
        let steps = steps - 1;
        match &expr.kind {
            ExprKind::Name(name) if name == "__file__" => Some(self.path.clone()),
            ExprKind::Name(name) => self.of(self.assigned(name)?, steps),
            ExprKind::Attr { value, name } if name == "parent" => above(&self.of(value, steps)?),
            ExprKind::Binary { op, left, right } if op == "/" => self.of(left, steps)?.join(right.as_str()?),
            ExprKind::Call(call) => {
                let first = call.positional(0);
                let dotted = call.func.dotted();
                match dotted.as_deref().unwrap_or_default().rsplit('.').next().unwrap_or_default() {
                    "dirname" => above(&self.of(first?, steps)?),
                    "abspath" | "realpath" | "normpath" | "Path" | "str" | "fspath" => self.of(first?, steps),
                    "join" => {
                        let mut place = self.of(first?, steps)?;
                        for at in 1..call.args.len() {
                            place = place.join(call.positional(at)?.as_str()?)?;
                        }
                        Some(place)
                    }
                    _ => self.method(&call.func, first, steps),
                }
            }
            _ => None,
        }
    }

    /// `PATH.resolve()`, `PATH.joinpath(".env")`, `PATH.with_name(".env")`.
    fn method(&self, func: &Expr, first: Option<&Expr>, steps: usize) -> Option<RepoPath> {
        let ExprKind::Attr { value, name } = &func.kind else { return None };
        let place = self.of(value, steps)?;
        match name.as_str() {
            "resolve" | "absolute" => Some(place),
            "joinpath" => place.join(first?.as_str()?),
            "with_name" => above(&place)?.join(first?.as_str()?),
            _ => None,
        }
    }

    /// What a name of the module is given, where that is one thing.
    fn assigned(&self, name: &str) -> Option<&Expr> {
        let gives = |stmt: &&Stmt| {
            matches!(&stmt.kind, StmtKind::Assign { targets, .. }
                if targets.iter().any(|target| target.as_name() == Some(name)))
        };
        let mut found = self.module.body.iter().filter(gives);
        match (found.next().map(|stmt| &stmt.kind), found.next()) {
            (Some(StmtKind::Assign { value, .. }), None) => Some(value),
            _ => None,
        }
    }
}

/// The directory above a place; nothing above the tree's root.
fn above(place: &RepoPath) -> Option<RepoPath> {
    (!place.is_root()).then(|| place.parent())
}
