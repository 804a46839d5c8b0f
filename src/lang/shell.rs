//! Shell text cut into simple commands and words with their places. Knows quoting, comments,
//! operators, redirections and here-documents; expands nothing, runs nothing, and knows no program.

use crate::text::Span;

/// One word, quotes taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Where it stands in the text, quotes included.
    pub span: Span,
    /// Whether the shell would expand a part of it (`$X`, `$(…)`, backquotes).
    pub expands: bool,
    /// Whether no quote or backslash stands in it: only then it can be a reserved word.
    pub bare: bool,
}

impl Word {
    /// Name, value and the value's place in `text` (quotes round the whole value left out) of
    /// `NAME=value`.
    pub fn assignment(&self, text: &str) -> Option<(String, String, Span)> {
        let raw = self.span.of(text);
        let lead = raw.len() - raw.trim_start_matches(['"', '\'']).len();
        let equals = raw.find('=')?;
        let name = raw.get(lead..equals)?;
        if !is_name(name) {
            return None;
        }
        let mut value = Span::new(self.span.start + equals + 1, self.span.end - lead.min(1));
        let written = value.of(text);
        let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote
            && written.len() > 1
            && written.ends_with(quote)
            && written.matches(quote).count() == 2
        {
            value = Span::new(value.start + 1, value.end - 1);
        }
        Some((name.to_owned(), self.text.split_once('=')?.1.to_owned(), value))
    }
}

/// Whether a text can be the name of an environment variable.
pub fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// One simple command of a list, pipeline or branch; redirections are taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub words: Vec<Word>,
    /// Whether it stands inside `if` or a loop.
    pub branch: bool,
    /// The arms of `case` it stands in, outermost first.
    pub arms: Vec<Arm>,
    /// The function whose body it belongs to.
    pub function: Option<String>,
}

/// One arm of a `case`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Which `case` of the text it belongs to.
    pub case: usize,
    /// The word that is looked at, as written but for quotes.
    pub subject: String,
    pub patterns: Vec<String>,
    /// The patterns of the arms before it, which win.
    pub earlier: Vec<String>,
}

/// The simple commands of a shell text in their order.
pub fn commands(text: &str) -> Vec<Command> {
    let mut lexer = Lexer::new(text);
    lexer.run();
    lexer.done
}

/// The words of a text that no shell reads (systemd, supervisor): quotes and backslashes count,
/// operators and comments do not.
pub fn words(text: &str) -> Vec<Word> {
    let mut lexer = Lexer::new(text);
    let mut words = Vec::new();
    while lexer.skip_blank(true) {
        words.push(lexer.word(false));
    }
    words
}

/// What is open round the command that is being read.
enum Block {
    /// `if` and loops.
    Branch,
    /// `case`; `open` inside an arm, not while its pattern is read.
    Case { arm: Arm, open: bool },
    /// `{`, of a function where it has a name.
    Brace(Option<String>),
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    words: Vec<Word>,
    done: Vec<Command>,
    blocks: Vec<Block>,
    /// How many `case` were met.
    cases: usize,
    /// The function whose body starts next.
    function: Option<String>,
    /// Open subshells.
    parens: usize,
    /// Whether the next word is the target of a redirection.
    redirect: bool,
    /// Whether the next word ends a here-document.
    heredoc: bool,
    /// Here-documents whose bodies start at the next line.
    pending: Vec<String>,
}

impl<'t> Lexer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            words: Vec::new(),
            done: Vec::new(),
            blocks: Vec::new(),
            cases: 0,
            function: None,
            parens: 0,
            redirect: false,
            heredoc: false,
            pending: Vec::new(),
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Moves to the next word; false at the end of the text.
    fn skip_blank(&mut self, newlines: bool) -> bool {
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b' ' | b'\t' | b'\r', _) => self.at += 1,
                (b'\n', _) if newlines => self.at += 1,
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'\r') if self.peek(2) == b'\n' => self.at += 3,
                _ => return true,
            }
        }
        false
    }

    fn run(&mut self) {
        while self.skip_blank(false) {
            match self.peek(0) {
                b'#' => self.at = self.line_end(),
                b'\n' => {
                    self.finish();
                    self.at += 1;
                    self.skip_heredocs();
                }
                b'&' if self.peek(1) == b'>' => self.redirection(),
                b'|' | b'(' if self.in_pattern() => self.at += 1,
                b';' if self.peek(1) == b';' => self.end_arm(),
                b';' | b'&' | b'|' => {
                    self.finish();
                    self.at += 1;
                }
                b'(' if self.peek(1) == b')' && self.words.len() == 1 => {
                    self.function = self.words.pop().map(|word| word.text);
                    self.at += 2;
                }
                b'(' => {
                    self.finish();
                    self.parens += 1;
                    self.at += 1;
                }
                b')' => self.close_paren(),
                b'<' | b'>' => self.redirection(),
                _ => {
                    let word = self.word(true);
                    self.take(word);
                }
            }
        }
        self.finish();
    }

    fn in_pattern(&self) -> bool {
        matches!(self.blocks.last(), Some(Block::Case { open: false, .. }))
    }

    /// `;;` and its variants.
    fn end_arm(&mut self) {
        self.finish();
        self.at += 2;
        if self.peek(0) == b'&' {
            self.at += 1;
        }
        if let Some(Block::Case { arm, open }) = self.blocks.last_mut() {
            arm.earlier.append(&mut arm.patterns);
            *open = false;
        }
    }

    /// `)` ends a subshell or a pattern of `case`.
    fn close_paren(&mut self) {
        self.at += 1;
        if let Some(Block::Case { arm, open: open @ false }) = self.blocks.last_mut() {
            arm.patterns = std::mem::take(&mut self.words).into_iter().map(|word| word.text).collect();
            *open = true;
        } else if self.parens > 0 {
            self.parens -= 1;
            self.finish();
        } else {
            self.words.clear();
        }
    }

    fn line_end(&self) -> usize {
        memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end)
    }

    fn redirection(&mut self) {
        while matches!(self.peek(0), b'&') {
            self.at += 1;
        }
        let start = self.at;
        while matches!(self.peek(0), b'<' | b'>' | b'|') {
            self.at += 1;
        }
        let operator = &self.text[start..self.at];
        if operator == "<<" {
            self.heredoc = true;
            if self.peek(0) == b'-' {
                self.at += 1;
            }
        }
        // `>&1`, `>&-`: the target is a part of the operator.
        if self.peek(0) == b'&' {
            self.at += 1;
        }
        self.redirect = true;
    }

    /// Puts a word into the command that is being read, or where else it belongs.
    fn take(&mut self, word: Word) {
        if self.redirect {
            self.redirect = false;
            if std::mem::take(&mut self.heredoc) {
                self.pending.push(word.text);
            }
            return;
        }
        let descriptor = word.bare && word.text.bytes().all(|byte| byte.is_ascii_digit());
        if descriptor && matches!(self.peek(0), b'<' | b'>') {
            return;
        }
        if word.bare && self.reserved(&word.text) {
            return;
        }
        self.function = None;
        self.words.push(word);
    }

    /// Whether a word without quotes is no word of a command but opens or closes a block.
    fn reserved(&mut self, text: &str) -> bool {
        match self.words.first().map(|word| word.text.as_str()) {
            Some("case") if text == "in" && self.words.len() == 2 => {
                let subject = self.words.pop().map(|word| word.text).unwrap_or_default();
                self.words.clear();
                let arm = Arm { case: self.cases, subject, patterns: Vec::new(), earlier: Vec::new() };
                self.cases += 1;
                self.blocks.push(Block::Case { arm, open: false });
                return true;
            }
            Some("function") if self.words.len() == 1 => {
                self.words.clear();
                self.function = Some(text.trim_end_matches("()").to_owned());
                return true;
            }
            Some(_) => return false,
            None => {}
        }
        match text {
            "if" | "while" | "until" => self.blocks.push(Block::Branch),
            "then" | "else" | "elif" | "do" | "!" => {}
            "{" => {
                let name = self.function.take();
                self.blocks.push(Block::Brace(name));
            }
            "fi" | "done" => self.close(|block| matches!(block, Block::Branch)),
            "esac" => self.close(|block| matches!(block, Block::Case { .. })),
            "}" => self.close(|block| matches!(block, Block::Brace(_))),
            "for" | "select" => {
                self.blocks.push(Block::Branch);
                return false;
            }
            _ => match text.strip_suffix("()").filter(|name| !name.is_empty() && !name.contains(['(', ':'])) {
                Some(name) => self.function = Some(name.to_owned()),
                None => return false,
            },
        }
        true
    }

    /// Closes the innermost block of a kind and whatever was left open in it.
    fn close(&mut self, kind: fn(&Block) -> bool) {
        if let Some(at) = self.blocks.iter().rposition(kind) {
            self.blocks.truncate(at);
        }
    }

    fn finish(&mut self) {
        self.redirect = false;
        self.heredoc = false;
        let words = std::mem::take(&mut self.words);
        let header = words.first().is_some_and(|word| word.bare && matches!(&*word.text, "for" | "select"));
        if words.is_empty() || header || self.in_pattern() {
            return;
        }
        let branch = self.blocks.iter().any(|block| matches!(block, Block::Branch));
        let arm = |block: &Block| match block {
            Block::Case { arm, .. } => Some(arm.clone()),
            _ => None,
        };
        let arms = self.blocks.iter().filter_map(arm).collect();
        let function = self.blocks.iter().find_map(|block| match block {
            Block::Brace(name) => name.clone(),
            _ => None,
        });
        self.done.push(Command { words, branch, arms, function });
    }

    fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.pending) {
            while self.at < self.bytes.len() {
                let line_end = self.line_end();
                let line = &self.text[self.at..line_end];
                self.at = (line_end + 1).min(self.bytes.len());
                if line.trim_matches(['\t', '\r', ' ']) == end {
                    break;
                }
            }
        }
    }

    /// Reads one word; `shell` says whether operators end it.
    fn word(&mut self, shell: bool) -> Word {
        let start = self.at;
        let mut word = Word { text: String::new(), span: Span::at(start), expands: false, bare: true };
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b' ' | b'\t' | b'\n' | b'\r' => break,
                b';' | b'&' | b'|' | b'<' | b'>' | b')' if shell => break,
                b'\'' => self.single_quoted(&mut word),
                b'"' => self.double_quoted(&mut word),
                b'\\' => self.escaped(&mut word),
                b'`' if shell => self.raw_until(b"`", &mut word),
                b'$' => self.dollar(&mut word),
                b'{' if self.peek(1) == b'{' && self.text[self.at..self.line_end()].contains("}}") => {
                    self.raw_until(b"}}", &mut word);
                }
                // `module:factory()` unquoted; a subshell never starts inside a word.
                b'(' => self.balanced(b'(', b')', &mut word),
                _ => self.copy(&mut word),
            }
        }
        word.span = Span::new(start, self.at);
        word
    }

    /// Copies one character.
    fn copy(&mut self, word: &mut Word) {
        if let Some(c) = self.text[self.at..].chars().next() {
            word.text.push(c);
            self.at += c.len_utf8();
        }
    }

    fn single_quoted(&mut self, word: &mut Word) {
        word.bare = false;
        let body = self.at + 1;
        let end = memchr::memchr(b'\'', &self.bytes[body..]).map_or(self.bytes.len(), |end| body + end);
        word.text.push_str(&self.text[body..end]);
        self.at = (end + 1).min(self.bytes.len());
    }

    fn double_quoted(&mut self, word: &mut Word) {
        word.bare = false;
        self.at += 1;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'"', _) => {
                    self.at += 1;
                    return;
                }
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'"' | b'\\' | b'$' | b'`') => {
                    self.at += 1;
                    self.copy(word);
                }
                (b'$', _) => self.dollar(word),
                _ => self.copy(word),
            }
        }
    }

    fn escaped(&mut self, word: &mut Word) {
        word.bare = false;
        match (self.peek(1), self.peek(2)) {
            (b'\n', _) => self.at += 2,
            (b'\r', b'\n') => self.at += 3,
            _ => {
                self.at += 1;
                self.copy(word);
            }
        }
    }

    fn dollar(&mut self, word: &mut Word) {
        word.expands = true;
        self.copy(word);
        match self.peek(0) {
            b'{' => self.balanced(b'{', b'}', word),
            b'(' => self.balanced(b'(', b')', word),
            _ => {}
        }
    }

    /// Copies a bracketed part as it stands, nested brackets included.
    fn balanced(&mut self, open: u8, close: u8, word: &mut Word) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            self.copy(word);
            if byte == open {
                depth += 1;
            } else if byte == close {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// Copies up to and with `end` as it stands.
    fn raw_until(&mut self, end: &[u8], word: &mut Word) {
        word.bare = false;
        word.expands = true;
        let body = self.at + end.len();
        let stop = self.bytes.get(body..).and_then(|rest| memchr::memmem::find(rest, end));
        let stop = stop.map_or(self.bytes.len(), |at| body + at + end.len());
        word.text.push_str(&self.text[self.at..stop]);
        self.at = stop;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        commands(text).into_iter().map(|c| c.words.into_iter().map(|w| w.text).collect()).collect()
    }

    #[test]
    fn lists_pipes_and_background_are_commands_of_their_own() {
        assert_eq!(
            read("flask db upgrade; a && b || c | d & exec e"),
            [vec!["flask", "db", "upgrade"], vec!["a"], vec!["b"], vec!["c"], vec!["d"], vec!["exec", "e"]]
        );
    }

    #[test]
    fn quotes_escapes_and_continuations() {
        assert_eq!(
            read("gunicorn 'a:f(\"x\")' \"b c\" a:f\\(\\) d:f() \\\n  -w 2 # four"),
            [vec!["gunicorn", "a:f(\"x\")", "b c", "a:f()", "d:f()", "-w", "2"]]
        );
    }

    #[test]
    fn redirections_and_here_documents_are_no_words() {
        assert_eq!(
            read("cat <<EOF > x\nflask run\nEOF\ngunicorn a 2>&1 >>log &>all"),
            [vec!["cat"], vec!["gunicorn", "a"]]
        );
    }

    #[test]
    fn branches_are_marked_and_reserved_words_taken_off() {
        let all =
            commands("if [ \"$X\" = dev ]; then\n flask run\nelse gunicorn a\nfi\nfor x in a b; do c; done\nlast if");
        let seen: Vec<_> = all.iter().map(|c| (c.words[0].text.as_str(), c.branch)).collect();
        assert_eq!(seen, [("[", true), ("flask", true), ("gunicorn", true), ("c", true), ("last", false)]);
    }

    #[test]
    fn arms_of_case_and_bodies_of_functions_are_told() {
        let text = "web() {\n  a\n}\nfunction old { b; }\nother ()\n{ c\n}\ncase \"$1\" in\n  x|y) d ;;\n  (*)\n    e\n    ;;\nesac\nf";
        let all = commands(text);
        let functions: Vec<_> = all.iter().map(|c| (c.words[0].text.as_str(), c.function.as_deref())).collect();
        assert_eq!(
            functions,
            [("a", Some("web")), ("b", Some("old")), ("c", Some("other")), ("d", None), ("e", None), ("f", None)]
        );
        assert_eq!((all[3].arms[0].subject.as_str(), &all[3].arms[0].patterns), ("$1", &vec!["x".into(), "y".into()]));
        assert_eq!((&all[4].arms[0].patterns, all[4].arms[0].earlier.len()), (&vec!["*".to_owned()], 2));
        assert!(all[5].arms.is_empty());
    }

    #[test]
    fn expansions_stay_as_written_and_places_hold() {
        let text = "run ${A:-b c} \"$(pwd)/x\" $PORT";
        let all = commands(text);
        let words = &all[0].words;
        assert_eq!(words[1].text, "${A:-b c}");
        assert_eq!(words[2].text, "$(pwd)/x");
        assert!(words[3].expands && !words[0].expands);
        assert_eq!(words[2].span.of(text), "\"$(pwd)/x\"");
    }

    #[test]
    fn hostile_text_ends() {
        for text in [
            "'",
            "\"",
            "$(",
            "${",
            "(((",
            ")))",
            "<<",
            "a <<E\nb",
            "\\",
            "`",
            "{{",
            "&>",
            "é$é",
            "case x in",
            "case x in a",
            "f() {",
            "}",
            "esac",
            ";;",
            "function",
        ] {
            commands(text);
            words(text);
        }
        commands(&"$(".repeat(100_000));
        commands(&"(".repeat(100_000));
    }
}
