//! Which settings hold signing keys in code, and how far each matters: shared by the rules on
//! literals so that they cannot disagree.

use std::sync::Arc;

use super::refused;
use crate::facts::env::is_env_file;
use crate::facts::holders::HolderRef;
use crate::facts::settings::{Form, Holder};
use crate::facts::values::{Value, Valued};
use crate::facts::{Effective, Facts, Setting};
use crate::finding::Severity;
use crate::secret::Secret;
use crate::secret::strength::{self, Strength};

/// Settings whose value signs something.
pub const SIGNING_KEYS: &[&str] = &["SECRET_KEY", "JWT_SECRET_KEY", "WTF_CSRF_SECRET_KEY", "SECURITY_PASSWORD_SALT"];

/// A signing key with a literal in code.
pub(super) struct Literal<'f> {
    pub setting: &'f Setting,
    /// The literal itself.
    pub literal: &'f Valued,
    pub secret: &'f Arc<Secret>,
    /// The variable read first, where there is one: then the literal is a fallback.
    pub variable: Option<&'f str>,
    /// The setting (another name for it) through which the app gets the value.
    pub used_as: &'f str,
    /// Which of several with the same symbol in one file this is, from 1.
    number: usize,
}

impl Literal<'_> {
    /// `Config.SECRET_KEY`; `Config.SECRET_KEY#2` for another one of that symbol in the file.
    pub(super) fn symbol(&self) -> String {
        let symbol = self.setting.symbol();
        if self.number > 1 { format!("{symbol}#{}", self.number) } else { symbol }
    }

    /// Whether it is a salt of stored hashes, which signs nothing.
    pub(super) fn is_salt(&self) -> bool {
        self.used_as == "SECURITY_PASSWORD_SALT"
    }
}

/// Every literal that gives a signing key in the project's own running code.
pub(super) fn literals(facts: &Facts) -> Vec<Literal<'_>> {
    let mut found: Vec<Literal<'_>> = Vec::new();
    for setting in &facts.settings {
        let signs = SIGNING_KEYS.contains(&setting.key.as_str()) && facts.is_own(setting.path());
        if !signs || setting.overwritten || is_testing(facts, setting) || is_django(facts, setting) {
            continue;
        }
        let resolved = facts.resolve(setting);
        // An env file, and what git ignores, is where a key may stand.
        let may_hold = is_env_file(resolved.path()) || facts.data.private.contains(resolved.path());
        if !facts.is_own(resolved.path()) || may_hold {
            continue;
        }
        let Some(literal) = resolved.value.literal() else { continue };
        let Value::Text { secret, .. } = &literal.value else { continue };
        if strength::is_placeholder(secret.expose())
            || found.iter().any(|known| std::ptr::eq(known.setting, resolved))
            || refused::refuses(facts, &setting.key, secret)
        {
            continue;
        }
        let variable = resolved.value.env().map(|read| read.name.as_str());
        let alike = |known: &&Literal<'_>| {
            known.setting.path() == resolved.path() && known.setting.symbol() == resolved.symbol()
        };
        let number = found.iter().filter(alike).count() + 1;
        found.push(Literal { setting: resolved, literal, secret, variable, used_as: &setting.key, number });
    }
    found
}

/// Whether a variable of this name gives a signing key.
pub(super) fn is_signing_variable(facts: &Facts, name: &str) -> bool {
    let reads = |setting: &Setting| setting.value.env().is_some_and(|read| read.name == name);
    SIGNING_KEYS.contains(&name)
        || facts.settings.iter().any(|setting| SIGNING_KEYS.contains(&setting.key.as_str()) && reads(setting))
}

/// Whether a setting belongs to the tests' own configuration.
pub(super) fn is_testing(facts: &Facts, setting: &Setting) -> bool {
    match &setting.holder {
        Holder::Class(class) => {
            is_testing_class(facts, &HolderRef { path: setting.path().clone(), class: Some(class.clone()) })
        }
        Holder::Table(table) if table.to_ascii_lowercase().starts_with("test") => true,
        _ => {
            let stem = setting.path().stem().to_ascii_lowercase();
            setting.function.as_deref().is_some_and(|name| name.starts_with("test"))
                || stem.starts_with("test")
                || stem.ends_with("_test")
                || stem.ends_with("testing")
        }
    }
}

/// Whether a module of names is Django's, which reads other settings from the same directory.
fn is_django(facts: &Facts, setting: &Setting) -> bool {
    let marks = ["INSTALLED_APPS", "ROOT_URLCONF"];
    setting.holder == Holder::Module
        && facts.settings.iter().any(|other| {
            marks.contains(&other.key.as_str())
                && other.holder == Holder::Module
                && other.path().parent() == setting.path().parent()
        })
}

/// Whether a class is the tests' configuration: by its name, or because it sets TESTING.
pub(super) fn is_testing_class(facts: &Facts, class: &HolderRef) -> bool {
    let named = class.class.as_deref().is_some_and(|name| name.contains("Test"));
    named || facts.in_holder(class, "TESTING").is_some_and(|setting| setting.value.truth_unset() == Some(true))
}

/// Whether only development selects the class a setting stands in: every production target
/// provably runs another one, or its name says so and nothing selects it for production.
pub(super) fn only_development(facts: &Facts, setting: &Setting) -> bool {
    let (Holder::Class(class) | Holder::Table(class)) = &setting.holder else { return false };
    let me = HolderRef { path: setting.path().clone(), class: Some(class.clone()) };
    let root = facts.project_root(setting.path());
    let selects = |target: &crate::facts::Target| {
        target.chosen.iter().any(|(_, chosen)| {
            chosen.holder.as_ref().is_some_and(|holder| facts.holders.lookup_order(holder).contains(&me))
        })
    };
    let mut production = facts.production_targets(&root).peekable();
    let parts = if setting.form == Form::Data { &["dev", "local", "debug"] } else { &["Dev", "Local", "Debug"] };
    let named = parts.iter().any(|part| class.contains(part));
    if production.peek().is_some() {
        let targets: Vec<_> = production.collect();
        let known = |chosen: &HolderRef| chosen.class.is_none() || facts.holders.knows(chosen);
        let certain = targets.iter().all(|target| {
            !target.chosen.is_empty()
                && target.chosen.iter().all(|(_, c)| c.certain && c.holder.as_ref().is_some_and(known))
        });
        return !targets.iter().any(|target| selects(target)) && (certain || named);
    }
    named && !facts.targets.iter().any(|target| target.project == root && selects(target))
}

/// How bad a literal is, before history is looked at.
pub(super) fn severity(facts: &Facts, literal: &Literal<'_>) -> Severity {
    if only_development(facts, literal.setting) {
        return Severity::Low;
    }
    if literal.is_salt() {
        return Severity::Medium;
    }
    if literal.variable.is_some() && strength::judge(literal.secret) == Strength::Ordinary {
        return Severity::Medium;
    }
    Severity::High
}

/// Whether a server provably runs with the literal: nothing outside the repository can give
/// another value.
pub(super) fn in_use(facts: &Facts, literal: &Literal<'_>) -> bool {
    let root = facts.project_root(literal.setting.path());
    literal.variable.is_none()
        && facts.serving_targets(&root).any(|target| match facts.effective(target, literal.used_as) {
            Effective::Set { setting, certain } => certain && std::ptr::eq(facts.resolve(setting), literal.setting),
            _ => false,
        })
}

/// What is known of where the value is used, a line a target.
pub(super) fn how_known(facts: &Facts, literal: &Literal<'_>) -> Vec<String> {
    let root = facts.project_root(literal.setting.path());
    let place = format!("{}:{}", literal.setting.path(), literal.setting.location.line);
    let mut lines = Vec::new();
    for target in facts.targets.iter().filter(|target| target.project == root) {
        let line = match facts.effective(target, literal.used_as) {
            Effective::Set { setting, certain } if std::ptr::eq(facts.resolve(setting), literal.setting) => {
                match literal.variable {
                    Some(name) if target.env.contains_key(name) => format!("{name} is set by the repository"),
                    Some(name) => format!("{place}, used unless the server sets {name}"),
                    None if certain => format!("{place}, nothing replaces it later"),
                    None => format!("{place}, unless the server selects another configuration"),
                }
            }
            // Through the variable that the file gives the reader.
            Effective::Set { setting, .. } if reads_from(facts, target, setting, literal.setting) => {
                format!("{place}, used unless the server sets {}", literal.used_as)
            }
            Effective::Set { setting, .. } => {
                format!("another value wins: {}:{}", setting.path(), setting.location.line)
            }
            Effective::Unknown(reason) => format!("unknown: {reason}"),
            Effective::Absent => continue,
        };
        let line = format!("{}: {line}", target.name);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Whether a setting reads a variable that a file's entry gives it.
fn reads_from(facts: &Facts, target: &crate::facts::Target, setting: &Setting, entry: &Setting) -> bool {
    let read = facts.resolve(setting).value.env();
    read.and_then(|read| target.var(read)).is_some_and(|var| var.location == entry.location)
}

/// `short` or `a word every list has`, for messages.
pub(super) fn weakness(secret: &Secret) -> &'static str {
    match strength::judge(secret) {
        Strength::WellKnown => " It is a value every word list has.",
        Strength::Short => " It is short enough to be guessed.",
        Strength::Ordinary => "",
    }
}
