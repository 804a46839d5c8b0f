//! FH301: request input that becomes part of a template's text.

use super::sink;
use crate::facts::modules::Modules;
use crate::facts::routes::RouteParam;
use crate::facts::{Facts, routes};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::rules::flow::MarkKind;
use crate::rules::trace::{self, Goal, Hit};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH301",
    name: "user-input-in-template-text",
    threat: Threat::TemplateInjection,
    severity: Severity::High,
    explanation: Explanation {
        what: "Text from the request (arguments, form fields, JSON, cookies, headers, the URL, text parameters of a \
               route) becomes part of the text that Jinja or Mako reads as a template: by concatenation, `%`, \
               `.format()`, an f-string, `join`, a variable or a function of the project.",
        why: "Whoever sends the request writes template code. `{{ config }}` shows the configuration with \
              SECRET_KEY; longer expressions reach Python objects and run programs on the server. Escaping HTML does \
              not help, because template syntax needs no angle brackets.",
        fix: "Keep the template text constant and pass the value as a variable: \
              `render_template_string(\"Hello {{ name }}\", name=name)`, or better a template file and \
              `render_template`. Jinja then escapes the value and never reads it as code. Where people are meant to \
              write templates, compile them with `jinja2.sandbox.SandboxedEnvironment`. The tool does not rewrite \
              this: only you can say which part of the text is meant as template.",
        ignore: "When the value can only be one of a fixed set, and the check stands where the tool does not see it.",
    },
    check,
    remedy: None,
};

const GOAL: Goal = Goal {
    sink: sink::of_call,
    words: sink::WORDS,
    answer: None,
    cleans: |name| {
        trace::makes_numbers(name)
            || matches!(
                name,
                "open"
                    | "url_for"
                    | "secure_filename"
                    | "quote"
                    | "quote_plus"
                    | "urlencode"
                    | "b64encode"
                    | "urlsafe_b64encode"
            )
    },
    hands_on: |_, _| false,
    harmless: |_| false,
    guards: |_| false,
    param: RouteParam::is_text,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    trace::hits(&modules, &routes, &GOAL).iter().map(|hit| finding(facts, &modules, hit)).collect()
}

fn finding(facts: &Facts, modules: &Modules<'_>, hit: &Hit) -> Finding {
    let path = &modules.scopes[hit.scope].file.path;
    let source_path = &modules.scopes[hit.source.scope].file.path;
    let source_text = facts.files.get(source_path).map_or("", |file| hit.source.at.of(&file.text));
    let primary = facts.files.locate(path, hit.call);
    let (severity, confidence) = match (hit.source.kind, hit.in_literal) {
        (MarkKind::Stored | MarkKind::Caught, true) => (Severity::Medium, Confidence::Medium),
        (MarkKind::Stored | MarkKind::Caught, false) => (Severity::Low, Confidence::Low),
        _ => (Severity::High, Confidence::High),
    };
    let value = match hit.source.kind {
        MarkKind::UrlParam(index) => param_name(modules, hit, index),
        _ => shown(source_text),
    };
    let (what, label) = match hit.source.kind {
        MarkKind::Stored => (format!("stored text (`{value}`)"), "the stored text enters here"),
        MarkKind::Caught => (format!("the text of the exception `{value}`"), "the exception is caught here"),
        MarkKind::UrlParam(_) => (format!("the request's parameter `{value}`"), "this function receives it"),
        _ => (format!("`{value}`"), "the request's text enters here"),
    };
    let message = format!("{what} becomes part of the template text that `{}` reads", hit.sink);
    Finding::new(RULE.id, RULE.threat, severity, primary, format!("{}.{}", hit.function, hit.sink), message)
        .confidence(confidence)
        .related(facts.files.locate(source_path, hit.source.at), label)
        .next_step(next_step(hit, &value))
        .known_by(format!(
            "`{}` compiles its text as a template; the value was followed to it through the code",
            hit.sink
        ))
}

fn param_name(modules: &Modules<'_>, hit: &Hit, index: usize) -> String {
    let mut defs = modules.scopes[hit.source.scope].defs.iter();
    let def = defs.find(|def| def.function.name_span == hit.source.at);
    def.and_then(|def| def.function.params.get(index)).map_or_else(String::new, |param| param.name.clone())
}

fn next_step(hit: &Hit, value: &str) -> String {
    let function = &hit.function;
    let variable = variable_name(value);
    let how = if hit.takes_variables {
        format!("`{}(text, {variable}={value})`", hit.sink)
    } else {
        format!("`.render({variable}={value})`")
    };
    format!(
        "In `{function}`, write `{{{{ {variable} }}}}` in the template text where the value goes, keep that text \
         constant, and pass the value by name: {how}."
    )
}

/// One line of source text, short enough for a message.
fn shown(source: &str) -> String {
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 60 { line } else { line.chars().take(57).chain("...".chars()).collect() }
}

/// A name for the template variable: the key in quotes, otherwise the last part of a dotted name.
fn variable_name(source: &str) -> String {
    let quoted = source.split(['"', '\'']).nth(1).unwrap_or("");
    let dotted = source.trim_end_matches("()").rsplit('.').next().unwrap_or("");
    let is_name = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    [quoted, dotted].into_iter().find(is_name).unwrap_or("value").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }

    #[test]
    fn names_the_variable_after_the_key() {
        assert_eq!(variable_name("request.args.get('name', 'x')"), "name");
        assert_eq!(variable_name("request.url"), "url");
        assert_eq!(variable_name("request.form['a b']"), "value");
    }
}
