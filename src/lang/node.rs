//! Data with places: what YAML, JSON and TOML files hold, in one shape. Its depth is bounded when
//! it is built, so walking and dropping it is safe.

use std::borrow::Cow;
use std::rc::Rc;

use crate::text::Span;

/// How deep data may nest, shared parts counted where they are used.
pub const MAX_DEPTH: usize = 64;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    Single,
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A string, number, boolean or null, as its text.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub text: String,
    /// Without quotes; for a block scalar the lines below its head.
    pub span: Span,
    pub style: Style,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: Scalar,
    pub value: Rc<Node>,
    /// Whether it came in by a merge key: it stands elsewhere in the file.
    pub merged: bool,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum NodeKind {
    Map(Vec<Entry>),
    Seq(Vec<Rc<Node>>),
    Scalar(Scalar),
}

/// A part of a data file.
#[derive(Clone, Debug)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
    /// Levels below it, itself included.
    pub height: usize,
}

impl Node {
    pub fn scalar(scalar: Scalar) -> Rc<Self> {
        let span = scalar.span;
        Rc::new(Self { kind: NodeKind::Scalar(scalar), span, height: 1 })
    }

    /// A list; `None` where it nests too deep.
    pub fn seq(items: Vec<Rc<Node>>, span: Span) -> Option<Rc<Self>> {
        let height = 1 + items.iter().map(|item| item.height).max().unwrap_or(0);
        (height <= MAX_DEPTH).then(|| Rc::new(Self { kind: NodeKind::Seq(items), span, height }))
    }

    /// A map; `None` where it nests too deep.
    pub fn map(entries: Vec<Entry>, span: Span) -> Option<Rc<Self>> {
        let height = 1 + entries.iter().map(|entry| entry.value.height).max().unwrap_or(0);
        (height <= MAX_DEPTH).then(|| Rc::new(Self { kind: NodeKind::Map(entries), span, height }))
    }

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Rc<Node>] {
        match &self.kind {
            NodeKind::Seq(items) => items,
            _ => &[],
        }
    }

    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.text.as_str())
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key.text == key)
    }

    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The node behind several keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key).map(Rc::as_ref))
    }

    /// The text of a scalar, or of every scalar of a list.
    pub fn texts(&self) -> Vec<&str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => vec![scalar.text.as_str()],
            NodeKind::Seq(items) => items.iter().filter_map(|item| item.text()).collect(),
            NodeKind::Map(_) => Vec::new(),
        }
    }

    /// Where the last thing in it ends (a collection's own span may reach over blank lines).
    pub fn end(&self) -> usize {
        let last = match &self.kind {
            NodeKind::Map(entries) => entries.iter().filter(|entry| !entry.merged).map(|entry| entry.value.end()).max(),
            NodeKind::Seq(items) => items.iter().map(|item| item.end()).max(),
            NodeKind::Scalar(scalar) => Some(match scalar.style {
                Style::Single | Style::Double => scalar.span.end + 1,
                _ => scalar.span.end,
            }),
        };
        last.unwrap_or(self.span.end)
    }
}

impl Entry {
    /// The whole entry where it has lines of its own; `None` in flow style, behind a `-`, and where
    /// it was merged from elsewhere.
    pub fn item_span(&self, text: &str) -> Option<Span> {
        let quoted = usize::from(matches!(self.key.style, Style::Single | Style::Double));
        let start = self.key.span.start - quoted.min(self.key.span.start);
        let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let alone = text[line..start].trim().is_empty() && ends_line(text, self.value.end());
        (alone && !self.merged && self.value.end() >= start).then(|| Span::new(start, self.value.end()))
    }
}

/// The whole item of a block list (`- item`) where it has lines of its own.
pub fn list_item_span(text: &str, item: &Node) -> Option<Span> {
    let start = match item.as_scalar() {
        Some(scalar) if matches!(scalar.style, Style::Single | Style::Double) => scalar.span.start.checked_sub(1)?,
        Some(scalar) => scalar.span.start,
        None => item.span.start,
    };
    let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let lead = &text[line..start];
    let dash = lead.trim_end().len().checked_sub(1)?;
    let alone = lead.trim() == "-" && ends_line(text, item.end());
    (alone && item.end() > start).then(|| Span::new(line + dash, item.end()))
}

/// Whether nothing but blanks and a comment follows on the line.
fn ends_line(text: &str, end: usize) -> bool {
    let rest = text.get(end..).map_or("", |rest| rest.lines().next().unwrap_or(""));
    rest.trim().is_empty() || (rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#'))
}

impl Scalar {
    /// The text as it stands in the file, byte for byte as long as `span`, with line breaks that
    /// mean a space made one: `None` where escapes make the text differ from what is written.
    pub fn in_place<'t>(&self, source: &'t str) -> Option<Cow<'t, str>> {
        let raw = self.span.of(source);
        if raw == self.text {
            return Some(Cow::Borrowed(raw));
        }
        let escapes = match self.style {
            Style::Double => raw.contains('\\'),
            Style::Single => raw.contains('\''),
            _ => false,
        };
        match self.style {
            _ if escapes => None,
            Style::Literal => Some(Cow::Borrowed(raw)),
            _ => Some(Cow::Owned(raw.replace(['\n', '\r'], " "))),
        }
    }

    /// The quote round it.
    pub fn quote(&self) -> Option<char> {
        match self.style {
            Style::Single => Some('\''),
            Style::Double => Some('"'),
            _ => None,
        }
    }

    /// Whether it is an empty value or null.
    pub fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}
