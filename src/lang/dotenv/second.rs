//! dotenvy as an independent second reader. Its errors hold whole lines of the file: they are
//! dropped here and never shown.

use super::{EnvDocument, EnvReadError, scan};
use crate::secret::Secret;

/// Whether dotenvy reads this name with this value from the whole text. The last binding counts.
pub fn dotenvy_agrees(text: &str, name: &str, expected: &Secret) -> bool {
    let mut found: Option<Secret> = None;
    for item in dotenvy::from_read_iter(without_mark(text).as_bytes()) {
        let Ok((key, value)) = item else { continue };
        let value = Secret::new(value);
        if key == name {
            found = Some(value);
        }
    }
    found.is_some_and(|value| value == *expected)
}

/// Lines of bindings that dotenvy reads otherwise than python-dotenv, each judged by itself.
/// Says the same on every machine: no variable of the environment is read for it.
///
/// # Errors
/// Where the text is too large.
pub fn disagreements(text: &str) -> Result<Vec<usize>, EnvReadError> {
    let document = EnvDocument::parse(text)?;
    Ok(document.entries.iter().filter(|entry| !same(entry.span.of(text))).map(|entry| entry.line).collect())
}

/// Whether both readers agree on one statement.
fn same(statement: &str) -> bool {
    let Some(mut plain) = without_references(statement) else { return false };
    plain.push('\n');
    let ours = scan::scan(&plain);
    let [entry] = ours.entries.as_slice() else { return false };
    let Some(value) = &entry.value else { return false };
    let mut theirs = dotenvy::from_read_iter(plain.as_bytes());
    let Some(Ok((key, found))) = theirs.next() else { return false };
    key == entry.key && Secret::new(found) == **value && theirs.next().is_none()
}

/// The statement with every plain `${NAME}` replaced by a letter; `None` where it holds another
/// `$`, on which the two readers differ.
fn without_references(statement: &str) -> Option<String> {
    if !statement.contains('$') {
        return Some(statement.to_owned());
    }
    // In single quotes and behind a backslash only one of the two expands.
    if statement.contains(['\'', '\\']) {
        return None;
    }
    let mut out = String::with_capacity(statement.len());
    let mut parts = statement.split('$');
    out.push_str(parts.next()?);
    for part in parts {
        let (name, rest) = part.strip_prefix('{')?.split_once('}')?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        out.push('x');
        out.push_str(rest);
    }
    Some(out)
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_on_a_whole_file() {
        let key = Secret::from("ab12");
        assert!(dotenvy_agrees("\u{feff}A={\"k\": \"v\"}\r\nK=ab12\r\n", "K", &key));
        assert!(!dotenvy_agrees("A=it's\nK=ab12\n", "K", &key));
        assert!(!dotenvy_agrees("K=ab12\nK=other\n", "K", &key));
        assert!(!dotenvy_agrees("", "K", &key));
    }

    #[test]
    fn lines_that_are_read_differently() {
        let text = "A=ok\nB=pa$word\nC=x y\nD='${A}'\nE=${A}b\nF=\"a\\qb\"\nG\nH=${Z:-d}\nI-J=1\nexport K='v' # c\n";
        assert_eq!(disagreements(text).unwrap(), [2, 3, 4, 6, 7, 8, 9]);
    }
}
