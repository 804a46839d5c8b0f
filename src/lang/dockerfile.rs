//! Dockerfiles as instructions with places: continuations, comments between them, here-documents,
//! the escape directive, exec form and `ENV` pairs. Knows nothing of what the image runs.

use crate::lang::shell::{self, Word};
use crate::text::Span;

/// One instruction, continuation lines included.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// In upper case (`ENV`).
    pub keyword: String,
    /// From the keyword to the end of the last continued line.
    pub span: Span,
    /// Where the arguments stand.
    pub args: Span,
    /// The arguments, continuations and comment lines between them blanked: byte for byte as long
    /// as `args`, so places in it are places in the file less `args.start`.
    pub text: String,
}

/// One string of an exec form or one word, with its place (quotes included).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub text: String,
    pub span: Span,
}

/// `NAME=value` of `ENV` and `ARG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: String,
    pub value_span: Span,
    /// The pair, with the blank or the continuation that separates it from the next one; the whole
    /// line where it is the only pair.
    pub item_span: Span,
    /// Whether the value refers to other variables.
    pub expands: bool,
}

/// The instructions of a Dockerfile.
pub fn instructions(text: &str) -> Vec<Instruction> {
    let escape = escape_character(text);
    let lines = Lines::new(text);
    let mut found = Vec::new();
    let mut number = 0;
    while let Some(line) = lines.get(number) {
        let content = line.of(text).trim();
        if content.is_empty() || content.starts_with('#') {
            number += 1;
            continue;
        }
        let (instruction, next) = read(text, &lines, number, escape);
        number = next + skip_heredocs(text, &lines, next, &instruction);
        found.push(instruction);
    }
    found
}

impl Instruction {
    /// The flags in front (`--from=x`, without dashes) and where the rest starts in `text`.
    pub fn flags(&self) -> (Vec<&str>, usize) {
        let mut flags = Vec::new();
        let mut at = 0;
        loop {
            let rest = &self.text[at..];
            let start = at + (rest.len() - rest.trim_start().len());
            let Some(flag) = self.text[start..].strip_prefix("--") else {
                return (flags, start);
            };
            let end = flag.find([' ', '\t']).unwrap_or(flag.len());
            flags.push(&flag[..end]);
            at = start + 2 + end;
        }
    }

    /// The strings of the exec form; `None` for the shell form, which a broken array is too.
    pub fn exec_form(&self) -> Option<Vec<Item>> {
        let (_, start) = self.flags();
        json_strings(&self.text, start, self.args.start)
    }

    /// The words of the arguments, flags taken off.
    pub fn words(&self) -> Vec<Item> {
        let (_, start) = self.flags();
        let at = self.args.start + start;
        shell::words(&self.text[start..])
            .into_iter()
            .map(|word| Item { text: word.text, span: Span::new(at + word.span.start, at + word.span.end) })
            .collect()
    }

    /// The variables of an `ENV` (both forms) or an `ARG` (those with a default).
    pub fn pairs(&self) -> Vec<Pair> {
        let words = shell::words(&self.text);
        let first_has_value = words.first().is_some_and(|word| word.text.contains('='));
        if self.keyword == "ENV" && !first_has_value {
            return self.old_form(&words).into_iter().collect();
        }
        let mut pairs = Vec::new();
        for (index, word) in words.iter().enumerate() {
            let Some((name, value, span)) = word.assignment(&self.text) else { continue };
            let item = match (words.len(), index) {
                (1, _) => self.span,
                (_, 0) => self.place(Span::new(word.span.start, words[1].span.start)),
                _ => self.place(Span::new(words[index - 1].span.end, word.span.end)),
            };
            pairs.push(Pair { name, value, value_span: self.place(span), item_span: item, expands: word.expands });
        }
        pairs
    }

    /// `ENV NAME the rest of the line`.
    fn old_form(&self, words: &[Word]) -> Option<Pair> {
        let (name, second) = (words.first()?, words.get(1)?);
        let rest = Span::new(second.span.start, self.text.trim_end().len());
        let raw = rest.of(&self.text);
        let quoted = raw.len() > 1 && words.len() == 2 && (raw.starts_with('"') || raw.starts_with('\''));
        let inner = if quoted { Span::new(rest.start + 1, rest.end - 1) } else { rest };
        let value = if words.len() == 2 { second.text.clone() } else { raw.to_owned() };
        let expands = words[1..].iter().any(|word| word.expands);
        let value_span = self.place(inner);
        Some(Pair { name: name.text.clone(), value, value_span, item_span: self.span, expands })
    }

    fn place(&self, span: Span) -> Span {
        Span::new(self.args.start + span.start, self.args.start + span.end)
    }
}

/// The strings of a JSON array that starts at `start` and fills the rest of `text`.
pub fn json_strings(text: &str, start: usize, base: usize) -> Option<Vec<Item>> {
    let bytes = text.as_bytes();
    let body = text[start..].trim_end();
    if !body.starts_with('[') || !body.ends_with(']') || body.len() < 2 {
        return None;
    }
    let end = start + body.len() - 1;
    let mut at = start + 1;
    let mut items = Vec::new();
    let mut after_comma = true;
    while at < end {
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            b',' if !after_comma => {
                after_comma = true;
                at += 1;
            }
            b'"' if after_comma => {
                let close = string_end(bytes, at, end)?;
                let text = serde_json::from_str::<String>(&text[at..close]).ok()?;
                items.push(Item { text, span: Span::new(base + at, base + close) });
                after_comma = false;
                at = close;
            }
            _ => return None,
        }
    }
    (!after_comma || items.is_empty()).then_some(items)
}

/// The offset behind the closing quote of the string that opens at `open`.
fn string_end(bytes: &[u8], open: usize, end: usize) -> Option<usize> {
    let mut at = open + 1;
    while at < end {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// The lines of a text without their ends.
struct Lines(Vec<Span>);

impl Lines {
    fn new(text: &str) -> Self {
        let mut spans = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let end = start + line.trim_end_matches(['\n', '\r']).len();
            spans.push(Span::new(start, end));
            start += line.len();
        }
        Self(spans)
    }

    fn get(&self, number: usize) -> Option<Span> {
        self.0.get(number).copied()
    }
}

/// The escape character that the parser directives at the top choose.
fn escape_character(text: &str) -> u8 {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let Some(directive) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = directive.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return b'`';
        }
    }
    b'\\'
}

/// Reads the instruction that starts on line `first`; also gives the number of the next line.
fn read(text: &str, lines: &Lines, first: usize, escape: u8) -> (Instruction, usize) {
    let line = lines.0[first];
    let lead = line.of(text).len() - line.of(text).trim_start_matches([' ', '\t', '\u{feff}']).len();
    let start = line.start + lead;
    let word = text[start..line.end].find([' ', '\t']).unwrap_or(line.end - start);
    let keyword = text[start..start + word].to_ascii_uppercase();
    let args_start = start + word;
    let mut blanked = Vec::new();
    let mut at = args_start;
    let mut end = line.end;
    let mut number = first;
    loop {
        let current = lines.0[number];
        let content = &text[at..current.end];
        let inner = number > first && (content.trim().is_empty() || content.trim_start().starts_with('#'));
        let trimmed = content.trim_end();
        let continues = inner || trimmed.as_bytes().last() == Some(&escape);
        if inner {
            blanked.resize(blanked.len() + content.len(), b' ');
        } else {
            let kept = if continues { trimmed.len() - 1 } else { content.len() };
            blanked.extend_from_slice(&content.as_bytes()[..kept]);
            blanked.resize(blanked.len() + content.len() - kept, b' ');
            end = current.end;
        }
        number += 1;
        match lines.get(number) {
            Some(next) if continues => {
                blanked.resize(blanked.len() + next.start - current.end, b' ');
                at = next.start;
            }
            _ => break,
        }
    }
    blanked.truncate(end - args_start);
    let text = String::from_utf8_lossy(&blanked).into_owned();
    let instruction = Instruction { keyword, span: Span::new(start, end), args: Span::new(args_start, end), text };
    (instruction, number)
}

/// How many lines the here-documents of an instruction take, from line `next` on.
fn skip_heredocs(text: &str, lines: &Lines, next: usize, instruction: &Instruction) -> usize {
    if !matches!(instruction.keyword.as_str(), "RUN" | "COPY" | "ADD") {
        return 0;
    }
    let mut number = next;
    for end in heredoc_ends(&instruction.text) {
        let mut probe = number;
        while let Some(line) = lines.get(probe) {
            probe += 1;
            if line.of(text).trim_start_matches('\t') == end {
                number = probe;
                break;
            }
        }
    }
    number - next
}

/// The end words of the here-documents a text opens.
fn heredoc_ends(text: &str) -> Vec<String> {
    let mut ends = Vec::new();
    for (at, _) in text.match_indices("<<") {
        if text[..at].ends_with('<') || text[at + 2..].starts_with('<') {
            continue;
        }
        let rest = text[at + 2..].trim_start_matches('-').trim_start_matches(['"', '\'']);
        let end: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if end.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_') {
            ends.push(end);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_and_comments_between_them_keep_places() {
        let text = "from x\nENV A=1 \\\n  # note\n  B=\"two words\" \\\n\n  C=${D:-3}\nCMD [\"a\"]\n";
        let all = instructions(text);
        assert_eq!(all.iter().map(|i| i.keyword.as_str()).collect::<Vec<_>>(), ["FROM", "ENV", "CMD"]);
        let pairs = all[1].pairs();
        let seen: Vec<_> = pairs.iter().map(|p| (p.name.as_str(), p.value.as_str(), p.value_span.of(text))).collect();
        assert_eq!(seen, [("A", "1", "1"), ("B", "two words", "two words"), ("C", "${D:-3}", "${D:-3}")]);
        assert!(pairs[2].expands);
    }

    #[test]
    fn removing_a_pair_leaves_the_others() {
        let text = "ENV A=1 \\\n    B=2 \\\n    C=3\nCMD x\n";
        let pairs = instructions(text)[0].pairs();
        let without = |pair: &Pair| format!("{}{}", &text[..pair.item_span.start], &text[pair.item_span.end..]);
        for (gone, left) in [(0, ["B", "C"]), (1, ["A", "C"]), (2, ["A", "B"])] {
            let after = without(&pairs[gone]);
            let all = instructions(&after);
            assert_eq!(all.len(), 2, "{after}");
            assert_eq!(all[0].pairs().iter().map(|p| p.name.clone()).collect::<Vec<_>>(), left);
        }
    }

    #[test]
    fn the_old_env_form_takes_the_rest_of_the_line() {
        let text = "ENV FLASK_APP microblog.py\nENV KEY some words = more";
        let all = instructions(text);
        assert_eq!(all[0].pairs()[0].value, "microblog.py");
        assert_eq!(all[1].pairs()[0].value_span.of(text), "some words = more");
    }

    #[test]
    fn here_documents_are_no_instructions() {
        let text = "RUN <<EOF\nENV A=1\nEOF\nCOPY <<-\"X\" /a\n\tCMD no\n\tX\nRUN cat <<< EOF\nCMD yes";
        let all = instructions(text);
        assert_eq!(all.iter().map(|i| i.keyword.as_str()).collect::<Vec<_>>(), ["RUN", "COPY", "RUN", "CMD"]);
    }

    #[test]
    fn exec_form_has_places_and_broken_arrays_are_shell_form() {
        let text = "CMD [ \"python\", \"app.py\" ]\nCMD ['python', 'x']\nCMD [\"a\",]";
        let all = instructions(text);
        let items = all[0].exec_form().unwrap();
        assert_eq!(items[1].span.of(text), "\"app.py\"");
        assert!(all[1].exec_form().is_none() && all[2].exec_form().is_none());
    }

    #[test]
    fn odd_files_do_not_panic() {
        for text in
            ["", "\u{feff}FROM x", "ENV", "ENV A", "CMD [", "RUN <<", "FROM a \\", "# escape=`\nRUN a `\n b\n\\"]
        {
            for instruction in instructions(text) {
                instruction.pairs();
                instruction.exec_form();
                instruction.words();
            }
        }
    }
}
