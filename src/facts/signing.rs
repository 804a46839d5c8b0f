//! Calls that take a key and sign, check or encrypt with it. Knows libraries by name; judges no key.

use super::names::Names;
use crate::lang::python::{Call, Expr};

/// What the key of a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// JSON web tokens.
    Token,
    /// Texts that itsdangerous signs: links in mails, cookies of the app's own.
    Signed,
    /// Fernet.
    Encrypted,
    /// A plain HMAC.
    Hmac,
}

impl KeyUse {
    /// What is made with the key, in words.
    pub fn words(self) -> &'static str {
        match self {
            KeyUse::Token => "tokens",
            KeyUse::Signed => "signed texts",
            KeyUse::Encrypted => "encrypted texts",
            KeyUse::Hmac => "signatures",
        }
    }
}

const SIGNERS: &[&str] = &[
    "Signer",
    "TimestampSigner",
    "Serializer",
    "TimedSerializer",
    "URLSafeSerializer",
    "URLSafeTimedSerializer",
    "JSONWebSignatureSerializer",
    "TimedJSONWebSignatureSerializer",
];

/// The key that a call signs or encrypts with, and what for.
pub fn key_argument<'c>(call: &'c Call, names: &Names) -> Option<(&'c Expr, KeyUse)> {
    let func = names.resolve(&call.func)?;
    let last = func.rsplit('.').next().unwrap_or_default();
    let argument = |n: usize, keywords: &[&str]| {
        let named = keywords.iter().find_map(|keyword| call.keyword(keyword)).map(|arg| &arg.value);
        named.or_else(|| call.positional(n))
    };
    if func.starts_with("itsdangerous.") && SIGNERS.contains(&last) {
        return Some((argument(0, &["secret_key"])?, KeyUse::Signed));
    }
    match func.as_str() {
        "jwt.encode" | "jwt.decode" | "jose.jwt.encode" | "jose.jwt.decode" | "jwt.api_jwt.encode" => {
            Some((argument(1, &["key"])?, KeyUse::Token))
        }
        "authlib.jose.jwt.encode" => Some((argument(2, &["key"])?, KeyUse::Token)),
        "authlib.jose.jwt.decode" => Some((argument(1, &["key"])?, KeyUse::Token)),
        "cryptography.fernet.Fernet" => Some((argument(0, &["key"])?, KeyUse::Encrypted)),
        "hmac.new" | "hmac.digest" | "hmac.HMAC" => Some((argument(0, &["key"])?, KeyUse::Hmac)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::python::{parse, walk_exprs};

    fn uses(text: &str) -> Vec<(String, KeyUse)> {
        let module = parse(text).unwrap();
        let names = Names::of(&module);
        let mut found = Vec::new();
        walk_exprs(&module.body, &mut |expr| {
            if let Some((key, purpose)) = expr.as_call().and_then(|call| key_argument(call, &names)) {
                found.push((key.span.of(text).to_owned(), purpose));
            }
        });
        found
    }

    #[test]
    fn keys_are_found_by_library_and_place() {
        for (text, key, purpose) in [
            ("import jwt\njwt.encode(data, K, algorithm='HS256')", "K", KeyUse::Token),
            ("from jose import jwt as t\nt.decode(token, key=K)", "K", KeyUse::Token),
            ("from itsdangerous import URLSafeTimedSerializer as S\nS(K, salt='x')", "K", KeyUse::Signed),
            ("import itsdangerous\nitsdangerous.TimestampSigner(secret_key=K)", "K", KeyUse::Signed),
            ("from cryptography.fernet import Fernet\nFernet(K)", "K", KeyUse::Encrypted),
            ("import hmac\nhmac.new(K, body, 'sha256')", "K", KeyUse::Hmac),
        ] {
            assert_eq!(uses(text), [(key.to_owned(), purpose)], "{text}");
        }
        assert!(uses("import json\njson.dumps(data, K)\nSigner(K)\njwt.get_unverified_header(t)").is_empty());
    }
}
