//! FH401: debug mode is on where production starts.

use super::ways::{Way, other_runs, ways};
use crate::facts::holders::{HolderRef, Selector};
use crate::facts::values::Value;
use crate::facts::{Facts, Target};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::remove_argument;
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::{Reading, editable};
use crate::rules::{Explanation, Rule, server_start};
use crate::text::TextEdit;

pub const RULE: Rule = Rule {
    id: "FH401",
    name: "debug-in-production",
    threat: Threat::DebugMode,
    severity: Severity::High,
    explanation: Explanation {
        what: "Debug mode is on on the way production starts: app.run(debug=True) in the file it runs, DEBUG in the \
               configuration it selects, app.debug, FLASK_DEBUG in a file it reads, or flask run --debug.",
        why: "Whoever meets an error page sees source code, variables and stack traces; with the development server \
              the page also runs commands for them.",
        fix: "What production selects no longer switches debug on: the literal reads FLASK_DEBUG, which is off where \
              it is not set, or the server's start selects the app's own production configuration. For development, \
              set FLASK_DEBUG=1.",
        ignore: "A file that never runs anywhere but on a developer's computer.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        for target in facts.serving_targets(root) {
            for way in ways(facts, target) {
                let message = format!("Debug mode is on where production starts ({}).", target.name);
                let severity = if target.assumed { Severity::Medium } else { Severity::High };
                push(&mut found, finding(&way, severity, message).known_by(known(facts, target, &way)));
            }
            for run in other_runs(facts, target) {
                let way = Way::Run(run);
                let (severity, message) = if target.assumed {
                    (Severity::Medium, "Debug mode is on wherever this file is started.".to_owned())
                } else {
                    (
                        Severity::Low,
                        format!(
                            "Debug mode is on where this file is started; production starts otherwise ({}).",
                            target.name
                        ),
                    )
                };
                push(&mut found, finding(&way, severity, message));
            }
        }
    }
    found
}

/// Adds a finding, once for each place; the worse one stays.
fn push(found: &mut Vec<Finding>, finding: Finding) {
    match found.iter_mut().find(|known| known.key == finding.key) {
        Some(known) if known.severity < finding.severity => *known = finding,
        Some(_) => {}
        None => found.push(finding),
    }
}

fn finding(way: &Way<'_>, severity: Severity, message: String) -> Finding {
    let finding = Finding::new(RULE.id, RULE.threat, severity, way.location(), way.symbol(), message);
    let finding = if severity == Severity::High { finding } else { finding.confidence(Confidence::Medium) };
    match way {
        Way::Flag(_) => finding.next_step("Take the option out of the command that starts production."),
        Way::Run(_) if severity == Severity::Low => {
            finding.next_step("Set FLASK_DEBUG=1 while developing instead, if nobody relies on it.")
        }
        _ => finding,
    }
}

fn known(facts: &Facts, target: &Target, way: &Way<'_>) -> String {
    let at = way.location();
    let mut line = format!("{}: {}:{}", target.name, at.path, at.line);
    if let Some(selector) = selector(target).filter(|_| matches!(way, Way::Setting(_))) {
        line.push_str(&format!(", selected where {} is not set", selector.variable));
    } else if matches!(way, Way::Run(_)) && facts.apps.runs.len() > 1 {
        line.push_str(", the file this start runs");
    }
    line
}

fn selector(target: &Target) -> Option<&Selector> {
    target.chosen.iter().filter_map(|(_, chosen)| chosen.selector.as_ref()).find(|selector| !selector.set_by_launch)
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Low) {
        let root = facts.project_root(&finding.primary.path);
        for target in facts.serving_targets(&root) {
            let all = ways(facts, target).into_iter().chain(other_runs(facts, target).map(Way::Run));
            let Some(way) =
                all.into_iter().find(|way| way.symbol() == finding.key.symbol && way.location() == finding.primary)
            else {
                continue;
            };
            remedies.push(remedy(facts, finding, target, &way));
            break;
        }
    }
    remedies
}

fn remedy(facts: &Facts, finding: &Finding, target: &Target, way: &Way<'_>) -> Remedy {
    let (title, changes, applicability) = match written(facts, target, way) {
        Ok(done) => done,
        Err(why) => (why, Vec::new(), Applicability::Manual),
    };
    let manual = applicability == Applicability::Manual;
    Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title,
        reason: if manual {
            "A person has to decide this one.".to_owned()
        } else {
            "For development, set FLASK_DEBUG=1.".to_owned()
        },
        applicability,
        changes,
        steps: if manual {
            vec![format!("Switch debug off for production at {}:{}.", finding.primary.path, finding.primary.line)]
        } else {
            Vec::new()
        },
        needs: Vec::new(),
    }
}

type Written = (String, Vec<Change>, Applicability);

fn written(facts: &Facts, target: &Target, way: &Way<'_>) -> Result<Written, String> {
    // What production starts is known: taking debug away there changes nothing for development.
    let applicability = if target.assumed { Applicability::Automatic } else { Applicability::Safe };
    match way {
        Way::Run(run) => {
            let (value, span) = run.debug.as_ref().ok_or("Debug is not an argument here.")?;
            if !matches!(value.value, Value::Bool(true) | Value::Number(_)) {
                return Err("The debug argument is computed; it is not rewritten.".to_owned());
            }
            editable(facts, &run.path)?;
            let edit = remove_argument(&run.args, *span).ok_or("The argument was not found.")?;
            let change = Change::Edit { path: run.path.clone(), edits: vec![edit] };
            Ok(("app.run() follows FLASK_DEBUG, off by default".to_owned(), vec![change], Applicability::Automatic))
        }
        // What a configuration says is followed by code that asks for it: only what production is
        // known to start may change.
        Way::Setting(_) if target.assumed => {
            Err("No file says how production starts, so this may be for development alone.".to_owned())
        }
        Way::Setting(setting) => {
            if let Some((variable, key)) = production_choice(facts, target) {
                let why = "The app's own configuration for production, unless the server selects another one.";
                if let Some(changes) = server_start::set_variable(facts, &target.project, &variable, &key, why)
                    .filter(|_| server_start::reaches(facts, target))
                {
                    return Ok((format!("production selects {variable}={key}"), changes, applicability));
                }
            }
            let (source, file) = editable(facts, setting.path())?;
            if !matches!(setting.value.value, Value::Bool(true) | Value::Number(_)) {
                return Err("The value is computed; it is not rewritten.".to_owned());
            }
            let read = Reading::of(facts, file, source);
            let mut edits = vec![TextEdit::replace(setting.value.span, read.switch("FLASK_DEBUG"))];
            edits.extend(read.import(source, file));
            let change = Change::Edit { path: setting.path().clone(), edits };
            Ok(("debug follows FLASK_DEBUG, off by default".to_owned(), vec![change], Applicability::Automatic))
        }
        Way::Variable { name, location } => {
            if location.path.name().starts_with('.') || location.path.name().ends_with(".env") {
                let why = "Debug stays off under this server, also where an env file for development switches it on.";
                let changes = server_start::set_variable(facts, &target.project, name, "0", why)
                    .filter(|_| server_start::reaches(facts, target));
                return changes
                    .map(|changes| (format!("{name}=0 where production starts"), changes, applicability))
                    .ok_or_else(|| format!("{name} is set in {}.", location.path));
            }
            let launch = target.launch.map(|at| &facts.launches[at]).ok_or("No start line sets it.")?;
            let var =
                launch.env.iter().find(|var| var.name == *name).ok_or("It is not set in the start line itself.")?;
            let span = var.value_span.ok_or("The value does not stand there in one piece.")?;
            let change = Change::Edit { path: var.location.path.clone(), edits: vec![TextEdit::replace(span, "0")] };
            Ok((format!("{name}=0 where production starts"), vec![change], applicability))
        }
        Way::Flag(_) => Err("The command that starts production switches debug on.".to_owned()),
    }
}

/// The variable and key that select the app's own production configuration, where that switches
/// debug off and changes nothing else: another database, say, is for a person to decide.
fn production_choice(facts: &Facts, target: &Target) -> Option<(String, String)> {
    let (chosen, selector) = target.chosen.iter().find_map(|(_, chosen)| {
        let selector = chosen.selector.as_ref().filter(|selector| !selector.set_by_launch)?;
        Some((chosen.holder.as_ref()?, selector))
    })?;
    let is_production =
        |key: &str| matches!(key.to_ascii_lowercase().as_str(), "production" | "prod" | "productionconfig" | "live");
    let (key, holder): &(String, HolderRef) = selector.keys.iter().find(|(key, _)| is_production(key))?;
    let debug = facts.in_holder(holder, "DEBUG").map_or(Some(false), |setting| facts.truth(target, setting));
    (debug == Some(false) && same_but_for_debug(facts, chosen, holder))
        .then(|| (selector.variable.clone(), key.clone()))
}

/// Whether two configurations differ in nothing but switches for developers and cookie flags.
fn same_but_for_debug(facts: &Facts, one: &HolderRef, other: &HolderRef) -> bool {
    let harmless = |key: &str| {
        matches!(
            key,
            "DEBUG" | "TESTING" | "ENV" | "TEMPLATES_AUTO_RELOAD" | "EXPLAIN_TEMPLATE_LOADING" | "SQLALCHEMY_ECHO"
        ) || key.starts_with("SESSION_COOKIE_")
            || key.starts_with("REMEMBER_COOKIE_")
            || key.starts_with("DEBUG_TB_")
    };
    let gives = |holder: &HolderRef, key: &str| facts.in_holder(holder, key).map(std::ptr::from_ref);
    let same_settings = facts
        .settings
        .iter()
        .map(|setting| setting.key.as_str())
        .filter(|key| !harmless(key))
        .all(|key| gives(one, key) == gives(other, key));
    same_settings && facts.holders.methods(one) == facts.holders.methods(other)
}
