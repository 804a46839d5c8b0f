//! FH706: a configuration file, a start file or a notebook sets a password, token or key.

use std::collections::{BTreeMap, BTreeSet};

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Credential, Format, How, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;
use crate::text::escape::one_line;

/// So many JSON files of one directory, and values of one name in a file, are each named.
const MOST_ALIKE: usize = 5;

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
    let all = judged::exposed(facts, |credential| config(&credential.kind));
    let crowd = Crowd::of(&all);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for credential in &all {
        let more = crowd.around(credential.0);
        if more.as_ref().is_some_and(|(place, _)| !told.insert(place.clone())) {
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
        found.push(match more {
            Some((_, says)) => finding.known_by(says),
            None => finding,
        });
    }
    found
}

/// Recorded requests, or people of a demonstration: many of one kind, which are one thing to look
/// at.
struct Crowd<'a> {
    /// The JSON files of a directory that hold credentials.
    beside: BTreeMap<RepoPath, BTreeSet<&'a RepoPath>>,
    /// How often a JSON file gives one name.
    named: BTreeMap<(&'a RepoPath, &'a str), usize>,
}

impl<'a> Crowd<'a> {
    fn of(all: &[(&'a Credential, String)]) -> Self {
        let mut crowd = Crowd { beside: BTreeMap::new(), named: BTreeMap::new() };
        for (credential, _) in all.iter().filter(|(credential, _)| is_data(credential)) {
            let path = credential.path();
            crowd.beside.entry(path.parent()).or_default().insert(path);
            *crowd.named.entry((path, credential.symbol())).or_default() += 1;
        }
        crowd
    }

    /// The place that one finding speaks for, and what it says of the others.
    fn around(&self, credential: &Credential) -> Option<(String, String)> {
        if !is_data(credential) {
            return None;
        }
        let path = credential.path();
        let files = self.beside.get(&path.parent()).map_or(0, BTreeSet::len);
        if files > MOST_ALIKE {
            return Some((path.parent().to_string(), format!("{} more JSON files beside it do the like", files - 1)));
        }
        let times = self.named.get(&(path, credential.symbol())).copied().unwrap_or(0);
        let says =
            || (format!("{path}:{}", credential.symbol()), format!("the file gives it {} times more", times - 1));
        (times > MOST_ALIKE).then(says)
    }
}

/// JSON that may be one of many: no notebook, and nothing that configures.
fn is_data(credential: &Credential) -> bool {
    let json = matches!(&credential.kind, Kind::Assigned(assigned) if assigned.format == Format::Json);
    json && credential.path().extension() == "json"
}
