//! uWSGI's own settings files.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::Start;
use super::vars::{self, whole_lines};
use super::{Deployments, Kind, roles, servers};
use crate::facts::{LaunchRole, LaunchVar, Server};
use crate::lang::ini::{Continues, Section, Setting, sections};
use crate::text::{Location, RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "uwsgi", matches, read };

fn matches(path: &RepoPath) -> bool {
    path.extension() == "ini"
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    if !file.text.contains("[uwsgi]") {
        return;
    }
    let all = sections(&file.text, Continues::Never);
    let Some(section) = all.iter().find(|section| section.name == "uwsgi") else { return };
    let get = |keys: &[&str]| keys.iter().find_map(|key| section.get(key)).map(|setting| value(setting).to_owned());
    let mut scope = Scope::new(context, RepoPath::root());
    scope.cwd = match get(&["chdir", "chdir2"]) {
        Some(dir) if dir.starts_with('/') => context.guess_dir(&dir),
        // uWSGI's name for the directory of this file, with a slash at its end.
        Some(dir) if dir.starts_with("%d") => {
            file.path.parent().join(dir[2..].trim_start_matches('/')).unwrap_or_else(|| file.path.parent())
        }
        Some(dir) => file.path.parent().join(&dir).unwrap_or_else(|| file.path.parent()),
        None => file.path.parent(),
    };
    let (module, script) = (get(&["module", "wsgi"]), get(&["wsgi-file", "file"]));
    let target = servers::uwsgi_target(
        module.as_deref(),
        script.as_deref(),
        get(&["mount"]).as_deref(),
        get(&["callable"]).as_deref(),
    );
    let env: Vec<LaunchVar> = section.all("env").filter_map(|setting| variable(file, setting)).collect();
    if target.is_none() && script.is_none() {
        found.loose.extend(env);
        return;
    }
    let mut start = Start::of_image(Server::Uwsgi, &scope);
    start.started.target = target;
    start.started.script = script.and_then(|text| scope.path(&text));
    start.started.conf = Some(file.path.clone());
    start.started.bind =
        get(&["http", "http-socket", "https", "https-socket", "socket", "uwsgi-socket", "wsgi-socket"]);
    start.started.https = get(&["https", "https-socket"]).is_some();
    let mut frame = Frame::new(KIND.name, file, file.path.stem(), section.head);
    frame.role = roles::of_path(&file.path, LaunchRole::Production);
    frame.env = env;
    let mut launch = frame.launch(start);
    launch.debug_flag = reload(section).map(|setting| Location::in_file(file, setting.item));
    found.launches.push(launch);
}

/// A value without the comment behind it.
fn value(setting: &Setting) -> &str {
    setting
        .value
        .find(" ;")
        .or_else(|| setting.value.find(" #"))
        .map_or(setting.value.as_str(), |at| &setting.value[..at])
        .trim()
}

/// `env = NAME=value`.
fn variable(file: &SourceFile, setting: &Setting) -> Option<LaunchVar> {
    let text = value(setting);
    let (name, inner) = text.split_once('=')?;
    let start = setting.span.start + text.len() - inner.len();
    let span = Span::new(start, start + inner.len());
    let expands = inner.contains("$(");
    let mut var = vars::var(file, name.trim(), inner, false, span, Some(whole_lines(file, setting.item)));
    if expands {
        (var.value, var.value_span, var.origin) = (None, None, crate::facts::VarOrigin::Elsewhere);
    }
    Some(var)
}

/// The setting that reloads the code when it changes.
fn reload(section: &Section) -> Option<&Setting> {
    let setting = ["py-autoreload", "python-autoreload", "py-auto-reload"].iter().find_map(|key| section.get(key))?;
    (value(setting) != "0" && value(setting) != "false").then_some(setting)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};
    use crate::facts::LaunchRole;

    #[test]
    fn module_and_callable_name_the_app() {
        let ini = "[uwsgi]\nchdir = /srv/shop/src\nmodule = shop.main\ncallable = server\nsocket = 0.0.0.0:3031\nenv = FLASK_DEBUG=1\nenv = KEY=$(KEY)\npy-autoreload = 1\n";
        let trial = Trial::new(&[("conf/uwsgi.ini", ini), ("src/shop/main.py", "")]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "uwsgi uWSGI shop.main:server Production Platform");
        assert_eq!((launch.cwd.as_str(), launch.bind.as_deref()), ("src", Some("0.0.0.0:3031")));
        assert_eq!((env(&launch)["FLASK_DEBUG"], env(&launch)["KEY"]), (Some("1"), None));
        assert_eq!(trial.without(&launch, "FLASK_DEBUG"), ini.replace("env = FLASK_DEBUG=1\n", ""));
        assert!(launch.debug_flag.is_some());
    }

    #[test]
    fn files_mounts_and_other_ini_files() {
        let launch = Trial::new(&[("uwsgi.ini", "[uwsgi]\nwsgi-file = wsgi.py\nhttp = :80\n"), ("wsgi.py", "")]).one();
        assert_eq!((launch.script.unwrap().as_str(), launch.target.unwrap().module.as_str()), ("wsgi.py", "wsgi"));
        let trial = Trial::new(&[("conf/u.ini", "[uwsgi]\nchdir = %d../web\nmodule = shop\n"), ("web/shop.py", "")]);
        assert_eq!(trial.one().cwd.as_str(), "web");
        let launch = Trial::new(&[("u.ini", "[uwsgi]\nmount = /=shop:create_app()\n")]).one();
        assert_eq!(launch.target.unwrap().to_string(), "shop:create_app()");
        assert!(
            Trial::new(&[("alembic.ini", "[alembic]\nfile = x\n"), ("w.ini", "[uwsgi]\nsocket = :1\n")])
                .launches()
                .is_empty()
        );
        let launch = Trial::new(&[("tests/app/uwsgi.ini", "[uwsgi]\nmodule = main\n")]).one();
        assert_eq!(launch.role, LaunchRole::Evidence);
    }
}
