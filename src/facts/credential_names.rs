//! Which names say that their value is a credential: the one list, for the files and for history.
//! What counts is the head of the name, the thing it names: `MAIL_PASSWORD` is a password,
//! `PASSWORD_FIELD` is a field.

/// What a name says its value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Head {
    Password,
    Secret,
    Token,
    Key,
}

impl Head {
    pub const fn noun(self) -> &'static str {
        match self {
            Head::Password => "password",
            Head::Secret => "secret",
            Head::Token => "token",
            Head::Key => "key",
        }
    }
}

/// Words behind the head that do not change what is named.
const TAILS: &[&str] = &[
    "dev",
    "development",
    "prod",
    "production",
    "test",
    "testing",
    "staging",
    "stage",
    "live",
    "local",
    "default",
    "value",
    "b64",
    "base64",
    "str",
    "string",
    "hex",
    "plain",
    "v1",
    "v2",
    "old",
    "new",
    "primary",
    "secondary",
    "main",
];
/// Words that make the whole another thing: a message, a field, a switch, an action.
const OTHER_THINGS: &[&str] = &[
    "forgot",
    "forgotten",
    "reset",
    "change",
    "changed",
    "update",
    "updated",
    "invalid",
    "wrong",
    "incorrect",
    "bad",
    "missing",
    "no",
    "not",
    "confirm",
    "confirmation",
    "repeat",
    "retype",
    "verify",
    "show",
    "hide",
    "toggle",
    "require",
    "required",
    "requires",
    "need",
    "needs",
    "has",
    "is",
    "use",
    "uses",
    "set",
    "get",
    "check",
    "validate",
    "expired",
    "expire",
    "revoke",
    "revoked",
    "create",
    "generate",
    "empty",
    "weak",
    "enter",
    "save",
    "send",
    "request",
    "lost",
    "hashed",
    "encrypted",
    "public",
    "publishable",
    "max",
    "min",
    "csrf",
    "xsrf",
    "page",
    "next",
    "continuation",
    "field",
    "label",
    "error",
    "msg",
    "message",
    "title",
    "help",
    "hint",
    "placeholder",
    "text",
    "column",
    "unusable",
    "cancel",
    "regenerate",
    "delete",
    "remove",
    "add",
    "edit",
    "manage",
    "minimum",
    "maximum",
    "allow",
    "enable",
    "disable",
    "unique",
    "sort",
    "cache",
    "sentinel",
    "by",
    "with",
    "without",
    "for",
    "to",
    "of",
    "or",
    "and",
    "if",
    "form",
    "input",
    "param",
    "header",
    "grant",
    "type",
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "cls",
    "sep",
    "stop",
    "start",
    "end",
    "lexer",
    "identifier",
    "sync",
    "docs",
    "url",
    "route",
    "endpoint",
    "view",
    "action",
    "event",
    "permission",
    "scope",
    "existing",
    "enforce",
    "current",
    "any",
    "each",
    "all",
    "sample",
    "hash",
    "regex",
    "pattern",
    "prefix",
    "suffix",
    "example",
];
/// Words in front of `key` that make it a credential.
const KEYS: &[&str] = &[
    "api",
    "access",
    "private",
    "auth",
    "authentication",
    "encryption",
    "encrypt",
    "crypto",
    "cipher",
    "aes",
    "fernet",
    "signing",
    "sign",
    "signature",
    "service",
    "account",
    "master",
    "admin",
    "license",
    "client",
    "consumer",
    "app",
    "application",
    "write",
    "jwt",
    "hmac",
    "webhook",
    "ssh",
    "deploy",
    "storage",
    "subscription",
    "secret",
    "session",
    "cookie",
    "bot",
    "server",
];
/// In front of a password: a service with users.
const SERVICES: &[&str] = &[
    "mail",
    "email",
    "smtp",
    "imap",
    "db",
    "database",
    "sql",
    "mysql",
    "mariadb",
    "postgres",
    "postgresql",
    "pg",
    "pgsql",
    "mssql",
    "oracle",
    "mongo",
    "mongodb",
    "redis",
    "rabbit",
    "rabbitmq",
    "amqp",
    "broker",
    "celery",
    "ftp",
    "sftp",
    "ssh",
    "ldap",
    "admin",
    "root",
    "superuser",
    "su",
    "elastic",
    "elasticsearch",
    "neo4j",
    "influx",
    "influxdb",
    "grafana",
    "minio",
    "keycloak",
    "kafka",
    "wifi",
    "proxy",
    "vpn",
    "jenkins",
    "docker",
    "registry",
    "couchdb",
    "cassandra",
    "memcached",
    "flower",
    "pgadmin",
    "basic",
    "sudo",
];

/// What the value of this name is, where it is a credential.
pub(in crate::facts) fn head(name: &str) -> Option<Head> {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if signs(&words) {
        return None;
    }
    let mut rest = words.as_slice();
    while let [front @ .., last] = rest
        && !front.is_empty()
        && (TAILS.contains(last) || last.bytes().all(|b| b.is_ascii_digit()))
    {
        rest = front;
    }
    let (last, front) = rest.split_last()?;
    let before = front.last().copied();
    if front.iter().any(|word| OTHER_THINGS.contains(word)) {
        return None;
    }
    match *last {
        "password" | "passwd" | "passphrase" | "passwort" => Some(Head::Password),
        "pass" | "pwd" | "pw" if before.is_some() => Some(Head::Password),
        "pwd" => Some(Head::Password),
        "secret" | "secretkey" => Some(Head::Secret),
        "token" | "authtoken" | "accesstoken" | "pat" if *last != "pat" || before.is_some() => Some(Head::Token),
        "apikey" | "accesskey" | "authkey" | "apitoken" | "privatekey" => Some(Head::Key),
        "key" => match before? {
            "secret" | "signing" | "jwt" | "hmac" | "session" | "cookie" => Some(Head::Secret),
            word => KEYS.contains(&word).then_some(Head::Key),
        },
        _ => None,
    }
}

/// Whether a name is a password of something with users, so that a plain word is a password too.
pub(in crate::facts) fn names_service(name: &str) -> bool {
    words(name).iter().any(|word| SERVICES.contains(&word.as_str()))
}

/// Whether a text names an administrator: `admin`, `admin@shop.io`, `Administrator`.
pub(in crate::facts) fn says_admin(text: &str) -> bool {
    const WORDS: &[&str] = &["admin", "administrator", "root", "superuser", "superadmin", "sysadmin"];
    text.len() <= 64 && words(text).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// Whether a name is one of Flask's own signing keys: the rules of threat 1 speak of them.
pub(in crate::facts) fn is_signing_key(name: &str) -> bool {
    let words = words(name);
    signs(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn signs(words: &[&str]) -> bool {
    matches!(
        words,
        ["secret", "key"]
            | ["flask" | "app" | "jwt" | "session" | "application" | "my", "secret", "key"]
            | ["wtf", "csrf", "secret", "key"]
            | ["csrf", "secret", "key"]
            | ["csrf", "session", "key"]
            | ["flask", "app", "secret", "key"]
    )
}

/// The words of a name, in lower case: at `_`, `-`, `.`, and where a capital follows a small letter.
pub(in crate::facts) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut last_small = false;
    for c in name.chars() {
        let ends = !c.is_alphanumeric() || (c.is_ascii_uppercase() && last_small);
        if ends && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        last_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_decides() {
        for (name, expected) in [
            ("MAIL_PASSWORD", Some(Head::Password)),
            ("db_pass", Some(Head::Password)),
            ("DB_PASSWORD_PROD", Some(Head::Password)),
            ("clientSecret", Some(Head::Secret)),
            ("AWS_SECRET_KEY", Some(Head::Secret)),
            ("JWT_SECRET", Some(Head::Secret)),
            ("openaiApiKey", Some(Head::Key)),
            ("ACCESS_TOKEN", Some(Head::Token)),
            ("SECRET_KEY", None),
            ("PASSWORD_FIELD", None),
            ("FORGOT_PASSWORD", None),
            ("TOKEN_EXPIRES", None),
            ("PRIMARY_KEY", None),
            ("csrf_token", None),
            ("pass", None),
            ("SECRET_NAME", None),
            ("password_hash", None),
            ("PUBLIC_KEY", None),
        ] {
            assert_eq!(head(name), expected, "{name}");
        }
        assert_eq!(words("someAPIKey2_x.y"), ["some", "apikey2", "x", "y"]);
    }
}
