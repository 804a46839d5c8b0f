//! Why a value may be no secret: what its look and its places say. A doubtful value is graded
//! low and listed apart, never left out.

use crate::facts::files::FileRole;
use crate::secret::Secret;
use crate::secret::strength::{self, Strength, is_placeholder};
use crate::text::RepoPath;

/// Why a value may be no secret; the stronger doubt last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A word that anybody guesses (`dev`, `postgres`): it protects nothing, where it is real.
    Word,
    /// It only stood in documentation.
    Docs,
    /// It only stood in examples and samples.
    Example,
    /// It only stood in what tests or continuous integration run.
    Test,
    /// It stands in for a value: `<your key>`, `changeme`, `xxxx`.
    Placeholder,
}

impl Doubt {
    /// `stands in for a value`, for reports.
    pub const fn words(self) -> &'static str {
        match self {
            Doubt::Word => "a word that is easily guessed",
            Doubt::Docs => "only in documentation",
            Doubt::Example => "only in examples",
            Doubt::Test => "only in tests",
            Doubt::Placeholder => "a placeholder",
        }
    }
}

/// The doubt that a place raises.
pub fn of_path(path: &RepoPath) -> Option<Doubt> {
    // What documentation is built into.
    let built = path.parent().components().any(|dir| matches!(dir, "_sources" | "mkdocs" | "_build"));
    if built { Some(Doubt::Docs) } else { of_role(crate::repo::role(path)) }
}

fn of_role(role: FileRole) -> Option<Doubt> {
    match role {
        FileRole::Test | FileRole::Ci => Some(Doubt::Test),
        FileRole::Example | FileRole::Template => Some(Doubt::Example),
        FileRole::Docs => Some(Doubt::Docs),
        FileRole::Source | FileRole::Migration | FileRole::Vendored => None,
    }
}

/// Parts of values that stand in for others, compared without separators in lower case.
const STANDING_IN: &[&str] = &[
    "changeme",
    "changethis",
    "changeit",
    "pleasechange",
    "replaceme",
    "replacethis",
    "replacewith",
    "yoursecret",
    "yourkey",
    "yourpassword",
    "yourtoken",
    "yourapikey",
    "yourown",
    "yourclient",
    "yourvalue",
    "inserthere",
    "insertyour",
    "putyour",
    "enteryour",
    "setyour",
    "setme",
    "fillme",
    "fillin",
    "goeshere",
    "placeholder",
    "somesecret",
    "somepassword",
    "notasecret",
    "notasecurekey",
    "donotuse",
    "dontuse",
    "dummy",
    "fakekey",
    "fakesecret",
    "example",
    "redacted",
    "todo",
    "generatea",
    "keyhere",
    "secrethere",
    "passwordhere",
    "tokenhere",
    "somethingrandom",
    "makethis",
    "pickabetter",
    "insecure",
    "notsecure",
    "fakepass",
];

/// Passwords that stand in compose files and tutorials.
const WORDS: &[&str] = &[
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "root",
    "toor",
    "user",
    "username",
    "guest",
    "redis",
    "rabbitmq",
    "rabbit",
    "mongo",
    "mongodb",
    "pass",
    "passwd",
    "pwd",
    "pw",
    "app",
    "web",
    "db",
    "dbpass",
    "dbpassword",
    "demo",
    "docker",
    "celery",
    "token",
    "none",
    "null",
    "empty",
    "local",
    "localhost",
    "password1",
    "password123",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "qwerty",
    "letmein",
    "minio",
    "minioadmin",
    "vagrant",
    "ubuntu",
];

/// The doubt that the look of a value raises, given what it is called.
pub fn of_value(key: &str, value: &str) -> Option<Doubt> {
    let plain: String = value.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let name: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if is_placeholder(value)
        || (plain.len() <= 60 && STANDING_IN.iter().any(|part| plain.contains(part)))
        || plain.starts_with("12345678")
        || plain.starts_with("abcdefgh")
        || (plain.starts_with("your") && plain.len() < 40)
        || repeats(&plain)
        || is_capital_name(value)
    {
        return Some(Doubt::Placeholder);
    }
    let guessed = strength::judge(&Secret::from(value)) == Strength::WellKnown
        || WORDS.contains(&plain.as_str())
        || plain == name
        || (plain.len() >= 4 && name.contains(&plain))
        || (plain.len() <= 8 && plain.bytes().all(|byte| byte.is_ascii_lowercase()) && plain.len() == value.len())
        || is_of_words(&plain);
    guessed.then_some(Doubt::Word)
}

/// `SECRET_KEY_VALUE`: the name of a value.
fn is_capital_name(value: &str) -> bool {
    value.contains('_') && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Words of which passwords are made that nobody has to guess.
const PARTS: &[&str] = &[
    "password", "passwd", "pass", "secret", "secure", "super", "very", "random", "string", "key", "token", "test",
    "admin", "user", "root", "my", "the", "dev", "default", "best", "some", "good", "long", "app", "flask", "api",
    "db", "for", "is", "a",
];

/// `veryverysecret`, `my-test-key`: nothing but such words.
fn is_of_words(plain: &str) -> bool {
    let mut rest = plain;
    while !rest.is_empty() {
        match PARTS.iter().filter(|part| rest.starts_with(**part)).max_by_key(|part| part.len()) {
            Some(part) => rest = &rest[part.len()..],
            None => break,
        }
    }
    !plain.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()) && rest.len() <= 4
}

/// `aaaaaaa`, `1111`.
fn repeats(plain: &str) -> bool {
    let mut bytes = plain.bytes();
    let first = bytes.next();
    plain.len() >= 3 && bytes.all(|byte| Some(byte) == first)
}

/// Whether nobody chooses the same value by chance: long, and not made of one kind of sign.
pub fn is_distinctive(value: &str) -> bool {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |byte| !byte.is_ascii_alphanumeric()];
    let used = kinds.iter().filter(|kind| value.bytes().any(|byte| kind(&byte))).count();
    let length = value.chars().count();
    length >= 20 || (length >= 12 && used >= 2) || (length >= 8 && used >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_in_for_others() {
        for value in [
            "<your key>",
            "CHANGE_ME_PLEASE",
            "your-secret-key",
            "xxxxxxxx",
            "replace-me",
            "000000",
            "${KEY}",
            "SECRET_KEY_VALUE",
        ] {
            assert_eq!(of_value("SECRET_KEY", value), Some(Doubt::Placeholder), "{value}");
        }
        for (key, value) in [
            ("POSTGRES_PASSWORD", "postgres"),
            ("SECRET_KEY", "dev"),
            ("MAIL_PASSWORD", "Password"),
            ("X_PASSWORD", "veryverysecret"),
        ] {
            assert_eq!(of_value(key, value), Some(Doubt::Word), "{value}");
        }
        for value in ["correct horse battery staple", "tr0ub4dor&3", "9f86d081884c7d65", "hunter2", "SuperMario64World"]
        {
            assert_eq!(of_value("MAIL_PASSWORD", value), None, "{value}");
        }
    }

    #[test]
    fn what_is_not_chosen_twice_by_chance() {
        for value in ["tr0ub4dor&3", "9f86d081884c7d65", "correct horse battery staple"] {
            assert!(is_distinctive(value), "{value}");
        }
        for value in ["admin", "production", "password", "hunter2", "secret-key"] {
            assert!(!is_distinctive(value), "{value}");
        }
    }
}
