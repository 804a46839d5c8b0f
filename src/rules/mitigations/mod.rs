//! The mitigations of the threat model: for each, whether it is there, missing, or not to be told
//! from this repository, and where. Judges findings and facts; what is missing has a rule that
//! found it, or a step of its own.

mod signs;

use super::judged_by;
use crate::facts::Facts;
use crate::finding::{Finding, Threat};
use crate::text::Location;

/// One mitigation.
pub struct Mitigation {
    /// Stable name.
    pub id: &'static str,
    pub threat: Threat,
    pub title: &'static str,
    /// Rules that find it missing.
    pub rules: &'static [&'static str],
    /// Only findings in files whose text holds this count.
    within: Option<&'static str>,
    sign: fn(&Facts) -> Sign,
    /// What to do where no finding says it.
    pub offer: &'static str,
}

/// What the facts say of a mitigation that no rule found missing.
pub enum Sign {
    There(Option<Location>, &'static str),
    Missing(Option<Location>, &'static str),
    /// It cannot be told, and why.
    Unclear(&'static str),
}

/// Whether a mitigation is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Missing,
    Unknown,
    Present,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            State::Missing => "missing",
            State::Unknown => "unknown",
            State::Present => "present",
        }
    }
}

/// A mitigation as it stands in a repository.
pub struct Standing {
    pub mitigation: &'static Mitigation,
    pub state: State,
    pub place: Option<Location>,
    /// Why, in a sentence.
    pub why: String,
    /// The rule that found it missing.
    pub rule: Option<&'static str>,
    /// What to do; nothing where it is there.
    pub now: Option<String>,
}

/// How every mitigation stands, in the order of the threats.
pub fn standing(facts: &Facts) -> Vec<Standing> {
    let findings = judged_by(facts, &ALL.iter().flat_map(|one| one.rules.iter().copied()).collect::<Vec<_>>());
    ALL.iter().map(|mitigation| stands(facts, mitigation, &findings)).collect()
}

fn stands(facts: &Facts, mitigation: &'static Mitigation, findings: &[Finding]) -> Standing {
    let counts = |finding: &&Finding| {
        let text = facts.files.get(&finding.primary.path).map_or("", |source| source.text.as_str());
        mitigation.rules.contains(&finding.key.rule) && mitigation.within.is_none_or(|mark| text.contains(mark))
    };
    let worst = findings.iter().filter(counts).max_by_key(|finding| finding.severity);
    if let Some(finding) = worst {
        let now = finding.next_step.clone().unwrap_or_else(|| "flask-harden --diff   shows the fix".to_owned());
        return Standing {
            mitigation,
            state: State::Missing,
            place: Some(finding.primary.clone()),
            why: finding.message.clone(),
            rule: Some(finding.key.rule),
            now: Some(now),
        };
    }
    let (state, place, why) = match (mitigation.sign)(facts) {
        Sign::There(place, why) => (State::Present, place, why),
        Sign::Missing(place, why) => (State::Missing, place, why),
        Sign::Unclear(why) => (State::Unknown, None, why),
    };
    let now = (state != State::Present).then(|| mitigation.offer.to_owned());
    Standing { mitigation, state, place, why: why.to_owned(), rule: None, now }
}

macro_rules! mitigation {
    ($threat:ident, $id:literal, $title:literal, [$($rule:literal),*], $sign:expr, $offer:literal) => {
        Mitigation {
            id: $id,
            threat: Threat::$threat,
            title: $title,
            rules: &[$($rule),*],
            within: None,
            sign: $sign,
            offer: $offer,
        }
    };
}

/// Every mitigation that the threat model names.
pub static ALL: &[Mitigation] = &[
    mitigation!(
        SecretKey,
        "no-hardcoded-key",
        "The key is not written in the code",
        ["FH102", "FH103", "FH109", "FH110", "FH111"],
        signs::key_from_outside,
        "Read SECRET_KEY from the environment; flask-harden --apply makes a key."
    ),
    mitigation!(
        SecretKey,
        "environment-not-exposed",
        "Environment and configuration are not shown",
        ["FH116", "FH117"],
        signs::key_from_environment,
        "Show single values by name, never os.environ or app.config as a whole."
    ),
    mitigation!(
        SecretKey,
        "secrets-manager",
        "Keys are kept in a secrets manager",
        [],
        signs::secrets_manager,
        "flask-harden --apply --store=vault   puts new keys into one (also aws, keyring)"
    ),
    mitigation!(
        SecretKey,
        "key-rotation",
        "The key can be changed while sessions go on",
        ["FH112", "FH119"],
        signs::rotation,
        "flask-harden rotate SECRET_KEY --grace 14   makes a new key and keeps the one before (Flask 3.1)"
    ),
    mitigation!(
        SecretKey,
        "access-control",
        "Only the app and its owner can read the keys",
        ["FH104", "FH114", "FH115"],
        signs::closed_files,
        "Keep keys in files of mode 0600, outside of images."
    ),
    mitigation!(
        SecretKey,
        "ignored-files",
        "Sensitive files are ignored by git",
        ["FH104", "FH105", "FH113"],
        signs::ignored,
        "Add the line .env to .gitignore."
    ),
    mitigation!(
        SessionCookies,
        "cookie-secure",
        "SESSION_COOKIE_SECURE is on",
        ["FH201"],
        signs::cookie_secure,
        "flask-harden --diff   shows where it goes"
    ),
    mitigation!(
        SessionCookies,
        "cookie-httponly",
        "SESSION_COOKIE_HTTPONLY is on",
        ["FH202", "FH211"],
        signs::cookie_httponly,
        "Leave SESSION_COOKIE_HTTPONLY at its default, which is on."
    ),
    mitigation!(
        SessionCookies,
        "cookie-samesite",
        "SESSION_COOKIE_SAMESITE is Lax or Strict",
        ["FH203"],
        signs::cookie_samesite,
        "Set SESSION_COOKIE_SAMESITE = \"Lax\"."
    ),
    mitigation!(
        SessionCookies,
        "session-expiry",
        "Sessions end, and are renewed",
        ["FH204"],
        signs::lifetime,
        "Set PERMANENT_SESSION_LIFETIME to what people need."
    ),
    mitigation!(
        SessionCookies,
        "server-side-sessions",
        "Sensitive sessions are kept on the server",
        ["FH210"],
        signs::server_side,
        "Flask-Session keeps sessions on the server: pip install Flask-Session, then Session(app)."
    ),
    mitigation!(
        TemplateInjection,
        "no-input-in-templates",
        "No template is made from what users send",
        ["FH301"],
        signs::renders_files,
        "Give users' input to templates as variables."
    ),
    mitigation!(
        TemplateInjection,
        "safe-on-trusted-data",
        "|safe and Markup are for trusted data only",
        ["FH303", "FH304"],
        signs::has_pages,
        "Take |safe away from what users can write."
    ),
    mitigation!(
        TemplateInjection,
        "inheritance",
        "Templates use inheritance and blocks",
        [],
        signs::inheritance,
        "One base.html with {% block %}, which pages {% extends %}: what protects stands once."
    ),
    mitigation!(
        TemplateInjection,
        "autoescape",
        "Autoescaping is on",
        ["FH302", "FH307"],
        signs::has_pages,
        "Leave autoescaping on; Flask has it on for .html."
    ),
    Mitigation {
        id: "escaped-by-hand",
        threat: Threat::TemplateInjection,
        title: "Where autoescaping is off, data is escaped by hand",
        rules: &["FH302", "FH303"],
        within: Some("autoescape false"),
        sign: signs::escaped_by_hand,
        offer: "Add |e to every value in an {% autoescape false %} block.",
    },
    mitigation!(
        DebugMode,
        "no-debug-in-production",
        "Debug mode is off in production",
        ["FH401", "FH403"],
        signs::debug_off,
        "Say how production starts: targets.prod.start in .flask-harden.toml."
    ),
    mitigation!(
        DebugMode,
        "debug-by-environment",
        "The environment decides on debug mode",
        ["FH401", "FH402"],
        signs::debug_by_environment,
        "Leave debug to FLASK_DEBUG, which is off where it is not set."
    ),
    mitigation!(
        DebugMode,
        "wsgi-server",
        "A production server runs the app",
        ["FH501", "FH503"],
        signs::wsgi_server,
        "flask-harden --apply writes gunicorn.conf.py; start with: gunicorn module:app"
    ),
    mitigation!(
        DevServer,
        "no-development-server",
        "app.run() and flask run are for development only",
        ["FH501", "FH503"],
        signs::wsgi_server,
        "Say how production starts: a Procfile, a Dockerfile or targets.prod.start."
    ),
    mitigation!(
        DevServer,
        "server-limits",
        "The server has workers and limits",
        ["FH502", "FH504", "FH506", "FH507", "FH508"],
        signs::server_limits,
        "flask-harden --apply writes gunicorn.conf.py with workers, timeouts and limits."
    ),
    mitigation!(
        RouteParams,
        "converters",
        "Route parameters have converters",
        ["FH602"],
        signs::converters,
        "Write <int:id> where the parameter is a number."
    ),
    mitigation!(
        RouteParams,
        "authorization-in-handlers",
        "Handlers check who may see the object",
        ["FH601"],
        signs::guarded,
        "Compare the object's owner with the person who asks, in the handler."
    ),
    mitigation!(
        RouteParams,
        "not-by-route-alone",
        "No object is protected by its route alone",
        ["FH601"],
        signs::guarded,
        "Check owner, role or permission wherever an object is looked up by its id."
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_exists_and_every_threat_has_rows() {
        for mitigation in ALL {
            for rule in mitigation.rules {
                assert!(crate::rules::find(rule).is_some(), "{}: {rule}", mitigation.id);
            }
        }
        for threat in &Threat::ALL[..6] {
            assert!(ALL.iter().any(|one| one.threat == *threat), "{threat:?}");
        }
    }
}
