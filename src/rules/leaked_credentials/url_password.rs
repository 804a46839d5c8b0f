//! FH703: an address holds a password.

use super::judged;
use crate::facts::Facts;
use crate::facts::credentials::Kind;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};
use crate::text::escape::one_line;

pub(super) const RULE: Rule = Rule {
    id: "FH703",
    name: "url-with-password",
    threat: Threat::LeakedCredentials,
    severity: Severity::High,
    explanation: Explanation {
        what: "The address of a database, a broker, a mail server or a site with a password in it, such as \
               SQLALCHEMY_DATABASE_URI. A database of the same computer, a word that every list has, tests and \
               documentation are LOW; addresses put together from variables are no finding.",
        why: "Whoever can read the code and reach the server can read and change the data.",
        fix: "A person changes the password where it is kept, and the code reads the whole address from the \
              environment, such as os.environ[\"DATABASE_URL\"].",
        ignore: "A server that only a closed network reaches, with data that does not matter.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for credential in &judged::exposed(facts, |credential| matches!(credential.kind, Kind::Url(_))) {
        let Kind::Url(address) = &credential.0.kind else { continue };
        let message = format!("{} address holds a password.", judged::with_article(&one_line(&address.scheme)));
        let advice = "Change the password, and read the whole address from the environment.".to_owned();
        found.push(judged::finding(facts, &RULE, credential, message, advice));
    }
    found
}
