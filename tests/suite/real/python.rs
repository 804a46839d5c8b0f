//! Runs the Python of `FH_PYTHON`, away from this process' environment.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The interpreter of a virtual environment that has what `tests/tools/requirements.txt` names.
pub(crate) fn interpreter() -> PathBuf {
    let Some(path) = std::env::var_os("FH_PYTHON") else {
        panic!("FH_PYTHON is not set: name the python of a virtual environment with python-dotenv, flask and gunicorn")
    };
    PathBuf::from(path)
}

/// A command with a small, fixed environment.
pub(crate) fn command() -> Command {
    let mut command = Command::new(interpreter());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Runs a script with text on its standard input and returns its standard output.
pub(crate) fn run(script: &str, input: &str) -> String {
    try_to(script, input).unwrap_or_else(|said| panic!("python failed: {said}"))
}

/// The same; what a script that fails said is the error.
pub(crate) fn try_to(script: &str, input: &str) -> Result<String, String> {
    let mut child = command()
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("FH_PYTHON can be started");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output: Output = child.wait_with_output().expect("python ends");
    writer.join().expect("writer").expect("python reads its input");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8(output.stdout).expect("python prints UTF-8"))
}
