//! `explain SETTING`: which value a setting has on each way the app is started, and where from.

use crate::facts::data::Found;
use crate::facts::settings::Form;
use crate::facts::values::{Derivation, FROM_ENV_FILE, Value, Valued};
use crate::facts::{Effective, Facts, Setting, Target};
use crate::repo::{GitState, Tree};
use crate::text::RepoPath;

use super::{EngineError, Request, read, settings};

/// A setting on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveLine {
    /// Root of the project, for repositories with several.
    pub project: RepoPath,
    /// `gunicorn (Procfile:1)`.
    pub target: String,
    pub production: bool,
    /// What it is, in words; never a value that may be secret.
    pub value: String,
    /// `config.py:9`; nothing where Flask's default counts.
    pub place: Option<String>,
    /// What could make it another value, or why it is not known.
    pub note: Option<String>,
}

/// The value of a setting on every target.
///
/// # Errors
/// Where the tree cannot be opened.
pub fn effective(request: &Request, key: &str) -> Result<Vec<EffectiveLine>, EngineError> {
    let tree = Tree::open(&request.root)?;
    let git = GitState::open(&tree);
    let options = settings::resolve(&tree, request)?;
    let (facts, _) = read::facts(&tree, &git, &options);
    Ok(facts.targets.iter().map(|target| line(&facts, target, key)).collect())
}

pub(super) fn line(facts: &Facts, target: &Target, key: &str) -> EffectiveLine {
    let mut line = EffectiveLine {
        project: target.project.clone(),
        target: target.name.clone(),
        production: target.production,
        value: String::new(),
        place: None,
        note: None,
    };
    match facts.effective(target, key) {
        Effective::Absent => {
            line.value = default_of(key).to_owned();
            let mut doubts = facts.doubts(target).into_iter().chain(facts.unsettled(target));
            line.note = doubts.find(|doubt| doubt.contains("may set this"));
        }
        Effective::Unknown(reason) => {
            line.value = "unknown".to_owned();
            line.note = Some(reason);
        }
        Effective::Set { setting, certain } => {
            let setting = facts.resolve(setting);
            line.value = said(facts, target, setting);
            line.place = Some(format!("{}:{}", setting.path(), setting.location.line));
            if !certain {
                line.note = Some("the server's environment can select another configuration".to_owned());
            }
        }
    }
    line
}

/// Flask's own default for the settings people ask about.
fn default_of(key: &str) -> &'static str {
    match key {
        "SESSION_COOKIE_HTTPONLY" | "SESSION_REFRESH_EACH_REQUEST" => "on (Flask's default)",
        "DEBUG" | "TESTING" | "SESSION_COOKIE_SECURE" | "SESSION_COOKIE_PARTITIONED" => "off (Flask's default)",
        "PERMANENT_SESSION_LIFETIME" => "31 days (Flask's default)",
        "SECRET_KEY" | "SESSION_COOKIE_SAMESITE" | "MAX_CONTENT_LENGTH" | "TRUSTED_HOSTS" | "SERVER_NAME" => {
            "not set (Flask's default)"
        }
        _ => "not set",
    }
}

/// Whether a setting is on or off, and nothing else.
fn is_switch(key: &str) -> bool {
    let default = default_of(key);
    default.starts_with("on ") || default.starts_with("off ")
}

/// A value in one word, for tables, and the variable's own place where the value comes from there.
pub(super) fn word(facts: &Facts, target: &Target, key: &str) -> (String, Option<String>) {
    match facts.effective(target, key) {
        Effective::Absent => (default_of(key).trim_end_matches(" (Flask's default)").to_owned(), None),
        Effective::Unknown(_) => ("?".to_owned(), None),
        Effective::Set { setting, .. } => {
            let setting = facts.resolve(setting);
            let place = format!("{}:{}", setting.path(), setting.location.line);
            // A switch that data or a computation decides is known by its truth.
            let decided = match &setting.value.value {
                Value::Derived { how, .. } => *how != Derivation::Text && setting.value.env().is_none(),
                Value::Unknown(_) => is_switch(key),
                _ => false,
            };
            if let Some(truth) = facts.truth(target, setting).filter(|_| decided) {
                return (if truth { "on" } else { "off" }.to_owned(), Some(place));
            }
            match setting.value.env().and_then(|read| target.var(read)) {
                Some(var) => {
                    let place = format!("{}:{}", var.location.path, var.location.line);
                    (short(target, &setting.value, "set"), Some(place))
                }
                None => (short(target, &setting.value, "env"), Some(place)),
            }
        }
    }
}

/// `from_env`: what is said of a variable's own value.
fn short(target: &Target, value: &Valued, from_env: &str) -> String {
    match &value.value {
        Value::Text { .. } => match words(target, value) {
            said if said.starts_with("a literal") => "literal".to_owned(),
            said => said,
        },
        Value::Random => "random".to_owned(),
        Value::Dict { .. } => "dict".to_owned(),
        Value::Name(_) | Value::Lookup(_) | Value::Unknown(_) => "?".to_owned(),
        Value::Env(read) if from_env == "env" && read.fallback.is_some() => {
            read.fallback.as_deref().map_or_else(String::new, |fallback| short(target, fallback, from_env))
        }
        Value::Env(_) => from_env.to_owned(),
        Value::Derived { inner, how } => {
            let truth = value.truth(&|read| target.value_of(read));
            match (how, truth) {
                (Derivation::Text, _) | (_, None) => short(target, inner, from_env),
                (_, Some(true)) => "on".to_owned(),
                (_, Some(false)) => "off".to_owned(),
            }
        }
        Value::Bool(_) | Value::Number(_) | Value::None => words(target, value),
    }
}

/// The value of a setting in words.
fn said(facts: &Facts, target: &Target, setting: &Setting) -> String {
    let (lookup, how) = match &setting.value.value {
        Value::Text { secret, .. } if setting.form == Form::Data && !secret.is_empty() => {
            return match secret.expose() {
                "Lax" | "Strict" | "None" => secret.expose().to_owned(),
                _ => "a literal in the file".to_owned(),
            };
        }
        Value::Lookup(lookup) => (lookup, None),
        // What the rules know of a switch is said here, too.
        Value::Unknown(reason) if is_switch(&setting.key) && *reason != FROM_ENV_FILE => {
            return facts
                .truth(target, setting)
                .map_or_else(|| words(target, &setting.value), |truth| switched((*reason).to_owned(), Some(truth)));
        }
        Value::Derived { inner, how } => match &inner.value {
            Value::Lookup(lookup) => (lookup, Some(how)),
            Value::Name(_) if *how != Derivation::Text => {
                return switched(words(target, inner), facts.truth(target, setting));
            }
            // A fallback may be another setting, which only the facts know.
            Value::Env(_) if matches!(how, Derivation::OneOf(_) | Derivation::Parsed) => {
                return switched(words(target, inner), facts.truth(target, setting));
            }
            _ => return words(target, &setting.value),
        },
        _ => return words(target, &setting.value),
    };
    let truth = how.filter(|how| **how != Derivation::Text).and_then(|_| facts.truth(target, setting));
    let text = match facts.looked_up(setting.path(), lookup) {
        Found::Setting(found) if lookup.empty_too && found.value.is_empty_text() => {
            lookup.fallback.as_deref().map_or_else(String::new, |fallback| words(target, fallback))
        }
        Found::Setting(found) => format!("{}, {}:{}", said(facts, target, found), found.path(), found.location.line),
        Found::NoFile(name) => match &lookup.fallback {
            Some(fallback) => format!("{} where {name} exists, else {}", lookup.shown(), words(target, fallback)),
            None => format!("{} of {name}, which is not in the repository", lookup.shown()),
        },
        Found::NoKey(path) => match &lookup.fallback {
            Some(fallback) => return format!("{}: {path} does not set {}", words(target, fallback), lookup.shown()),
            None => format!("{}, which {path} does not set", lookup.shown()),
        },
        Found::Unknown => words(target, &setting.value),
    };
    switched(text, truth)
}

/// What is known of a switch, with where it comes from.
fn switched(text: String, truth: Option<bool>) -> String {
    match truth {
        Some(true) => format!("on ({text})"),
        Some(false) => format!("off ({text})"),
        None => text,
    }
}

/// A value in words. Texts are not shown: a name does not tell whether they are secret.
fn words(target: &Target, value: &Valued) -> String {
    match &value.value {
        Value::Text { secret, .. } if secret.is_empty() => "empty".to_owned(),
        Value::Text { secret, .. } if matches!(secret.expose(), "Lax" | "Strict" | "None") => {
            secret.expose().to_owned()
        }
        Value::Text { .. } => "a literal in the code".to_owned(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::Number(text) => text.clone(),
        Value::None => "None".to_owned(),
        Value::Random => "random, another one at each start".to_owned(),
        Value::Dict { .. } => "a dictionary".to_owned(),
        Value::Name(name) => format!("the value of {name}"),
        Value::Lookup(lookup) => match &lookup.fallback {
            Some(fallback) => format!("the value of {}, else {}", lookup.shown(), words(target, fallback)),
            None => format!("the value of {}", lookup.shown()),
        },
        Value::Unknown(FROM_ENV_FILE) => FROM_ENV_FILE.to_owned(),
        Value::Unknown(reason) => format!("unknown: {reason}"),
        Value::Env(read) => {
            if let Some(var) = target.var(read) {
                return format!("{} of the environment, set at {}:{}", read.name, var.location.path, var.location.line);
            }
            let fallback = match &read.fallback {
                Some(fallback) => format!("else {}", words(target, fallback)),
                None if read.required => "which must be set".to_owned(),
                None => "else None".to_owned(),
            };
            format!("{} of the environment, {fallback}", read.name)
        }
        Value::Derived { inner, how } => {
            let truth = value.truth(&|read| target.value_of(read));
            let switch = |text: &str| matches!(text, "true" | "false" | "1" | "0" | "null");
            let text = inner.known_text(&|read| target.value_of(read)).flatten();
            match (how, truth) {
                // Any text may stand there; only a switch is on or off.
                (Derivation::Json, _) if !text.as_deref().is_some_and(switch) => words(target, inner),
                (Derivation::Text, _) | (_, None) => words(target, inner),
                (_, Some(true)) => format!("on ({})", words(target, inner)),
                (_, Some(false)) => format!("off ({})", words(target, inner)),
            }
        }
    }
}
