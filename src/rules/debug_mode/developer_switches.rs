//! FH404: switches for developers and tests are on in the configuration that production runs.

use crate::facts::settings::Holder;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Setting, Target};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::{Reading, editable};
use crate::rules::{Explanation, Rule};
use crate::text::TextEdit;

pub(super) const RULE: Rule = Rule {
    id: "FH404",
    name: "developer-switch-in-production",
    threat: Threat::DebugMode,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "TESTING, DEBUG_TB_ENABLED, EXPLAIN_TEMPLATE_LOADING, PROPAGATE_EXCEPTIONS or TEMPLATES_AUTO_RELOAD is \
               on in the configuration that production runs.",
        why: "TESTING lets errors through instead of answering them and makes extensions skip their checks (sign-in, \
              CSRF, mail). The debug toolbar shows settings, queries and the session to whoever opens a page. The \
              others tell more about the app, or cost time at every request.",
        fix: "What only developers need follows FLASK_DEBUG or Flask's own default, which is off in production.",
        ignore: "PROPAGATE_EXCEPTIONS where an extension's own error handlers need it.",
    },
    check,
    remedy: Some(remedies),
};

struct Switch {
    key: &'static str,
    severity: Severity,
    says: &'static str,
    /// What takes the value's place; nothing where a person has to look.
    instead: Instead,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Instead {
    FlaskDebug,
    Nothing,
    ByHand(&'static str),
}

const SWITCHES: &[Switch] = &[
    Switch {
        key: "TESTING",
        severity: Severity::Medium,
        says: "TESTING is on where production starts: errors are let through, and extensions skip their checks.",
        instead: Instead::ByHand("Set TESTING to False there, and switch it on in the configuration of the tests."),
    },
    Switch {
        key: "DEBUG_TB_ENABLED",
        severity: Severity::Medium,
        says: "The debug toolbar is on where production starts; it shows settings, queries and the session.",
        instead: Instead::FlaskDebug,
    },
    Switch {
        key: "EXPLAIN_TEMPLATE_LOADING",
        severity: Severity::Low,
        says: "EXPLAIN_TEMPLATE_LOADING is on where production starts: every page writes to the log how it was found.",
        instead: Instead::FlaskDebug,
    },
    Switch {
        key: "TEMPLATES_AUTO_RELOAD",
        severity: Severity::Low,
        says: "TEMPLATES_AUTO_RELOAD is on where production starts: every page looks for changed files.",
        instead: Instead::Nothing,
    },
    Switch {
        key: "PROPAGATE_EXCEPTIONS",
        severity: Severity::Low,
        says: "PROPAGATE_EXCEPTIONS is on where production starts: errors pass the app's own error pages.",
        instead: Instead::ByHand(
            "Leave PROPAGATE_EXCEPTIONS out, unless an extension needs it for its own error handlers.",
        ),
    },
];

/// A switch that is on, where, and on which target.
fn on<'f>(facts: &'f Facts, target: &'f Target) -> impl Iterator<Item = (&'static Switch, &'f Setting)> {
    SWITCHES.iter().filter_map(move |switch| {
        let Effective::Set { setting, .. } = facts.effective(target, switch.key) else { return None };
        let setting = facts.resolve(setting);
        // One that follows another switch is that switch's affair.
        let own = setting.key == switch.key && facts.truth(target, setting) == Some(true);
        // Extensions need it for their own error handlers, more often than not.
        let needed = target.assumed && switch.key == "PROPAGATE_EXCEPTIONS";
        // That a class for development is selected is said of its debug mode.
        let for_others = matches!(&setting.holder, Holder::Class(name) if is_for_others(name));
        (own && setting.value.env().is_none() && !setting.main_guard && !for_others && !needed)
            .then_some((switch, setting))
    })
}

fn is_for_others(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    ["dev", "test", "local", "debug"].iter().any(|part| class.contains(part))
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        for target in facts.serving_targets(root) {
            for (switch, setting) in on(facts, target) {
                let severity = if target.assumed { Severity::Low } else { switch.severity };
                let finding = Finding::new(
                    RULE.id,
                    RULE.threat,
                    severity,
                    setting.location.clone(),
                    setting.symbol(),
                    if target.assumed {
                        switch.says.replace(" where production starts", ", and no file says how production starts")
                    } else {
                        switch.says.to_owned()
                    },
                );
                let finding = finding
                    .confidence(if target.assumed { Confidence::Medium } else { Confidence::High })
                    .known_by(format!("{}: {}:{}", target.name, setting.path(), setting.location.line))
                    .next_step(match switch.instead {
                        Instead::ByHand(step) => step.to_owned(),
                        _ => format!("Leave {} out of what production runs.", switch.key),
                    });
                if !found.iter().any(|known| known.key == finding.key) {
                    found.push(finding);
                }
            }
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let root = facts.project_root(&finding.primary.path);
        let hit = facts.serving_targets(&root).find_map(|target| {
            on(facts, target).find(|(_, s)| s.location == finding.primary && s.symbol() == finding.key.symbol)
        });
        let Some((switch, setting)) = hit else { continue };
        if let Instead::ByHand(_) = switch.instead {
            continue;
        }
        let change = switched(facts, switch, setting);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: match switch.instead {
                Instead::FlaskDebug => format!("{} follows FLASK_DEBUG, off by default", switch.key),
                _ => format!("{} is Flask's default, on in debug mode only", switch.key),
            },
            reason: match &change {
                Ok(_) => "For development, set FLASK_DEBUG=1.".to_owned(),
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

fn switched(facts: &Facts, switch: &Switch, setting: &Setting) -> Result<Change, String> {
    let (source, file) = editable(facts, setting.path())?;
    if !matches!(setting.value.value, Value::Bool(true) | Value::Number(_)) {
        return Err("The value is computed; it is not rewritten.".to_owned());
    }
    let read = Reading::of(file, source, setting.value.span.start);
    let mut edits = Vec::new();
    if switch.instead == Instead::FlaskDebug {
        edits.push(TextEdit::replace(setting.value.span, read.switch("FLASK_DEBUG")));
        edits.extend(read.import(source, file));
    } else {
        edits.push(TextEdit::replace(setting.value.span, "None"));
    }
    Ok(Change::Edit { path: setting.path().clone(), edits })
}
