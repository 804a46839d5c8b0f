//! How far a credential matters, and what its finding says: shared by the rules of this threat so
//! that they grade alike.

use crate::facts::credentials::{Assigned, Credential, Doubt, Head, How, Kept, Kind, numbered};
use crate::facts::patterns::Harm;
use crate::facts::values::Value;
use crate::facts::{Facts, FileRole};
use crate::finding::{Confidence, Finding, Severity};
use crate::rules::secret_key::judged::is_sibling_key;
use crate::rules::secret_key::signing_call::values as signing_values;
use crate::rules::{Rule, SIGNING_KEYS};
use crate::text::escape::one_line;

/// The credentials that others can read and that `of` wants, with their symbols.
pub(super) fn exposed(facts: &Facts, of: impl Fn(&Credential) -> bool) -> Vec<(&Credential, String)> {
    let keys = signing_values(facts);
    let of_other_rules = |c: &Credential| is_signing_key(facts, c) || keys.iter().any(|key| **key == *c.secret);
    let exposed = facts.credentials.iter().filter(|c| c.kept != Kept::Private && of(c) && !of_other_rules(c));
    numbered(exposed)
}

/// Whether the rules of threat 1 speak of this value.
fn is_signing_key(facts: &Facts, credential: &Credential) -> bool {
    let Kind::Assigned(assigned) = &credential.kind else { return false };
    let signs = |key: &str| SIGNING_KEYS.contains(&key) || is_sibling_key(key).is_some();
    let same = |value: &Value| matches!(value, Value::Text { secret, .. } if **secret == *credential.secret);
    signs(&assigned.name)
        || facts.settings.iter().any(|setting| {
            signs(&setting.key) && facts.resolve(setting).value.literal().is_some_and(|literal| same(&literal.value))
        })
}

/// How bad it is.
fn severity(credential: &Credential) -> Severity {
    match &credential.kind {
        // Somebody issued it, wherever it stands.
        Kind::Token { provider, proven: true } => of_harm(provider.harm),
        _ if !credential.doubts.is_empty() => Severity::Low,
        Kind::Token { provider, .. } => of_harm(provider.harm),
        Kind::PrivateKey(key) if key.encrypted => Severity::Low,
        Kind::PrivateKey(_) | Kind::Url(_) => Severity::High,
        Kind::Assigned(assigned) if assigned.random && assigned.variable.is_none() => Severity::High,
        Kind::Assigned(_) => Severity::Medium,
    }
}

pub(super) const fn of_harm(harm: Harm) -> Severity {
    match harm {
        Harm::Great => Severity::High,
        Harm::Some => Severity::Medium,
        Harm::Little => Severity::Low,
    }
}

/// A finding with what every rule here says; `advice` is for a credential that is in use.
pub(super) fn finding(
    facts: &Facts,
    rule: &Rule,
    (credential, symbol): &(&Credential, String),
    message: String,
    advice: String,
) -> Finding {
    let severity = severity(credential);
    let location = credential.location.clone();
    let mut finding = Finding::new(rule.id, rule.threat, severity, location, symbol.clone(), message);
    finding.confidence = confidence(credential);
    finding.how_we_know.extend(credential.doubts.iter().take(3).map(|doubt| format!("in doubt: {}", doubt.says())));
    if let Kind::Token { proven: true, .. } = &credential.kind {
        finding = finding.known_by("its checksum is right: it was issued");
    }
    if credential.kept == Kept::Loose && facts.git {
        finding = finding.known_by("git neither tracks nor ignores this file");
    }
    finding.how_we_know.extend(
        facts.leaks.iter().find(|leak| *leak.secret == *credential.secret).map(crate::facts::leaks::Leak::seen),
    );
    finding.aside = aside(credential).filter(|_| severity == Severity::Low).map(str::to_owned);
    let made_up = credential.doubts.iter().any(|doubt| matches!(doubt, Doubt::Placeholder | Doubt::MadeUp(_)));
    finding.next_step(match severity {
        Severity::Low if made_up => "Nothing has to be done where it never worked.".to_owned(),
        Severity::Low if !credential.doubts.is_empty() => {
            format!("Nothing has to be done unless it opens something that matters. Else: {advice}")
        }
        _ => advice,
    })
}

/// What is said of a credential that is handed over in another way than by a name.
pub(super) fn message(assigned: &Assigned) -> Option<String> {
    let name = one_line(&assigned.name);
    let noun = assigned.head.noun();
    Some(match assigned.how {
        How::Named => return None,
        How::Login => "A login has its password in the code.".to_owned(),
        How::Account => "An administrator's account is made with a password that stands here.".to_owned(),
        How::Compared => format!("{name} is compared with a {noun} in the code."),
        How::Command => format!("A command is given a password ({name})."),
        How::Statement => "A statement of SQL makes a user with a password that stands here.".to_owned(),
        How::Header if assigned.head == Head::Password => "A header holds a user and a password.".to_owned(),
        How::Header => "An Authorization header holds a token.".to_owned(),
        How::Query => "An address holds a key.".to_owned(),
        How::Connection => "A connection string holds a password.".to_owned(),
        How::Comment => format!("A comment gives {name}."),
    })
}

/// What is to be done where no variable is read.
pub(super) fn advice(assigned: &Assigned) -> String {
    match assigned.how {
        How::Account => "Change the account's password where the app runs, and let the code ask for the first one or \
                         read it from the environment."
            .to_owned(),
        How::Comment => "Take the comment out, and change the value if it ever opened something.".to_owned(),
        _ => "Move the value into .env, read it with os.environ.get, and change it if it was pushed.".to_owned(),
    }
}

/// Why it is listed and does not count: beside the app, what is made up or typed for a test is
/// what it has to be.
fn aside(credential: &Credential) -> Option<&'static str> {
    let has =
        |doubts: &[Doubt]| credential.doubts.iter().find(|doubt| doubts.contains(doubt)).map(|doubt| doubt.says());
    let made_up = credential.doubts.iter().find(|doubt| matches!(doubt, Doubt::MadeUp(_) | Doubt::Placeholder));
    match (credential.role, &credential.kind) {
        (FileRole::Test | FileRole::Docs | FileRole::Example | FileRole::Ci | FileRole::Migration, _)
            if made_up.is_some() =>
        {
            made_up.map(|doubt| doubt.says())
        }
        (FileRole::Test, Kind::Assigned(_)) => Some(Doubt::Tests.says()),
        (FileRole::Test | FileRole::Docs, Kind::Token { provider, .. }) if provider.harm == Harm::Little => {
            has(&[Doubt::Tests, Doubt::Docs])
        }
        (FileRole::Ci, Kind::Url(_) | Kind::Assigned(_)) => {
            has(&[Doubt::WellKnown, Doubt::Local]).and(Some(Doubt::Ci.says()))
        }
        _ => None,
    }
}

fn confidence(credential: &Credential) -> Confidence {
    match &credential.kind {
        Kind::Token { proven: true, .. } => Confidence::High,
        _ if !credential.doubts.is_empty() => Confidence::Low,
        Kind::Assigned(assigned) if !assigned.random => Confidence::Medium,
        _ => Confidence::High,
    }
}

/// `A Stripe secret key`, `An AWS access key id`.
pub(super) fn with_article(title: &str) -> String {
    let spoken = ["npm", "NVIDIA", "xAI", "ngrok"].iter().any(|name| title.starts_with(name));
    let vowel = title.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) || spoken;
    format!("{} {title}", if vowel { "An" } else { "A" })
}
