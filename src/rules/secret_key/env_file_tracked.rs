//! FH104: an env file with secrets is tracked by git.

use crate::facts::secret_names::is_secret_name;
use crate::facts::{EnvFile, Facts, FileRole};
use crate::finding::FindingKey;
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::secret::strength::is_placeholder;
use crate::text::RepoPath;

pub(super) const RULE: Rule = Rule {
    id: "FH104",
    name: "env-file-tracked",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "A .env file with values for secret names is in git's index.",
        why: "Everyone with a clone reads the values, and every later value will be committed as well.",
        fix: "Untracking is a person's decision: once it is committed, the next git pull deletes the file in every \
              other checkout, and on servers that deploy by pull. Keep a copy there first. --apply --untrack takes \
              the file out of git's index and ignores it; the file stays here. Then every value in it has to be \
              replaced, since history keeps them.",
        ignore: "A file that holds no secret, only switches.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in facts.env_files.iter().filter(|file| file.tracked && !file.example) {
        if !matches!(crate::repo::role(&file.path), FileRole::Source) {
            continue;
        }
        let Some(entry) = secrets(file).next() else { continue };
        let location = facts.files.locate(&file.path, entry.key_span);
        let names: Vec<&str> = secrets(file).map(|entry| entry.key.as_str()).collect();
        let message = format!("{} is tracked by git and sets {}.", file.path, names.join(", "));
        let how = match facts.index_problem {
            None => "flask-harden --apply --untrack".to_owned(),
            Some(_) => format!("git rm --cached {}, add it to .gitignore", file.path),
        };
        found.push(Finding::new(RULE.id, RULE.threat, RULE.severity, location, "tracked", message).next_step(format!(
            "Copy {} to the servers that deploy by git pull, then: {how}, commit, and replace the values.",
            file.path
        )));
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    findings.iter().map(|finding| untrack(facts, &finding.primary.path, Some(finding.key.clone()))).collect()
}

/// For tracked env files that get a key and hold no secret yet.
pub(super) fn of_keys(facts: &Facts, remedies: &[Remedy]) -> Vec<Remedy> {
    let changes = || remedies.iter().flat_map(|remedy| &remedy.changes);
    let wanted = |file: &&EnvFile| {
        changes().any(|change| matches!(change, Change::PutSecret { file: path, .. } if *path == file.path))
            && !changes().any(|change| matches!(change, Change::Untrack { path } if *path == file.path))
    };
    let files = facts.env_files.iter().filter(|file| file.tracked).filter(wanted);
    files.map(|file| untrack(facts, &file.path, None)).collect()
}

fn untrack(facts: &Facts, path: &RepoPath, finding: Option<FindingKey>) -> Remedy {
    let mut steps = vec![format!(
        "Before you push: copy {path} to the servers that deploy by git pull and tell others who have a clone; the \
         next git pull deletes it there."
    )];
    let changes = match &facts.index_problem {
        None => super::wiring::ignore_env_file(facts, path)
            .into_iter()
            .chain([Change::Untrack { path: path.clone() }])
            .collect(),
        Some(problem) => {
            steps.push(format!("git rm --cached {path}   by hand: {problem}. Then add it to .gitignore."));
            Vec::new()
        }
    };
    steps.push(format!("Commit the change, then replace every value of {path}: history keeps the old ones."));
    Remedy {
        id: finding.as_ref().map_or_else(|| format!("{}:{path}:key", RULE.id), ToString::to_string),
        findings: finding.into_iter().collect(),
        title: format!("stop tracking {path}"),
        reason: format!(
            "{path} stays here, and git no longer has it. Once this is committed, the next git pull deletes it in every \
             other checkout, and on servers that deploy by git pull: keep a copy there first."
        ),
        applicability: Applicability::Manual,
        changes,
        steps,
        needs: Vec::new(),
    }
}

/// The entries that hold a secret by name and have a value.
fn secrets(file: &EnvFile) -> impl Iterator<Item = &crate::lang::dotenv::EnvEntry> {
    file.document.entries.iter().filter(|entry| {
        is_secret_name(&entry.key) && entry.value.as_deref().is_some_and(|value| !is_placeholder(value.expose()))
    })
}
