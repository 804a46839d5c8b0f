//! FH203: the session cookie goes along with requests that other sites start.

use super::flags;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, Target};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Choices, Remedy};
use crate::rules::{Explanation, Rule};

const KEY: &str = "SESSION_COOKIE_SAMESITE";
const OPTION: &str = "session_cookie_samesite";

pub(super) const RULE: Rule = Rule {
    id: "FH203",
    name: "session-cookie-without-samesite",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "SESSION_COOKIE_SAMESITE is not Lax or Strict on the way production starts. Flask's default is to send \
               no SameSite at all.",
        why: "Another site can then make a visitor's browser send a form to this one with the visitor's session: the \
              request is theirs, the intent is not.",
        fix: "SESSION_COOKIE_SAMESITE = \"Lax\", beside the other settings. Links from other sites still arrive \
              signed in; forms posted from other sites do not. Strict would break sign-in through other services.",
        ignore: "An app that is embedded in other sites or receives SAML posts needs None together with Secure.",
    },
    check,
    remedy: Some(remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    flags::findings(facts, &RULE, KEY, OPTION, &wrong)
}

fn wrong<'f>(facts: &'f Facts, target: &Target) -> flags::Wrong<'f> {
    let missing = "The session cookie has no SameSite, so forms on other sites can use it.";
    let setting = match facts.effective(target, KEY) {
        Effective::Absent => return Some((None, missing)),
        Effective::Set { setting, .. } => setting,
        // What is loaded is only known at run time, and nothing here that may be loaded sets it.
        Effective::Unknown(_) => return (!facts.sets_anywhere(&target.project, KEY)).then_some((None, missing)),
    };
    match &facts.resolve(setting).value.value {
        Value::None => Some((Some(setting), missing)),
        Value::Text { secret, .. } if secret.expose().eq_ignore_ascii_case("none") => {
            Some((Some(setting), "The session cookie is sent with requests that other sites start (SameSite=None)."))
        }
        _ => None,
    }
}

/// Flask before 1.0 has no such setting and ignores it without a word.
fn ignored_by_flask(facts: &Facts) -> bool {
    facts.dependencies.pinned("flask").is_some_and(|version| version.starts_with("0."))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let Some(target) = flags::target_of(facts, finding, &wrong) else { continue };
        let chosen_none = matches!(
            facts.effective(target, KEY).setting().map(|s| &facts.resolve(s).value.value),
            Some(Value::Text { .. })
        );
        let change = if chosen_none {
            Err("SameSite=None was chosen here; whether other sites must embed this one is for a person to say."
                .to_owned())
        } else if ignored_by_flask(facts) {
            Err("The pinned Flask ignores SESSION_COOKIE_SAMESITE; it needs Flask 1.0 or newer.".to_owned())
        } else {
            flags::set(facts, target, KEY, &|read| read.literal("Lax"))
        };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: "SameSite=Lax for the session cookie".to_owned(),
            reason: change
                .as_ref()
                .err()
                .cloned()
                .unwrap_or_else(|| "Forms on other sites no longer carry the session.".to_owned()),
            applicability: if change.is_ok() { Applicability::Automatic } else { Applicability::Manual },
            steps: if change.is_ok() {
                Vec::new()
            } else if ignored_by_flask(facts) {
                vec!["Move to Flask 1.0 or newer, then run flask-harden --apply again.".to_owned()]
            } else {
                vec![format!("Set {KEY} to \"Lax\" unless other sites embed this one.")]
            },
            changes: change.into_iter().collect(),
            needs: Vec::new(),
        });
    }
    remedies
}
