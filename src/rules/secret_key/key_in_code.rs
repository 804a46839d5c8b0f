//! What rotating a key has to know of the app: the variable it reads the key from, and how it is
//! to read the keys that came before. Flask takes those from `SECRET_KEY_FALLBACKS`, a list.

use super::judged::{is_testing, only_development};
use super::reader::{READER, has_reader};
use crate::facts::settings::{Form, Holder};
use crate::facts::values::{EnvReader, Value};
use crate::facts::{Facts, Setting};
use crate::lang::python::add_after;
use crate::remedy::{Applicability, Change, Remedy};
use crate::rules::place::{Reading, beside, body_statement, editable};
use crate::text::{Location, RepoPath};

/// The setting, and the variable, of the keys that came before.
pub const FALLBACKS: &str = "SECRET_KEY_FALLBACKS";

/// Longest line that is written.
const LINE: usize = 110;

/// A key that the app takes from the environment.
pub struct KeyInCode<'f> {
    /// The setting.
    pub key: String,
    /// The variable.
    pub variable: String,
    /// Root of the project.
    pub root: RepoPath,
    /// Where it is read.
    pub settings: Vec<&'f Setting>,
}

/// Why a name is not the key of an app.
pub enum NoKey {
    /// It is written in the code.
    Literal(Location),
    /// It comes from several variables; the name of one has to be given.
    Several(Vec<String>),
    /// No code here takes it from the environment.
    Nowhere,
}

/// Whether a name is that of a salt, which stored hashes depend on.
pub fn is_salt(name: &str) -> bool {
    name.split('_').any(|part| part.eq_ignore_ascii_case("salt"))
}

/// The key that a setting or a variable of this name gives the projects around `below`.
///
/// # Errors
/// Where that is not one variable.
pub fn key_in_code<'f>(facts: &'f Facts, name: &str, below: &RepoPath) -> Result<KeyInCode<'f>, NoKey> {
    let around = |setting: &&Setting| {
        let root = facts.project_root(setting.path());
        below.is_below(&root) || root.is_below(below)
    };
    let own: Vec<&Setting> = facts
        .settings
        .iter()
        .filter(|setting| facts.is_own(setting.path()) && !setting.overwritten && !is_testing(facts, setting))
        .filter(around)
        .collect();
    let variable = |setting: &Setting| setting.value.env().map(|read| read.name.clone());
    let mut read: Vec<&Setting> =
        own.iter().copied().filter(|setting| setting.key == name && variable(setting).is_some()).collect();
    if read.is_empty() {
        read = own.iter().copied().filter(|setting| variable(setting).as_deref() == Some(name)).collect();
    }
    let mut variables: Vec<String> = read.iter().filter_map(|setting| variable(setting)).collect();
    variables.sort();
    variables.dedup();
    if variables.len() > 1 && variables.iter().any(|variable| variable == name) {
        variables.retain(|variable| variable == name);
    }
    let [one] = variables.as_slice() else {
        let literal = |setting: &&&Setting| {
            setting.key == name
                && matches!(setting.value.value, Value::Text { .. })
                && !only_development(facts, setting)
        };
        return Err(match own.iter().find(literal) {
            _ if variables.len() > 1 => NoKey::Several(variables),
            Some(setting) => NoKey::Literal(setting.location.clone()),
            None => NoKey::Nowhere,
        });
    };
    read.retain(|setting| variable(setting).as_deref() == Some(one));
    let root = facts.project_root(read[0].path());
    Ok(KeyInCode { key: read[0].key.clone(), variable: one.clone(), root, settings: read })
}

/// How the app comes to read the keys that came before.
pub enum FallbackWiring {
    /// It reads them from this variable already.
    Reads(String),
    /// By this patch, from [`FALLBACKS`].
    Patch(Box<Remedy>),
}

/// The patch that makes the app read the keys that came before, beside every place that reads the
/// key itself.
///
/// # Errors
/// Where a machine must not write it: why, and the line for a person.
pub fn fallback_wiring(facts: &Facts, key: &KeyInCode<'_>) -> Result<FallbackWiring, String> {
    let present = |setting: &&Setting| {
        setting.key == FALLBACKS && facts.is_own(setting.path()) && facts.same_project(setting.path(), &key.root)
    };
    let mut found = facts.settings.iter().filter(present).peekable();
    if found.peek().is_some() {
        let mut texts = found.filter_map(|setting| facts.files.get(setting.path()).map(|source| (setting, source)));
        let named = texts.any(|(setting, source)| {
            let value = setting.value.span.of(&source.text);
            value.contains(&format!("\"{FALLBACKS}\"")) || value.contains(&format!("'{FALLBACKS}'"))
        });
        return if named {
            Ok(FallbackWiring::Reads(FALLBACKS.to_owned()))
        } else {
            Err(format!("{FALLBACKS} has a value of its own in the code. Make it read the variable {FALLBACKS}."))
        };
    }
    let mut changes: Vec<Change> = Vec::new();
    for setting in &key.settings {
        changes.push(edit(facts, setting)?);
    }
    Ok(FallbackWiring::Patch(Box::new(Remedy {
        id: format!("rotate:{}", key.variable),
        findings: Vec::new(),
        title: format!("{FALLBACKS} read from the environment"),
        reason: "Sessions signed with the key before stay valid.".to_owned(),
        applicability: Applicability::Automatic,
        changes,
        steps: Vec::new(),
        needs: Vec::new(),
    })))
}

fn edit(facts: &Facts, setting: &Setting) -> Result<Change, String> {
    let (source, file) = editable(facts, setting.path())?;
    let read = Reading::of(file, source, setting.statement.start);
    let name = read.literal(FALLBACKS);
    let reader = setting.value.env().map_or(EnvReader::Os, |env| env.reader);
    // `config("SECRET_KEY")` is called as it is called there.
    let callee = setting.value.span.of(&source.text).split('(').next().unwrap_or_default().trim().to_owned();
    let empty = read.literal("");
    let (list, import) = match reader {
        EnvReader::Os if has_reader(&file.module) => {
            (format!("({}({name}) or {READER}({name}) or {empty})", read.get), read.import(source, file))
        }
        EnvReader::Os => (format!("{}({name}, {empty})", read.get), read.import(source, file)),
        EnvReader::Decouple => (format!("{callee}({name}, default={empty})"), None),
        EnvReader::Environs | EnvReader::Helper | EnvReader::Pydantic => {
            return Err(format!(
                "{}:{} reads the key in a way of its own. Add beside it a {FALLBACKS} that is the list of \
                 the keys in the variable {FALLBACKS}, separated by commas.",
                setting.path(),
                setting.location.line
            ));
        }
    };
    let comma = read.literal(",");
    let one_line = format!("[key for key in {list}.split({comma}) if key]");
    let left = setting.statement.start - source.line_span(setting.statement.start).start;
    let target = match (&setting.form, &setting.holder) {
        (Form::Keyword(_) | Form::DictItem(_), _) => None,
        (Form::Item | Form::Attribute | Form::SetDefault, Holder::App(app)) => Some(format!("{app}.config[{name}]")),
        _ => Some(FALLBACKS.to_owned()),
    };
    let edit = match target {
        Some(target) if left + target.len() + 3 + one_line.len() > LINE => {
            let lines =
                [format!("{target} = ["), format!("    key for key in {list}.split({comma}) if key"), "]".to_owned()];
            add_after(source, body_statement(&file.module.body, setting.statement), &lines)
        }
        _ => beside(source, file, setting, read.quote, FALLBACKS, &one_line),
    };
    let edits = import.into_iter().chain([edit]).collect();
    Ok(Change::Edit { path: setting.path().clone(), edits })
}

/// How long a session lasts, in seconds, and whether the app says so itself: Flask's default is
/// 31 days.
pub fn session_lifetime(facts: &Facts, root: &RepoPath) -> (u64, bool) {
    let said = facts.settings.iter().filter(|setting| {
        setting.key == "PERMANENT_SESSION_LIFETIME"
            && facts.is_own(setting.path())
            && facts.same_project(setting.path(), root)
    });
    let known = said.filter_map(|setting| {
        let source = facts.files.get(setting.path())?;
        seconds(setting.value.span.of(&source.text))
    });
    known.max().map_or((31 * 86_400, false), |seconds| (seconds, true))
}

/// `3600`, `60 * 60 * 24`, `timedelta(days=7, hours=1)`.
fn seconds(text: &str) -> Option<u64> {
    let product = |text: &str| {
        text.split('*')
            .map(|factor| factor.trim().replace('_', "").parse::<u64>().ok())
            .try_fold(1_u64, |all, factor| all.checked_mul(factor?))
    };
    let text = text.trim();
    let Some((callee, rest)) = text.split_once('(') else { return product(text) };
    if !callee.ends_with("timedelta") {
        return None;
    }
    let mut sum = 0_u64;
    for (at, argument) in rest.strip_suffix(')')?.split(',').filter(|part| !part.trim().is_empty()).enumerate() {
        let (unit, value) = match argument.split_once('=') {
            Some((unit, value)) => (unit.trim(), value),
            None => (*["days", "seconds"].get(at)?, argument),
        };
        let size = match unit {
            "weeks" => 604_800,
            "days" => 86_400,
            "hours" => 3_600,
            "minutes" => 60,
            "seconds" => 1,
            _ => return None,
        };
        sum = sum.checked_add(product(value)?.checked_mul(size)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_as_people_write_them() {
        for (text, expected) in [
            ("3600", Some(3600)),
            ("60 * 60*24", Some(86_400)),
            ("86_400", Some(86_400)),
            ("timedelta(days=7)", Some(604_800)),
            ("datetime.timedelta(days=1, hours=2,)", Some(93_600)),
            ("timedelta(14)", Some(1_209_600)),
            ("timedelta(minutes=30 * 2)", Some(3_600)),
            ("timedelta(milliseconds=5)", None),
            ("int(os.environ['T'])", None),
            ("LIFETIME", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn salts_are_told_by_their_name() {
        assert!(is_salt("SECURITY_PASSWORD_SALT") && is_salt("salt") && is_salt("EMAIL_SALT"));
        assert!(!is_salt("SECRET_KEY") && !is_salt("SALTED"));
    }
}
