//! YAML and JSON read into `Node`s: anchors shared, merge keys resolved, depth and size bounded.
//! Nothing is expanded: an alias is the same node once more.

use std::collections::BTreeMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks};

use crate::lang::node::{Entry, Node, NodeKind, Scalar, Style};
use crate::text::Span;

/// Larger texts are no deployment files.
const MAX_BYTES: usize = 1 << 20;
/// Merge keys copy entries: how many in one text.
const MAX_MERGED: usize = 10_000;

/// Why a text was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    #[error("not valid YAML at line {line}")]
    Syntax { line: usize },
    #[error("too large or nested too deep")]
    Bounds,
}

/// The documents of a text that were read, and what ended the reading.
#[derive(Debug, Default)]
pub struct Documents {
    pub list: Vec<Rc<Node>>,
    pub error: Option<YamlError>,
}

/// Reads every document of a text. Documents before an error are kept.
pub fn read(text: &str) -> Documents {
    if text.len() > MAX_BYTES {
        return Documents { list: Vec::new(), error: Some(YamlError::Bounds) };
    }
    let body = text.trim_start_matches('\u{feff}');
    let mut builder = Builder::new(text, text.len() - body.len());
    for event in Parser::new_from_str(body) {
        let step = match event {
            Ok((event, marks)) => builder.take(event, marks),
            Err(error) => Err(YamlError::Syntax { line: error.marker().line() }),
        };
        if let Err(error) = step {
            return Documents { list: builder.done, error: Some(error) };
        }
    }
    Documents { list: builder.done, error: None }
}

/// A collection that is still open.
struct Open {
    start: usize,
    anchor: usize,
    /// Of a map: keys and values in turn; of a list: its items.
    parts: Vec<Rc<Node>>,
    is_map: bool,
}

struct Builder<'t> {
    text: &'t str,
    /// Byte offset of each character; empty where every character is one byte.
    offsets: Vec<usize>,
    lead: usize,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    merged: usize,
    done: Vec<Rc<Node>>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, lead: usize) -> Self {
        let body = &text[lead..];
        let offsets = if body.is_ascii() { Vec::new() } else { body.char_indices().map(|(at, _)| at).collect() };
        Self { text, offsets, lead, open: Vec::new(), anchors: BTreeMap::new(), merged: 0, done: Vec::new() }
    }

    /// The byte offset of a character.
    fn byte(&self, index: usize) -> usize {
        let at = if self.offsets.is_empty() { index } else { self.offsets.get(index).copied().unwrap_or(usize::MAX) };
        at.saturating_add(self.lead).min(self.text.len())
    }

    fn span(&self, marks: Marks) -> Span {
        let start = self.byte(marks.start.index());
        Span::new(start, self.byte(marks.end.index()).max(start))
    }

    fn take(&mut self, event: Event<'_>, marks: Marks) -> Result<(), YamlError> {
        let span = self.span(marks);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let scalar = self.scalar(text.into_owned(), style, span);
                self.put(Node::scalar(scalar), anchor);
                Ok(())
            }
            Event::Alias(anchor) => {
                let empty = || Node::scalar(Scalar { text: String::new(), span, style: Style::Plain });
                let node = self.anchors.get(&anchor).cloned().unwrap_or_else(empty);
                self.put(node, 0);
                Ok(())
            }
            Event::SequenceStart(anchor, _) => self.start(anchor, span, false),
            Event::MappingStart(anchor, _) => self.start(anchor, span, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => Ok(()),
        }
    }

    fn start(&mut self, anchor: usize, span: Span, is_map: bool) -> Result<(), YamlError> {
        if self.open.len() >= super::node::MAX_DEPTH {
            return Err(YamlError::Bounds);
        }
        self.open.push(Open { start: span.start, anchor, parts: Vec::new(), is_map });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let whole = Span::new(open.start, span.end.max(open.start));
        let node = if open.is_map { self.map(open.parts, whole)? } else { Node::seq(open.parts, whole) };
        self.put(node.ok_or(YamlError::Bounds)?, open.anchor);
        Ok(())
    }

    fn put(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            Some(open) => open.parts.push(node),
            None => self.done.push(node),
        }
    }

    /// A map of its keys and values, with what `<<` brings in behind its own entries' names.
    fn map(&mut self, parts: Vec<Rc<Node>>, span: Span) -> Result<Option<Rc<Node>>, YamlError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merges: Vec<Rc<Node>> = Vec::new();
        let mut parts = parts.into_iter();
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            let Some(key) = key.as_scalar() else { continue };
            if key.text == "<<" && key.style == Style::Plain {
                match &value.kind {
                    NodeKind::Seq(items) => merges.extend(items.iter().cloned()),
                    _ => merges.push(value),
                }
            } else {
                entries.push(Entry { key: key.clone(), value, merged: false });
            }
        }
        for entry in merges.iter().flat_map(|merge| merge.entries()) {
            if entries.iter().all(|own| own.key.text != entry.key.text) {
                self.merged += 1;
                entries.push(Entry { merged: true, ..entry.clone() });
            }
            if self.merged > MAX_MERGED {
                return Err(YamlError::Bounds);
            }
        }
        Ok(Node::map(entries, span))
    }

    fn scalar(&self, text: String, style: ScalarStyle, span: Span) -> Scalar {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        let raw = span.of(self.text);
        let inner = match style {
            Style::Plain => Span::new(span.start, span.start + raw.trim_end().len()),
            Style::Single | Style::Double => Span::new(span.start + 1, span.start + closing_quote(raw)),
            Style::Literal | Style::Folded => {
                let line = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
                let at_head = raw.starts_with(['|', '>']) && !self.text[line..span.start].trim().is_empty();
                let head = if at_head { raw.find('\n').map_or(raw.len(), |at| at + 1) } else { 0 };
                Span::new(span.start + head, span.start + raw.trim_end().len().max(head))
            }
        };
        Scalar { text, span: inner, style }
    }
}

/// Where the quote that opens a text closes: the parser's span may reach over what follows.
fn closing_quote(raw: &str) -> usize {
    let bytes = raw.as_bytes();
    let quote = bytes.first().copied().unwrap_or(b'"');
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if byte == quote => return at,
            _ => at += 1,
        }
    }
    raw.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::node::list_item_span;

    fn one(text: &str) -> Rc<Node> {
        let mut documents = read(text);
        assert_eq!(documents.error, None);
        documents.list.remove(0)
    }

    #[test]
    fn scalars_have_the_places_of_their_text() {
        let text = "é: plain text  # note\nb: 'sin gle'\nc: \"dou\\tble\"\nd: >-\n  two\n  lines\ne: |\n  x é\n  y\nf:\ng: multi\n  line\n";
        let node = one(text);
        let raw = |key: &str| node.get(key).unwrap().as_scalar().unwrap().span.of(text).to_owned();
        assert_eq!(raw("é"), "plain text");
        assert_eq!(raw("b"), "sin gle");
        assert_eq!(raw("c"), "dou\\tble");
        assert_eq!(raw("d").trim_start(), "two\n  lines");
        assert_eq!(raw("e").trim_start(), "x é\n  y");
        assert_eq!(raw("g"), "multi\n  line");
        let place = |key: &str| node.get(key).unwrap().as_scalar().unwrap().in_place(text).map(|t| t.into_owned());
        assert_eq!(place("c"), None);
        assert_eq!(place("d").unwrap().trim(), "two   lines");
        assert!(node.get("f").unwrap().as_scalar().unwrap().is_null());
    }

    #[test]
    fn merge_keys_and_anchors_are_resolved() {
        let text = "x: &x\n  a: 1\n  b: 2\ny: &y {c: 3, a: 9}\nz:\n  <<: [*x, *y]\n  b: own\nw: *x\n";
        let z = Rc::clone(one(text).get("z").unwrap());
        assert_eq!(z.get("a").unwrap().text(), Some("1"));
        assert_eq!(z.get("b").unwrap().text(), Some("own"));
        assert_eq!(z.get("c").unwrap().text(), Some("3"));
        assert_eq!(one(text).at(&["w", "b"]).unwrap().text(), Some("2"));
    }

    #[test]
    fn items_and_entries_know_their_lines() {
        let text =
            "env:\n  - A=1\n  - \"B=2\" # x\n  - name: C\n    value: 3\nmap:\n  D: 4\n  'E': \"5\"\nflow: {F: 6}\n";
        let node = one(text);
        let items = node.get("env").unwrap().items().to_vec();
        let seen: Vec<_> = items.iter().map(|item| list_item_span(text, item).unwrap().of(text)).collect();
        assert_eq!(seen, ["- A=1", "- \"B=2\"", "- name: C\n    value: 3"]);
        let map = node.get("map").unwrap();
        assert_eq!(map.entry("D").unwrap().item_span(text).unwrap().of(text), "D: 4");
        assert_eq!(map.entry("E").unwrap().item_span(text).unwrap().of(text), "'E': \"5\"");
        assert_eq!(node.get("flow").unwrap().entry("F").unwrap().item_span(text), None);
    }

    #[test]
    fn several_documents_and_errors_keep_what_came_before() {
        let documents = read("a: 1\n---\nb: 2\n---\n{% if x %}\n  c: [\n");
        assert_eq!(documents.list.len(), 2);
        assert!(matches!(documents.error, Some(YamlError::Syntax { .. })));
    }

    #[test]
    fn json_is_yaml_with_tabs_too() {
        let node = one("{\n\t\"env\": {\n\t\t\"A\": {\"value\": \"x\"}\n\t}, \"l\": [1, true]\n}");
        assert_eq!(node.at(&["env", "A", "value"]).unwrap().text(), Some("x"));
    }

    #[test]
    fn hostile_texts_end_within_bounds() {
        for text in [
            "[",
            "{",
            "- ",
            "? ",
            "a: &a [*a]\n",
            "&a *a",
            "*x",
            "\u{feff}a: 1",
            "a: |",
            "a: >\n",
            "'",
            "\"",
            "%",
            "!!",
            "\0",
        ] {
            read(text);
        }
        assert!(read(&"[".repeat(100_000)).error.is_some());
        assert!(read(&"- ".repeat(100_000)).error.is_some());
        assert!(read(&"{a: ".repeat(50_000)).error.is_some());
        let deep: String = (0..5_000).map(|n| format!("{}a:\n", " ".repeat(n % 2000))).collect();
        read(&deep);
        let chain: String = std::iter::once("a0: &a0 [x]\n".to_owned())
            .chain((1..5_000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)))
            .collect();
        assert_eq!(read(&chain).error, Some(YamlError::Bounds));
        let bomb: String = std::iter::once("a0: &a0 [x, x, x, x]\n".to_owned())
            .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{m}, *a{m}, *a{m}, *a{m}]\n", m = n - 1)))
            .collect();
        assert_eq!(read(&bomb).list.len(), 1);
    }
}
