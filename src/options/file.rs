//! One settings file: TOML with places, so that an error names file and line. Unknown keys are
//! errors: a misspelt `ignore` must not look like one that works.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::{
    Date, DeclaredTarget, FailOn, IgnoreEntry, Known, Layer, OptionsError, SettingsText, Source, Sourced, check_rule,
};

/// Longest settings file, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// Options that a repository must not set for the person: they write, show values, start
/// programs or choose a server.
pub(super) const REFUSED: &[&str] = &[
    "apply",
    "adopt",
    "config",
    "exec",
    "prove",
    "secret-path",
    "show-values",
    "token",
    "untrack",
    "vault",
    "vault-addr",
    "vault-address",
    "yes",
];

const KEYS: &[&str] = &["app", "fail-on", "ignore", "rotate-after", "select", "store", "target", "targets"];
const IGNORE_KEYS: &[&str] = &["path", "reason", "rule", "until"];
const TARGET_KEYS: &[&str] = &["https", "proxies", "start"];

/// A file while it is read.
struct Reader<'a> {
    file: &'a SettingsText<'a>,
    known: &'a Known<'a>,
}

/// Reads a file; nothing where a `pyproject.toml` does not speak of us.
pub(super) fn read(file: &SettingsText<'_>, known: &Known<'_>) -> Result<Layer, OptionsError> {
    let reader = Reader { file, known };
    let is_pyproject = file.name.ends_with("pyproject.toml");
    if is_pyproject && !file.text.contains("flask-harden") {
        return Ok(Layer::default());
    }
    if file.text.len() > MAX_BYTES {
        return Err(reader.error(None, "the file is too large", format!("at most {MAX_BYTES} bytes")));
    }
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(file.text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let problem = format!("this is not TOML: {}", error.message().lines().next().unwrap_or(""));
            return Err(reader.error(error.span(), &problem, "correct the line".to_owned()));
        }
    };
    let root: Option<&dyn TableLike> = if is_pyproject {
        let ours = document.get("tool").and_then(|tool| tool.get("flask-harden"));
        match ours {
            None => None,
            Some(item) => Some(reader.table(item, "tool.flask-harden")?),
        }
    } else {
        Some(document.as_table())
    };
    root.map_or_else(|| Ok(Layer::default()), |root| reader.layer(root))
}

impl Reader<'_> {
    fn layer(&self, root: &dyn TableLike) -> Result<Layer, OptionsError> {
        let mut layer = Layer::default();
        for (key, item) in root.iter() {
            let span = span_of(root, key);
            match key {
                "app" => layer.app = Some(self.sourced(self.line_of_text(item, key)?, span)),
                "store" => layer.store = Some(self.sourced(self.line_of_text(item, key)?, span)),
                "target" => layer.target = Some(self.sourced(self.line_of_text(item, key)?, span)),
                "fail-on" => layer.fail_on = Some(self.sourced(self.fail_on(item)?, span)),
                "rotate-after" => layer.rotate_after = Some(self.sourced(self.days(item)?, span)),
                "select" => layer.select = Some(self.sourced(self.rules(item, key)?, span)),
                "ignore" => self.ignore(item, span, &mut layer)?,
                "targets" => self.targets(item, &mut layer)?,
                _ => return Err(self.unknown(key, span, KEYS)),
            }
        }
        Ok(layer)
    }

    fn days(&self, item: &Item) -> Result<u32, OptionsError> {
        let days = item.as_integer().and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0);
        days.ok_or_else(|| self.wrong(item.span(), "rotate-after", "a number of days from 1"))
    }

    fn fail_on(&self, item: &Item) -> Result<FailOn, OptionsError> {
        let words: Vec<&str> = FailOn::ALL.iter().map(|(_, name)| *name).collect();
        let found = item.as_str().and_then(FailOn::from_name);
        found.ok_or_else(|| {
            self.error(item.span(), "`fail-on` is no known severity", format!("one of: {}", words.join(", ")))
        })
    }

    /// `ignore = ["FH2"]`, `[[ignore]]`, or both in one array.
    fn ignore(&self, item: &Item, span: Option<Range<usize>>, layer: &mut Layer) -> Result<(), OptionsError> {
        if let Some(tables) = item.as_array_of_tables() {
            for table in tables {
                layer.ignores.push(self.ignore_entry(table, table.span())?);
            }
            return Ok(());
        }
        let Some(array) = item.as_array() else { return Err(self.wrong(item.span(), "ignore", "a list")) };
        let mut rules = Vec::new();
        for value in array {
            match value {
                Value::InlineTable(table) => layer.ignores.push(self.ignore_entry(table, value.span())?),
                _ => rules.push(self.rule(value, "ignore")?),
            }
        }
        if !rules.is_empty() {
            layer.ignore = Some(self.sourced(rules, span));
        }
        Ok(())
    }

    fn ignore_entry(&self, table: &dyn TableLike, span: Option<Range<usize>>) -> Result<IgnoreEntry, OptionsError> {
        let mut entry = IgnoreEntry {
            rule: String::new(),
            path: None,
            reason: String::new(),
            until: None,
            source: self.source(span.clone()),
        };
        for (key, item) in table.iter() {
            match key {
                "rule" => {
                    entry.rule = self.line_of_text(item, key)?;
                    check_rule(&entry.rule, &self.source(item.span()), self.known)?;
                }
                "path" => entry.path = Some(self.line_of_text(item, key)?),
                "reason" => entry.reason = self.line_of_text(item, key)?,
                "until" => entry.until = Some(self.date(item)?),
                _ => return Err(self.unknown(key, span_of(table, key), IGNORE_KEYS)),
            }
        }
        for (key, value) in [("rule", &entry.rule), ("reason", &entry.reason)] {
            if value.trim().is_empty() {
                let problem = format!("this ignore has no `{key}`");
                return Err(self.error(span, &problem, format!("{key} = \"...\"")));
            }
        }
        Ok(entry)
    }

    fn date(&self, item: &Item) -> Result<Date, OptionsError> {
        let found = item.as_datetime().filter(|found| found.time.is_none()).and_then(|found| found.date);
        match found {
            Some(date) => Ok(Date { year: i64::from(date.year), month: date.month, day: date.day }),
            None => Err(self.error(item.span(), "`until` is no date", "until = 2027-03-01, without quotes".to_owned())),
        }
    }

    fn targets(&self, item: &Item, layer: &mut Layer) -> Result<(), OptionsError> {
        let targets = self.table(item, "targets")?;
        for (name, item) in targets.iter() {
            let span = span_of(targets, name);
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if name.is_empty() || !name.chars().all(plain) {
                return Err(self.error(
                    span,
                    "a target's name is made of letters, digits, `-` and `_`",
                    "targets.prod".to_owned(),
                ));
            }
            let table = self.table(item, "targets")?;
            let mut target = DeclaredTarget { start: None, https: None, proxies: None, source: self.source(span) };
            for (key, item) in table.iter() {
                match key {
                    "start" => target.start = Some(self.line_of_text(item, key)?),
                    "https" => {
                        target.https =
                            Some(item.as_bool().ok_or_else(|| self.wrong(item.span(), key, "true or false"))?);
                    }
                    "proxies" => {
                        let count = item.as_integer().and_then(|count| u32::try_from(count).ok());
                        target.proxies = Some(count.ok_or_else(|| self.wrong(item.span(), key, "a number from 0"))?);
                    }
                    _ => return Err(self.unknown(key, span_of(table, key), TARGET_KEYS)),
                }
            }
            layer.targets.insert(name.to_owned(), target);
        }
        Ok(())
    }

    fn rules(&self, item: &Item, key: &str) -> Result<Vec<String>, OptionsError> {
        let array = item.as_array().ok_or_else(|| self.wrong(item.span(), key, "a list of rules"))?;
        array.iter().map(|value| self.rule(value, key)).collect()
    }

    fn rule(&self, value: &Value, key: &str) -> Result<String, OptionsError> {
        let rule = value.as_str().ok_or_else(|| self.wrong(value.span(), key, "rules in quotes"))?;
        check_rule(rule, &self.source(value.span()), self.known)?;
        Ok(rule.to_owned())
    }

    /// A text without control characters.
    fn line_of_text(&self, item: &Item, key: &str) -> Result<String, OptionsError> {
        let text = item.as_str().filter(|text| !text.trim().is_empty() && !text.chars().any(char::is_control));
        text.map(str::to_owned).ok_or_else(|| self.wrong(item.span(), key, "a line of text in quotes"))
    }

    fn table<'i>(&self, item: &'i Item, key: &str) -> Result<&'i dyn TableLike, OptionsError> {
        item.as_table_like().ok_or_else(|| self.wrong(item.span(), key, "a table"))
    }

    fn unknown(&self, key: &str, span: Option<Range<usize>>, known: &[&str]) -> OptionsError {
        if REFUSED.contains(&key) {
            let problem = format!("`{key}` cannot be set by a project");
            return self.error(span, &problem, "give it as an option or in your own environment".to_owned());
        }
        let shown: String = key.chars().take(40).collect();
        self.error(span, &format!("there is no setting `{shown}`"), format!("one of: {}", known.join(", ")))
    }

    fn wrong(&self, span: Option<Range<usize>>, key: &str, wanted: &str) -> OptionsError {
        self.error(span, &format!("`{key}` takes {wanted}"), format!("correct `{key}`"))
    }

    fn error(&self, span: Option<Range<usize>>, problem: &str, now: String) -> OptionsError {
        OptionsError { at: self.source(span), problem: problem.to_owned(), now }
    }

    fn sourced<T>(&self, value: T, span: Option<Range<usize>>) -> Sourced<T> {
        Sourced::new(value, self.source(span))
    }

    fn source(&self, span: Option<Range<usize>>) -> Source {
        let mark = if self.file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let start = span.map_or(0, |span| span.start + mark).min(self.file.text.len());
        let line = memchr::memchr_iter(b'\n', &self.file.text.as_bytes()[..start]).count() + 1;
        Source::File { name: self.file.name.to_owned(), line }
    }
}

/// Where a key stands; dotted keys and tables of their own included.
fn span_of(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    let (name, item) = table.get_key_value(key)?;
    name.span().or_else(|| item.span())
}
