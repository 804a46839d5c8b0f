//! FH109: a signing key stands in a file that deploys the app.

use super::given;
use super::judged::{is_key_variable, weakness};
use crate::facts::env::is_env_file;
use crate::facts::{Facts, FileRole, Launch, LaunchRole, LaunchVar, VarOrigin};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::secret::Secret;
use crate::secret::strength::is_placeholder;
use crate::text::{Location, RepoPath};

pub(super) const RULE: Rule = Rule {
    id: "FH109",
    name: "key-in-deployment-file",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "A signing key has its value in a deployment file: ENV or ARG of a Dockerfile, environment of a compose \
               file, Environment= of a unit, env of a Kubernetes manifest or a chart, raw_env of gunicorn.",
        why: "Everyone with the repository has the key. In a Dockerfile it also stands in a layer of every image, for \
              everyone who can pull one; deleting the line later does not take it out of those.",
        fix: "A compose file reads ${SECRET_KEY:?...} from the .env beside it and does not start without; a Dockerfile \
              loses the line, where no later step of the build may need it, and containers get the key when they start. \
              A unit, a manifest and the rest have their exact step: EnvironmentFile=, secretKeyRef, the host's \
              environment. The key is a new one, since this one is known.",
        ignore: "A value that only one build step needs and nothing ever signs with.",
    },
    check,
    remedy: Some(given::remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut push = |finding: Option<Finding>| {
        let Some(finding) = finding else { return };
        if !found.iter().any(|known: &Finding| known.primary == finding.primary) {
            found.push(finding);
        }
    };
    for launch in facts.launches.iter().filter(|launch| deploys(launch)) {
        for var in &launch.env {
            push(of_variable(facts, var));
        }
    }
    for var in &facts.loose {
        push(of_variable(facts, var));
    }
    for conf in &facts.server_confs {
        for var in &conf.env {
            push(finding(facts, &var.name, &Secret::from(var.value.as_str()), &var.location, VarOrigin::Literal));
        }
    }
    found
}

/// Whether a launch is how the app is deployed. A compose file that mounts the sources is often the
/// only one there is, unless its name says that it is for development.
fn deploys(launch: &Launch) -> bool {
    let name = launch.location.path.name().to_ascii_lowercase();
    let own = ["dev", "local", "override", "test", "debug"].iter().any(|part| name.contains(part));
    launch.role == LaunchRole::Production || launch.role == LaunchRole::Development && launch.kind == "compose" && !own
}

fn of_variable(facts: &Facts, var: &LaunchVar) -> Option<Finding> {
    let secret = var.value.as_deref()?;
    finding(facts, &var.name, secret, &var.location, var.origin)
}

fn finding(facts: &Facts, name: &str, secret: &Secret, location: &Location, origin: VarOrigin) -> Option<Finding> {
    let path = &location.path;
    let counts = matches!(crate::repo::role(path), FileRole::Source) && !is_env_file(path);
    if !counts || origin == VarOrigin::Elsewhere || is_placeholder(secret.expose()) || !is_key_variable(facts, name) {
        return None;
    }
    // A gunicorn configuration that takes the key from elsewhere at start, written down as `""`.
    let severity = if origin == VarOrigin::Fallback { Severity::Medium } else { RULE.severity };
    let image = is_image(location);
    let place = if image { "in the image" } else { "in a deployment file" };
    let message = format!("{name} has its value {place}.{}", weakness(secret));
    let finding = Finding::new(RULE.id, RULE.threat, severity, location.clone(), name, message);
    Some(finding.next_step(step(location, name, image)))
}

/// Whether a Dockerfile of a file's project gives a variable its value, where that is a finding.
pub(super) fn gives(facts: &Facts, path: &RepoPath, name: &str) -> bool {
    let root = facts.project_root(path);
    let here = |finding: &Finding| is_image(&finding.primary) && facts.project_root(&finding.primary.path) == root;
    check(facts).iter().any(|finding| finding.key.symbol == name && here(finding))
}

pub(super) fn is_image(location: &Location) -> bool {
    let name = location.path.name().to_ascii_lowercase();
    name.contains("dockerfile") || name.contains("containerfile")
}

/// What a person does, by the kind of file.
pub(super) fn step(location: &Location, name: &str, image: bool) -> String {
    let path = &location.path;
    let file = path.name().to_ascii_lowercase();
    let how = if image {
        format!("give {name} to the container when it starts (docker run --env-file)")
    } else if file.ends_with(".service") {
        format!("name a file that only root reads by EnvironmentFile=, with the line {name}=... in it")
    } else if file.contains("compose") {
        format!("write {name}: ${{{name}:?}}, and put the value into .env beside it")
    } else if matches!(path.extension(), "yml" | "yaml") {
        format!("take {name} from a Secret (valueFrom: secretKeyRef)")
    } else {
        format!("set {name} in the environment of the server")
    };
    format!("Take the value out of {path} and {how}. Make a new key: this one is known.")
}
