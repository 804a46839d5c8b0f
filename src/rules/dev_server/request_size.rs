//! FH509: nothing bounds the size of a request.

use crate::facts::server_options::{option, waitress};
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Server, Setting, Target};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{ExprKind, walk_exprs};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::place::anchor;
use crate::rules::session_cookies::flags;
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

const KEY: &str = "MAX_CONTENT_LENGTH";
/// What is written where nothing is uploaded.
const WITHOUT_UPLOADS: &str = "16 * 1024 * 1024";

pub(super) const RULE: Rule = Rule {
    id: "FH509",
    name: "no-request-size-limit",
    threat: Threat::DevServer,
    severity: Severity::Low,
    explanation: Explanation {
        what: "MAX_CONTENT_LENGTH is not set, or switched off, where production starts, and no server here limits \
               request bodies either. MAX_FORM_MEMORY_SIZE and MAX_FORM_PARTS (Flask 3.1) are found where they are \
               switched off.",
        why: "Anyone can send a body of any size. Flask reads it into memory or onto the disk before a view sees it, \
              until one of them is full.",
        fix: "Where the app takes no uploads, MAX_CONTENT_LENGTH becomes 16 megabytes beside the other settings. \
              Where it does, the size of the largest upload is for a person to say.",
        ignore: "A proxy outside of this repository that limits bodies (nginx: client_max_body_size).",
    },
    check,
    remedy: Some(remedies),
};

/// Limits that Flask 3.1 has by itself; `None` switches them off.
const FORM_LIMITS: &[&str] = &["MAX_FORM_MEMORY_SIZE", "MAX_FORM_PARTS"];

fn projects(facts: &Facts) -> impl Iterator<Item = &RepoPath> {
    facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root))
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in projects(facts) {
        found.extend(absent(facts, root));
        for key in FORM_LIMITS {
            found.extend(switched_off(facts, root, key));
        }
    }
    found
}

/// The serving target on which nothing limits bodies, with the setting that says so, if any.
fn unlimited<'f>(facts: &'f Facts, root: &RepoPath) -> Option<(&'f Target, Option<&'f Setting>)> {
    facts.serving_targets(root).filter(|target| !limited_by_server(facts, target)).find_map(|target| {
        match facts.effective(target, KEY) {
            Effective::Absent => Some((target, None)),
            Effective::Set { setting, .. } => {
                let setting = facts.resolve(setting);
                matches!(setting.value.value, Value::None).then_some((target, Some(setting)))
            }
            // What is loaded is only known at run time, and nothing here that may be loaded sets it.
            Effective::Unknown(_) => (!facts.sets_anywhere(root, KEY)).then_some((target, None)),
        }
    })
}

fn absent(facts: &Facts, root: &RepoPath) -> Option<Finding> {
    let (target, setting) = unlimited(facts, root)?;
    let uses = body_uses(facts, root);
    if !uses.reads {
        return None;
    }
    let location = match setting {
        Some(setting) => setting.location.clone(),
        None => {
            anchor(facts, target).map_or_else(|| flags::app_location(facts, root), |anchor| anchor.location.clone())
        }
    };
    let severity = if uses.uploads { Severity::Medium } else { Severity::Low };
    let message = if uses.uploads {
        "The app takes uploads of any size (MAX_CONTENT_LENGTH is not set)."
    } else {
        "A request may have a body of any size (MAX_CONTENT_LENGTH is not set)."
    };
    let symbol = setting.map_or_else(|| KEY.to_owned(), Setting::symbol);
    let finding = Finding::new(RULE.id, RULE.threat, severity, location, symbol, message)
        .confidence(if target.assumed { Confidence::Medium } else { Confidence::High })
        .next_step(format!("Set {KEY} to the size of the largest request, such as {WITHOUT_UPLOADS}."));
    Some(facts.doubts(target).into_iter().fold(finding, Finding::known_by))
}

fn switched_off(facts: &Facts, root: &RepoPath, key: &str) -> Option<Finding> {
    let setting = facts.serving_targets(root).find_map(|target| {
        let setting = facts.resolve(facts.effective(target, key).setting()?);
        matches!(setting.value.value, Value::None).then_some(setting)
    })?;
    let message = format!("{key} switches Flask's own limit on forms off.");
    Some(
        Finding::new(RULE.id, RULE.threat, Severity::Low, setting.location.clone(), setting.symbol(), message)
            .next_step(format!("Leave {key} out, or set it to what the largest form needs.")),
    )
}

/// Whether the server in front of the app, as far as this repository says, limits bodies.
fn limited_by_server(facts: &Facts, target: &Target) -> bool {
    // nginx takes one megabyte where nothing else is said, and any proxy here is for a person.
    let nginx = facts.files.sources.values().any(|source| {
        facts.same_project(&source.path, &target.project)
            && matches!(source.path.extension(), "conf" | "template" | "nginx")
            && (source.text.contains("proxy_pass") || source.text.contains("uwsgi_pass"))
            && !source.text.contains("client_max_body_size 0")
    });
    let Some(launch) = target.launch.map(|at| &facts.launches[at]) else { return nginx };
    let options = facts.server_options(launch);
    let limit = |name: &str| option(&options, name).and_then(|option| option.number()).is_some_and(|bytes| bytes > 0.0);
    let by_serve =
        || waitress::calls(facts).iter().any(|call| option(&call.options, "max_request_body_size").is_some());
    nginx
        || launch.bounds.proxied
        || limit("limit-post")
        || limit("max_request_body_size")
        || launch.server == Server::PythonFile && by_serve()
}

/// What the app does with bodies.
struct BodyUses {
    reads: bool,
    uploads: bool,
}

fn body_uses(facts: &Facts, root: &RepoPath) -> BodyUses {
    let mut uses = BodyUses { reads: false, uploads: false };
    for file in facts.own_python().filter(|file| facts.same_project(&file.path, root)) {
        if uses.reads && uses.uploads {
            break;
        }
        let names = &facts.names[&file.path];
        uses.uploads |= ["flask_uploads", "flask_reuploaded", "flask_dropzone", "flask_ckeditor", "flask_wtf.file"]
            .iter()
            .any(|package| names.mentions(package));
        uses.reads |= ["flask_wtf", "wtforms", "flask_restful.reqparse", "flask_restx.reqparse", "webargs"]
            .iter()
            .any(|package| names.mentions(package));
        let text = facts.files.get(&file.path).map_or("", |source| source.text.as_str());
        uses.reads |= ["\"POST\"", "'POST'", "\"PUT\"", "'PUT'", ".post(", ".put(", "def post(", "def put("]
            .iter()
            .any(|mark| text.contains(mark));
        if !file.has_any(&["request", "FileField", "MultipleFileField", "FileStorage"]) {
            continue;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            let ExprKind::Attr { value, name } = &expr.kind else {
                uses.uploads |= matches!(expr.as_name(), Some("FileField" | "MultipleFileField" | "FileStorage"));
                return;
            };
            if value.dotted().is_some_and(|base| base == "request" || base.ends_with(".request")) {
                uses.uploads |= name == "files";
                uses.reads |= matches!(
                    name.as_str(),
                    "form" | "json" | "data" | "files" | "values" | "get_json" | "get_data" | "stream"
                );
            }
        });
    }
    uses.reads |= uses.uploads;
    uses
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings.iter().filter(|finding| finding.key.symbol.contains(KEY)) {
        let root = facts.project_root(&finding.primary.path);
        let Some((target, _)) = unlimited(facts, &root) else { continue };
        let change = if body_uses(facts, &root).uploads {
            Err("The size of the largest upload is for a person to say.".to_owned())
        } else {
            flags::set(facts, target, KEY, &|_| WITHOUT_UPLOADS.to_owned())
        };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "requests of at most 16 megabytes".to_owned(),
            reason: match &change {
                Ok(_) => "Larger ones are answered with 413; the app takes no uploads.".to_owned(),
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
