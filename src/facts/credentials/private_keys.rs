//! Private keys in PEM, OpenSSH, PGP and PuTTY form. A header without a body that could be a key
//! (code that writes one, documentation) is none.

use crate::facts::patterns::{Mark, Marks};
use crate::text::Span;

/// Longest text between the first and the last line.
const LONGEST: usize = 20_000;
/// Fewest characters of a body: an Ed25519 key in PKCS#8 has 64.
const SHORTEST: usize = 60;

/// The kind of every private key in finding keys.
pub const PRIVATE_KEY: &str = "private-key";

/// What a private key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFile {
    kind: &'static str,
    /// It needs a passphrase, as far as its text tells.
    pub encrypted: bool,
    /// Where its first line begins.
    pub header: usize,
}

impl KeyFile {
    /// Stable, for finding keys.
    pub const fn name(self) -> &'static str {
        PRIVATE_KEY
    }

    /// `an RSA private key`.
    pub const fn title(self) -> &'static str {
        self.kind
    }
}

/// The private keys of a text: the span of each body, headers left out.
pub fn find(text: &str, marks: &Marks) -> Vec<(Span, KeyFile)> {
    let mut found: Vec<(Span, KeyFile)> = Vec::new();
    for mark in marks.of(Mark::PrivateKey) {
        if found.iter().any(|(span, _)| span.end > mark.start) {
            continue;
        }
        found.extend(body(text, mark));
    }
    found
}

fn body(text: &str, mark: Span) -> Option<(Span, KeyFile)> {
    let before = text.get(floor(text, mark.start.saturating_sub(40))..mark.start).unwrap_or("");
    let header = before.rsplit("-----").next().unwrap_or("");
    let putty = mark.of(text).starts_with("PuTTY");
    if !putty && (!header.starts_with("BEGIN") || header.len() == before.len()) {
        return None;
    }
    let start =
        if putty { text.get(mark.end..)?.find("Private-Lines:").map(|at| mark.end + at + 14)? } else { mark.end };
    let start = start + usize::from(text.get(start..)?.starts_with("-----")) * 5;
    let limit = floor(text, text.len().min(start + LONGEST));
    let rest = text.get(start..limit)?;
    let end = if putty { rest.find("Private-MAC")? } else { rest.find("-----END").unwrap_or(0) };
    let body = rest.get(..end)?;
    let letters = body.bytes().filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
    let odd = body.bytes().filter(|b| matches!(b, b'{' | b'<' | b'*' | b'.' | b'$' | b'%' | b'(')).count();
    if letters < SHORTEST || odd * 8 > letters {
        return None;
    }
    let encrypted = header.contains("ENCRYPTED") || body.contains("ENCRYPTED") || putty && encrypted_putty(text, mark);
    let lead = body.len() - body.trim_start().len();
    let span = Span::new(start + lead, start + body.trim_end().len());
    let begin = if putty { mark.start } else { mark.start - header.len() - 5 };
    Some((span, KeyFile { kind: kind(header, mark.of(text)), encrypted, header: begin }))
}

fn encrypted_putty(text: &str, mark: Span) -> bool {
    let head = text.get(mark.end..floor(text, text.len().min(mark.end + 200))).unwrap_or("");
    head.contains("Encryption: aes")
}

fn kind(header: &str, mark: &str) -> &'static str {
    let words = [
        ("RSA", "an RSA private key"),
        ("EC ", "an EC private key"),
        ("DSA", "a DSA private key"),
        ("OPENSSH", "an OpenSSH private key"),
        ("ENCRYPTED", "an encrypted private key"),
    ];
    if mark.starts_with("PGP") {
        return "a PGP private key";
    }
    if mark.starts_with("PuTTY") {
        return "a PuTTY private key";
    }
    words.iter().find(|(word, _)| header.contains(word)).map_or("a private key", |(_, kind)| kind)
}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::patterns::marks;

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text, &marks(text)).into_iter().map(|(_, key)| key.kind).collect()
    }

    #[test]
    fn headers_need_a_body() {
        let body = "b3BlbnNza".repeat(20);
        let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        assert_eq!(kinds(&pem("RSA PRIVATE KEY", &body)), ["an RSA private key"]);
        assert_eq!(kinds(&pem("PRIVATE KEY", &body)), ["a private key"]);
        assert_eq!(kinds(&pem("OPENSSH PRIVATE KEY", &body)), ["an OpenSSH private key"]);
        assert_eq!(kinds(&pem("PGP PRIVATE KEY BLOCK", &body)), ["a PGP private key"]);
        assert!(kinds(&pem("PUBLIC KEY", &body)).is_empty());
        assert!(kinds(&pem("RSA PRIVATE KEY", "...")).is_empty());
        assert!(kinds("if '-----BEGIN PRIVATE KEY-----' in text:\n    pass\n").is_empty());
        let one_line = format!("KEY=\"-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END PRIVATE KEY-----\\n\"");
        assert_eq!(kinds(&one_line), ["a private key"]);
    }
}
