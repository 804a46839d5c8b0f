//! From a command line to the command that starts the server: lists, wrappers, `sh -c`, and the
//! scripts of the tree that a line calls. Runs nothing.

use std::collections::BTreeMap;

use super::command::{self, Started};
use super::scope::Scope;
use super::words::{Arg, ShellText, assigned, inner_text, is_assignment};
use super::wrappers::{self, Step};
use crate::facts::{LaunchVar, Server};
use crate::lang::shell::{Arm, commands, is_name};
use crate::text::{Location, RepoPath, SourceFile, Span};

/// How deep scripts and `sh -c` are followed.
const DEPTH: usize = 4;

/// A command that starts a server, with what was set on the way to it.
pub(crate) struct Start<'a> {
    pub args: Vec<Arg<'a>>,
    pub started: Started,
    /// Set on the way: assignments, `export`, `env`.
    pub vars: Vec<LaunchVar>,
    pub env_files: Vec<RepoPath>,
    pub cwd: RepoPath,
    pub started_in: RepoPath,
    /// Where scripts were called.
    pub via: Vec<Location>,
    branch: bool,
}

impl Start<'_> {
    /// A server that a base image starts by itself, with uWSGI's settings from the usual place.
    pub(crate) fn of_image(server: Server, scope: &Scope<'_, '_>) -> Self {
        let mut started = Started::new(server);
        started.conf = scope.cwd.join("uwsgi.ini").filter(|path| scope.context.has_file(path));
        Self {
            args: Vec::new(),
            started,
            vars: Vec::new(),
            env_files: Vec::new(),
            cwd: scope.cwd.clone(),
            started_in: scope.cwd.clone(),
            via: Vec::new(),
            branch: false,
        }
    }
}

/// Whether a file may be a script that a start line calls.
pub(crate) fn is_script(path: &RepoPath) -> bool {
    const NAMES: &[&str] = &[
        "run",
        "start",
        "boot",
        "entrypoint",
        "docker-entrypoint",
        "serve",
        "launch",
        "web",
        "server",
        "gunicorn_start",
    ];
    match path.extension() {
        "sh" | "bash" => true,
        "" => NAMES.contains(&path.name()) || path.components().any(|dir| dir == "bin" || dir == "scripts"),
        _ => false,
    }
}

/// The commands of a shell text that start servers.
pub(crate) fn starts<'a>(scope: &Scope<'a, '_>, text: &ShellText<'a>) -> Vec<Start<'a>> {
    let mut runner = Runner::new(scope);
    runner.text(text, 0);
    runner.starts
}

/// The one that counts among the starts of a shell text.
pub(crate) fn start<'a>(scope: &Scope<'a, '_>, text: &ShellText<'a>) -> Option<Start<'a>> {
    choose(starts(scope, text))
}

/// The start that a list of words is or leads to.
pub(crate) fn start_words<'a>(scope: &Scope<'a, '_>, args: Vec<Arg<'a>>) -> Option<Start<'a>> {
    let mut runner = Runner::new(scope);
    runner.args(args, false, 0);
    choose(runner.starts)
}

/// The last start; where branches choose between several, the last one that is no development
/// server, because a branch for development stands beside one for production.
fn choose(mut starts: Vec<Start<'_>>) -> Option<Start<'_>> {
    let dev =
        |start: &Start<'_>| start.started.server.is_development_server() || start.started.server == Server::PythonFile;
    if starts.iter().any(|start| start.branch)
        && let Some(at) = starts.iter().rposition(|start| !dev(start))
    {
        return Some(starts.swap_remove(at));
    }
    starts.pop()
}

struct Runner<'a, 'c> {
    scope: Scope<'a, 'c>,
    vars: Vec<LaunchVar>,
    env_files: Vec<RepoPath>,
    via: Vec<Location>,
    /// What `"$@"` stands for.
    params: Vec<Arg<'a>>,
    /// Functions that the scripts on the way have defined.
    functions: BTreeMap<String, Vec<Line<'a>>>,
    starts: Vec<Start<'a>>,
}

/// A command of a script, with the conditions it stands under.
#[derive(Clone)]
struct Line<'a> {
    args: Vec<Arg<'a>>,
    branch: bool,
    arms: Vec<Arm>,
}

impl<'a, 'c> Runner<'a, 'c> {
    fn new(scope: &Scope<'a, 'c>) -> Self {
        Self {
            scope: scope.clone(),
            vars: Vec::new(),
            env_files: Vec::new(),
            via: Vec::new(),
            params: Vec::new(),
            functions: BTreeMap::new(),
            starts: Vec::new(),
        }
    }

    fn text(&mut self, text: &ShellText<'a>, depth: usize) {
        let mut lines = Vec::new();
        for command in commands(&text.text) {
            let line = Line { args: text.args(command.words), branch: command.branch, arms: command.arms };
            match command.function {
                Some(name) => self.functions.entry(name).or_default().push(line),
                None => lines.push(line),
            }
        }
        self.lines(lines, depth);
    }

    fn lines(&mut self, lines: Vec<Line<'a>>, depth: usize) {
        // What each `case` looks at is read where it starts: its arms may change it.
        let mut subjects: BTreeMap<usize, Option<String>> = BTreeMap::new();
        for line in lines {
            let mut unclear = line.branch;
            let taken = line.arms.iter().all(|arm| {
                let subject = subjects.entry(arm.case).or_insert_with(|| self.subject(arm));
                unclear |= subject.is_none();
                subject.as_ref().is_none_or(|subject| is_taken(arm, subject))
            });
            if taken {
                self.args(line.args, unclear, depth);
            }
        }
    }

    /// What a `case` looks at, where that is known.
    fn subject(&self, arm: &Arm) -> Option<String> {
        let called = !self.via.is_empty();
        let first = self.params.first().map(|arg| arg.text.clone());
        let default = arm.subject.strip_prefix("${1:-").and_then(|rest| rest.strip_suffix('}'));
        let text = match arm.subject.as_str() {
            "$1" | "${1}" if called => first.unwrap_or_default(),
            _ if called && default.is_some() => first.or(default.map(str::to_owned))?,
            text => self.scope.expand_text(text),
        };
        (!text.contains(['$', '`'])).then_some(text)
    }

    /// One simple command.
    fn args(&mut self, args: Vec<Arg<'a>>, branch: bool, depth: usize) {
        let args = self.with_params(args);
        let mut at = 0;
        let before = self.vars.len();
        while at < args.len() {
            match wrappers::step(&self.scope, &args[at..]) {
                Step::Skip(words) => at += words,
                Step::Assign => {
                    let alone = args[at..].iter().all(|arg| is_assignment(arg));
                    self.assign(&args[at], alone);
                    at += 1;
                }
                Step::Shell(index) => return self.nested(&args[at..], index, branch, depth),
                Step::Script(index) => return self.call(&args[at..], index, branch, depth),
                Step::Program => break,
                Step::Nothing => return,
            }
        }
        let args = &args[at.min(args.len())..];
        let Some(first) = args.first() else { return };
        match first.text.as_str() {
            "export" => args[1..].iter().for_each(|arg| self.assign(arg, false)),
            "cd" | "pushd" => self.cd(args),
            "." | "source" => self.source(args),
            "eval" => self.eval(&args[1..], branch, depth),
            "shift" if !branch => drop(self.params.drain(..self.params.len().min(1))),
            "set" if args.get(1).is_some_and(|arg| arg.text == "--") => self.set_params(&args[2..], branch),
            _ => {
                self.program(args.to_vec(), branch, depth);
                self.vars.truncate(before);
            }
        }
    }

    /// Puts the words that a script was called with where it says `"$@"`.
    fn with_params(&self, args: Vec<Arg<'a>>) -> Vec<Arg<'a>> {
        let splice = |arg: Arg<'a>| match arg.text.as_str() {
            "$@" | "${@}" | "$*" | "${*}" if arg.expands => self.params.clone(),
            "$1" | "${1}" if arg.expands => self.params.first().cloned().map_or_else(|| vec![arg], |first| vec![first]),
            _ => vec![arg],
        };
        args.into_iter().flat_map(splice).collect()
    }

    /// `set -- WORDS`; under a condition only where the script was called with options alone, which
    /// is what such a condition asks for.
    fn set_params(&mut self, args: &[Arg<'a>], branch: bool) {
        let now = self.params.first().map(|arg| arg.text.as_str());
        if !branch || now.is_none_or(|text| text.starts_with('-')) {
            self.params = args.to_vec();
        }
    }

    fn cd(&mut self, args: &[Arg<'a>]) {
        let Some(arg) = args.iter().skip(1).find(|arg| !arg.text.starts_with('-')) else { return };
        let text = self.scope.expand(arg);
        if text.contains("dirname") || text.contains("BASH_SOURCE") || text.contains("${0%") {
            let dir = arg.piece.file.path.parent();
            self.scope.cwd = if text.contains("/..") { dir.parent() } else { dir };
        } else {
            self.scope.change_dir(&text);
        }
    }

    fn source(&mut self, args: &[Arg<'a>]) {
        let Some(text) = args.get(1).map(|arg| self.scope.expand(arg)) else { return };
        if command::program(&text).contains("env")
            && !text.ends_with("activate")
            && let Some(path) = self.scope.cwd.join(&text)
        {
            self.env_files.push(path);
        }
    }

    /// `NAME=value`, as a variable of the shell or of what is started.
    fn assign(&mut self, arg: &Arg<'a>, alone: bool) {
        let Some((name, value)) = arg.text.split_once('=') else { return };
        if !is_name(name) {
            return;
        }
        if alone {
            let value = self.scope.expand(&Arg { text: value.to_owned(), ..arg.clone() });
            self.scope.shell.insert(name.to_owned(), value);
            return;
        }
        let var = assigned(arg, 0);
        self.scope.env.extend(var.clone());
        self.vars.extend(var);
    }

    /// `sh -c TEXT`, the text being word `index`.
    fn nested(&mut self, args: &[Arg<'a>], index: usize, branch: bool, depth: usize) {
        if depth >= DEPTH {
            return;
        }
        let arg = &args[index];
        let inner = inner_text(arg);
        let before = self.starts.len();
        let params = std::mem::replace(&mut self.params, args.get(index + 2..).unwrap_or_default().to_vec());
        self.text(&inner, depth + 1);
        self.params = params;
        for start in &mut self.starts[before..] {
            start.branch |= branch;
        }
    }

    /// `eval WORDS`: a text that stands nowhere in one piece.
    fn eval(&mut self, args: &[Arg<'a>], branch: bool, depth: usize) {
        let Some(first) = args.first().filter(|_| depth < DEPTH) else { return };
        let text = args.iter().map(|arg| self.scope.expand(arg)).collect::<Vec<_>>().join(" ");
        let before = self.starts.len();
        self.text(&ShellText { text: text.into(), at: None, piece: first.piece }, depth + 1);
        for start in &mut self.starts[before..] {
            start.branch |= branch;
        }
    }

    /// A script of the tree, named by word `index`.
    fn call(&mut self, args: &[Arg<'a>], index: usize, branch: bool, depth: usize) {
        let name = self.scope.expand(&args[index]);
        let there = self.scope.path(&name).and_then(|path| self.scope.context.file(&path));
        let Some(file) = there.or_else(|| self.only_one(&name)) else { return };
        if depth >= DEPTH || self.via.iter().any(|place| place.path == file.path) {
            return;
        }
        let called = &args[index];
        self.via.push(Location::in_file(called.piece.file, called.span.unwrap_or(called.piece.span)));
        let before = self.starts.len();
        let outer = std::mem::replace(&mut self.params, args[index + 1..].to_vec());
        let (cwd, workdir) = (self.scope.cwd.clone(), self.scope.workdir.clone());
        if there.is_none() {
            self.scope.cwd = file.path.parent();
        }
        self.text(&ShellText::of(file, Span::new(0, file.text.len())), depth + 1);
        self.params = outer;
        (self.scope.cwd, self.scope.workdir) = (cwd, workdir);
        self.via.pop();
        let inner = choose(self.starts.split_off(before));
        self.starts.extend(inner.map(|start| Start { branch, ..start }));
    }

    /// The only script of the tree with the name of `./NAME`, where nothing says what the image has
    /// in its working directory: the code is mounted there.
    fn only_one(&self, name: &str) -> Option<&'a SourceFile> {
        let name = name.strip_prefix("./").filter(|_| self.scope.workdir.is_some())?;
        let mut hits = self.scope.context.files().filter(|file| file.path.name() == name && is_script(&file.path));
        let first = hits.next()?;
        hits.next().is_none().then_some(first)
    }

    fn program(&mut self, args: Vec<Arg<'a>>, branch: bool, depth: usize) {
        if let Some(lines) = self.functions.get(args[0].text.as_str()).filter(|_| depth < DEPTH) {
            let lines = lines.clone();
            let outer = std::mem::replace(&mut self.params, args[1..].to_vec());
            self.lines(lines, depth + 1);
            self.params = outer;
            return;
        }
        let Some(started) = command::parse(&self.scope, &args) else {
            if args[0].text.contains('/') && depth < DEPTH && self.is_shell_script(&args[0]) {
                self.call(&args, 0, branch, depth);
            }
            return;
        };
        let mut vars = self.vars.clone();
        vars.extend(started.sets.iter().filter_map(|(index, from)| assigned(args.get(*index)?, *from)));
        let mut env_files = self.env_files.clone();
        env_files.extend(started.env_files.iter().filter_map(|text| self.scope.cwd.join(text)));
        let cwd = started.cwd.clone().unwrap_or_else(|| self.scope.cwd.clone());
        let started_in = self.scope.cwd.clone();
        self.starts.push(Start { args, started, vars, env_files, cwd, started_in, via: self.via.clone(), branch });
    }

    fn is_shell_script(&self, arg: &Arg<'a>) -> bool {
        let path = self.scope.path(&self.scope.expand(arg));
        let file = path.and_then(|path| self.scope.context.file(&path));
        file.is_some_and(|file| {
            file.text.starts_with("#!") && file.text.lines().next().is_some_and(|l| l.contains("sh"))
        })
    }
}

/// Whether an arm is the first of its `case` that fits.
fn is_taken(arm: &Arm, subject: &str) -> bool {
    let hit = |patterns: &[String]| patterns.iter().any(|pattern| glob(pattern, subject));
    hit(&arm.patterns) && !hit(&arm.earlier)
}

/// Whether a pattern of the shell fits a text; `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    if !pattern.contains('*') {
        return rest.is_empty();
    }
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};
    use super::glob;

    const ENTRY: &str = "#!/bin/bash\nserver() {\n  BIND=${BIND:-0.0.0.0:5000}\n  exec /v/bin/gunicorn -b \"$BIND\" shop:app\n}\nworker() {\n  exec rq worker\n}\ncase \"$1\" in\n  server)\n    shift\n    server\n    ;;\n  worker) worker ;;\n  dev)\n    export FLASK_DEBUG=1\n    exec flask run --debug\n    ;;\n  *)\n    exec \"$@\"\n    ;;\nesac\n";

    fn image(cmd: &str) -> Trial {
        let docker = format!("FROM python\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/bin/entry\"]\nCMD {cmd}\n");
        Trial::new(&[("Dockerfile", &docker), ("bin/entry", ENTRY)])
    }

    fn started(trial: &Trial) -> Vec<String> {
        trial.launches().iter().filter(|launch| launch.kind == "dockerfile").map(brief).collect()
    }

    #[test]
    fn the_arm_that_is_taken_decides() {
        let trial = image("[\"server\"]");
        assert_eq!(started(&trial), ["image gunicorn shop:app Production Image"]);
        assert_eq!(trial.launches()[0].bind.as_deref(), Some("0.0.0.0:5000"));
        assert!(started(&image("[\"worker\"]")).is_empty());
        let dev = image("[\"dev\"]").launches();
        assert_eq!((dev[0].server.name(), env(&dev[0])["FLASK_DEBUG"]), ("flask run", Some("1")));
        assert_eq!(started(&image("[\"gunicorn\", \"other:app\"]")), ["image gunicorn other:app Production Image"]);
    }

    #[test]
    fn options_alone_are_put_behind_the_server() {
        let entry = "#!/bin/sh\nif [ \"${1#-}\" != \"$1\" ]; then\n  set -- gunicorn \"$@\"\nfi\nexec \"$@\"\n";
        for cmd in ["[\"-w\", \"2\", \"a:app\"]", "[\"gunicorn\", \"-w\", \"2\", \"a:app\"]"] {
            let docker = format!("FROM python\nCOPY . /x\nENTRYPOINT [\"/x/e.sh\"]\nCMD {cmd}\n");
            let trial = Trial::new(&[("Dockerfile", &docker), ("e.sh", entry)]);
            assert_eq!(started(&trial), ["image gunicorn a:app Production Image"]);
        }
    }

    #[test]
    fn wrappers_of_every_kind_are_taken_off() {
        for line in [
            "exec gunicorn a:app",
            "env A=1 B=2 gunicorn a:app",
            "sudo -u www -E gunicorn a:app",
            "tini -g -- gunicorn a:app",
            "dumb-init gunicorn a:app",
            "wait-for-it.sh db:5432 -t 30 -- gunicorn a:app",
            "dockerize -wait tcp://db:5432 -timeout 20s gunicorn a:app",
            "poetry run gunicorn a:app",
            "uv run --no-dev --extra x gunicorn a:app",
            "pipenv run python -m gunicorn a:app",
            "nohup gunicorn a:app > log 2>&1 &",
            "sh -c 'cd x; exec gunicorn a:app'",
            "/bin/bash -lc \"source v/bin/activate && gunicorn a:app\"",
            "gosu www:www gunicorn a:app",
            "su - www -c 'gunicorn a:app'",
            "timeout 60 nice -n 5 gunicorn a:app",
            "ddtrace-run gunicorn a:app",
            "opentelemetry-instrument --service_name x gunicorn a:app",
            "dotenv -f .env run -- gunicorn a:app",
            "/opt/venv/bin/python3.11 -u -m gunicorn a:app",
            "sleep 10 && until nc -z db 5432; do sleep 1; done; gunicorn a:app",
        ] {
            let trial = Trial::new(&[("Procfile", &format!("web: {line}\n"))]);
            assert_eq!(brief(&trial.one()), "web gunicorn a:app Production Platform", "{line}");
        }
    }

    #[test]
    fn what_only_mentions_a_server_starts_nothing() {
        for line in [
            "echo gunicorn a:app",
            "pip install gunicorn",
            "pkill gunicorn",
            "flask db upgrade",
            "flask --app x routes",
            "celery -A a worker",
            "python -m pytest",
            "curl -f http://x/ || exit 1",
            "which flask run",
            "exec supervisord -n",
            "poetry install",
        ] {
            assert!(Trial::new(&[("Procfile", &format!("web: {line}\n"))]).launches().is_empty(), "{line}");
        }
    }

    #[test]
    fn commands_put_together_in_variables_are_read() {
        let script = "#!/bin/sh\ncmd=\"exec gunicorn a:app \\\n  -b 0.0.0.0:$PORT $@\"\nif [ x ]; then cmd=\"su - abc -c '$cmd'\"; fi\neval \"$cmd\"\n";
        let trial = Trial::new(&[("Procfile", "web: ./run.sh\n"), ("run.sh", script)]);
        let launch = trial.one();
        assert_eq!((brief(&launch).as_str(), launch.command_span), ("web gunicorn a:app Production Platform", None));
        assert_eq!(launch.location.path.as_str(), "run.sh");
    }

    #[test]
    fn hostile_scripts_end() {
        let loops = Trial::new(&[
            ("Procfile", "web: ./a.sh\n"),
            ("a.sh", "f() { f; }\nf\n./b.sh\n"),
            ("b.sh", "./a.sh\nsh -c './a.sh'\n"),
        ]);
        assert!(loops.launches().is_empty());
        let nested = format!("web: {}gunicorn a:app\n", "exec ".repeat(50_000));
        assert_eq!(Trial::new(&[("Procfile", &nested)]).launches().len(), 1);
    }

    #[test]
    fn patterns() {
        assert!(glob("*", "") && glob("a*c", "abc") && glob("web", "web") && glob("*b*", "abc"));
        assert!(!glob("web", "webs") && !glob("a*c", "ab") && !glob("", "x"));
    }
}
