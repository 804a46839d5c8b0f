//! FH402: a switch that is read so that every text switches it on, `False` too.

use super::debug_in_production;
use crate::facts::settings::Holder;
use crate::facts::values::{Derivation, Value, Valued};
use crate::facts::{Facts, Setting};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::{Reading, editable};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH402",
    name: "switch-that-is-always-on",
    threat: Threat::DebugMode,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A variable is taken as a switch by its being there: bool(os.environ.get(\"DEBUG\")), or the bare text. \
               Every text but the empty one is true, \"False\" and \"0\" too.",
        why: "Who sets DEBUG=False on the server to be safe switches debug mode on, and with it source code and \
              variables on error pages.",
        fix: "The text is compared with 1, true, yes and on. What is not one of them is off.",
        ignore: "A switch that only tests or a tool of the project's own read.",
    },
    check,
    remedy: Some(remedies),
};

/// Switches that must not be on by mistake.
const SWITCHES: &[&str] = &["DEBUG", "TESTING", "DEBUG_TB_ENABLED", "PROPAGATE_EXCEPTIONS", "EXPLAIN_TEMPLATE_LOADING"];

/// A value that reads a variable in this way.
struct Careless<'f> {
    value: &'f Valued,
    variable: &'f str,
    path: &'f RepoPath,
    location: Location,
    symbol: String,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let reported = debug_in_production::on_in_production(facts);
    let mut found: Vec<Finding> = Vec::new();
    for careless in all(facts) {
        // On already, whatever is set: that finding says more.
        if reported.iter().any(|at| at.path == careless.location.path && at.line == careless.location.line) {
            continue;
        }
        let message = format!(
            "{} is on whatever text {} holds, \"False\" too.",
            careless.symbol.rsplit('.').next().unwrap_or("It"),
            careless.variable
        );
        let step = format!("Compare the text: {}.lower() in (\"1\", \"true\", \"yes\", \"on\").", careless.variable);
        found.push(
            Finding::new(RULE.id, RULE.threat, RULE.severity, careless.location, careless.symbol, message)
                .next_step(step),
        );
    }
    found
}

fn all(facts: &Facts) -> Vec<Careless<'_>> {
    let settings = facts.settings.iter().filter(|setting| {
        SWITCHES.contains(&setting.key.as_str())
            && facts.is_own(setting.path())
            && !setting.overwritten
            && counts(facts, setting)
    });
    let settings = settings.filter_map(|setting| {
        Some(Careless {
            value: &setting.value,
            variable: careless(&setting.value)?,
            path: setting.path(),
            location: setting.location.clone(),
            symbol: setting.symbol(),
        })
    });
    let runs = facts.apps.runs.iter().filter(|run| facts.is_own(&run.path)).filter_map(|run| {
        let value = &run.debug.as_ref()?.value;
        Some(Careless {
            value,
            variable: careless(value)?,
            path: &run.path,
            location: run.location.clone(),
            symbol: format!("{}(debug)", run.called()),
        })
    });
    settings.chain(runs).collect()
}

/// Whether a setting is one of an app, of a configuration class, or of a module that an app loads.
fn counts(facts: &Facts, setting: &Setting) -> bool {
    match &setting.holder {
        Holder::App(_) | Holder::Dict(_) => true,
        // Data files and variables hold no expression.
        Holder::Table(_) | Holder::Variables(_) => false,
        Holder::Class(name) => {
            let name = name.to_ascii_lowercase();
            !["dev", "test", "local", "debug"].iter().any(|part| name.contains(part))
        }
        Holder::Module => {
            let chosen = facts.targets.iter().flat_map(|target| &target.chosen);
            let mut holders = chosen.filter_map(|(_, chosen)| chosen.holder.as_ref());
            holders.any(|holder| holder.class.is_none() && holder.path == *setting.path())
        }
    }
}

/// The variable whose mere text decides.
fn careless(value: &Valued) -> Option<&str> {
    match &value.value {
        Value::Env(read) if read.reader == crate::facts::values::EnvReader::Os => {
            let empty = read.fallback.as_deref().is_none_or(|fallback| fallback.truth_unset() == Some(false));
            // Required variables and texts to fall back to are read as texts, too.
            (empty || matches!(read.fallback.as_deref().map(|f| &f.value), Some(Value::Text { .. } | Value::Bool(_))))
                .then_some(read.name.as_str())
        }
        Value::Derived { inner, how: Derivation::Truth } => careless(inner),
        _ => None,
    }
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let found = all(facts);
        let Some(careless) = found.iter().find(|c| c.location == finding.primary && c.symbol == finding.key.symbol)
        else {
            continue;
        };
        let change = rewritten(facts, careless);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{} is a switch that can be off", careless.variable),
            reason: match &change {
                Ok(_) => "1, true, yes and on switch it on; everything else is off.".to_owned(),
                Err(why) => why.clone(),
            },
            applicability: if change.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: if change.is_ok() { Vec::new() } else { finding.next_step.iter().cloned().collect() },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}

fn rewritten(facts: &Facts, careless: &Careless<'_>) -> Result<Change, String> {
    let (source, file) = editable(facts, careless.path)?;
    let read = Reading::of(file, source, careless.value.span.start);
    let on_by_default = matches!(&careless.value.value, Value::Env(read)
        if read.fallback.as_deref().is_some_and(|fallback| means_on(&fallback.value)));
    let text = if on_by_default { read.switch_on(careless.variable) } else { read.switch(careless.variable) };
    let mut edits = vec![TextEdit::replace(careless.value.span, text)];
    edits.extend(read.import(source, file));
    Ok(Change::Edit { path: careless.path.clone(), edits })
}

/// Whether a default is meant as on.
fn means_on(value: &Value) -> bool {
    match value {
        Value::Text { secret, .. } => {
            matches!(secret.expose().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
        }
        Value::Bool(on) => *on,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::check_fixtures;

    #[test]
    fn fixtures() {
        check_fixtures(&super::RULE);
    }
}
