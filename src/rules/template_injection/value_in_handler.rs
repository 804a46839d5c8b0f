//! FH309: a value printed into the text of a script in an event handler: `onclick="show('{{ name }}')"`.

use std::sync::LazyLock;

use regex::Regex;

use super::context::Contexts;
use super::unquoted_attribute;
use super::value::Project;
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::jinja::{self, Tag, TagKind};
use crate::rules::{Explanation, Rule};
use crate::text::SourceFile;

pub(super) const RULE: Rule = Rule {
    id: "FH309",
    name: "value-in-event-handler",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A template prints what people write between quotes of a script that stands in an attribute: \
               `onclick=\"show('{{ name }}')\"`.",
        why: "Jinja escapes a quote as `&#39;`, and the browser turns it back before it runs the attribute as a script. \
              A name with `');` in it so runs a script of whoever wrote it (cross-site scripting), although it was \
              escaped.",
        fix: "Give the value as data and read it in the script: `data-name=\"{{ name }}\"` and \
              `onclick=\"show(this.dataset.name)\"`. Or print it as JSON, without quotes of your own and in single quotes \
              of the attribute: `onclick='show({{ name|tojson }})'`.",
        ignore: "When the value can only be a number or one of a fixed set of words.",
    },
    check,
    remedy: None,
};

/// The longest part of a handler that is looked at in front of a value.
const LONGEST: usize = 600;

static HANDLER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?i)\s(on[a-z]{3,20})\s*=\s*(["'])"#).ok());

fn check(facts: &Facts) -> Vec<Finding> {
    let pages: Vec<(&SourceFile, Vec<Tag>)> = facts
        .files
        .sources
        .values()
        .filter(|source| unquoted_attribute::is_page(source))
        .map(|source| (source, jinja::tags(&source.text)))
        .filter(|(source, tags)| tags.iter().any(|tag| handler(&source.text, tags, tag).is_some()))
        .collect();
    if pages.is_empty() {
        return Vec::new();
    }
    let modules = Modules::of(facts.own_python());
    let project = Project::of(&modules);
    let contexts = Contexts::of(&project);
    let mut found: Vec<Finding> = Vec::new();
    for (source, tags) in &pages {
        for tag in tags {
            let Some(attribute) = handler(&source.text, tags, tag) else { continue };
            if unquoted_attribute::judge(&contexts, source, tag).is_none() {
                continue;
            }
            let subject = tag.inner.of(&source.text).split('|').next().unwrap_or("").trim();
            let message = format!("`{subject}` is printed into a text of the script in `{attribute}`");
            let primary = facts.files.locate(&source.path, tag.span);
            found.push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, primary, format!("{attribute} {subject}"), message)
                    .confidence(Confidence::Medium)
                    .next_step(format!(
                        "Write `data-value=\"{{{{ {subject} }}}}\"` beside `{attribute}`, and `this.dataset.value` in the script.",
                    )),
            );
        }
    }
    found
}

/// The event handler in a text of which a value is printed.
fn handler(text: &str, tags: &[Tag], tag: &Tag) -> Option<String> {
    if tag.kind != TagKind::Output {
        return None;
    }
    let mut start = tag.span.start.saturating_sub(LONGEST);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let open = HANDLER.as_ref()?.captures_iter(&text[start..tag.span.start]).last()?;
    let (name, quote) = (open.get(1)?, open.get(2)?);
    let mut between = String::new();
    let begin = start + quote.end();
    let mut at = begin;
    for inner in tags.iter().filter(|inner| inner.span.start >= begin && inner.span.end <= tag.span.start) {
        between.push_str(text.get(at..inner.span.start)?);
        at = inner.span.end;
    }
    between.push_str(text.get(at..tag.span.start)?);
    if between.contains(quote.as_str()) {
        return None;
    }
    let inside = ['\'', '"', '`'].iter().any(|quote| between.matches(*quote).count() % 2 == 1);
    inside.then(|| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }

    #[test]
    fn a_text_of_a_handler_is_told_from_what_stands_beside_it() {
        for (text, wanted) in [
            ("<a onclick=\"show('{{ name }}')\">", Some("onclick")),
            ("<a onclick='show(\"{{ a }}\", \"{{ name }}\")'>", Some("onclick")),
            ("<a onclick=\"show({{ name }})\">", None),
            ("<a onclick=\"show()\" title='{{ name }}'>", None),
            ("<a onclick=\"show('x')\">{{ name }}</a>", None),
            ("<a data-on=\"x\" title=\"it's {{ name }}\">", None),
        ] {
            let tags = jinja::tags(text);
            let last = tags.iter().rfind(|tag| tag.inner.of(text).contains("name")).unwrap();
            assert_eq!(handler(text, &tags, last).as_deref(), wanted, "{text}");
        }
    }
}
