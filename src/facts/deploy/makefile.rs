//! Makefiles: recipes that start the app for people, never for production.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::starts;
use super::words::ShellText;
use super::{Deployments, Kind, roles};
use crate::facts::{LaunchRole, Precedence};
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "makefile", matches, read };

fn matches(path: &RepoPath) -> bool {
    matches!(path.name(), "Makefile" | "makefile" | "GNUmakefile") || path.extension() == "mk"
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let scope = Scope::new(context, file.path.parent());
    for (target, recipe) in recipes(&file.text) {
        for start in starts(&scope, &ShellText::of(file, recipe)) {
            let mut frame = Frame::new(KIND.name, file, target, recipe);
            let daily = ["run", "dev", "serve", "start", "server", "runserver", "develop", "local", "debug", "up"];
            let role = if daily.contains(&target) { LaunchRole::Development } else { LaunchRole::Evidence };
            let named = roles::of_name(target).filter(|role| *role == LaunchRole::Development);
            (frame.role, frame.precedence) = (named.unwrap_or(role), Precedence::Other);
            found.launches.push(frame.launch(start));
        }
    }
}

/// The recipe lines with their targets; a line that a backslash continues is one.
fn recipes(text: &str) -> Vec<(&str, Span)> {
    let mut found: Vec<(&str, Span)> = Vec::new();
    let mut target = "";
    let mut start = 0;
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let end = start + content.len();
        if continued && let Some((_, recipe)) = found.last_mut() {
            recipe.end = end;
        } else if let Some(recipe) = content.strip_prefix('\t') {
            let command = recipe.trim_start_matches(['@', '-', '+', ' ', '\t']);
            found.push((target, Span::new(end - command.len(), end)));
        } else if let Some((name, _)) =
            content.split_once(':').filter(|(name, rest)| !name.contains(['=', '$', '#']) && !rest.starts_with('='))
        {
            target = name.split_whitespace().next().unwrap_or("");
        }
        continued = content.ends_with('\\') && line.starts_with('\t') || (continued && content.ends_with('\\'));
        start += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief};

    #[test]
    fn daily_targets_are_development_and_others_evidence() {
        let text = "PY := python\n.PHONY: run\nrun: env\n\t@FLASK_ENV=development \\\n\t  flask run --reload\nci:\n\tgunicorn a:app --check-config\ntest:\n\tpytest\n";
        let trial = Trial::new(&[("Makefile", text)]);
        let all = trial.launches();
        assert_eq!(
            all.iter().map(brief).collect::<Vec<_>>(),
            ["run flask run Development Other", "ci gunicorn a:app Evidence Other"]
        );
        assert_eq!(trial.command(&all[0]), Some("flask run --reload"));
    }
}
