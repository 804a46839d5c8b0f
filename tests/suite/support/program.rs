//! Runs the real binary: its own home and XDG directories, no terminal, no git variables.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program with a home of its own. Runs of one `Program` share that home, so that `undo` finds
/// what `--apply` recorded.
pub(crate) struct Program {
    home: TempDir,
    variables: Vec<(OsString, OsString)>,
}

/// How a run ended and what it printed.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Sets a variable for the runs that follow.
    pub(crate) fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Home, state, config and cache of the runs: everything the program may write outside a tree.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The state directory (`XDG_STATE_HOME`).
    pub(crate) fn state(&self) -> PathBuf {
        self.home().join("state")
    }

    /// A command in `dir`, not started yet. Its standard input is empty.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, dir: &Path, args: &[A]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flask-harden"));
        command
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_STATE_HOME", self.state())
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .env("XDG_CACHE_HOME", self.home().join("cache"))
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env("LANG", "C.UTF-8")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(dir)
            .args(args)
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end with text on its standard input.
    pub(crate) fn feed<A: AsRef<OsStr>>(&self, dir: &Path, args: &[A], input: &str) -> Output {
        let mut command = self.command(dir, args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs to the end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, dir: &Path, args: &[A]) -> Run {
        let output = self.command(dir, args).output().expect("the program can be started");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }
}

impl Run {
    /// Fails with everything that was printed unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code\n-- stdout\n{}\n-- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// For snapshots: the exit code and both streams.
    pub(crate) fn transcript(&self) -> String {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        format!("exit code: {code}\n----- stdout\n{}----- stderr\n{}", self.stdout, self.stderr)
    }
}
