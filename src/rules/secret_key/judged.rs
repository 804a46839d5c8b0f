//! Which settings hold signing keys in code, and how far each matters: shared by the rules on
//! literals so that they cannot disagree.

use std::sync::Arc;

use super::refused;
use crate::facts::env::is_env_file;
use crate::facts::holders::HolderRef;
use crate::facts::settings::{Form, Holder};
use crate::facts::values::{Value, Valued};
use crate::facts::{Effective, Facts, PyFile, Setting, Target};
use crate::finding::Severity;
use crate::lang::python::{Expr, Stmt, StmtKind, walk_stmts};
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
            // `SECRET_KEY = CSRF_KEY = "…"`: one literal, one finding.
            || found.iter().any(|known| {
                known.setting.path() == resolved.path() && known.literal.span == literal.span
            })
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

/// Names that apps give the variable or the setting of a further key.
const SIBLINGS: &[&str] = &[
    "APP_SECRET_KEY",
    "CSRF_SECRET",
    "CSRF_SECRET_KEY",
    "FERNET_KEY",
    "FLASK_JWT_SECRET_KEY",
    "FLASK_SECRET",
    "FLASK_SECRET_KEY",
    "HMAC_KEY",
    "HMAC_SECRET",
    "JWT_KEY",
    "JWT_PRIVATE_KEY",
    "JWT_SECRET",
    "JWT_SIGNING_KEY",
    "SESSION_SECRET",
    "SESSION_SECRET_KEY",
    "SIGNING_KEY",
    "TOKEN_SECRET",
    "TOKEN_SECRET_KEY",
    "WTF_CSRF_SECRET",
];

/// Names of what an app adds to every password before it is hashed.
const PEPPERS: &[&str] = &["PASSWORD_PEPPER", "PASSWORD_SECRET", "PEPPER", "SECRET_PEPPER"];

/// Whether a setting by its name is part of every stored hash of a password: it may never change.
pub(super) fn is_pepper(name: &str) -> bool {
    PEPPERS.contains(&name)
}

/// Whether a setting by its name is a further key of the app; `Some(true)` for a salt of links.
pub(in crate::rules) fn is_sibling_key(name: &str) -> Option<bool> {
    if name.starts_with("SECURITY_") && name.ends_with("_SALT") && name != "SECURITY_PASSWORD_SALT" {
        return Some(true);
    }
    let about =
        ["_FALLBACKS", "_FILE", "_PATH", "_NAME", "_ENV", "_LENGTH", "_SIZE", "_BYTES", "_URL", "_ID", "_ARN", "_KEY"];
    let numbered = name.starts_with("SECRET_KEY_") && !about.iter().any(|end| name.ends_with(end));
    (numbered || SIBLINGS.contains(&name) || is_pepper(name)).then_some(false)
}

/// Whether a variable gives a key that signs: by what the code reads it for, or by its name.
pub(super) fn is_key_variable(facts: &Facts, name: &str) -> bool {
    is_signing_variable(facts, name) || is_sibling_key(name) == Some(false)
}

/// Whether a setting belongs to the tests' own configuration.
pub(in crate::rules) fn is_testing(facts: &Facts, setting: &Setting) -> bool {
    match &setting.holder {
        Holder::Class(class) => {
            facts.is_testing_class(&HolderRef { path: setting.path().clone(), class: Some(class.clone()) })
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

/// Whether only development selects the class a setting stands in: every production target
/// provably runs another one, or its name says so and nothing selects it for production.
pub(in crate::rules) fn only_development(facts: &Facts, setting: &Setting) -> bool {
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

/// Whether a class for production gives the setting another value, and nothing provably runs with
/// this one.
fn replaced_in_production(facts: &Facts, literal: &Literal<'_>) -> bool {
    let Holder::Class(class) = &literal.setting.holder else { return false };
    let me = HolderRef { path: literal.setting.path().clone(), class: Some(class.clone()) };
    let replaces = |class: &&HolderRef| {
        let named = class.class.as_deref().is_some_and(|name| name.to_ascii_lowercase().contains("prod"));
        let given = facts.in_holder(class, literal.used_as).map(|setting| facts.resolve(setting));
        named && given.is_some_and(|given| !std::ptr::eq(given, literal.setting) && given.value.literal().is_none())
    };
    let root = facts.project_root(literal.setting.path());
    let runs = |target: &Target| match facts.effective(target, literal.used_as) {
        Effective::Set { setting, certain } => certain && std::ptr::eq(facts.resolve(setting), literal.setting),
        _ => false,
    };
    facts.holders.subclasses(&me).iter().any(replaces) && !facts.production_targets(&root).any(runs)
}

/// Whether the code of a class for production does not start without a variable.
fn required_in_production(facts: &Facts, setting: &Setting, variable: &str) -> bool {
    let root = facts.project_root(setting.path());
    let may = |file: &&PyFile| file.has_part_in_any_case("prod");
    facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, &root)).any(|file| {
        let names = &facts.names[&file.path];
        let reads = |test: &Expr| {
            let mut found = false;
            test.walk(&mut |expr| found |= Valued::of(expr, names).env().is_some_and(|read| read.name == variable));
            found
        };
        let mut required = false;
        for stmt in &file.module.body {
            let StmtKind::Class(class) = &stmt.kind else { continue };
            if !class.name.to_ascii_lowercase().contains("prod") {
                continue;
            }
            walk_stmts(&class.body, &mut |stmt| match &stmt.kind {
                StmtKind::Assert(test) => required |= reads(test),
                StmtKind::If { branches, .. } => {
                    let raises = |body: &[Stmt]| body.iter().any(|stmt| matches!(stmt.kind, StmtKind::Raise(_)));
                    required |= branches.iter().any(|(test, body)| raises(body) && reads(test));
                }
                _ => {}
            });
        }
        required
    })
}

/// How bad a literal is, before history is looked at.
pub(super) fn severity(facts: &Facts, literal: &Literal<'_>) -> Severity {
    if only_development(facts, literal.setting) {
        return Severity::Low;
    }
    let refused = literal.variable.is_some_and(|name| required_in_production(facts, literal.setting, name));
    if refused || replaced_in_production(facts, literal) {
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
