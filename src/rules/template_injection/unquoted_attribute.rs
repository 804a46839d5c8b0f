//! FH306: a value printed into an HTML attribute that has no quotes.

use super::context::Contexts;
use super::value::{Project, Verdict};
use super::{html, people};
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::jinja::{self, Tag, TagKind};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{SourceFile, Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH306",
    name: "unquoted-attribute",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A template prints a value into an HTML attribute without quotes around it: `<input value={{ name }}>`.",
        why: "Escaping replaces `<`, `>`, `&` and quotes, but no spaces. `x onfocus=… autofocus` as the name is then \
              an attribute of its own and runs a script (cross-site scripting), although the value was escaped.",
        fix: "Put quotes around the value: `<input value=\"{{ name }}\">`. The tool does that where nothing inside of the \
              value is marked as safe.",
        ignore: "When the value can only be a number or one of a fixed set of words.",
    },
    check,
    remedy: Some(remedy),
};

/// An attribute's value without quotes, with the tag in it that prints what people write.
struct Bare {
    attribute: String,
    subject: String,
    /// The whole value, template tags included.
    value: Span,
    tag: Span,
    severity: Severity,
    /// Whether quotes can be put around it as it stands.
    fits: bool,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    each(facts, &mut |source, bare| findings.push(finding(facts, source, &bare)));
    findings
}

/// Calls `visit` for every such value of the project's pages.
fn each(facts: &Facts, visit: &mut dyn FnMut(&SourceFile, Bare)) {
    let pages: Vec<&SourceFile> =
        facts.files.sources.values().filter(|source| is_page(source) && source.text.contains("={{")).collect();
    let found: Vec<_> = pages
        .into_iter()
        .map(|source| (source, jinja::tags(&source.text)))
        .filter_map(|(source, tags)| {
            let values = values(&source.text, &tags);
            (!values.is_empty()).then_some((source, tags, values))
        })
        .collect();
    if found.is_empty() {
        return;
    }
    let modules = Modules::of(facts.own_python());
    let project = Project::of(&modules);
    let contexts = Contexts::of(&project);
    for (source, tags, values) in &found {
        for (attribute, value) in values {
            let inside = tags.iter().filter(|tag| tag.kind == TagKind::Output && value.contains(tag.span));
            let judged = inside.filter_map(|tag| Some((tag, judge(&contexts, source, tag)?)));
            let Some((tag, severity)) = judged.max_by_key(|(_, severity)| *severity) else { continue };
            let subject = tag.inner.of(&source.text).split('|').next().unwrap_or("").trim().to_owned();
            let fits = can_be_quoted(&source.text, tags, *value);
            let bare = Bare { attribute: attribute.clone(), subject, value: *value, tag: tag.span, severity, fits };
            visit(source, bare);
        }
    }
}

/// Pages of the project.
pub(super) fn is_page(source: &SourceFile) -> bool {
    let text_only = [".txt.", ".sql.", ".yml.", ".yaml.", ".conf.", ".cfg.", ".sh.", ".js.", ".css."];
    let others = ["test", "tests", "docs", "examples", "node_modules", "vendor", "static"];
    matches!(source.path.extension(), "html" | "htm" | "jinja" | "jinja2" | "j2")
        && !source.path.components().any(|part| others.contains(&part))
        && !text_only.iter().any(|end| source.path.name().contains(end))
        && source.text.contains("{{")
}

/// How bad it is to print this without quotes; nothing where it is no text of anybody.
pub(super) fn judge(contexts: &Contexts<'_, '_, '_>, source: &SourceFile, tag: &Tag) -> Option<Severity> {
    let inner = tag.inner.of(&source.text);
    let mut parts = inner.split('|');
    let plain = parts.next().unwrap_or("").trim();
    let narrow = |filter: &str| {
        let name = filter.trim().split(['(', ' ']).next().unwrap_or("");
        matches!(name, "int" | "float" | "length" | "count" | "urlencode" | "tojson" | "round" | "slugify")
    };
    if parts.any(narrow) || plain.contains(['(', '~', '+', '"', '\'']) || html::is_made_by_server(plain) {
        return None;
    }
    let path = plain.split('[').next().unwrap_or(plain).trim();
    let last = path.rsplit('.').next().unwrap_or(path);
    let root = path.split('.').next().unwrap_or(path);
    if people::is_plain(last) || matches!(root, "loop" | "config" | "forloop") {
        return None;
    }
    match contexts.variable(&source.path, root) {
        Verdict::Fixed => None,
        Verdict::Open(open) if open.from_request => Some(RULE.severity),
        // `row[5]`: which value that is, nobody says here.
        _ if plain.ends_with(']') || people::is_wording(last) || !people::writes(last) => None,
        _ => Some(RULE.severity),
    }
}

fn finding(facts: &Facts, source: &SourceFile, bare: &Bare) -> Finding {
    let Bare { attribute, subject, .. } = bare;
    let primary = facts.files.locate(&source.path, bare.tag);
    let line = primary.line;
    let message = format!("`{subject}` is printed into the attribute `{attribute}` without quotes around it");
    let symbol = format!("{attribute}={subject}");
    Finding::new(RULE.id, RULE.threat, bare.severity, primary, symbol, message)
        .confidence(Confidence::Medium)
        .next_step(format!("Write `{attribute}=\"{{{{ {subject} }}}}\"` on line {line} of {}.", source.path))
}

fn remedy(facts: &Facts, findings: &[&Finding], _choices: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    each(facts, &mut |source, bare| {
        let own = finding(facts, source, &bare).key;
        let Some(found) = findings.iter().find(|found| found.key == own).filter(|_| bare.fits) else { return };
        let edits = vec![TextEdit::insert(bare.value.start, "\""), TextEdit::insert(bare.value.end, "\"")];
        let known = remedies.iter_mut().find(|remedy: &&mut Remedy| remedy.findings.contains(&found.key));
        if let Some(Remedy { changes, .. }) = known {
            // The same value printed the same way twice is one finding.
            if let Some(Change::Edit { edits: before, .. }) = changes.first_mut() {
                before.extend(edits);
            }
            return;
        }
        remedies.push(Remedy {
            id: found.key.to_string(),
            findings: vec![found.key.clone()],
            title: format!("Quotes around `{}`", bare.subject),
            reason: format!(
                "Without quotes a space in `{}` begins a new attribute. With them the whole value is the value of `{}`.",
                bare.subject, bare.attribute
            ),
            applicability: Applicability::Automatic,
            changes: vec![Change::Edit { path: source.path.clone(), edits }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    });
    remedies
}

/// Whether quotes around the value keep it one value: none stand in its text, and nothing prints
/// HTML into it.
fn can_be_quoted(text: &str, tags: &[Tag], value: Span) -> bool {
    let mut from = value.start;
    let mut fits = true;
    for tag in tags.iter().filter(|tag| value.contains(tag.span)) {
        fits &= !text[from..tag.span.start].contains(['"', '\'']);
        fits &= jinja::uses_of(text, tag.inner, "safe").is_empty() && !tag.inner.of(text).contains("attr");
        from = tag.span.end;
    }
    fits && !text[from..value.end].contains(['"', '\''])
}

/// Where the reader of HTML is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    /// In `<name …>`, outside of values.
    Tag,
    Quoted(u8),
}

/// Unquoted attribute values that hold a `{{ … }}`, with the attribute's name.
fn values(text: &str, tags: &[Tag]) -> Vec<(String, Span)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut state = State::Text;
    let mut next = tags.iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        while next.next_if(|tag| tag.span.start < at).is_some() {}
        if let Some(tag) = next.next_if(|tag| tag.span.start == at) {
            at = tag.span.end;
            continue;
        }
        match (state, bytes[at]) {
            (State::Text, b'<') => match skipped(text, at) {
                Some(end) => at = end - 1,
                None if bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => state = State::Tag,
                None => {}
            },
            (State::Tag, b'>') => state = State::Text,
            (State::Tag, quote @ (b'"' | b'\'')) => state = State::Quoted(quote),
            (State::Tag, b'=') => {
                let start = at + 1;
                if bytes[start..].starts_with(b"{{") {
                    let end = value_end(text, tags, start);
                    found.push((name_before(text, at), Span::new(start, end)));
                    at = end;
                    continue;
                }
            }
            (State::Quoted(quote), c) if c == quote => state = State::Tag,
            _ => {}
        }
        at += 1;
    }
    found
}

/// The end of a comment, script or style that begins here.
fn skipped(text: &str, at: usize) -> Option<usize> {
    let rest = &text.as_bytes()[at..];
    let begins = |word: &str| rest.len() > word.len() && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes());
    let until = if rest.starts_with(b"<!--") {
        "-->"
    } else if begins("<script") {
        "</script"
    } else if begins("<style") {
        "</style"
    } else {
        return None;
    };
    Some(text[at..].to_ascii_lowercase().find(until).map_or(text.len(), |end| at + end + until.len()))
}

fn value_end(text: &str, tags: &[Tag], start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        if let Some(tag) = tags.iter().find(|tag| tag.span.start == at) {
            // `value={{ x }}{% if y %} checked{% endif %}`: a statement may begin the next attribute.
            if tag.kind == TagKind::Statement {
                return at;
            }
            at = tag.span.end;
            continue;
        }
        if bytes[at].is_ascii_whitespace() || bytes[at] == b'>' {
            break;
        }
        at += 1;
    }
    // `<img src={{ x }}/>`
    if bytes.get(at) == Some(&b'>') && at > start && bytes[at - 1] == b'/' { at - 1 } else { at }
}

fn name_before(text: &str, equals: usize) -> String {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':' | '@' | '.');
    let before = text[..equals].trim_end();
    let start = before.rfind(|c: char| !name(c)).map_or(0, |at| at + 1);
    before.get(start..).unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }

    #[test]
    fn finds_values_without_quotes() {
        let text = "<a href={{ x }}/p class=\"{{ y }}\" id='{{ z }}'><!-- <b a={{ c }}> --> a={{ t }}\n\
                    <script>var a={{ s }};</script><img src={{ i }}/><input {% if k %}value={{ v }}{% endif %}>";
        let tags = jinja::tags(text);
        let found: Vec<String> =
            values(text, &tags).into_iter().map(|(name, span)| format!("{name} {}", span.of(text))).collect();
        assert_eq!(found, ["href {{ x }}/p", "src {{ i }}", "value {{ v }}"]);
    }
}
