//! The grammar of python-dotenv 1.2 (`dotenv/parser.py`), step by step, on the text as it is on
//! disk: line ends count as Python's universal newlines do.

use std::sync::Arc;

use super::{EnvDocument, EnvEntry, Quote, expand};
use crate::secret::Secret;
use crate::text::Span;

/// Python's `str.isspace`: Unicode white space and the four information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn is_inline_space(c: char) -> bool {
    is_space(c) && !matches!(c, '\r' | '\n')
}

/// A statement that cannot be parsed.
struct Unparsable;

struct Value {
    value: Arc<Secret>,
    quote: Quote,
    span: Span,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Line of `counted`, from 1; advanced on demand.
    line: usize,
    counted: usize,
}

/// Reads a whole text.
pub(super) fn scan(text: &str) -> EnvDocument {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut scanner = Scanner { text, at: start, line: 1, counted: start };
    let mut document = EnvDocument { entries: Vec::new(), unparsed: Vec::new() };
    loop {
        scanner.skip(is_space);
        if scanner.at >= text.len() {
            return document;
        }
        let line = scanner.line_here();
        match scanner.binding(line) {
            Ok(Some(entry)) => document.entries.push(entry),
            Ok(None) => {}
            Err(Unparsable) => {
                // What was taken so far stays taken: the rest of the present line is skipped.
                scanner.skip(|c| !matches!(c, '\r' | '\n'));
                document.unparsed.push(line);
            }
        }
    }
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    /// Line of the present place. A `\r\n` is one line end, a lone `\r` too.
    fn line_here(&mut self) -> usize {
        let bytes = self.text.as_bytes();
        for at in self.counted..self.at {
            let ends = match bytes[at] {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(ends);
        }
        self.counted = self.at;
        self.line
    }

    /// A binding, or nothing for a comment.
    fn binding(&mut self, line: usize) -> Result<Option<EnvEntry>, Unparsable> {
        let start = self.at;
        let export = self.export();
        let key = self.key()?;
        self.skip(is_inline_space);
        let value = if self.peek() == Some('=') { Some(self.assigned()?) } else { None };
        let end = match &value {
            Some(value) if value.quote == Quote::None => value.span.end,
            Some(_) => self.at,
            None => key.as_ref().map_or(self.at, |(_, _, end)| *end),
        };
        let end = self.end_of_line(end)?;
        let Some((key, key_span, _)) = key else { return Ok(None) };
        let quote = value.as_ref().map_or(Quote::None, |value| value.quote);
        let value_span = value.as_ref().map(|value| value.span);
        let value = value.map(|value| value.value);
        let expands = value.as_ref().is_some_and(|value| expand::has_reference(value.expose()));
        Ok(Some(EnvEntry {
            key,
            value,
            expands,
            export,
            quote,
            span: Span::new(start, end),
            key_span,
            value_span,
            line,
        }))
    }

    fn export(&mut self) -> bool {
        let found = self.rest().strip_prefix("export").is_some_and(|rest| rest.starts_with(is_inline_space));
        if found {
            self.at += "export".len();
            self.skip(is_inline_space);
        }
        found
    }

    /// The key, its span without quotes, and the end of it with them; `None` at a comment.
    fn key(&mut self) -> Result<Option<(String, Span, usize)>, Unparsable> {
        match self.peek() {
            Some('#') => Ok(None),
            Some('\'') => {
                let start = self.at + 1;
                let length = self.text[start..].find('\'').filter(|length| *length > 0).ok_or(Unparsable)?;
                let span = Span::new(start, start + length);
                self.at = span.end + 1;
                Ok(Some((universal_newlines(span.of(self.text)), span, self.at)))
            }
            _ => {
                let start = self.at;
                self.skip(|c| !matches!(c, '=' | '#') && !is_space(c));
                let span = Span::new(start, self.at);
                if span.is_empty() { Err(Unparsable) } else { Ok(Some((span.of(self.text).to_owned(), span, self.at))) }
            }
        }
    }

    /// `=` and what is behind it.
    fn assigned(&mut self) -> Result<Value, Unparsable> {
        self.at += 1;
        let behind_sign = self.at;
        self.skip(is_inline_space);
        let none = |at| Value { value: Arc::new(Secret::new(String::new())), quote: Quote::None, span: Span::at(at) };
        match self.peek() {
            None | Some('\r' | '\n') => Ok(none(behind_sign)),
            Some('#') if self.at > behind_sign => Ok(none(behind_sign)),
            Some('\'') => self.quoted('\'', Quote::Single),
            Some('"') => self.quoted('"', Quote::Double),
            Some(_) => Ok(self.unquoted()),
        }
    }

    /// A quoted value; a backslash always takes the next character with it.
    fn quoted(&mut self, mark: char, quote: Quote) -> Result<Value, Unparsable> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            match bytes.get(at) {
                None => return Err(Unparsable),
                Some(b'\\') => at += 2,
                Some(byte) if char::from(*byte) == mark => break,
                Some(_) => at += 1,
            }
        }
        let span = Span::new(start, at);
        self.at = at + 1;
        let value = unescape(&universal_newlines(span.of(self.text)), quote);
        Ok(Value { value: Arc::new(value), quote, span })
    }

    /// The rest of the line up to a comment, without white space at its end.
    fn unquoted(&mut self) -> Value {
        let start = self.at;
        self.skip(|c| !matches!(c, '\r' | '\n'));
        let line = &self.text[start..self.at];
        let mut before = None;
        let comment = line.char_indices().find(|(_, c)| {
            let found = *c == '#' && before.is_some_and(is_space);
            before = Some(*c);
            found
        });
        let value = line[..comment.map_or(line.len(), |(at, _)| at)].trim_end_matches(is_space);
        Value { value: Arc::new(Secret::from(value)), quote: Quote::None, span: Span::new(start, start + value.len()) }
    }

    /// A comment and the line end. Returns the end of the statement: of the comment, else `end`.
    fn end_of_line(&mut self, end: usize) -> Result<usize, Unparsable> {
        self.skip(is_inline_space);
        let mut end = end;
        if self.peek() == Some('#') {
            self.skip(|c| !matches!(c, '\r' | '\n'));
            end = self.at;
        } else if self.at > 0 && end < self.at {
            // An unquoted value took its comment with it.
            let taken = self.text[end..self.at].trim_end_matches(is_space);
            end += taken.len();
        }
        match self.peek() {
            None => {}
            Some('\r') if self.rest().starts_with("\r\n") => self.at += 2,
            Some('\r' | '\n') => self.at += 1,
            Some(_) => return Err(Unparsable),
        }
        Ok(end)
    }
}

/// Python opens text files with universal newlines.
fn universal_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn unescape(text: &str, quote: Quote) -> Secret {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let decoded = if c == '\\' { rest.clone().next().and_then(|next| escaped(next, quote)) } else { None };
        match decoded {
            Some(decoded) => {
                rest.next();
                out.push(decoded);
            }
            None => out.push(c),
        }
    }
    Secret::new(out)
}

fn escaped(c: char, quote: Quote) -> Option<char> {
    match (c, quote) {
        ('\\' | '\'', _) => Some(c),
        (_, Quote::Single | Quote::None) => None,
        ('"', Quote::Double) => Some('"'),
        ('a', Quote::Double) => Some('\u{7}'),
        ('b', Quote::Double) => Some('\u{8}'),
        ('f', Quote::Double) => Some('\u{c}'),
        ('n', Quote::Double) => Some('\n'),
        ('r', Quote::Double) => Some('\r'),
        ('t', Quote::Double) => Some('\t'),
        ('v', Quote::Double) => Some('\u{b}'),
        _ => None,
    }
}
