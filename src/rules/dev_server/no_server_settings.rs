//! FH502: gunicorn starts production without settings of its own, or nothing starts it.

use crate::facts::{Facts, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy, ServerItem};
use crate::rules::{Explanation, Rule, server_start};
use crate::text::{Location, RepoPath};

pub(super) const RULE: Rule = Rule {
    id: "FH502",
    name: "no-server-settings",
    threat: Threat::DevServer,
    severity: Severity::Low,
    explanation: Explanation {
        what: "Gunicorn starts production and reads no settings file, or no file of the repository says how \
               production starts.",
        why: "Limits on requests, silent workers and idle connections are then what the installed version happens to \
              have, and there is no one place to switch Secure cookies on.",
        fix: "gunicorn.conf.py, which gunicorn reads by itself from the directory it starts in. Where gunicorn is \
              already started, workers, worker class and preloading stay as they are.",
        ignore: "A project that is only ever imported by another one, or whose host brings its own settings.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        let targets: Vec<_> = facts.production_targets(root).collect();
        if targets.is_empty() {
            let exists = root.join("gunicorn.conf.py").is_some_and(|conf| facts.files.exists(&conf));
            let app = facts.apps.apps.iter().find(|app| facts.is_own(&app.path) && facts.same_project(&app.path, root));
            if let Some(app) = app.filter(|_| !exists) {
                let message = "No file says how production starts, and there are no server settings.".to_owned();
                found.push(
                    Finding::new(
                        RULE.id,
                        RULE.threat,
                        Severity::Low,
                        app.location.clone(),
                        "gunicorn.conf.py",
                        message,
                    )
                    .next_step("Say how production starts: targets.prod in .flask-harden.toml."),
                );
            }
            continue;
        }
        let launches = targets.iter().filter_map(|target| target.launch).map(|at| &facts.launches[at]);
        for launch in launches.filter(|launch| launch.server == Server::Gunicorn) {
            if facts.server_conf(launch).is_none() && launch.conf.is_none() {
                let message = "Gunicorn starts production without a settings file.".to_owned();
                found.push(Finding::new(
                    RULE.id,
                    RULE.threat,
                    Severity::Low,
                    launch.location.clone(),
                    "gunicorn.conf.py",
                    message,
                ));
                break;
            }
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let root = root_of(facts, &finding.primary);
        let Some(conf) = server_start::conf_path(facts, &root) else { continue };
        let known = server_start::gunicorn_known(facts, &root);
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{conf} with limits"),
            reason: if known {
                "Gunicorn reads it by itself. Workers, worker class and preloading stay as the start sets them."
                    .to_owned()
            } else {
                "Nothing starts gunicorn yet; this is what it will read when it does.".to_owned()
            },
            applicability: if known { Applicability::Automatic } else { Applicability::Safe },
            changes: vec![Change::ServerStart { conf, item: ServerItem::Limits { gunicorn_known: known } }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

fn root_of(facts: &Facts, location: &Location) -> RepoPath {
    facts.project_root(&location.path)
}
