//! One line of a `.gitignore`: parsed and matched the way git does it (`dir.c`, `wildmatch.c`),
//! in time bounded by pattern times path, so that no pattern can hold the run up.

/// Longer patterns match nothing; no path is that long.
const MAX_PATTERN: usize = 4096;

/// A pattern of an ignore file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<Token>,
    /// `!pattern`: takes back what an earlier line ignored.
    pub negated: bool,
    /// `pattern/`: directories only.
    directory_only: bool,
    /// Compared with the last component alone, as the pattern names no directory.
    name_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    Any,
    /// `*`: within one component.
    Star,
    /// `**` between separators: any number of components.
    Deep,
    /// `**/`: nothing, or any number of components and a separator.
    DeepSlash,
    Class {
        negated: bool,
        ranges: Vec<(u8, u8)>,
    },
}

impl Pattern {
    /// Parses one line without its line end; `None` for comments, empty lines and patterns that
    /// cannot match anything.
    pub fn parse(line: &str) -> Option<Self> {
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let line = trim_trailing_spaces(line);
        let (negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (directory_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let name_only = !line.contains('/');
        let line = line.strip_prefix('/').unwrap_or(line);
        if line.is_empty() || line.len() > MAX_PATTERN {
            return None;
        }
        Some(Self { tokens: tokens(line.as_bytes())?, negated, directory_only, name_only })
    }

    /// Whether this line speaks of `path`, given relative to the directory of the ignore file.
    pub fn matches(&self, path: &str, is_dir: bool, ignore_case: bool) -> bool {
        if self.directory_only && !is_dir {
            return false;
        }
        let text = if self.name_only { path.rsplit('/').next().unwrap_or(path) } else { path };
        run(&self.tokens, text.as_bytes(), ignore_case)
    }
}

/// Spaces at the end do not count, but `\ ` does.
fn trim_trailing_spaces(line: &str) -> &str {
    let mut end = 0;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        if escaped || c != ' ' {
            end = at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    &line[..end]
}

/// `None` where the pattern is malformed, which in git means that it matches nothing.
fn tokens(pattern: &[u8]) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'\\' => {
                tokens.push(Token::Byte(*pattern.get(at + 1)?));
                at += 2;
            }
            b'?' => {
                tokens.push(Token::Any);
                at += 1;
            }
            b'*' => {
                let start = at;
                while pattern.get(at) == Some(&b'*') {
                    at += 1;
                }
                // Git compares a prefix without special characters by itself and cuts it off, so
                // the stars behind it stand at the start, too.
                let plain_before = !pattern[..start].iter().any(|byte| b"*?[\\".contains(byte));
                let opens = plain_before || pattern.get(start - 1) == Some(&b'/');
                let rest = &pattern[at..];
                let closes = rest.is_empty() || rest.starts_with(b"/") || rest.starts_with(b"\\/");
                if at - start < 2 || !(opens && closes) {
                    tokens.push(Token::Star);
                } else if rest.starts_with(b"/") {
                    tokens.push(Token::DeepSlash);
                    at += 1;
                } else {
                    tokens.push(Token::Deep);
                }
            }
            b'[' => {
                let (class, next) = class(pattern, at + 1)?;
                tokens.push(class);
                at = next;
            }
            _ => {
                tokens.push(Token::Byte(byte));
                at += 1;
            }
        }
    }
    Some(tokens)
}

/// Reads a bracket expression from just behind its `[`; gives the place behind its `]`.
fn class(pattern: &[u8], mut at: usize) -> Option<(Token, usize)> {
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    if negated {
        at += 1;
    }
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    let mut previous: Option<u8> = None;
    let first = at;
    loop {
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            return Some((Token::Class { negated, ranges }, at + 1));
        }
        if byte == b'[' && pattern.get(at + 1) == Some(&b':') {
            let length = pattern[at + 2..].iter().position(|byte| *byte == b']')?;
            match pattern[at + 2..at + 2 + length].strip_suffix(b":") {
                Some(name) => {
                    ranges.extend(named_class(name)?);
                    at += 2 + length + 1;
                    previous = None;
                }
                None => {
                    ranges.push((b'[', b'['));
                    previous = Some(b'[');
                    at += 1;
                }
            }
            continue;
        }
        let range_end = pattern.get(at + 1).copied().filter(|end| *end != b']');
        if let (b'-', Some(low), Some(_)) = (byte, previous, range_end) {
            let (high, next) = unescaped(pattern, at + 1)?;
            ranges.push((low, high));
            previous = None;
            at = next;
        } else {
            let (byte, next) = unescaped(pattern, at)?;
            ranges.push((byte, byte));
            previous = Some(byte);
            at = next;
        }
    }
}

fn unescaped(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

fn named_class(name: &[u8]) -> Option<Vec<(u8, u8)>> {
    Some(match name {
        b"alnum" => vec![(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')],
        b"alpha" => vec![(b'A', b'Z'), (b'a', b'z')],
        b"blank" => vec![(b' ', b' '), (b'\t', b'\t')],
        b"cntrl" => vec![(0, 0x1f), (0x7f, 0x7f)],
        b"digit" => vec![(b'0', b'9')],
        b"graph" => vec![(0x21, 0x7e)],
        b"lower" => vec![(b'a', b'z')],
        b"print" => vec![(0x20, 0x7e)],
        b"punct" => vec![(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)],
        b"space" => vec![(0x09, 0x0d), (b' ', b' ')],
        b"upper" => vec![(b'A', b'Z')],
        b"xdigit" => vec![(b'0', b'9'), (b'A', b'F'), (b'a', b'f')],
        _ => return None,
    })
}

/// Follows all ways to read the text at once: `live[i]` says that the tokens so far can match
/// the first `i` bytes.
fn run(tokens: &[Token], text: &[u8], ignore_case: bool) -> bool {
    let mut live = vec![false; text.len() + 1];
    live[0] = true;
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        match token {
            Token::Star | Token::Deep => {
                let mut open = false;
                for at in 0..=text.len() {
                    let crossed = at > 0 && text[at - 1] == b'/' && *token == Token::Star;
                    open = (open && !crossed) || live[at];
                    next[at] = open;
                }
            }
            Token::DeepSlash => {
                let mut open = false;
                for at in 0..=text.len() {
                    let behind_slash = at > 0 && text[at - 1] == b'/';
                    next[at] = live[at] || open && behind_slash;
                    open |= live[at];
                }
            }
            one => {
                for at in 0..text.len() {
                    next[at + 1] = live[at] && takes(one, text[at], ignore_case);
                }
            }
        }
        live = next;
    }
    live[text.len()]
}

fn takes(token: &Token, byte: u8, ignore_case: bool) -> bool {
    match token {
        Token::Byte(wanted) => *wanted == byte || ignore_case && wanted.eq_ignore_ascii_case(&byte),
        Token::Any => byte != b'/',
        Token::Class { negated, ranges } => {
            let within = |byte: u8| ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte));
            let inside =
                within(byte) || ignore_case && (within(byte.to_ascii_lowercase()) || within(byte.to_ascii_uppercase()));
            byte != b'/' && inside != *negated
        }
        Token::Star | Token::Deep | Token::DeepSlash => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Pattern::parse(pattern).is_some_and(|parsed| parsed.matches(path, false, false))
    }

    #[test]
    fn names_paths_and_stars() {
        for (pattern, path) in [
            (".env", "a/b/.env"),
            ("*.env", "a/prod.env"),
            ("/.env", ".env"),
            ("a/*.py", "a/x.py"),
            ("a/**", "a/b/c"),
            ("**/x", "x"),
            ("**/x", "a/b/x"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            (".env*", ".env.local"),
            ("a**b", "axxb"),
            ("a**/b", "ax/y/b"),
            ("[.]env", ".env"),
            ("[!a-c]x", "dx"),
            ("[[:digit:]]x", "7x"),
            ("\\#x", "#x"),
            ("\\!x", "!x"),
            ("x\\ ", "x "),
            ("x   ", "x"),
            ("[]-a]", "]"),
            ("[a-]", "-"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn what_they_do_not_match() {
        for (pattern, path) in [
            ("/.env", "a/.env"),
            ("a/.env", "b/a/.env"),
            ("a/*.py", "a/b/x.py"),
            ("a/**", "a"),
            ("*/x", "x"),
            ("a/**/b", "ab"),
            ("a**b", "a/b/b"),
            ("[a-c]x", "dx"),
            ("[ab", "a"),
            ("x\\", "x"),
            ("#x", "#x"),
            ("a?b", "a/b"),
            ("[^a]b", "/b"),
            (".env", ".ENV"),
            ("build/", "build"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
        let directory = Pattern::parse("build/").unwrap();
        assert!(directory.matches("x/build", true, false));
        assert!(Pattern::parse(".env").unwrap().matches(".ENV", false, true));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(500) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
        assert!(!matches(&"**/a/".repeat(300), &"a/".repeat(900)));
    }
}
