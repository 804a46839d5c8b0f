//! FH102: a signing key is a literal in code.

use super::judged::{self, Literal, literals};
use super::wiring;
use crate::facts::Facts;
use crate::facts::settings::Form;
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH102",
    name: "hardcoded-secret-key",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "A key that signs (SECRET_KEY, JWT_SECRET_KEY, WTF_CSRF_SECRET_KEY) is written in the code: as a config \
               class attribute, a module setting, app.config[...], app.secret_key, from_mapping(...), a dictionary \
               handed to the factory, a name imported from another file, or an entry of a JSON, TOML, YAML or INI \
               file that the app reads.",
        why: "Anyone who can read the code can sign a session cookie that the server accepts, and so become any user. \
              Everything else that itsdangerous signs with this key (reset links, remember-me cookies) can be made too.",
        fix: "The literal is replaced by a read of the environment variable, a new 256-bit key goes into the chosen \
              store, and the store is kept out of git. Everyone signs in again once. A missing key leaves the setting \
              None; nothing raises at import.",
        ignore: "A demo that holds no data and no login.",
    },
    check,
    remedy: Some(wiring::remedies),
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for literal in literals(facts).iter().filter(|literal| literal.variable.is_none()) {
        // A value that history shows as well is FH101's: one problem, one finding.
        let leaked = facts.leaks.iter().any(|leak| *leak.secret == **literal.secret);
        if leaked || judged::only_development(facts, literal.setting) {
            continue;
        }
        found.push(finding(facts, literal));
    }
    found
}

fn finding(facts: &Facts, literal: &Literal<'_>) -> Finding {
    let setting = literal.setting;
    let place = match setting.form {
        Form::Data => setting.path().as_str(),
        _ => "the code",
    };
    let message = format!("{} is written in {place}.{}", literal.used_as, judged::weakness(literal.secret));
    let severity = judged::severity(facts, literal);
    let mut finding = Finding::new(RULE.id, RULE.threat, severity, setting.location.clone(), literal.symbol(), message);
    finding.how_we_know = judged::how_known(facts, literal);
    if severity == Severity::Low {
        finding = finding
            .next_step("Production gives it another value as far as the code shows; nothing has to change there.");
    }
    finding
}
