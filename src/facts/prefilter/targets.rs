//! Whether a text gives a name in capitals a value where Flask would take it for a setting: at the
//! top of a module, in the body of a class, as an attribute of `self`. Reads strings, comments,
//! brackets and indentation, and no more; where it loses its way, the answer is yes.

use super::{is_blank, is_part, is_upper};

/// Whether such a name may be given a value: `KEY = …`, `KEY: T = …`, `(KEY, b) = …`,
/// `self.KEY = …`, and `def KEY(self)` where properties are made.
pub(super) fn sets_upper_name(text: &str, properties: bool) -> bool {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, depth: 0, line: Line::default(), around: Vec::new() };
    scan.skip_mark();
    scan.begin_line();
    while let Some(byte) = scan.peek() {
        match byte {
            b'#' => scan.skip_line(),
            b'\'' | b'"' => {
                if !scan.skip_string(byte) {
                    return true;
                }
                scan.line.first = false;
            }
            b'\\' => scan.at += 2,
            b'\n' => {
                scan.at += 1;
                if scan.depth == 0 {
                    scan.begin_line();
                }
            }
            b';' => {
                scan.at += 1;
                scan.line = Line { first: true, ..scan.line };
            }
            b'(' | b'[' | b'{' => scan.open(),
            b')' | b']' | b'}' => {
                if scan.depth == 0 {
                    return true;
                }
                scan.depth -= 1;
                scan.at += 1;
            }
            b'=' if scan.depth == 0 => {
                if scan.assigns() {
                    return true;
                }
            }
            _ if is_part(byte) => {
                if scan.name(properties) {
                    return true;
                }
            }
            _ => scan.at += 1,
        }
    }
    scan.depth > 0
}

/// What stands around a place: functions hide names, classes do not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Function,
    Class,
}

/// The statement that is read.
#[derive(Clone, Copy, Default)]
struct Line {
    /// No word was met yet.
    first: bool,
    indent: usize,
    /// A name in capitals stands where something may be assigned to.
    named: bool,
    /// The statement starts with the bracket that is open.
    bracketed: bool,
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
    line: Line,
    around: Vec<(usize, Around)>,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// A byte-order mark is no part of a name.
    fn skip_mark(&mut self) {
        if self.bytes.starts_with("\u{feff}".as_bytes()) {
            self.at = 3;
        }
    }

    fn skip_line(&mut self) {
        self.at = memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |more| self.at + more);
    }

    /// Reads the indentation; blank lines and comments end no block.
    fn begin_line(&mut self) {
        let mut indent = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' => indent += 1,
                b'\t' => indent += 8,
                b'\r' | 0x0c => {}
                _ => break,
            }
            self.at += 1;
        }
        if !matches!(self.peek(), None | Some(b'\n' | b'#')) {
            while self.around.last().is_some_and(|(column, _)| *column >= indent) {
                self.around.pop();
            }
        }
        self.line = Line { first: true, indent, ..Line::default() };
    }

    fn open(&mut self) {
        if self.depth == 0 {
            self.line.bracketed = self.line.first;
            self.line.first = false;
        }
        self.depth += 1;
        self.at += 1;
    }

    /// An equals sign at the level of the statement: whether it assigns to a name in capitals.
    fn assigns(&mut self) -> bool {
        let before = self.at.checked_sub(1).map_or(b' ', |at| self.bytes[at]);
        let compares = self.bytes.get(self.at + 1) == Some(&b'=');
        let combined =
            matches!(before, b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'@' | b':');
        self.at += if compares { 2 } else { 1 };
        self.line.named && !compares && !combined
    }

    /// Reads a name; whether it is that of a property in capitals.
    fn name(&mut self, properties: bool) -> bool {
        let start = self.at;
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        let word = &self.bytes[start..self.at];
        let first = self.line.first;
        self.line.first = false;
        if first && self.depth == 0 {
            match word {
                b"class" => self.around.push((self.line.indent, Around::Class)),
                b"def" => return self.function(properties),
                // `async def`: the next word is the first again.
                b"async" => self.line.first = true,
                _ => {}
            }
        }
        let hidden = matches!(self.around.last(), Some((_, Around::Function)));
        let before = self.bytes[..start].iter().rposition(|byte| !is_blank(*byte));
        let of_self = before.is_some_and(|at| self.bytes[at] == b'.');
        let place = self.depth == 0 || self.line.bracketed;
        self.line.named |= is_upper(word) && !word[0].is_ascii_digit() && place && (!hidden || of_self);
        false
    }

    fn function(&mut self, properties: bool) -> bool {
        self.around.push((self.line.indent, Around::Function));
        while self.peek().is_some_and(|byte| byte == b' ' || byte == b'\t') {
            self.at += 1;
        }
        let start = self.at;
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        properties && is_upper(&self.bytes[start..self.at])
    }

    /// Goes behind a string; `false` where it does not end as one does.
    fn skip_string(&mut self, quote: u8) -> bool {
        let rest = &self.bytes[self.at..];
        let long = rest.len() >= 3 && rest[1] == quote && rest[2] == quote;
        self.at += if long { 3 } else { 1 };
        loop {
            let stop = |byte: &u8| *byte == quote || *byte == b'\\' || (!long && *byte == b'\n');
            let Some(more) = self.bytes[self.at..].iter().position(stop) else { return false };
            self.at += more;
            match self.bytes[self.at] {
                b'\\' => self.at = (self.at + 2).min(self.bytes.len()),
                b'\n' => return false,
                _ if !long => {
                    self.at += 1;
                    return true;
                }
                _ if self.bytes[self.at..].starts_with(&[quote; 3]) => {
                    self.at += 3;
                    return true;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sets_upper_name;

    #[test]
    fn names_at_the_top_and_in_classes() {
        for text in [
            "\u{feff}DEBUG = 1",
            "class A:\n    '''doc'''\n    X_1 : str = 'a'",
            "def f():\n    class A:\n        KEY = 1\n",
            "def f():\n    pass\nKEY = 1\n",
            "class A:\n    def f(self):\n        '''\n  no\n'''\n        self.KEY = 1\n",
            "class A:\n    def f(self): pass\n    KEY = 1\n",
            "if x:\n    KEY = 1",
            "x = 1; KEY = 2",
            "a = KEY = 1",
            "[KEY,\n b] = 1, 2",
            "try: KEY = 1\nexcept E: pass",
            "def f(\n  a,\n):\n    pass\n\nKEY = f\"{x[\"a\"]}\"\n",
            "KEY \\\n = 1",
            // It lost its way.
            "x = 'a\nb",
            "x = (1",
            "x = 1)",
        ] {
            assert!(sets_upper_name(text, false), "{text}");
        }
        assert!(sets_upper_name("class A:\n    @property\n    def KEY(self): pass", true));
    }

    #[test]
    fn names_elsewhere() {
        for text in [
            "def f():\n    KEY = 1\n\n# KEY = 1\n    OTHER = 2\n",
            "async def f():\n    '''\nKEY = 1\n'''\n    KEY = 1\n",
            "f(KEY=1)\nx = KEY\nif KEY == 1: pass\n",
            "'''\nKEY = 1\n'''\n",
            "x = {\n    KEY: 1,\n}\nfrom a import (\n    B1,\n    C1,\n)\n",
            "# NOTE: x = 1",
            "X += 1\nx.Y1[KEY].z()\n",
        ] {
            assert!(!sets_upper_name(text, false), "{text}");
        }
    }
}
