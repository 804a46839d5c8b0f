//! System calls of a program under strace: which ones touch a directory, in which order, and the
//! n-th of a kind killed or made to fail.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Calls that change what is on disk, or make it durable.
const CHANGING: &[&str] = &[
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "fsetxattr",
    "fremovexattr",
    "mkdir",
    "mkdirat",
    "linkat",
    "utimensat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
];

/// One call as strace wrote it, and how many of its kind its thread had made, itself included.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) ordinal: usize,
    pub(crate) line: String,
    /// strace counts for each thread: whether no other thread comes first to this number.
    pub(crate) reachable: bool,
}

impl Call {
    /// Whether the disk is another one after this call.
    pub(crate) fn changes(&self) -> bool {
        CHANGING.contains(&self.name.as_str()) || (self.name == "openat" && self.line.contains("O_CREAT"))
    }
}

/// What happens to one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault<'a> {
    None,
    /// The process is killed on entering the call.
    Kill(&'a Call),
    /// The call fails with this error and does nothing.
    Error(&'a Call, &'static str),
}

/// Runs a program under strace; its calls go to `log`.
pub(crate) fn run(command: &Command, fault: Fault<'_>, log: &Path) -> ExitStatus {
    let mut strace = Command::new("strace");
    // Nothing of the caller's environment: it changes how often the loader looks for libraries.
    strace.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    strace.args(["-f", "-y", "-qq", "-o"]).arg(log);
    strace.arg("-e").arg(format!(
        "trace=openat,{}",
        CHANGING.iter().chain(ASKING).map(|name| format!("?{name}")).collect::<Vec<_>>().join(",")
    ));
    match fault {
        Fault::None => {}
        Fault::Kill(call) => {
            strace.arg("-e").arg(format!("inject={}:signal=KILL:when={}", call.name, call.ordinal));
        }
        Fault::Error(call, error) => {
            strace.arg("-e").arg(format!("inject={}:error={error}:when={}", call.name, call.ordinal));
        }
    }
    strace.arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        strace.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap());
    }
    strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    strace.status().expect("strace is needed for the kill sweep")
}

/// The calls of a log that touch something below `root`, in order.
pub(crate) fn touching(log: &Path, root: &Path) -> Vec<Call> {
    let root = root.to_str().unwrap();
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut most_elsewhere: BTreeMap<String, usize> = BTreeMap::new();
    let mut calls: Vec<(String, Call)> = Vec::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let Some((name, _)) = rest.split_once('(').filter(|_| !rest.starts_with(['<', '+', '-'])) else { continue };
        let count = counts.entry((thread.to_owned(), name.to_owned())).or_default();
        *count += 1;
        let call = Call { name: name.to_owned(), ordinal: *count, line: rest.to_owned(), reachable: true };
        calls.push((thread.to_owned(), call));
    }
    let worker = calls.iter().find(|(_, call)| call.line.contains(root)).map(|(thread, _)| thread.clone()).unwrap();
    for (thread, call) in calls.iter().filter(|(thread, _)| *thread != worker) {
        assert!(!call.line.contains(root), "thread {thread} is at work too: {}", call.line);
        most_elsewhere.insert(call.name.clone(), call.ordinal);
    }
    let touching = calls.into_iter().filter(|(_, call)| call.line.contains(root)).map(|(_, mut call)| {
        call.reachable = most_elsewhere.get(&call.name).is_none_or(|most| *most < call.ordinal);
        call
    });
    touching.collect()
}

/// Calls by which a program asks a server. What a server did by one is done before the next.
const ASKING: &[&str] = &["sendto", "sendmsg"];

/// The calls of a log that change something below one of these directories, or ask a server:
/// name and ordinal in their thread.
pub(crate) fn with_servers(log: &Path, below: &[&Path]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        let Some((name, _)) = rest.split_once('(').filter(|_| !rest.starts_with(['<', '+', '-'])) else { continue };
        let count = counts.entry((thread.to_owned(), name.to_owned())).or_default();
        *count += 1;
        let ours = below.iter().any(|root| rest.contains(root.to_str().unwrap()));
        let changes = CHANGING.contains(&name) || (name == "openat" && rest.contains("O_CREAT"));
        if ASKING.contains(&name) || (ours && changes) {
            found.push((name.to_owned(), *count));
        }
    }
    found
}
