//! Facts of a fixture directory, and the comparison of what a rule finds there with the
//! `expect: FHnnn` comments beside the code. For tests only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Rule;
use crate::facts::gather::{Read, gather};
use crate::facts::{Facts, FileRole, Files, PyFile, Syntax};
use crate::text::{RepoPath, SourceFile};

/// Reads every text file below `root`; every Python file counts as the project's own.
pub(crate) fn facts_of(root: &Path) -> Facts {
    let mut files = Files::default();
    let mut pending = vec![root.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_symlink() || matches!(name.as_str(), ".git" | "node_modules" | "tests" | "migrations") {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let inside = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let inside = RepoPath::new(&inside).unwrap();
            Arc::make_mut(&mut files.all).insert(inside.clone(), 0o644);
            files.sources.insert(inside.clone(), SourceFile::new(inside, text, 0o644));
        }
    }
    let python = files.sources.values().filter(|source| matches!(source.path.extension(), "py" | "wsgi"));
    let python = python.map(|source| {
        let module = Syntax::of(source.text.as_str());
        PyFile { path: source.path.clone(), role: FileRole::Source, module }
    });
    let python = python.collect();
    gather(Read {
        files,
        python,
        env_files: Vec::new(),
        launches: Vec::new(),
        loose: Vec::new(),
        production: Vec::new(),
    })
}

/// Runs a rule over every fixture of it: it reports exactly the marked lines, and each report
/// says what to do next.
pub(crate) fn check_fixtures(rule: &Rule) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules").join(rule.name);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::from([("bad", 0), ("good", 0)]);
    let mut wrong = Vec::new();
    let mut dirs: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    for dir in dirs {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let facts = facts_of(&dir);
        let expected = expected_lines(&facts, rule.id);
        let found = (rule.check)(&facts);
        let lines: Vec<_> = found.iter().map(|f| (f.primary.path.as_str().to_owned(), f.primary.line)).collect();
        let mut sorted = lines.clone();
        sorted.sort();
        if sorted != expected {
            let messages: Vec<_> = found.iter().map(|f| format!("{}: {}", f.primary.line, f.message)).collect();
            wrong.push(format!("{name}: expected {expected:?}, found {sorted:?} {messages:#?}"));
        }
        if name.starts_with("good") && !expected.is_empty() || name.starts_with("bad") && expected.is_empty() {
            wrong.push(format!("{name}: its name does not fit its marks"));
        }
        if found.iter().any(|f| f.next_step.is_none()) {
            wrong.push(format!("{name}: a finding without a next step"));
        }
        *seen.entry(if name.starts_with("bad") { "bad" } else { "good" }).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen["bad"] > 0 && seen["good"] > 0, "{seen:?}");
}

fn expected_lines(facts: &Facts, id: &str) -> Vec<(String, usize)> {
    let mark = format!("expect: {id}");
    let mut lines = Vec::new();
    for source in facts.files.sources.values() {
        for (number, line) in source.text.lines().enumerate() {
            let count = line.matches(&mark).count();
            lines.extend(std::iter::repeat_n((source.path.as_str().to_owned(), number + 1), count));
        }
    }
    lines
}
