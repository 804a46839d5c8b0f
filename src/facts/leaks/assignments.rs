//! Detector: `NAME = value` in any other form: JSON, TOML, YAML, INI, Dockerfile, compose,
//! Kubernetes, systemd, Procfile, shell, and in messages and notes. Reads lines, not formats: an
//! old version need not be a sound file, and each of these has its own dialects.

use std::sync::Arc;

use super::names::{self, MENTION, Named, URL_PASSWORD, is_plausible, looks_random};
use super::{Detector, Doubt, Given, Kind, Text, doubt};
use crate::facts::env::is_env_file;
use crate::facts::files::FileRole;
use crate::secret::Secret;
use crate::text::RepoPath;

/// Reads configuration and deployment files of every format, documentation, and messages.
#[derive(Default)]
pub struct Assignments;

/// Formats that hold configuration.
const EXTENSIONS: &[&str] = &[
    "json",
    "toml",
    "yaml",
    "yml",
    "ini",
    "cfg",
    "conf",
    "config",
    "properties",
    "service",
    "socket",
    "tf",
    "tfvars",
    "sh",
    "bash",
    "zsh",
    "md",
    "rst",
    "wsgi",
    "envrc",
    "hcl",
    "plist",
    "j2",
    "txt",
];
/// Files that are long, written by programs, and hold hashes.
const GENERATED: &[&str] =
    &["package-lock.json", "npm-shrinkwrap.json", "composer.lock", "pipfile.lock", "poetry.lock", "yarn.lock"];

impl Detector for Assignments {
    fn reads(&self, path: &RepoPath) -> bool {
        let name = path.name().to_ascii_lowercase();
        if GENERATED.contains(&name.as_str()) || is_env_file(path) || is_foreign(path) {
            return false;
        }
        EXTENSIONS.contains(&path.extension())
            || [
                "dockerfile",
                "containerfile",
                "procfile",
                "makefile",
                "vagrantfile",
                "jenkinsfile",
                ".envrc",
                ".htaccess",
            ]
            .iter()
            .any(|known| name.starts_with(known) || name.ends_with(&format!(".{known}")))
    }

    fn reads_messages(&self) -> bool {
        true
    }

    fn may_hold(&self, text: &str) -> bool {
        MENTION.as_ref().is_some_and(|mention| mention.is_match(text))
    }

    fn find(&mut self, text: &Text<'_>) -> Vec<Given> {
        let prose = text.path.is_none_or(|path| crate::repo::role(path) == FileRole::Docs || path.extension() == "txt");
        let mut found = in_names(text.text, prose);
        found.extend(in_addresses(text.text));
        found
    }
}

/// Somebody else's, translations, or what a front end ships.
fn is_foreign(path: &RepoPath) -> bool {
    let dirs = ["static", "locale", "locales", "i18n", "translations", "lang"];
    matches!(crate::repo::role(path), FileRole::Vendored | FileRole::Migration)
        || path.parent().components().any(|dir| dirs.contains(&dir))
}

/// The longest name that is looked at.
const LONGEST_NAME: usize = 64;
/// Bytes behind `name: NAME` in which its `value:` is looked for.
const PAIR: usize = 200;

fn in_names(text: &str, prose: bool) -> Vec<Given> {
    let Some(mention) = MENTION.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    let mut lines = Lines { text, counted: 0, line: 1 };
    let mut behind = 0;
    for at in mention.find_iter(text).map(|found| found.start()) {
        if at < behind {
            continue;
        }
        let Some((start, end)) = name_around(text, at) else { continue };
        behind = end;
        let name = &text[start..end];
        let Some(named) = names::named(name) else { continue };
        let Some(value) = value_behind(text, start, end) else { continue };
        if counts(name, named, &value, prose) {
            let line = lines.of(value.start);
            found.push(Given::setting(name, Arc::new(Secret::from(value.text)), line));
        }
    }
    found
}

/// The whole name that a mention is part of.
fn name_around(text: &str, at: usize) -> Option<(usize, usize)> {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let bytes = text.as_bytes();
    let start = at - bytes[..at].iter().rev().take(LONGEST_NAME).take_while(|byte| part(byte)).count();
    let end = at + bytes[at..].iter().take(LONGEST_NAME).take_while(|byte| part(byte)).count();
    (end > start).then_some((start, end))
}

/// What stands behind a name.
struct Behind<'t> {
    text: &'t str,
    start: usize,
    quoted: bool,
    /// Whether it is set off from what follows: in quotes, at the end of its line, or written as
    /// `NAME=value`, the form of environments. Prose goes on behind a word.
    set_off: bool,
}

fn value_behind(text: &str, start: usize, end: usize) -> Option<Behind<'_>> {
    let rest = &text[end..];
    let closed = rest.trim_start_matches(['"', '\'', '`', ']']);
    let trimmed = closed.trim_start_matches([' ', '\t']);
    let at = end + (rest.len() - trimmed.len());
    let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..start].trim_start().to_ascii_lowercase();
    // Kubernetes, ECS, app.json: the value stands beside the name.
    let pair = line.trim_start_matches(['-', ' ', '{', '"', '\'']);
    let beside =
        pair.starts_with("name") || pair.starts_with("key:") || trimmed.starts_with(": {") || trimmed.starts_with(":{");
    if beside && let Some(value) = paired(text, at) {
        return Some(value);
    }
    let sign = if trimmed.starts_with("=>") {
        2
    } else if trimmed.starts_with(['=', ':']) && !trimmed.starts_with("==") && !trimmed.starts_with("::") {
        1
    } else if (line.starts_with("env ") || line.starts_with("arg ")) && trimmed.len() < closed.len() {
        0
    } else {
        return None;
    };
    let tight = sign == 1 && trimmed.len() == rest.len() && trimmed.starts_with('=');
    let tail = &trimmed[sign..];
    let value = tail.trim_start_matches([' ', '\t']);
    let tight = tight && value.len() == tail.len();
    let found = literal(text, at + sign + (tail.len() - value.len()))?;
    Some(Behind { set_off: found.set_off || tight, ..found })
}

/// `value: x` or `"value": "x"` shortly behind a name.
fn paired(text: &str, at: usize) -> Option<Behind<'_>> {
    let end = text.len().min(at + PAIR);
    let end = (at..=end).rev().find(|end| text.is_char_boundary(*end))?;
    let window = &text[at..end];
    let found = window.find("value")?;
    // Another item's value is none of ours.
    if window[..found].contains("name:") || window[..found].contains("\"name\"") || window[..found].contains('}') {
        return None;
    }
    let behind = window[found + 5..].trim_start_matches(['"', '\'']);
    let behind = behind.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    let value = behind.trim_start_matches([' ', '\t']);
    literal(text, end - value.len())
}

/// The literal at an offset: quoted, or up to what ends a bare value.
fn literal(text: &str, at: usize) -> Option<Behind<'_>> {
    let rest = &text[at..];
    let line = rest.split(['\n', '\r']).next().unwrap_or("");
    // `r"…"`, `b'…'`, `!!str "…"`.
    let prefix = line.find(['"', '\'']).filter(|at| *at <= 2 && line[..*at].bytes().all(|b| b.is_ascii_alphabetic()));
    if let Some(quote) = prefix {
        let sign = &line[quote..=quote];
        let inside = &line[quote + 1..];
        // A JSON text inside a text has its quotes escaped.
        let text = inside.split(sign).next().filter(|text| text.len() < inside.len())?;
        let text = text.trim_end_matches('\\');
        return Some(Behind { text, start: at + quote + 1, quoted: true, set_off: true });
    }
    let ends = [' ', '\t', ',', ';', '"', '\'', '`', ')', ']', '}', '\\', '|', '<'];
    let bare = line.split(ends).next().unwrap_or("");
    let rest = line[bare.len()..].trim_start();
    // `password: The password of the user`: prose, and a value that is more than a word is none.
    let alone = rest.is_empty() || rest.starts_with(['#', ',', ';', '"', '\'', '\\', '}', ']', '|', '&']);
    Some(Behind { text: bare, start: at, quoted: false, set_off: alone }).filter(|value| !value.text.is_empty())
}

/// Whether a value counts as what its name promises.
fn counts(name: &str, named: Named, value: &Behind<'_>, prose: bool) -> bool {
    let text = value.text;
    let capitals = !name.contains(|c: char| c.is_ascii_lowercase());
    // Code and references, whatever the name says.
    if !value.set_off
        || text.len() < 3
        || is_expanded(text)
        || text.contains(['(', '{']) && !text.contains(' ')
        || text.starts_with(['$', '%', '&', '*', '!', '@'])
    {
        return false;
    }
    if !value.quoted && (prose || !capitals) {
        return looks_random(text) && is_plausible(text);
    }
    match named {
        Named::Signing if capitals && value.quoted => !text.contains("://"),
        Named::Signing => is_plausible(text) || looks_random(text),
        Named::Secret if capitals => is_plausible(text),
        Named::Secret => looks_random(text) && is_plausible(text),
    }
}

/// `Pass$RANDOM`: what a shell fills in.
fn is_expanded(text: &str) -> bool {
    text.match_indices('$')
        .any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_ascii_uppercase() || "({".contains(c)))
        && !text.contains(' ')
}

fn in_addresses(text: &str) -> Vec<Given> {
    let Some(pattern) = URL_PASSWORD.as_ref() else { return Vec::new() };
    let mut lines = Lines { text, counted: 0, line: 1 };
    let mut found = Vec::new();
    for address in pattern.find_iter(text) {
        let line = lines.of(address.start());
        let line_start = text[..address.start()].rfind('\n').map_or(0, |newline| newline + 1);
        let before = text[line_start..address.start()].trim_end_matches([' ', '\t', '"', '\'', '=', ':', '>']);
        let name = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().filter(|name| {
            name.len() > 3
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        });
        found.extend(in_address(name, address.as_str(), line));
    }
    found
}

/// The password in an address, where there is one.
pub(super) fn in_address(name: Option<&str>, value: &str, line: usize) -> Option<Given> {
    let found = URL_PASSWORD.as_ref()?.captures(value)?;
    let (scheme, user, password, host) = (found.get(1)?, found.get(2)?, found.get(3)?, found.get(4)?);
    let (scheme, user, password, host) = (scheme.as_str(), user.as_str(), password.as_str(), host.as_str());
    // What is filled in when it runs.
    if password.contains(['$', '{', '%', '(', '<', '*', '[']) && !password.contains(|c: char| c.is_ascii_digit())
        || password.starts_with(['$', '{', '<', '%'])
    {
        return None;
    }
    let key = name.map_or_else(|| format!("{} address", scheme.to_ascii_lowercase()), str::to_owned);
    let secret = Arc::new(Secret::from(password));
    let local =
        matches!(host, "localhost" | "127.0.0.1" | "db" | "host" | "hostname" | "server" | "postgres" | "mysql")
            || host.starts_with("example.")
            || host.contains(".example");
    let doubt = if password.eq_ignore_ascii_case(user) || (local && !doubt::is_distinctive(password)) {
        Some(Doubt::Word)
    } else {
        doubt::of_value(&key, password)
    };
    Some(Given { doubt, ..Given::new(Kind::UrlPassword, key, secret, line) })
}

/// Line numbers of offsets that come in order.
struct Lines<'t> {
    text: &'t str,
    counted: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> usize {
        if at < self.counted {
            (self.counted, self.line) = (0, 1);
        }
        self.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.counted..at]).count();
        self.counted = at;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: Option<&str>, text: &str) -> Vec<(String, String, usize)> {
        let path = path.map(|path| RepoPath::new(path).unwrap());
        let mut detector = Assignments;
        assert!(path.as_ref().is_none_or(|path| detector.reads(path)), "{path:?} is not read");
        if !detector.may_hold(text) {
            return Vec::new();
        }
        let given = detector.find(&Text { path: path.as_ref(), text });
        given.into_iter().map(|given| (given.key, given.secret.expose().to_owned(), given.line)).collect()
    }

    #[test]
    fn every_form_of_a_value_is_read() {
        let key = "h8Kd02mPq7Zr";
        for (path, text, line) in [
            ("config.json", "{\n  \"SECRET_KEY\": \"KEY\",\n  \"x\": 1}", 2),
            ("config.toml", "[app]\nSECRET_KEY = 'KEY' # note", 2),
            ("conf/app.yaml", "secret_key: KEY\n", 1),
            ("app.ini", "[app]\n\nsecret_key=KEY\n", 3),
            ("Dockerfile", "FROM x\nENV SECRET_KEY KEY\n", 2),
            ("Dockerfile.prod", "ARG SECRET_KEY=KEY", 1),
            ("docker-compose.yml", "    environment:\n      - SECRET_KEY=KEY\n", 2),
            ("docker-compose.yml", "    environment:\n      SECRET_KEY: \"KEY\"\n", 2),
            ("web.service", "Environment=\"SECRET_KEY=KEY\"", 1),
            ("Procfile", "web: SECRET_KEY=KEY gunicorn app:app", 1),
            ("start.sh", "export SECRET_KEY='KEY'", 1),
            ("k8s/web.yaml", "env:\n- name: SECRET_KEY\n  value: \"KEY\"\n", 3),
            ("task.json", "{\"name\": \"SECRET_KEY\", \"value\": \"KEY\"}", 1),
            ("app.json", "{\"env\": {\"SECRET_KEY\": {\n \"value\": \"KEY\"}}}", 2),
            ("site.wsgi", "application.secret_key = 'KEY'", 1),
            ("README.md", "    SECRET_KEY = 'KEY'", 1),
        ] {
            let given = found(Some(path), &with(text, key));
            assert_eq!(given.len(), 1, "{path}: {text}");
            assert_eq!((given[0].1.as_str(), given[0].2), (key, line), "{path}: {text}");
        }
    }

    /// The text with the value in place of the `KEY` that stands alone.
    fn with(text: &str, key: &str) -> String {
        let at = text.rfind("KEY").unwrap();
        format!("{}{key}{}", &text[..at], &text[at + 3..])
    }

    #[test]
    fn references_prose_and_names_are_no_values() {
        for (path, text) in [
            ("docker-compose.yml", "SECRET_KEY: ${SECRET_KEY}"),
            ("docker-compose.yml", "- SECRET_KEY=$SECRET_KEY"),
            ("start.sh", "SECRET_KEY=$(openssl rand -hex 32)"),
            ("start.sh", "SECRET_KEY=`make_key`"),
            ("start.sh", "PASSWORD=Pass$RANDOM$RANDOM"),
            ("k8s/web.yaml", "- name: SECRET_KEY\n  valueFrom:\n    secretKeyRef:\n      key: value\n"),
            ("k8s/web.yaml", "- name: SECRET_KEY\n- name: OTHER\n  value: h8Kd02mPq7Zr\n"),
            ("api.yaml", "password:\n  type: string\n"),
            ("api.yaml", "password: The password of the user"),
            ("README.md", "Set SECRET_KEY: it signs the session."),
            ("conf.json", "{\"password\": \"Password\"}"),
            ("conf.json", "{\"API_KEY\": \"X-Api-Key\"}"),
            ("conf.ini", "db = postgres://user:${PASSWORD}@db/x"),
        ] {
            assert_eq!(found(Some(path), text), [], "{text}");
        }
        assert_eq!(found(None, "SECRET_KEY: now read from the environment"), []);
        assert_eq!(found(None, "Password reset: see MAIL_PASSWORD=none"), []);
        assert_eq!(found(None, "The old SECRET_KEY was h8Kd02mPq7Zr"), []);
        assert_eq!(found(None, "Set SECRET_KEY=h8Kd02mPq7Zr on the server")[0].1, "h8Kd02mPq7Zr");
    }

    #[test]
    fn passwords_of_addresses() {
        let given =
            found(Some("alembic.ini"), "x = 1\nsqlalchemy.url = postgresql://shop:h8Kd02mPq7Zr@db.shop.net/shop\n");
        assert_eq!(given, [("postgresql address".to_owned(), "h8Kd02mPq7Zr".to_owned(), 2)]);
        let given = found(Some("docker-compose.yml"), "- DATABASE_URL=mysql://root:h8Kd02mPq7Zr@db/x\n");
        assert_eq!(given, [("DATABASE_URL".to_owned(), "h8Kd02mPq7Zr".to_owned(), 1)]);
        let doubt = |text: &str| in_address(None, text, 1).unwrap().doubt;
        assert_eq!(doubt("postgres://postgres:postgres@db/x"), Some(Doubt::Word));
        assert_eq!(doubt("postgres://shop:hunter2@localhost/x"), Some(Doubt::Word));
        assert_eq!(doubt("postgres://shop:h8Kd02mPq7Zr@db.shop.net/x"), None);
    }

    #[test]
    fn what_programs_write_and_translators_say_is_not_read() {
        for path in
            ["package-lock.json", "web/static/app.json", "locale/de.json", "lib/vendor/x.json", ".env", "app.py"]
        {
            assert!(!Assignments.reads(&RepoPath::new(path).unwrap()), "{path}");
        }
    }
}
