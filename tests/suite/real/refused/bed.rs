//! The commands that use a store, each in a tree of its own, and what must hold when the store
//! refuses: the exit code, three parts with a next step of this very cause, and nothing changed,
//! nothing left over, nothing told.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Child, Output, Stdio};

use super::super::kept::Kept;
use crate::support::{Canary, Project};

const LITERAL: &str =
    "from flask import Flask\n\napp = Flask(__name__)\napp.config[\"SECRET_KEY\"] = \"colour-me-surprised-19\"\n";
const READS: &str = "import os\n\nfrom flask import Flask\n\napp = Flask(__name__)\n\
    app.config[\"SECRET_KEY\"] = os.environ.get(\"SECRET_KEY\")\n";

/// Name, tree, arguments; `STORE` stands for the store.
const COMMANDS: &[(&str, &str, &[&str])] = &[
    ("apply", "literal", &["--apply", "--store", "STORE"]),
    ("onboard", "clone", &["onboard", "--store", "STORE"]),
    ("set", "empty", &["store", "set", "API_TOKEN", "--store", "STORE"]),
    ("copy to", "filed", &["store", "copy", "--to", "STORE"]),
    ("copy from", "recorded", &["store", "copy", "--to", "print"]),
    ("exec", "recorded", &["exec", "--", "true"]),
    ("rotate", "recorded", &["rotate", "SECRET_KEY", "--cutover"]),
    ("status", "recorded", &["store", "status"]),
];

/// One cause.
pub(super) struct Case {
    name: &'static str,
    variables: Vec<(&'static str, Option<String>)>,
    more: Vec<String>,
    commands: &'static [&'static str],
    why: &'static str,
    now: &'static str,
}

impl Case {
    /// `why` and `now`: words that the message has to have there.
    pub(super) fn new(name: &'static str, why: &'static str, now: &'static str) -> Self {
        Self { name, variables: Vec::new(), more: Vec::new(), commands: &[], why, now }
    }

    pub(super) fn set(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, Some(value.into())));
        self
    }

    pub(super) fn unset(mut self, name: &'static str) -> Self {
        self.variables.push((name, None));
        self
    }

    pub(super) fn option(mut self, words: &[&str]) -> Self {
        self.more.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    /// Only these commands meet the cause.
    pub(super) fn only(mut self, commands: &'static [&'static str]) -> Self {
        self.commands = commands;
        self
    }
}

/// The trees, for one store.
pub(super) struct Bed<'k> {
    kept: &'k Kept,
    trees: BTreeMap<&'static str, Project>,
    token: Canary,
    secrets: Vec<String>,
}

impl<'k> Bed<'k> {
    pub(super) fn new(kept: &'k Kept) -> Self {
        let mut trees = BTreeMap::new();
        for (name, text) in
            [("literal", LITERAL), ("clone", READS), ("empty", READS), ("filed", LITERAL), ("recorded", LITERAL)]
        {
            let project = Project::new();
            project.write("app.py", text).write("requirements.txt", "flask==3.1.3\n");
            project.write("Procfile", "web: gunicorn app:app\n");
            trees.insert(name, project);
        }
        let program = kept.program();
        program.run(trees["filed"].path(), &["--apply", "--store", "env-file"]).exits(0);
        program.run(trees["recorded"].path(), &["--apply", "--store", kept.name]).exits(0);
        let shown = |tree: &Project| {
            let shown = program.run(tree.path(), &["store", "copy", "--to", "print"]).exits(0).stdout;
            shown.trim_end().split_once('=').unwrap().1.to_owned()
        };
        let secrets = vec![shown(&trees["filed"]), shown(&trees["recorded"])];
        Self { kept, trees, token: Canary::new(), secrets }
    }

    fn start(&self, case: &Case, tree: &str, args: &[&str]) -> Child {
        let mut line: Vec<&str> = args.iter().map(|arg| if *arg == "STORE" { self.kept.name } else { arg }).collect();
        let at = line.iter().position(|word| *word == "--").unwrap_or(line.len());
        line.splice(at..at, case.more.iter().map(String::as_str));
        let mut command = self.kept.program().command(self.trees[tree].path(), &line);
        for (name, value) in &case.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(self.token.value().replace('!', "-").as_bytes());
        child
    }

    /// Runs the commands under one cause, side by side: some take as long as a server is waited for.
    pub(super) fn check(&self, case: &Case) {
        let wanted = |name: &str| case.commands.is_empty() || case.commands.contains(&name);
        let runs: Vec<_> = COMMANDS.iter().filter(|(name, ..)| wanted(name)).collect();
        assert!(!runs.is_empty(), "{}", case.name);
        let before: Vec<_> = self.trees.values().map(Project::picture).collect();
        let started: Vec<Child> = runs.iter().map(|(_, tree, args)| self.start(case, tree, args)).collect();
        let outputs: Vec<Output> = started.into_iter().map(|run| run.wait_with_output().unwrap()).collect();
        for ((name, ..), output) in runs.iter().zip(&outputs) {
            self.judge(case, name, output);
        }
        let after: Vec<_> = self.trees.values().map(Project::picture).collect();
        assert!(before == after, "{}: a tree was changed", case.name);
        for tree in ["literal", "clone", "empty"] {
            let status = self.kept.program().run(self.trees[tree].path(), &["store", "status"]).exits(0);
            assert!(status.stdout.contains("No key is recorded"), "{}: {tree}: {}", case.name, status.stdout);
        }
    }

    fn judge(&self, case: &Case, command: &str, output: &Output) {
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let at = format!("{} {}: {command}", self.kept.name, case.name);
        let all = format!("{stdout}{stderr}");
        assert!(!self.token.is_in(all.as_bytes()), "{at}: the value was printed");
        for secret in self.secrets.iter().chain(case.variables.iter().filter_map(|(name, value)| {
            // What is secret among the variables of a case.
            value.as_ref().filter(|value| value.len() > 7 && ["TOKEN", "SECRET"].iter().any(|part| name.contains(part)))
        })) {
            assert!(!all.contains(secret.as_str()), "{at}: a secret was printed\n{all}");
        }
        if command == "status" {
            assert_eq!(output.status.code(), Some(0), "{at}\n{all}");
            assert!(stdout.contains("not known: ") && stdout.contains(case.why), "{at}\n{all}");
            return;
        }
        assert_eq!(output.status.code(), Some(5), "{at}\n{all}");
        let line = |head: &str| {
            let found = stderr.lines().find_map(|line| line.strip_prefix(head));
            found.unwrap_or_else(|| panic!("{at}: no {head}\n{all}")).to_owned()
        };
        let (what, why) = (line("error: "), line("  why: "));
        let now = stderr.split_once("  now: ").unwrap_or_else(|| panic!("{at}: no next step\n{all}")).1;
        let now = now.split("  Nothing was written.").next().unwrap().trim_end().replace("\n       ", " // ");
        assert!(why.contains(case.why), "{at}: why\n{all}");
        assert!(now.contains(case.now), "{at}: now\n{all}");
        assert!(stderr.contains("  Nothing was written.\n"), "{at}\n{all}");
        row(&format!("{} | {} | {command} | 5 | {what} | {why} | {now}", self.kept.name, case.name));
    }

    /// Runs all causes, and holds the server's state against what it was.
    pub(super) fn check_all(&self, cases: &[Case]) {
        let before = self.kept.everything();
        for case in cases {
            self.check(case);
        }
        assert_eq!(self.kept.everything(), before, "{}: something was written", self.kept.name);
        self.no_secret_in_state();
        let mut steps: Vec<&str> = cases.iter().map(|case| case.now).collect();
        let all = steps.len();
        steps.sort_unstable();
        steps.dedup();
        assert_eq!(steps.len(), all, "two causes have the same next step: {steps:?}");
    }

    /// Journals, records and backups hold no value.
    fn no_secret_in_state(&self) {
        let state = self.kept.program().state();
        self.token.not_below(&state, &[]);
        for secret in &self.secrets {
            let found = std::process::Command::new("grep").arg("-rlF").arg(secret).arg(&state).output().unwrap();
            assert_eq!(text(&found.stdout), "", "a key is in the state directory");
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// One row of the table, into the file that `FH_REFUSED_TABLE` names.
pub(in super::super) fn row(line: &str) {
    let Some(path) = std::env::var_os("FH_REFUSED_TABLE") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{line}").unwrap();
}
