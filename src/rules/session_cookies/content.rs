//! FH210: something is kept in the session that its owner, or whoever has the cookie, can read.

use crate::facts::{Facts, PyFile};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Expr, ExprKind, StmtKind, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::RepoPath;

pub(super) const RULE: Rule = Rule {
    id: "FH210",
    name: "sensitive-content-in-session-cookie",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "session[...] gets a password, a card number, a key or a token of another service, and the app has no \
               server-side sessions.",
        why: "Flask's session cookie is signed, not encrypted: its content can be read by everyone who gets hold of \
              the cookie, and it stays in browsers and logs.",
        fix: "Keep such values on the server. Flask-Session does so with one line (Session(app)) and a store such as \
              Redis or the database; the cookie then holds an id alone.",
        ignore: "A value that is worth nothing to anyone else.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        if on_the_server(facts, root) {
            continue;
        }
        let may = |file: &&PyFile| file.has("flask") && file.has("session");
        for file in facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root)) {
            let names = &facts.names[&file.path];
            walk_stmts(&file.module.body, &mut |stmt| {
                let StmtKind::Assign { targets, value } = &stmt.kind else { return };
                for target in targets {
                    let ExprKind::Subscript { value: base, index } = &target.kind else { continue };
                    let Some(key) = index.first().and_then(Expr::as_str) else { continue };
                    let kept = names.resolve(base).as_deref() == Some("flask.session");
                    let Some(severity) = sensitive(key).filter(|_| kept && !is_flag(value)) else { continue };
                    let location = facts.files.locate(&file.path, target.span);
                    let message = format!("session[{key}] is readable in the cookie; there is no Flask-Session.");
                    let finding = Finding::new(RULE.id, RULE.threat, severity, location, key, message);
                    if !found.iter().any(|known| known.key == finding.key) {
                        found.push(finding.next_step(
                            "Keep it on the server: Flask-Session with a store of your own, or the database.",
                        ));
                    }
                }
            });
        }
    }
    found
}

/// Whether sessions are kept on the server.
pub(in crate::rules) fn on_the_server(facts: &Facts, root: &RepoPath) -> bool {
    facts.own_python().filter(|file| facts.same_project(&file.path, root)).any(|file| {
        let names = &facts.names[&file.path];
        let mut own = ["flask_session", "flask_kvsession", "flask_session_captcha.session"]
            .iter()
            .any(|package| names.mentions(package));
        if own || !file.has("session_interface") {
            return own;
        }
        walk_stmts(&file.module.body, &mut |stmt| {
            if let StmtKind::Assign { targets, .. } = &stmt.kind {
                own |= targets
                    .iter()
                    .any(|target| matches!(&target.kind, ExprKind::Attr { name, .. } if name == "session_interface"));
            }
        });
        own
    })
}

/// `True`, `None`, an empty text: nothing is kept.
fn is_flag(value: &Expr) -> bool {
    value.as_bool().is_some() || value.as_str() == Some("")
}

/// How bad it is to show a value of this name.
fn sensitive(key: &str) -> Option<Severity> {
    let key = key.to_ascii_lowercase();
    if ["csrf", "xsrf", "state", "nonce", "flash", "reset_requested"].iter().any(|part| key.contains(part)) {
        return None;
    }
    let grave =
        ["password", "passwd", "card_number", "cardnumber", "credit_card", "cvv", "ssn", "private_key", "secret"];
    let tokens = ["access_token", "refresh_token", "api_key", "apikey", "oauth_token", "reset_token", "id_token"];
    if grave.iter().any(|part| key.ends_with(part)) || key == "pwd" {
        return Some(Severity::Medium);
    }
    (tokens.iter().any(|part| key.ends_with(part)) || key == "token" || key.ends_with("_token"))
        .then_some(Severity::Low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_values_that_must_not_be_shown() {
        assert_eq!(sensitive("password"), Some(Severity::Medium));
        assert_eq!(sensitive("google_access_token"), Some(Severity::Low));
        for key in ["csrf_token", "oauth_state", "user_id", "cart", "_flashes"] {
            assert_eq!(sensitive(key), None, "{key}");
        }
    }
}
