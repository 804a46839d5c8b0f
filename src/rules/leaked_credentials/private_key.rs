//! FH702: a private key stands in the tree.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::Kind;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;

pub(super) const RULE: Rule = Rule {
    id: "FH702",
    name: "private-key-in-tree",
    threat: Threat::LeakedCredentials,
    severity: Severity::High,
    explanation: Explanation {
        what: "A private key in PEM, OpenSSH, PGP or PuTTY form, as a file of its own or inside another text. Keys \
               of tests and examples, and keys that need a passphrase, are LOW.",
        why: "Whoever has it can be the server, the user or the service that the key stands for: read the traffic, \
              log in, sign.",
        fix: "A person makes a new pair, replaces the public half wherever it is trusted (authorized_keys, the \
              certificate, the service's console), and keeps the private half out of the repository. The old pair \
              stays known to everyone with a clone.",
        ignore: "A key that only tests trust.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for credential in &judged::exposed(facts, |credential| matches!(credential.kind, Kind::PrivateKey(_))) {
        let Kind::PrivateKey(key) = &credential.0.kind else { continue };
        // The key inside a Google service account is that finding's.
        let with_token = facts.credentials.iter().any(|other| {
            matches!(&other.kind, Kind::Token { provider, .. } if provider.name == "google-service-account")
                && other.path() == credential.0.path()
        });
        if with_token {
            continue;
        }
        let message = format!("{} holds {}.", one_line(credential.0.path().as_str()), key.title());
        let advice = "Make a new pair, replace the public half where it is trusted, keep the private half out of git.";
        let finding = judged::finding(facts, &RULE, credential, message, advice.to_owned());
        found.push(if key.encrypted { finding.known_by("it needs a passphrase") } else { finding });
    }
    found
}
