//! Text measured in cells: cut, filled up, wrapped, escaped. Everything that comes from a tree
//! passes `shown` before it is drawn.

use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::text::escape;
use crate::tui::theme::{Role, Theme};

/// Text of a tree, made safe to draw on one line.
pub(crate) fn shown(text: &str) -> String {
    escape::one_line(text)
}

/// A line of code: tabs as wide as people are used to.
pub(crate) fn shown_code(text: &str) -> String {
    escape::one_line(&text.replace('\t', "    "))
}

pub(crate) fn cells(text: &str) -> usize {
    text.width()
}

/// The start of a text that fits, with a sign where something was cut.
pub(crate) fn cut(text: &str, width: usize, theme: Theme) -> String {
    if cells(text) <= width {
        return text.to_owned();
    }
    let mut used = 0;
    let mut out = String::new();
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    if width > 0 {
        out.push_str(theme.cut());
    }
    out
}

/// Cut to a width, and filled up to it.
pub(crate) fn column(text: &str, width: usize, theme: Theme) -> String {
    let mut out = cut(text, width, theme);
    out.push_str(&" ".repeat(width.saturating_sub(cells(&out))));
    out
}

/// Words in lines of at most `width` cells; a longer word is broken.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if cells(line) + 1 + cells(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(broken(word, width)),
        }
    }
    lines
}

/// A line of code in pieces of at most `width` cells, all but the first four cells shorter.
pub(crate) fn pieces(text: &str, width: usize) -> Vec<String> {
    if cells(text) <= width {
        return vec![text.to_owned()];
    }
    let first = broken(text, width.max(1)).swap_remove(0);
    let rest = text.get(first.len()..).unwrap_or("");
    std::iter::once(first).chain(broken(rest, width.saturating_sub(4).max(1))).collect()
}

fn broken(word: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0;
    for c in word.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width && used > 0 {
            parts.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// One piece of a line.
pub(crate) fn span(text: impl Into<String>, role: Role, theme: Theme) -> Span<'static> {
    Span::styled(text.into(), theme.style(role))
}

/// A whole line in one look.
pub(crate) fn line(text: impl Into<String>, role: Role, theme: Theme) -> Line<'static> {
    Line::from(span(text, role, theme))
}

/// A text in lines, each behind `indent`.
pub(crate) fn paragraph(text: &str, indent: &str, width: usize, role: Role, theme: Theme) -> Vec<Line<'static>> {
    let wrapped = wrap(text, width.saturating_sub(cells(indent)));
    wrapped.into_iter().map(|text| line(format!("{indent}{text}"), role, theme)).collect()
}

/// A text in lines: the first behind `lead`, the others behind as many spaces.
pub(crate) fn hanging(lead: &str, text: &str, width: usize, role: Role, theme: Theme) -> Vec<Line<'static>> {
    let indent = " ".repeat(cells(lead));
    let wrapped = wrap(text, width.saturating_sub(cells(lead)));
    let start = |at: usize| if at == 0 { lead } else { indent.as_str() };
    let lines = wrapped.into_iter().enumerate();
    lines.map(|(at, text)| line(format!("{}{text}", start(at)), role, theme)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: Theme = Theme { colour: false, ascii: false };

    #[test]
    fn texts_are_measured_in_cells() {
        assert_eq!(cut("漢字漢字", 5, THEME), "漢字…");
        assert_eq!(cells(&column("漢字漢字", 6, THEME)), 6);
        assert_eq!(cut("abc", 3, THEME), "abc");
        assert_eq!(cut("abc", 0, THEME), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("漢字漢", 3), ["漢", "字", "漢"]);
    }

    #[test]
    fn what_could_steer_a_terminal_is_written_out() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
    }
}
