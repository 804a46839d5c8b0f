//! Which names are looked for, and how their mentions are found fast.

use std::sync::LazyLock;

use regex::Regex;

use crate::facts::credential_names;

/// What a name says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A key that signs: whatever text it is given is the key.
    Signing,
    /// A secret by its name: the value must look like one.
    Secret,
}

/// Settings of which any text is the value.
const SIGNING: &[&str] = &["SECRET_KEY", "JWT_SECRET_KEY", "WTF_CSRF_SECRET_KEY", "SECURITY_PASSWORD_SALT"];
/// What a name says; `None` for names that are not looked for. Names in lower case count as
/// those in capitals.
pub fn named(name: &str) -> Option<Named> {
    let upper = name.to_ascii_uppercase().replace(['-', '.'], "_");
    if SIGNING.contains(&upper.as_str()) {
        return Some(Named::Signing);
    }
    // `_PASSWORD = "PasswordBox"`: a name of the program's own.
    if upper.starts_with('_') {
        return None;
    }
    let secret = credential_names::head(name).is_some()
        || credential_names::is_signing_key(name)
        || upper.ends_with("SECRET_KEY")
        || upper.ends_with("PASSWORD_SALT");
    secret.then_some(Named::Secret)
}

/// An address with a password: group 1 is the scheme, 2 the user, 3 the password, 4 the host.
pub(super) static URL_PASSWORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\b([A-Za-z][A-Za-z0-9+.-]{1,30})://([^\s:/@"'<>{}]{0,64}):([^\s/@"'<>]{1,128})@([^\s/:@"'<>]+)"#).ok()
});

/// Texts of which one stands in every name that is looked for, or in an address with a password:
/// what [`named`] knows besides is too rare to be read for.
pub(super) static MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"SECRET|secret|PASSW|passw|_PASS|_pass|_PWD|_pwd|API_?KEY|api_?key|(?:ACCESS|PRIVATE|ENCRYPTION|SIGNING|AUTH|FERNET)_KEY|(?:access|private|encryption|signing|auth|fernet)_key|_TOKEN|_token|://[^\s:/@"'<>{}]{0,64}:[^\s/@"'<>]{1,128}@"#,
    )
    .ok()
});
/// The same for Python, where settings are written in capitals.
pub(super) static PYTHON_MENTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"SECRET|secret_key|PASSW|_PASS|_PWD|API_?KEY|(?:ACCESS|PRIVATE|ENCRYPTION|SIGNING|AUTH|FERNET)_KEY|_TOKEN|://[^\s:/@"'<>{}]{0,64}:[^\s/@"'<>]{1,128}@"#,
    )
    .ok()
});

/// Whether a value can be what a name that sounds secret promises: one word that is no path, no
/// name of something else and no switch.
pub fn is_plausible(value: &str) -> bool {
    let length = value.chars().count();
    if !(4..=512).contains(&length) || value.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    let word = value.to_ascii_lowercase();
    let switch = matches!(word.as_str(), "none" | "null" | "true" | "false" | "undefined" | "string" | "required");
    let path = value.starts_with(['/', '.', '~', '@', '#', '$', '%', '&', '*', '!']) && value.contains(['/', '{', '(']);
    let address = value.contains("://");
    // `MAIL_PASSWORD`, `X-Api-Key`, `alias/auth`: a name, not a value.
    let parts: Vec<&str> = value.split(['_', '-', '.', '/', ':']).filter(|part| !part.is_empty()).collect();
    let name = parts.len() > 1 && parts.iter().all(|part| is_word(part));
    let code = value.contains(['(', '{', '<']) || value.starts_with("$") || value.starts_with("Bearer");
    !switch && !path && !address && !name && !code
}

/// `word`, `Word` or `WORD`.
fn is_word(part: &str) -> bool {
    let tail = part.get(1..).unwrap_or("");
    let lower = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
    part.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (lower(tail) || part.bytes().all(|byte| byte.is_ascii_uppercase()))
}

/// Whether a value is a key by its look: long, without spaces, of letters and digits.
pub fn looks_random(value: &str) -> bool {
    value.len() >= 12
        && !value.contains(|c: char| c.is_whitespace())
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_looked_for() {
        for name in ["SECRET_KEY", "secret_key", "JWT_SECRET_KEY"] {
            assert_eq!(named(name), Some(Named::Signing), "{name}");
        }
        for name in ["MAIL_PASSWORD", "GITHUB_CLIENT_SECRET", "FLASK_SECRET_KEY", "db.password", "STRIPE_API_KEY"] {
            assert_eq!(named(name), Some(Named::Secret), "{name}");
        }
        for name in [
            "RECAPTCHA_PUBLIC_KEY",
            "PASSWORD_LENGTH",
            "SECURITY_RESET_PASSWORD",
            "PRIMARY_KEY",
            "TOKEN_URL",
            "_PASSWORD",
        ] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn values_a_secret_can_have() {
        for value in ["hunter2", "tr0ub4dor&3", "9f86d081884c7d65", "p4ss-w0rd", "AKIAsomething"] {
            assert!(is_plausible(value), "{value}");
        }
        for value in [
            "abc",
            "two words",
            "None",
            "/run/secrets/db",
            "X-Api-Key",
            "MAIL_PASSWORD",
            "app.auth.token",
            "alias/auth",
        ] {
            assert!(!is_plausible(value), "{value}");
        }
    }

    #[test]
    fn the_mention_is_in_every_name() {
        let mention = MENTION.as_ref().unwrap();
        const ENDS: &[&str] = &[
            "SECRET_KEY",
            "_SECRET",
            "PASSWORD",
            "PASSWD",
            "_PASS",
            "_PWD",
            "PASSWORD_SALT",
            "API_KEY",
            "APIKEY",
            "ACCESS_KEY",
            "PRIVATE_KEY",
            "ENCRYPTION_KEY",
            "SIGNING_KEY",
            "AUTH_KEY",
            "FERNET_KEY",
            "_TOKEN",
        ];
        for end in ENDS {
            assert!(named(&format!("SHOP{end}")).is_some() || named(&format!("SHOP_{end}")).is_some(), "{end}");
            assert!(mention.is_match(&format!("X{end}")), "{end}");
            assert!(mention.is_match(&format!("x{}", end.to_ascii_lowercase())), "{end}");
            assert!(PYTHON_MENTION.as_ref().unwrap().is_match(&format!("X{end}")), "{end}");
        }
        assert!(mention.is_match("postgres://me:hush@db/x"));
    }
}
