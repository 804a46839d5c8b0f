//! Judges a value that a name says is a credential: by name, by look, and by what is around it.

use super::values;
use super::{Assigned, Doubt, Format, How};
use crate::facts::credential_names::{self as names, Head};
use crate::facts::files::FileRole;
use crate::text::{RepoPath, Span};

/// A name and the literal it is given.
pub(super) struct Given {
    pub name: String,
    pub symbol: String,
    pub value: String,
    /// What has to be masked.
    pub span: Span,
    pub format: Format,
    /// It configures something: a setting, a variable, an argument of a connection. Elsewhere in
    /// code a plain word may be anything.
    pub configures: bool,
    pub variable: Option<String>,
    pub plain: Option<Span>,
    pub stage: Stage,
    /// The same text names a user or a database in the same file.
    pub same_as_user: bool,
    /// What it is by its place alone, whatever its name and however plain the word.
    pub sure: Option<Head>,
    pub how: How,
    /// It opens a service on the same computer.
    pub local: bool,
}

impl Given {
    /// A name that is given a value, and nothing more known of it.
    pub(super) fn new(name: &str, symbol: String, value: &str, span: Span, format: Format) -> Self {
        Self {
            name: name.to_owned(),
            symbol,
            value: value.to_owned(),
            span,
            format,
            configures: false,
            variable: None,
            plain: None,
            stage: Stage::Any,
            same_as_user: false,
            sure: None,
            how: How::Named,
            local: false,
        }
    }
}

/// Which stage the surroundings name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Any,
    Development,
    Tests,
}

impl Stage {
    /// By the name of a file and of the directory it stands in.
    pub(super) fn of_path(path: &RepoPath) -> Stage {
        match Stage::of(path.stem()) {
            _ if path.name() == "Vagrantfile" => Stage::Development,
            Stage::Any => Stage::of(path.parent().name()),
            stage => stage,
        }
    }

    /// By a class, file or section name.
    pub(super) fn of(name: &str) -> Stage {
        let words = names::words(name);
        let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        if any(&["test", "tests", "testing", "unittest", "pytest", "mock"]) {
            Stage::Tests
        } else if any(&[
            "dev",
            "development",
            "local",
            "debug",
            "develop",
            "override",
            "fake",
            "fakes",
            "faker",
            "forge",
        ]) {
            Stage::Development
        } else {
            Stage::Any
        }
    }
}

/// The credential, and what speaks against it; `None` where it is none.
pub(super) fn judge(given: &Given, role: FileRole) -> Option<(Assigned, Vec<Doubt>)> {
    let head = given.sure.or_else(|| names::head(&given.name))?;
    let value = given.value.trim();
    if value.len() < 3 || value.len() > 1000 || is_no_value(given, value) {
        return None;
    }
    let random = values::is_random(value);
    let well_known = values::is_well_known(value) || values::is_well_known_digest(value);
    let stage = match (given.stage, Stage::of(&given.name)) {
        (Stage::Any, by_name) => by_name,
        (stage, _) => stage,
    };
    let aside =
        matches!(role, FileRole::Test | FileRole::Docs | FileRole::Example | FileRole::Ci | FileRole::Migration)
            || stage == Stage::Tests;
    // Beside the app a plain word is a test value, and a stand-in does what it is there for.
    if aside && (!random || values::is_placeholder(value) || head == Head::Password || made_for_tests(&given.name)) {
        return None;
    }
    if !random && !counts(given, head, value, well_known) {
        return None;
    }
    let mut doubts = Vec::new();
    if values::is_placeholder(value) {
        doubts.push(Doubt::Placeholder);
    } else if well_known || given.same_as_user {
        doubts.push(Doubt::WellKnown);
    }
    match stage {
        Stage::Tests => doubts.push(Doubt::Tests),
        Stage::Development => doubts.push(Doubt::Development),
        Stage::Any => {}
    }
    if given.local {
        doubts.push(Doubt::Local);
    }
    if given.format == Format::Code && matches!(head, Head::Key | Head::Token) {
        if ["pk_", "pk.", "sb_publishable", "phc_"].iter().any(|start| value.starts_with(start)) {
            return None;
        }
        doubts.push(Doubt::Browser);
    }
    // Whoever made the account typed it, however good a password it is; keys in addresses
    // seldom open more than a count of requests; a digest has to be guessed first.
    let guessable =
        matches!(given.how, How::Account | How::Query) || given.how == How::Compared && values::is_digest(value);
    let assigned = Assigned {
        name: given.name.clone(),
        symbol: given.symbol.clone(),
        head,
        format: given.format,
        variable: given.variable.clone(),
        how: given.how,
        random: !guessable && (random || values::is_strong(value)),
        plain: given.plain,
    };
    Some((assigned, doubts))
}

/// Whether a value that no machine made counts.
fn counts(given: &Given, head: Head, value: &str, well_known: bool) -> bool {
    let spaces = value.contains(char::is_whitespace);
    if given.sure.is_some() {
        return !spaces;
    }
    let words = values::reads_as_words(value);
    // `API_KEY = "api_key"` names something; it is no value.
    let echo = words && echoes(&given.name, value);
    if !given.configures {
        return head == Head::Password && values::is_strong(value) && !echo;
    }
    match head {
        Head::Password => {
            let service = matches!(given.format, Format::Env | Format::Config) || names::names_service(&given.name);
            !spaces
                && (!echo || (service && well_known))
                && (!words || service || well_known || digits_and_letters(value))
        }
        Head::Secret => {
            !echo && value.len() >= 4 && (!spaces || !value.contains(['.', ',', ':', '?'])) && !value.starts_with("X-")
        }
        Head::Token | Head::Key => {
            let placed = matches!(given.format, Format::Env | Format::Config) && !words;
            !spaces
                && value.len() >= 8
                && !echo
                && (digits_and_letters(value) && !words
                    || placed
                    || (well_known || values::is_placeholder(value)) && given.format != Format::Json)
        }
    }
}

/// Whether a text cannot be a credential by its form. What is one by its place may be a word of
/// the format, too.
fn is_no_value(given: &Given, value: &str) -> bool {
    values::is_template(value)
        || values::is_hash(value)
        || values::is_something_else(value) && !(given.sure.is_some() && values::is_strong(value))
}

/// `valid_secret`, `otp_secret`: what tests give to the code they test.
fn made_for_tests(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "valid", "invalid", "fake", "dummy", "mock", "expected", "bad", "good", "second", "otp", "totp", "new", "old",
    ];
    names::words(name).iter().any(|word| WORDS.contains(&word.as_str()))
}

fn digits_and_letters(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_digit()) && value.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether a value repeats its name, or the name a part of the value.
fn echoes(name: &str, value: &str) -> bool {
    let (name, value) = (values::plain(name), values::plain(value));
    name.ends_with(&value) || value.ends_with(&name) || name.starts_with(&value)
}
