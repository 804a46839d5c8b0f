//! Finds tokens in a text: one pass for every keyword of every provider (and for the other marks
//! of a credential), then a provider's own pattern, only near its keywords. Linear in the text.

use std::sync::LazyLock;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::{Provider, Verdict, all};
use crate::text::Span;

/// Bytes before a keyword in which a token may begin.
const BEFORE: usize = 160;
/// So many characters of base 64 in a row beside a match are data around it.
const ENCODED: usize = 60;
/// Bytes behind a keyword in which a token ends.
const BEHIND: usize = 1200;

/// Marks of credentials that no provider issued.
const PRIVATE_KEY: &[&str] = &["PRIVATE KEY-----", "PGP PRIVATE KEY BLOCK", "PuTTY-User-Key-File-"];
const URL: &[&str] = &["://"];
const NAMES: &[&str] = &[
    "passw",
    "pwd",
    "_pass",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "accesskey",
    "private_key",
    "auth_key",
    "authkey",
    "encryption_key",
    "signing_key",
    "passphrase",
    "credential",
];

/// Parts of commands, statements, headers and addresses that hand a credential over.
const COMMANDS: &[&str] = &[
    "identified",
    "chpasswd",
    "sshpass",
    "mysql ",
    "mysqldump ",
    "mysqladmin ",
    "curl ",
    "requirepass",
    "creds:",
    "docker login",
    "bearer ",
    "basic ",
    "?key=",
    "&key=",
    "appid=",
    "insert into",
    "insert or",
    "insert ignore",
];

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    PrivateKey,
    Url,
    /// A word that names of credentials have.
    Name,
    /// A part of a command or a statement.
    Command,
}

/// Where a text may hold credentials. Empty for most texts.
#[derive(Default)]
pub struct Marks {
    /// Index of the provider and the place of its keyword, in order of places.
    tokens: Vec<(usize, Span)>,
    others: Vec<(Mark, Span)>,
}

impl Marks {
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.others.is_empty()
    }

    /// Of several kinds, in order of places.
    pub fn of_any<'m>(&'m self, marks: &'m [Mark]) -> impl Iterator<Item = Span> + 'm {
        self.others.iter().filter(move |(kind, _)| marks.contains(kind)).map(|(_, span)| *span)
    }

    pub fn of(&self, mark: Mark) -> impl Iterator<Item = Span> + '_ {
        self.others.iter().filter(move |(kind, _)| *kind == mark).map(|(_, span)| *span)
    }
}

/// A token in a text.
pub struct Found {
    pub provider: &'static Provider,
    pub span: Span,
    pub verdict: Verdict,
}

enum Word {
    Provider(usize),
    Other(Mark),
}

struct Finder {
    words: Option<AhoCorasick>,
    /// Those of tokens and private keys alone.
    token_words: Option<AhoCorasick>,
    meaning: Vec<Word>,
    providers: Vec<(&'static Provider, OnceLock<Option<Regex>>)>,
}

static FINDER: LazyLock<Finder> = LazyLock::new(|| {
    let mut words = Vec::new();
    let mut meaning = Vec::new();
    for (at, provider) in all().enumerate() {
        for word in provider.keywords {
            words.push(*word);
            meaning.push(Word::Provider(at));
        }
    }
    for (mark, list) in
        [(Mark::PrivateKey, PRIVATE_KEY), (Mark::Url, URL), (Mark::Name, NAMES), (Mark::Command, COMMANDS)]
    {
        for word in list {
            words.push(word);
            meaning.push(Word::Other(mark));
        }
    }
    let token_words = all().flat_map(|provider| provider.keywords).chain(PRIVATE_KEY);
    Finder {
        token_words: automaton(token_words.copied()),
        words: automaton(words.into_iter()),
        meaning,
        providers: all().map(|provider| (provider, OnceLock::new())).collect(),
    }
});

fn automaton(words: impl Iterator<Item = &'static str>) -> Option<AhoCorasick> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .ok()
}

/// Where a text may hold credentials: the only work done for most texts.
pub fn marks(text: &str) -> Marks {
    let mut marks = Marks::default();
    let Some(words) = &FINDER.words else { return marks };
    for hit in words.find_overlapping_iter(text) {
        let span = Span::new(hit.start(), hit.end());
        match FINDER.meaning.get(hit.pattern().as_usize()) {
            Some(Word::Provider(at)) => marks.tokens.push((*at, span)),
            Some(Word::Other(mark)) => marks.others.push((*mark, span)),
            None => {}
        }
    }
    marks
}

/// Whether a text holds a mark of a token or a private key.
pub fn may_hold_token(text: &str) -> bool {
    FINDER.token_words.as_ref().is_some_and(|words| words.is_match(text))
}

/// Whether a text holds any mark.
pub fn may_hold(text: &str) -> bool {
    FINDER.words.as_ref().is_some_and(|words| words.is_match(text))
}

/// The tokens in a text, in order.
pub fn find(text: &str) -> Vec<Found> {
    find_marked(text, &marks(text))
}

/// [`find`] for a text whose marks are known.
pub fn find_marked(text: &str, marks: &Marks) -> Vec<Found> {
    let mut tokens = marks.tokens.clone();
    tokens.sort_unstable_by_key(|(provider, span)| (*provider, *span));
    let mut found = Vec::new();
    for near in tokens.chunk_by(|a, b| a.0 == b.0) {
        let Some((provider, pattern)) = near.first().and_then(|(at, _)| FINDER.providers.get(*at)) else { continue };
        let Some(pattern) = pattern.get_or_init(|| compile(provider.pattern)) else { continue };
        for window in windows(text.len(), near.iter().map(|(_, span)| *span)) {
            in_window(text, window, provider, pattern, &mut found);
        }
    }
    found.sort_by_key(|found| (found.span, found.provider.name));
    found
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

/// The surroundings of keywords, overlapping ones joined.
fn windows(len: usize, keywords: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut windows: Vec<Span> = Vec::new();
    for keyword in keywords {
        let window = Span::new(keyword.start.saturating_sub(BEFORE), keyword.end.saturating_add(BEHIND).min(len));
        match windows.last_mut() {
            Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
            _ => windows.push(window),
        }
    }
    windows
}

fn in_window(text: &str, window: Span, provider: &'static Provider, pattern: &Regex, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut at = window.start;
    while let Some(captures) = bytes.get(at..window.end).and_then(|part| pattern.captures(part)) {
        let Some(token) = captures.get(1).or_else(|| captures.get(0)) else { break };
        let span = Span::new(at + token.start(), at + token.end());
        at += token.end().max(1);
        let Some(value) = text.get(span.start..span.end) else { continue };
        if !stands_alone(bytes, span) {
            continue;
        }
        let verdict = (provider.check)(value);
        if verdict != Verdict::No {
            found.push(Found { provider, span, verdict });
        }
    }
}

/// Whether a token ends where its match ends: it is no piece of a longer word.
fn stands_alone(bytes: &[u8], span: Span) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let before = span.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    // `"\nghp_…"` in a notebook: the letter belongs to an escape.
    let escaped = span.start >= 2 && bytes[span.start - 2] == b'\\' && matches!(before, Some(b'n' | b't' | b'r'));
    let after = bytes.get(span.end).copied();
    (escaped || !before.is_some_and(word))
        && !after.is_some_and(|byte| word(byte) || byte == b'-')
        && !inside_data(bytes, span)
}

/// Whether a match is a piece of encoded data: a picture, a font, a certificate.
fn inside_data(bytes: &[u8], span: Span) -> bool {
    let data = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let before = bytes[..span.start].iter().rev().take(ENCODED).take_while(data).count();
    let after = bytes[span.end..].iter().take(ENCODED).take_while(data).count();
    before == ENCODED || after == ENCODED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_neighbours_are_one() {
        let at = |start| Span::new(start, start + 4);
        assert_eq!(windows(10_000, [at(0), at(50)].into_iter()), [Span::new(0, 1254)]);
        assert_eq!(windows(10_000, [at(0), at(5000)].into_iter()).len(), 2);
        assert_eq!(windows(20, [at(2)].into_iter()), [Span::new(0, 20)]);
    }

    #[test]
    fn marks_are_found_in_any_case() {
        let marks = marks("DB_PASSWORD = x\nurl = a://b\n-----BEGIN RSA PRIVATE KEY-----");
        assert!(marks.of(Mark::Name).count() >= 1);
        assert_eq!(marks.of(Mark::Url).count(), 1);
        assert_eq!(marks.of(Mark::PrivateKey).count(), 1);
    }
}
