//! One line of text a person types. It may be a secret, so it is wiped, and a hidden one is not drawn,
//! not even its length.

use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Longest text that is taken, in bytes.
const LONGEST: usize = 400;
/// Longest value.
const LONGEST_VALUE: usize = 64 * 1024;

/// What was typed so far; the cursor is at its end.
pub(crate) struct Input {
    text: Zeroizing<String>,
    longest: usize,
    hidden: bool,
}

impl Default for Input {
    fn default() -> Self {
        Self::new("")
    }
}

impl Input {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: Zeroizing::new(text.to_owned()), longest: LONGEST, hidden: false }
    }

    /// For a value that is seen.
    pub(crate) fn visible() -> Self {
        Self { longest: LONGEST_VALUE, ..Self::new("") }
    }

    /// For a value that is not. Room for all of it at once: what grows leaves copies behind.
    pub(crate) fn hidden() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(LONGEST_VALUE)), longest: LONGEST_VALUE, hidden: true }
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden
    }

    /// What was typed, without white space around it; nothing is left here.
    pub(crate) fn take(&mut self) -> Secret {
        let secret = Secret::from(self.text.trim());
        self.clear();
        secret
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Takes one character; those that are not to be seen are left out.
    pub(crate) fn push(&mut self, c: char) {
        if !c.is_control() && self.text.len() + c.len_utf8() <= self.longest {
            self.text.push(c);
        }
    }

    /// Takes the first line of a pasted text; whether that was all of it.
    pub(crate) fn paste(&mut self, text: &str) -> bool {
        // Terminals hand line ends over as carriage returns.
        let mut lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
        lines.next().unwrap_or("").chars().for_each(|c| self.push(c));
        lines.next().is_none()
    }

    pub(crate) fn backspace(&mut self) {
        self.text.pop();
    }

    pub(crate) fn clear(&mut self) {
        zeroize::Zeroize::zeroize(&mut *self.text);
    }

    /// The end of the text that fits, with a cursor behind it.
    pub(crate) fn shown(&self, width: usize) -> String {
        if self.hidden {
            return if self.text.is_empty() { "_".to_owned() } else { "(typed, not shown)_".to_owned() };
        }
        let text = crate::text::escape::one_line(&self.text);
        let mut start = 0;
        while text[start..].width() + 1 > width.max(1) {
            start += text[start..].chars().next().map_or(1, char::len_utf8);
            if start >= text.len() {
                break;
            }
        }
        format!("{}_", &text[start.min(text.len())..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_seen_and_controls_are_not_taken() {
        let mut input = Input::new("config");
        input.push('\u{1b}');
        assert!(!input.paste(".py\nrm -rf"));
        assert_eq!(input.text(), "config.py");
        assert_eq!(input.shown(5), "g.py_");
        assert_eq!(Input::new("漢字").shown(4), "字_");
        assert_eq!(Input::new("").shown(0), "_");
        let mut secret = Input::hidden();
        assert!(secret.paste(" hunter2 \r\n") && secret.is_hidden());
        let long = secret.shown(40);
        secret.push('x');
        assert_eq!((long.as_str(), secret.shown(40)), ("(typed, not shown)_", long.clone()));
        assert_eq!(secret.take().expose(), "hunter2 x");
        assert_eq!(secret.shown(40), "_");
    }
}
