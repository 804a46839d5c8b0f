//! FH114: building the image copies an env file into it.

use std::collections::BTreeSet;

use super::env_name_not_ignored::reads_env_file;
use crate::facts::env::{is_env_file, is_example};
use crate::facts::images::ImageFile;
use crate::facts::{Facts, FileRole};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::dockerfile::{Instruction, instructions};
use crate::lang::ignore::{Dialect, deciding};
use crate::lang::python::walk_exprs;
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH114",
    name: "env-file-copied-into-image",
    threat: Threat::SecretKey,
    severity: Severity::Low,
    explanation: Explanation {
        what: "A Dockerfile copies the whole directory (COPY . or ADD .), the app has an env file there, and \
               .dockerignore does not leave it out.",
        why: "The keys of whoever builds the image are in one of its layers, for everyone who can pull it. Deleting \
              the file in a later step does not take it out of the layer.",
        fix: "A line for it in .dockerignore; the container gets its values when it starts (--env-file, env_file). \
              Where nothing of that kind is seen here, the line is left to a person: the app in the container may \
              read the file.",
        ignore: "Images that never leave the computer they are built on.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut judged: BTreeSet<RepoPath> = BTreeSet::new();
    for image in &facts.images {
        let role = crate::repo::role(&image.path);
        let (Some(copy), FileRole::Source) = (whole_copy(facts, image), role) else { continue };
        let context = context(facts, image);
        let Some((name, there)) = copied(facts, &context).into_iter().next() else { continue };
        if !judged.insert(context.clone()) {
            continue;
        }
        let severity = if there { Severity::Medium } else { RULE.severity };
        let location = facts.files.locate(&image.path, copy);
        let message = format!("{name} is copied into the image: .dockerignore does not leave it out.");
        let finding = Finding::new(RULE.id, RULE.threat, severity, location, name.clone(), message);
        let step = format!("Add the line {name} to .dockerignore, and give the container its values when it starts.");
        found.push(finding.next_step(step));
    }
    found
}

/// The line that keeps a new env file out of images which take in its directory whole: what the
/// app runs with on this computer is not for whoever has the image.
pub(super) fn kept_out(facts: &Facts, env: &RepoPath) -> Option<Change> {
    let dir = env.parent();
    let takes = |image: &&ImageFile| {
        crate::repo::role(&image.path) == FileRole::Source
            && context(facts, image) == dir
            && whole_copy(facts, image).is_some()
    };
    facts.images.iter().find(takes)?;
    let file = dir.join(".dockerignore")?;
    let line = facts.files.get(&file).and_then(|source| deciding(&source.text, env.name(), Dialect::Docker));
    let open = line.is_none_or(|line| line.negated) && !facts.files.exists(env);
    open.then(|| Change::Ignore { file, patterns: vec![env.name().to_owned()] })
}

/// The instruction by which the last stage takes in the whole context.
fn whole_copy(facts: &Facts, image: &ImageFile) -> Option<Span> {
    let source = facts.files.get(&image.path)?;
    // Each stage: its name, what it is made from, its first copy of everything.
    let mut stages: Vec<(String, String, Option<Span>)> = Vec::new();
    for instruction in instructions(&source.text) {
        match instruction.keyword.as_str() {
            "FROM" => {
                let words: Vec<String> = instruction.words().into_iter().map(|word| word.text).collect();
                let base = words.first().cloned().unwrap_or_default();
                stages.push((words.get(2).cloned().unwrap_or_default(), base, None));
            }
            "COPY" | "ADD" if takes_everything(&instruction) => {
                if let Some(stage) = stages.last_mut() {
                    stage.2.get_or_insert(instruction.span);
                }
            }
            _ => {}
        }
    }
    let mut at = stages.len().checked_sub(1)?;
    loop {
        let (_, base, copy) = &stages[at];
        if copy.is_some() {
            return *copy;
        }
        at = stages[..at].iter().rposition(|(name, ..)| !name.is_empty() && name == base)?;
    }
}

fn takes_everything(instruction: &Instruction) -> bool {
    let (flags, _) = instruction.flags();
    if flags.iter().any(|flag| flag.starts_with("from=")) {
        return false;
    }
    let items = instruction.exec_form().unwrap_or_else(|| instruction.words());
    let sources = items.len().saturating_sub(1);
    items[..sources].iter().any(|item| matches!(item.text.as_str(), "." | "./" | "./." | "*"))
}

/// The directory that is sent to the build: that of the Dockerfile, or the project's, where the
/// Dockerfile stands in a directory of its own.
fn context(facts: &Facts, image: &ImageFile) -> RepoPath {
    let dir = image.path.parent();
    let code = facts.python.iter().any(|file| file.role == FileRole::Source && file.path.is_below(&dir));
    if code { dir } else { facts.project_root(&image.path) }
}

/// Env files of the context that would be copied, and whether each is there now.
fn copied(facts: &Facts, context: &RepoPath) -> Vec<(String, bool)> {
    let mut names: Vec<(String, bool)> = Vec::new();
    for file in &facts.env_files {
        let beside = file.path.parent() == *context && file.path.name() != ".flaskenv";
        if beside && !file.example && !file.tracked {
            names.push((file.path.name().to_owned(), true));
        }
    }
    for name in read_names(facts, context) {
        if !names.iter().any(|(known, _)| *known == name)
            && !facts.env_files.iter().any(|file| file.path.name() == name)
        {
            names.push((name, false));
        }
    }
    let ignores = context.join(".dockerignore").and_then(|path| facts.files.get(&path));
    names.retain(|(name, _)| {
        let line = ignores.and_then(|source| deciding(&source.text, name, Dialect::Docker));
        line.is_none_or(|line| line.negated)
    });
    names
}

/// Env files that the project's own code names, and that stand in the context by their names.
fn read_names(facts: &Facts, context: &RepoPath) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let root = facts.project_root(&context.join("app.py").unwrap_or_else(RepoPath::root));
    if root == *context && reads_env_file(facts, &root) && facts.apps.dotenv.iter().any(|load| facts.is_own(&load.path))
    {
        names.insert(".env".to_owned());
    }
    for file in facts.own_python().filter(|file| file.path.parent() == *context) {
        let text = facts.files.get(&file.path).map_or("", |source| source.text.as_str());
        if !text.contains(".env") {
            continue;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(name) = expr.as_str().filter(|name| name.ends_with(".env") && name.len() < 40) else { return };
            let path = RepoPath::new(name).filter(|path| path.parent().is_root());
            if path.is_some_and(|path| is_env_file(&path) && !is_example(&path)) {
                names.insert(name.to_owned());
            }
        });
    }
    names
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(image) = facts.images.iter().find(|image| image.path == finding.primary.path) else { continue };
        let Some(file) = context(facts, image).join(".dockerignore") else { continue };
        let names: Vec<String> = copied(facts, &context(facts, image)).into_iter().map(|(name, _)| name).collect();
        let given = facts
            .launches
            .iter()
            .any(|launch| launch.env_files.iter().any(|path| names.iter().any(|name| path.name() == name)));
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("leave {} out of the image", names.join(", ")),
            reason: if given {
                "The container gets the same values when it starts.".to_owned()
            } else {
                "The app in the container may read the file; nothing here gives it the values otherwise.".to_owned()
            },
            applicability: if given { Applicability::Automatic } else { Applicability::Manual },
            changes: if given { vec![Change::Ignore { file, patterns: names }] } else { Vec::new() },
            steps: if given { Vec::new() } else { finding.next_step.iter().cloned().collect() },
            needs: Vec::new(),
        });
    }
    remedies
}
