//! What must not be shown of a file: the spans of values that are, or by their name or look may
//! be, secrets. Wide on purpose: a masked harmless value costs little.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::Facts;
use super::credentials;
use super::data::entries::is_data_file;
use super::env::is_env_file;
use super::files::PyFile;
use super::names::Names;
use super::secret_names::{is_address_name, is_open_address, secret_spans};
use super::syntax::Syntax;
use crate::lang::dotenv::{EnvDocument, EnvEntry};
use crate::lang::python::{self, ExprKind, walk_exprs};
use crate::text::diff::MASK;
use crate::text::{Location, RepoPath, SourceFile, Span};

/// Names in env files whose values may be shown.
const HARMLESS: &[&str] = &[
    "FLASK_APP",
    "FLASK_ENV",
    "FLASK_DEBUG",
    "FLASK_CONFIG",
    "FLASK_RUN_PORT",
    "FLASK_RUN_HOST",
    "DEBUG",
    "TESTING",
    "PORT",
    "HOST",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "PYTHONUNBUFFERED",
    "WEB_CONCURRENCY",
];

static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)\b([a-z0-9_.-]*(?:secret|passw(?:or)?d|token|key|credential|salt|dsn|pwd)[a-z0-9_.-]*)["']?\s*[:=]\s*["']?([^\s"',;]+)"#).ok()
});
/// The old form of Dockerfile `ENV NAME value`.
static ENV_INSTRUCTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?im)^\s*(?:env|arg)\s+([a-z0-9_]*(?:secret|passw(?:or)?d|token|key|credential|salt|dsn|pwd)[a-z0-9_]*)[ \t]+["']?([^\s"']+)"#).ok()
});
static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"["'`]([A-Za-z0-9+_=-]{20,})["'`]"#).ok());
static URL_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[a-z][a-z0-9+.-]*://[^\s/:@]*:([^\s/@]+)@").ok());

impl Facts {
    /// The line a location stands on, secrets masked, white space at its ends taken off.
    pub fn shown_line(&self, location: &Location) -> String {
        self.shown_lines().line(location)
    }

    /// The lines of several locations: what each file hides is worked out once.
    pub fn shown_lines(&self) -> ShownLines<'_> {
        ShownLines { facts: self, hidden: BTreeMap::new() }
    }
}

/// Lines with their secrets masked.
pub struct ShownLines<'f> {
    facts: &'f Facts,
    hidden: BTreeMap<RepoPath, Vec<Span>>,
}

impl ShownLines<'_> {
    /// As [`Facts::shown_line`].
    pub fn line(&mut self, location: &Location) -> String {
        let Some(source) = self.facts.files.text(&location.path) else { return String::new() };
        let line = source.line_span(location.span.start);
        let spans = self.hidden.entry(location.path.clone()).or_insert_with(|| hidden(source));
        mask(&source.text, line, spans).trim_end().chars().take(160).collect()
    }
}

/// The spans of a text that must be masked wherever it is shown.
pub fn hidden(source: &SourceFile) -> Vec<Span> {
    let mut spans = url_passwords(&source.text);
    if matches!(source.path.extension(), "py" | "cfg" | "wsgi") {
        match Some(Syntax::of(source.text.as_str())).filter(|_| source.text.len() <= python::MAX_BYTES) {
            Some(module) => {
                spans.extend(secret_spans(&module));
                walk_exprs(&module.body, &mut |expr| {
                    if let ExprKind::Str(text) = &expr.kind
                        && looks_random(&text.value)
                    {
                        spans.extend(&text.contents);
                    }
                });
                // What an error hides from the tree is judged by its look.
                if !module.errors.is_empty() {
                    spans.extend(assignments(&source.text));
                }
                let role = crate::repo::role(&source.path);
                let file = PyFile { path: source.path.clone(), role, module };
                let names = Names::of_file(&file.module);
                spans.extend(credentials::spans(source, Some((&file, &names))));
            }
            None => {
                spans.extend(assignments(&source.text));
                spans.extend(credentials::spans(source, None));
            }
        }
    } else if is_env_file(&source.path) {
        match EnvDocument::parse(&source.text) {
            Ok(document) => {
                let open = |entry: &EnvEntry| {
                    let value = entry.value_span.map_or("", |span| span.of(&source.text)).trim_matches(['"', '\'']);
                    HARMLESS.contains(&entry.key.as_str()) || is_address_name(&entry.key) && is_open_address(value)
                };
                let entries = document.entries.iter().filter(|entry| !open(entry));
                spans.extend(entries.filter_map(|entry| entry.value_span));
            }
            Err(_) => spans.push(Span::new(0, source.text.len())),
        }
        spans.extend(credentials::spans(source, None));
    } else {
        if is_data_file(source.path.extension()) {
            spans.extend(super::data::secret_spans(source));
        }
        spans.extend(assignments(&source.text));
        spans.extend(credentials::spans(source, None));
        spans.extend(quoted_random(&source.text));
        spans = without_references(&source.text, spans);
    }
    spans.retain(|span| !span.is_empty());
    spans.sort();
    merged(spans)
}

/// The value of a name of an example, as it may be shown: what could be a secret in it is masked.
pub fn example_value(name: &str, value: &str) -> String {
    let Some(path) = RepoPath::new("example") else { return MASK.to_owned() };
    let source = SourceFile::new(path, format!("{name}=\"{value}\""), 0o600);
    let within = Span::new(name.len() + 2, source.text.len().saturating_sub(1));
    mask(&source.text, within, &hidden(&source))
}

/// Sorted spans with those that overlap made one.
fn merged(spans: Vec<Span>) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// A span of a text with the hidden spans masked.
pub fn mask(text: &str, within: Span, hidden: &[Span]) -> String {
    let mut out = String::new();
    let mut at = within.start;
    for span in hidden.iter().filter(|span| span.overlaps(within)) {
        if span.start > at {
            out.push_str(Span::new(at, span.start).of(text));
        }
        if span.end > at {
            out.push_str(MASK);
            at = span.end.min(within.end);
        }
    }
    out.push_str(Span::new(at, within.end).of(text));
    out
}

/// Values behind names that sound secret, in any text.
fn assignments(text: &str) -> Vec<Span> {
    let assigned = ASSIGNMENT.iter().flat_map(|pattern| pattern.captures_iter(text));
    let assigned = assigned.filter_map(|found| {
        let (name, value) = (found.get(1)?, found.get(2)?);
        Some(Span::new(value.start(), quoted_end(text, name.start(), value.start()).unwrap_or(value.end())))
    });
    // The old form has the rest of its line for a value.
    let of_image = ENV_INSTRUCTION.iter().flat_map(|pattern| pattern.captures_iter(text));
    let of_image = of_image.filter_map(|found| {
        let value = found.get(2)?;
        let line = text[value.end()..].split(['\n', '\r']).next().unwrap_or("");
        Some(Span::new(value.start(), value.end() + line.trim_end_matches(['\\', ' ', '"', '\'']).len()))
    });
    assigned.chain(of_image).collect()
}

/// Where a value ends that stands in quotes of its own, or in those that its name stands in too.
fn quoted_end(text: &str, name: usize, value: usize) -> Option<usize> {
    let before = |at: usize| text[..at].chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let quote = before(value).or_else(|| before(name).filter(|quote| !text[name..value].contains(*quote)))?;
    let line = text[value..].split(['\n', '\r']).next()?;
    Some(value + line.find(quote)?)
}

/// `${NAME}` and `${NAME:?text}`: they say where a value comes from, and hold none.
static REFERENCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?\?[^}$"']*)?\}"#).ok());

/// Spans less the references they start in.
fn without_references(text: &str, spans: Vec<Span>) -> Vec<Span> {
    let Some(pattern) = REFERENCE.as_ref().filter(|_| text.contains("${")) else { return spans };
    let references: Vec<_> = pattern.find_iter(text).map(|found| Span::new(found.start(), found.end())).collect();
    let less = |span: Span| match references.iter().find(|at| at.start <= span.start && span.start < at.end) {
        Some(at) => Span::new(at.end.min(span.end), span.end),
        None => span,
    };
    spans.into_iter().map(less).collect()
}

fn url_passwords(text: &str) -> Vec<Span> {
    let Some(pattern) = URL_PASSWORD.as_ref() else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|found| found.get(1)).map(|m| Span::new(m.start(), m.end())).collect()
}

/// What stands between quotes and looks like a key, in a file that no parser reads.
fn quoted_random(text: &str) -> Vec<Span> {
    let Some(pattern) = QUOTED.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text).filter_map(|found| found.get(1));
    found.filter(|m| looks_random(m.as_str())).map(|m| Span::new(m.start(), m.end())).collect()
}

/// A long text without spaces that mixes letters and digits: a key by its look.
fn looks_random(value: &str) -> bool {
    value.len() >= 20
        && !value.contains([' ', '/', '<', '.', ':', '{', '%'])
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_quotes_are_hidden_whole_and_references_are_shown() {
        for (path, text, shown) in [
            ("Dockerfile", "ENV A=1 SECRET_KEY=\"two words\" B=2\n", "ENV A=1 SECRET_KEY=\"********\" B=2\n"),
            ("Dockerfile", "ENV SECRET_KEY some words of it\r\nCMD x\n", "ENV SECRET_KEY ********\r\nCMD x\n"),
            ("compose.yml", "e:\n  - \"SECRET_KEY=two words\"\n", "e:\n  - \"SECRET_KEY=********\"\n"),
            ("compose.yml", "e:\n  SECRET_KEY: ${SECRET_KEY:?run it}\n", "e:\n  SECRET_KEY: ${SECRET_KEY:?run it}\n"),
            ("compose.yml", "e:\n  - SECRET_KEY=${K:?run it}\n", "e:\n  - SECRET_KEY=${K:?run it}\n"),
            ("start.sh", ": \"${SECRET_KEY:?has no value}\"\n", ": \"${SECRET_KEY:?has no value}\"\n"),
        ] {
            let source = SourceFile::new(RepoPath::new(path).unwrap(), text.to_owned(), 0o644);
            let whole = Span::new(0, text.len());
            assert_eq!(mask(text, whole, &hidden(&source)), shown, "{path}");
        }
        // A default is a value.
        let text = "e:\n  - SECRET_KEY=${K:-plum}\n";
        let source = SourceFile::new(RepoPath::new("compose.yml").unwrap(), text.to_owned(), 0o644);
        assert!(!mask(text, Span::new(0, text.len()), &hidden(&source)).contains("plum"));
    }
}
