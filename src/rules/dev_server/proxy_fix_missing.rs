//! FH512: a proxy is in front of the app, and the app does not know.

use crate::facts::{Facts, PyFile, Target};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{ExprKind, walk_exprs};
use crate::rules::{Explanation, Rule};
use crate::text::{RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH512",
    name: "proxy-not-known-to-the-app",
    threat: Threat::DevServer,
    severity: Severity::Low,
    explanation: Explanation {
        what: "Production runs behind a proxy (a platform's router, nginx or traefik in the same compose file), the \
               app asks for the visitor's address, and no ProxyFix tells it where to look.",
        why: "Every visitor has the proxy's address: a limit by address stops all of them together, and a block list \
              blocks nobody or everybody.",
        fix: "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1), with the exact number of proxies in front. \
              Trusting one too many lets clients choose their address, so the number is for a person to say.",
        ignore: "A proxy that passes connections on without changing the address.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        let Some((target, why)) = facts.production_targets(root).find_map(|t| Some((t, behind(facts, t)?))) else {
            continue;
        };
        if fixed(facts, root) {
            continue;
        }
        let may = |file: &&PyFile| file.has_any(&["remote_addr", "get_remote_address"]);
        let own = || facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root));
        let Some((file, span)) = own().find_map(|file| Some((file, asks(file)?))) else { continue };
        let message = "Behind the proxy every visitor has the same address here.".to_owned();
        found.push(
            Finding::new(
                RULE.id,
                RULE.threat,
                RULE.severity,
                facts.files.locate(&file.path, span),
                "remote_addr",
                message,
            )
            .confidence(Confidence::Medium)
            .known_by(format!("{}: {why}", target.name))
            .next_step("Wrap the app: app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)."),
        );
    }
    found
}

/// What shows that a proxy is in front of a target.
fn behind(facts: &Facts, target: &Target) -> Option<&'static str> {
    let launch = &facts.launches[target.launch?];
    if launch.bounds.proxied {
        return Some("a proxy in the same file takes its requests");
    }
    let platform = matches!(launch.kind, "heroku" | "render" | "railway" | "fly" | "app-yaml");
    platform.then_some("the platform's router takes its requests")
}

/// Whether the app, or something it uses, takes proxies into account.
fn fixed(facts: &Facts, root: &RepoPath) -> bool {
    facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let source = facts.files.get(&file.path).map_or("", |source| source.text.as_str());
        [
            "ProxyFix",
            "X-Forwarded-For",
            "HTTP_X_FORWARDED",
            "X-Real-IP",
            "CF-Connecting-IP",
            "access_route",
            "ReverseProxied",
        ]
        .iter()
        .any(|mark| source.contains(mark))
    })
}

/// Where the visitor's address is asked for.
fn asks(file: &PyFile) -> Option<Span> {
    let mut found = None;
    walk_exprs(&file.module.body, &mut |expr| {
        let hit = match &expr.kind {
            ExprKind::Attr { value, name } => {
                name == "remote_addr" && value.dotted().is_some_and(|base| base.ends_with("request"))
            }
            ExprKind::Name(name) => name == "get_remote_address",
            _ => false,
        };
        if hit && found.is_none() {
            found = Some(expr.span);
        }
    });
    found
}
