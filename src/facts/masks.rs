//! What must not be shown of a file: the spans of values that are, or by their name or look may
//! be, secrets. Wide on purpose: a masked harmless value costs little.

use std::sync::LazyLock;

use regex::Regex;

use super::Facts;
use super::settings::{is_secret_name, secret_spans};
use crate::lang::python::{ExprKind, walk_exprs};
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
    Regex::new(r#"(?i)\b([a-z0-9_.-]*(?:secret|passw(?:or)?d|token|key|credential|salt|dsn|pwd)[a-z0-9_.-]*)["']?\s*[:=\s]\s*["']?([^\s"',;]+)"#).ok()
});
static URL_PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[a-z][a-z0-9+.-]*://[^\s/:@]*:([^\s/@]+)@").ok());

impl Facts {
    /// The spans of a file that must be masked wherever its text is shown.
    pub fn hidden(&self, path: &RepoPath) -> Vec<Span> {
        let Some(source) = self.files.get(path) else { return Vec::new() };
        let mut spans = match self.py(path) {
            Some(file) => {
                let mut spans = secret_spans(file);
                walk_exprs(&file.module.body, &mut |expr| {
                    if let ExprKind::Str(text) = &expr.kind {
                        if looks_random(&text.value) {
                            spans.extend(&text.contents);
                        }
                    }
                });
                for setting in self.settings.iter().filter(|s| s.path() == path && is_secret_name(&s.key)) {
                    if let Some(super::values::Value::Text { contents, .. }) = setting.value.literal().map(|l| &l.value)
                    {
                        spans.extend(contents);
                    }
                }
                spans.extend(url_passwords(&source.text));
                spans
            }
            None => hidden_in_text(source, self.env_files.iter().find(|file| file.path == *path)),
        };
        spans.retain(|span| !span.is_empty());
        spans.sort();
        spans.dedup();
        spans
    }

    /// The line a location stands on, secrets masked, white space at its ends taken off.
    pub fn shown_line(&self, location: &Location) -> String {
        let Some(source) = self.files.get(&location.path) else { return String::new() };
        let line = source.line_span(location.span.start);
        mask(&source.text, line, &self.hidden(&location.path)).trim().chars().take(160).collect()
    }
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

/// Hidden spans of a text that is not Python.
pub fn hidden_in_text(source: &SourceFile, env: Option<&super::EnvFile>) -> Vec<Span> {
    let mut spans = url_passwords(&source.text);
    if let Some(env) = env {
        let entries = env.document.entries.iter().filter(|entry| !HARMLESS.contains(&entry.key.as_str()));
        spans.extend(entries.filter_map(|entry| entry.value_span));
        return spans;
    }
    if let Some(pattern) = ASSIGNMENT.as_ref() {
        spans.extend(
            pattern.captures_iter(&source.text).filter_map(|found| found.get(2)).map(|m| Span::new(m.start(), m.end())),
        );
    }
    spans
}

fn url_passwords(text: &str) -> Vec<Span> {
    let Some(pattern) = URL_PASSWORD.as_ref() else { return Vec::new() };
    pattern.captures_iter(text).filter_map(|found| found.get(1)).map(|m| Span::new(m.start(), m.end())).collect()
}

/// A long text without spaces that mixes letters and digits: a key by its look.
fn looks_random(value: &str) -> bool {
    value.len() >= 20
        && !value.contains([' ', '/', '<', '.', ':', '{', '%'])
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}
