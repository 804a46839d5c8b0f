//! The remedy for a signing key in code: the literal gives way to a read of the environment and,
//! where the app is not proven to load it, of the env file; the key goes into the store.

use super::at_import;
use super::data_file;
use super::hosts;
use super::judged::{Literal, literals};
use super::key_in_deployment;
use super::reader::{self, READER};
use crate::facts::data::decouple_files;
use crate::facts::settings::{Form, has_default};
use crate::facts::values::{Derivation, EnvRead, EnvReader, FallbackPlace, Value, Valued};
use crate::facts::{EnvFile, Facts, Setting};
use crate::finding::{Finding, Severity};
use crate::lang::python::add_import;
use crate::remedy::{Applicability, Change, Choices, Remedy, ServerItem};
use crate::rules::place::{Reading, editable};
use crate::rules::server_start;
use crate::store::StoreId;
use crate::text::{RepoPath, SourceFile, Span, TextEdit};

pub(super) fn remedies(facts: &Facts, findings: &[&Finding], choices: &Choices) -> Vec<Remedy> {
    let literals = literals(facts);
    let mut remedies = Vec::new();
    for finding in findings {
        let literal = literals.iter().find(|literal| literal.setting.location == finding.primary);
        // One that no server reaches stays as it is, unless a deployment file keeps it from being
        // reached, and that file loses its value.
        let counts = |literal: &&Literal<'_>| {
            finding.severity > Severity::Low
                || literal.variable.is_some_and(|name| key_in_deployment::gives(facts, literal.setting.path(), name))
        };
        let Some(literal) = literal.filter(counts) else { continue };
        remedies.push(match changes(facts, literal, choices) {
            Ok(changes) => remedy(facts, finding, literal, choices, changes),
            Err(why) if literal.setting.form == Form::Data => data_file::by_hand(facts, finding, literal, why),
            Err(why) => by_hand(finding, literal, why),
        });
    }
    remedies
}

fn remedy(facts: &Facts, finding: &Finding, literal: &Literal<'_>, choices: &Choices, changes: Vec<Change>) -> Remedy {
    let name = variable(literal);
    let env_path = choices.env_file(&facts.project_root(literal.setting.path()));
    let mut steps = hosts::steps(facts, &env_path, name, choices.store);
    let needed = at_import::used(facts, literal.setting, literal.used_as).filter(|_| may_be_none(literal));
    steps.extend(needed.map(|place| {
        format!(
            "Without {name} the app no longer starts: {}:{} works with the key as it is loaded. Set it in CI too.",
            place.path, place.line
        )
    }));
    let place = match choices.store {
        StoreId::EnvFile => format!("a new key in {env_path}"),
        StoreId::None => "no key is made".to_owned(),
        StoreId::Print => "a new key is shown one time".to_owned(),
        other => format!("a new key in {}", other.info().title),
    };
    Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: format!("{} read from the environment, {place}", literal.used_as),
        reason: "The literal is gone from the code. Everyone signs in again once.".to_owned(),
        applicability: Applicability::Automatic,
        changes,
        steps,
        needs: Vec::new(),
    }
}

/// Whether the setting is `None` without a key once the literal is gone; else it is an empty text.
fn may_be_none(literal: &Literal<'_>) -> bool {
    let whole = &literal.setting.value;
    let bytes = matches!(literal.literal.value, Value::Text { bytes: true, .. });
    !bytes
        && match innermost(whole) {
            None => whole.span == literal.literal.span,
            Some(read) => {
                let texts = matches!(read.reader, EnvReader::Helper | EnvReader::Pydantic);
                !texts && read.place != FallbackPlace::Environ && !derived_text(whole)
            }
        }
}

fn by_hand(finding: &Finding, literal: &Literal<'_>, why: String) -> Remedy {
    let name = variable(literal);
    let value = new_value(literal);
    let replaced = if is_late(literal.setting) { "call by an assignment of" } else { "literal by" };
    Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: format!("read {} from the environment", literal.used_as),
        reason: why,
        applicability: Applicability::Manual,
        changes: Vec::new(),
        steps: vec![format!(
            "In {}:{}, replace the {replaced} os.environ.get(\"{name}\"), and set {name} to {value}.",
            finding.primary.path, finding.primary.line
        )],
        needs: Vec::new(),
    }
}

/// `config.setdefault` of what Flask has set before.
fn is_late(setting: &Setting) -> bool {
    setting.form == Form::SetDefault && has_default(&setting.key)
}

/// What the variable is to be set to, in words.
pub(super) fn new_value(literal: &Literal<'_>) -> &'static str {
    if literal.is_salt() { "the value it has now" } else { "a new random value" }
}

/// The variable the app reads the key from: its own name for it, else the setting's.
fn variable<'l>(literal: &'l Literal<'_>) -> &'l str {
    literal.variable.unwrap_or(literal.used_as)
}

/// All changes, or why a machine must not make them.
fn changes(facts: &Facts, literal: &Literal<'_>, choices: &Choices) -> Result<Vec<Change>, String> {
    let setting = literal.setting;
    if setting.form == Form::Data {
        return Err(format!(
            "{} is no Python: what else reads it is not known, so it is not rewritten.",
            setting.path()
        ));
    }
    let (source, file) = editable(facts, setting.path())?;
    let env_path = choices.env_file(&facts.project_root(setting.path()));
    if literal.is_salt() {
        return Err("Stored password hashes depend on this salt: move the value as it is, never replace it.".to_owned());
    }
    if is_late(setting) {
        return Err(format!(
            "setdefault comes too late here: Flask gives every app a {0} of None, so this value never counts.",
            setting.key
        ));
    }
    let name = variable(literal);
    // python-decouple looks for the file itself, unless a settings.ini stands before it.
    let finds_itself =
        setting.value.env().is_some_and(|read| read.reader == EnvReader::Decouple) && decouple_files(facts).is_empty();
    // Also where the module loads the file itself: only the reader says, in a fresh clone without
    // the file, what to run.
    let needed = choices.store.is_file() && !finds_itself;
    let mut read = Reading::of(file, source, setting.value.span.start);
    // What stands there now shows how a person quotes here.
    read.quote = if source.text[..literal.literal.span.end].ends_with('\'') { '\'' } else { '"' };
    let mut edits = vec![replace(source, setting, literal, name, &read, needed)?];
    let import = literal.variable.is_none() && read.needs_import;
    if needed {
        edits.extend(reader::add(source, file, setting, &env_path, &read)?);
    } else if import {
        edits.push(add_import(source, &file.module, "import os"));
    }
    let path = setting.path().clone();
    let mut changes = vec![Change::Edit { path: path.clone(), edits }];
    changes.extend(super::example_copy::changes(facts, &changes));
    changes.extend(super::tests_key::changes(facts, setting, name)?);
    if choices.store.is_file() {
        changes.push(Change::PutSecret { name: name.to_owned(), file: env_path.clone() });
        changes.extend(ignore_env_file(facts, &env_path));
        changes.extend(super::env_file_in_image::kept_out(facts, &env_path));
    }
    changes.extend(choices.keep(&facts.project_root(setting.path()), name));
    changes.extend(example(facts, &env_path, name));
    if let Some(conf) = server_start::conf_path(facts, &facts.project_root(&path))
        && literal.used_as == "SECRET_KEY"
    {
        changes.push(Change::ServerStart { conf, item: ServerItem::StopWithoutKey });
    }
    Ok(changes)
}

/// `function("NAME")` in the file's style.
fn call(read: &Reading, function: &str, name: &str) -> String {
    format!("{function}({})", read.literal(name))
}

/// The edit of the literal itself.
fn replace(
    source: &SourceFile,
    setting: &Setting,
    literal: &Literal<'_>,
    name: &str,
    read: &Reading,
    reader: bool,
) -> Result<TextEdit, String> {
    let Value::Text { bytes, .. } = &literal.literal.value else {
        return Err("The value is not a plain literal.".to_owned());
    };
    let span = literal.literal.span;
    let whole = &setting.value;
    let from_file = reader.then(|| call(read, READER, name));
    let as_text = |value: Option<String>| match value {
        Some(value) => format!("{value} or {0}{0}", read.quote),
        None => format!("{0}{0}", read.quote),
    };
    if literal.variable.is_none() {
        let mut text = call(read, &read.get, name);
        if let Some(from_file) = from_file {
            text = format!("{text} or {from_file}");
        }
        if *bytes {
            text = format!("({}).encode()", as_text(Some(text)));
        } else if whole.span != span {
            text = format!("({})", as_text(Some(text)));
        } else if source.text[..span.start].trim_end().ends_with(" or") {
            text = format!("({text})");
        }
        return Ok(TextEdit::replace(span, text));
    }
    let env = innermost(whole).ok_or("The fallback is computed; it is not rewritten.")?;
    let converted = derived_text(whole);
    let text = match env.place {
        FallbackPlace::Branch if *bytes || whole.span != span => {
            let text = as_text(from_file);
            if *bytes { format!("({text}).encode()") } else { format!("({text})") }
        }
        FallbackPlace::Branch => from_file.unwrap_or_else(|| "None".to_owned()),
        // A project's helper may take `None` for "no default"; an empty text is a default everywhere.
        FallbackPlace::Expression if matches!(env.reader, EnvReader::Helper | EnvReader::Pydantic) => {
            as_text(from_file)
        }
        FallbackPlace::Environ => as_text(from_file),
        FallbackPlace::Expression if env.reader != EnvReader::Os && (converted || has_cast(source, whole)) => {
            return Err("The value is converted as it is read; dropping the default could raise.".to_owned());
        }
        // The variable itself is a text: the new key, which is one, takes the same way.
        FallbackPlace::Expression if converted => as_text(from_file),
        FallbackPlace::Expression => match from_file {
            Some(from_file) => from_file,
            None => return Ok(drop_fallback(&source.text, span)),
        },
    };
    let called_on = source.text[span.end..].starts_with(['.', '[']);
    let text = if called_on && env.place == FallbackPlace::Expression { format!("({text})") } else { text };
    Ok(TextEdit::replace(span, text))
}

/// The environment read the literal is the fallback of.
fn innermost(value: &Valued) -> Option<&EnvRead> {
    let read = value.env()?;
    match read.fallback.as_deref() {
        Some(inner) if inner.env().is_some() => innermost(inner),
        _ => Some(read),
    }
}

/// Whether a method is called on the value, which would raise on `None`.
fn derived_text(value: &Valued) -> bool {
    matches!(value.value, Value::Derived { how: Derivation::Text, .. })
}

fn has_cast(source: &SourceFile, value: &Valued) -> bool {
    value.span.of(&source.text).contains("cast")
}

/// Takes ` or "literal"` away, or puts `None` in the place of a default argument.
fn drop_fallback(text: &str, literal: Span) -> TextEdit {
    let before = text[..literal.start].trim_end_matches([' ', '\t', '\n', '\r', '\\']);
    match before.strip_suffix("or") {
        Some(left) if left.ends_with(|c: char| c.is_whitespace() || c == ')' || c == ']') => {
            let left = left.trim_end_matches([' ', '\t', '\n', '\r', '\\']);
            TextEdit::delete(Span::new(left.len(), literal.end))
        }
        _ => TextEdit::replace(literal, "None"),
    }
}

pub(super) fn ignore_env_file(facts: &Facts, path: &RepoPath) -> Option<Change> {
    let covered = facts.env_files.iter().any(|file: &EnvFile| file.path == *path && file.ignored);
    let file = super::env_file_not_ignored::ignore_file(facts, path).filter(|_| facts.git && !covered)?;
    let pattern = path.relative_from(&file.parent());
    let pattern = if pattern.contains('/') { format!("/{pattern}") } else { pattern };
    Some(Change::Ignore { file, patterns: vec![pattern] })
}

/// The name, without a value, in the example env file beside the env file.
pub(super) fn example(facts: &Facts, env: &RepoPath, name: &str) -> Option<Change> {
    let file = facts
        .env_files
        .iter()
        .find(|file| file.example && file.path.parent() == env.parent() && file.path.name().starts_with(".env"))?;
    if file.document.entries.iter().any(|entry| entry.key == name) {
        return None;
    }
    let source = facts.files.get(&file.path)?;
    let newline = source.newline();
    let lead = if source.text.is_empty() || source.text.ends_with('\n') { "" } else { newline };
    let edit = TextEdit::insert(source.text.len(), format!("{lead}{name}={newline}"));
    Some(Change::Edit { path: file.path.clone(), edits: vec![edit] })
}
