//! One Python that has imported Flask once, and a fork of it for each question: an app is imported
//! in its own process, from its own directory, with the variables of the row alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::real::python;

/// Answers a line of JSON with a line of JSON: whether the code ran to its end, and what it printed.
const SERVER: &str = r#"
import io, json, os, signal, sys, tempfile, traceback
import flask
sys.dont_write_bytecode = True
for line in sys.stdin:
    job = json.loads(line)
    out = tempfile.TemporaryFile()
    pid = os.fork()
    if pid == 0:
        status = 1
        os.dup2(out.fileno(), 1)
        errors = tempfile.TemporaryFile()
        os.dup2(errors.fileno(), 2)
        sys.stdout = io.TextIOWrapper(open(1, "wb", 0), "utf-8", write_through=True)
        sys.stderr = io.TextIOWrapper(open(2, "wb", 0), "utf-8", write_through=True)
        signal.alarm(20)
        try:
            os.chdir(job["dir"])
            os.environ.clear()
            os.environ.update(job["env"])
            sys.path.insert(0, job["dir"])
            for path in job["compile"]:
                compile(open(path, "rb").read(), path, "exec", dont_inherit=True)
            exec(compile(job["code"], "probe", "exec"), {"__name__": "probe"})
            status = 0
        except BaseException:
            traceback.print_exc()
        if status:
            os.lseek(2, 0, 0)
            os.write(1, os.read(2, 20000)[-1500:])
        os._exit(status)
    _, status = os.waitpid(pid, 0)
    out.seek(0)
    text = out.read().decode("utf-8", "replace").strip()
    sys.stdout.write(json.dumps({"ok": status == 0, "out": text}) + "\n")
    sys.stdout.flush()
"#;

pub(super) struct Python {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    pub(super) fn start() -> Self {
        let mut command = python::command();
        command.args(["-c", SERVER]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("FH_PYTHON can be started");
        let questions = child.stdin.take().expect("stdin is piped");
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, questions, answers }
    }

    /// Compiles files, then runs code in a directory; what it printed, or how it failed.
    pub(super) fn ask(
        &mut self,
        dir: &Path,
        env: &[(&str, &str)],
        compile: &[String],
        code: &str,
    ) -> Result<String, String> {
        let env: serde_json::Map<String, serde_json::Value> =
            env.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let job = serde_json::json!({ "dir": dir, "env": env, "compile": compile, "code": code });
        writeln!(self.questions, "{job}").expect("python reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("python answers");
        let answer: serde_json::Value = serde_json::from_str(&line).expect("an answer is JSON");
        let out = answer["out"].as_str().unwrap_or_default().to_owned();
        if answer["ok"] == true { Ok(out) } else { Err(out) }
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
