//! FH704: a password, token or key is written in code.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::{Format, Kind};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;

pub(super) const RULE: Rule = Rule {
    id: "FH704",
    name: "hardcoded-credential",
    threat: Threat::LeakedCredentials,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A literal that its name or its place makes a credential: MAIL_PASSWORD = \"...\", an argument of a \
               connection or a login, (\"user\", \"password\") given as auth, a header, a connection string, the \
               fallback of a read of the environment, the default of an option, a password that a request is compared \
               with, and the account of an administrator that the code makes by itself. HIGH where the value is hard \
               to guess; MEDIUM for an account; LOW where it stands in for one, is a word that every list has, or only \
               development uses it. In tests, examples and documentation plain words are taken for test values. \
               Accounts of people of a demonstration, names of fields, messages, paths, addresses and values that \
               repeat their own name are no findings. Comments and code of other languages count where the value is \
               hard to guess. Flask's signing keys have rules of their own (FH101 to FH103).",
        why: "Whoever can read the code can use the mail account, the database or the service, or sign in as the \
              administrator of every place where the app was started.",
        fix: "A person moves the value, as it is, into the environment or a .env that git ignores, and the code reads \
              it: os.environ.get(\"MAIL_PASSWORD\"). The first administrator's password is asked for, read from the \
              environment, or made at random and printed once. A value that was ever pushed has to be changed as well, since \
              history keeps it.",
        ignore: "A value that opens nothing.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let python = |kind: &Kind| matches!(kind, Kind::Assigned(assigned) if matches!(assigned.format, Format::Python | Format::Code));
    let mut found = Vec::new();
    for credential in &judged::exposed(facts, |credential| python(&credential.kind)) {
        let Kind::Assigned(assigned) = &credential.0.kind else { continue };
        let advice = match &assigned.variable {
            Some(variable) => {
                let variable = one_line(variable);
                format!("Set {variable} wherever the app runs, take the literal out, and change the value.")
            }
            None => judged::advice(assigned),
        };
        let message = judged::message(assigned).unwrap_or_else(|| {
            let (name, noun) = (one_line(&assigned.name), assigned.head.noun());
            match &assigned.variable {
                Some(variable) => {
                    let variable = one_line(variable);
                    format!("A {noun} is written in the code for the case that {variable} is not set.")
                }
                None => format!("{name} is written in the code."),
            }
        });
        found.push(judged::finding(facts, &RULE, credential, message, advice));
    }
    found
}
