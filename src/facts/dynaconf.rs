//! Dynaconf: which files `FlaskDynaconf(app)` loads, which tables of them count on a target, and
//! which variables go over them.

use super::data::path;
use super::files::Files;
use super::holders::{Chosen, HolderRef, Selector};
use crate::lang::python::{Call, Expr, ExprKind};
use crate::text::RepoPath;

/// What a `FlaskDynaconf` or `Dynaconf` call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The files it names; empty: those Dynaconf looks for by itself.
    pub files: Vec<String>,
    /// `FLASK`: variables `FLASK_…` go over the files.
    pub prefix: String,
    /// Whether the files have a table for each environment.
    pub tables: bool,
    /// The variables that name the environment, in order.
    pub switches: Vec<String>,
}

/// The endings Dynaconf tries for `settings` and `.secrets`.
const ENDINGS: &[&str] = &["toml", "yaml", "yml", "json", "ini"];

impl Settings {
    /// Reads the keywords of a call; `flask`: of `FlaskDynaconf`, whose defaults differ.
    pub fn of(call: &Call, flask: bool) -> Settings {
        let keyword = |names: &[&str]| {
            let given = call.args.iter().find(|arg| {
                arg.name.as_ref().is_some_and(|name| {
                    let name = name.to_ascii_lowercase();
                    names.contains(&name.trim_end_matches("_for_dynaconf"))
                })
            });
            given.map(|arg| &arg.value)
        };
        let mut files = Vec::new();
        for names in [&["settings_files", "settings_file", "settings_module"][..], &["secrets"]] {
            files.extend(keyword(names).into_iter().flat_map(texts));
        }
        let prefix = keyword(&["envvar_prefix"]).and_then(Expr::as_str).map(str::to_owned);
        let prefix = prefix.unwrap_or_else(|| if flask { "FLASK" } else { "DYNACONF" }.to_owned());
        let tables = keyword(&["environments"]);
        let tables = tables.map_or(flask, |value| !matches!(value.as_bool(), Some(false)));
        let switch = keyword(&["env_switcher"]).and_then(Expr::as_str).map(str::to_owned);
        let mut switches: Vec<String> = switch.into_iter().collect();
        if flask {
            switches.push(format!("{prefix}_ENV"));
        }
        switches.push("ENV_FOR_DYNACONF".to_owned());
        Settings { files, prefix: prefix.trim_end_matches('_').to_ascii_uppercase(), tables, switches }
    }
}

fn texts(expr: &Expr) -> Vec<String> {
    match &expr.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().flat_map(texts).collect(),
        ExprKind::Str(text) => text.value.split([',', ';']).map(|name| name.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The files that are loaded, in order.
pub fn files(files: &Files, from: &RepoPath, project: &RepoPath, settings: &Settings) -> Vec<RepoPath> {
    let mut names = settings.files.clone();
    if names.is_empty() {
        for stem in ["settings", ".secrets"] {
            names.extend(ENDINGS.iter().map(|ending| format!("{stem}.{ending}")));
        }
    }
    // `settings.local.toml` beside `settings.toml` goes over it.
    let local = |name: &String| name.rsplit_once('.').map(|(stem, ending)| format!("{stem}.local.{ending}"));
    let names: Vec<String> = names.iter().flat_map(|name| [Some(name.clone()), local(name)]).flatten().collect();
    let mut found: Vec<RepoPath> = Vec::new();
    for name in names {
        if let Some(path) = path::find(files, from, project, &name).filter(|path| !found.contains(path)) {
            found.push(path);
        }
    }
    found
}

/// The tables of the files that count on a target, the last one over those before it.
pub fn chosen(paths: &[RepoPath], settings: &Settings, env: &dyn Fn(&str) -> Option<String>) -> Vec<Chosen> {
    let mut found = Vec::new();
    if !settings.tables {
        let whole = |path: &RepoPath| HolderRef { path: path.clone(), class: None };
        found.extend(paths.iter().map(|path| Chosen::holder(Some(whole(path)), None, true)));
        return found;
    }
    let set = settings.switches.iter().find_map(|name| env(name).map(|value| (name.clone(), value)));
    let (variable, by_launch) = match &set {
        Some((name, _)) => (name.clone(), true),
        None => (settings.switches.first().cloned().unwrap_or_default(), false),
    };
    let current = set.map_or_else(|| "development".to_owned(), |(_, value)| value.to_ascii_lowercase());
    for path in paths {
        for table in ["default", current.as_str(), "global"] {
            let chosen_here = table == current;
            let selector = chosen_here.then(|| Selector {
                variable: variable.clone(),
                keys: Vec::new(),
                set_by_launch: by_launch,
            });
            let holder = HolderRef { path: path.clone(), class: Some(table.to_owned()) };
            found.push(Chosen::holder(Some(holder), selector, !chosen_here || by_launch));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::{StmtKind, parse};

    fn settings(text: &str) -> Settings {
        let module = parse(text).unwrap();
        let StmtKind::Expr(expr) = &module.body[0].kind else { panic!() };
        Settings::of(expr.as_call().unwrap(), text.starts_with("Flask"))
    }

    #[test]
    fn calls_say_files_prefix_and_switch() {
        let flask = settings("FlaskDynaconf(app)\n");
        assert_eq!((flask.prefix.as_str(), flask.tables), ("FLASK", true));
        assert_eq!(flask.switches, ["FLASK_ENV", "ENV_FOR_DYNACONF"]);
        let plain =
            settings("Dynaconf(envvar_prefix='SHOP', settings_files=['a.toml', '.b.toml'], environments=True)\n");
        assert_eq!((plain.prefix.as_str(), plain.tables, plain.files.len()), ("SHOP", true, 2));
        assert_eq!(plain.switches, ["ENV_FOR_DYNACONF"]);
        let old = settings("FlaskDynaconf(app, ENVVAR_PREFIX_FOR_DYNACONF='X', SETTINGS_FILE_FOR_DYNACONF='s.toml')\n");
        assert_eq!((old.prefix.as_str(), old.files), ("X", vec!["s.toml".to_owned()]));
    }

    #[test]
    fn the_current_table_goes_over_the_default_one() {
        let flask = settings("FlaskDynaconf(app)\n");
        let path = [RepoPath::new("settings.toml").unwrap()];
        let tables = |value: Option<&str>| -> Vec<(String, bool)> {
            let env = |name: &str| value.filter(|_| name == "FLASK_ENV").map(str::to_owned);
            let all = chosen(&path, &flask, &env);
            all.iter().map(|c| (c.holder.as_ref().unwrap().class.clone().unwrap(), c.certain)).collect()
        };
        let of = |name: &str, certain| (name.to_owned(), certain);
        assert_eq!(tables(None), [of("default", true), of("development", false), of("global", true)]);
        assert_eq!(tables(Some("Production"))[1], of("production", true));
    }
}
