//! FH704: a password, token or key is written in Python.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Assigned, Format, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;

pub(super) const RULE: Rule = Rule {
    id: "FH704",
    name: "hardcoded-credential",
    threat: Threat::LeakedCredentials,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A literal that its name makes a credential: MAIL_PASSWORD = \"...\", an argument of a connection, the \
               fallback of a read of the environment, a password that a request is compared with. HIGH where the \
               value is hard to guess; LOW where it stands in for one, is a word that every list has, or only \
               development uses it. In tests, examples and documentation plain words are taken for test values. \
               Names of fields, messages, paths, addresses and values that repeat their own name are no findings. \
               Flask's signing keys have rules of their own (FH101 to FH103).",
        why: "Whoever can read the code can use the mail account, the database or the service.",
        fix: "A person moves the value, as it is, into the environment or a .env that git ignores, and the code reads \
              it: os.environ.get(\"MAIL_PASSWORD\"). A value that was ever pushed has to be changed as well, since \
              history keeps it.",
        ignore: "A value that opens nothing.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let python = |kind: &Kind| matches!(kind, Kind::Assigned(assigned) if assigned.format == Format::Python);
    let mut found = Vec::new();
    for credential in &judged::exposed(facts, |credential| python(&credential.kind)) {
        let Kind::Assigned(assigned) = &credential.0.kind else { continue };
        let advice = match &assigned.variable {
            Some(variable) => {
                let variable = one_line(variable);
                format!("Set {variable} wherever the app runs, take the literal out, and change the value.")
            }
            None => "Move the value into .env, read it with os.environ.get, and change it if it was pushed.".to_owned(),
        };
        found.push(judged::finding(facts, &RULE, credential, message(assigned), advice));
    }
    found
}

fn message(assigned: &Assigned) -> String {
    let (name, noun) = (one_line(&assigned.name), assigned.head.noun());
    match &assigned.variable {
        Some(variable) => {
            let variable = one_line(variable);
            format!("A {noun} is written in the code for the case that {variable} is not set.")
        }
        None if assigned.symbol.ends_with("()") => "A login has its password in the code.".to_owned(),
        None if assigned.symbol.ends_with("==") => format!("{name} is compared with a {noun} in the code."),
        None => format!("{name} is written in the code."),
    }
}
