//! FH208: forms are accepted from other sites.

use super::flags;
use crate::facts::{Facts, PyFile, Setting};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::walk_exprs;
use crate::rules::secret_key::judged;
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH208",
    name: "forms-without-csrf-protection",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "WTF_CSRF_ENABLED (or WTF_CSRF_CHECK_DEFAULT) is off where production starts; or pages have forms that \
               post, the app uses the session, and nothing checks a CSRF token.",
        why: "Another site can make a visitor's browser send such a form with the visitor's session: change the mail \
              address, buy, delete.",
        fix: "Switch the check on. Where there is none: CSRFProtect(app) of Flask-WTF and {{ csrf_token() }} in every \
              form. SESSION_COOKIE_SAMESITE = \"Lax\" stops most of it already.",
        ignore: "An API whose callers send a token in a header, not a cookie.",
    },
    check,
    remedy: None,
};

const SWITCHES: &[&str] = &["WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT"];

/// Packages and names that check a token.
const CHECKS: &[&str] =
    &["flask_wtf", "flask_seasurf", "flask_csrf", "flask_security", "flask_user", "flask_appbuilder"];

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        let off = SWITCHES.iter().find_map(|key| switched_off(facts, root, key)).filter(|_| !protects(facts, root));
        found.extend(off.or_else(|| absent(facts, root)));
    }
    found
}

fn switched_off(facts: &Facts, root: &RepoPath, key: &str) -> Option<Finding> {
    let (target, setting): (_, &Setting) = facts.serving_targets(root).find_map(|target| {
        let setting = facts.effective(target, key).setting()?;
        let elsewhere = judged::is_testing(facts, setting) || judged::only_development(facts, setting);
        (!elsewhere && facts.truth(target, setting) == Some(false)).then_some((target, setting))
    })?;
    let message = format!("{key} is off where production starts: forms are accepted from other sites.");
    let finding = flags::finding(facts, &RULE, target, Some(setting), key, message);
    Some(finding.next_step(format!("Take {key} = False out of what production selects.")))
}

/// Forms that post in an app with a session, and nothing that checks a token.
fn absent(facts: &Facts, root: &RepoPath) -> Option<Finding> {
    if !flags::has_session(facts, root) || checks(facts, root) {
        return None;
    }
    let (path, at) = facts.files.sources.values().find_map(|source| {
        let page = matches!(source.path.extension(), "html" | "htm" | "jinja" | "jinja2" | "j2");
        let own = page && facts.same_project(&source.path, root);
        let lower = own.then(|| source.text.to_ascii_lowercase())?;
        ["method=\"post\"", "method='post'", "method=post"]
            .iter()
            .find_map(|mark| lower.find(mark))
            .map(|at| (&source.path, at))
    })?;
    let location: Location = facts.files.locate(path, Span::at(at));
    let message = "Forms post without a CSRF token, and the app uses the session.";
    Some(
        Finding::new(RULE.id, RULE.threat, Severity::Low, location, "csrf", message)
            .confidence(Confidence::Medium)
            .next_step("Add CSRFProtect(app) of Flask-WTF, and {{ csrf_token() }} as a hidden field of every form."),
    )
}

/// Whether the app calls the check itself where it wants it: `csrf.protect()`.
fn protects(facts: &Facts, root: &RepoPath) -> bool {
    let may = |file: &&PyFile| file.has("protect");
    facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let mut found = false;
        walk_exprs(&file.module.body, &mut |expr| {
            let func = expr.as_call().and_then(|call| call.func.dotted()).unwrap_or_default();
            found |= func.to_ascii_lowercase().ends_with("csrf.protect");
        });
        found
    })
}

fn checks(facts: &Facts, root: &RepoPath) -> bool {
    let in_code = facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        let mut found = CHECKS.iter().any(|package| names.mentions(package));
        if found || !file.has_part_in_any_case("csrf") {
            return found;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            found |=
                expr.as_name().or_else(|| expr.as_str()).is_some_and(|name| name.to_ascii_lowercase().contains("csrf"));
        });
        found
    });
    in_code
        || facts.files.sources.values().any(|source| {
            source.path.extension() == "html"
                && facts.same_project(&source.path, root)
                && (source.text.contains("csrf_token") || source.text.contains("hidden_tag()"))
        })
}
