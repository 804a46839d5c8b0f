//! The environment variables that the project's own code asks for: each once, with whether the app
//! fails without it and what it is for, as far as that is known.

use std::collections::{BTreeMap, BTreeSet};

use super::values::{EnvRead, FROM_ENV_FILE, Value, Valued};
use super::{Facts, PyFile};
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::text::{Location, RepoPath, Span};

/// One variable that code reads.
pub struct Asked {
    pub name: String,
    /// Where it is read, the first place that needs it.
    pub location: Location,
    /// Whether the app fails where it is not set.
    pub required: bool,
    /// Whether code has a value of its own for it, whatever that is.
    pub default: bool,
    /// The settings of the app that get its value.
    pub settings: BTreeSet<String>,
    /// Whether a file that reads it makes a `Fernet` of something.
    pub fernet: bool,
}

/// Set by the system or the host, not by a person in an env file.
const OF_THE_SYSTEM: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "PWD",
    "SHELL",
    "TERM",
    "LANG",
    "TMPDIR",
    "TEMP",
    "APPDATA",
    "HOSTNAME",
    "USERNAME",
    "PORT",
    "CI",
    "DYNO",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "DISPLAY",
    "EDITOR",
    "LOGNAME",
    "OLDPWD",
    "WERKZEUG_RUN_MAIN",
    "PYTHON_VERSION",
];

/// Beginnings of names that hosts and test runners set.
const OF_HOSTS: &[&str] = &[
    "GITHUB_ACTION",
    "CI_",
    "TRAVIS",
    "PYTEST_",
    "HEROKU_",
    "RENDER_",
    "RAILWAY_",
    "VERCEL_",
    "WEBSITE_",
    "KUBERNETES_",
    "GAE_",
    "LAMBDA_",
    "AWS_LAMBDA_",
    "npm_",
    "XDG_",
];

/// What the code of one project asks for, by name.
pub fn asked(facts: &Facts, root: &RepoPath) -> BTreeMap<String, Asked> {
    let mut found = BTreeMap::new();
    for file in facts.own_python().filter(|file| facts.same_project(&file.path, root)) {
        in_file(facts, file, &mut found);
    }
    for setting in facts.settings.iter().filter(|setting| facts.same_project(setting.path(), root)) {
        let Some(read) = setting.value.env().filter(|_| facts.is_own(setting.path())) else { continue };
        let location = facts.files.locate(setting.path(), setting.statement);
        take(&mut found, read, location).settings.insert(setting.key.clone());
    }
    found.retain(|name, _| !is_of_the_system(name));
    found
}

fn in_file(facts: &Facts, file: &PyFile, found: &mut BTreeMap<String, Asked>) {
    let Some(names) = facts.names.get(&file.path) else { return };
    let mut reads: Vec<(EnvRead, &Expr)> = Vec::new();
    // A file that looks first whether a variable is there, or sets it, can do without it.
    let mut looked_for: BTreeSet<String> = BTreeSet::new();
    // What fails there is caught.
    let mut tried: Vec<Span> = Vec::new();
    let read_in = |expr: &Expr, found: &mut BTreeSet<String>| {
        expr.walk(&mut |inner| {
            if let Value::Env(read) = Valued::of(inner, names).value {
                found.insert(read.name);
            }
        });
    };
    walk_stmts(&file.module.body, &mut |stmt| match &stmt.kind {
        StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| read_in(target, &mut looked_for)),
        StmtKind::If { branches, .. } => branches.iter().for_each(|(test, _)| read_in(test, &mut looked_for)),
        StmtKind::Try { body, handlers, .. } if !handlers.is_empty() => {
            tried.extend(body.iter().map(|stmt| stmt.span));
        }
        _ => {}
    });
    walk_exprs(&file.module.body, &mut |expr| {
        if let ExprKind::Compare { operands, ops } = &expr.kind
            && ops.iter().any(|op| op == "in" || op == "not in")
        {
            looked_for.extend(operands.first().and_then(Expr::as_str).map(str::to_owned));
        }
        if !matches!(expr.kind, ExprKind::Call(_) | ExprKind::Subscript { .. } | ExprKind::Bool { .. }) {
            return;
        }
        if let Value::Env(read) = Valued::of(expr, names).value {
            reads.push((read, expr));
        }
    });
    let fernet = names.mentions("cryptography");
    // What a script of the project needs, the app can do without.
    let script = is_script(&file.path) && !facts.apps.apps.iter().any(|app| app.path == file.path);
    for (read, expr) in reads {
        let location = facts.files.locate(&file.path, expr.span);
        let caught = tried.iter().any(|span| span.start <= expr.span.start && expr.span.end <= span.end);
        let optional = script || caught || looked_for.contains(&read.name);
        let known = take(found, &read, location);
        known.fernet |= fernet;
        known.required &= !optional;
    }
}

fn take<'f>(found: &'f mut BTreeMap<String, Asked>, read: &EnvRead, location: Location) -> &'f mut Asked {
    // A text, a number, anything but `None` and what our own reader finds in the env file.
    let is_default = |fallback: &Valued| match fallback.value {
        Value::None => false,
        Value::Unknown(why) => why != FROM_ENV_FILE,
        _ => true,
    };
    let default = read.fallback.as_deref().is_some_and(is_default);
    let required = read.required && !default;
    let known = found.entry(read.name.clone()).or_insert_with(|| Asked {
        name: read.name.clone(),
        location: location.clone(),
        required: false,
        default: false,
        settings: BTreeSet::new(),
        fernet: false,
    });
    if required && !known.required {
        known.location = location;
    }
    known.required |= required;
    known.default |= default;
    known
}

/// Whether a file is a helper beside the app, by the directory it lies in.
fn is_script(path: &RepoPath) -> bool {
    let dirs = ["bin", "script", "scripts", "tools", "ci", ".ci", ".github", "release", "benchmarks"];
    path.parent().components().any(|part| dirs.contains(&part))
}

fn is_of_the_system(name: &str) -> bool {
    name.is_empty()
        || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        || OF_THE_SYSTEM.contains(&name)
        || OF_HOSTS.iter().any(|start| name.starts_with(start))
}
