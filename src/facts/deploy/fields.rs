//! Commands, variables and documents out of YAML, JSON and TOML nodes.

use std::rc::Rc;

use super::Deployments;
use super::dockerfile::Command;
use super::vars;
use super::words::{Arg, Form, Piece, ShellText};
use crate::facts::LaunchVar;
use crate::lang::node::{Entry, Node, NodeKind, Scalar, Style, list_item_span};
use crate::lang::shell::is_name;
use crate::lang::{toml, yaml};
use crate::notice::{Notice, NoticeKind};
use crate::text::{SourceFile, Span};

/// The documents of a YAML or JSON file; what could not be read becomes a notice.
pub(crate) fn documents(file: &SourceFile, found: &mut Deployments) -> Vec<Rc<Node>> {
    let read = yaml::read(&file.text);
    if let Some(error) = read.error {
        let notice =
            Notice::file(NoticeKind::PartlyParsed, &file.path, format!("deployment file not read whole: {error}"));
        found.notices.push(match error {
            yaml::YamlError::Syntax { line } => notice.at_line(line),
            yaml::YamlError::Bounds => notice,
        });
    }
    read.list
}

/// The content of a TOML file; what could not be read becomes a notice.
pub(crate) fn toml_document(file: &SourceFile, found: &mut Deployments) -> Option<Rc<Node>> {
    match toml::read(&file.text) {
        Ok(node) => Some(node),
        Err(error) => {
            let message = format!("deployment file not read: {error}");
            found.notices.push(Notice::file(NoticeKind::ParseFailed, &file.path, message));
            None
        }
    }
}

/// A scalar as a text for a shell.
pub(crate) fn shell_text<'a>(file: &'a SourceFile, scalar: &Scalar) -> ShellText<'a> {
    let piece = Piece { quote: scalar.quote(), ..Piece::new(file, scalar.span, Form::Shell) };
    match scalar.in_place(&file.text) {
        Some(text) => ShellText { text, at: Some(scalar.span.start), piece },
        None => ShellText { text: scalar.text.clone().into(), at: None, piece },
    }
}

/// A list as the words of a command.
pub(crate) fn list_args<'a>(file: &'a SourceFile, node: &Node) -> Vec<Arg<'a>> {
    let flow = node.span.of(&file.text).starts_with('[');
    let piece = Piece::new(file, node.span, Form::Exec);
    let arg = |scalar: &Scalar| {
        let quotes = usize::from(matches!(scalar.style, Style::Single | Style::Double));
        let written = scalar.in_place(&file.text).is_some_and(|text| text == scalar.text);
        let span = Span::new(scalar.span.start - quotes, scalar.span.end + quotes);
        // A block list's words stand on lines of their own: no one piece.
        let piece = if flow { piece } else { Piece::new(file, span, Form::Exec) };
        Arg { text: scalar.text.clone(), span: written.then_some(span), piece, expands: scalar.text.contains('$') }
    };
    node.items().iter().filter_map(|item| item.as_scalar()).map(arg).collect()
}

/// A command of a field that is split into words without a shell: text or list.
pub(crate) fn words_command<'a>(file: &'a SourceFile, node: &Node) -> Option<Command<'a>> {
    match &node.kind {
        NodeKind::Scalar(scalar) if scalar.is_null() => None,
        NodeKind::Scalar(scalar) => Some(Command::Exec(shell_text(file, scalar).words())),
        NodeKind::Seq(_) => Some(Command::Exec(list_args(file, node))),
        NodeKind::Map(_) => None,
    }
}

/// Variables as a map of names to values, or as a list of `NAME=value`.
pub(crate) fn env(file: &SourceFile, node: &Node) -> Vec<LaunchVar> {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().filter_map(|entry| env_entry(file, entry)).collect(),
        NodeKind::Seq(items) => items.iter().filter_map(|item| env_item(file, item)).collect(),
        NodeKind::Scalar(_) => Vec::new(),
    }
}

fn env_entry(file: &SourceFile, entry: &Entry) -> Option<LaunchVar> {
    if !is_name(&entry.key.text) {
        return None;
    }
    match entry.value.as_scalar() {
        Some(scalar) if !scalar.is_null() => {
            Some(scalar_var(file, &entry.key.text, scalar, entry.item_span(&file.text)))
        }
        _ => Some(vars::elsewhere(file, &entry.key.text, entry.key.span)),
    }
}

fn env_item(file: &SourceFile, item: &Node) -> Option<LaunchVar> {
    let scalar = item.as_scalar()?;
    let item_span = list_item_span(&file.text, item);
    let Some((name, value)) = scalar.text.split_once('=') else {
        return is_name(&scalar.text).then(|| vars::elsewhere(file, &scalar.text, scalar.span));
    };
    if !is_name(name) {
        return None;
    }
    let written = scalar.span.of(&file.text).starts_with(name);
    let start = if written { scalar.span.start + name.len() + 1 } else { scalar.span.end };
    let span = Span::new(start.min(scalar.span.end), scalar.span.end);
    Some(vars::var(file, name, &value.replace("$$", "$"), references(value), span, item_span))
}

/// Whether a value refers to a variable: `$$` is a dollar sign.
fn references(text: &str) -> bool {
    text.replace("$$", "").contains('$')
}

/// A variable whose value is a scalar.
pub(crate) fn scalar_var(file: &SourceFile, name: &str, scalar: &Scalar, item: Option<Span>) -> LaunchVar {
    vars::var(file, name, &scalar.text.replace("$$", "$"), references(&scalar.text), scalar.span, item)
}

/// Variables as a list of maps that hold a name and a value, or say where the value comes from.
pub(crate) fn named_env(file: &SourceFile, node: &Node, name_key: &str) -> Vec<LaunchVar> {
    let var = |item: &Rc<Node>| {
        let name = item.get(name_key)?.as_scalar()?;
        let item_span = list_item_span(&file.text, item);
        match item.get("value").and_then(|value| value.as_scalar()) {
            Some(value) => Some(scalar_var(file, &name.text, value, item_span)),
            None => Some(vars::elsewhere(file, &name.text, name.span)),
        }
    };
    node.items().iter().filter_map(var).collect()
}
