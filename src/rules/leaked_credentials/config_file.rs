//! FH706: a configuration file, a start file or a notebook sets a password, token or key.

use std::collections::{BTreeMap, BTreeSet};

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Credential, Format, How, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;
use crate::text::escape::one_line;

/// So many JSON files of one directory are each named.
const MOST_BESIDE: usize = 5;

pub(super) const RULE: Rule = Rule {
    id: "FH706",
    name: "credential-in-config-file",
    threat: Threat::LeakedCredentials,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A value that its name or its place makes a credential in YAML, JSON, TOML, INI, XML, Terraform, a \
               compose file, a Dockerfile, a shell script, SQL or a notebook: also the password in a command (mysql \
               -p..., curl -u, sshpass, chpasswd), in IDENTIFIED BY, in a connection string, and the administrator \
               that a dump makes. Graded as FH704: HIGH where the value is hard to guess, LOW where it \
               stands in for one or is a word that every list has. Values that are filled in later (${NAME}, {{ }}), \
               translations and descriptions of interfaces are no findings.",
        why: "Whoever can read the repository, or the image built from it, can use the service. ENV and ARG of a \
              Dockerfile stay in the image even if a later layer unsets them.",
        fix: "A person changes the value and has the file read it: ${NAME} or env_file in compose, a secret mount in a \
              build, secretKeyRef in Kubernetes, the environment elsewhere.",
        ignore: "A service that only the same compose file reaches, with data that does not matter.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let config = |kind: &Kind| matches!(kind, Kind::Assigned(assigned) if matches!(assigned.format, Format::Config | Format::Json));
    let mut found = Vec::new();
    let all = judged::exposed(facts, |credential| config(&credential.kind));
    let mut beside: BTreeMap<RepoPath, BTreeSet<&RepoPath>> = BTreeMap::new();
    for (credential, _) in all.iter().filter(|(credential, _)| is_data(credential)) {
        beside.entry(credential.path().parent()).or_default().insert(credential.path());
    }
    for credential in &all {
        // A directory of recorded requests or of people is one thing to look at.
        let files = beside.get(&credential.0.path().parent()).filter(|files| files.len() > MOST_BESIDE);
        let files = files.filter(|_| is_data(credential.0));
        if files.is_some_and(|files| files.first() != Some(&credential.0.path())) {
            continue;
        }
        let Kind::Assigned(assigned) = &credential.0.kind else { continue };
        let message = judged::message(assigned).unwrap_or_else(|| {
            format!("{} sets {}.", one_line(credential.0.path().as_str()), one_line(&assigned.name))
        });
        let advice = match assigned.how {
            How::Account => judged::advice(assigned),
            _ => "Change the value, and have the file read it from the environment.".to_owned(),
        };
        let finding = judged::finding(facts, &RULE, credential, message, advice);
        found.push(match files {
            Some(files) => finding.known_by(format!("{} more JSON files beside it do the like", files.len() - 1)),
            None => finding,
        });
    }
    found
}

/// JSON that may be one of many: no notebook, and nothing that configures.
fn is_data(credential: &Credential) -> bool {
    let json = matches!(&credential.kind, Kind::Assigned(assigned) if assigned.format == Format::Json);
    json && credential.path().extension() == "json"
}
