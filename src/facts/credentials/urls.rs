//! Addresses with a password in them: `postgresql://shop:…@db/shop`.

use std::sync::LazyLock;

use regex::Regex;

use super::Doubt;
use super::values;
use crate::facts::files::FileRole;
use crate::facts::patterns::{Mark, Marks};
use crate::text::{SourceFile, Span};

/// An address without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub scheme: String,
    pub user: String,
    pub host: String,
    /// `postgresql://db.shop.example`, for the finding's key.
    pub symbol: String,
}

static USER_INFO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^://([^\s:/@'"`<>(),\\]{0,80}):([^\s/'"`<>\\]{1,160}?)@([A-Za-z0-9.$\{\}_\[\]%*<-][^\s/'"`?#,;\\)>]{0,120})"#).ok()
});

/// Hosts that only the same computer, or the same compose file, can mean.
const LOCAL: &[&str] = &["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal", "::1"];
/// Names that documentation uses.
const SAMPLE_HOSTS: &[&str] = &[
    "host",
    "hostname",
    "server",
    "example.com",
    "example.org",
    "example.net",
    "your-host",
    "yourhost",
    "dbhost",
    "db_host",
    "ip",
    "domain",
    "domain.com",
    "address",
    "some.host",
    "myhost",
    "proxy",
    "host:port",
    "hostname:port",
    "server:port",
    "your_host",
    "ip:port",
];

/// The passwords in addresses: span, address, and what speaks against each.
pub(super) fn find(source: &SourceFile, role: FileRole, marks: &Marks) -> Vec<(Span, Address, Vec<Doubt>)> {
    let Some(pattern) = USER_INFO.as_ref() else { return Vec::new() };
    let text = &source.text;
    let mut found = Vec::new();
    for mark in marks.of(Mark::Url) {
        let end = (mark.start + 400).min(text.len());
        // Most addresses have no user: only what has one is matched.
        if !text.as_bytes()[mark.end..end].iter().take_while(|b| !b.is_ascii_whitespace()).any(|b| *b == b'@') {
            continue;
        }
        let Some(captures) = pattern.captures(text.get(mark.start..).unwrap_or("")) else { continue };
        let (Some(user), Some(password), Some(host)) = (captures.get(1), captures.get(2), captures.get(3)) else {
            continue;
        };
        let scheme = scheme(text, mark.start);
        if scheme.is_empty() || scheme == "file" {
            continue;
        }
        let span = Span::new(mark.start + password.start(), mark.start + password.end());
        let host = host.as_str().trim_end_matches(['.', ']', '}', '|', '*']).to_owned();
        let address = Address {
            symbol: format!("{scheme}://{}", host_name(&host)),
            scheme,
            user: user.as_str().to_owned(),
            host,
        };
        if let Some(doubts) = doubts(source, role, &address, password.as_str(), span) {
            found.push((span, address, doubts));
        }
    }
    found
}

fn scheme(text: &str, end: usize) -> String {
    let bytes = text.as_bytes();
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let start = bytes[..end].iter().rposition(|b| !part(b)).map_or(0, |at| at + 1);
    let scheme = text.get(start.max(end.saturating_sub(30))..end).unwrap_or("").to_ascii_lowercase();
    scheme.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).to_owned()
}

fn host_name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// What speaks against it; `None` where it is no password at all.
fn doubts(source: &SourceFile, role: FileRole, address: &Address, password: &str, span: Span) -> Option<Vec<Doubt>> {
    let (user, host) = (address.user.as_str(), host_name(&address.host));
    if values::is_template(password) || values::is_template(user) {
        return None;
    }
    let prose = matches!(role, FileRole::Docs | FileRole::Test | FileRole::Example) || in_comment(source, span);
    let sample = values::is_stand_in(password)
        && (values::is_stand_in_user(user) || SAMPLE_HOSTS.contains(&host.to_ascii_lowercase().as_str()));
    // `user:password@host` in a text for people explains the form.
    if sample && (prose || SAMPLE_HOSTS.contains(&host.to_ascii_lowercase().as_str())) {
        return None;
    }
    let mut doubts = Vec::new();
    let sample_host = SAMPLE_HOSTS.contains(&host.to_ascii_lowercase().as_str())
        || [".example", ".example.com", ".example.org", ".test", ".invalid", ".local"]
            .iter()
            .any(|end| host.ends_with(end));
    let weak = values::is_well_known(password) || values::plain(password) == values::plain(user);
    if prose && (weak || sample_host || !values::is_strong(password)) {
        return None;
    }
    if values::is_placeholder(password) || sample_host {
        doubts.push(Doubt::Placeholder);
    }
    if weak {
        doubts.push(Doubt::WellKnown);
    }
    if LOCAL.contains(&host) {
        doubts.push(Doubt::Local);
    }
    Some(doubts)
}

/// Whether a place stands behind a comment sign on its line.
fn in_comment(source: &SourceFile, span: Span) -> bool {
    let line = source.line_span(span.start);
    let before = source.text.get(line.start..span.start).unwrap_or("").trim_start();
    before.starts_with(['#', ';', '*']) || before.starts_with("//") || before.contains(" # ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::patterns::marks;
    use crate::text::RepoPath;

    fn passwords(text: &str) -> Vec<(String, Vec<Doubt>)> {
        let source = SourceFile::new(RepoPath::new("config.py").unwrap(), text.to_owned(), 0o644);
        let found = find(&source, FileRole::Source, &marks(text));
        found.into_iter().map(|(span, _, doubts)| (span.of(text).to_owned(), doubts)).collect()
    }

    #[test]
    fn passwords_of_addresses() {
        for (text, password, doubts) in [
            ("'mysql://shop:hunter2x@db.shop.io/x'", "hunter2x", &[][..]),
            ("redis://:hunter2x@cache:6379/0", "hunter2x", &[]),
            ("'mongodb+srv://shop:h%40nter2@c.mongodb.net'", "h%40nter2", &[]),
            ("postgresql://postgres:postgres@localhost/x", "postgres", &[Doubt::WellKnown, Doubt::Local]),
        ] {
            assert_eq!(passwords(text), [(password.to_owned(), doubts.to_vec())], "{text}");
        }
    }

    #[test]
    fn what_is_no_password() {
        for text in [
            "postgresql://{user}:{password}@{host}/x",
            "f'mysql://{u}:{p}@{h}'",
            "postgres://%s:%s@%s/%s",
            "postgres://$USER:$PASSWORD@$HOST/x",
            "# postgres://user:password@host/db",
            "https://example.org:8080/a@b",
            "git+ssh://git@github.com/a/b",
            "sqlite:///x.db?a=b:c@d",
            "postgresql://<user>:<password>@host/x",
        ] {
            assert!(passwords(text).is_empty(), "{text}");
        }
    }
}
