//! FH513: the app runs as root.

use crate::facts::images::{ImageFile, ImageUser};
use crate::facts::launch::is_root;
use crate::facts::server_options::option;
use crate::facts::{Facts, Launch, LaunchRole};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH513",
    name: "runs-as-root",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "The image that starts the app has no USER, or root; a service, container or unit says root or, as \
               systemd does, names nobody; or a container gets the rights of the host (privileged, the Docker socket).",
        why: "Whoever makes the app run a command of theirs owns everything in the container at once, and has the \
              best start there is for getting out of it.",
        fix: "Add a user to the image and switch to it before the start, and give it the directories the app writes \
              to. Ports below 1024 need another port inside of the container.",
        ignore: "An entrypoint that gives up root by itself before it starts the app.",
    },
    check,
    remedy: None,
};

const STEP: &str = "Before the start: RUN useradd --system app, then USER app; it must own what the app writes to.";

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut push = |finding: Finding| {
        if !found.iter().any(|known| known.primary == finding.primary) {
            found.push(finding);
        }
    };
    for (at, launch) in facts.launches.iter().enumerate() {
        if launch.role != LaunchRole::Production {
            continue;
        }
        let production = facts.production.contains(&at);
        if let Some(place) = launch.bounds.privileged.clone() {
            let message = format!("The container of {} gets the rights of the host.", launch.name);
            push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, place, "privileged", message)
                    .next_step("Take it out, unless the app is there to control the host."),
            );
        }
        if launch.bounds.is_root() {
            let place = launch.bounds.place.clone().unwrap_or_else(|| launch.location.clone());
            let message = format!("{} runs as root.", launch.name);
            let step = match launch.kind {
                "systemd" => "Add User= with a user of its own to [Service].",
                "supervisor" => "Set user= to a user of its own for this program.",
                _ => STEP,
            };
            push(Finding::new(RULE.id, RULE.threat, severity(production), place, "user", message).next_step(step));
        }
    }
    for image in facts.images.iter().filter(|image| runs_as_root(image)) {
        let Some((production, launch)) = started_by(facts, image) else { continue };
        if gives_up_root(facts, image, launch) {
            continue;
        }
        let message = match &image.user {
            ImageUser::Named(_) => "The image runs the app as root.",
            ImageUser::OfBase(_) => "The image runs the app as root: it has no USER.",
        };
        push(
            Finding::new(RULE.id, RULE.threat, severity(production), image.start.clone(), "USER", message)
                .confidence(if production { Confidence::High } else { Confidence::Medium })
                .next_step(STEP),
        );
    }
    found
}

fn severity(production: bool) -> Severity {
    if production { Severity::Medium } else { Severity::Low }
}

/// Images that are made to run as somebody else.
const OTHER_USERS: &[&str] =
    &["nonroot", "rootless", "unprivileged", "bitnami", "/ubi", "cgr.dev", "chainguard", "s2i", "sclorg", "heroku/"];

fn runs_as_root(image: &ImageFile) -> bool {
    match &image.user {
        ImageUser::Named(user) => is_root(user),
        ImageUser::OfBase(base) => !base.contains('$') && !OTHER_USERS.iter().any(|mark| base.contains(mark)),
    }
}

/// The launch of an image that may be production, and whether it is.
fn started_by<'f>(facts: &'f Facts, image: &ImageFile) -> Option<(bool, &'f Launch)> {
    let of_image = |launch: &Launch| {
        let itself = launch.kind == "dockerfile"
            && (launch.location.path == image.path || launch.via.first().is_some_and(|at| at.path == image.path));
        itself || launch.bounds.image.as_ref() == Some(&image.path)
    };
    let launches = facts.launches.iter().enumerate();
    let mut found: Vec<(bool, &Launch)> = launches
        .filter(|(_, launch)| launch.role == LaunchRole::Production && of_image(launch))
        .map(|(at, launch)| (facts.production.contains(&at), launch))
        .collect();
    found.sort_by_key(|(production, _)| !production);
    found.into_iter().next()
}

/// Programs that start another one as somebody else.
const DROPS: &[&str] = &["gosu", "su-exec", "setpriv", "runuser", "setuidgid", "chpst", "su -", "sudo -u", "USER_ID"];

/// Whether what the image starts, or the server in it, gives root up; or whoever starts the image
/// names another user.
fn gives_up_root(facts: &Facts, image: &ImageFile, launch: &Launch) -> bool {
    let options = facts.server_options(launch);
    let by_server = ["user", "uid"].iter().any(|name| {
        option(&options, name).and_then(|option| option.value.as_deref()).is_some_and(|user| !is_root(user))
    });
    let scripts = launch.via.iter().map(|at| &at.path).chain([&launch.location.path, &image.path]);
    let by_script = scripts
        .filter_map(|path| facts.files.get(path))
        .any(|source| DROPS.iter().any(|mark| source.text.contains(mark)));
    let by_starter = facts.launches.iter().any(|other| {
        other.role == LaunchRole::Production
            && matches!(other.kind, "compose" | "kubernetes" | "helm")
            && (other.location == launch.location || other.bounds.image.as_ref() == Some(&image.path))
            && other.bounds.user.as_deref().is_some_and(|user| !is_root(user))
    });
    by_server || by_script || by_starter
}
