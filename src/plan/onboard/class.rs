//! What is to be done about one variable of an env file: made, copied, asked for, or switched off
//! for plain http. By its name, the example's value, and what the code does with it.

use crate::facts::Facts;
use crate::facts::asked::Asked;
use crate::facts::secret_names::is_secret_name;
use crate::rules::secret_key::SIGNING_KEYS;
use crate::secret::strength;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// A new random value of this kind.
    Generate(Kind),
    /// The example's own text, empty or not.
    Copy,
    /// This text in place of the example's.
    Fixed(String),
    /// A person has to say it.
    Ask { secret: bool },
    /// The app does without it; a comment names it.
    Optional,
}

impl Need {
    /// As reports call it.
    pub const fn word(&self) -> &'static str {
        match self {
            Need::Generate(_) => "generate",
            Need::Copy | Need::Fixed(_) => "copy",
            Need::Ask { .. } => "ask",
            Need::Optional => "optional",
        }
    }
}

/// The form a new value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 64 hexadecimal digits.
    Hex,
    /// 32 bytes in URL-safe base64 with padding: what `Fernet` takes.
    Fernet,
    /// A JSON list with one value in it.
    JsonList,
}

/// One binding of an example.
pub(super) struct Given<'a> {
    pub(super) name: &'a str,
    pub(super) value: Option<&'a str>,
    pub(super) expands: bool,
    pub(super) asked: Option<&'a Asked>,
}

type Class = (Need, &'static str);

/// The class of a name that the example has.
pub(super) fn of_example(given: &Given<'_>) -> Class {
    let value = given.value.unwrap_or("").trim();
    let required = given.asked.is_some_and(|asked| asked.required);
    if is_cookie_flag(given.name) && is_on(value) {
        return (Need::Fixed(off_like(value)), "login works over plain http");
    }
    if is_own_key(given.name, given.asked) || (says_random(value) && holds_secret(given.name)) {
        if is_harmless(value) && !value.is_empty() {
            return (Need::Copy, "no key by its value");
        }
        return (Need::Generate(kind(given)), "signs or encrypts: must be random and yours alone");
    }
    if value.is_empty() || matches!(value, "null" | "None" | "none" | "\"\"" | "''") {
        return match required && value.is_empty() {
            true => (Need::Ask { secret: holds_secret(given.name) }, "the app does not start without it"),
            false => (Need::Copy, "empty in the example"),
        };
    }
    if given.expands {
        return (Need::Copy, "made of other values");
    }
    if let Some((_, rest)) = value.split_once("://") {
        return of_url(given.name, value, rest);
    }
    if holds_secret(given.name) && !is_harmless(value) {
        return match is_stand_in(value) {
            false if is_local_service(given.name) => (Need::Copy, "a service of this computer"),
            true => (Need::Ask { secret: true }, "a stand-in in the example"),
            false => (Need::Ask { secret: true }, "a credential: the example's is public"),
        };
    }
    if is_stand_in(value) && !value.contains('@') {
        return (Need::Ask { secret: false }, "a stand-in in the example");
    }
    (Need::Copy, "as in the example")
}

/// The class of a variable that only the code knows; `None` where it has its own default.
pub(super) fn of_code(asked: &Asked, facts: &Facts) -> Option<Class> {
    if is_cookie_flag(&asked.name) {
        return on_unset(asked, facts).then(|| (Need::Fixed("false".to_owned()), "login works over plain http"));
    }
    // Old keys are there only while a rotation goes on.
    if asked.default || asked.name.ends_with("SECRET_KEY_FALLBACKS") {
        return None;
    }
    let given = Given { name: &asked.name, value: None, expands: false, asked: Some(asked) };
    if is_own_key(&asked.name, Some(asked)) {
        return Some((Need::Generate(kind(&given)), "signs or encrypts: must be random and yours alone"));
    }
    Some(match asked.required {
        true => (Need::Ask { secret: holds_secret(&asked.name) }, "the app does not start without it"),
        false => (Need::Optional, "the app asks for it and does without"),
    })
}

/// Whether the app turns a cookie flag on where the variable is not set, and `false` turns it off.
fn on_unset(asked: &Asked, facts: &Facts) -> bool {
    facts.settings.iter().filter(|setting| setting.value.env().is_some_and(|read| read.name == asked.name)).any(
        |setting| {
            setting.value.truth_unset() == Some(true)
                && setting.value.truth(&|_| Some("false".to_owned())) == Some(false)
        },
    )
}

/// The form a new value of this name has.
pub(super) fn kind(given: &Given<'_>) -> Kind {
    let name = given.name.to_ascii_uppercase();
    let encrypts = name.contains("ENCRYPT") && given.asked.is_some_and(|asked| asked.fernet);
    let fernet = name.contains("FERNET") || encrypts;
    if given.value.is_some_and(|value| value.trim_start().starts_with('[')) {
        return Kind::JsonList;
    }
    if fernet { Kind::Fernet } else { Kind::Hex }
}

/// Whether the value of a name is a key or salt of the app's own, which nobody else knows.
fn is_own_key(name: &str, asked: Option<&Asked>) -> bool {
    let signs = |asked: &Asked| asked.settings.iter().any(|key| SIGNING_KEYS.contains(&key.as_str()));
    if asked.is_some_and(signs) {
        return true;
    }
    let name = name.to_ascii_uppercase();
    let name = name.strip_prefix("FLASK_").unwrap_or(&name);
    if THIRD_PARTIES.iter().any(|word| has_word(name, word)) {
        return false;
    }
    let ends = ["SECRET_KEY", "SECRET_KEYS", "PASSWORD_SALT", "_SALT", "SIGNING_KEY", "ENCRYPTION_KEY", "FERNET_KEY"];
    let whole = [
        "SECRET",
        "SALT",
        "APP_KEY",
        "APP_SECRET",
        "SESSION_SECRET",
        "SESSION_KEY",
        "COOKIE_SECRET",
        "CSRF_SECRET",
        "CSRF_KEY",
        "JWT_SECRET",
        "JWT_KEY",
        "TOKEN_SECRET",
        "FLASK_SECRET",
        "SECRET_TOKEN",
        "HASH_KEY",
        "HMAC_KEY",
    ];
    ends.iter().any(|end| name.ends_with(end)) || whole.contains(&name)
}

/// Words of names whose secrets somebody else gives out.
const THIRD_PARTIES: &[&str] = &[
    "STRIPE",
    "AWS",
    "S3",
    "GOOGLE",
    "GITHUB",
    "GITLAB",
    "FACEBOOK",
    "TWITTER",
    "LINKEDIN",
    "DISCORD",
    "SLACK",
    "RECAPTCHA",
    "HCAPTCHA",
    "TURNSTILE",
    "CAPTCHA",
    "MAIL",
    "MAILGUN",
    "SENDGRID",
    "TWILIO",
    "OAUTH",
    "OAUTH2",
    "OIDC",
    "OIDCPROVIDER",
    "CLIENT",
    "CONSUMER",
    "API",
    "AUTH0",
    "OKTA",
    "AZURE",
    "OPENAI",
    "PAYPAL",
    "PLAID",
    "SENTRY",
    "CLOUDINARY",
    "PUSHER",
    "ALGOLIA",
    "MAPBOX",
    "FIREBASE",
    "SUPABASE",
    "BRAINTREE",
    "SQUARE",
    "SHOPIFY",
    "ZOOM",
    "MINIO",
    "R2",
    "SPACES",
    "DO",
    "BUNNY",
    "TELEGRAM",
    "SPOTIFY",
    "DROPBOX",
    "CLERK",
    "COGNITO",
    "SAML",
    "WEBHOOK",
    "NOTIFY",
    "VAPID",
    "LDAP",
    "KEYCLOAK",
];

fn has_word(name: &str, word: &str) -> bool {
    name.split('_').any(|part| part == word)
}

/// Whether the value of a name is a secret: its last words say so. `JWT_TOKEN_LOCATION` and
/// `SECRET_NAME` speak of one without being one.
pub fn holds_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if ["PUBLIC_KEY", "PUBLISHABLE_KEY", "SITE_KEY", "KEY_ID", "SITEKEY"].iter().any(|end| upper.ends_with(end)) {
        return false;
    }
    let ends = [
        "KEY",
        "KEYS",
        "SECRET",
        "SECRETS",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "SALT",
        "CREDENTIALS",
        "CREDENTIAL",
        "DSN",
        "APIKEY",
        "PASSPHRASE",
    ];
    let last = upper.rsplit('_').next().unwrap_or(&upper);
    ends.contains(&last) || (is_secret_name(name) && ends.iter().any(|end| last.ends_with(end)))
}

/// Whether a person's own value for a name may be a secret, so that it is hidden while it is typed: a
/// database's address has its password in it.
pub(super) fn may_hold_secret(name: &str, value: Option<&str>) -> bool {
    let words = ["DATABASE", "DB", "POSTGRES", "POSTGRESQL", "MYSQL", "MONGO", "MONGODB", "REDIS", "BROKER", "AMQP"];
    let upper = name.to_ascii_uppercase();
    let address =
        ["URL", "URI"].iter().any(|end| upper.ends_with(end)) && words.iter().any(|word| has_word(&upper, word));
    let credential = value.and_then(|value| value.split_once("://")).is_some_and(|(_, rest)| {
        rest.split(['/', '?', '#']).next().and_then(|authority| authority.rsplit_once('@')).is_some()
    });
    holds_secret(name) || credential || address || upper.ends_with("DATABASE_URI")
}

/// Names of services that run beside the app, whose passwords are agreed on in the repository.
fn is_local_service(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let services = [
        "POSTGRES",
        "POSTGRESQL",
        "PG",
        "PGPASSWORD",
        "MYSQL",
        "MARIADB",
        "DB",
        "DATABASE",
        "REDIS",
        "MONGO",
        "RABBITMQ",
        "AMQP",
        "MINIO",
        "ELASTIC",
        "ELASTICSEARCH",
        "NEO4J",
        "COUCHDB",
        "INFLUXDB",
    ];
    upper.split('_').any(|part| services.contains(&part))
}

fn is_cookie_flag(name: &str) -> bool {
    ["SESSION_COOKIE_SECURE", "REMEMBER_COOKIE_SECURE"].iter().any(|flag| name.to_ascii_uppercase().ends_with(flag))
}

fn is_on(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y" | "t")
}

/// "Off" in the words of the example.
fn off_like(on: &str) -> String {
    let off = match on.to_ascii_lowercase().as_str() {
        "1" => "0",
        "on" => "off",
        "yes" => "no",
        "y" => "n",
        "t" => "f",
        _ => "false",
    };
    match on.chars().collect::<Vec<char>>().as_slice() {
        [first, second, ..] if first.is_uppercase() && second.is_uppercase() => off.to_ascii_uppercase(),
        [first, ..] if first.is_uppercase() => off[..1].to_ascii_uppercase() + &off[1..],
        _ => off.to_owned(),
    }
}

/// Whether a value is a switch or a number, whatever its name.
fn is_harmless(value: &str) -> bool {
    let switch = ["true", "false", "on", "off", "yes", "no", "null", "none"];
    switch.contains(&value.to_ascii_lowercase().as_str()) || value.parse::<f64>().is_ok() && value.len() < 12
}

fn says_random(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    is_stand_in(&value) && (value.contains("random") || value.contains("generate"))
}

/// Whether a value only stands in for one that a person has to put there.
pub(super) fn is_stand_in(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', ' ']);
    if strength::is_placeholder(value) || value.ends_with("...") || value.contains('<') && value.contains('>') {
        return true;
    }
    let plain: String = value.to_ascii_lowercase().chars().map(|c| if "-_ .".contains(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let has = |word: &str| words.contains(&word);
    let says = |part: &str| plain.contains(part);
    has("your")
        || plain.starts_with("your")
        || says("changeme")
        || says("change me")
        || says("change this")
        || says("changethis")
        || says("replace me")
        || says("replaceme")
        || says("replace with")
        || says("insert ")
        || says("xxxx")
        || says("placeholder")
        || says("make this something")
        || says("fill me")
        || says("put your")
        || (has("here") && words.len() > 1)
        || has("todo")
        || (words.len() > 2 && has("from"))
}

/// A value that is an address.
fn of_url(name: &str, value: &str, rest: &str) -> Class {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let has_password = user.is_some();
    if is_stand_in_address(rest, user, host) {
        return (Need::Ask { secret: has_password || holds_secret(name) }, "a stand-in in the example");
    }
    match (is_local(host), has_password) {
        (true, _) => (Need::Copy, "a service of this computer"),
        (false, true) => (Need::Ask { secret: true }, "an address with a credential"),
        (false, false) if holds_secret(name) && !value.starts_with("http") => {
            (Need::Ask { secret: true }, "a credential: the example's is public")
        }
        (false, false) => (Need::Copy, "as in the example"),
    }
}

fn is_stand_in_address(rest: &str, user: Option<&str>, host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let example = ["example.com", "example.org", "example.net"].iter().any(|known| name.ends_with(known));
    let user = user.unwrap_or("");
    let part = |part: &str| part.len() > 1 && is_stand_in(part);
    // `user:password@host/db` is how examples spell out what goes where.
    let spelt = matches!(user, "user:password" | "username:password" | "user:pass") && !is_local(host);
    let spelt = spelt || (matches!(name.as_str(), "host" | "hostname") && !user.is_empty());
    let parts = user.split(':').chain(std::iter::once(name.as_str()));
    example || spelt || rest.contains('<') || rest.starts_with("...") || parts.into_iter().any(part)
}

/// Whether a host is this computer or a service beside the app.
fn is_local(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']).to_ascii_lowercase();
    let ending = [".local", ".localhost", ".test", ".internal", ".docker"];
    name.is_empty()
        || name.starts_with("127.")
        || matches!(name.as_str(), "0.0.0.0" | "::1")
        || !name.contains('.')
        || ending.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Need {
        let given = Given { name, value: Some(value), expands: false, asked: None };
        of_example(&given).0
    }

    #[test]
    fn keys_of_the_app_are_made_whatever_the_example_says() {
        for (name, value) in [
            ("SECRET_KEY", "insecure_key_for_dev"),
            ("FLASK_SECRET_KEY", ""),
            ("JWT_SECRET_KEY", "changeme"),
            ("SECURITY_PASSWORD_SALT", "146585145368132386173505678016728509634"),
            ("APP_SECRET", "x"),
            ("SITEMAP_KEY", "make-this-something-random"),
        ] {
            assert_eq!(of(name, value), Need::Generate(Kind::Hex), "{name}={value}");
        }
        assert_eq!(of("FERNET_KEY", "changeme"), Need::Generate(Kind::Fernet));
        assert_eq!(of("FLASK_SECRET_KEYS", "[\"make-this-something-random\"]"), Need::Generate(Kind::JsonList));
    }

    #[test]
    fn defaults_are_copied() {
        for (name, value) in [
            ("FLASK_APP", "shop.py"),
            ("LOG_LEVEL", "debug"),
            ("DATABASE_URL", "sqlite:///dev.db"),
            ("DATABASE_URL", "postgresql://hello:password@postgres:5432/hello"),
            ("REDIS_URL", "redis://localhost:6379/0"),
            ("POSTGRES_PASSWORD", "password"),
            ("MAIL_PASSWORD", ""),
            ("MAIL_DEFAULT_SENDER", "support@example.com"),
            ("JWT_TOKEN_LOCATION", "headers"),
            ("TOKEN_EXPIRES", "3600"),
            ("MATOMO_TOKEN", "null"),
            ("STRIPE_API_BASE", "https://api.stripe.com/v1"),
            ("MAIL_USE_TLS", "true"),
            ("PASSWORD_RESET_KEY", "60"),
        ] {
            assert_eq!(of(name, value), Need::Copy, "{name}={value}");
        }
    }

    #[test]
    fn what_somebody_else_gives_out_is_asked_for() {
        for (name, value, secret) in [
            ("STRIPE_SECRET_KEY", "sk_test_xxx", true),
            ("GITHUB_CLIENT_SECRET", "your-client-secret", true),
            ("GOOGLE_CLIENT_ID", "your-client-id", false),
            ("OPENAI_API_KEY", "<key>", true),
            ("MAIL_PASSWORD", "changeme", true),
            ("DATABASE_URL", "postgresql://user:password@host:5432/db", true),
            ("SITE_URL", "https://www.example.com", false),
            ("MATOMO_URL", "https://...", false),
            ("SENTRY_DSN", "https://abc123@o1.ingest.sentry.io/1", true),
            ("LASTUSER_CLIENT_ID", "client_id_from_funnel", false),
        ] {
            assert_eq!(of(name, value), Need::Ask { secret }, "{name}={value}");
        }
    }

    #[test]
    fn secure_cookies_are_off_in_the_words_of_the_example() {
        for (on, off) in [("True", "False"), ("true", "false"), ("1", "0"), ("TRUE", "FALSE"), ("on", "off")] {
            assert_eq!(of("SESSION_COOKIE_SECURE", on), Need::Fixed(off.to_owned()));
        }
        assert_eq!(of("SESSION_COOKIE_SECURE", "False"), Need::Copy);
    }
}
