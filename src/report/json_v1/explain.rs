//! The JSON documents of `explain`, version 1: the rules with the mitigations of the project here,
//! or a setting on every way the app is started.

use serde::Serialize;

use crate::engine::{EffectiveLine, MitigationLine};
use crate::finding::{Severity, Threat};
use crate::rules::Rule;

use super::{Tool, VERSION, printed};

#[derive(Serialize)]
struct RulesDocument<'a> {
    version: u32,
    tool: Tool,
    rules: Vec<RuleDto>,
    /// `null`: this is no Flask project, or one rule was asked for.
    mitigations: Option<Vec<MitigationDto<'a>>>,
}

#[derive(Serialize)]
struct RuleDto {
    rule: &'static str,
    name: &'static str,
    threat: Threat,
    /// What a finding of it usually is.
    severity: Severity,
    /// Whether the rule has fixes that can be written.
    has_fix: bool,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    ignore: &'static str,
}

#[derive(Serialize)]
struct MitigationDto<'a> {
    id: &'static str,
    threat: Threat,
    title: &'static str,
    /// `present`, `missing` or `unknown`.
    state: &'static str,
    place: Option<&'a str>,
    why: &'a str,
    rule: Option<&'static str>,
    now: Option<&'a str>,
}

#[derive(Serialize)]
struct SettingDocument<'a> {
    version: u32,
    tool: Tool,
    setting: &'a str,
    values: Vec<ValueDto<'a>>,
}

#[derive(Serialize)]
struct ValueDto<'a> {
    /// Root of the project in the repository; empty for the repository itself.
    project: &'a str,
    target: &'a str,
    production: bool,
    /// In words; never a value that may be secret.
    value: &'a str,
    place: Option<&'a str>,
    note: Option<&'a str>,
}

/// Rules, and how the mitigations stand where the project here was judged.
pub fn rules(rules: &[&Rule], lines: Option<&[MitigationLine]>) -> String {
    let rules = rules.iter().map(|rule| RuleDto {
        rule: rule.id,
        name: rule.name,
        threat: rule.threat,
        severity: rule.severity,
        has_fix: rule.remedy.is_some(),
        what: rule.explanation.what,
        why: rule.explanation.why,
        fix: rule.explanation.fix,
        ignore: rule.explanation.ignore,
    });
    let mitigations = lines.map(|lines| lines.iter().map(mitigation).collect());
    printed(&RulesDocument { version: VERSION, tool: Tool::this(), rules: rules.collect(), mitigations })
}

fn mitigation(line: &MitigationLine) -> MitigationDto<'_> {
    MitigationDto {
        id: line.id,
        threat: line.threat,
        title: line.title,
        state: line.state.word(),
        place: line.place.as_deref(),
        why: &line.why,
        rule: line.rule,
        now: line.now.as_deref(),
    }
}

/// A setting on every way the app is started.
pub fn setting(key: &str, lines: &[EffectiveLine]) -> String {
    let values = lines.iter().map(|line| ValueDto {
        project: line.project.as_str(),
        target: &line.target,
        production: line.production,
        value: &line.value,
        place: line.place.as_deref(),
        note: line.note.as_deref(),
    });
    printed(&SettingDocument { version: VERSION, tool: Tool::this(), setting: key, values: values.collect() })
}
