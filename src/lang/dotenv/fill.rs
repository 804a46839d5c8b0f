//! The text of an env file made from an example: order and comments stay, values are filled in,
//! lines are added. Values of any kind are quoted so that every reader gets them back; a value
//! that cannot be written so is refused. Writes nothing.

use zeroize::Zeroizing;

use super::{EnvDocument, EnvEntry, EnvFileError, Quote, dotenvy_agrees, scan};
use crate::secret::Secret;
use crate::text::{Span, TextEdit, edit};

/// What becomes of one binding of the text.
pub enum Filling {
    /// It gets this value.
    Value(Secret),
    /// It becomes a comment: the value is kept elsewhere.
    Comment(String),
}

/// A line that is added.
pub struct Line {
    /// Comment lines above it, without `#`.
    pub comments: Vec<String>,
    /// The statement as it is written, without its line end.
    pub text: Zeroizing<String>,
}

/// A text with its bindings filled in and lines added. `fill` says what a binding gets; `None`
/// leaves it as it is.
///
/// # Errors
/// Where a value cannot be written so that every reader gets it back, or the text would change in
/// another place.
pub fn filled_in(
    text: &str,
    fill: &dyn Fn(&EnvEntry) -> Option<Filling>,
    lines: &[Line],
) -> Result<Zeroizing<String>, EnvFileError> {
    let before = EnvDocument::parse(text)?;
    let mut edits: Vec<TextEdit> = Vec::new();
    let mut given: Vec<(String, Secret)> = Vec::new();
    for entry in &before.entries {
        match fill(entry) {
            None => {}
            Some(Filling::Comment(comment)) => {
                edits.push(TextEdit::replace(entry.span, format!("# {}", comment.replace(['\n', '\r'], " "))));
            }
            Some(Filling::Value(value)) => {
                edits.push(with_value(text, entry, &value)?);
                given.push((entry.key.clone(), value));
            }
        }
    }
    let body = edit::apply(text, &edits);
    edits.into_iter().for_each(|edit| drop(Zeroizing::new(edit.text)));
    let body = Zeroizing::new(body.map_err(|_| EnvFileError::Unclear { lines: Vec::new() })?);
    let after = with_lines(&body, lines);
    let read = EnvDocument::parse(&after)?;
    let holds = |(name, value): &(String, Secret)| {
        read.all(name).all(|entry| entry.value.as_deref() == Some(value) && !entry.expands)
    };
    if !given.iter().all(holds) || read.unparsed.len() != before.unparsed.len() {
        return Err(EnvFileError::Unclear { lines: before.unparsed });
    }
    Ok(after)
}

/// `NAME=value`, quoted as far as the value needs it.
///
/// # Errors
/// Where no way of writing it is read back the same by every reader.
pub fn statement(name: &str, value: &Secret) -> Result<Zeroizing<String>, EnvFileError> {
    let written = written(value).ok_or(EnvFileError::Key)?;
    let mut line = Zeroizing::new(String::with_capacity(name.len() + written.len() + 1));
    line.push_str(name);
    line.push('=');
    line.push_str(&written);
    Ok(line)
}

/// The edit that puts a value behind a binding's `=`, the quotes of the old value taken off.
fn with_value(text: &str, entry: &EnvEntry, value: &Secret) -> Result<TextEdit, EnvFileError> {
    let written = written(value).ok_or(EnvFileError::Key)?;
    Ok(match (entry.value_span, entry.quote) {
        (None, _) => TextEdit::insert(super::put::key_end(text, entry), format!("={}", *written)),
        (Some(span), Quote::None) => TextEdit::replace(span, written.as_str()),
        (Some(span), _) => TextEdit::replace(Span::new(span.start - 1, span.end + 1), written.as_str()),
    })
}

/// A value as it is written: bare where it can be, else in quotes.
fn written(value: &Secret) -> Option<Zeroizing<String>> {
    let text = value.expose();
    if text.is_empty() {
        return Some(Zeroizing::new(String::new()));
    }
    if text.contains(['\n', '\r', '\0']) || text.contains("${") {
        return None;
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,=~?&".contains(c);
    let mut forms = Vec::new();
    if text.chars().all(bare) {
        forms.push(Zeroizing::new(text.to_owned()));
    }
    let quoted = |quote: char, escaped: &[char]| {
        let mut form = Zeroizing::new(String::with_capacity(text.len() * 2 + 2));
        form.push(quote);
        for c in text.chars() {
            if escaped.contains(&c) {
                form.push('\\');
            }
            form.push(c);
        }
        form.push(quote);
        form
    };
    forms.push(quoted('\'', &[]));
    forms.push(quoted('"', &['"', '\\']));
    forms.push(quoted('\'', &['\'', '\\']));
    forms.into_iter().find(|form| {
        let line = Zeroizing::new(format!("A={}\n", form.as_str()));
        let ours = scan::scan(&line);
        let read =
            matches!(ours.entries.as_slice(), [entry] if entry.value.as_deref() == Some(value) && !entry.expands);
        read && ours.unparsed.is_empty() && dotenvy_agrees(&line, "A", value)
    })
}

fn with_lines(text: &str, lines: &[Line]) -> Zeroizing<String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let room: usize = lines
        .iter()
        .map(|line| line.text.len() + 4 + line.comments.iter().map(|comment| comment.len() + 4).sum::<usize>())
        .sum();
    let mut out = Zeroizing::new(String::with_capacity(text.len() + room + 8));
    out.push_str(text);
    if !lines.is_empty() && !text.is_empty() && text != "\u{feff}" && !text.ends_with('\n') {
        out.push_str(newline);
    }
    for (at, line) in lines.iter().enumerate() {
        if !line.comments.is_empty() && (at > 0 || !text.trim().is_empty()) {
            out.push_str(newline);
        }
        for comment in &line.comments {
            out.push_str("# ");
            out.push_str(&comment.replace(['\n', '\r'], " "));
            out.push_str(newline);
        }
        out.push_str(&line.text);
        out.push_str(newline);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(value: &str) -> Option<String> {
        statement("A", &Secret::from(value)).ok().map(|line| line.to_string())
    }

    #[test]
    fn values_are_quoted_as_far_as_they_need_it() {
        for (value, written) in [
            ("", "A="),
            ("ab12-_", "A=ab12-_"),
            ("postgresql://me@localhost:5432/db?x=1", "A=postgresql://me@localhost:5432/db?x=1"),
            ("two words", "A='two words'"),
            ("p#ss", "A='p#ss'"),
            ("pa$word", "A='pa$word'"),
            ("it's", "A=\"it's\""),
            ("a\\b", "A='a\\b'"),
        ] {
            let found = one(value);
            let back = found.as_deref().map(|line| {
                let document = EnvDocument::parse(line).unwrap();
                document.last("A").unwrap().value.as_ref().unwrap().expose().to_owned()
            });
            assert_eq!(back.as_deref(), Some(value), "{written}");
            if !value.contains('\\') {
                assert_eq!(found.as_deref(), Some(written));
            }
        }
        for refused in ["a\nb", "a${B}", "a\0b"] {
            assert_eq!(one(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn order_comments_and_line_ends_of_the_example_stay() {
        let text = "# Shop\r\nFLASK_APP=shop\r\n\r\n# make it random\r\nexport SECRET_KEY=\"changeme\" # here\r\nURL=x";
        let fill = |entry: &EnvEntry| match entry.key.as_str() {
            "SECRET_KEY" => Some(Filling::Value(Secret::from("00ff"))),
            "URL" => Some(Filling::Comment("URL is kept elsewhere".to_owned())),
            _ => None,
        };
        let added = Line { comments: vec!["read at app.py:3".to_owned()], text: Zeroizing::new("NEW=1".to_owned()) };
        let after = filled_in(text, &fill, &[added]).unwrap();
        assert_eq!(
            after.as_str(),
            "# Shop\r\nFLASK_APP=shop\r\n\r\n# make it random\r\nexport SECRET_KEY=00ff # here\r\n\
             # URL is kept elsewhere\r\n\r\n# read at app.py:3\r\nNEW=1\r\n"
        );
    }

    #[test]
    fn a_bare_name_and_an_empty_value_are_filled() {
        let fill = |_: &EnvEntry| Some(Filling::Value(Secret::from("v")));
        assert_eq!(filled_in("A\nB=\nC=''\n", &fill, &[]).unwrap().as_str(), "A=v\nB=v\nC=v\n");
    }
}
