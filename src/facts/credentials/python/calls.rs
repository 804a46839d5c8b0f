//! Calls that are given a password: connections, logins, forms that are filled in, options with a
//! default, comparisons.

use super::{Place, Reader, is_local, is_upper, last_name};
use crate::facts::credentials::{Head, How, names};
use crate::lang::python::{Call, Expr, ExprKind};

/// Parts of a callee's name that say that a connection is made or configured.
const CONNECTS: &[&str] = &[
    "connect", "login", "client", "engine", "redis", "smtp", "pool", "sftp", "ssh", "mysql", "psycopg", "mongo",
    "auth", "database",
];
/// Calls that take a password by place: part of the callee's origin, and which argument it is.
const POSITIONAL: &[(&str, usize)] = &[
    ("pymysql.connect", 2),
    ("pymysql.Connect", 2),
    ("MySQLdb.connect", 2),
    ("mysql.connector.connect", 2),
    ("pymssql.connect", 2),
    ("psycopg2.connect", 2),
    ("cx_Oracle.connect", 1),
    ("oracledb.connect", 1),
    ("ftplib.FTP", 2),
    ("ftplib.FTP_TLS", 2),
    ("influxdb.InfluxDBClient", 3),
    ("HTTPBasicAuth", 1),
    ("HTTPDigestAuth", 1),
    ("HTTPProxyAuth", 1),
];
/// Calls that take a user and a password, in this order.
const LOGINS: &[&str] = &["login", "log_in", "signin", "sign_in", "do_login", "authenticate", "logon"];
/// Calls that type a text into a field: the field is named by the receiver or the first argument.
const TYPING: &[&str] = &["send_keys", "fill", "type", "fill_in", "press_sequentially"];

impl<'a> Reader<'a> {
    pub(super) fn call(&mut self, call: &'a Call) {
        let callee = last_name(&call.func);
        let lower = callee.to_ascii_lowercase();
        let connects = CONNECTS.iter().any(|part| lower.contains(part));
        let mapping = matches!(callee, "update" | "from_mapping" | "dict");
        self.account(call);
        let host = call.args.iter().find(|arg| arg.name.as_deref().is_some_and(|name| name.contains("host")));
        let host = host.map(|arg| &arg.value).or_else(|| call.positional(0));
        self.local = connects && host.is_some_and(is_local);
        for arg in &call.args {
            let Some(name) = arg.name.as_deref() else { continue };
            if matches!(name, "auth" | "basic_auth" | "http_auth" | "proxy_auth") {
                self.second(name, &arg.value);
            }
            let configures = connects || (is_upper(name) && (mapping || name.contains('_')));
            self.literal(&Place { name, symbol: name.to_owned(), configures }, &arg.value);
        }
        if let (Some(name), Some(value)) = (call.positional(0).and_then(Expr::as_str), call.positional(1))
            && callee == "setdefault"
        {
            self.literal(&Place { name, symbol: name.to_owned(), configures: is_upper(name) }, value);
        }
        if let Some(password) = self.by_place(call, callee) {
            self.sure(How::Login, Head::Password, "login_password", format!("{callee}()"), password);
        }
        self.local = false;
        self.option_default(call);
    }

    /// The argument that is a password by its place.
    fn by_place(&self, call: &'a Call, callee: &str) -> Option<&'a Expr> {
        let origin = self.names.resolve(&call.func).unwrap_or_default();
        let at = POSITIONAL.iter().find(|(driver, _)| origin == *driver || origin.ends_with(&format!(".{driver}")));
        if let Some((_, at)) = at {
            return call.positional(*at);
        }
        if LOGINS.contains(&callee) && call.positional(0).is_some_and(is_account) {
            return call.positional(1);
        }
        if !TYPING.contains(&callee) {
            return None;
        }
        let ExprKind::Attr { value: field, .. } = &call.func.kind else { return None };
        let (first, second) = (call.positional(0)?, call.positional(1));
        if callee == "send_keys" {
            return names_password(field).then_some(first);
        }
        second.filter(|_| names_password(first)).or_else(|| names_password(field).then_some(first))
    }

    /// `add_argument("--password", default="…")`, `click.option("--token", default="…")`.
    fn option_default(&mut self, call: &'a Call) {
        let Some(default) = call.keyword("default") else { return };
        let flags = (0..3).filter_map(|at| call.positional(at)?.as_str()).filter(|flag| flag.starts_with("--"));
        if let Some(flag) = flags.into_iter().find(|flag| names::head(flag).is_some()) {
            let name = flag.trim_start_matches('-');
            self.literal(&Place { name, symbol: flag.to_owned(), configures: true }, &default.value);
        }
    }

    /// `password == "…"`: whoever reads the code can sign in.
    pub(super) fn compared(&mut self, asked: &'a Expr, with: &'a Expr) {
        let name = match &asked.kind {
            ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
            ExprKind::Subscript { index, .. } => index.first().and_then(Expr::as_str).unwrap_or(""),
            // `md5(password) == "…"`, `request.form.get("password") == "…"`
            ExprKind::Call(call) => match call.positional(0) {
                Some(Expr { kind: ExprKind::Name(name), .. }) if is_digest(call) => name.as_str(),
                first => first.and_then(Expr::as_str).unwrap_or(""),
            },
            _ => "",
        };
        // `if password == "password"` asks which field it is.
        let echo = with.as_str().is_some_and(|value| value.eq_ignore_ascii_case(name));
        // `token == "id"` tells kinds of tokens apart: what a request is to know is longer.
        let known = |value: &str| {
            value.len() >= 8
                && value.bytes().any(|b| b.is_ascii_digit())
                && value.bytes().any(|b| b.is_ascii_alphabetic())
                && value.bytes().all(|b| b.is_ascii_graphic())
        };
        match names::head(name) {
            Some(Head::Password) if !echo => {
                self.sure(How::Compared, Head::Password, name, format!("{name} =="), with);
            }
            Some(head @ (Head::Token | Head::Key | Head::Secret)) if !echo && with.as_str().is_some_and(known) => {
                self.sure(How::Compared, head, name, format!("{name} =="), with);
            }
            _ => {}
        }
    }
}

/// `md5(x)`, `get_md5(x)`, `sha256_hex(x)`.
fn is_digest(call: &Call) -> bool {
    let callee = last_name(&call.func).to_ascii_lowercase();
    ["md5", "sha1", "sha256", "sha512", "hash"].iter().any(|part| callee.contains(part))
}

/// The user of a login: an address of mail, a word, or a name that holds one.
fn is_account(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Str(text) => !text.value.is_empty() && !text.value.contains(char::is_whitespace),
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => {
            let name = name.to_ascii_lowercase();
            ["mail", "sender", "from", "gmail", "smtp", "user", "login", "account"]
                .iter()
                .any(|part| name.contains(part))
        }
        ExprKind::Subscript { index, .. } => index.first().is_some_and(is_account),
        _ => false,
    }
}

/// `driver.find_element(By.NAME, "password")`, `password_field`, `"#password"`.
fn names_password(expr: &Expr) -> bool {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("passw") || text.contains("pwd")
    };
    match &expr.kind {
        ExprKind::Str(text) => says(&text.value),
        ExprKind::Name(name) => says(name),
        ExprKind::Attr { value, name } => says(name) || names_password(value),
        ExprKind::Call(call) => says(last_name(&call.func)) || call.args.iter().any(|arg| names_password(&arg.value)),
        _ => false,
    }
}
