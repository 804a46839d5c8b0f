//! `INSERT INTO users (…) VALUES ('admin', 'password')`: a first administrator that a dump or a
//! start script makes. Rows of others are data of a demonstration.

use std::sync::LazyLock;

use regex::Regex;

use super::assigned::{Given, Stage};
use super::{Format, Head, How, names, values};
use crate::text::{SourceFile, Span};

/// Rows of one statement that are looked at.
const ROWS: usize = 50;
/// Bytes of one statement that are looked at.
const LONGEST: usize = 20_000;

static INSERT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\binsert\s+(?:or\s+\w+\s+|ignore\s+)?into\s+[`"\[\\]{0,2}(?:\w+[`"\]]?\.[`"\[]?)?(\w+)[`"\]\\]{0,2}\s*(?:\(([^()]{1,1000})\)\s*)?values\s*\("#)
        .ok()
});

/// The password of the administrator that a file's statements make.
pub(super) fn accounts(source: &SourceFile, format: Format, stage: Stage) -> Vec<Given> {
    let text = &source.text;
    let Some(pattern) = INSERT.as_ref() else { return Vec::new() };
    if memchr::memmem::find(text.as_bytes(), b"into").is_none()
        && memchr::memmem::find(text.as_bytes(), b"INTO").is_none()
    {
        return Vec::new();
    }
    let mut found: Vec<Given> = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(whole), Some(table)) = (captures.get(0), captures.get(1)) else { continue };
        if !holds_accounts(table.as_str()) {
            continue;
        }
        let columns = captures.get(2).map(|list| columns(list.as_str()));
        let mut at = whole.end() - 1;
        let end = text.len().min(at + LONGEST);
        for _ in 0..ROWS {
            let Some((row, next)) = row(text, at, end) else { break };
            let value = match &columns {
                Some(columns) => by_column(text, &row, columns),
                None => by_order(text, &row),
            };
            if let Some(span) = value {
                found.push(Given {
                    sure: Some(Head::Password),
                    how: How::Account,
                    configures: true,
                    stage,
                    ..Given::new("password", table.as_str().to_owned(), span.of(text), span, format)
                });
                break;
            }
            at = next;
        }
    }
    found
}

fn holds_accounts(table: &str) -> bool {
    let account = [
        "user",
        "users",
        "admin",
        "admins",
        "account",
        "accounts",
        "employee",
        "employees",
        "login",
        "member",
        "members",
        "staff",
    ];
    names::words(table).iter().any(|word| account.contains(&word.as_str()))
}

fn columns(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()).collect()
}

/// The values of one row, and where the next one may begin. `at` is before its parenthesis.
fn row(text: &str, at: usize, end: usize) -> Option<(Vec<Span>, usize)> {
    let bytes = text.as_bytes().get(..end)?;
    let open = at + bytes.get(at..)?.iter().position(|b| !b.is_ascii_whitespace() && *b != b',')?;
    if bytes.get(open) != Some(&b'(') {
        return None;
    }
    let (mut values, mut start, mut quote, mut depth) = (Vec::new(), open + 1, None, 0_usize);
    for (offset, byte) in bytes[open + 1..].iter().enumerate() {
        let here = open + 1 + offset;
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(*byte),
            (None, b'(') => depth += 1,
            (None, b')') if depth > 0 => depth -= 1,
            (None, b',') if depth == 0 => {
                values.push(Span::new(start, here));
                start = here + 1;
            }
            (None, b')') => {
                values.push(Span::new(start, here));
                return Some((values, here + 1));
            }
            _ => {}
        }
    }
    None
}

/// The text of a quoted value.
fn quoted(text: &str, value: Span) -> Option<Span> {
    let part = text.get(value.start..value.end)?;
    let inner = part.trim().strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
    let start = value.start + part.find(inner).filter(|_| !inner.is_empty())?;
    (!inner.contains(['\'', '"'])).then(|| Span::new(start, start + inner.len()))
}

fn is_admin(text: &str) -> bool {
    names::says_admin(text)
}

fn by_column(text: &str, row: &[Span], columns: &[String]) -> Option<Span> {
    let at = columns.iter().position(|name| names::head(name) == Some(Head::Password) || name == "pass")?;
    let admin = row
        .iter()
        .enumerate()
        .any(|(column, value)| column != at && quoted(text, *value).is_some_and(|value| is_admin(value.of(text))));
    let value = quoted(text, *row.get(at)?)?;
    (admin && counts(value.of(text))).then_some(value)
}

fn by_order(text: &str, row: &[Span]) -> Option<Span> {
    let values: Vec<Span> = row.iter().filter_map(|value| quoted(text, *value)).collect();
    let admin = values.iter().position(|value| is_admin(value.of(text)))?;
    let next = values.iter().skip(admin + 1).find(|value| !value.of(text).contains('@'))?;
    let word = next.of(text);
    // `('admin', 'Administrator')` is a name and a title.
    if is_admin(word) && values.get(admin).is_none_or(|value| value.of(text) != word) {
        return None;
    }
    let password = word.bytes().any(|b| b.is_ascii_digit()) || values::is_well_known(word);
    (password && !word.contains(['@', ' ']) && counts(word)).then_some(*next)
}

/// A hash opens nothing by itself, unless everybody knows of what it is.
fn counts(value: &str) -> bool {
    !values::is_hash(value)
        && (!values::is_digest(value) || values::is_well_known_digest(value))
        && !values::is_template(value)
        && value != "?"
        && !value.contains(['{', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    fn found(text: &str) -> Vec<String> {
        let source = SourceFile::new(RepoPath::new("db/seed.sql").unwrap(), text.to_owned(), 0o644);
        accounts(&source, Format::Config, Stage::Any).into_iter().map(|given| given.value).collect()
    }

    #[test]
    fn administrators_of_dumps() {
        for (text, password) in [
            (
                "INSERT INTO users (id, username, password) VALUES (1, 'bob', 'x1'), (2, 'admin', 'bluehorse77');",
                "bluehorse77",
            ),
            ("insert or ignore into `user` (`name`, `password`)\nvalues ('admin', 'admin');", "admin"),
            ("INSERT INTO users VALUES (1, 'admin', 'admin123', 'a@shop.io');", "admin123"),
            ("INSERT INTO `admin` VALUES (1,'admin','a@shop.io','password');", "password"),
            (
                "INSERT INTO users (name, password) VALUES ('admin', '21232f297a57a5a743894a0e4a801fc3');",
                "21232f297a57a5a743894a0e4a801fc3",
            ),
        ] {
            assert_eq!(found(text), [password], "{text}");
        }
        for text in [
            "INSERT INTO users (username, password) VALUES ('bob', 'bluehorse77');",
            "INSERT INTO users (username, password) VALUES ('admin', '$2b$12$abcdefghijk');",
            "INSERT INTO users (username, password) VALUES ('admin', '0123456789abcdef0123456789abcde0');",
            "INSERT INTO users (username, password) VALUES (?, ?)",
            "INSERT INTO users (username, password) VALUES ('admin', '{}')",
            "INSERT INTO roles (name, password) VALUES ('admin', 'bluehorse77');",
            "INSERT INTO users VALUES (1, 'admin', 'Administrator');",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
