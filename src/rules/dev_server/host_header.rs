//! FH510: links that are sent to people take their host from the request.

use crate::facts::settings::Holder;
use crate::facts::values::Value;
use crate::facts::{Effective, Facts, PyFile};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{ExprKind, Function, Stmt, StmtKind, walk_exprs};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH510",
    name: "links-trust-the-host-header",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A function that sends mail or makes tokens builds a link with url_for(…, _external=True) or \
               request.host_url, and neither TRUSTED_HOSTS nor SERVER_NAME says which hosts are the app's own.",
        why: "The host comes from the request, so whoever asks for a password reset in somebody's name chooses where \
              the link in the mail leads, and receives the token when it is followed.",
        fix: "Set TRUSTED_HOSTS (Flask 3.1) or SERVER_NAME in the production configuration, or let the proxy answer \
              for its own names only. Health checks by address then need the host name, too.",
        ignore: "A proxy outside of this repository that answers for its own names only.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for root in facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root)) {
        if knows_hosts(facts, root) {
            continue;
        }
        let mut places = Vec::new();
        let may = |file: &&PyFile| file.has_any(&["_external", "host_url", "url_root"]);
        for file in facts.own_python().filter(may).filter(|file| facts.same_project(&file.path, root)) {
            places.extend(links(facts, file).into_iter().map(|span| facts.files.locate(&file.path, span)));
        }
        places.extend(mail_templates(facts, root));
        let mut places = places.into_iter();
        let Some(first) = places.next() else { continue };
        let message = "A mailed link takes its host from the request; neither TRUSTED_HOSTS nor SERVER_NAME is set.";
        let doubts = facts.serving_targets(root).any(|target| !facts.doubts(target).is_empty());
        let severity = if doubts { Severity::Low } else { RULE.severity };
        let finding = Finding::new(RULE.id, RULE.threat, severity, first, "host", message)
            .confidence(Confidence::Medium)
            .next_step("Set TRUSTED_HOSTS (Flask 3.1 or newer) or SERVER_NAME where production starts.");
        found.push(places.fold(finding, |finding, place| finding.related(place, "here, too")));
    }
    found
}

/// Whether some target, or a proxy here, says which hosts the app answers for.
fn knows_hosts(facts: &Facts, root: &RepoPath) -> bool {
    let mut targets = facts.serving_targets(root);
    let set = targets.any(|target| {
        ["TRUSTED_HOSTS", "SERVER_NAME"].iter().any(|key| match facts.effective(target, key) {
            Effective::Set { setting, .. } => {
                // Read from a variable that nothing sets: as good as not there.
                let setting = facts.resolve(setting);
                !matches!(setting.value.value, Value::None) && facts.truth_of(target, &setting.value) != Some(false)
            }
            Effective::Unknown(_) => facts.sets_anywhere(root, key),
            Effective::Absent => false,
        })
    });
    // The app's own configuration for production says so, whether or not it is selected yet.
    let for_production = facts.settings.iter().any(|setting| {
        let class = matches!(&setting.holder, Holder::Class(name) if name.to_ascii_lowercase().contains("prod"));
        let required = setting.value.env().is_some_and(|read| read.required);
        class
            && matches!(setting.key.as_str(), "TRUSTED_HOSTS" | "SERVER_NAME")
            && (required || setting.value.truth_unset() != Some(false))
            && facts.is_own(setting.path())
            && facts.same_project(setting.path(), root)
    });
    set || for_production
        || facts.files.sources.values().any(|source| {
            source.path.extension() == "conf"
                && source.text.contains("_pass")
                && source.text.lines().any(|line| {
                    let named = line.trim().strip_prefix("server_name ").map(str::trim);
                    named.is_some_and(|names| !names.starts_with(['_', '$', '"']) && !names.contains("localhost"))
                })
        })
}

/// External links in templates of mails.
fn mail_templates(facts: &Facts, root: &RepoPath) -> Vec<Location> {
    let mut found = Vec::new();
    for source in facts.files.sources.values() {
        let template = matches!(source.path.extension(), "html" | "htm" | "jinja" | "jinja2" | "j2" | "txt");
        let of_mail = source.path.components().any(|part| part.to_ascii_lowercase().contains("mail"));
        if !template || !of_mail || !facts.same_project(&source.path, root) {
            continue;
        }
        for (at, mark) in source.text.match_indices("_external=True") {
            let line = source.line_span(at);
            if line.of(&source.text).contains("url_for(") {
                found.push(Location::in_file(source, Span::new(at, at + mark.len())));
            }
        }
    }
    found
}

/// Functions that are longer do too much for what they say to be about one mail.
const LONG: usize = 4000;

/// External links in functions that send them.
fn links(facts: &Facts, file: &PyFile) -> Vec<Span> {
    let names = &facts.names[&file.path];
    let Some(source) = facts.files.get(&file.path) else { return Vec::new() };
    let mut functions = Vec::new();
    collect(&file.module.body, &mut functions);
    let mut found = Vec::new();
    for function in functions {
        let text = function.span.of(&source.text).to_ascii_lowercase();
        let sends = ["send_mail", "send_email", "sendmail", "send_message", "message(", "mail.", "mailer", "email("]
            .iter()
            .any(|mark| text.contains(mark));
        if !sends || text.len() > LONG {
            continue;
        }
        walk_exprs(&function.body, &mut |expr| match &expr.kind {
            ExprKind::Call(call) => {
                let external = call.keyword("_external").is_some_and(|arg| arg.value.as_bool() == Some(true));
                if external && names.resolve(&call.func).is_some_and(|name| name.ends_with("url_for")) {
                    found.push(expr.span);
                }
            }
            ExprKind::Attr { value, name } => {
                let request = value.as_name() == Some("request");
                if request && matches!(name.as_str(), "host_url" | "url_root") {
                    found.push(expr.span);
                }
            }
            _ => {}
        });
    }
    found
}

fn collect<'f>(body: &'f [Stmt], found: &mut Vec<&'f Function>) {
    for stmt in body {
        match &stmt.kind {
            // The links of an inner function are its own.
            StmtKind::Function(function) => found.push(function),
            _ => stmt.blocks().into_iter().for_each(|block| collect(block, found)),
        }
    }
}
