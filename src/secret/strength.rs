//! How easily a signing key can be guessed.

use super::Secret;

/// Below this many characters a signing key is called short.
pub const SHORT: usize = 16;

/// Values that stand in tutorials, templates and word lists; compared in lower case without
/// separators.
const WELL_KNOWN: &[&str] = &[
    "dev",
    "development",
    "devkey",
    "developmentkey",
    "secret",
    "secretkey",
    "mysecret",
    "mysecretkey",
    "supersecret",
    "supersecretkey",
    "verysecret",
    "verysecretkey",
    "topsecret",
    "changeme",
    "changethis",
    "changemeplease",
    "default",
    "password",
    "test",
    "testing",
    "testkey",
    "hardtoguessstring",
    "hardtoguess",
    "youwillneverguess",
    "key",
    "flask",
    "notsosecret",
    "insecure",
    "thisisasecret",
    "thisissecret",
    "thisisasecretkey",
    "asecretkey",
    "random",
    "randomstring",
    "randomkey",
    "s3cr3t",
    "s3cret",
    "secretstring",
    "yoursecretkey",
    "yoursecretkeyhere",
    "somesecretkey",
    "temporary",
    "keepitsecret",
    "keepitsecretkeepitsafe",
    "foobar",
    "foobarbaz",
    "abc123",
    "admin",
    "devsecretkey",
    "devsecret",
];

/// What a judge of keys says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    WellKnown,
    Short,
    Ordinary,
}

/// Judges a key by its value alone.
pub fn judge(secret: &Secret) -> Strength {
    let plain: String = secret.expose().chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if WELL_KNOWN.contains(&plain.as_str()) {
        Strength::WellKnown
    } else if secret.expose().chars().count() < SHORT {
        Strength::Short
    } else {
        Strength::Ordinary
    }
}

/// Whether a value only stands in for a key: empty, `<your key>`, `{{ key }}`, `xxxx`.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    if value.is_empty()
        || value.contains("{{")
        || value.contains("${")
        || (value.starts_with('{') && value.ends_with('}'))
    {
        return true;
    }
    (value.starts_with('<') && value.ends_with('>'))
        || (value.starts_with("%(") && value.ends_with(")s"))
        || value.chars().all(|c| matches!(c, 'x' | 'X' | '*' | '.' | '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judged_by_value() {
        assert_eq!(judge(&Secret::from("hard to guess string")), Strength::WellKnown);
        assert_eq!(judge(&Secret::from("Super-Secret_KEY")), Strength::WellKnown);
        assert_eq!(judge(&Secret::from("zT5!aa")), Strength::Short);
        assert_eq!(judge(&Secret::from("correct horse battery staple")), Strength::Ordinary);
    }

    #[test]
    fn placeholders() {
        for value in ["", "{{ secret }}", "{flask_secret_key}", "<your key>", "xxxx", "${KEY}"] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(!is_placeholder("dev"));
    }
}
