//! Our own source files, taken apart just enough: code without comments and strings, and the
//! strings of the code that ships.

use std::path::{Path, PathBuf};

/// Every file of `src/` that ships, with its path below it, sorted.
pub(crate) fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The part of a file in front of its unit tests.
pub(crate) fn shipped(text: &str) -> &str {
    text.find("\n#[cfg(test)]").map_or(text, |at| &text[..at])
}

/// A source text taken apart.
pub(crate) struct Lexed {
    /// Code with each string replaced by a space; no comments, no character literals.
    pub(crate) code: String,
    /// What the strings hold, escapes of line ends resolved.
    pub(crate) strings: Vec<String>,
    /// What the doc comments hold, one for each run of lines (clap makes help of them).
    pub(crate) docs: Vec<String>,
}

pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexed = Lexed { code: String::with_capacity(text.len()), strings: Vec::new(), docs: Vec::new() };
    let mut rest = text;
    let mut doc = String::new();
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            if let Some(line) = rest[..end].strip_prefix("///") {
                doc.push_str(line.trim());
                doc.push(' ');
            }
            rest = &rest[end..];
            continue;
        }
        if !c.is_whitespace() && !doc.is_empty() {
            lexed.docs.push(std::mem::take(&mut doc));
        }
        rest = match c {
            '"' => string(&mut lexed, rest),
            '\'' => character(rest),
            _ => {
                lexed.code.push(c);
                &rest[c.len_utf8()..]
            }
        };
    }
    lexed
}

/// Takes a string off the front and gives the rest.
fn string<'a>(lexed: &mut Lexed, rest: &'a str) -> &'a str {
    let hashes = lexed.code.bytes().rev().take_while(|byte| *byte == b'#').count();
    let raw = lexed.code[..lexed.code.len() - hashes].ends_with('r');
    let body = &rest[1..];
    let close = if raw { format!("\"{}", "#".repeat(hashes)) } else { "\"".to_owned() };
    let mut value = String::new();
    let mut at = 0;
    while at < body.len() && !body[at..].starts_with(&close) {
        let c = body[at..].chars().next().unwrap();
        at += c.len_utf8();
        if c == '\\' && !raw {
            let escaped = body[at..].chars().next().unwrap();
            at += escaped.len_utf8();
            match escaped {
                'n' => value.push('\n'),
                '\n' => at += body[at..].len() - body[at..].trim_start().len(),
                other => value.push(other),
            }
        } else {
            value.push(c);
        }
    }
    lexed.strings.push(value);
    lexed.code.push(' ');
    body.get(at + close.len()..).unwrap_or("")
}

/// Takes a character literal off the front, or the quote of a lifetime.
fn character(rest: &str) -> &str {
    let mut inside = rest[1..].chars();
    match (inside.next(), inside.next()) {
        (Some('\\'), Some(_)) => {
            let end = rest[3..].find('\'').map_or(rest.len(), |at| at + 4);
            &rest[end..]
        }
        (Some(c), Some('\'')) => &rest[2 + c.len_utf8()..],
        _ => &rest[1..],
    }
}

#[test]
fn code_and_strings_come_apart() {
    let lexed = lex(
        "let a = \"one // \\\" \\\n   two\"; // \"no\"\nlet b: &'a str = r#\"x \" y\"#; let c = ['\"', '\\'', '\\u{1}'];\n",
    );
    assert_eq!(lexed.strings, ["one // \" two", "x \" y"]);
    assert!(!lexed.code.contains("no"));
    assert!(lexed.code.contains("let c"));
}
