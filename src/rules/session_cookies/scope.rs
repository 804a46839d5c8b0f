//! FH205: the session cookie goes to more hosts than the app's own.

use super::flags;
use crate::facts::values::Value;
use crate::facts::{Facts, Setting, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

const DOMAIN: &str = "SESSION_COOKIE_DOMAIN";
const NAME: &str = "SESSION_COOKIE_NAME";
const PATH: &str = "SESSION_COOKIE_PATH";

pub(super) const RULE: Rule = Rule {
    id: "FH205",
    name: "session-cookie-scope-too-wide",
    threat: Threat::SessionCookies,
    severity: Severity::Low,
    explanation: Explanation {
        what: "SESSION_COOKIE_DOMAIN names a domain, so that every host below it gets the session cookie and may set \
               it; or the name begins with __Host- although a domain or a path forbids that.",
        why: "Any other site below the domain, also a forgotten or taken over one, can read the sessions of this app \
              or give a visitor one of its own making. Browsers drop __Host- cookies with a domain or another path: \
              then nobody stays signed in.",
        fix: "Leave SESSION_COOKIE_DOMAIN out: the cookie then belongs to this host alone. A name that begins with \
              __Host- makes browsers insist on it (with Secure, path / and no domain).",
        ignore: "Several hosts of one product that share a login on purpose.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in flags::projects(facts, "") {
        let wrong = facts.serving_targets(root).find_map(|target| Some((target, wrong(facts, target)?)));
        let Some((target, (setting, key, message))) = wrong else { continue };
        let mut finding = flags::finding(facts, &RULE, target, Some(setting), key, message);
        finding.severity = RULE.severity;
        found.push(finding.next_step(format!("Take {DOMAIN} out, unless several hosts share one login on purpose.")));
    }
    found
}

fn text<'f>(facts: &'f Facts, target: &Target, key: &str) -> Option<(&'f Setting, &'f str)> {
    let setting = facts.resolve(facts.effective(target, key).setting()?);
    match &setting.value.value {
        Value::Text { secret, .. } if !secret.is_empty() => Some((setting, secret.expose())),
        _ => None,
    }
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> Option<(&'f Setting, &'static str, String)> {
    let domain = text(facts, target, DOMAIN);
    let prefixed = text(facts, target, NAME).filter(|(_, name)| name.starts_with("__Host-"));
    if let Some((setting, _)) = prefixed {
        let path = text(facts, target, PATH).is_some_and(|(_, path)| path != "/");
        if domain.is_some() || path {
            let other = if path { PATH } else { DOMAIN };
            return Some((setting, NAME, format!("{NAME} begins with __Host-, which {other} forbids.")));
        }
    }
    let local =
        |domain: &str| domain.contains("localhost") || domain.contains("127.0.0.1") || domain.ends_with(".local");
    let (setting, domain) = domain?;
    (!local(domain)).then(|| (setting, DOMAIN, format!("{DOMAIN} sends the session cookie to every host below it.")))
}
