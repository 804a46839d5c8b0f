//! FH705: an env file in git's index sets a password, token or key.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Format, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;

pub(super) const RULE: Rule = Rule {
    id: "FH705",
    name: "credential-in-tracked-env-file",
    threat: Threat::LeakedCredentials,
    severity: Severity::High,
    explanation: Explanation {
        what: "A line of an env file that git tracks and that sets a credential: DB_PASSWORD=..., API_KEY=... \
               Signing keys are FH104's. Env files that git ignores, or that are not in git, are where credentials \
               belong and are no finding; neither are stand-ins in .env.example.",
        why: "Everyone with a clone has the value, and so has everyone who gets one later.",
        fix: "A person changes the value where it is used. The file itself is untracked as FH104 says.",
        ignore: "A value that opens nothing, such as the password of a throw-away database.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let env = |kind: &Kind| matches!(kind, Kind::Assigned(assigned) if assigned.format == Format::Env);
    let mut found = Vec::new();
    for credential in &judged::exposed(facts, |credential| env(&credential.kind)) {
        let Kind::Assigned(assigned) = &credential.0.kind else { continue };
        let (path, name) = (one_line(credential.0.path().as_str()), one_line(&assigned.name));
        let message = format!("{path} is in git and sets {name}.");
        let advice = format!("Change the value where it is used, and take {path} out of git (FH104 says how).");
        found.push(judged::finding(facts, &RULE, credential, message, advice));
    }
    found
}
