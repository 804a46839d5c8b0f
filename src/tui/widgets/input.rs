//! One line of text a person types.

use unicode_width::UnicodeWidthStr;

/// Longest text that is taken, in bytes.
const LONGEST: usize = 400;

/// What was typed so far; the cursor is at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Input {
    text: String,
}

impl Input {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Takes one character; those that are not to be seen are left out.
    pub(crate) fn push(&mut self, c: char) {
        if !c.is_control() && self.text.len() < LONGEST {
            self.text.push(c);
        }
    }

    /// Takes a pasted text, on one line.
    pub(crate) fn paste(&mut self, text: &str) {
        text.lines().next().unwrap_or("").chars().for_each(|c| self.push(c));
    }

    pub(crate) fn backspace(&mut self) {
        self.text.pop();
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    /// The end of the text that fits, with a cursor behind it.
    pub(crate) fn shown(&self, width: usize) -> String {
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
        input.paste(".py\nrm -rf");
        assert_eq!(input.text(), "config.py");
        assert_eq!(input.shown(5), "g.py_");
        assert_eq!(Input::new("漢字").shown(4), "字_");
        assert_eq!(Input::new("").shown(0), "_");
    }
}
