//! FH117: a workflow prints its environment.

use crate::facts::{Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::{RepoPath, SourceFile, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH117",
    name: "environment-printed-in-workflow",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "A workflow, or a script of the repository, runs env, printenv or export -p, or echoes a secret.",
        why: "The log of a public repository is public, and kept. The service masks only values it knows as secrets: \
              what is put together from them, encoded or read from elsewhere stands there in full.",
        fix: "Take the command out, or print the one variable it is about.",
        ignore: "A script that clears the environment before it prints it.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for source in facts.files.sources.values().filter(|source| is_read(&source.path)) {
        let mut at = 0;
        for line in source.text.split_inclusive('\n') {
            if let Some(message) = printed(line) {
                found.push(finding(source, at, line, message));
            }
            at += line.len();
        }
    }
    found
}

fn is_read(path: &RepoPath) -> bool {
    let yaml = matches!(path.extension(), "yml" | "yaml") && crate::repo::role(path) == FileRole::Ci;
    yaml || path.extension() == "sh" && crate::repo::role(path) == FileRole::Source
}

fn finding(source: &SourceFile, at: usize, line: &str, message: &str) -> Finding {
    let start = at + (line.len() - line.trim_start().len());
    let location = crate::text::Location::in_file(source, Span::new(start, start + line.trim().len()));
    Finding::new(RULE.id, RULE.threat, RULE.severity, location, "env", message)
        .next_step("Take the command out, or print only the variable it is about.")
}

/// What a line of a script or workflow prints.
fn printed(line: &str) -> Option<&'static str> {
    let line = line.trim();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let line = line.strip_prefix("run:").or_else(|| line.strip_prefix("script:")).unwrap_or(line).trim();
    let first = line.split(['|', '>', ';', '&']).next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    // Into a file or another program that only counts or looks for names, nothing is shown.
    let rest = &line[line.find(['|', '>']).unwrap_or(line.len())..];
    let kept =
        rest.starts_with('>') || ["grep -q", "wc", "cut -d= -f1", "xargs"].iter().any(|part| rest.contains(part));
    if !kept && matches!(first, "env" | "printenv" | "export -p" | "/usr/bin/env" | "env -0" | "declare -x") {
        return Some("The whole environment is printed to the log.");
    }
    let echoes = first.starts_with("echo ") || first.starts_with("printf ");
    (echoes && rest.is_empty() && first.contains("secrets.") && first.contains("${{"))
        .then_some("A secret is printed to the log.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reaches_the_log() {
        for line in ["env", "  - run: printenv", "- env | sort", "run: env", "echo ${{ secrets.KEY }}"] {
            assert!(printed(line).is_some(), "{line}");
        }
        for line in [
            "env:",
            "env FOO=1 pytest",
            "env > .env",
            "env | grep -q CI",
            "echo done",
            "echo ${{ secrets.K }} | docker login --password-stdin",
            "printenv HOME",
            "environment: x",
        ] {
            assert!(printed(line).is_none(), "{line}");
        }
    }
}
