//! FH707: a token or a private key stands in git history.

use super::judged::{of_harm, with_article};
use crate::facts::Facts;
use crate::facts::credentials::{Credential, Kept};
use crate::facts::leaks::{Kind, Leak};
use crate::facts::patterns;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;
use crate::text::{Location, Place, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH707",
    name: "leaked-credential-in-history",
    threat: Threat::LeakedCredentials,
    severity: Severity::High,
    explanation: Explanation {
        what: "A token of a known provider, or a private key, in some commit of some branch, tag or stash, that no \
               file of the tree shows any more. It is LIVE where a file that git ignores, such as .env, still has it. \
               What is still in the tree is FH701's and FH702's; they say when it came in.",
        why: "Everyone with a clone has the value for good. Only its issuer can make it worthless.",
        fix: "A person revokes it where it was issued. Cleaning history is optional and comes last, since a revoked \
              token opens nothing.",
        ignore: "A token that is known to be revoked.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for leak in &facts.leaks {
        let Kind::Provider(name) = leak.kind else { continue };
        let same: Vec<&Credential> = facts.credentials.iter().filter(|c| *c.secret == *leak.secret).collect();
        if same.iter().all(|credential| credential.kept == Kept::Private) {
            found.push(finding(leak, name, same.first().copied()));
        }
    }
    found
}

fn finding(leak: &Leak, name: &'static str, used: Option<&Credential>) -> Finding {
    let provider = patterns::all().find(|provider| provider.name == name);
    let what = with_article(&leak.key);
    let advice = match provider {
        Some(provider) => format!("Revoke it at {}.", provider.revoke),
        None => "Make a new pair, and take the old public half away wherever it is trusted.".to_owned(),
    };
    if let Some(used) = used {
        let message = format!("{what} in {} is in git history.", one_line(used.path().as_str()));
        return Finding::new(RULE.id, RULE.threat, Severity::Live, used.location.clone(), name, message)
            .known_by(leak.seen())
            .next_step(format!("{advice} Put the new one in its place."));
    }
    let location = Location {
        place: Place::Commit(leak.commit.clone()),
        path: leak.path.clone(),
        span: Span::at(0),
        line: leak.line,
        column: 1,
    };
    let severity = if leak.doubt.is_some() {
        Severity::Low
    } else {
        provider.map_or(Severity::High, |provider| of_harm(provider.harm))
    };
    let message = format!("{what} is in git history; no file of the tree shows it now.");
    let mut finding = Finding::new(RULE.id, RULE.threat, severity, location, name, message)
        .known_by(leak.seen())
        .next_step(format!("{advice} If that was done already, nothing is left to do."));
    finding.key.commit = Some(leak.commit.clone());
    finding
}
