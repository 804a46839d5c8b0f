//! What the rules on cookie flags share: whether a project has a session at all, whether an
//! extension sets the flags, and the edit that sets one.

use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Setting, Target};
use crate::finding::{Finding, Severity};
use crate::remedy::{Applicability, Change};
use crate::rules::Rule;
use crate::rules::place::{Reading, after_app, anchor, beside, editable};
use crate::text::{Location, RepoPath, TextEdit};

/// Whether the project signs sessions: it has a key, or uses something that needs one.
pub fn has_session(facts: &Facts, root: &RepoPath) -> bool {
    let key = facts.settings.iter().any(|setting| {
        setting.key == "SECRET_KEY" && facts.is_own(setting.path()) && facts.same_project(setting.path(), root)
    });
    key || facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        ["flask.session", "flask.flash", "flask_login.LoginManager", "flask_wtf.FlaskForm", "flask_wtf.CSRFProtect"]
            .iter()
            .any(|origin| names.imports(origin).is_some())
    })
}

/// Flask-Talisman sets the flags itself when it is initialised, over what the settings say.
pub fn set_by_extension(facts: &Facts, root: &RepoPath) -> bool {
    facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        ["flask_talisman.Talisman", "flask_talisman", "flask_talisman.talisman.Talisman"]
            .iter()
            .any(|origin| names.imports(origin).is_some())
    })
}

/// The projects that have an app with a session whose flags are its own.
pub fn projects(facts: &Facts) -> impl Iterator<Item = &RepoPath> {
    facts
        .projects
        .iter()
        .map(|project| &project.root)
        .filter(|root| facts.makes_app(root) && has_session(facts, root) && !set_by_extension(facts, root))
}

/// A finding about a setting that is missing or wrong on a target.
pub fn finding(
    facts: &Facts,
    rule: &Rule,
    target: &Target,
    setting: Option<&Setting>,
    key: &str,
    message: String,
) -> Finding {
    let location = match setting {
        Some(setting) => setting.location.clone(),
        None => anchor(facts, target)
            .map(|anchor| anchor.location.clone())
            .unwrap_or_else(|| app_location(facts, &target.project)),
    };
    let severity = if target.assumed { Severity::Medium } else { rule.severity };
    let symbol = setting.map_or_else(|| key.to_owned(), Setting::symbol);
    Finding::new(rule.id, rule.threat, severity, location, symbol, message).known_by(format!(
        "{}: {}",
        target.name,
        match setting {
            Some(setting) => format!("{}:{}", setting.path(), setting.location.line),
            None => "nothing sets it, so Flask's default counts".to_owned(),
        }
    ))
}

fn app_location(facts: &Facts, root: &RepoPath) -> Location {
    let app = facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, root));
    app.map_or_else(|| Location::whole(root.clone()), |app| app.location.clone())
}

/// The target a finding of these rules speaks of: the first one of its project that serves.
pub fn target_of<'f>(facts: &'f Facts, finding: &Finding) -> Option<&'f Target> {
    let root = facts.project_root(&finding.primary.path);
    facts.serving_targets(&root).next()
}

/// The edits that give `key` the expression on a target: in the place of the present value, else
/// beside the settings the target takes.
///
/// # Errors
/// Why it must not be written, in words.
pub fn set(
    facts: &Facts,
    target: &Target,
    key: &str,
    expression: &dyn Fn(&Reading) -> String,
) -> Result<Change, String> {
    if let Effective::Set { setting, .. } = facts.effective(target, key) {
        let setting = facts.resolve(setting);
        let (source, file) = editable(facts, setting.path())?;
        if !matches!(setting.value.value, Value::Bool(_) | Value::None | Value::Text { .. } | Value::Number(_)) {
            return Err(format!(
                "{key} is computed in {}:{}; it is not rewritten.",
                setting.path(),
                setting.location.line
            ));
        }
        let read = Reading::of(facts, file, source);
        let text = expression(&read);
        let mut edits = vec![TextEdit::replace(setting.value.span, text.clone())];
        edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
        return Ok(Change::Edit { path: setting.path().clone(), edits });
    }
    if let Some(anchor) = anchor(facts, target) {
        let (source, file) = editable(facts, anchor.path())?;
        let read = Reading::of(facts, file, source);
        let text = expression(&read);
        let mut edits = vec![beside(source, file, anchor, read.quote, key, &text)];
        edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
        return Ok(Change::Edit { path: anchor.path().clone(), edits });
    }
    let app =
        facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, &target.project));
    let app = app.ok_or("No place was found for the setting.")?;
    let (source, file) = editable(facts, &app.path)?;
    let read = Reading::of(facts, file, source);
    let text = expression(&read);
    let (path, edit) =
        after_app(facts, &target.project, read.quote, key, &text).ok_or("No place was found for the setting.")?;
    let mut edits = vec![edit];
    edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
    Ok(Change::Edit { path, edits })
}

/// How Secure cookies may be switched on for a target: by what is known of https.
pub fn https_applicability(facts: &Facts, target: &Target) -> Applicability {
    match target.launch.and_then(|at| facts.launches[at].https) {
        Some(true) => Applicability::Safe,
        Some(false) => Applicability::Manual,
        None => Applicability::Automatic,
    }
}
