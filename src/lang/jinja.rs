//! Jinja templates, read as far as a lexer goes: tags with their spans, and filters with what they
//! are put on. Knows quotes, brackets, comments and raw blocks; evaluates nothing.

use crate::text::Span;

/// A `{{ … }}` or `{% … %}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub kind: TagKind,
    /// Braces included.
    pub span: Span,
    /// What stands between the braces, white space and `-`/`+` marks left out.
    pub inner: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    Output,
    Statement,
}

/// Filters read in one expression; no template people write comes near.
const MAX_PIPES: usize = 200;

/// The tags of a template, in order; comments and raw blocks are left out. Text with many tags
/// that never end is read up to a fixed multiple of its length.
pub fn tags(text: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut budget = text.len().saturating_mul(4);
    let mut from = 0;
    while let Some(open) = memchr::memchr(b'{', &text.as_bytes()[from..]).map(|at| from + at) {
        let (kind, close) = match text.as_bytes().get(open + 1) {
            Some(b'{') => (TagKind::Output, "}}"),
            Some(b'%') => (TagKind::Statement, "%}"),
            Some(b'#') => {
                from = text[open + 2..].find("#}").map_or(text.len(), |at| open + 2 + at + 2);
                continue;
            }
            _ => {
                from = open + 1;
                continue;
            }
        };
        let Some(end) = tag_end(text, open + 2, close) else {
            let Some(left) = budget.checked_sub(text.len() - open) else { break };
            budget = left;
            from = open + 2;
            continue;
        };
        let inner = trimmed(text, Span::new(open + 2, end));
        let tag = Tag { kind, span: Span::new(open, end + 2), inner };
        from = end + 2;
        if kind == TagKind::Statement && inner.of(text) == "raw" {
            let rest = &text[from..];
            from = rest.find("endraw").map_or(text.len(), |at| from + at);
            continue;
        }
        found.push(tag);
    }
    found
}

/// Where the tag that starts at `from` ends; braces in strings do not count.
fn tag_end(text: &str, from: usize, close: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quote = None;
    let mut depth = 0usize;
    let mut at = from;
    while at < bytes.len() {
        let c = bytes[at];
        match quote {
            Some(_) if c == b'\\' => at += 1,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if depth == 0 && bytes[at..].starts_with(close.as_bytes()) => return Some(at),
            None => match c {
                b'"' | b'\'' => quote = Some(c),
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
        at += 1;
    }
    None
}

fn trimmed(text: &str, span: Span) -> Span {
    let inner = span.of(text);
    let start = inner.trim_start_matches(['-', '+']).trim_start();
    let end = start.trim_end_matches(['-', '+']).trim_end();
    let offset = span.start + (inner.len() - start.len());
    Span::new(offset, offset + end.len())
}

/// A filter and what it is put on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filtered {
    /// From the `|` to the end of the filter's name.
    pub filter: Span,
    /// What it is put on, earlier filters included.
    pub subject: Span,
    /// Names of the filters before it on the same subject, first one first.
    pub before: Vec<String>,
    /// Name of the filter directly after it.
    pub after: Option<String>,
}

/// Every use of the filter `name` in an expression, at any depth of brackets.
pub fn uses_of(text: &str, expression: Span, name: &str) -> Vec<Filtered> {
    let marks = pipes(text, expression);
    let mut found = Vec::new();
    for (index, pipe) in marks.iter().enumerate() {
        if pipe.name != name {
            continue;
        }
        let chain: Vec<&Pipe> =
            marks[..index].iter().filter(|other| other.operand == pipe.operand && other.depth == pipe.depth).collect();
        let after = marks[index + 1..].iter().find(|other| other.operand == pipe.operand && other.depth == pipe.depth);
        let subject = Span::new(pipe.operand, pipe.span.start);
        let subject = Span::new(subject.start, subject.start + subject.of(text).trim_end().len());
        found.push(Filtered {
            filter: pipe.span,
            subject,
            before: chain.iter().map(|other| other.name.clone()).collect(),
            after: after.map(|other| other.name.clone()),
        });
    }
    found
}

/// A `|name` in an expression.
struct Pipe {
    span: Span,
    name: String,
    /// Where what it is put on starts.
    operand: usize,
    depth: usize,
}

fn pipes(text: &str, expression: Span) -> Vec<Pipe> {
    let bytes = text.as_bytes();
    // `{% if x|safe %}`: the statement's own word is no part of `x`.
    let lead = expression.of(text).split_whitespace().next().unwrap_or("");
    let is_word =
        matches!(lead, "if" | "elif" | "do" | "print" | "call" | "include" | "extends" | "for" | "set" | "filter");
    let mut starts = vec![expression.start + if is_word { lead.len() } else { 0 }];
    let mut found = Vec::new();
    let mut quote = None;
    let mut at = expression.start;
    while at < expression.end && found.len() < MAX_PIPES {
        let c = bytes[at];
        match (quote, c) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(c),
            (None, b'(' | b'[' | b'{') => starts.push(at + 1),
            (None, b')' | b']' | b'}') if starts.len() > 1 => drop(starts.pop()),
            (None, b',' | b'~' | b'=' | b':' | b'+' | b'%') => set_last(&mut starts, at + 1),
            (None, b' ') => {
                let word = text[at..expression.end].trim_start().split(|c: char| !c.is_alphanumeric()).next();
                if let Some(word) = word.filter(|word| matches!(*word, "if" | "else" | "or" | "and" | "in" | "not")) {
                    let behind = text[at..].find(word).map_or(at, |start| at + start + word.len());
                    set_last(&mut starts, behind);
                }
            }
            (None, b'|') => {
                let rest = &text[at + 1..expression.end];
                let lead = rest.len() - rest.trim_start().len();
                let name: String = rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let operand = starts.last().copied().unwrap_or(expression.start);
                let operand = operand + (text[operand..].len() - text[operand..].trim_start().len());
                let span = Span::new(at, at + 1 + lead + name.len());
                found.push(Pipe { span, name, operand, depth: starts.len() });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn set_last(starts: &mut [usize], at: usize) {
    if let Some(last) = starts.last_mut() {
        *last = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(text: &str) -> Vec<(String, Vec<String>, Option<String>)> {
        let all = tags(text);
        let uses = all.iter().flat_map(|tag| uses_of(text, tag.inner, "safe"));
        uses.map(|found| (found.subject.of(text).to_owned(), found.before, found.after)).collect()
    }

    #[test]
    fn finds_tags_but_not_comments_and_raw() {
        let text = "{# {{ a }} #}{%- if x -%}{{ '}}' }}{% raw %}{{ no }}{% endraw %}{{ {'a': {}} }}";
        let inner: Vec<&str> = tags(text).iter().map(|tag| tag.inner.of(text)).collect();
        assert_eq!(inner, ["if x", "'}}'", "{'a': {}}"]);
    }

    #[test]
    fn knows_what_a_filter_is_put_on() {
        assert_eq!(safe("{{ post.body|clean|safe }}"), [("post.body|clean".into(), vec!["clean".into()], None)]);
        assert_eq!(safe("{{ _('a') | safe | tojson }}"), [("_('a')".into(), vec![], Some("tojson".into()))]);
        assert_eq!(safe("{{ f(x, y|safe) }}"), [("y".into(), vec![], None)]);
        assert_eq!(safe("{% if x()|safe %}"), [("x()".into(), vec![], None)]);
        assert_eq!(safe("{{ a if b else c|safe }}"), [("c".into(), vec![], None)]);
        assert_eq!(safe("{% set t = v|safe %}{{ '|safe' }}"), [("v".into(), vec![], None)]);
    }

    #[test]
    fn odd_input_ends() {
        for text in ["{{", "{% raw %}", "{{ a | }}", "{{ ) | safe }}", "{{ 'é' | safe }}", "{#"] {
            safe(text);
        }
    }
}
