//! What the person and the project want: flags, environment, `.flask-harden.toml`,
//! `[tool.flask-harden]` of `pyproject.toml`, defaults, merged once; the first that has a value
//! wins, and each value knows where it comes from. Takes texts and reads no files itself.
//!
//! A repository's settings are not trusted with anything dangerous: what starts programs, shows
//! values, writes without asking or chooses a server is no setting (see `file::REFUSED`).

mod date;
mod file;

use std::collections::BTreeMap;
use std::fmt;

pub use date::Date;

/// Prefix of our variables. Not `FLASK_`: `from_prefixed_env()` loads those into the app.
const PREFIX: &str = "FLASKHARDEN_";

/// Days after which a key is old, where nothing else is said.
const ROTATE_AFTER: u32 = 365;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An option of the command line (`--store`).
    Flag(&'static str),
    /// A variable (`FLASKHARDEN_STORE`).
    Environment(&'static str),
    /// A settings file; the line counts from 1.
    File {
        name: String,
        line: usize,
    },
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag(name) | Source::Environment(name) => f.write_str(name),
            Source::File { name, line } => write!(f, "{name}:{line}"),
            Source::Default => f.write_str("default"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: Source,
}

impl<T> Sourced<T> {
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }
}

/// The severity from which findings make a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    Live,
    High,
    Medium,
    Low,
    /// Never.
    None,
}

impl FailOn {
    pub const ALL: [(FailOn, &'static str); 5] = [
        (FailOn::Live, "live"),
        (FailOn::High, "high"),
        (FailOn::Medium, "medium"),
        (FailOn::Low, "low"),
        (FailOn::None, "none"),
    ];

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }
}

/// One `[[ignore]]` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreEntry {
    /// A rule (`FH203`) or a group (`FH2`).
    pub rule: String,
    /// Which paths, as `.gitignore` writes them; `None`: all.
    pub path: Option<String>,
    pub reason: String,
    /// The last day on which it counts.
    pub until: Option<Date>,
    pub source: Source,
}

/// One `targets.NAME` table. `start` is evidence of how production is started; it is never run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredTarget {
    pub start: Option<String>,
    pub https: Option<bool>,
    pub proxies: Option<u32>,
    pub source: Source,
}

/// Every setting after merging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `module:attribute`, when detection is not enough.
    pub app: Option<Sourced<String>>,
    /// A store's name, or `auto`.
    pub store: Sourced<String>,
    pub target: Option<Sourced<String>>,
    pub format: Sourced<String>,
    pub fail_on: Sourced<FailOn>,
    /// Only these rules or groups; `None`: all.
    pub select: Option<Sourced<Vec<String>>>,
    /// Without these rules or groups.
    pub ignore: Option<Sourced<Vec<String>>>,
    pub ignores: Vec<IgnoreEntry>,
    pub targets: BTreeMap<String, DeclaredTarget>,
    /// Days after which a key is old.
    pub rotate_after: Sourced<u32>,
    pub no_tui: Sourced<bool>,
}

/// What the command line gave; lists are empty where it gave none.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub store: Option<String>,
    pub target: Option<String>,
    pub format: Option<String>,
    pub fail_on: Option<FailOn>,
    pub select: Vec<String>,
    pub ignore: Vec<String>,
    pub no_tui: bool,
    /// Uses what is in a store under the names of this project, whoever put it there.
    pub adopt: bool,
    /// What items of stores are called instead of after the project.
    pub secret_path: Option<String>,
    /// Has git stop tracking env files that hold secrets or get a key.
    pub untrack: bool,
}

/// The text of a settings file.
#[derive(Clone, Copy, Debug)]
pub struct SettingsText<'a> {
    /// As it is shown in messages. A name that ends in `pyproject.toml` holds our settings in
    /// `[tool.flask-harden]`, any other at its top.
    pub name: &'a str,
    pub text: &'a str,
}

/// The words that values may have; other modules own these lists.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Without `auto`.
    pub stores: &'a [&'a str],
    pub formats: &'a [&'a str],
    /// Rule ids.
    pub rules: &'a [&'a str],
}

/// A setting that cannot be used. Names settings and places; values are not repeated, since a
/// token may stand where none belongs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct OptionsError {
    pub at: Source,
    pub problem: String,
    /// What to write instead.
    pub now: String,
}

/// Settings of one origin.
#[derive(Default)]
struct Layer {
    app: Option<Sourced<String>>,
    store: Option<Sourced<String>>,
    target: Option<Sourced<String>>,
    format: Option<Sourced<String>>,
    fail_on: Option<Sourced<FailOn>>,
    select: Option<Sourced<Vec<String>>>,
    ignore: Option<Sourced<Vec<String>>>,
    ignores: Vec<IgnoreEntry>,
    targets: BTreeMap<String, DeclaredTarget>,
    rotate_after: Option<Sourced<u32>>,
    no_tui: Option<Sourced<bool>>,
}

/// The settings file that the environment names, used unless an option says otherwise.
pub fn config_of_environment(environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    environment("FLASKHARDEN_CONFIG").filter(|path| !path.is_empty())
}

/// Merges everything. `files` stand in the order in which they count.
///
/// # Errors
/// The first setting that is unknown, of the wrong kind, or refused.
pub fn resolve(
    flags: &Flags,
    environment: &dyn Fn(&str) -> Option<String>,
    files: &[SettingsText<'_>],
    known: &Known<'_>,
) -> Result<Options, OptionsError> {
    let mut layers = vec![of_flags(flags), of_environment(environment)];
    for file in files {
        layers.push(file::read(file, known)?);
    }
    for layer in &layers {
        check(layer, known)?;
    }
    Ok(merge(layers))
}

fn merge(layers: Vec<Layer>) -> Options {
    let mut merged = Layer::default();
    for layer in layers {
        merged.app = merged.app.or(layer.app);
        merged.store = merged.store.or(layer.store);
        merged.target = merged.target.or(layer.target);
        merged.format = merged.format.or(layer.format);
        merged.fail_on = merged.fail_on.or(layer.fail_on);
        merged.select = merged.select.or(layer.select);
        merged.ignore = merged.ignore.or(layer.ignore);
        merged.rotate_after = merged.rotate_after.or(layer.rotate_after);
        merged.no_tui = merged.no_tui.or(layer.no_tui);
        if merged.ignores.is_empty() {
            merged.ignores = layer.ignores;
        }
        for (name, target) in layer.targets {
            merged.targets.entry(name).or_insert(target);
        }
    }
    let default = |value: &str| Sourced::new(value.to_owned(), Source::Default);
    Options {
        app: merged.app,
        store: merged.store.unwrap_or_else(|| default("auto")),
        target: merged.target,
        format: merged.format.unwrap_or_else(|| default("text")),
        fail_on: merged.fail_on.unwrap_or_else(|| Sourced::new(FailOn::Medium, Source::Default)),
        select: merged.select,
        ignore: merged.ignore,
        ignores: merged.ignores,
        rotate_after: merged.rotate_after.unwrap_or_else(|| Sourced::new(ROTATE_AFTER, Source::Default)),
        targets: merged.targets,
        no_tui: merged.no_tui.unwrap_or_else(|| Sourced::new(false, Source::Default)),
    }
}

/// Whether the environment asks for reports instead of a screen.
pub fn no_tui_of_environment(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    of_environment(environment).no_tui.is_some_and(|given| given.value)
}

fn of_flags(flags: &Flags) -> Layer {
    let text = |value: &Option<String>, name| value.clone().map(|value| Sourced::new(value, Source::Flag(name)));
    let list = |value: &[String], name| (!value.is_empty()).then(|| Sourced::new(value.to_vec(), Source::Flag(name)));
    Layer {
        store: text(&flags.store, "--store"),
        target: text(&flags.target, "--target"),
        format: text(&flags.format, "--format"),
        fail_on: flags.fail_on.map(|value| Sourced::new(value, Source::Flag("--fail-on"))),
        select: list(&flags.select, "--select"),
        ignore: list(&flags.ignore, "--ignore"),
        no_tui: flags.no_tui.then(|| Sourced::new(true, Source::Flag("--no-tui"))),
        ..Layer::default()
    }
}

fn of_environment(environment: &dyn Fn(&str) -> Option<String>) -> Layer {
    let text = |name: &'static str| {
        debug_assert!(name.starts_with(PREFIX));
        environment(name).filter(|value| !value.is_empty()).map(|value| Sourced::new(value, Source::Environment(name)))
    };
    Layer {
        store: text("FLASKHARDEN_STORE"),
        target: text("FLASKHARDEN_TARGET"),
        format: text("FLASKHARDEN_FORMAT"),
        no_tui: text("FLASKHARDEN_NO_TUI")
            .map(|given| Sourced::new(!matches!(given.value.as_str(), "0" | "false" | "no"), given.source)),
        ..Layer::default()
    }
}

/// Values against the lists that other modules own.
fn check(layer: &Layer, known: &Known<'_>) -> Result<(), OptionsError> {
    let stores: Vec<&str> = std::iter::once("auto").chain(known.stores.iter().copied()).collect();
    one_of(layer.store.as_ref(), "store", &stores)?;
    one_of(layer.format.as_ref(), "format", known.formats)?;
    for list in [&layer.select, &layer.ignore].into_iter().flatten() {
        for rule in &list.value {
            check_rule(rule, &list.source, known)?;
        }
    }
    Ok(())
}

fn one_of(given: Option<&Sourced<String>>, what: &str, words: &[&str]) -> Result<(), OptionsError> {
    match given {
        Some(given) if !words.contains(&given.value.as_str()) => Err(OptionsError {
            at: given.source.clone(),
            problem: format!("this is no {what} that is known"),
            now: format!("one of: {}", words.join(", ")),
        }),
        _ => Ok(()),
    }
}

/// A rule, or a group that has rules. Rule ids are no secrets, so the message may repeat one
/// that has their form.
fn check_rule(rule: &str, at: &Source, known: &Known<'_>) -> Result<(), OptionsError> {
    if known.rules.iter().any(|id| covers(rule, id)) {
        return Ok(());
    }
    let named = if is_rule_form(rule) { format!("no rule is called `{rule}`") } else { "this is no rule".to_owned() };
    Err(OptionsError {
        at: at.clone(),
        problem: named,
        now: "`flask-harden explain` lists every rule; FH1 stands for all FH1xx".to_owned(),
    })
}

/// Whether a rule or group (`FH203`, `FH2`) covers a rule id.
pub fn covers(rule_or_group: &str, id: &str) -> bool {
    rule_or_group == id || (is_group(rule_or_group) && id.starts_with(rule_or_group))
}

fn is_group(text: &str) -> bool {
    text.len() == 3 && is_rule_form(text)
}

fn is_rule_form(text: &str) -> bool {
    text.len() <= 6 && text.strip_prefix("FH").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
