//! What a command line starts: server, target, configuration, address, debug switch. Knows the
//! command lines of the servers; runs and opens nothing.

use super::options::Options;
use super::scope::Scope;
use super::words::Arg;
use super::{python, servers};
use crate::facts::{Server, WsgiTarget};
use crate::text::{RepoPath, Span};

/// A command that starts a server.
pub(crate) struct Started {
    pub server: Server,
    pub target: Option<WsgiTarget>,
    pub script: Option<RepoPath>,
    pub conf: Option<RepoPath>,
    pub bind: Option<String>,
    /// The word that switches debug or reload on.
    pub debug: Option<usize>,
    /// Directory the command itself changes to.
    pub cwd: Option<RepoPath>,
    /// Words that set variables (`-e K=V`): the word, and where in it `K=V` starts.
    pub sets: Vec<(usize, usize)>,
    pub env_files: Vec<String>,
    /// Whether it serves https itself.
    pub https: bool,
}

impl Started {
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            target: None,
            script: None,
            conf: None,
            bind: None,
            debug: None,
            cwd: None,
            sets: Vec::new(),
            env_files: Vec::new(),
            https: false,
        }
    }
}

/// The program's own name: the last component of its path.
pub(crate) fn program(text: &str) -> &str {
    let name = text.rsplit('/').next().unwrap_or(text);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Reads a command line without wrappers; `None` where it starts no server.
pub(crate) fn parse(scope: &Scope<'_, '_>, args: &[Arg<'_>]) -> Option<Started> {
    let first = scope.expand(args.first()?);
    let name = program(&first);
    if python::is_python(name) {
        return python::parse(scope, args);
    }
    by_name(scope, name, args, 0).or_else(|| python::script(scope, args, 0))
}

/// A command known by its name, at word `at` (behind `python -m` that is not the first).
pub(crate) fn by_name(scope: &Scope<'_, '_>, name: &str, args: &[Arg<'_>], at: usize) -> Option<Started> {
    match name {
        "gunicorn" | "gunicorn3" | "gunicorn_paster" => Some(gunicorn(scope, args, at)),
        "flask" | "flask3" => flask(scope, args, at),
        _ => servers::parse(scope, name, args, at),
    }
}

const GUNICORN_SWITCHES: &[&str] = &[
    "--reload",
    "--spew",
    "--check-config",
    "--print-config",
    "--preload",
    "--no-sendfile",
    "--reuse-port",
    "-D",
    "--daemon",
    "--initgroups",
    "--disable-redirect-access-to-syslog",
    "--capture-output",
    "--log-syslog",
    "-R",
    "--enable-stdio-inheritance",
    "--no-control-socket",
    "--permit-obsolete-folding",
    "--strip-header-spaces",
    "--permit-unconventional-http-method",
    "--permit-unconventional-http-version",
    "--casefold-http-method",
    "--suppress-ragged-eofs",
    "--do-handshake-on-connect",
    "--proxy-protocol",
    "-h",
    "--help",
    "-v",
    "--version",
];

fn gunicorn(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Started {
    let options = Options::read(scope, args, at + 1, GUNICORN_SWITCHES);
    let mut inside = scope.clone();
    if let Some(dir) = options.value(&["--chdir"]) {
        inside.change_dir(dir);
    }
    let mut started = Started::new(Server::Gunicorn);
    started.cwd = options.has(&["--chdir"]).then(|| inside.cwd.clone());
    started.target = options.positional.iter().find_map(|index| WsgiTarget::parse(&scope.expand(&args[*index])));
    started.conf = match options.value(&["-c", "--config"]) {
        // Read before the directory is changed, like the one it finds by itself.
        Some(text) => gunicorn_conf(scope, text),
        None => scope.cwd.join("gunicorn.conf.py").filter(|path| scope.context.has_file(path)),
    };
    started.bind = options.value(&["-b", "--bind"]).map(str::to_owned);
    started.debug = options.index_of(&["--reload", "--debug"]);
    started.https = options.has(&["--certfile"]);
    started.sets = env_options(args, &options);
    if let Some(more) = scope.lookup("GUNICORN_CMD_ARGS") {
        let words: Vec<&str> = more.split_whitespace().collect();
        let next = |names: [&str; 2]| {
            words.iter().enumerate().find_map(|(index, word)| match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => Some(value.to_owned()),
                _ if names.contains(word) => words.get(index + 1).map(|value| (*value).to_owned()),
                _ => None,
            })
        };
        started.bind = started.bind.or_else(|| next(["-b", "--bind"]));
    }
    started
}

/// The words of `-e K=V`, `--env K=V` and `--env=K=V`.
fn env_options(args: &[Arg<'_>], options: &Options) -> Vec<(usize, usize)> {
    let named = |name: &str| matches!(name, "-e" | "--env" | "--raw-env");
    let place = |index: usize| match args[index].text.strip_prefix("--env=") {
        Some(_) => (index, "--env=".len()),
        None if args[index].text.len() > 2 && !args[index].text.starts_with("--") => (index, 2),
        None => (index + 1, 0),
    };
    options.list.iter().filter(|opt| named(&opt.name) && opt.value.is_some()).map(|opt| place(opt.index)).collect()
}

fn gunicorn_conf(scope: &Scope<'_, '_>, text: &str) -> Option<RepoPath> {
    if let Some(module) = text.strip_prefix("python:") {
        return scope.context.module(&scope.cwd, module);
    }
    scope.path(text.strip_prefix("file:").unwrap_or(text)).filter(|path| scope.context.has_file(path))
}

const FLASK_SWITCHES: &[&str] = &[
    "--debug",
    "--no-debug",
    "--reload",
    "--no-reload",
    "--debugger",
    "--no-debugger",
    "--with-threads",
    "--without-threads",
    "--eager-loading",
    "--lazy-loading",
    "--version",
    "--help",
];

fn flask(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let options = Options::read(scope, args, at + 1, FLASK_SWITCHES);
    let command = options.positional.first()?;
    (args[*command].text == "run").then_some(())?;
    let mut started = Started::new(Server::FlaskRun);
    let app =
        options.value(&["--app", "-A"]).map(str::to_owned).or_else(|| scope.lookup("FLASK_APP").map(str::to_owned));
    started.target = match app {
        Some(app) => WsgiTarget::parse(&app),
        None => default_app(scope),
    };
    let host = options.value(&["--host", "-h"]).or_else(|| scope.lookup("FLASK_RUN_HOST"));
    started.bind = address(host, options.value(&["--port", "-p"]).or_else(|| scope.lookup("FLASK_RUN_PORT")));
    started.debug = options.index_of(&["--debug", "--debugger", "--reload"]);
    started.https = options.has(&["--cert"]);
    started.env_files = options.values(&["--env-file", "-e"]).map(str::to_owned).collect();
    Some(started)
}

/// What `flask` takes when nothing names the app.
fn default_app(scope: &Scope<'_, '_>) -> Option<WsgiTarget> {
    let found = ["wsgi", "app"].into_iter().find(|module| scope.context.module(&scope.cwd, module).is_some())?;
    WsgiTarget::parse(found)
}

/// `host:port` of two options.
pub(crate) fn address(host: Option<&str>, port: Option<&str>) -> Option<String> {
    match (host, port) {
        (None, None) => None,
        (Some(host), Some(port)) => Some(format!("{host}:{port}")),
        (Some(host), None) => Some(host.to_owned()),
        (None, Some(port)) => Some(format!(":{port}")),
    }
}

/// Where `K=V` stands that a word sets.
pub(crate) fn set_span(arg: &Arg<'_>, from: usize) -> Option<Span> {
    let span = arg.span?;
    let raw = span.of(&arg.piece.file.text);
    let lead = usize::from(raw.starts_with(['"', '\'']));
    let end = span.end - lead;
    (span.start + lead + from <= end).then(|| Span::new(span.start + lead + from, end))
}
