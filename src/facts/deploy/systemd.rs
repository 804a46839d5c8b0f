//! systemd units: `ExecStart` with the unit's directory, variables and env files.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::start_words;
use super::vars::{self, whole_lines};
use super::words::{Form, Piece, ShellText};
use super::{Deployments, Kind, roles};
use crate::facts::{Bounds, LaunchRole, LaunchVar};
use crate::lang::ini::{Continues, Section, Setting, sections};
use crate::lang::shell::words;
use crate::text::{Location, RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "systemd", matches, read };

fn matches(path: &RepoPath) -> bool {
    let name = path.name();
    let plain = [".example", ".sample", ".template", ".tmpl", ".j2", ".in", ".dist"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(name);
    plain.ends_with(".service")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    for section in sections(&file.text, Continues::Backslash).iter().filter(|section| section.name == "Service") {
        let env: Vec<LaunchVar> = section.all("Environment").flat_map(|setting| environment(file, setting)).collect();
        let mut scope = Scope::new(context, RepoPath::root()).with_env(env.clone());
        if let Some(dir) = section.get("WorkingDirectory") {
            scope.cwd = context.guess_dir(dir.value.trim_start_matches(['-', '~']));
        }
        let start =
            section.all("ExecStart").filter_map(|setting| start_words(&scope, command(file, setting).words())).last();
        let Some(start) = start else {
            found.loose.extend(env);
            continue;
        };
        let name = file.path.name().split(".service").next().unwrap_or("").to_owned();
        let mut frame = Frame::new(KIND.name, file, &name, section.head);
        frame.role = roles::of_path(&file.path, LaunchRole::Production);
        frame.env = env;
        frame.env_files = env_files(section, context);
        frame.bounds = bounds(file, section);
        found.launches.push(frame.launch(start));
    }
}

/// What the unit lets the service do and use.
fn bounds(file: &SourceFile, section: &Section) -> Bounds {
    let given = |keys: &[&str]| keys.iter().any(|key| section.get(key).is_some_and(|s| s.value.trim() != "infinity"));
    let dynamic = section.get("DynamicUser").is_some_and(|s| matches!(s.value.trim(), "yes" | "true" | "1" | "on"));
    let user = section.get("User").map(|setting| setting.value.trim().to_owned());
    // A unit of the system runs as root where it names nobody; one of a user does not.
    let of_a_user = file.path.components().any(|dir| dir == "user") || file.text.contains("default.target");
    Bounds {
        user: user
            .or_else(|| (!dynamic && !of_a_user).then(|| "root".to_owned()))
            .or_else(|| Some("dynamic".to_owned())),
        memory: given(&["MemoryMax", "MemoryLimit", "MemoryHigh"]),
        processes: given(&["TasksMax", "LimitNPROC"]),
        place: Some(Location::in_file(file, section.head)),
        ..Bounds::default()
    }
}

/// The command behind the prefixes that change how it is run.
fn command<'a>(file: &'a SourceFile, setting: &Setting) -> ShellText<'a> {
    let prefix = setting.value.len() - setting.value.trim_start_matches(['-', '@', ':', '+', '!', ' ']).len();
    let span = Span::new(setting.span.start + prefix, setting.span.end);
    let text = setting.value[prefix..].to_owned();
    ShellText { text: text.into(), at: Some(span.start), piece: Piece::new(file, span, Form::Shell) }
}

/// The variables of one `Environment=` line.
fn environment(file: &SourceFile, setting: &Setting) -> Vec<LaunchVar> {
    let all = words(&setting.value);
    let base = setting.span.start;
    let place = |span: Span| Span::new(base + span.start, base + span.end);
    let mut found = Vec::new();
    for (index, word) in all.iter().enumerate() {
        let Some((name, value, span)) = word.assignment(&setting.value) else { continue };
        let item = match (all.len(), index) {
            (1, _) => whole_lines(file, setting.item),
            (_, 0) => place(Span::new(word.span.start, all[1].span.start)),
            _ => place(Span::new(all[index - 1].span.end, word.span.end)),
        };
        // systemd puts no variables into `Environment=`.
        found.push(vars::var(file, &name, &value, false, place(span), Some(item)));
    }
    found
}

/// The env files that lie in the tree or would, given their names.
fn env_files(section: &Section, context: &Context<'_>) -> Vec<RepoPath> {
    let path = |setting: &Setting| {
        let text = setting.value.trim_start_matches('-').to_owned();
        let (dir, name) = text.rsplit_once('/').unwrap_or(("", &text));
        context.guess_dir(dir).join(name)
    };
    section.all("EnvironmentFile").filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief, env};
    use crate::facts::Server;

    #[test]
    fn a_unit_starts_gunicorn_in_its_directory() {
        let unit = "[Unit]\nDescription=x\n[Service]\nUser=www\nWorkingDirectory=/home/shop/app/src\nEnvironment=\"FLASK_DEBUG=1\" PATH=/v/bin\nEnvironmentFile=-/home/shop/app/.env\nExecStartPre=/v/bin/flask db upgrade\nExecStart=/v/bin/gunicorn --workers 3 \\\n    --bind unix:shop.sock -m 007 wsgi:app\n[Install]\nWantedBy=multi-user.target\n";
        let trial = Trial::new(&[("deploy/shop.service", unit), ("src/wsgi.py", "")]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "shop gunicorn wsgi:app Production Platform");
        assert_eq!(launch.cwd.as_str(), "src");
        assert_eq!(launch.bind.as_deref(), Some("unix:shop.sock"));
        assert_eq!(launch.env_files[0].as_str(), ".env");
        assert_eq!(env(&launch)["FLASK_DEBUG"], Some("1"));
        assert_eq!(trial.without(&launch, "FLASK_DEBUG"), unit.replace("\"FLASK_DEBUG=1\" ", ""));
        assert_eq!(
            trial.command(&launch),
            Some("/v/bin/gunicorn --workers 3 \\\n    --bind unix:shop.sock -m 007 wsgi:app")
        );
    }

    #[test]
    fn scripts_shells_and_python_files_are_followed() {
        let unit = "[Service]\nWorkingDirectory=/srv/shop-%i\nExecStart=/bin/bash -c 'source venv/bin/activate && exec python3 run.py'\n";
        let launch = Trial::new(&[("shop@.service", unit), ("run.py", APP)]).one();
        assert_eq!((launch.server, launch.name.as_str()), (Server::PythonFile, "shop@"));
        let unit = "[Service]\nExecStart=/opt/shop/bin/start.sh\n";
        let launch = Trial::new(&[
            ("shop.service", unit),
            ("bin/start.sh", "cd /opt/shop\nexec uwsgi --ini conf/uwsgi.ini\n"),
            ("conf/uwsgi.ini", ""),
        ])
        .one();
        assert_eq!((launch.server, launch.conf.unwrap().as_str()), (Server::Uwsgi, "conf/uwsgi.ini"));
    }

    #[test]
    fn workers_and_foreign_units_start_nothing() {
        for exec in
            ["/v/bin/celery -A app worker", "/usr/sbin/nginx -g x", "/v/bin/rq worker", "/v/bin/python worker.py"]
        {
            let unit = format!("[Service]\nExecStart={exec}\n");
            assert!(Trial::new(&[("x.service", &unit), ("worker.py", "run()")]).launches().is_empty(), "{exec}");
        }
    }
}
