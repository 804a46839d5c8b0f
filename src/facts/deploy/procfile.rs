//! Procfiles: only `web` is production; other types that serve are evidence.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::start;
use super::words::ShellText;
use super::{Deployments, Kind, heroku, roles};
use crate::facts::LaunchRole;
use crate::lang::procfile::processes;
use crate::text::{RepoPath, SourceFile};

pub(crate) const KIND: Kind = Kind { name: "procfile", matches, read };

fn matches(path: &RepoPath) -> bool {
    let name = path.name();
    name == "Procfile" || name.starts_with("Procfile.") || name.starts_with("Procfile-")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let app_json = file.path.parent().join("app.json").and_then(|path| context.file(&path));
    let env = app_json.map(heroku::app_json).unwrap_or_default();
    for process in processes(&file.text) {
        let scope = Scope::new(context, file.path.parent()).with_env(env.clone());
        let Some(start) = start(&scope, &ShellText::of(file, process.command)) else { continue };
        let mut frame = Frame::new(KIND.name, file, &process.name, process.command);
        let usual = if process.name == "web" { LaunchRole::Production } else { LaunchRole::Evidence };
        frame.role = roles::of_path(&file.path, usual);
        frame.env = env.clone();
        // With an app.json it is Heroku, which ends TLS in front of the app.
        frame.https = app_json.is_some().then_some(true);
        found.launches.push(frame.launch(start));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief, env};
    use crate::facts::{LaunchRole, Precedence, Server};

    #[test]
    fn web_is_production_and_workers_are_not() {
        let trial = Trial::new(&[(
            "Procfile",
            "release: flask db upgrade\nweb: gunicorn shop.wsgi:app -b 0.0.0.0:$PORT -w 3\nworker: celery -A shop worker\nbeat: rq worker x\n",
        )]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "web gunicorn shop.wsgi:app Production Platform");
        assert_eq!(launch.bind.as_deref(), Some("0.0.0.0:$PORT"));
        assert_eq!(trial.command(&launch), Some("gunicorn shop.wsgi:app -b 0.0.0.0:$PORT -w 3"));
    }

    #[test]
    fn waitress_is_no_waiting_script() {
        let trial = Trial::new(&[("Procfile", "web: waitress-serve --port=$PORT app:app\n"), ("app.py", APP)]);
        assert_eq!(trial.one().server, Server::Waitress);
    }

    #[test]
    fn chains_keep_the_server_command_in_one_piece() {
        let trial = Trial::new(&[(
            "Procfile",
            "web: flask db upgrade; flask translate compile && FLASK_ENV=production exec gunicorn micro:app\n",
        )]);
        let launch = trial.one();
        assert_eq!(trial.command(&launch), Some("gunicorn micro:app"));
        assert_eq!(env(&launch)["FLASK_ENV"], Some("production"));
        let after = trial.without(&launch, "FLASK_ENV");
        assert!(after.ends_with("&& exec gunicorn micro:app\n"));
    }

    #[test]
    fn other_procfiles_are_for_development() {
        let trial = Trial::new(&[("Procfile.dev", "web: python app.py\n"), ("app.py", APP)]);
        let launch = trial.one();
        assert_eq!((launch.role, launch.server), (LaunchRole::Development, Server::PythonFile));
        assert_eq!(launch.script.unwrap().as_str(), "app.py");
    }

    #[test]
    fn wrappers_are_taken_off_and_factories_read() {
        let trial = Trial::new(&[
            (
                "Procfile",
                "web: newrelic-admin run-program poetry run gunicorn --chdir src -c conf/g.py 'shop:create_app(\"production\")'",
            ),
            ("src/shop.py", ""),
            ("conf/g.py", ""),
        ]);
        let launch = trial.one();
        assert_eq!(launch.target.unwrap().to_string(), "shop:create_app(\"production\")");
        assert_eq!((launch.cwd.as_str(), launch.started_in.as_str()), ("src", ""));
        assert_eq!(launch.conf.unwrap().as_str(), "conf/g.py");
        assert_eq!(launch.argv[0], "gunicorn");
    }

    #[test]
    fn a_script_is_followed_and_says_where_it_was_called() {
        let script = "#!/bin/sh\nexport FLASK_DEBUG=0\nflask db upgrade\nif [ \"$DEV\" ]; then\n  flask run --debug\nelse\n  exec gunicorn -b :5000 --access-logfile - micro:app\nfi\n";
        let trial = Trial::new(&[("Procfile", "web: bash boot.sh\n"), ("boot.sh", script)]);
        let launch = trial.one();
        assert_eq!(launch.location.path.as_str(), "boot.sh");
        assert_eq!(launch.via[0].path.as_str(), "Procfile");
        assert_eq!(trial.command(&launch), Some("gunicorn -b :5000 --access-logfile - micro:app"));
        assert_eq!(env(&launch)["FLASK_DEBUG"], Some("0"));
        assert_eq!(launch.precedence, Precedence::Platform);
        assert!(!trial.without(&launch, "FLASK_DEBUG").contains("export"));
    }
}
