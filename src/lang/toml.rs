//! TOML read into `Node`s. The parser bounds nesting itself; the tree is bounded once more here.

use std::ops::Range;
use std::rc::Rc;

use toml_edit::{Document, Item, TableLike, Value};

use crate::lang::node::{Entry, Node, Scalar, Style};
use crate::text::Span;

/// Why a text was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TomlError {
    #[error("not valid TOML")]
    Syntax,
    #[error("nested too deep")]
    Bounds,
}

/// Reads a text.
pub fn read(text: &str) -> Result<Rc<Node>, TomlError> {
    let document = Document::parse(text).map_err(|_| TomlError::Syntax)?;
    let whole = Span::new(0, text.len());
    table(text, document.as_table(), whole).ok_or(TomlError::Bounds)
}

/// A text as TOML writes it, on one line.
pub fn basic_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn span(range: Option<Range<usize>>, outer: Span) -> Span {
    range.map_or(outer, |range| Span::new(range.start, range.end))
}

fn table(text: &str, table_like: &dyn TableLike, whole: Span) -> Option<Rc<Node>> {
    let mut entries = Vec::new();
    for (name, value) in table_like.iter() {
        let key = table_like.key(name).and_then(|key| key.span());
        let key = Scalar { text: name.to_owned(), span: span(key, Span::at(whole.start)), style: Style::Plain };
        entries.push(Entry { key, value: item(text, value, whole)?, merged: false });
    }
    Node::map(entries, whole)
}

fn item(text: &str, item: &Item, outer: Span) -> Option<Rc<Node>> {
    let here = span(item.span(), outer);
    match item {
        Item::Table(inner) => table(text, inner, here),
        Item::ArrayOfTables(list) => {
            let tables = list.iter().map(|inner| table(text, inner, span(inner.span(), here)));
            Node::seq(tables.collect::<Option<Vec<_>>>()?, here)
        }
        Item::Value(inner) => value(text, inner, here),
        Item::None => Some(Node::scalar(Scalar { text: String::new(), span: here, style: Style::Plain })),
    }
}

fn value(text: &str, value_here: &Value, outer: Span) -> Option<Rc<Node>> {
    let here = span(value_here.span(), outer);
    match value_here {
        Value::Array(list) => {
            let items = list.iter().map(|inner| value(text, inner, here));
            Node::seq(items.collect::<Option<Vec<_>>>()?, here)
        }
        Value::InlineTable(inner) => table(text, inner, here),
        Value::String(string) => Some(Node::scalar(quoted(text, string.value().clone(), here))),
        _ => Some(Node::scalar(Scalar { text: here.of(text).to_owned(), span: here, style: Style::Plain })),
    }
}

/// A string without its quotes.
fn quoted(text: &str, value: String, here: Span) -> Scalar {
    let raw = here.of(text);
    let style = if raw.starts_with('\'') { Style::Single } else { Style::Double };
    let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
    let inner = if raw.len() >= 2 * quotes { Span::new(here.start + quotes, here.end - quotes) } else { here };
    Scalar { text: value, span: inner, style }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_strings_and_lists_have_places() {
        let text = "app = 'x'\n[env]\n  FLASK_DEBUG = \"1\"\nN = 2\n[processes]\nweb = \"gunicorn a:app\"\n[[services]]\nport = 80\n";
        let node = read(text).unwrap();
        let debug = node.at(&["env", "FLASK_DEBUG"]).unwrap().as_scalar().unwrap();
        assert_eq!((debug.text.as_str(), debug.span.of(text)), ("1", "1"));
        assert_eq!(
            node.at(&["env"]).unwrap().entry("FLASK_DEBUG").unwrap().item_span(text).unwrap().of(text),
            "FLASK_DEBUG = \"1\""
        );
        assert_eq!(node.at(&["env", "N"]).unwrap().text(), Some("2"));
        assert_eq!(node.get("services").unwrap().items().len(), 1);
    }

    #[test]
    fn broken_and_deep_texts_are_refused() {
        assert!(matches!(read("a = ["), Err(TomlError::Syntax)));
        assert!(read(&format!("a = {}", "[".repeat(50_000))).is_err());
    }
}
