//! A key in the `environment` of a compose file gives way to `${NAME:?…}`: compose takes the value
//! from the `.env` beside the file, or from its own environment, and does not start without one.

use std::rc::Rc;

use super::given::{Taken, onboard_knows};
use crate::facts::{Facts, LaunchVar, VarOrigin};
use crate::lang::node::{Node, NodeKind};
use crate::lang::shell::is_name;
use crate::lang::yaml;
use crate::remedy::{Change, Choices};
use crate::store::{Keeping, StoreId};
use crate::text::{RepoPath, SourceFile, Span, TextEdit, edit};

pub(super) fn taken(facts: &Facts, var: &LaunchVar, choices: &Choices) -> Result<Taken, String> {
    let path = &var.location.path;
    let source = facts.files.get(path).ok_or_else(|| format!("{path} was not read."))?;
    let value = var.value_span.ok_or("The value does not stand there in one piece.")?;
    let (span, name) = match var.origin {
        VarOrigin::Fallback => {
            reference(&source.text, value).ok_or("The reference round the value is not a plain one.")?
        }
        _ => (value, var.name.clone()),
    };
    // Compose reads the `.env` beside its file, not the one of the directory it is called from.
    let env_file = choices.env_file(&path.parent());
    if facts.env_files.iter().any(|file| file.path == env_file && file.tracked && !path.parent().is_root()) {
        return Err(format!("git tracks {env_file}, so a new key must not go there."));
    }
    let text = required(facts, path, &name);
    let change = replaced(source, span, &text).ok_or("The value is written in a way that is not rewritten.")?;
    Ok(Taken {
        title: format!("{path} takes {name} from {}", given_by(choices, &env_file)),
        reason: "The value is gone from the file; without the variable compose says so and starts nothing. Everyone \
                 signs in again once."
            .to_owned(),
        changes: vec![Change::Edit { path: path.clone(), edits: vec![change] }],
        steps: steps(choices, path, &env_file, &name),
        name,
        env_file,
        kept: true,
        needs: Vec::new(),
    })
}

/// `${NAME:?…}` with the sentence that compose prints.
pub(super) fn required(facts: &Facts, path: &RepoPath, name: &str) -> String {
    let here = path.parent() == facts.project_root(path);
    let what = if here && onboard_knows(facts, path, name) {
        "run flask-harden onboard"
    } else {
        "put a new random value into .env beside this file"
    };
    format!("${{{name}:?{what}}}")
}

fn given_by(choices: &Choices, env_file: &RepoPath) -> String {
    match choices.store {
        StoreId::EnvFile => env_file.to_string(),
        _ => "its environment".to_owned(),
    }
}

fn steps(choices: &Choices, path: &RepoPath, env_file: &RepoPath, name: &str) -> Vec<String> {
    match choices.store.info().keeping {
        Keeping::File => {
            vec![format!(
                "Where {path} runs on another computer, put {name} into {env_file} there before the next start."
            )]
        }
        Keeping::Store(_) => vec![format!(
            "Start {path} with its key: flask-harden exec -- docker compose up; on other computers, put {name} into \
             {env_file} first."
        )],
        _ => vec![format!("Put {name} into {env_file}, or set it where docker compose starts, before the next start.")],
    }
}

/// The `${NAME:-default}` that holds a default, and its variable.
fn reference(text: &str, default: Span) -> Option<(Span, String)> {
    let open = text.get(..default.start)?.rfind("${")?;
    let inner = text.get(open + 2..default.start)?;
    let name = inner.strip_suffix(":-").or_else(|| inner.strip_suffix('-'))?;
    let closed = text.get(default.end..)?.starts_with('}');
    (closed && is_name(name)).then(|| (Span::new(open, default.end + 1), name.to_owned()))
}

/// The edit, where the file then says the same but for this one value. A reference in a map or list
/// in braces is quoted.
fn replaced(source: &SourceFile, span: Span, text: &str) -> Option<TextEdit> {
    let before = scalars(&source.text)?;
    [text.to_owned(), format!("\"{text}\"")].into_iter().map(|text| TextEdit::replace(span, text)).find(|change| {
        let after = edit::apply(&source.text, std::slice::from_ref(change)).ok();
        after.and_then(|after| scalars(&after)).is_some_and(|after| differs_in_one(&before, &after, text))
    })
}

/// Whether two lists of texts differ where the second has the reference, and nowhere else.
fn differs_in_one(before: &[String], after: &[String], reference: &str) -> bool {
    let changed: Vec<&String> = before.iter().zip(after).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
    before.len() == after.len() && !changed.is_empty() && changed.iter().all(|new| new.ends_with(reference))
}

/// Every key and value of a YAML text, in order; `None` where it could not be read whole.
pub(super) fn scalars(text: &str) -> Option<Vec<String>> {
    fn collect(node: &Rc<Node>, found: &mut Vec<String>) {
        match &node.kind {
            NodeKind::Map(entries) => entries.iter().for_each(|entry| {
                found.push(entry.key.text.clone());
                collect(&entry.value, found);
            }),
            NodeKind::Seq(items) => items.iter().for_each(|item| collect(item, found)),
            NodeKind::Scalar(scalar) => found.push(scalar.text.clone()),
        }
    }
    let read = yaml::read(text);
    let mut found = Vec::new();
    read.list.iter().for_each(|node| collect(node, &mut found));
    read.error.is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str, old: &str) -> Option<String> {
        let source = SourceFile::new(RepoPath::new("compose.yml").unwrap(), text.to_owned(), 0o644);
        let at = text.find(old)?;
        let change = replaced(&source, Span::new(at, at + old.len()), "${K:?run x}")?;
        edit::apply(text, &[change]).ok()
    }

    #[test]
    fn references_stand_in_every_form_of_yaml() {
        for (text, expected) in [
            ("e:\n  K: old\n", "e:\n  K: ${K:?run x}\n"),
            ("e:\n  K: 'old' # why\n", "e:\n  K: '${K:?run x}' # why\n"),
            ("e:\n  - K=old\r\n", "e:\n  - K=${K:?run x}\r\n"),
            ("e:\n  - \"K=old\"\n", "e:\n  - \"K=${K:?run x}\"\n"),
            ("e: {K: old, B: 1}\n", "e: {K: \"${K:?run x}\", B: 1}\n"),
            ("e: [\"K=old\"]\n", "e: [\"K=${K:?run x}\"]\n"),
            ("x: &x\n  K: old\na: *x\nb:\n  <<: *x\n", "x: &x\n  K: ${K:?run x}\na: *x\nb:\n  <<: *x\n"),
        ] {
            assert_eq!(after(text, "old").as_deref(), Some(expected), "{text}");
        }
        // A list item in brackets without quotes can take no reference.
        assert_eq!(after("e: [K=old]\n", "old"), None);
    }

    #[test]
    fn defaults_are_taken_with_the_reference_round_them() {
        let text = "K: ${A:-old}\n";
        let at = text.find("old").unwrap();
        let (span, name) = reference(text, Span::new(at, at + 3)).unwrap();
        assert_eq!((span.of(text), name.as_str()), ("${A:-old}", "A"));
        assert_eq!(reference("K: ${A:+old}\n", Span::new(8, 11)), None);
    }
}
