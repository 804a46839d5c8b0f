//! FH701: a token of a known provider stands in the tree.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Credential, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH701",
    name: "provider-token",
    threat: Threat::LeakedCredentials,
    severity: Severity::High,
    explanation: Explanation {
        what: "A token that tells by its form, or by the name it is given, which service issued it. Checksums and \
               structure are checked where a token has them. A token in tests, documentation or examples, one that \
               is made up, and one that only opens a sandbox is LOW, with the reason; but one with a right checksum \
               is as bad there as anywhere.",
        why: "Whoever has the repository, a fork or an image of it can use the service as its owner: read mail, \
              publish packages, push code, spend money. Public repositories are searched for such tokens within \
              minutes of a push.",
        fix: "A person revokes the token where it was issued; the finding names the page. Only then is the leak over: \
              taking the line away leaves the token in history. The new one goes into the environment or a .env that \
              git ignores, and the code reads it with os.environ.",
        ignore: "A token that was never valid, or that is meant to be public.",
    },
    check,
    remedy: None,
};

/// Lines within which the id and the secret of one key stand together.
const PAIR_LINES: usize = 12;

fn check(facts: &Facts) -> Vec<Finding> {
    let tokens = judged::exposed(facts, |credential| matches!(credential.kind, Kind::Token { .. }));
    let mut found = Vec::new();
    for token in &tokens {
        let Kind::Token { provider, .. } = &token.0.kind else { continue };
        let message = format!("{} stands here.", judged::with_article(provider.title));
        let advice = format!("Revoke it at {}, then read the new one from the environment.", provider.revoke);
        let finding = judged::finding(facts, &RULE, token, message, advice);
        found.push(if provider.name == "aws-access-key-id" { pair(finding, token.0, &tokens) } else { finding });
    }
    found
}

/// An id alone signs nothing; beside its secret it opens the account.
fn pair(finding: Finding, id: &Credential, tokens: &[(&Credential, String)]) -> Finding {
    let secret = tokens.iter().find(|(other, _)| {
        matches!(&other.kind, Kind::Token { provider, .. } if provider.name == "aws-secret-access-key")
            && other.path() == id.path()
            && other.location.line.abs_diff(id.location.line) <= PAIR_LINES
    });
    match secret {
        Some((secret, _)) if id.doubts.is_empty() => {
            Finding { severity: Severity::High, ..finding }.related(secret.location.clone(), "its secret")
        }
        Some(_) => finding,
        None => finding.known_by("its secret is not beside it; the id alone signs nothing"),
    }
}
