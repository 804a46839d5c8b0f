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
    /// Whether it stands inside `if`, `case` or a loop.
    pub branch: bool,
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

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    words: Vec<Word>,
    done: Vec<Command>,
    /// Open `if`, `case` and loops.
    branches: usize,
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
            branches: 0,
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
                b';' | b'&' | b'|' => {
                    self.finish();
                    self.at += 1;
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

    /// `)` ends a subshell or a pattern of `case`.
    fn close_paren(&mut self) {
        self.at += 1;
        if self.parens > 0 {
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
        if self.words.is_empty() && word.bare {
            match word.text.as_str() {
                "if" | "while" | "until" => {
                    self.branches += 1;
                    return;
                }
                "then" | "else" | "elif" | "do" | "!" | "{" => return,
                "fi" | "done" | "esac" => {
                    self.branches = self.branches.saturating_sub(1);
                    return;
                }
                "}" => return,
                "for" | "case" | "select" => self.branches += 1,
                _ => {}
            }
        }
        self.words.push(word);
    }

    fn finish(&mut self) {
        self.redirect = false;
        self.heredoc = false;
        let words = std::mem::take(&mut self.words);
        let header = words.first().is_some_and(|word| word.bare && matches!(&*word.text, "for" | "case" | "select"));
        if !words.is_empty() && !header {
            self.done.push(Command { words, branch: self.branches > 0 });
        }
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
            commands("if [ \"$X\" = dev ]; then\n flask run\nelse gunicorn a\nfi\ncase $1 in\n web) b ;;\nesac\nlast");
        let seen: Vec<_> = all.iter().map(|c| (c.words[0].text.as_str(), c.branch)).collect();
        assert_eq!(seen, [("[", true), ("flask", true), ("gunicorn", true), ("b", true), ("last", false)]);
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
        for text in ["'", "\"", "$(", "${", "(((", ")))", "<<", "a <<E\nb", "\\", "`", "{{", "&>", "é$é"] {
            commands(text);
            words(text);
        }
        commands(&"$(".repeat(100_000));
        commands(&"(".repeat(100_000));
    }
}
