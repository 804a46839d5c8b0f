//! Variables of deployment files: what `${X:-y}` leaves of a value, and which bytes hold an item.

use std::sync::Arc;

use crate::facts::{LaunchVar, VarOrigin};
use crate::secret::Secret;
use crate::text::{Location, SourceFile, Span};

/// A value as written, with where it comes from and the part of it that is the value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Value<'t> {
    pub text: Option<&'t str>,
    pub origin: VarOrigin,
}

/// Reads a value that may refer to variables (`expands`: whether `$` means anything there).
pub(crate) fn value(text: &str, expands: bool) -> Value<'_> {
    if !expands || !text.contains('$') {
        return Value { text: Some(text), origin: VarOrigin::Literal };
    }
    match default_of(text) {
        Some(default) => Value { text: Some(default), origin: VarOrigin::Fallback },
        None => Value { text: None, origin: VarOrigin::Elsewhere },
    }
}

/// The default of a text that is one `${NAME:-default}` as a whole.
pub(crate) fn default_of(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let rest = &inner[name..];
    let default = [":-", ":=", "-", "="].iter().find_map(|operator| rest.strip_prefix(operator))?;
    (!default.contains('$')).then_some(default)
}

/// A variable whose value stands at `span` as `text`, where the file shows it byte for byte.
pub(crate) fn var(
    file: &SourceFile,
    name: &str,
    text: &str,
    expands: bool,
    span: Span,
    item: Option<Span>,
) -> LaunchVar {
    let value = value(text, expands);
    let raw = span.of(&file.text);
    let value_span = value.text.and_then(|value| {
        let at = if value.is_empty() { (raw.is_empty()).then_some(0) } else { raw.rfind(value) };
        at.map(|at| Span::new(span.start + at, span.start + at + value.len()))
    });
    LaunchVar {
        name: name.to_owned(),
        value: value.text.map(|text| Arc::new(Secret::from(text))),
        origin: value.origin,
        location: Location::in_file(file, item.filter(|_| span.is_empty()).unwrap_or(span)),
        value_span,
        item_span: item.map(|item| whole_lines(file, item)),
    }
}

/// A variable whose value is not written down here.
pub(crate) fn elsewhere(file: &SourceFile, name: &str, span: Span) -> LaunchVar {
    LaunchVar {
        name: name.to_owned(),
        value: None,
        origin: VarOrigin::Elsewhere,
        location: Location::in_file(file, span),
        value_span: None,
        item_span: None,
    }
}

/// Widens a span that fills its lines, but for a comment behind it, to the lines themselves, their
/// end included.
pub(crate) fn whole_lines(file: &SourceFile, span: Span) -> Span {
    let first = file.line_span(span.start);
    let last = file.line_span(span.end);
    let blank = |start: usize, end: usize| file.text.get(start..end).is_some_and(|part| part.trim().is_empty());
    let commented = || {
        let rest = file.text.get(span.end..last.end.max(span.end)).unwrap_or("");
        rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('#')
    };
    let ends = blank(span.end, last.end.max(span.end)) || commented();
    if span.start >= first.start && blank(first.start, span.start) && ends {
        return Span::new(first.start, file.after_line(span.end));
    }
    span
}

/// The later of two settings of the same name holds.
pub(crate) fn overlay(mut below: Vec<LaunchVar>, above: Vec<LaunchVar>) -> Vec<LaunchVar> {
    below.retain(|var| !above.iter().any(|other| other.name == var.name));
    below.extend(above);
    below
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    #[test]
    fn defaults_are_fallbacks_and_references_have_no_value() {
        assert_eq!(value("${FLASK_DEBUG:-false}", true), Value { text: Some("false"), origin: VarOrigin::Fallback });
        assert_eq!(value("${KEY:?missing}", true).text, None);
        assert_eq!(value("${KEY}", true).origin, VarOrigin::Elsewhere);
        assert_eq!(value("pa$word", false).text, Some("pa$word"));
        assert_eq!(value("a${B:-c}", true).text, None);
    }

    #[test]
    fn places_of_values_and_items() {
        let file = SourceFile::new(RepoPath::new("x").unwrap(), "a\n  - K=${K:-v}\nb".into(), 0o644);
        let at = file.text.find("K=").unwrap();
        let end = file.text.find("\nb").unwrap();
        let var = var(&file, "K", "${K:-v}", true, Span::new(at + 2, end), Some(Span::new(at - 2, end)));
        assert_eq!(var.value_span.unwrap().of(&file.text), "v");
        assert_eq!(var.item_span.unwrap().of(&file.text), "  - K=${K:-v}\n");
    }
}
