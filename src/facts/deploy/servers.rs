//! The command lines of uWSGI, Waitress and the other WSGI and ASGI servers.

use super::command::{Started, address};
use super::options::Options;
use super::scope::Scope;
use super::words::Arg;
use crate::facts::{Server, WsgiTarget};
use crate::text::RepoPath;

/// A server known by its name, at word `at`.
pub(crate) fn parse(scope: &Scope<'_, '_>, name: &str, args: &[Arg<'_>], at: usize) -> Option<Started> {
    match name {
        "uwsgi" | "uwsgi-core" | "uwsgi_python3" | "uwsgi_python" | "pyuwsgi" => Some(uwsgi(scope, args, at)),
        "waitress-serve" => Some(waitress(scope, args, at)),
        "uvicorn" | "hypercorn" | "daphne" | "granian" => asgi(scope, name, args, at),
        "mod_wsgi-express" => mod_wsgi_express(scope, args, at),
        "twist" | "twistd" => twisted(scope, args, at),
        _ => None,
    }
}

/// A uWSGI option with the value behind it, attached or as the next word.
fn uwsgi_values<'s>(words: &'s [String], names: &[&str]) -> impl Iterator<Item = &'s str> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    words.iter().enumerate().filter_map(move |(index, word)| match word.split_once('=') {
        Some((name, value)) if names.iter().any(|known| known == name) => Some(value),
        _ if names.contains(word) => words.get(index + 1).map(String::as_str),
        _ => None,
    })
}

fn uwsgi(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Started {
    let words: Vec<String> = args[at + 1..].iter().map(|arg| scope.expand(arg)).collect();
    let last = |names: &[&str]| uwsgi_values(&words, names).last();
    let mut started = Started::new(Server::Uwsgi);
    let mut inside = scope.clone();
    if let Some(dir) = last(&["--chdir"]) {
        inside.change_dir(dir);
        started.cwd = Some(inside.cwd.clone());
    }
    let plain = words.iter().find(|word| {
        !word.starts_with('-') && [".ini", ".xml", ".yaml", ".yml", ".json"].iter().any(|end| word.ends_with(end))
    });
    let conf = last(&["--ini", "-i", "--ini-paste", "--yaml", "--json", "--xml"]).or(plain.map(String::as_str));
    started.conf = conf.and_then(|text| scope.path(text)).filter(|path| scope.context.has_file(path));
    let callable = last(&["--callable"]);
    started.target = uwsgi_target(
        last(&["--module", "-w", "--wsgi"]),
        last(&["--wsgi-file", "--file"]),
        last(&["--mount"]),
        callable,
    );
    started.script = last(&["--wsgi-file", "--file"]).and_then(|text| inside.path(text));
    started.bind = last(&["--http", "--http-socket", "--https", "--socket", "-s", "--uwsgi-socket", "--wsgi-socket"])
        .map(str::to_owned);
    started.https = last(&["--https"]).is_some();
    started.debug = args.iter().position(|arg| {
        matches!(arg.text.split('=').next(), Some("--py-autoreload" | "--python-autoreload" | "--py-auto-reload"))
    });
    let env = |index: usize| match args[index].text.strip_prefix("--env=") {
        Some(_) => Some((index, "--env=".len())),
        None if args[index].text == "--env" && index + 1 < args.len() => Some((index + 1, 0)),
        None => None,
    };
    started.sets = (at..args.len()).filter_map(env).collect();
    started
}

/// The target that uWSGI's settings name together.
pub(crate) fn uwsgi_target(
    module: Option<&str>,
    file: Option<&str>,
    mount: Option<&str>,
    callable: Option<&str>,
) -> Option<WsgiTarget> {
    let mounted = mount.and_then(|mount| mount.split_once('=')).map(|(_, target)| target);
    let mut target = module
        .and_then(WsgiTarget::parse)
        .or_else(|| file.and_then(|file| WsgiTarget::parse(relative(file))))
        .or_else(|| mounted.and_then(WsgiTarget::parse))?;
    if target.attribute.is_none()
        && let Some(named) = callable.and_then(|callable| WsgiTarget::parse(&format!("{}:{callable}", target.module)))
    {
        target = named;
    }
    Some(target)
}

/// A file's own name where its path is one of the server's.
fn relative(file: &str) -> &str {
    if file.starts_with('/') { file.rsplit('/').next().unwrap_or(file) } else { file }
}

const WAITRESS_SWITCHES: &[&str] = &[
    "--call",
    "--expose-tracebacks",
    "--no-expose-tracebacks",
    "--ipv4",
    "--no-ipv4",
    "--ipv6",
    "--no-ipv6",
    "--clear-untrusted-proxy-headers",
    "--no-clear-untrusted-proxy-headers",
    "--log-untrusted-proxy-headers",
    "--no-log-untrusted-proxy-headers",
    "--log-socket-errors",
    "--no-log-socket-errors",
    "--asyncore-use-poll",
    "--no-asyncore-use-poll",
    "--help",
];

fn waitress(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Started {
    let options = Options::read(scope, args, at + 1, WAITRESS_SWITCHES);
    let named = options.value(&["--app"]).map(str::to_owned);
    let text = options.positional.first().map(|index| scope.expand(&args[*index])).or(named);
    let mut started = Started::new(Server::Waitress);
    started.target = text.as_deref().and_then(WsgiTarget::parse);
    if options.has(&["--call"])
        && let Some(target) = &mut started.target
    {
        target.call.get_or_insert_with(|| "()".to_owned());
    }
    started.bind = options
        .value(&["--listen", "--unix-socket"])
        .map(str::to_owned)
        .or_else(|| address(options.value(&["--host"]), options.value(&["--port"])));
    started.https = options.value(&["--url-scheme"]) == Some("https");
    started
}

const ASGI_SWITCHES: &[&str] = &[
    "--reload",
    "--factory",
    "--proxy-headers",
    "--no-proxy-headers",
    "--server-header",
    "--no-server-header",
    "--date-header",
    "--no-date-header",
    "--use-colors",
    "--no-use-colors",
    "--access-log",
    "--no-access-log",
    "--debug",
    "-D",
    "--daemon",
    "--version",
    "--help",
    "--log-config-json",
    "--http2",
    "--ssl",
    "--respawn-failed-workers",
];

/// Uvicorn, hypercorn, daphne, granian: only with a target is it this app's start.
fn asgi(scope: &Scope<'_, '_>, name: &str, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let options = Options::read(scope, args, at + 1, ASGI_SWITCHES);
    let mut started = Started::new(Server::OtherWsgi(name.to_owned()));
    started.target = options.positional.iter().find_map(|index| {
        WsgiTarget::parse(scope.expand(&args[*index]).trim_start_matches("wsgi:").trim_start_matches("asgi:"))
    });
    started.target.as_ref()?;
    if options.has(&["--factory"])
        && let Some(target) = &mut started.target
    {
        target.call.get_or_insert_with(|| "()".to_owned());
    }
    started.bind = options
        .value(&["--bind", "-b"])
        .map(str::to_owned)
        .or_else(|| address(options.value(&["--host"]), options.value(&["--port", "-p"])));
    started.debug = options.index_of(&["--reload", "--debug"]);
    started.https = options.has(&["--certfile", "--ssl-certfile", "--ssl-certificate"]);
    Some(started)
}

fn mod_wsgi_express(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let switches = ["--log-to-terminal", "--https-only", "--debug-mode", "--enable-debugger", "--startup-log"];
    let options = Options::read(scope, args, at + 1, &switches);
    let words: Vec<String> = options.positional.iter().map(|index| scope.expand(&args[*index])).collect();
    matches!(words.first()?.as_str(), "start-server" | "setup-server").then_some(())?;
    let mut started = Started::new(Server::OtherWsgi("mod_wsgi".to_owned()));
    started.script = words.iter().skip(1).find_map(|text| scope.path(text)).filter(|path: &RepoPath| !path.is_root());
    started.bind = address(options.value(&["--host"]), options.value(&["--port"]));
    started.debug = options.index_of(&["--debug-mode", "--enable-debugger", "--reload-on-changes"]);
    Some(started)
}

fn twisted(scope: &Scope<'_, '_>, args: &[Arg<'_>], at: usize) -> Option<Started> {
    let options = Options::read(scope, args, at + 1, &["-n", "--nodaemon", "-no"]);
    let dotted = options.value(&["--wsgi"])?.to_owned();
    let (module, attribute) = dotted.rsplit_once('.')?;
    let mut started = Started::new(Server::OtherWsgi("twisted".to_owned()));
    started.target = WsgiTarget::parse(&format!("{module}:{attribute}"));
    started.bind = options.value(&["--port", "-p", "--listen"]).map(str::to_owned);
    Some(started)
}
