//! What a person does about a key in a JSON, TOML, YAML or INI file: which line goes, and where the
//! app is told to read the variable instead.

use super::judged::Literal;
use super::wiring::new_value;
use crate::facts::apps::{ConfigLoad, LoadKind};
use crate::facts::data::decouple_files;
use crate::facts::values::{Value, Valued};
use crate::facts::{Facts, Setting};
use crate::finding::Finding;
use crate::remedy::{Applicability, Remedy};

pub(super) fn by_hand(facts: &Facts, finding: &Finding, literal: &Literal<'_>, why: String) -> Remedy {
    Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: format!("read {} from the environment", literal.used_as),
        reason: why,
        applicability: Applicability::Manual,
        changes: Vec::new(),
        steps: vec![step(facts, literal)],
        needs: Vec::new(),
    }
}

/// The exact next step.
fn step(facts: &Facts, literal: &Literal<'_>) -> String {
    let setting = literal.setting;
    let (key, name) = (&setting.key, literal.used_as);
    let line = format!("{}:{}", setting.path(), setting.location.line);
    let value = new_value(literal);
    if let Some(reading) = reader(facts, setting) {
        let place = format!("{}:{}", reading.path(), reading.location.line);
        return format!(
            "In {place}, read os.environ.get(\"{name}\") instead; then take {key} out of {line} and set {name} to \
             {value}."
        );
    }
    if decouple_files(facts).contains(setting.path()) {
        return format!(
            "Take {key} out of {line} and set {name} to {value} in the environment: python-decouple reads that first."
        );
    }
    let Some(load) = load(facts, setting) else {
        return format!(
            "Take {key} out of {line}, let the app read os.environ.get(\"{name}\") instead, and set {name} to {value}."
        );
    };
    let place = format!("{}:{}", load.path, load.location.line);
    match &load.kind {
        LoadKind::Dynaconf(dynaconf) => format!(
            "Take {key} out of {line} and set {prefix}_{name} to {value} in the environment: Dynaconf ({place}) reads it \
             over its files.",
            prefix = dynaconf.prefix
        ),
        _ => format!(
            "Behind {place}, add {app}.config[\"{name}\"] = os.environ.get(\"{name}\"); then take {key} out of {line} \
             and set {name} to {value}.",
            app = if load.app.is_empty() { "app" } else { &load.app }
        ),
    }
}

/// The setting in Python that looks this entry up.
fn reader<'f>(facts: &'f Facts, entry: &Setting) -> Option<&'f Setting> {
    let looks_up = |value: &Valued| match &value.value {
        Value::Lookup(_) => true,
        Value::Derived { inner, .. } => matches!(inner.value, Value::Lookup(_)),
        _ => false,
    };
    let own = facts.settings.iter().filter(|setting| facts.is_own(setting.path()) && looks_up(&setting.value));
    own.into_iter().find(|setting| std::ptr::eq(facts.resolve(setting), entry))
}

/// The load that takes the file over.
fn load<'f>(facts: &'f Facts, entry: &Setting) -> Option<&'f ConfigLoad> {
    let takes = |(at, chosen): &&(usize, crate::facts::holders::Chosen)| {
        let load = &facts.apps.loads[*at];
        !matches!(load.kind, LoadKind::PrefixedEnv(_))
            && chosen.holder.as_ref().is_some_and(|holder| holder.path == *entry.path())
    };
    let targets = facts.targets.iter().flat_map(|target| &target.chosen);
    targets.into_iter().find(takes).map(|(at, _)| &facts.apps.loads[*at])
}
