//! What the rules on cookie flags share: whether a project has a session at all, whether an
//! extension sets the flags, and the edit that sets one.

use crate::facts::holders::HolderRef;
use crate::facts::settings::Holder;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Names, Setting, Target};
use crate::finding::{Finding, Severity};
use crate::lang::python::{ExprKind, Stmt, StmtKind, add_after, walk_exprs};
use crate::remedy::{Applicability, Change};
use crate::rules::Rule;
use crate::rules::place::{Reading, after_app, anchor, beside, editable};
use crate::text::{Location, RepoPath, TextEdit};

/// What an import says of sessions: these keep something in Flask's session cookie.
const SESSION_USERS: &[&str] = &[
    "flask_login",
    "flask_wtf",
    "flask_security",
    "flask_user",
    "flask_session",
    "flask_appbuilder",
    "flask_dance",
    "flask_oauthlib",
    "flask_openid",
    "flask_principal",
    "flask_socketio",
    "flask_seasurf",
    "authlib.integrations.flask_client",
    "flask_pyoidc",
    "flask_oidc",
];

/// Whether the project uses Flask's session. A key alone is no proof: it may sign tokens only; nor is
/// an import that nothing uses.
pub(in crate::rules) fn has_session(facts: &Facts, root: &RepoPath) -> bool {
    facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        SESSION_USERS.iter().any(|package| names.mentions(package))
            || names.mentions("flask.sessions")
            || file.has("flask")
                && file.has_any(&["session", "flash"])
                && uses(&file.module.body, names, &["flask.session", "flask.flash"])
    })
}

/// Whether an expression names one of these: `session` after `from flask import session`, or
/// `flask.session` after `import flask`.
fn uses(body: &[Stmt], names: &Names, origins: &[&str]) -> bool {
    let mut found = false;
    walk_exprs(body, &mut |expr| {
        let named = match &expr.kind {
            ExprKind::Attr { .. } => names.resolve(expr),
            ExprKind::Name(name) => names.origin(name).map(str::to_owned),
            _ => None,
        };
        found |= named.is_some_and(|dotted| origins.contains(&dotted.as_str()));
    });
    found
}

/// Flask-Talisman sets the flags itself when it is initialised, over what the settings say, unless
/// it is told not to. An import alone does nothing.
pub(in crate::rules) fn set_by_extension(facts: &Facts, root: &RepoPath, option: &str) -> bool {
    let named = |path| facts.files.get(path).is_some_and(|source| source.text.contains("alisman"));
    let own = || facts.own_python().filter(|file| facts.same_project(&file.path, root) && named(&file.path));
    if !own().any(|file| facts.names[&file.path].mentions("flask_talisman")) {
        return false;
    }
    let (mut used, mut switched_off) = (false, false);
    for file in own() {
        let names = &facts.names[&file.path];
        let class = names.imports("flask_talisman.Talisman");
        walk_exprs(&file.module.body, &mut |expr| {
            // A list of extensions that a loop starts holds the class itself.
            used |= matches!(&expr.kind, ExprKind::Name(name) if Some(name.as_str()) == class);
            let Some(call) = expr.as_call() else { return };
            let func = names.resolve(&call.func).or_else(|| call.func.dotted()).unwrap_or_default();
            // Either may be imported from another file of the project.
            let class = func == "Talisman" || func.ends_with(".Talisman");
            let talisman = class || func.to_ascii_lowercase().contains("talisman.init_app");
            used |= talisman;
            let off =
                call.keyword(option).is_some_and(|arg| matches!(arg.value.kind, ExprKind::False | ExprKind::None));
            switched_off |= talisman && off;
        });
    }
    used && !switched_off
}

/// The projects that have an app with a session whose flags are its own.
///
/// `option`: how Flask-Talisman calls the flag.
pub(super) fn projects<'f>(facts: &'f Facts, option: &'static str) -> impl Iterator<Item = &'f RepoPath> {
    facts
        .projects
        .iter()
        .map(|project| &project.root)
        .filter(move |root| facts.makes_app(root) && has_session(facts, root) && !set_by_extension(facts, root, option))
}

/// What is wrong with a flag on a target: the setting, where there is one, and what to say.
pub(super) type Wrong<'f> = Option<(Option<&'f Setting>, &'static str)>;

/// The findings of one flag: at most one for each project, of the first target it is wrong on.
pub(super) fn findings(
    facts: &Facts,
    rule: &Rule,
    key: &str,
    option: &'static str,
    wrong: &dyn for<'f> Fn(&'f Facts, &Target) -> Wrong<'f>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in projects(facts, option) {
        let first = facts.serving_targets(root).find_map(|target| Some((target, wrong(facts, target)?)));
        if let Some((target, (setting, message))) = first {
            found.push(finding(facts, rule, target, setting, key, message.to_owned()));
        }
    }
    found
}

/// The target a finding speaks of: the first of its project the flag is wrong on.
pub(super) fn target_of<'f>(
    facts: &'f Facts,
    finding: &Finding,
    wrong: &dyn for<'w> Fn(&'w Facts, &Target) -> Wrong<'w>,
) -> Option<&'f Target> {
    let root = facts.project_root(&finding.primary.path);
    facts.serving_targets(&root).find(|target| wrong(facts, target).is_some())
}

/// A finding about a setting that is missing or wrong on a target.
pub(super) fn finding(
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
    let how = match setting {
        Some(setting) => {
            let place = format!("{}:{}", setting.path(), setting.location.line);
            let read = facts.resolve(setting).value.env();
            match read.map(|read| (&read.name, target.var(read))) {
                Some((name, Some(var))) => {
                    format!("{place} reads {name}, which {}:{} sets", var.location.path, var.location.line)
                }
                Some((name, None)) => format!("{place} reads {name}, which nothing in the repository sets"),
                None => place,
            }
        }
        None => format!("nothing sets {key}, so Flask's default counts"),
    };
    let finding = Finding::new(rule.id, rule.threat, severity, location, symbol, message);
    facts.doubts(target).into_iter().fold(finding.known_by(format!("{}: {how}", target.name)), Finding::known_by)
}

pub(in crate::rules) fn app_location(facts: &Facts, root: &RepoPath) -> Location {
    let app = facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, root));
    app.map_or_else(|| Location::whole(root.clone()), |app| app.location.clone())
}

/// The edits that give `key` the expression on a target: in the place of the present value, else
/// beside the settings the target takes.
///
/// # Errors
/// Why it must not be written, in words.
pub(in crate::rules) fn set(
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
        let read = Reading::of(file, source, setting.value.span.start);
        let text = expression(&read);
        let mut edits = vec![TextEdit::replace(setting.value.span, text.clone())];
        edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
        return Ok(Change::Edit { path: setting.path().clone(), edits });
    }
    if let Some(anchor) = anchor(facts, target) {
        let (source, file) = editable(facts, anchor.path())?;
        let read = Reading::of(file, source, anchor.statement.start);
        let text = expression(&read);
        let mut edits = vec![beside(source, file, anchor, read.quote, key, &text)];
        edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
        return Ok(Change::Edit { path: anchor.path().clone(), edits });
    }
    let app =
        facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, &target.project));
    let app = app.ok_or("No place was found for the setting.")?;
    let (source, file) = editable(facts, &app.path)?;
    let read = Reading::of(file, source, app.statement.start);
    let text = expression(&read);
    let (path, edit) =
        after_app(facts, &target.project, read.quote, key, &text).ok_or("No place was found for the setting.")?;
    let mut edits = vec![edit];
    edits.extend(read.import(source, file).filter(|_| text.contains("environ")));
    Ok(Change::Edit { path, edits })
}

/// The edit that gives `key` a value in the class of the configuration that production, and
/// nothing else, certainly runs.
pub(super) fn in_production_class(facts: &Facts, target: &Target, key: &str, value: &str) -> Option<Change> {
    let class = production_class(facts, target)?;
    let (source, file) = editable(facts, &class.path).ok()?;
    let name = class.class.as_deref()?;
    let body = file.module.body.iter().find_map(|stmt| match &stmt.kind {
        StmtKind::Class(found) if found.name == name => Some((&found.body, stmt.span)),
        _ => None,
    });
    let (body, whole) = body?;
    if let Effective::Set { setting, .. } = facts.effective(target, key) {
        let here = setting.path() == &class.path && setting.holder == Holder::Class(name.to_owned());
        let plain = matches!(setting.value.value, Value::Bool(_) | Value::None);
        if here {
            let edits = vec![TextEdit::replace(setting.value.span, value)];
            return plain.then(|| Change::Edit { path: class.path.clone(), edits });
        }
    }
    let last = body.iter().rfind(|stmt| matches!(&stmt.kind, StmtKind::Assign { .. }))?;
    // `class ProductionConfig(Config): DEBUG = False` has no line of its own for another setting.
    if source.line_span(last.span.start) == source.line_span(whole.start) {
        return None;
    }
    let edits = vec![add_after(source, last.span, &[format!("{key} = {value}")])];
    Some(Change::Edit { path: class.path.clone(), edits })
}

/// The class that every production target of the project certainly runs, and no other target.
fn production_class<'f>(facts: &'f Facts, target: &'f Target) -> Option<&'f HolderRef> {
    let class_of = |target: &'f Target| {
        let mut chosen = target.chosen.iter().filter_map(|(_, chosen)| Some((chosen.holder.as_ref()?, chosen.certain)));
        let (class, certain) = chosen.next()?;
        (certain && class.class.is_some() && chosen.next().is_none()).then_some(class)
    };
    let class = class_of(target).filter(|_| target.production)?;
    let named = class.class.as_deref().is_some_and(|name| name.to_ascii_lowercase().contains("prod"));
    let beside = facts.targets.iter().filter(|other| other.project == target.project && !other.assumed);
    let only = beside.into_iter().all(|other| (class_of(other) == Some(class)) == other.production);
    (named && only && facts.holders.subclasses(class).is_empty()).then_some(class)
}

/// How Secure cookies may be switched on for a target: by what is known of https.
pub(super) fn https_applicability(facts: &Facts, target: &Target) -> Applicability {
    match target.launch.and_then(|at| facts.launches[at].https) {
        Some(true) => Applicability::Safe,
        Some(false) => Applicability::Manual,
        None => Applicability::Automatic,
    }
}
