//! The one function that text from a tree, from git or from a server passes before it is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could steer a terminal or hide text: C0 but tab and newline, DEL, C1,
/// bidirectional controls, other invisible format characters, line and paragraph separators.
fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with every unsafe character written as `\u{…}`; tab and newline stay. A carriage
/// return that ends a line (`\r\n`) is dropped, a lone one is written out.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\r' && rest.peek() == Some(&'\n') {
            continue;
        }
        if is_unsafe(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Like [`visible`], for text that must stay on one line.
pub fn one_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_bidi_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(visible("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(visible("one\rtwo"), "one\\u{d}two");
        assert_eq!(visible("one\r\ntwo\u{7}"), "one\ntwo\\u{7}");
    }

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(visible("naïve\tκείμενο\n"), Cow::Borrowed(_)));
    }
}
