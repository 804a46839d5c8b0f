//! FH207: tokens travel in cookies without Secure, or without protection against forged requests.

use super::flags;
use crate::facts::{Effective, Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

const SECURE: &str = "JWT_COOKIE_SECURE";
const CSRF: &str = "JWT_COOKIE_CSRF_PROTECT";
const LOCATION: &str = "JWT_TOKEN_LOCATION";

pub(super) const RULE: Rule = Rule {
    id: "FH207",
    name: "token-cookie-unprotected",
    threat: Threat::SessionCookies,
    severity: Severity::High,
    explanation: Explanation {
        what: "Flask-JWT-Extended keeps tokens in cookies (JWT_TOKEN_LOCATION has \"cookies\"), and JWT_COOKIE_SECURE \
               is not true or JWT_COOKIE_CSRF_PROTECT is switched off where production starts.",
        why: "The token is the login. Without Secure it can be read from any plain http request; without CSRF \
              protection another site can make a visitor's browser act with it.",
        fix: "JWT_COOKIE_SECURE = True where production starts, and JWT_COOKIE_CSRF_PROTECT left at its default, \
              which is on.",
        ignore: "A site that is reachable over plain http only.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root) {
        let uses = facts
            .own_python()
            .any(|file| facts.same_project(&file.path, root) && facts.names[&file.path].mentions("flask_jwt_extended"));
        if !uses || !facts.makes_app(root) {
            continue;
        }
        for (key, wanted) in [(SECURE, None), (CSRF, Some(()))] {
            found.extend(finding(facts, root, key, wanted.is_some()));
        }
    }
    found
}

/// `default_on`: the library has the setting on by itself.
fn finding(facts: &Facts, root: &RepoPath, key: &str, default_on: bool) -> Option<Finding> {
    let (target, setting) =
        facts.serving_targets(root).filter(|target| in_cookies(facts, target)).find_map(|target| {
            match facts.effective(target, key) {
                Effective::Absent if !default_on => Some((target, facts.effective(target, LOCATION).setting())),
                Effective::Set { setting, .. } if facts.truth(target, setting) == Some(false) => {
                    Some((target, Some(setting)))
                }
                _ => None,
            }
        })?;
    let (message, step) = if default_on {
        ("Token cookies are accepted without protection against forged requests.", format!("Take {key} = False out."))
    } else {
        ("Token cookies are not limited to https.", format!("Set {key} = True where production starts."))
    };
    Some(flags::finding(facts, &RULE, target, setting, key, format!("{message} ({key})")).next_step(step))
}

/// Whether tokens are looked for in cookies on a target.
fn in_cookies(facts: &Facts, target: &Target) -> bool {
    let Some(setting) = facts.effective(target, LOCATION).setting() else { return false };
    let setting = facts.resolve(setting);
    facts.files.get(setting.path()).is_some_and(|source| {
        let text = setting.value.span.of(&source.text);
        text.contains("cookies")
    })
}
