//! Names and the values they are given in files that are no Python: env files, YAML, JSON and
//! notebooks, TOML, INI, Dockerfiles, shell scripts. Works on the surroundings of names that a
//! keyword pass found; understands just enough of each format.

use super::Format;
use super::assigned::{Given, Stage};
use crate::facts::credential_names::words;
use crate::facts::deploy::is_compose;
use crate::facts::env::is_env_file;
use crate::facts::patterns::{Mark, Marks};
use crate::lang::dotenv::EnvDocument;
use crate::text::{RepoPath, SourceFile, Span};

/// How names and values are written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Notebook,
    Yaml,
    /// `name = value`, one a line: TOML, INI, properties, shell.
    Lines,
    Dockerfile,
    /// `name = "value"`, `name: "value"`, with quotes: code of other languages, Terraform.
    Code,
    /// `<name>value</name>`, `key="name" value="value"`.
    Xml,
}

pub(super) fn given(source: &SourceFile, marks: &Marks) -> Vec<Given> {
    if is_env_file(&source.path) {
        return env(source);
    }
    let Some(syntax) = syntax(&source.path) else { return Vec::new() };
    if is_catalogue(source) {
        return Vec::new();
    }
    let mut found: Vec<Given> = Vec::new();
    let stage = Stage::of_path(&source.path);
    let databases = runs_databases(source);
    for mark in marks.of(Mark::Name) {
        let name = identifier(&source.text, mark);
        // `curl -d "name=x&password=y"`: a form that is filled in.
        let in_form = source.text[..name.start].ends_with(['&', '?']) && syntax != Syntax::Xml;
        if name.is_empty() || in_form || found.last().is_some_and(|last: &Given| name.start < last.span.end) {
            continue;
        }
        let Some(value) = value(source, syntax, name).filter(|span| !span.is_empty()) else { continue };
        let text = name.of(&source.text).trim_matches(['-', '.']);
        let format = match syntax {
            Syntax::Json | Syntax::Notebook => Format::Json,
            Syntax::Code if !is_terraform(&source.path) => Format::Code,
            _ => Format::Config,
        };
        found.push(Given {
            configures: configures(source, syntax, text),
            local: databases && names_database(text),
            stage,
            same_as_user: names_user(&source.text, value.of(&source.text)),
            ..Given::new(text, text.to_owned(), value.of(&source.text), value, format)
        });
    }
    found
}

/// Whether a compose file that is not for production runs a database of its own.
fn runs_databases(source: &SourceFile) -> bool {
    let image = |line: &str| {
        let line = line.trim_start();
        let name = line.strip_prefix("image:").unwrap_or("").trim().trim_matches(['"', '\'']);
        let name = name.rsplit('/').next().unwrap_or(name);
        ["postgres", "mysql", "mariadb", "mongo", "percona"].iter().any(|database| name.starts_with(database))
    };
    is_compose(&source.path) && !source.path.name().contains("prod") && source.text.lines().any(image)
}

/// Whether a variable's name says that it is about a database.
fn names_database(name: &str) -> bool {
    const ABOUT: &[&str] = &[
        "postgres",
        "postgresql",
        "pg",
        "pgpassword",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "db",
        "database",
        "sql",
    ];
    words(name).iter().any(|word| ABOUT.contains(&word.as_str()))
}

fn env(source: &SourceFile) -> Vec<Given> {
    let Ok(document) = EnvDocument::parse(&source.text) else { return Vec::new() };
    let stage = Stage::of_path(&source.path);
    let given = document.entries.into_iter().filter_map(|entry| {
        let span = entry.value_span.filter(|span| !span.is_empty())?;
        let value = entry.value?.expose().to_owned();
        Some(Given {
            same_as_user: names_user(&source.text, &value),
            configures: true,
            stage,
            ..Given::new(&entry.key, entry.key.clone(), &value, span, Format::Env)
        })
    });
    given.collect()
}

/// Whether a user or a database of the same file has this very name: a default, not a secret.
fn names_user(text: &str, value: &str) -> bool {
    let words = value.len() <= 24 && !value.contains(char::is_whitespace);
    let gives = |line: &&str| {
        let (name, given) = line.split_once([':', '=']).unwrap_or_default();
        let name = name.to_ascii_uppercase();
        ["USER", "_DB", "DATABASE"].iter().any(|part| name.contains(part))
            && !name.contains("PASS")
            && given.trim().trim_matches(['"', '\'']) == value
    };
    words && text.lines().any(|line| gives(&line))
}

fn syntax(path: &RepoPath) -> Option<Syntax> {
    let name = path.name().to_ascii_lowercase();
    if name.starts_with("dockerfile") || name.starts_with("containerfile") || name.ends_with(".dockerfile") {
        return Some(Syntax::Dockerfile);
    }
    match path.extension().to_ascii_lowercase().as_str() {
        "json" => Some(Syntax::Json),
        "ipynb" => Some(Syntax::Notebook),
        "yml" | "yaml" => Some(Syntax::Yaml),
        "toml" | "ini" | "cfg" | "conf" | "properties" | "sh" | "bash" | "service" | "env" | "zsh" | "cnf" | "bat"
        | "cmd" => Some(Syntax::Lines),
        "xml" | "config" | "plist" => Some(Syntax::Xml),
        "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "vue" | "svelte" | "html" | "htm" | "php" | "java" | "kt"
        | "go" | "rb" | "cs" | "dart" | "swift" | "ps1" | "groovy" | "tf" | "tfvars" | "hcl" => Some(Syntax::Code),
        _ if matches!(name.as_str(), "jenkinsfile" | "vagrantfile") => Some(Syntax::Code),
        _ => matches!(name.as_str(), "procfile" | "makefile" | ".pypirc" | ".npmrc" | ".s3cfg" | ".bashrc" | ".my.cnf")
            .then_some(Syntax::Lines),
    }
}

/// Files that speak of passwords and hold none: translations, descriptions of interfaces, schemas,
/// recorded answers.
fn is_catalogue(source: &SourceFile) -> bool {
    let path = source.path.as_str().to_ascii_lowercase();
    let parts = [
        "locale",
        "i18n",
        "translation",
        "lang/",
        "languages",
        "messages",
        "swagger",
        "openapi",
        "schema",
        "cassette",
        "package.json",
        "tsconfig",
        "postman",
        "mkdocs",
        "l10n",
        "manifest.json",
        "dependabot",
        "pre-commit",
    ];
    let head = source.text.get(..200.min(source.text.len())).unwrap_or("");
    parts.iter().any(|part| path.contains(part))
        || head.contains("openapi")
        || head.contains("swagger")
        || head.contains("$schema\"")
}

/// Whether a plain word behind this name is a value in use.
fn configures(source: &SourceFile, syntax: Syntax, name: &str) -> bool {
    let upper = !name.chars().any(|c| c.is_ascii_lowercase());
    match syntax {
        Syntax::Yaml | Syntax::Dockerfile => true,
        Syntax::Lines => upper || !matches!(source.path.extension(), "sh" | "bash" | "zsh"),
        Syntax::Json => {
            let file = source.path.name().to_ascii_lowercase();
            upper || ["config", "setting", "secret", "credential", "env"].iter().any(|part| file.contains(part))
        }
        Syntax::Notebook => upper,
        Syntax::Code => upper || is_terraform(&source.path) || source.path.extension() == "php",
        Syntax::Xml => true,
    }
}

fn is_terraform(path: &RepoPath) -> bool {
    matches!(path.extension(), "tf" | "tfvars" | "hcl")
}

/// The whole name around a part of it.
fn identifier(text: &str, part: Span) -> Span {
    let bytes = text.as_bytes();
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let from = part.start.saturating_sub(80);
    let start = bytes[from..part.start].iter().rposition(|b| !inside(b)).map_or(from, |at| from + at + 1);
    // In an escaped text the `n` of `\n` belongs to no name.
    let start = if start > 0 && bytes[start - 1] == b'\\' && matches!(bytes[start], b'n' | b't' | b'r') {
        start + 1
    } else {
        start
    };
    let end = bytes[part.end..]
        .iter()
        .take(80)
        .position(|b| !inside(b))
        .map_or(bytes.len().min(part.end + 80), |at| part.end + at);
    if text.is_char_boundary(start) && text.is_char_boundary(end) {
        Span::new(start, end)
    } else {
        Span::at(part.start)
    }
}

/// The value that a name is given.
fn value(source: &SourceFile, syntax: Syntax, name: Span) -> Option<Span> {
    let text = &source.text;
    let line = source.line_span(name.start);
    let before = text.get(line.start..name.start)?;
    if syntax != Syntax::Json && before.trim_start().starts_with(['#', ';']) {
        return None;
    }
    let end = if matches!(syntax, Syntax::Json | Syntax::Notebook) { text.len().min(name.end + 600) } else { line.end };
    let rest = text.get(name.end..floor(text, end))?;
    match syntax {
        Syntax::Json => {
            let rest = rest.strip_prefix('"')?;
            let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
            quoted(text, rest, '"')
        }
        Syntax::Notebook => {
            let rest = rest.trim_start_matches(['\\', '"', '\'', ']', ' ', ')']);
            let rest = rest.strip_prefix(['=', ':', ','])?.trim_start().trim_start_matches('\\');
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            quoted(text, &rest[1..], quote)
        }
        Syntax::Yaml => yaml(source, rest, before, line),
        Syntax::Code => code(text, before, rest, name.end),
        Syntax::Xml => markup(text, rest),
        Syntax::Dockerfile if before.trim().eq_ignore_ascii_case("env") && rest.starts_with(' ') => {
            unquoted_line(text, rest)
        }
        Syntax::Lines | Syntax::Dockerfile => {
            let rest = rest.trim_start_matches(['"', '\'']).trim_start();
            let rest = rest.strip_prefix('=').or_else(|| rest.strip_prefix(':').filter(|_| syntax == Syntax::Lines))?;
            if rest.starts_with('=') {
                return None;
            }
            let spaced = rest.trim_start();
            // `name= value` is no assignment where a shell reads it.
            if spaced.len() != rest.len() && matches!(source.path.extension(), "sh" | "bash") {
                return None;
            }
            word_or_quoted(text, spaced, before.contains(['"', '\'']))
        }
    }
}

/// `name: "value"`, `$name = 'value'`, `define('NAME', 'value')`, and the default of a variable of
/// Terraform.
fn code(text: &str, before: &str, rest: &str, behind: usize) -> Option<Span> {
    if before.trim_start().starts_with("//") {
        return None;
    }
    if before.trim_end().ends_with("variable \"") {
        let block = text.get(behind..floor(text, text.len().min(behind + 300)))?;
        let block = &block[..block.find('}')?];
        let value = block.split("default").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
        return quoted(text, value.strip_prefix('"')?, '"');
    }
    let rest = rest.trim_start_matches(['"', '\'', ']']).trim_start();
    let comma = before.trim_end_matches(['"', '\'']).ends_with("define(");
    let rest = rest.strip_prefix([':', '=']).or_else(|| rest.strip_prefix(',').filter(|_| comma))?;
    if rest.starts_with(['=', '>']) {
        return None;
    }
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    quoted(text, &rest[1..], quote)
}

fn markup(text: &str, rest: &str) -> Option<Span> {
    if let Some(inner) = rest.strip_prefix('>') {
        // Property lists name a value in the element before it.
        let inner = match inner.strip_prefix("</key>") {
            Some(next) => next.trim_start().strip_prefix("<string>")?,
            None => inner,
        };
        return Some(span(text, inner[..inner.find('<')?].trim()));
    }
    let rest = rest.strip_prefix('"')?.trim_start();
    let value = rest.strip_prefix("value=").or_else(|| rest.strip_prefix("connectionString="))?;
    quoted(text, value.strip_prefix('"')?, '"')
}

fn yaml(source: &SourceFile, rest: &str, before: &str, line: Span) -> Option<Span> {
    let text = &source.text;
    let rest = rest.trim_start_matches(['"', '\'']);
    if let Some(rest) = rest.strip_prefix('=') {
        return word_or_quoted(text, rest, before.contains(['"', '\'']));
    }
    if let Some(rest) = rest.strip_prefix(": ").or_else(|| rest.strip_prefix(" : ")) {
        return yaml_scalar(text, rest);
    }
    // Kubernetes: `- name: DB_PASSWORD`, and the value on the next line.
    if rest.trim().is_empty() && before.trim_end_matches(['"', '\'']).trim_end().ends_with("name:") {
        let next = source.line_span(source.after_line(line.start));
        let value = next.of(text);
        let inner = value.trim_start().strip_prefix("value:")?;
        return yaml_scalar(text, inner);
    }
    None
}

fn yaml_scalar(text: &str, rest: &str) -> Option<Span> {
    let rest = rest.trim_start();
    match rest.chars().next()? {
        quote @ ('"' | '\'') => quoted(text, &rest[1..], quote),
        '|' | '>' | '&' | '*' | '!' | '{' | '[' => None,
        _ => {
            let end = rest.find(" #").unwrap_or(rest.len());
            Some(span(text, rest[..end].trim_end()))
        }
    }
}

fn word_or_quoted(text: &str, rest: &str, inside_quotes: bool) -> Option<Span> {
    match rest.chars().next()? {
        quote @ ('"' | '\'') => quoted(text, &rest[1..], quote),
        _ => {
            let stops = |c: char| {
                c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | ',' | '|' | '&') || inside_quotes && c == ']'
            };
            Some(span(text, &rest[..rest.find(stops).unwrap_or(rest.len())]))
        }
    }
}

fn unquoted_line(text: &str, rest: &str) -> Option<Span> {
    Some(span(text, rest.trim().trim_matches(['"', '\''])))
}

fn quoted(text: &str, rest: &str, quote: char) -> Option<Span> {
    let end = rest.find(quote)?;
    Some(span(text, rest[..end].trim_end_matches('\\')))
}

/// The span of a part of `text`.
fn span(text: &str, part: &str) -> Span {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    Span::new(start, start + part.len())
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::patterns::marks;

    fn found(path: &str, text: &str) -> Vec<(String, String)> {
        let source = SourceFile::new(RepoPath::new(path).unwrap(), text.to_owned(), 0o644);
        given(&source, &marks(text)).into_iter().map(|given| (given.name, given.value)).collect()
    }

    #[test]
    fn every_format() {
        for (path, text, name, value) in [
            ("a.yml", "db:\n  password: one # x\n", "password", "one"),
            ("docker-compose.yml", "  - DB_PASSWORD=one\n", "DB_PASSWORD", "one"),
            ("a.yml", "  - \"DB_PASSWORD=one\"\n", "DB_PASSWORD", "one"),
            ("k.yaml", "- name: DB_PASSWORD\n  value: 'one'\n", "DB_PASSWORD", "one"),
            ("a.json", "{\"mail\": {\"password\": \"one\"}}", "password", "one"),
            ("n.ipynb", "[\"x\\npassword = \\\"one\\\"\\n\"]", "password", "one"),
            ("a.toml", "api_key = \"one\"\n", "api_key", "one"),
            ("a.ini", "[db]\npassword: one\n", "password", "one"),
            ("Dockerfile", "FROM x\nENV DB_PASSWORD one\n", "DB_PASSWORD", "one"),
            ("Dockerfile", "ENV A=b DB_PASSWORD=one \\\n", "DB_PASSWORD", "one"),
            ("run.sh", "export DB_PASSWORD='one'\n", "DB_PASSWORD", "one"),
            (".env", "DB_PASSWORD=one\n", "DB_PASSWORD", "one"),
            ("a.js", "const config = { apiKey: 'one' }", "apiKey", "one"),
            ("a.php", "define('DB_PASSWORD', 'one');", "DB_PASSWORD", "one"),
            ("a.tf", "variable \"db_password\" {\n  default = \"one\"\n}\n", "db_password", "one"),
            ("a.tfvars", "db_password = \"one\"\n", "db_password", "one"),
            ("a.xml", "<password>one</password>", "password", "one"),
            ("web.config", "<add key=\"MailPassword\" value=\"one\" />", "MailPassword", "one"),
        ] {
            assert_eq!(found(path, text), [(name.to_owned(), value.to_owned())], "{path} {text}");
        }
    }

    #[test]
    fn what_gives_no_value() {
        for (path, text) in [
            ("a.yml", "# password: one\n"),
            ("a.yml", "password:\n  one: 1\n"),
            ("a.json", "{\"x\": \"password\"}"),
            ("a.toml", "# api_key = 'one'\n"),
            ("locales/de.json", "{\"password\": \"Passwort\"}"),
            ("a.js", "password = one"),
            ("a.tf", "password = var.password"),
        ] {
            assert!(found(path, text).is_empty(), "{path} {text}");
        }
    }
}
