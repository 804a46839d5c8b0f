//! `python FILE`, `python -m MODULE`: which of them start a web application. The file's text is
//! searched for a call that serves; it is not parsed here.

use super::command::{self, Started, address};
use super::options::Options;
use super::scope::Scope;
use super::words::Arg;
use crate::facts::{Server, WsgiTarget};
use crate::text::RepoPath;

pub(crate) fn is_python(name: &str) -> bool {
    let version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    ["python", "pypy", "py"].iter().any(|base| name.strip_prefix(base).is_some_and(version))
}

/// A command whose first word is the interpreter.
pub(crate) fn parse(scope: &Scope<'_, '_>, args: &[Arg<'_>]) -> Option<Started> {
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        match arg.text.as_str() {
            "-m" => return module(scope, args, at + 1),
            "-c" => return None,
            "-W" | "-X" => at += 2,
            text if text.starts_with('-') && text.len() > 1 => at += 1,
            _ => return script(scope, args, at),
        }
    }
    None
}

/// `-m MODULE …`, the module at word `at`.
fn module(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let name = scope.expand(args.get(at)?);
    if matches!(name.as_str(), "coverage" | "debugpy" | "pdb" | "ddtrace" | "newrelic") {
        return wrapped(scope, args, at + 1);
    }
    let top = name.split('.').next().unwrap_or(&name);
    let program = if top == "waitress" { "waitress-serve" } else { top };
    if let Some(started) = command::by_name(scope, program, args, at) {
        return Some(started);
    }
    let path = scope.context.module(&scope.cwd, &name)?;
    let mut started = run_file(scope, &path, args, at + 1)?;
    started.target = started.target.or_else(|| WsgiTarget::parse(&name));
    Some(started)
}

/// `coverage run -m flask run`, `debugpy --listen x -m flask run`.
fn wrapped(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let inner = args.iter().enumerate().skip(at).find(|(_, arg)| arg.text == "-m" || arg.text.ends_with(".py"))?.0;
    if args[inner].text == "-m" { module(scope, args, inner + 1) } else { script(scope, args, inner) }
}

/// A Python file at word `at`, called directly or by the interpreter.
pub(crate) fn script(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let text = scope.expand(args.get(at)?);
    if !text.ends_with(".py") {
        return None;
    }
    let path = scope.path(&text).filter(|path| scope.context.has_file(path)).or_else(|| only_one(scope, &text))?;
    run_file(scope, &path, args, at + 1)
}

/// The only file of the tree that has this name, where the directory could not be followed.
fn only_one(scope: &Scope<'_, '_>, text: &str) -> Option<RepoPath> {
    scope.workdir.as_ref()?;
    let name = text.trim_start_matches("./").rsplit('/').next()?;
    let mut hits = scope.context.files().filter(|file| file.path.name() == name);
    let first = hits.next()?;
    hits.next().is_none().then(|| first.path.clone())
}

/// A file that is run with the words from `from` on.
fn run_file(scope: &Scope<'_, '_>, path: &RepoPath, args: &[Arg<'_>], from: usize) -> Option<Started> {
    let options = Options::read(scope, args, from, &["-d", "-r", "-D", "-R", "--debug", "--reload", "--threaded"]);
    let subcommand = options.positional.first().map(|index| args[*index].text.as_str());
    let text = scope.context.file(path).map(|file| file.text.as_str());
    let server = match subcommand {
        Some("runserver" | "run_server") => Server::ManageRunserver,
        Some("run") if text.is_none_or(|text| text.contains("FlaskGroup")) => Server::FlaskRun,
        Some(word) if text.is_some_and(|text| has_subcommands(text) && command_serves(text, word)) => {
            Server::PythonFile
        }
        Some(word) if text.is_some_and(has_subcommands) && !word.contains(':') => return None,
        _ if text.is_some_and(serves) => Server::PythonFile,
        _ => return None,
    };
    let mut started = Started::new(server);
    started.bind = address(options.value(&["--host", "-h"]), options.value(&["--port", "-p"]));
    let debug: &[&str] = &["--debug", "--debugger", "--reload", "-d", "-r"];
    started.debug =
        options.index_of(debug).filter(|_| started.server != Server::PythonFile || options.has(&["--debug"]));
    if started.server == Server::FlaskRun {
        started.target = scope.lookup("FLASK_APP").and_then(WsgiTarget::parse);
    }
    started.script = Some(path.clone());
    Some(started)
}

/// Whether the function that a command is named after serves, or one of the file that it calls.
fn command_serves(text: &str, command: &str) -> bool {
    let body = body_of(text, command);
    let called = body.match_indices('(').filter_map(|(at, _)| {
        let name = body[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        (!name.is_empty() && name != command).then_some(name)
    });
    serves(body) || called.take(20).any(|name| serves(body_of(text, name)))
}

/// The text of the function that a command is named after.
fn body_of<'t>(text: &'t str, command: &str) -> &'t str {
    let head = format!("\ndef {}(", command.replace('-', "_"));
    let Some(start) = text.find(&head).map(|at| at + head.len()) else { return "" };
    let rest = &text[start..];
    let ends = |at: &usize| rest[at + 1..].starts_with(|c: char| !c.is_whitespace() && !matches!(c, ')' | '#'));
    let end = rest.match_indices('\n').map(|(at, _)| at).find(ends);
    &rest[..end.unwrap_or(rest.len())]
}

/// Whether a file has commands of its own, so that a word behind it names one of them.
fn has_subcommands(text: &str) -> bool {
    ["flask_script", "FlaskGroup", "import click", "argparse", "@manager.command", "import fire", "import typer"]
        .iter()
        .any(|mark| text.contains(mark))
}

/// Names whose `run` serves no web application.
const OTHER_RUNS: &[&str] = &[
    "subprocess",
    "sp",
    "asyncio",
    "trio",
    "anyio",
    "unittest",
    "runner",
    "cProfile",
    "runpy",
    "bot",
    "client",
    "worker",
    "mcp",
    "loop",
    "scheduler",
    "celery",
    "context",
    "invoke",
    "c",
    "ctx",
    "sched",
    "schedule",
    "pool",
    "manager",
    "cli",
    "thread",
];

/// Whether a Python text holds a call that serves a web application when the file is run.
fn serves(text: &str) -> bool {
    let lower_flask = text.contains("flask") || text.contains("Flask");
    text.lines().map(str::trim_start).filter(|line| !line.starts_with('#')).any(|line| {
        [
            "run_simple(",
            "serve_forever(",
            "WSGIServer(",
            "waitress.serve(",
            "bjoern.run(",
            "eventlet.wsgi",
            "make_server(",
            "WSGIContainer(",
        ]
        .iter()
        .any(|mark| line.contains(mark) && !line.starts_with("from ") && !line.starts_with("import "))
            || (line.starts_with("serve(") && text.contains("waitress"))
            || line.match_indices(".run(").any(|(at, _)| runs_an_app(&line[..at], lower_flask))
    })
}

/// Whether the object in front of `.run(` is a web application.
fn runs_an_app(before: &str, flask: bool) -> bool {
    let before = before.trim_end_matches(')').trim_end_matches('(');
    let name = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    if OTHER_RUNS.contains(&name) {
        return false;
    }
    let lower = name.to_lowercase();
    flask || ["app", "application", "server", "socketio", "web", "api"].iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_have_version_numbers_only() {
        assert!(is_python("python3.11") && is_python("python") && is_python("pypy3"));
        assert!(!is_python("pytest") && !is_python("pyramid") && !is_python("python-config"));
    }

    #[test]
    fn a_command_is_the_function_of_its_name() {
        let text = "import click\n\n@cli.command()\ndef up(\n    port=80,\n):\n    app.run()\n\n@cli.command()\ndef init_db():\n    db.create_all()\n\ndef begin():\n    init_db()\n    up()\n";
        for (command, wanted) in [("up", true), ("begin", true), ("init-db", false), ("down", false)] {
            assert_eq!(command_serves(text, command), wanted, "{command}");
        }
    }

    #[test]
    fn files_that_serve_are_told_from_others() {
        assert!(serves("if __name__ == '__main__':\n    app.run(debug=True)\n"));
        assert!(serves("from app import create_app\ncreate_app().run()"));
        assert!(serves("socketio.run(app)"));
        assert!(serves("from waitress import serve\nserve(app)"));
        assert!(!serves("import subprocess\nsubprocess.run(['flask'])"));
        assert!(!serves("from flask import Flask\n# app.run()\napp = Flask(__name__)"));
        assert!(!serves("asyncio.run(main())\nworker.run()"));
    }
}
