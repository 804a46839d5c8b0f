//! Gunicorn configuration files: which variables they set for the app, and which settings they
//! hold. They are Python, read as such, never run.

use super::files::{Files, PyFile};
use super::names::Names;
use super::values::{Value, Valued};
use crate::lang::python::{Call, ExprKind, StmtKind, walk_exprs};
use crate::text::{Location, RepoPath, Span};

/// What one `gunicorn.conf.py` says.
pub struct ServerConf {
    pub path: RepoPath,
    pub env: Vec<ConfVar>,
    /// Module-level names it sets, with the value.
    pub settings: Vec<ConfSetting>,
    /// Functions it defines (server hooks).
    pub hooks: Vec<String>,
    /// Offset behind the imports, where lines can be added.
    pub after_imports: usize,
}

/// `name = value` at the file's top.
pub struct ConfSetting {
    pub name: String,
    pub name_span: Span,
    pub value: Valued,
}

/// `os.environ.setdefault("NAME", "value")` and the like.
pub struct ConfVar {
    pub name: String,
    pub value: String,
    /// `os.environ["NAME"] = …` and `raw_env` replace what was set before.
    pub overrides: bool,
    pub location: Location,
}

/// Whether a Python file is a gunicorn configuration by its name or by what a launch names.
pub fn is_server_conf(path: &RepoPath, named: &[&RepoPath]) -> bool {
    let name = path.name();
    named.contains(&path)
        || name == "gunicorn.conf.py"
        || (path.extension() == "py" && name.to_ascii_lowercase().contains("gunicorn"))
}

pub fn read(files: &Files, file: &PyFile, names: &Names) -> ServerConf {
    let mut conf = ServerConf {
        path: file.path.clone(),
        env: Vec::new(),
        settings: Vec::new(),
        hooks: Vec::new(),
        after_imports: crate::lang::python::after_imports(&file.module),
    };
    for stmt in &file.module.body {
        match &stmt.kind {
            StmtKind::Function(function) => conf.hooks.push(function.name.clone()),
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    if let Some(name) = target.as_name() {
                        if let (true, ExprKind::List(items)) = (name == "raw_env", &value.kind) {
                            for item in items {
                                raw_env(files, file, item.as_str(), item.span, &mut conf.env);
                            }
                        }
                        conf.settings.push(ConfSetting {
                            name: name.to_owned(),
                            name_span: target.span,
                            value: Valued::of(value, names),
                        });
                    }
                    if let ExprKind::Subscript { value: base, index } = &target.kind {
                        let text = match Valued::of(value, names).value {
                            Value::Text { secret, .. } => secret.expose().to_owned(),
                            _ => continue,
                        };
                        if let (Some("os.environ"), Some(name)) =
                            (names.resolve(base).as_deref(), index.first().and_then(|key| key.as_str()))
                        {
                            let location = files.locate(&file.path, target.span);
                            conf.env.push(ConfVar { name: name.to_owned(), value: text, overrides: true, location });
                        }
                    }
                }
            }
            _ => {}
        }
    }
    walk_exprs(&file.module.body, &mut |expr| {
        if let Some(call) = expr.as_call() {
            setdefault(files, file, names, call, expr.span, &mut conf.env);
        }
    });
    conf
}

fn raw_env(files: &Files, file: &PyFile, item: Option<&str>, span: Span, env: &mut Vec<ConfVar>) {
    if let Some((name, value)) = item.and_then(|text| text.split_once('=')) {
        let location = files.locate(&file.path, span);
        env.push(ConfVar { name: name.to_owned(), value: value.to_owned(), overrides: true, location });
    }
}

fn setdefault(files: &Files, file: &PyFile, names: &Names, call: &Call, span: Span, env: &mut Vec<ConfVar>) {
    if names.resolve(&call.func).as_deref() != Some("os.environ.setdefault") {
        return;
    }
    let (Some(name), Some(value)) =
        (call.positional(0).and_then(|e| e.as_str()), call.positional(1).and_then(|e| e.as_str()))
    else {
        return;
    };
    let location = files.locate(&file.path, span);
    env.push(ConfVar { name: name.to_owned(), value: value.to_owned(), overrides: false, location });
}
