//! String literals: prefixes, escapes, and where their contents stand.

use tree_sitter::Node;

use super::ast::{ExprKind, Str};
use super::kinds::{Field, Kind, kind};
use super::{Reader, named, span};
use crate::text::Span;

impl Reader<'_> {
    /// A `string` or `concatenated_string` node.
    pub(super) fn string(&mut self, node: Node<'_>, depth: usize) -> ExprKind {
        let pieces = if kind(node) == Kind::ConcatenatedString { named(node) } else { vec![node] };
        let mut joined = Str { value: String::new(), bytes: false, contents: Vec::new() };
        let mut parts = Vec::new();
        let mut formatted = false;
        for piece in pieces {
            let prefix = self.prefix(piece);
            let raw = prefix.contains('r');
            joined.bytes |= prefix.contains('b');
            formatted |= prefix.contains('f') || prefix.contains('t');
            let content = self.content_span(piece);
            joined.contents.push(content);
            let mut at = content.start;
            for child in named(piece).into_iter().filter(|child| kind(child) == Kind::Interpolation) {
                let text = Span::new(at, child.start_byte()).of(self.text);
                decode(text, raw, joined.bytes, &mut joined.value);
                if let Some(inner) = child.child_by_field_id(Field::Expression.id()) {
                    parts.push(self.expr(inner, depth + 1));
                }
                at = child.end_byte();
            }
            decode(Span::new(at, content.end).of(self.text), raw, joined.bytes, &mut joined.value);
        }
        // `f"text"` without a field is the text.
        let plain = parts.is_empty() && !joined.value.contains(['{', '}']);
        if formatted && !plain { ExprKind::FString { text: joined.value, parts } } else { ExprKind::Str(joined) }
    }

    fn prefix(&self, piece: Node<'_>) -> String {
        let start = piece.child(0).map_or("", |node| self.source(node));
        start.trim_end_matches(['"', '\'']).to_ascii_lowercase()
    }

    fn content_span(&self, piece: Node<'_>) -> Span {
        let whole = span(piece);
        let last = piece.child_count().saturating_sub(1);
        let start = piece.child(0).filter(|n| kind(n) == Kind::StringStart).map_or(whole.start, |n| n.end_byte());
        let end = piece.child(last).filter(|n| kind(n) == Kind::StringEnd).map_or(whole.end, |n| n.start_byte());
        Span::new(start, end.max(start))
    }
}

/// Decodes the escapes of a literal's text as Python does.
fn decode(text: &str, raw: bool, bytes: bool, out: &mut String) {
    if raw || !text.contains('\\') {
        out.push_str(text);
        return;
    }
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = rest.next() else {
            out.push('\\');
            return;
        };
        match escape {
            '\n' => {}
            '\r' => {
                if rest.as_str().starts_with('\n') {
                    rest.next();
                }
            }
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            '\\' | '\'' | '"' => out.push(escape),
            '0'..='7' => {
                let tail = rest.as_str();
                let more = tail.chars().take(2).take_while(|c| c.is_digit(8)).count();
                push_code(&format!("{escape}{}", &tail[..more]), 8, out);
                rest = tail[more..].chars();
            }
            'x' => rest = hex(rest.as_str(), 2, 'x', out),
            'u' if !bytes => rest = hex(rest.as_str(), 4, 'u', out),
            'U' if !bytes => rest = hex(rest.as_str(), 8, 'U', out),
            other => {
                out.push('\\');
                out.push(other);
            }
        }
    }
}

/// Reads `width` hexadecimal digits; keeps the escape as written where they are not there.
fn hex<'s>(tail: &'s str, width: usize, letter: char, out: &mut String) -> std::str::Chars<'s> {
    match tail.get(..width).filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit())) {
        Some(digits) => {
            push_code(digits, 16, out);
            tail[width..].chars()
        }
        None => {
            out.push('\\');
            out.push(letter);
            tail.chars()
        }
    }
}

fn push_code(digits: &str, radix: u32, out: &mut String) {
    let decoded = u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    out.push(decoded.unwrap_or('\u{fffd}'));
}
