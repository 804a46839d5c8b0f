//! A user and a password that stand beside each other: in variables, in a tuple, in a dictionary,
//! in one connection string.

use super::{Reader, is_local, is_upper};
use crate::facts::credential_names::says_admin;
use crate::facts::credentials::assigned::Given;
use crate::facts::credentials::{Format, Head, How, inline, names, values};
use crate::lang::python::{DictItem, Expr, ExprKind, Stmt, StmtKind, Str};
use crate::text::Span;

/// Keys beside a user and a password that say that they open a database or a server.
const SERVERS: &[&str] = &[
    "host",
    "hostname",
    "server",
    "database",
    "db",
    "dbname",
    "db_name",
    "port",
    "driver",
    "drivername",
    "charset",
    "smtp_server",
    "sid",
    "service_name",
];
/// Words of names that hold who may sign in.
const LOGINS: &[&str] = &["users", "credentials", "credential", "creds", "logins", "accounts", "passwords", "admins"];
/// What stands in the place of a password in a table of users: their part.
const PARTS: &[&str] =
    &["admin", "administrator", "user", "editor", "viewer", "moderator", "superuser", "staff", "owner"];

/// Whether a name is somebody who signs in.
fn is_user(name: &str) -> bool {
    let words = names::words(name);
    words.last().is_some_and(|word| {
        matches!(word.as_str(), "user" | "username" | "usr" | "login" | "email" | "uname" | "uid" | "account" | "mail")
    })
}

impl<'a> Reader<'a> {
    /// `user = "root"` and `password = "…"` in one block.
    pub(super) fn pairs(&mut self, body: &'a [Stmt]) {
        let given: Vec<(&str, &Expr)> = body
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Assign { targets, value } => Some((targets.first()?.as_name()?, value)),
                _ => None,
            })
            .collect();
        let told = |value: &Expr| value.as_str().is_some_and(|text| !text.is_empty());
        if !given.iter().any(|(name, value)| is_user(name) && told(value)) {
            return;
        }
        for (name, value) in given {
            if !is_upper(name)
                && names::head(name) == Some(Head::Password)
                && let Some(password) = self.password(value)
            {
                self.sure(How::Named, Head::Password, name, name.to_owned(), password);
            }
        }
    }

    /// `ADMIN_CREDENTIALS = ("admin", "…")`, `users = {"admin": "…"}`.
    pub(super) fn login_pair(&mut self, name: &str, symbol: &str, value: &'a Expr) {
        let words = names::words(name);
        let last = words.last().map_or("", String::as_str);
        if matches!(last, "credentials" | "credential" | "creds" | "auth" | "login") {
            self.second(name, value);
        }
        let ExprKind::Dict(items) = &value.kind else { return };
        if !LOGINS.contains(&last) {
            return;
        }
        for item in items {
            let Some(user) = item.key.as_ref().and_then(Expr::as_str) else { return };
            let hashed = item.value.as_call().is_some();
            let Some(password) = self.password(&item.value) else { continue };
            let plain = password.as_str().unwrap_or("");
            let counts = hashed || says_admin(user) && !PARTS.contains(&plain.to_ascii_lowercase().as_str());
            if counts && names::head(user).is_none() && !is_user(user) && !plain.contains(['@', '/']) {
                self.sure(How::Login, Head::Password, name, format!("{symbol}()"), password);
                return;
            }
        }
    }

    /// The password of `("user", "password")`.
    pub(super) fn second(&mut self, name: &str, value: &'a Expr) {
        let (ExprKind::Tuple(pair) | ExprKind::List(pair)) = &value.kind else { return };
        // What some services take in the place of one half.
        let half = pair.get(1).and_then(Expr::as_str).is_some_and(|text| text.starts_with("x-") || text == "api_token");
        if let [user, password] = pair.as_slice()
            && !half
            && user.as_str().is_none_or(|user| !user.is_empty() && !user.contains(char::is_whitespace))
        {
            self.sure(How::Login, Head::Password, name, format!("{name}()"), password);
        }
    }

    /// A user and a password of a dictionary, where it says what they open, or that the user is an
    /// administrator.
    pub(super) fn login_items(&mut self, items: &'a [DictItem]) {
        let keys = || items.iter().filter_map(|item| Some((item.key.as_ref()?.as_str()?, &item.value)));
        let user = keys().find(|(key, _)| is_user(key));
        let server = keys().any(|(key, _)| SERVERS.contains(&key.to_ascii_lowercase().as_str()));
        let admin = user.is_some_and(|(_, value)| value.as_str().is_some_and(says_admin));
        // `{"host": "host", "user": "user"}` says which name stands for which.
        let named = user.is_some_and(|(key, value)| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(key)));
        if user.is_none() || named || !(server || admin) {
            return;
        }
        self.local = keys().any(|(key, value)| key.to_ascii_lowercase().contains("host") && is_local(value));
        for (key, value) in keys() {
            if names::head(key) == Some(Head::Password) || matches!(key, "pass" | "pw") {
                let how = if server { How::Named } else { How::Login };
                let literal = crate::facts::values::Valued::of(value, self.names);
                if matches!(value.kind, ExprKind::Str(_)) {
                    self.sure(how, Head::Password, key, key.to_owned(), value);
                } else if literal.env().is_none()
                    && let Some(password) = self.password(value)
                {
                    self.sure(how, Head::Password, key, key.to_owned(), password);
                }
            }
        }
        self.local = false;
    }

    /// `"host=db user=shop password=…"`.
    pub(super) fn connection_string(&mut self, text: &Str) {
        let [contents] = text.contents.as_slice() else { return };
        if contents.of(self.text) != text.value {
            return;
        }
        let Some(found) = inline::connection_password(&text.value) else { return };
        let span = Span::new(contents.start + found.start, contents.start + found.end);
        if values::is_template(found.of(&text.value)) {
            return;
        }
        self.found.push(Given {
            sure: Some(Head::Password),
            how: How::Connection,
            configures: true,
            stage: self.stage,
            local: inline::is_local(&text.value.to_ascii_lowercase()),
            ..Given::new("password", "connection string".to_owned(), found.of(&text.value), span, Format::Python)
        });
    }
}
