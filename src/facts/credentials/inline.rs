//! Credentials that no name is given to: in commands, statements of SQL, headers, queries of
//! addresses and connection strings, wherever these stand. Works on the lines that a keyword pass
//! found.

use std::sync::LazyLock;

use regex::Regex;

use super::assigned::{Given, Stage};
use super::{Format, Head, How, sql, values};
use crate::facts::files::FileRole;
use crate::facts::patterns::{Mark, Marks, base64};
use crate::text::{SourceFile, Span};

/// Longest line that is looked at.
const LONGEST: usize = 2000;

/// A form in which a credential is handed over: the last group is the credential.
struct Form {
    /// A text, in lower case, that lines of it hold.
    word: &'static str,
    pattern: &'static str,
    name: &'static str,
    how: How,
    head: Head,
    /// Whether a value counts.
    fits: fn(&str) -> bool,
}

const fn form(word: &'static str, name: &'static str, how: How, fits: fn(&str) -> bool, pattern: &'static str) -> Form {
    Form { word, pattern, name, how, head: Head::Password, fits }
}

#[rustfmt::skip]
const FORMS: &[Form] = &[
    form("identified", "IDENTIFIED BY", How::Statement, any,
        r#"(?i)\b(?:user|grant|role|to)\b.{0,160}\bidentified\s+(?:with\s+\S+\s+)?by\s+(?:password\s+)?\\?['"]([^'"\s\\]{3,80})\\?['"]"#),
    form("password", "PASSWORD", How::Statement, any,
        r#"(?i)\b(?:create|alter)\s+(?:user|role|login)\b[^;'"]{1,120}?\bpassword\s*=?\s*N?\\?'([^'\s\\]{3,80})\\?'"#),
    form("chpasswd", "chpasswd", How::Command, any,
        r#"(?i)\becho\s+(?:-[en]+\s+)?["']?[\w.-]{1,32}:([^"'|\s]{3,80})["']?\s*\|\s*(?:sudo\s+)?chpasswd"#),
    form("sshpass", "sshpass", How::Command, any, r#"\bsshpass\s+-p\s*['"]?([^'"\s]{3,80})"#),
    form("mysql", "mysql", How::Command, not_a_port,
        r#"(?:^|[\s;&|('"`])(?:mysql|mysqldump|mysqladmin)\s[^|;&]{0,200}?\s?-p['"]?([^'"\s$-][^'"\s]{2,80})"#),
    form("curl", "curl", How::Command, any,
        r#"\bcurl\b[^|;]{0,300}?\s(?:-u|--user)[ =]?['"]?[\w.@-]{1,60}:([^'"\s@]{3,80})"#),
    form("--pass", "--password", How::Command, mixed,
        r#"(?i)\s--pass(?:word|wd)?[= ]['"]?([^'"\s-][^'"\s]{2,80})"#),
    form("-password", "--password", How::Command, mixed,
        r#"(?i)\s--[a-z0-9]+-password[= ]['"]?([^'"\s-][^'"\s]{2,80})"#),
    Form { head: Head::Secret, ..form("-secret", "-secret", How::Command, values::is_random,
        r#"\s--?(?:client-|shared-)?secret[= ]['"]?([A-Za-z0-9+/_-]{20,200})"#) },
    form("requirepass", "requirepass", How::Command, any, r#"\brequirepass\s+['"]?([^'"\s]{3,128})"#),
    form("cred", "credentials", How::Login, any,
        r#"(?i)\bcred(?:ential)?s?:\s*[\w.@-]{2,60}:([^\s:'"]{4,80})(?:\s|$)"#),
    form("docker login", "docker login", How::Command, any,
        r#"\bdocker\s+login\b[^|;]{0,200}?\s-p\s+['"]?([^'"\s-][^'"\s]{2,80})"#),
    Form { head: Head::Token, ..form("bearer ", "Authorization", How::Header, values::is_random,
        r#"(?i)(?:['"`]|authorization\\?['"]?\s*[:=,]\s*\\?['"]?)bearer\s+([A-Za-z0-9+/_.=~-]{16,600})"#) },
    Form { head: Head::Token, ..form("token ", "Authorization", How::Header, values::is_random,
        r#"(?i)authorization\\?['"]?\s*\]?\s*[:=,]\s*\\?['"]?token\s+([A-Za-z0-9+/_.=~-]{16,600})"#) },
    Form { head: Head::Password, ..form("basic ", "Authorization", How::Header, is_login,
        r#"(?i)(?:['"`]|authorization\\?['"]?\s*[:=,]\s*\\?['"]?)basic\s+([A-Za-z0-9+/]{8,200}={0,2})"#) },
    Form { head: Head::Key, ..form("=", "key in an address", How::Query, values::is_random,
        r"(?i)[?&](?:appid|api[_-]?key|app_?key|access_?key|key|subscription-key|(?:access|auth|api)?_?token|client_secret|secret)=([A-Za-z0-9_-]{16,128})\b") },
];

static PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| FORMS.iter().map(|form| Regex::new(form.pattern).ok()).collect());

static CONNECTION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)(?:^|[\s;?&,])(?:password|passwd|pwd)\s*=\s*'?([^;&\s'"{}<>,]{2,80})"#).ok());

fn any(_: &str) -> bool {
    true
}

fn mixed(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// `mysql -P3306` and `docker run mysql -p3306:3306` give a port.
fn not_a_port(value: &str) -> bool {
    !value.bytes().all(|b| b.is_ascii_digit() || b == b':') && !value.contains("=")
}

/// Whether base 64 holds `user:password`.
fn is_login(value: &str) -> bool {
    login(value).is_some_and(|(user, password)| {
        !values::is_stand_in(&password) || !values::is_stand_in_user(&user) && password.len() > 2
    })
}

fn login(value: &str) -> Option<(String, String)> {
    let text = String::from_utf8(base64(value.trim_end_matches('='))?).ok()?;
    let (user, password) = text.split_once(':')?;
    let plain = !text.chars().any(char::is_control) && !user.is_empty() && password.len() >= 3;
    plain.then(|| (user.to_owned(), password.to_owned()))
}

/// The password of a connection string: `host=db user=shop password=…`, `Server=…;Uid=…;Pwd=…`.
pub(super) fn connection_password(text: &str) -> Option<Span> {
    if text.len() > LONGEST || !text.contains('=') {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let beside = ["user", "uid", "host", "server", "dbname", "database", "jdbc:"];
    if !(lower.contains("pwd") || lower.contains("passw")) || !beside.iter().any(|part| lower.contains(part)) {
        return None;
    }
    // Two settings at least: `?password=` alone is a form.
    if lower.matches('=').count() < 2 {
        return None;
    }
    let value = CONNECTION.as_ref()?.captures(text)?.get(1)?;
    Some(Span::new(value.start(), value.end()))
}

/// Whether a line speaks of a service of the same computer.
pub(super) fn is_local(lower: &str) -> bool {
    lower.contains("localhost") || lower.contains("127.0.0.1")
}

/// The credentials of a file that stand in none of the forms that names are given values in.
pub(super) fn find(source: &SourceFile, role: FileRole, marks: &Marks) -> Vec<Given> {
    let mut found = Vec::new();
    let text = &source.text;
    let format = if source.path.extension() == "py" { Format::Python } else { Format::Config };
    let stage = Stage::of_path(&source.path);
    let mut behind = 0;
    for mark in marks.of_any(&[Mark::Name, Mark::Command]) {
        if mark.start < behind {
            continue;
        }
        let line = source.line_span(mark.start);
        behind = line.end.max(mark.end);
        let part = line.of(text);
        // A server's own configuration keeps its defaults in comments.
        let kept = format == Format::Config && source.path.extension() != "conf";
        if part.len() > LONGEST || part.trim_start().starts_with('#') && !kept {
            continue;
        }
        in_line(part, line.start, format, stage, &mut found);
        if format != Format::Python && strings(&source.path) {
            connection(part, line.start, format, stage, &mut found);
        }
    }
    if !matches!(role, FileRole::Test | FileRole::Docs) {
        found.extend(sql::accounts(source, format, stage));
    }
    found
}

fn in_line(line: &str, start: usize, format: Format, stage: Stage, found: &mut Vec<Given>) {
    let lower = line.to_ascii_lowercase();
    for (form, pattern) in FORMS.iter().zip(PATTERNS.iter()) {
        if !lower.contains(form.word) {
            continue;
        }
        let Some(pattern) = pattern else { continue };
        for captures in pattern.captures_iter(line) {
            let Some(value) = captures.iter().flatten().last() else { continue };
            let text = value.as_str().trim_end_matches(['\\', ',', ';', ')', ']']);
            let span = Span::new(start + value.start(), start + value.start() + text.len());
            // A link to reset a password is no login; tokens with three parts are told by their form.
            let link = ["reset", "confirm", "verify", "invite", "unsubscribe", "widget"];
            if form.how == How::Query && link.iter().any(|part| lower.contains(part)) || text.starts_with("eyJ") {
                continue;
            }
            let known = found.iter().any(|known: &Given| known.span.overlaps(span));
            if known || !(form.fits)(text) || values::is_hash(text) {
                continue;
            }
            found.push(Given {
                sure: Some(form.head),
                how: form.how,
                configures: true,
                stage,
                local: is_local(&lower),
                ..Given::new(form.name, form.name.to_owned(), text, span, format)
            });
        }
    }
}

/// Files whose lines may hold a connection string.
fn strings(path: &crate::text::RepoPath) -> bool {
    matches!(
        path.extension(),
        "json"
            | "yml"
            | "yaml"
            | "xml"
            | "config"
            | "ini"
            | "cfg"
            | "conf"
            | "toml"
            | "properties"
            | "env"
            | "ipynb"
            | "sh"
    )
}

fn connection(line: &str, start: usize, format: Format, stage: Stage, found: &mut Vec<Given>) {
    let Some(value) = connection_password(line) else { return };
    let lower = line.to_ascii_lowercase();
    // `export PASSWORD=x USER=y` is read by names.
    if !(lower.contains("server=") || lower.contains("host=") || lower.contains("jdbc:") || lower.contains("uid=")) {
        return;
    }
    let span = Span::new(start + value.start, start + value.end);
    found.push(Given {
        sure: Some(Head::Password),
        how: How::Connection,
        configures: true,
        stage,
        local: is_local(&lower),
        ..Given::new("password", "connection string".to_owned(), value.of(line), span, format)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::patterns::marks;
    use crate::text::RepoPath;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = SourceFile::new(RepoPath::new(path).unwrap(), text.to_owned(), 0o644);
        find(&source, FileRole::Source, &marks(text)).into_iter().map(|given| given.value).collect()
    }

    #[test]
    fn commands_statements_and_headers() {
        for (text, value) in [
            ("CREATE USER 'shop'@'%' IDENTIFIED BY 'bluehorse77';", "bluehorse77"),
            ("GRANT ALL ON *.* TO 'shop'@'%' IDENTIFIED WITH mysql_native_password BY 'bluehorse77';", "bluehorse77"),
            ("CREATE ROLE shop LOGIN PASSWORD 'bluehorse77';", "bluehorse77"),
            ("RUN echo 'root:bluehorse77' | chpasswd", "bluehorse77"),
            ("sshpass -p 'bluehorse77' scp x y", "bluehorse77"),
            ("mysql -u root -pbluehorse77 shop < dump.sql", "bluehorse77"),
            ("mysql -uroot -p'bluehorse77' shop", "bluehorse77"),
            ("curl -u shop:bluehorse77 https://shop.io", "bluehorse77"),
            ("flask make-admin --password bluehorse77", "bluehorse77"),
            ("requirepass bluehorse77", "bluehorse77"),
            ("Creds: shop:bluehorse77", "bluehorse77"),
            ("java -jar agent.jar -secret k3j4h5Qw9Zx7Lp2MnB77", "k3j4h5Qw9Zx7Lp2MnB77"),
            ("docker login -u shop -p bluehorse77 shop.io", "bluehorse77"),
            ("headers = {\"Authorization\": \"Bearer k3j4h5Qw9Zx7Lp2MnB\"}", "k3j4h5Qw9Zx7Lp2MnB"),
            ("Authorization: Token k3j4h5Qw9Zx7Lp2MnB", "k3j4h5Qw9Zx7Lp2MnB"),
            ("x = 'Basic c2hvcDpibHVlaG9yc2U3Nw=='", "c2hvcDpibHVlaG9yc2U3Nw=="),
            ("url = 'https://api.shop.io/w?q=x&appid=4fb7c0a9d3e84b1f9c2d'", "4fb7c0a9d3e84b1f9c2d"),
        ] {
            assert_eq!(found("run.sh", text), [value], "{text}");
        }
    }

    #[test]
    fn what_hands_nothing_over() {
        for text in [
            "docker run --name mysql -p 3306:3306 mysql",
            "docker run mysql -p3306:3306",
            "mysql -u root -p$PASSWORD shop",
            "mysql -u root -p shop",
            "flask make-admin --password PASSWORD",
            "docker login --password-stdin",
            "credentials: arn:aws:iam::1:role/shop",
            "headers = {'Authorization': f'Bearer {token}'}",
            "x = 'Basic dXNlcm5hbWU6cGFzc3dvcmQ='",
            "url = 'https://shop.io/reset?token=your-token-goes-here'",
            "'Bearer access_token_of_the_user'",
            "CREATE USER x IDENTIFIED BY 'x'",
            "every module extended from this is identified by 'NODE-shop'.",
        ] {
            assert!(found("run.sh", text).is_empty(), "{text} {:?}", found("run.sh", text));
        }
    }

    #[test]
    fn defaults_that_a_configuration_keeps_in_comments() {
        assert!(found("redis.conf", "# requirepass bluehorse77").is_empty());
        assert_eq!(found("redis.conf", "requirepass bluehorse77"), ["bluehorse77"]);
        assert_eq!(found("run.sh", "# curl -u shop:bluehorse77 https://shop.io"), ["bluehorse77"]);
    }

    #[test]
    fn connection_strings() {
        for (text, password) in [
            ("host=db user=shop password=bluehorse77 dbname=shop", Some("bluehorse77")),
            ("DRIVER={SQL Server};SERVER=db;UID=sa;PWD=Blue!Horse7;", Some("Blue!Horse7")),
            ("jdbc:mysql://db/shop?user=shop&password=bluehorse77", Some("bluehorse77")),
            ("dbname='shop' user='shop' host='db' password='bluehorse77'", Some("bluehorse77")),
            ("host={h} user={u} password={p}", None),
            ("SELECT * FROM users WHERE username = ? AND password = ?", None),
            ("user and password", None),
        ] {
            let found = connection_password(text).map(|span| span.of(text)).filter(|value| *value != "?");
            assert_eq!(found, password, "{text}");
        }
    }
}
