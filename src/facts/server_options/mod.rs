//! The options a launch's server runs with, under one name each, wherever they are written: its
//! command line, its settings file, a call in Python. Values may be secrets: they are compared,
//! and shown only by rules that know the option to be harmless.

pub mod gunicorn;
pub mod uwsgi;
pub mod waitress;

use super::Facts;
use super::launch::{Launch, Server};
use super::values::{Value, Valued};
use crate::text::{Location, Span};

/// One option as it is written.
pub struct ServerOption {
    /// The server's own name of it: `limit_request_line`, `need-app`, `trusted_proxy`.
    pub name: String,
    /// Its text; nothing where it is only known at run time.
    pub value: Option<String>,
    /// Where it stands; for a command line the command.
    pub location: Location,
    /// The value in a settings file, where it could be replaced.
    pub value_span: Option<Span>,
}

impl ServerOption {
    /// Whether the value is this text, in any case.
    pub fn is(&self, text: &str) -> bool {
        self.value.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(text))
    }

    /// Whether it is switched on.
    pub fn is_on(&self) -> bool {
        self.value.as_deref().is_some_and(|value| {
            !matches!(value.trim().to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off" | "none" | "n")
        })
    }

    /// The value as a number.
    pub fn number(&self) -> Option<f64> {
        self.value.as_deref().and_then(|value| value.trim().replace('_', "").parse().ok())
    }
}

/// The option of a name that counts: the last one.
pub fn option<'o>(options: &'o [ServerOption], name: &str) -> Option<&'o ServerOption> {
    options.iter().rfind(|option| option.name == name)
}

impl Facts {
    /// The options of the server that a launch starts, weaker sources first.
    pub fn server_options(&self, launch: &Launch) -> Vec<ServerOption> {
        match launch.server {
            Server::Gunicorn => gunicorn::options(self, launch),
            Server::Uwsgi => uwsgi::options(self, launch),
            Server::Waitress => waitress::on_command_line(launch),
            _ => Vec::new(),
        }
    }
}

/// The text of a Python value that is written down, or what it falls back to.
pub fn text_of(value: &Valued) -> Option<String> {
    match &value.value {
        Value::Text { secret, .. } => Some(secret.expose().to_owned()),
        Value::Number(number) => Some(number.clone()),
        Value::Bool(true) => Some("true".to_owned()),
        Value::Bool(false) => Some("false".to_owned()),
        Value::None => Some("none".to_owned()),
        Value::Env(read) => read.fallback.as_deref().and_then(text_of),
        Value::Derived { inner, .. } => text_of(inner),
        _ => None,
    }
}

/// `--name value`, `--name=value`, `-n value`, `-nvalue` of a command, without the program itself.
/// `switches` take no value.
fn command_line(words: &[String], location: &Location, switches: &[&str]) -> Vec<ServerOption> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let (name, mut value) = if let Some(long) = word.strip_prefix("--").filter(|long| !long.is_empty()) {
            match long.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (long.to_owned(), None),
            }
        } else if word.len() > 1 && word.starts_with('-') && word.is_char_boundary(2) {
            let rest = word[2..].trim_start_matches('=');
            (word[1..2].to_owned(), (!rest.is_empty()).then(|| rest.to_owned()))
        } else {
            continue;
        };
        if switches.contains(&name.as_str()) {
            value = Some("true".to_owned());
        } else if value.is_none() {
            value = words.get(at).filter(|next| !next.starts_with("--")).cloned();
            at += usize::from(value.is_some());
        }
        found.push(ServerOption { name, value, location: location.clone(), value_span: None });
    }
    // A value that a shell puts in is not known here.
    for option in &mut found {
        option.value = option.value.take().filter(|value| !value.contains('$'));
    }
    found
}

/// The words of a command behind the server's own name.
fn words_behind<'l>(launch: &'l Launch, names: &[&str]) -> &'l [String] {
    let at = launch.argv.iter().position(|word| {
        let program = word.rsplit('/').next().unwrap_or(word);
        names.iter().any(|name| program.starts_with(name))
    });
    at.map_or(&[], |at| &launch.argv[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    #[test]
    fn options_of_a_command_are_read_in_every_form() {
        let words: Vec<String> =
            ["--timeout=0", "-w", "4", "-kgevent", "--reload", "--bind", "$HOST", "wsgi:app"].map(str::to_owned).into();
        let found = command_line(&words, &Location::whole(RepoPath::root()), &["reload"]);
        let text: Vec<_> = found.iter().map(|o| (o.name.as_str(), o.value.as_deref())).collect();
        let wanted =
            [("timeout", Some("0")), ("w", Some("4")), ("k", Some("gevent")), ("reload", Some("true")), ("bind", None)];
        assert_eq!(text, wanted);
        assert!(!found[0].is_on() && found[3].is_on());
        assert_eq!(found[1].number(), Some(4.0));
    }
}
