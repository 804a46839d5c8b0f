//! How the app is started, whatever file says so. Every deployment kind produces `Launch`es;
//! rules and `targets` read nothing else of those files.

use std::sync::Arc;

use serde::Serialize;

use crate::secret::Secret;
use crate::text::{Location, RepoPath, Span};

/// What serves the app.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Server {
    Gunicorn,
    Uwsgi,
    Waitress,
    /// Another WSGI or ASGI server (mod_wsgi, Passenger, hypercorn, uvicorn …).
    OtherWsgi(String),
    /// `flask run`.
    FlaskRun,
    /// `python file.py` or `python -m module`: what it serves with depends on that file.
    PythonFile,
    /// `manage.py runserver` (Flask-Script).
    ManageRunserver,
}

impl Server {
    /// Whether this is Flask's development server by itself.
    pub fn is_development_server(&self) -> bool {
        matches!(self, Server::FlaskRun | Server::ManageRunserver)
    }

    /// The name used in reports and as a target's name.
    pub fn name(&self) -> &str {
        match self {
            Server::Gunicorn => "gunicorn",
            Server::Uwsgi => "uWSGI",
            Server::Waitress => "Waitress",
            Server::OtherWsgi(name) => name,
            Server::FlaskRun => "flask run",
            Server::PythonFile => "python",
            Server::ManageRunserver => "manage.py runserver",
        }
    }
}

/// What a launch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchRole {
    Production,
    Development,
    /// Continuous integration, documentation: evidence only.
    Evidence,
}

/// How strongly a launch says "this is production"; the strongest kind that has any wins
/// (`experience.md`, "Where production starts").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precedence {
    /// `targets.prod` of the settings.
    Declared,
    /// A start line that a platform runs: Procfile `web`, systemd, supervisor, uwsgi ini, …
    Platform,
    /// ENTRYPOINT and CMD of the last stage of a Dockerfile.
    Image,
    /// A compose file named prod.
    Compose,
    /// Anything weaker.
    Other,
}

/// `module:attribute`, or `module:factory()`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WsgiTarget {
    pub module: String,
    /// `app`, or `create_app` where `call` holds; `None` where only a module was named.
    pub attribute: Option<String>,
    /// The call's text behind the name (`("production")`), without it `None`.
    pub call: Option<String>,
}

impl WsgiTarget {
    /// Reads `module`, `module:app`, `module:create_app()`, `path/file.py:app`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (module, attribute) = match text.split_once(':') {
            Some((module, attribute)) => (module, Some(attribute)),
            None => (text, None),
        };
        let module = module.strip_suffix(".py").unwrap_or(module).trim_start_matches("./").replace('/', ".");
        let valid = |name: &str| {
            !name.is_empty()
                && name.split('.').all(|part| {
                    part.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
                        && part.chars().all(|c| c.is_alphanumeric() || c == '_')
                })
        };
        if !valid(&module) {
            return None;
        }
        let (attribute, call) = match attribute {
            None => (None, None),
            Some(text) => match text.find('(') {
                Some(at) => (Some(text[..at].to_owned()), Some(text[at..].to_owned())),
                None => (Some(text.to_owned()), None),
            },
        };
        if attribute.as_deref().is_some_and(|name| !valid(name)) {
            return None;
        }
        Some(Self { module, attribute, call })
    }
}

impl std::fmt::Display for WsgiTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.module)?;
        if let Some(attribute) = &self.attribute {
            write!(f, ":{attribute}{}", self.call.as_deref().unwrap_or(""))?;
        }
        Ok(())
    }
}

/// How a variable gets its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VarOrigin {
    /// Written down there.
    Literal,
    /// Written down as what holds unless something else is set (`${X:-value}`, `ARG X=value`).
    Fallback,
    /// From elsewhere: `${X}`, a secret reference, `generateValue`.
    Elsewhere,
    /// `ARG`: only there while the image is built, but written down all the same.
    BuildOnly,
}

/// A variable that a launch sets. The value may be a secret, hence its type.
#[derive(Clone)]
pub struct LaunchVar {
    pub name: String,
    /// `None` where it is taken from elsewhere (`${VAR}`, `generateValue`).
    pub value: Option<Arc<Secret>>,
    pub origin: VarOrigin,
    pub location: Location,
    /// The value in the file, where it stands there literally.
    pub value_span: Option<Span>,
    /// The whole item that could be removed (line, list item), where that is one piece.
    pub item_span: Option<Span>,
}

/// One way the app is started.
pub struct Launch {
    /// The deployment kind that found it (`procfile`, `dockerfile` …).
    pub kind: &'static str,
    /// What it is called there: the process type, service or unit name.
    pub name: String,
    pub server: Server,
    pub role: LaunchRole,
    pub precedence: Precedence,
    /// The words of the command that starts the server (`gunicorn`, `-c`, …), wrappers such as
    /// `exec`, `poetry run` and environment assignments taken off. May hold secrets.
    pub argv: Vec<String>,
    pub env: Vec<LaunchVar>,
    /// Directory of the tree the app runs in, where its modules are looked for.
    pub cwd: RepoPath,
    /// Directory of the tree the command starts in. It is another one than `cwd` where the server
    /// changes its directory (`--chdir`): gunicorn looks for its configuration before it does so.
    pub started_in: RepoPath,
    pub target: Option<WsgiTarget>,
    /// The Python file `python FILE` runs.
    pub script: Option<RepoPath>,
    /// Configuration file named on the command line (`gunicorn -c`, `uwsgi --ini`).
    pub conf: Option<RepoPath>,
    /// `host:port` or socket as written, where it is given.
    pub bind: Option<String>,
    /// Where debug or reload is switched on in the command.
    pub debug_flag: Option<Location>,
    /// Env files the start reads (`env_file:`, `EnvironmentFile=`, `--env-file`).
    pub env_files: Vec<RepoPath>,
    /// Whether the published port is served over https in front of or by this launch; `None`
    /// where nothing says.
    pub https: Option<bool>,
    pub location: Location,
    /// The server command itself in the file at `location.path` (from the first word of `argv`
    /// to the last), where it stands there in one piece and in plain shell words.
    pub command_span: Option<Span>,
    /// How the words of `command_span` are quoted: plain shell text or a list of strings (exec form).
    pub exec_form: bool,
    /// The quote that plain shell text stands inside of (a string of JSON or YAML): a replacement
    /// must hold neither it nor a backslash.
    pub host_quote: Option<char>,
    /// What the deployment file lets the started processes do.
    pub bounds: Bounds,
    /// Where the script that holds the command is called, in the order of the calls; empty where
    /// the command stands in the deployment file itself.
    pub via: Vec<Location>,
}

/// What a deployment file lets a started process do and use.
#[derive(Clone, Default)]
pub struct Bounds {
    /// The user it runs as, as written; nothing where the file does not say.
    pub user: Option<String>,
    /// Memory is limited.
    pub memory: bool,
    /// The number of processes or tasks is limited.
    pub processes: bool,
    /// Where such limits would stand; nothing where files of this kind have none.
    pub place: Option<Location>,
    /// Where a port is published beyond this computer.
    pub published: Option<Location>,
    /// A proxy in the same file takes the requests.
    pub proxied: bool,
    /// The Dockerfile of the tree whose image it runs, where that is known.
    pub image: Option<RepoPath>,
    /// It gets more rights than a process needs (`privileged`, the Docker socket).
    pub privileged: Option<Location>,
}

impl Bounds {
    /// Whether the file says that it runs as the superuser.
    pub fn is_root(&self) -> bool {
        self.user.as_deref().is_some_and(is_root)
    }
}

/// Whether a user as written (`root`, `0`, `0:0`) is the superuser.
pub fn is_root(user: &str) -> bool {
    matches!(user.split(':').next().unwrap_or(user).trim(), "root" | "0")
}
