//! What a JSON, TOML, YAML or INI file, or an env file, holds: its entries with their places, as
//! values of settings. Knows the formats; which table the app takes is not asked here.

use std::sync::Arc;

use crate::facts::values::{EnvRead, EnvReader, FallbackPlace, Value, Valued};
use crate::lang::dotenv::EnvDocument;
use crate::lang::ini::{self, Continues};
use crate::lang::node::{Node, NodeKind, Scalar, Style};
use crate::lang::{toml, yaml};
use crate::secret::Secret;
use crate::text::{SourceFile, Span};

/// How deep tables are read.
const MAX_TABLES: usize = 4;
/// How often a value may refer to another one.
const MAX_STEPS: usize = 6;

/// One value and where it stands.
pub struct Entry {
    /// The tables or sections around it, outermost first.
    pub tables: Vec<String>,
    pub key: String,
    pub value: Valued,
    pub key_span: Span,
    /// Key and value.
    pub item: Span,
}

/// Whether a file by its name holds data that is read here.
pub fn is_data_file(extension: &str) -> bool {
    matches!(extension, "json" | "toml" | "yaml" | "yml" | "ini" | "cfg" | "conf")
}

/// The entries of a file; none where it is not of its format.
pub fn read(source: &SourceFile) -> Vec<Entry> {
    let text = source.text.as_str();
    let mut found = Vec::new();
    match source.path.extension() {
        "json" | "yaml" | "yml" => {
            for document in &yaml::read(text).list {
                tables(document, &mut Vec::new(), &mut found);
            }
        }
        "toml" => {
            if let Ok(document) = toml::read(text) {
                tables(&document, &mut Vec::new(), &mut found);
            }
        }
        "ini" | "cfg" | "conf" => sections(text, &mut found),
        _ => {
            let document = EnvDocument::parse(text).map(|document| document.entries).unwrap_or_default();
            for entry in document {
                let Some((secret, span)) = entry.value.zip(entry.value_span) else { continue };
                let value = Value::Text { secret, bytes: false, contents: vec![span] };
                let value = Valued { value, span };
                found.push(Entry {
                    tables: Vec::new(),
                    key: entry.key,
                    value,
                    key_span: entry.key_span,
                    item: entry.span,
                });
            }
        }
    }
    found
}

fn tables(node: &Node, above: &mut Vec<String>, found: &mut Vec<Entry>) {
    for entry in node.entries() {
        match &entry.value.kind {
            NodeKind::Scalar(scalar) => found.push(Entry {
                tables: above.clone(),
                key: entry.key.text.clone(),
                value: Valued { value: scalar_value(scalar), span: scalar.span },
                key_span: entry.key.span,
                item: Span::new(entry.key.span.start.min(scalar.span.start), scalar.span.end.max(entry.key.span.end)),
            }),
            NodeKind::Map(_) if above.len() < MAX_TABLES => {
                above.push(entry.key.text.clone());
                tables(&entry.value, above, found);
                above.pop();
            }
            _ => {}
        }
    }
}

fn scalar_value(scalar: &Scalar) -> Value {
    let plain = scalar.style == Style::Plain;
    match scalar.text.as_str() {
        "true" | "True" | "TRUE" | "yes" | "on" if plain => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "off" if plain => Value::Bool(false),
        "" | "null" | "~" | "None" if plain => Value::None,
        number if plain && number.parse::<f64>().is_ok() => Value::Number(number.to_owned()),
        text => text_value(text, scalar.span),
    }
}

fn text_value(text: &str, span: Span) -> Value {
    Value::Text { secret: Arc::new(Secret::from(text)), bytes: false, contents: vec![span] }
}

fn sections(text: &str, found: &mut Vec<Entry>) {
    let all = ini::sections(text, Continues::Indent);
    for section in &all {
        for setting in &section.settings {
            let key_end = setting.item.start + setting.key.len();
            let value = option(&all, section, &setting.value, setting.span, MAX_STEPS);
            found.push(Entry {
                tables: if section.name.is_empty() { Vec::new() } else { vec![section.name.clone()] },
                key: setting.key.clone(),
                value: Valued { value, span: setting.span },
                key_span: Span::new(setting.item.start, key_end.min(setting.item.end)),
                item: setting.item,
            });
        }
    }
}

/// The value of an option: `%(name)s` and `${name}` are another option of the section or of
/// `[DEFAULT]`, else the variable of that name.
fn option(all: &[ini::Section], section: &ini::Section, written: &str, span: Span, steps: usize) -> Value {
    let name = whole(written, "%(", ")s").or_else(|| whole(written, "${", "}"));
    let Some(name) = name else {
        let composed = written.contains("%(") || written.contains("${");
        return if composed { Value::Unknown("put together from other options") } else { text_value(written, span) };
    };
    let (section, name) = match name.split_once(':') {
        Some((other, name)) => (all.iter().find(|known| known.name == other).unwrap_or(section), name),
        None => (section, name),
    };
    let default = all.iter().find(|known| known.name == "DEFAULT");
    let other = section.get(name).or_else(|| default.and_then(|default| default.get(name)));
    match (other, steps.checked_sub(1)) {
        (Some(other), Some(steps)) if other.span != span => option(all, section, &other.value, other.span, steps),
        _ => Value::Env(EnvRead {
            name: name.to_ascii_uppercase(),
            fallback: None,
            required: true,
            reader: EnvReader::Os,
            place: FallbackPlace::Expression,
        }),
    }
}

/// The name in a text that is one reference and nothing else.
fn whole<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    let name = text.trim().strip_prefix(open)?.strip_suffix(close)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::RepoPath;

    fn entries(name: &str, text: &str) -> Vec<(String, String, String)> {
        let source = SourceFile::new(RepoPath::new(name).unwrap(), text.to_owned(), 0o644);
        let shown = |entry: &Entry| match &entry.value.value {
            Value::Text { secret, contents, .. } => {
                assert_eq!(contents[0].of(text), secret.expose());
                secret.expose().to_owned()
            }
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.clone(),
            Value::Env(read) => format!("${}", read.name),
            Value::Unknown(_) => "?".to_owned(),
            _ => "-".to_owned(),
        };
        read(&source).iter().map(|entry| (entry.tables.join("."), entry.key.clone(), shown(entry))).collect()
    }

    fn expect(found: &[(String, String, String)], wanted: &[(&str, &str, &str)]) {
        let found: Vec<_> = found.iter().map(|(t, k, v)| (t.as_str(), k.as_str(), v.as_str())).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn every_format_gives_its_entries_with_places() {
        let wanted = [("", "SECRET_KEY", "one two"), ("", "DEBUG", "true"), ("db", "port", "5")];
        expect(&entries("c.json", "{\"SECRET_KEY\": \"one two\", \"DEBUG\": true, \"db\": {\"port\": 5}}"), &wanted);
        expect(&entries("c.toml", "SECRET_KEY = 'one two'\nDEBUG = true\n[db]\nport = 5\n"), &wanted);
        expect(&entries("c.yml", "SECRET_KEY: one two\nDEBUG: true\ndb:\n  port: 5\n"), &wanted);
        expect(&entries("c.env", "SECRET_KEY='one two'\n"), &wanted[..1]);
        expect(&entries("c.ini", "[flask]\nsecret_key = one two\n"), &[("flask", "secret_key", "one two")]);
    }

    #[test]
    fn options_refer_to_options_and_to_variables() {
        let text =
            "[DEFAULT]\nkey = base\n[a]\nk = %(key)s\nenv = %(SECRET_KEY)s\nmixed = x-%(key)s\n[b]\nk = ${a:k}\n";
        let source = SourceFile::new(RepoPath::new("c.ini").unwrap(), text.to_owned(), 0o644);
        let all = read(&source);
        let value = |table: &str, key: &str| {
            let found = all.iter().find(|entry| entry.tables.join(".") == table && entry.key == key).unwrap();
            match &found.value.value {
                Value::Text { secret, .. } => secret.expose().to_owned(),
                Value::Env(read) => format!("${}", read.name),
                _ => "?".to_owned(),
            }
        };
        let values = [value("a", "k"), value("a", "env"), value("a", "mixed"), value("b", "k")];
        assert_eq!(values, ["base", "$SECRET_KEY", "?", "base"]);
    }
}
