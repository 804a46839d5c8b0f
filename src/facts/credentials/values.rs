//! What a value says of itself: a template, a stand-in, a word every list has, or something that
//! was made to be secret.

use crate::facts::patterns::bits_per_character;
use crate::secret::Secret;
use crate::secret::strength::{self, Strength};

/// Passwords of images, tutorials and the top of every word list; lower case, letters and digits.
const WELL_KNOWN: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "passw0rd",
    "p4ssw0rd",
    "root",
    "toor",
    "admin",
    "administrator",
    "guest",
    "user",
    "postgres",
    "postgresql",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "mongodb",
    "rabbitmq",
    "rabbit",
    "minio",
    "minioadmin",
    "elastic",
    "neo4j",
    "test",
    "testing",
    "testpass",
    "testpassword",
    "pass123",
    "password1",
    "password123",
    "admin123",
    "admin1234",
    "root123",
    "test123",
    "user123",
    "qwerty",
    "letmein",
    "welcome",
    "secret",
    "secret123",
    "default",
    "changeme",
    "changeit",
    "example",
    "examplepassword",
    "foobar",
    "flask",
    "dev",
    "devpass",
    "devpassword",
    "develop",
    "localpassword",
    "dbpassword",
    "mypassword",
    "mysecret",
    "mysecretpassword",
    "toto",
    "superset",
    "airflow",
    "keycloak",
    "grafana",
    "docker",
    "local",
    "development",
    "app",
    "web",
    "abc123",
    "iloveyou",
    "monkey",
    "dragon",
    "master",
    "hello",
    "helloworld",
    "sqlpass",
    "dbpass",
    "rootpassword",
    "rootpass",
    "adminpass",
    "adminpassword",
    "userpassword",
    "postgrespassword",
    "supersecret",
    "supersecretpassword",
    "topsecret",
    "cat",
    "dog",
    "12345",
    "passpass",
    "passwordpassword",
    "verysecret",
    "somepassword",
    "anypassword",
    "fakepassword",
    "public",
    "private",
    "system",
    "demo",
    "sample",
    "temp",
    "tmp",
];

/// Whether a value is filled in later: `${PASSWORD}`, `{{ password }}`, `%s`, `<password>`.
pub(super) fn is_template(value: &str) -> bool {
    let value = value.trim();
    let starts = ["$", "%(", "{", "<", "ENC[", "op://", "vault:", "arn:", "env:", "env(", "secret:", "["];
    // A tag, an alias or an anchor; a password may begin so as well.
    let tag = value.starts_with(['!', '*', '@', '&']) && !is_strong(value);
    let holds =
        ["{{", "${", "$(", "<%", "%s", "%d", "%(", "#{", "os.environ", "getenv", "process.env", "{}", "secrets.", "%{"];
    starts.iter().any(|start| value.starts_with(start) && value.len() > start.len())
        || tag && value.len() > 1
        || holds.iter().any(|part| value.contains(part))
        || value.contains('{') && value.contains('}')
}

/// Whether a value only stands in for one: `your-api-key`, `change-me`, `xxxx`.
pub(super) fn is_placeholder(value: &str) -> bool {
    if strength::is_placeholder(value) {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let starts = [
        "your",
        "my-",
        "my_",
        "change",
        "replace",
        "insert",
        "enter",
        "put",
        "add-",
        "add_",
        "some",
        "the_",
        "fill",
        "todo",
        "tbd",
        "xxx",
        "dummy",
        "fake",
        "not-set",
        "notset",
        "unset",
        "not_set",
        "not-a",
        "not_a",
        "notasecret",
        "example",
        "sample",
        "placeholder",
    ];
    let holds = [
        "your_",
        "your-",
        "yourpass",
        "placeholder",
        "example",
        "redacted",
        "changeme",
        "change-me",
        "change_me",
        "change-this",
        "changethis",
        "-here",
        "_here",
        "goes here",
        "xxxx",
        "dummy",
        "not-real",
        "notreal",
        "...",
        "****",
        "todo",
        "replace",
        "goeshere",
        "keyhere",
        "insecure",
    ];
    starts.iter().any(|start| lower.starts_with(start)) || holds.iter().any(|part| lower.contains(part))
}

/// Whether it is the hash of a password, which opens nothing by itself.
pub(super) fn is_hash(value: &str) -> bool {
    let starts = [
        "pbkdf2:",
        "pbkdf2_",
        "scrypt:",
        "sha256$",
        "sha512$",
        "sha1$",
        "md5$",
        "$2",
        "$5$",
        "$6$",
        "$1$",
        "$argon2",
        "argon2",
        "bcrypt",
        "{SHA",
        "{SSHA",
        "SCRAM-SHA",
    ];
    starts.iter().any(|start| value.starts_with(start))
}

/// Whether it is a digest in hex. A key of a service has this look as well: only beside an account
/// it is the hash of a password.
pub(super) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 64 | 96 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// MD5 and SHA-1 of the first words of every list, which a look at a search engine turns back.
const WELL_KNOWN_DIGESTS: &[&str] = &[
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "21232f297a57a5a743894a0e4a801fc3",
    "e10adc3949ba59abbe56e057f20f883e",
    "0192023a7bbd73250516f069df18b500",
    "482c811da5d5b4bc6d497ffa98491e38",
    "25d55ad283aa400af464c76d713c07ad",
    "63a9f0ea7bb98050796b649e85481845",
    "098f6bcd4621d373cade4e832627b4f6",
    "5ebe2294ecd0e0f08eab7690d2a6ee69",
    "81dc9bdb52d04dc20036dbd8313ed055",
    "d8578edf8458ce06fbc5bb76a58c5ca4",
    "0d107d09f5bbe40cade3de5c71e9e9b7",
    "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
    "d033e22ae348aeb5660fc2140aec35850c4da997",
    "7c4a8d09ca3762af61e59520943dc26494f8941b",
    "f865b53623b121fd34ee5426c792e5c33af8c227",
    "cbfdac6008f9cab4083784cbd1874f76618d2a97",
    "7c222fb2927d828af22f592134e8932480637c0d",
    "dc76e9f0c0006e8f919e0c515c66dbba3982f785",
    "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4",
    "7110eda4d09e062aa5e4a390b0a572ac0d2c0220",
    "b1b3773a05c0ed0176787a4f1574ff0075f7521e",
    "b7a875fc1ea228b9061041b7cec4bd3c52ab3ce3",
];

/// Whether it is the digest of a word that every list of passwords has.
pub(super) fn is_well_known_digest(value: &str) -> bool {
    WELL_KNOWN_DIGESTS.contains(&value.to_ascii_lowercase().as_str())
}

/// Whether it is a word that every list of passwords has.
pub(super) fn is_well_known(value: &str) -> bool {
    let plain = plain(value);
    WELL_KNOWN.contains(&plain.as_str())
        || strength::judge(&Secret::from(value)) == Strength::WellKnown
        || "12345678901234567890".starts_with(&plain) && plain.len() >= 3
        || plain.bytes().all(|b| Some(&b) == plain.as_bytes().first())
}

/// What the form of an address has for a password.
pub(super) fn is_stand_in(password: &str) -> bool {
    let words = [
        "password",
        "pass",
        "passwd",
        "pwd",
        "pw",
        "secret",
        "pswd",
        "passw",
        "psw",
        "mypassword",
        "mypass",
        "dbpass",
        "dbpassword",
        "token",
        "key",
        "apikey",
        "apitoken",
        "p",
        "pword",
        "authtoken",
    ];
    words.contains(&plain(password).as_str()) || is_placeholder(password)
}

/// What the form of an address has for a user.
pub(super) fn is_stand_in_user(user: &str) -> bool {
    let words = [
        "",
        "user",
        "username",
        "usr",
        "login",
        "name",
        "dbuser",
        "me",
        "uname",
        "u",
        "myuser",
        "account",
        "id",
        "key",
        "foo",
        "userid",
        "dbusername",
    ];
    words.contains(&plain(user).as_str()) || is_placeholder(user)
}

/// Letters and digits in lower case.
pub(super) fn plain(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether somebody took care to make it hard to guess.
pub(super) fn is_strong(value: &str) -> bool {
    let classes = classes(value);
    let bits = bits_per_character(value);
    !value.contains(char::is_whitespace)
        && !reads_as_words(value)
        && (value.len() >= 8 && classes >= 3 && bits >= 2.5 || value.len() >= 12 && classes >= 2 && bits >= 3.0)
}

/// Whether a machine made it: long, mixed and without words.
pub(super) fn is_random(value: &str) -> bool {
    value.len() >= 16
        && !value.contains(char::is_whitespace)
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && bits_per_character(value) >= 3.0
        && !reads_as_words(value)
        && !is_uuid(value)
}

fn classes(value: &str) -> usize {
    let classes: [fn(char) -> bool; 4] =
        [|c| c.is_lowercase(), |c| c.is_uppercase(), |c| c.is_ascii_digit(), |c| c.is_ascii_punctuation()];
    classes.iter().filter(|class| value.chars().any(**class)).count()
}

/// `access_token`, `X-Api-Key`, `app.auth.token`, `user2-name`: words and separators, at most a
/// short number at the end of one.
pub(super) fn reads_as_words(value: &str) -> bool {
    let word = |part: &str| {
        let letters = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = part.len() - letters.len();
        let tail = letters.get(1..).unwrap_or("");
        let one_case = tail.bytes().all(|b| b.is_ascii_lowercase()) || letters.bytes().all(|b| b.is_ascii_uppercase());
        digits <= 2 && letters.len() <= 16 && letters.bytes().all(|b| b.is_ascii_alphabetic()) && one_case
    };
    let parts: Vec<&str> = value.split(['_', '-', '.', ' ', ':', '/']).filter(|part| !part.is_empty()).collect();
    !parts.is_empty() && parts.iter().all(|part| word(part))
}

pub(super) fn is_uuid(value: &str) -> bool {
    let parts: Vec<usize> = value.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12] && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Whether a text cannot be a credential by its form: a path, a file, an address, a sentence,
/// markup, a colour, a word of the format.
pub(super) fn is_something_else(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let words = [
        "true",
        "false",
        "none",
        "null",
        "nil",
        "yes",
        "no",
        "on",
        "off",
        "required",
        "optional",
        "string",
        "str",
        "text",
        "undefined",
        "bearer",
        "basic",
        "header",
        "cookie",
        "query",
        "integer",
        "number",
        "boolean",
        "object",
        "hidden",
        "auto",
        "disabled",
        "enabled",
        "env",
        "environment",
        "unknown",
        "n/a",
        "token",
        "password_field",
        "varchar",
        "error",
        "missing",
        "notset",
        "not_set",
        "unset",
    ];
    let ends = [
        ".py", ".json", ".pem", ".key", ".txt", ".yml", ".yaml", ".html", ".env", ".crt", ".db", ".js", ".cfg", ".ini",
        ".toml", ".md", ".sh",
    ];
    words.contains(&lower.as_str())
        || value.starts_with(['/', '.', '~', '#', '(', '=', '>', '|', '\\', '?', '^'])
        || value.contains("://")
        || value.starts_with("data:")
        || ends.iter().any(|end| lower.ends_with(end))
        || value.contains(['<', '>', '\n', '\t'])
        || !value.is_ascii()
        || value.contains("(") && value.ends_with(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judged_by_form() {
        for value in ["access_token", "X-Api-Key", "reset-password", "Password", "app.auth.token2"] {
            assert!(reads_as_words(value), "{value}");
        }
        for value in ["hT4kq9w", "q8w7e6r5", "Zt-9xK_4bB1"] {
            assert!(!reads_as_words(value), "{value}");
        }
        for value in ["${X}", "{{ x }}", "<password>", "%(x)s", "{password}", "$1"] {
            assert!(is_template(value), "{value}");
        }
        for value in ["your-api-key", "change-me", "replace_this", "xxxx-xxxx", "put-key-here"] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["postgres", "Password123", "123456", "hard to guess string", "aaaa"] {
            assert!(is_well_known(value), "{value}");
        }
        assert!(is_strong("Tr0ub4dor&3") && !is_strong("Confirm-Password"));
        assert!(is_random("k3j4h5Qw9Zx7Lp2M") && !is_random("this-is-a-long-word-list"));
    }
}
