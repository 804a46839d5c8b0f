//! Programs that start another program: what stands in front of the server's own command.

use super::command::program;
use super::scope::Scope;
use super::words::Arg;
use crate::lang::shell::is_name;

/// What to do with the first words of a command.
pub(crate) enum Step {
    /// Go on behind so many words.
    Skip(usize),
    /// The first word sets a variable.
    Assign,
    /// A shell reads the word at this index.
    Shell(usize),
    /// A shell runs the script that the word at this index names.
    Script(usize),
    /// This is a program of its own.
    Program,
    /// The rest starts nothing.
    Nothing,
}

/// Options of a wrapper that take the next word; every other option stands alone.
struct Wrapper {
    names: &'static [&'static str],
    with_value: &'static [&'static str],
    /// Words behind the options that are still the wrapper's (a user, a time).
    operands: usize,
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper { names: &["exec"], with_value: &["-a"], operands: 0 },
    Wrapper {
        names: &["nohup", "command", "builtin", "time", "setsid", "catchsegv", "then", "ddtrace-run"],
        with_value: &["-f", "-o"],
        operands: 0,
    },
    Wrapper { names: &["env"], with_value: &["-u", "--unset", "-C", "--chdir"], operands: 0 },
    Wrapper {
        names: &["sudo", "doas"],
        with_value: &["-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D"],
        operands: 0,
    },
    Wrapper { names: &["tini", "dumb-init", "catatonit", "init"], with_value: &["-r", "--rewrite", "-p"], operands: 0 },
    Wrapper { names: &["gosu", "su-exec", "setuidgid", "s6-setuidgid", "runuser"], with_value: &["-u"], operands: 1 },
    Wrapper { names: &["chpst"], with_value: &["-u", "-e", "-/", "-n"], operands: 0 },
    Wrapper { names: &["timeout"], with_value: &["-s", "--signal", "-k", "--kill-after"], operands: 1 },
    Wrapper {
        names: &["nice", "ionice", "stdbuf", "authbind", "xvfb-run"],
        with_value: &["-n", "-c", "-o", "-e", "-i"],
        operands: 0,
    },
    Wrapper {
        names: &["opentelemetry-instrument"],
        with_value: &[
            "--traces_exporter",
            "--metrics_exporter",
            "--service_name",
            "--exporter_otlp_endpoint",
            "--logs_exporter",
        ],
        operands: 0,
    },
    Wrapper {
        names: &["dockerize", "wait-for-it"],
        with_value: &["-wait", "-timeout", "-template", "-stdout", "-stderr", "-h", "-p", "-t"],
        operands: 0,
    },
];

/// Programs whose subcommand starts another program: name, subcommand, options with a value.
const RUNNERS: &[(&str, &str, &[&str])] = &[
    ("poetry", "run", &["-C", "--directory", "-P", "--project"]),
    ("pipenv", "run", &[]),
    ("pdm", "run", &["-p", "--project"]),
    ("rye", "run", &[]),
    ("hatch", "run", &["-e"]),
    ("pixi", "run", &["-e", "--environment", "--manifest-path"]),
    (
        "uv",
        "run",
        &[
            "--with",
            "--extra",
            "--group",
            "--env-file",
            "-p",
            "--python",
            "--package",
            "--directory",
            "--project",
            "--only-group",
            "--no-group",
        ],
    ),
    ("conda", "run", &["-n", "--name", "-p", "--prefix", "--cwd"]),
    ("mamba", "run", &["-n", "--name", "-p", "--prefix"]),
    ("micromamba", "run", &["-n", "--name", "-p", "--prefix"]),
    ("newrelic-admin", "run-program", &[]),
    ("doppler", "run", &["-p", "-c", "--project", "--config"]),
    ("dotenv", "run", &["-f", "--file"]),
    ("infisical", "run", &["--env", "--path", "--projectId"]),
    ("op", "run", &["--env-file"]),
    ("coverage", "run", &["--rcfile", "--source", "--omit", "--include"]),
];

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// Judges the first words of a command.
pub(crate) fn step(scope: &Scope<'_, '_>, args: &[Arg<'_>]) -> Step {
    let text = args[0].text.as_str();
    if text.split_once('=').is_some_and(|(name, _)| is_name(name)) {
        return Step::Assign;
    }
    let expanded = scope.expand(&args[0]);
    let name = program(&expanded);
    if SHELLS.contains(&name) {
        return shell(args);
    }
    // `wait-for-it`, `wait_for_db.sh`; waitress is a server.
    if (name.starts_with("wait") && !name.starts_with("waitress"))
        || matches!(name, "chamber" | "aws-vault" | "watchmedo" | "s6-envdir" | "envdir" | "dotenvx")
    {
        return behind_dashes(args).unwrap_or_else(|| wait_for(args));
    }
    if name == "su" {
        return su(args);
    }
    for (runner, subcommand, with_value) in RUNNERS {
        if *runner == name {
            return runner_step(args, subcommand, with_value);
        }
    }
    if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&name)) {
        return wrapper_step(args, wrapper);
    }
    if name.ends_with(".sh") || name.ends_with(".bash") {
        return Step::Script(0);
    }
    Step::Program
}

fn behind_dashes(args: &[Arg<'_>]) -> Option<Step> {
    args.iter().position(|arg| arg.text == "--").map(|at| Step::Skip(at + 1))
}

/// `wait-for db:5432 -t 60 gunicorn …` without dashes: the script itself may start the server.
fn wait_for(args: &[Arg<'_>]) -> Step {
    if args[0].text.ends_with(".sh") { Step::Script(0) } else { Step::Nothing }
}

fn shell(args: &[Arg<'_>]) -> Step {
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        let text = arg.text.as_str();
        if !text.starts_with('-') && !text.starts_with('+') {
            return Step::Script(at);
        }
        let letters = text.trim_start_matches(['-', '+']);
        if !text.starts_with("--") && letters.contains('c') {
            return if at + 1 < args.len() { Step::Shell(at + 1) } else { Step::Nothing };
        }
        at += if letters == "o" { 2 } else { 1 };
    }
    Step::Nothing
}

/// `su USER -c TEXT`.
fn su(args: &[Arg<'_>]) -> Step {
    match args.iter().position(|arg| arg.text == "-c" || arg.text == "--command") {
        Some(at) if at + 1 < args.len() => Step::Shell(at + 1),
        _ => Step::Nothing,
    }
}

/// Behind the options that start at word `at`.
fn behind_options(args: &[Arg<'_>], mut at: usize, with_value: &[&str]) -> usize {
    while let Some(arg) = args.get(at) {
        let text = arg.text.as_str();
        if text == "--" {
            return at + 1;
        }
        if !text.starts_with('-') || text.len() < 2 {
            break;
        }
        at += if with_value.contains(&text) { 2 } else { 1 };
    }
    at
}

fn runner_step(args: &[Arg<'_>], subcommand: &str, with_value: &[&str]) -> Step {
    let at = behind_options(args, 1, with_value);
    if args.get(at).is_none_or(|arg| arg.text != subcommand) {
        return Step::Nothing;
    }
    // `coverage run -m flask run` runs a module, as `python` would.
    if program(&args[0].text) == "coverage" {
        return Step::Program;
    }
    Step::Skip(behind_options(args, at + 1, with_value))
}

fn wrapper_step(args: &[Arg<'_>], wrapper: &Wrapper) -> Step {
    let mut at = behind_options(args, 1, wrapper.with_value);
    if args.get(at - 1).is_none_or(|arg| arg.text != "--") {
        at += wrapper.operands;
    }
    if args.get(at).is_some_and(|arg| arg.text == "--") {
        at += 1;
    }
    if at >= args.len() { Step::Nothing } else { Step::Skip(at) }
}
