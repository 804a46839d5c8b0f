//! Runs a row: the program over its tree, twice, and back; Python over what it left.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Mutex;

use serde_json::Value;

use super::picture::{Files, difference};
use super::probe::Python;
use super::row::{Row, Want};
use crate::support::{Program, Project};

/// The reviewed text of a row, and what is wrong with it.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) wrong: Vec<String>,
}

/// A row while it runs.
struct Bed<'r> {
    row: &'r Row,
    program: Program,
    project: Project,
    before: Files,
    out: Outcome,
}

pub(super) fn run(row: &Row, python: &Mutex<Python>) -> Outcome {
    let mut project = if row.git { Project::with_git() } else { Project::new() };
    for (path, bytes) in &row.files {
        project.write(path, bytes);
        if path.ends_with(".env") {
            project.mode(path, 0o600);
        }
    }
    if row.git {
        project.commit("All");
    }
    for (path, text) in &row.later {
        project.write(path, text);
    }
    let before = project.picture();
    let mut bed = Bed { row, program: Program::new(), project, before, out: Outcome::default() };
    let first: Vec<Option<String>> = row.wants.iter().map(|want| bed.key_before(want, python)).collect();
    bed.reports();
    let after = bed.apply();
    bed.kept(&after);
    bed.questions(&after, &first, python);
    bed.again();
    bed.back();
    bed.out
}

impl Bed<'_> {
    fn wrong(&mut self, problem: impl Into<String>) {
        self.out.wrong.push(problem.into());
    }

    fn key_before(&mut self, want: &Want, python: &Mutex<Python>) -> Option<String> {
        let (Want::Key(code) | Want::Required(code)) = want else { return None };
        match ask(python, self.project.path(), &[], &[], code) {
            Ok(text) => Some(text),
            Err(why) => {
                self.wrong(format!("does not run as it is: {why}"));
                None
            }
        }
    }

    /// What the scan says, for rows that speak of it.
    fn reports(&mut self) {
        let speaks = |want: &Want| matches!(want, Want::Silent(_) | Want::Reports(_));
        if !self.row.wants.iter().any(speaks) {
            return;
        }
        let run = self.program.run(self.project.path(), &["scan", "--format", "json", "--fail-on", "none"]);
        let json: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let found: Vec<String> = json["findings"]
            .as_array()
            .map(|list| {
                list.iter()
                    .map(|finding| {
                        format!(
                            "{} {}",
                            finding["rule"]["id"].as_str().or(finding["rule"].as_str()).unwrap_or_default(),
                            finding["message"]
                        )
                    })
                    .collect()
            })
            .unwrap_or_default();
        for want in &self.row.wants {
            match want {
                Want::Silent(rules) if found.iter().any(|line| line.starts_with(rules)) => {
                    self.out.wrong.push(format!("reported: {found:?}"));
                }
                Want::Reports(rule) if !found.iter().any(|line| line.starts_with(rule)) => {
                    self.out.wrong.push(format!("{rule} is not reported: {found:?}"));
                }
                _ => {}
            }
        }
    }

    /// Writes the fixes; the tree afterwards.
    fn apply(&mut self) -> Files {
        let args = ["--apply", "--store", "env-file", "--no-config", "--format", "json"];
        let run = self.program.run(self.project.path(), &args);
        if run.code != Some(self.row.exit) {
            self.wrong(format!("exit {:?}\n{}{}", run.code, run.stdout, run.stderr));
        }
        let json: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let after = self.project.picture();
        self.out.text = difference(&self.before, &after);
        let held: Vec<String> = json["draft"]["held_back"].as_array().into_iter().flatten().map(held_back).collect();
        held.iter().for_each(|line| self.out.text.push_str(line));
        for want in &self.row.wants {
            match want {
                Want::ByHand(words) if !held.iter().any(|line| line.contains(words)) => {
                    self.out.wrong.push(format!("not left to a person with '{words}': {held:#?}"));
                }
                Want::Told(words) if !format!("{}{}", run.stdout, run.stderr).contains(words) => {
                    self.out.wrong.push(format!("not told: {words}\n{}{}", run.stdout, run.stderr));
                }
                _ => {}
            }
        }
        after
    }

    /// What must be the same, and what must not.
    fn kept(&mut self, after: &Files) {
        let changed: Vec<&String> =
            self.before.iter().filter(|(path, old)| after.get(*path) != Some(old)).map(|(path, _)| path).collect();
        let mut wrong = Vec::new();
        for want in &self.row.wants {
            match want {
                Want::Changes(path) if !changed.iter().any(|changed| changed == path) => {
                    wrong.push(format!("{path} is not changed"));
                }
                Want::Keeps(path) if changed.iter().any(|changed| changed == path) => {
                    wrong.push(format!("{path} is changed"));
                }
                Want::Untouched => {
                    let env = after.keys().any(|path| path.ends_with(".env") && !self.before.contains_key(path));
                    if !changed.is_empty() || env {
                        wrong.push(format!("changed: {changed:?}, env file: {env}"));
                    }
                }
                _ => {}
            }
        }
        for path in changed {
            let (old, new) = (&self.before[path].1, &after[path].1);
            wrong.extend(fidelity(old, new).map(|what| format!("{path}: {what}")));
        }
        self.out.wrong.extend(wrong);
    }

    fn questions(&mut self, after: &Files, first: &[Option<String>], python: &Mutex<Python>) {
        let changed: Vec<String> = after
            .iter()
            .filter(|(path, new)| path.ends_with(".py") && self.before.get(*path) != Some(new))
            .map(|(path, _)| path.clone())
            .collect();
        if let Err(why) = ask(python, self.project.path(), &[], &changed, "") {
            self.wrong(format!("does not compile: {why}"));
        }
        let asks = |want: &Want| matches!(want, Want::Key(_) | Want::Required(_) | Want::InClone(..));
        let clone = self.row.wants.iter().any(asks).then(|| copy_without_env(after));
        for (want, first) in self.row.wants.iter().zip(first) {
            let problem = match want {
                Want::Key(code) | Want::Required(code) => {
                    let first = first.clone().unwrap_or_default();
                    let here = ask(python, self.project.path(), &[], &[], code);
                    let there = clone.as_ref().map(|clone| ask(python, clone.path(), &[], &[], code));
                    let required = matches!(want, Want::Required(_));
                    key_problem(&first, here, there, required, after)
                }
                Want::Says(env, code, expected) => said(ask(python, self.project.path(), env, &[], code), expected),
                Want::InClone(code, expected) => {
                    clone.as_ref().and_then(|clone| said(ask(python, clone.path(), &[], &[], code), expected))
                }
                Want::Leaves(path, text) => {
                    self.project.write(path, text);
                    None
                }
                _ => None,
            };
            self.out.wrong.extend(problem);
        }
    }

    /// A second run touches nothing.
    fn again(&mut self) {
        let args = ["--apply", "--store", "env-file", "--no-config"];
        let touched = |project: &Project| -> Vec<(String, i64, i64, u64)> {
            project
                .picture()
                .into_keys()
                .map(|path| {
                    let stat = std::fs::symlink_metadata(project.at(&path)).unwrap();
                    (path, stat.ctime(), stat.ctime_nsec(), stat.ino())
                })
                .collect()
        };
        let before = touched(&self.project);
        let run = self.program.run(self.project.path(), &args);
        if run.code != Some(self.row.exit) || touched(&self.project) != before {
            self.wrong(format!("the second run: exit {:?}\n{}{}", run.code, run.stdout, run.stderr));
        }
        if !run.stdout.contains("Nothing to do") && self.row.exit == 0 {
            self.wrong(format!("the second run does not say that nothing is to do: {}", run.stdout));
        }
    }

    fn back(&mut self) {
        for want in &self.row.wants {
            if let Want::Leaves(path, _) = want {
                std::fs::remove_file(self.project.at(path)).unwrap();
            }
        }
        let run = self.program.run(self.project.path(), &["undo", "--purge"]);
        let now = self.project.picture();
        if now != self.before {
            let left = difference(&self.before, &now);
            self.wrong(format!("undo leaves\n{left}\n{}{}", run.stdout, run.stderr));
        }
    }
}

fn ask(
    python: &Mutex<Python>,
    dir: &Path,
    env: &[(&str, &str)],
    compile: &[String],
    code: &str,
) -> Result<String, String> {
    python.lock().unwrap().ask(dir, env, compile, code)
}

/// A held-back fix in two lines.
fn held_back(item: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut text = format!("held back: {}\n  {}\n", word(&item["title"]), word(&item["reason"]));
    for step in item["steps"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "  step: {}", word(step));
    }
    text
}

/// Line ends, byte-order mark and the end of the last line, where they are uniform.
fn fidelity(old: &[u8], new: &[u8]) -> Option<String> {
    let bare = |bytes: &[u8]| {
        (0..bytes.len()).filter(|at| bytes[*at] == b'\n' && (*at == 0 || bytes[at - 1] != b'\r')).count()
    };
    let crlf = |bytes: &[u8]| bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    if crlf(old) > 0 && bare(old) == 0 && bare(new) > 0 {
        return Some("gets line feeds among CR LF".to_owned());
    }
    if crlf(old) == 0 && crlf(new) > 0 {
        return Some("gets CR LF among line feeds".to_owned());
    }
    let mark = b"\xef\xbb\xbf";
    if old.starts_with(mark) != new.starts_with(mark) || new.windows(3).skip(1).any(|three| three == mark) {
        return Some("its byte-order mark is not where it was".to_owned());
    }
    (old.ends_with(b"\n") != new.ends_with(b"\n") && !old.is_empty()).then(|| "its last line ends otherwise".to_owned())
}

/// The patched tree as a fresh clone has it.
fn copy_without_env(after: &Files) -> Project {
    let clone = Project::new();
    for (path, (_, bytes)) in after {
        if Path::new(path).file_name().is_some_and(|name| name != ".env") {
            clone.write(path, bytes);
        }
    }
    clone
}

fn said(out: Result<String, String>, expected: &str) -> Option<String> {
    match out {
        Ok(text) if text == expected => None,
        Ok(text) => Some(format!("says {text:?}, not {expected:?}")),
        Err(why) => Some(format!("fails: {why}")),
    }
}

/// What the probe itself printed; the app may print too.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

/// What is wrong with a key: `before`, here with the env file, there without it.
fn key_problem(
    before: &str,
    here: Result<String, String>,
    there: Option<Result<String, String>>,
    required: bool,
    after: &Files,
) -> Option<String> {
    let before = last_line(before);
    let here = match &here {
        Ok(text) => last_line(text),
        Err(why) => return Some(format!("fails with its key: {why}")),
    };
    let is_bytes = |text: &str| text.starts_with('b');
    let bare = here.trim_start_matches('b').trim_matches(['\'', '"']);
    let stored = after.iter().filter(|(path, _)| path.ends_with(".env")).any(|(_, (_, bytes))| {
        String::from_utf8_lossy(bytes).lines().any(|line| line.split_once('=').is_some_and(|(_, value)| value == bare))
    });
    if here == before || is_bytes(here) != is_bytes(before) || !stored {
        return Some(format!("the key was {before}, and is {here}; in the env file: {stored}"));
    }
    match there? {
        Ok(_) if required => Some("a fresh clone runs without the key it required".to_owned()),
        Ok(text) if matches!(last_line(&text), "None" | "''" | "b''") => None,
        Ok(text) => Some(format!("the key of a fresh clone is {text}")),
        Err(_) if required => None,
        Err(why) => Some(format!("a fresh clone fails: {why}")),
    }
}
