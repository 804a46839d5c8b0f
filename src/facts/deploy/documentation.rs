//! README files and CI workflows: the commands they show are evidence only.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::starts;
use super::words::ShellText;
use super::{Deployments, Kind, fields};
use crate::facts::{LaunchRole, Precedence};
use crate::lang::node::{Node, NodeKind};
use crate::lang::yaml;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "documentation", matches, read };

fn is_workflow(path: &RepoPath) -> bool {
    let parts: Vec<&str> = path.components().collect();
    let github = parts.windows(2).any(|pair| pair == [".github", "workflows"]);
    let named =
        matches!(path.name(), ".gitlab-ci.yml" | ".travis.yml" | "azure-pipelines.yml" | "bitbucket-pipelines.yml");
    (github && matches!(path.extension(), "yml" | "yaml")) || named || parts.contains(&".circleci")
}

fn matches(path: &RepoPath) -> bool {
    let stem = path.stem().to_ascii_lowercase();
    let readme =
        (stem.starts_with("readme") || stem == "contributing") && matches!(path.extension(), "md" | "rst" | "txt" | "");
    readme || is_workflow(path)
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let scope = Scope::new(context, file.path.parent());
    let texts = if is_workflow(&file.path) { workflow(file) } else { readme(file) };
    for text in texts {
        for start in starts(&scope, &text) {
            let mut frame = Frame::new(KIND.name, file, file.path.name(), text.piece.span);
            (frame.role, frame.precedence) = (LaunchRole::Evidence, Precedence::Other);
            found.launches.push(frame.launch(start));
        }
    }
}

/// The command lines of code blocks.
fn readme(file: &SourceFile) -> Vec<ShellText<'_>> {
    let mut found = Vec::new();
    let mut fenced = false;
    let mut start = 0;
    for line in file.text.split_inclusive('\n') {
        let content = line.trim_end();
        let trimmed = content.trim_start();
        let end = start + content.len();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            fenced = !fenced;
        } else if fenced || content.starts_with("    ") || content.starts_with('\t') {
            let prompt =
                ["(venv) $ ", "(env) $ ", "$ ", "> ", "# "].iter().find_map(|prompt| trimmed.strip_prefix(prompt));
            let command = prompt.unwrap_or(trimmed);
            // Prose and other languages have brackets or quotes that no start line of a README has.
            if !command.is_empty() && command.len() < 400 && !command.starts_with(['{', '<', '"', '\'']) {
                found.push(ShellText::of(file, Span::new(end - command.len(), end)));
            }
        }
        start += line.len();
    }
    found
}

/// The `run:` and `script:` texts of a workflow, however deep.
fn workflow(file: &SourceFile) -> Vec<ShellText<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<std::rc::Rc<Node>> = yaml::read(&file.text).list;
    // Aliases may share nodes: a bound keeps the walk short.
    let mut steps = 0;
    while let Some(node) = open.pop() {
        steps += 1;
        if steps > 20_000 {
            break;
        }
        for entry in node.entries() {
            let command = matches!(entry.key.text.as_str(), "run" | "script" | "before_script" | "command");
            match (&entry.value.kind, command) {
                (NodeKind::Scalar(scalar), true) => found.push(fields::shell_text(file, scalar)),
                (NodeKind::Seq(items), true) => {
                    found.extend(
                        items.iter().filter_map(|i| i.as_scalar()).map(|scalar| fields::shell_text(file, scalar)),
                    );
                    open.push(entry.value.clone());
                }
                _ => open.push(entry.value.clone()),
            }
        }
        open.extend(node.items().iter().cloned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief};
    use crate::facts::production::{Production, production};

    #[test]
    fn command_lines_are_evidence_and_prose_is_not() {
        let text = "# Shop\nRun gunicorn a:app in production.\n\n```bash\n$ export FLASK_APP=shop\n$ flask --app shop run --debug\n```\n\n    gunicorn shop:app\n";
        let all = Trial::new(&[("README.md", text)]).launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["README.md flask run shop Evidence Other", "README.md gunicorn shop:app Evidence Other"]
        );
        assert_eq!(production(&all), Production::Unknown);
    }

    #[test]
    fn workflow_steps_are_evidence() {
        let text = "on: push\njobs:\n  t:\n    steps:\n      - run: pip install .\n      - name: up\n        run: |\n          flask run &\n          pytest\n";
        assert_eq!(brief(&Trial::new(&[(".github/workflows/ci.yml", text)]).one()), "ci.yml flask run Evidence Other");
    }
}
