//! FH308: the request says which template is rendered.

use crate::facts::modules::Modules;
use crate::facts::{Facts, routes};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, ExprKind};
use crate::rules::flow::MarkKind;
use crate::rules::trace::{self, Goal, Hit, Sink};
use crate::rules::{Explanation, Rule};
use crate::text::Span;

pub(super) const RULE: Rule = Rule {
    id: "FH308",
    name: "template-chosen-by-visitor",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "The name of the template that `render_template` loads comes from the request (arguments, form fields, \
               cookies, headers, JSON).",
        why: "Whoever sends the request can open every template of the app, those for administrators and mails \
              included, with values they were not made for; where uploads land in a template folder, they run their \
              own template code.",
        fix: "Choose from a fixed set: `PAGES = {\"help\": \"help.html\"}` and \
              `render_template(PAGES.get(name, \"help.html\"))`.",
        ignore: "When every template may be seen by everybody and nothing can be uploaded into a template folder.",
    },
    check,
    remedy: None,
};

const GOAL: Goal = Goal {
    sink,
    words: &["render_template", "stream_template", "get_template", "select_template"],
    answer: None,
    cleans: |name| trace::makes_numbers(name) || matches!(name, "secure_filename" | "url_for" | "open"),
    hands_on: |_, last| matches!(last, "join"),
    harmless: |_| false,
    guards: |_| false,
    // One part of a path that the app itself names is the usual way to serve static pages.
    param: |param| param.converter.as_deref() == Some("path"),
};

fn sink(_: &Modules<'_>, _: usize, call: &Call) -> Option<Sink> {
    let (ExprKind::Name(name) | ExprKind::Attr { name, .. }) = &call.func.kind else { return None };
    if !matches!(name.as_str(), "render_template" | "stream_template" | "get_template" | "select_template") {
        return None;
    }
    let first = call.args.first().filter(|arg| arg.stars == 0)?;
    let is_name = first.name.is_none() || first.name.as_deref() == Some("template_name_or_list");
    is_name.then(|| Sink { arg: 0, name: name.clone(), takes_variables: false })
}

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    let hits = trace::hits(&modules, &routes, &GOAL);
    let by_request = hits.iter().filter(|hit| matches!(hit.source.kind, MarkKind::User | MarkKind::UrlParam(_)));
    let here = |hit: &&Hit| {
        // Through several functions too much happens to a name to say that the request chose it.
        let mut defs = modules.scopes[hit.scope].defs.iter();
        let contains = |span: Span, at: Span| span.contains(at);
        hit.scope == hit.source.scope
            && defs.any(|def| contains(def.function.span, hit.call) && contains(def.function.span, hit.source.at))
    };
    by_request.filter(here).map(|hit| finding(facts, &modules, hit)).collect()
}

fn finding(facts: &Facts, modules: &Modules<'_>, hit: &Hit) -> Finding {
    let path = &modules.scopes[hit.scope].file.path;
    let source_path = &modules.scopes[hit.source.scope].file.path;
    // A fixed folder or suffix in the name narrows the choice.
    let severity = if hit.in_literal { Severity::Low } else { RULE.severity };
    let message = format!("the request says which template `{}` loads in `{}`", hit.sink, hit.function);
    Finding::new(
        RULE.id,
        RULE.threat,
        severity,
        facts.files.locate(path, hit.call),
        format!("{}.{}", hit.function, hit.sink),
        message,
    )
    .confidence(Confidence::Medium)
    .related(facts.files.locate(source_path, hit.source.at), "the name comes from here")
    .next_step(format!(
        "In `{}`, look the name up in a dict of the templates that may be shown, and answer 404 for any other.",
        hit.function
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
