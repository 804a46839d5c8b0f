//! Replacing spans of a text, several at once, without ever guessing about overlaps.

use super::span::Span;

/// One replacement. An empty span inserts; an empty text deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    pub span: Span,
    pub text: String,
}

impl TextEdit {
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    pub fn insert(offset: usize, text: impl Into<String>) -> Self {
        Self { span: Span::at(offset), text: text.into() }
    }

    pub fn delete(span: Span) -> Self {
        Self { span, text: String::new() }
    }

    /// Whether both can be applied: they are the same edit, or touch different bytes.
    /// Two insertions at one place are compatible and keep their order.
    pub fn compatible(&self, other: &TextEdit) -> bool {
        if self == other || !self.span.overlaps(other.span) && !self.inside(other) && !other.inside(self) {
            return true;
        }
        false
    }

    /// An insertion strictly inside the span the other replaces.
    fn inside(&self, other: &TextEdit) -> bool {
        self.span.is_empty() && other.span.start < self.span.start && self.span.start < other.span.end
    }
}

/// Why edits could not be applied.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    #[error("two edits touch the same text")]
    Overlap,
    #[error("an edit lies outside the text")]
    OutOfBounds,
}

/// Applies edits to a text. Equal edits count once; insertions at one place keep their order.
///
/// # Errors
/// Where two edits touch the same bytes, or a span does not fit the text.
pub fn apply(text: &str, edits: &[TextEdit]) -> Result<String, EditError> {
    let mut order: Vec<&TextEdit> = Vec::with_capacity(edits.len());
    for edit in edits {
        if order.contains(&edit) {
            continue;
        }
        if order.iter().any(|known| !known.compatible(edit)) {
            return Err(EditError::Overlap);
        }
        order.push(edit);
    }
    order.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in order {
        let kept = text.get(at..edit.span.start).ok_or(EditError::OutOfBounds)?;
        if text.get(edit.span.start..edit.span.end).is_none() {
            return Err(EditError::OutOfBounds);
        }
        out.push_str(kept);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..).ok_or(EditError::OutOfBounds)?);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_place_order_and_equal_ones_once() {
        let edits = [
            TextEdit::replace(Span::new(4, 7), "two"),
            TextEdit::insert(0, "<"),
            TextEdit::replace(Span::new(4, 7), "two"),
            TextEdit::insert(0, ">"),
        ];
        assert_eq!(apply("one 2nd end", &edits).as_deref(), Ok("<>one two end"));
    }

    #[test]
    fn overlaps_are_refused() {
        let edits = [TextEdit::delete(Span::new(0, 3)), TextEdit::replace(Span::new(2, 4), "x")];
        assert_eq!(apply("abcdef", &edits), Err(EditError::Overlap));
        let inside = [TextEdit::delete(Span::new(0, 3)), TextEdit::insert(1, "x")];
        assert_eq!(apply("abcdef", &inside), Err(EditError::Overlap));
    }

    #[test]
    fn spans_outside_the_text_are_refused() {
        assert_eq!(apply("ab", &[TextEdit::delete(Span::new(1, 9))]), Err(EditError::OutOfBounds));
    }
}
