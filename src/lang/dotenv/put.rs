//! The text of an env file with a key in it. Knows how env files are read, not where they lie;
//! writes nothing. A text is returned only after both readers, ours and
//! dotenvy, read the key back from it.
//!
//! Keys are written bare (`NAME=hex`): Compose's `env_file` takes neither quotes nor `export`.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{EnvDocument, EnvEntry, EnvReadError, Quote, disagreements, dotenvy_agrees};
use crate::secret::Secret;
use crate::text::{Span, TextEdit, edit};

/// Largest env file a key is put into, in bytes: beyond that it is no env file a person keeps.
const MAX_TEXT: usize = 128 * 1024;

/// Longest variable name.
const MAX_NAME: usize = 128;

/// Why no key was put into an env file. Holds no text of the file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvFileError {
    #[error("the variable name is not made of letters, digits and `_`, or starts with a digit")]
    Name,
    #[error("the key holds characters that not every reader of env files takes as they are")]
    Key,
    #[error("the env file is larger than {MAX_TEXT} bytes")]
    TooLarge,
    #[error("`{name}` stands on several lines ({}) and the last one is empty", joined(.lines))]
    Several { name: String, lines: Vec<usize> },
    /// What was composed would not be read back; `lines` are those that readers take
    /// differently or not at all.
    #[error("readers of env files would not agree on the file{}", unclear(.lines))]
    Unclear { lines: Vec<usize> },
}

fn joined(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

fn unclear(numbers: &[usize]) -> String {
    match numbers {
        [] => String::new(),
        [line] => format!(": quote or correct line {line}"),
        _ => format!(": quote or correct lines {}", joined(numbers)),
    }
}

/// The text of an env file with `name` set to `key`; `None` where the name already has a value,
/// which is never replaced. An empty binding is filled in place; otherwise a line is added at
/// the end, below `comment`. All other bytes stay, also a missing final line end.
///
/// # Errors
/// Where name or key are not of the plain kind, or the result would not be read back the same by
/// every reader.
pub fn render(
    existing: Option<&str>,
    name: &str,
    key: &Secret,
    comment: Option<&str>,
) -> Result<Option<Zeroizing<String>>, EnvFileError> {
    if !is_valid_name(name) {
        return Err(EnvFileError::Name);
    }
    if !is_plain_key(key) {
        return Err(EnvFileError::Key);
    }
    let before = existing.unwrap_or("");
    if before.len() > MAX_TEXT {
        return Err(EnvFileError::TooLarge);
    }
    let document = EnvDocument::parse(before)?;
    let present: Vec<&EnvEntry> = document.all(name).collect();
    let after = match present.last() {
        Some(last) if !is_unset(last) => return Ok(None),
        Some(last) => {
            if present.iter().any(|entry| !is_unset(entry)) {
                let lines = present.iter().map(|entry| entry.line).collect();
                return Err(EnvFileError::Several { name: name.to_owned(), lines });
            }
            filled(before, last, key)?
        }
        None => appended(before, name, key, comment),
    };
    if !reads_back(&after, name, key) || !others_kept(&document, &after, name) {
        return Err(EnvFileError::Unclear { lines: unclear_lines(before, &document) });
    }
    Ok(Some(after))
}

/// The value of a name in the text of an env file. `None` where it is missing, empty, or made of
/// references to other names.
pub fn read(text: &str, name: &str) -> Option<Arc<Secret>> {
    let document = EnvDocument::parse(text).ok()?;
    let entry = document.last(name)?;
    if entry.expands || is_unset(entry) {
        return None;
    }
    entry.value.clone()
}

/// Whether a text can be the name of a variable everywhere.
pub fn is_valid_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Every reader of env files agrees on these characters.
fn is_plain_key(key: &Secret) -> bool {
    !key.is_empty()
        && key.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b','))
}

fn is_unset(entry: &EnvEntry) -> bool {
    entry.value.as_ref().is_none_or(|value| value.is_empty())
}

/// The empty binding with the key in it, quotes around nothing taken away.
fn filled(text: &str, entry: &EnvEntry, key: &Secret) -> Result<Zeroizing<String>, EnvFileError> {
    let change = match entry.value_span {
        None => TextEdit::insert(key_end(text, entry), format!("={}", key.expose())),
        Some(span) if entry.quote == Quote::None => TextEdit::replace(span, key.expose()),
        Some(span) => TextEdit::replace(Span::new(span.start - 1, span.end + 1), key.expose()),
    };
    let changes = [change];
    let filled = edit::apply(text, &changes).map_err(|_| EnvFileError::Unclear { lines: vec![entry.line] });
    changes.into_iter().for_each(|change| drop(Zeroizing::new(change.text)));
    filled.map(Zeroizing::new)
}

/// Behind the key, its quote included.
pub(super) fn key_end(text: &str, entry: &EnvEntry) -> usize {
    let end = entry.key_span.end;
    if text.as_bytes().get(end) == Some(&b'\'') { end + 1 } else { end }
}

fn appended(text: &str, name: &str, key: &Secret, comment: Option<&str>) -> Zeroizing<String> {
    let newline = last_newline(text);
    let is_open = !text.is_empty() && text != "\u{feff}" && !text.ends_with(['\n', '\r']);
    let comment = comment.map(|comment| comment.replace(['\n', '\r'], " "));
    let room = text.len() + name.len() + key.expose().len() + comment.as_ref().map_or(0, String::len) + 16;
    let mut out = Zeroizing::new(String::with_capacity(room));
    out.push_str(text);
    if is_open {
        out.push_str(newline);
    }
    if let Some(comment) = comment {
        out.push_str("# ");
        out.push_str(&comment);
        out.push_str(newline);
    }
    out.push_str(name);
    out.push('=');
    out.push_str(key.expose());
    if !is_open {
        out.push_str(newline);
    }
    out
}

/// The line end in use where the new line will stand.
fn last_newline(text: &str) -> &'static str {
    match text.rfind('\n') {
        Some(at) if at > 0 && text.as_bytes()[at - 1] == b'\r' => "\r\n",
        _ => "\n",
    }
}

fn reads_back(text: &str, name: &str, key: &Secret) -> bool {
    read(text, name).is_some_and(|value| *value == *key) && dotenvy_agrees(text, name, key)
}

/// Whether every other binding is what it was.
fn others_kept(before: &EnvDocument, after: &str, name: &str) -> bool {
    let Ok(after) = EnvDocument::parse(after) else { return false };
    let others = |document: &EnvDocument| {
        let entries = document.entries.iter().filter(|entry| entry.key != name);
        entries.map(|entry| (entry.key.clone(), entry.value.clone())).collect::<Vec<_>>()
    };
    let (mine, theirs) = (others(before), others(&after));
    before.unparsed.len() == after.unparsed.len()
        && mine.len() == theirs.len()
        && mine.iter().zip(&theirs).all(|((key, value), (other, found))| key == other && value == found)
}

fn unclear_lines(text: &str, document: &EnvDocument) -> Vec<usize> {
    let mut lines = document.unparsed.clone();
    lines.extend(disagreements(text).unwrap_or_default());
    lines.sort_unstable();
    lines.dedup();
    lines
}

impl From<EnvReadError> for EnvFileError {
    fn from(_: EnvReadError) -> Self {
        EnvFileError::TooLarge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00ff00ff00ff00ff";

    fn put(existing: Option<&str>) -> Result<Option<String>, EnvFileError> {
        render(existing, "SECRET_KEY", &Secret::from(KEY), None).map(|text| text.map(|text| text.to_string()))
    }

    fn line() -> String {
        format!("SECRET_KEY={KEY}")
    }

    #[test]
    fn a_new_file_and_an_empty_one() {
        assert_eq!(put(None).unwrap().unwrap(), format!("{}\n", line()));
        assert_eq!(put(Some("")).unwrap().unwrap(), format!("{}\n", line()));
        let with = render(None, "A", &Secret::from(KEY), Some("made by\nflask-harden")).unwrap().unwrap();
        assert_eq!(*with, format!("# made by flask-harden\nA={KEY}\n"));
    }

    #[test]
    fn other_bytes_stay() {
        for text in [
            "A=1\r\n# note\r\n\r\nexport B='x y'  # c\r\n",
            "A=1",
            "\u{feff}A=1\n",
            "A=\"one\r\ntwo\"\r\n",
            "  A = 1\n\n\n",
            "A=pa$word\nB={\"k\": 1}\n",
        ] {
            let after = put(Some(text)).unwrap().unwrap();
            assert!(after.starts_with(text), "{text:?}");
            assert_eq!(after.ends_with('\n'), text.ends_with('\n'), "{text:?}");
            assert_eq!(after.matches("\r\n").count() > 0, text.contains("\r\n"), "{text:?}");
            assert_eq!(put(Some(&after)).unwrap(), None, "{text:?}");
        }
    }

    #[test]
    fn a_value_is_never_replaced() {
        for text in ["SECRET_KEY=dev", "export SECRET_KEY='x'", "SECRET_KEY=${OTHER}\n", "SECRET_KEY=\nSECRET_KEY=x"] {
            assert_eq!(put(Some(text)).unwrap(), None, "{text:?}");
        }
    }

    #[test]
    fn an_empty_binding_is_filled_in_place() {
        for (text, wanted) in [
            ("A=1\nSECRET_KEY=\nB=2\n", "A=1\nSECRET_KEY=@\nB=2\n"),
            ("SECRET_KEY=\"\"\r\nB=2", "SECRET_KEY=@\r\nB=2"),
            ("SECRET_KEY='' # fill me\n", "SECRET_KEY=@ # fill me\n"),
            ("SECRET_KEY= # fill me\n", "SECRET_KEY=@ # fill me\n"),
            ("SECRET_KEY", "SECRET_KEY=@"),
            ("export SECRET_KEY =   \nB=1", "export SECRET_KEY =@   \nB=1"),
        ] {
            assert_eq!(put(Some(text)).unwrap().unwrap(), wanted.replace('@', KEY), "{text:?}");
        }
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        assert_eq!(put(Some("OK=1\nA=it's\n")), Err(EnvFileError::Unclear { lines: vec![2] }));
        assert_eq!(put(Some("A=\"open\nB=1\n")), Err(EnvFileError::Unclear { lines: vec![1] }));
        assert_eq!(
            put(Some("SECRET_KEY=x\nSECRET_KEY=\n")).unwrap_err().to_string(),
            "`SECRET_KEY` stands on several lines (1, 2) and the last one is empty"
        );
    }

    #[test]
    fn names_keys_and_sizes_are_checked() {
        let key = Secret::from(KEY);
        for name in ["", "1A", "A-B", "A B", "A=B", "A\nB", "é"] {
            assert_eq!(render(None, name, &key, None).unwrap_err(), EnvFileError::Name);
        }
        for bad in ["", "a b", "a$b", "a#b", "a'b", "a\nb", "a=b"] {
            assert_eq!(render(None, "A", &Secret::from(bad), None).unwrap_err(), EnvFileError::Key);
        }
        assert_eq!(put(Some(&"#".repeat(MAX_TEXT + 1))), Err(EnvFileError::TooLarge));
    }

    #[test]
    fn reading_takes_the_last_value_and_no_references() {
        assert!(read("A=1\nA=2\n", "A").unwrap().expose() == "2");
        assert!(read("A=${B}", "A").is_none() && read("A=", "A").is_none() && read("", "A").is_none());
    }
}
