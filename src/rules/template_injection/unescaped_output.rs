//! FH303: `|safe` and `{% autoescape false %}` on values that may hold what people typed.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Contexts;
use super::macros::{self, Given, Macros};
use super::value::{Project, Verdict};
use super::{html, people, text_templates};
use crate::facts::Facts;
use crate::facts::modules::Modules;
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::jinja::{self, Filtered, Tag, TagKind};
use crate::lang::python::{StmtKind, walk_exprs, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, SourceFile, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH303",
    name: "unescaped-output",
    threat: Threat::TemplateInjection,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A template prints a value with `|safe`, or inside `{% autoescape false %}`, and nothing shows that the \
               value is HTML made by the server or cleaned of what people typed.",
        why: "Text with `<script>` in it then runs in the browser of everyone who opens the page: it acts with their \
              session, reads what they see and sends it away (cross-site scripting).",
        fix: "Remove `|safe` where the value is plain text: Jinja then escapes it. Where it must be HTML, clean it \
              when it is stored or rendered (`nh3.clean`, `bleach.clean`) and mark only the cleaned result. For data \
              in scripts use `|tojson`, which needs no `|safe`.",
        ignore: "When only trusted people can write the value, or when it is cleaned where the tool does not see it.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let modules = Modules::of(facts.own_python());
    let project = Project::of(&modules);
    let contexts = Contexts::of(&project);
    let flashes = flashes_values(facts);
    let sources: Vec<&SourceFile> = facts.files.sources.values().filter(|source| is_template(source)).collect();
    let tags: Vec<Vec<Tag>> = sources.iter().map(|source| jinja::tags(&source.text)).collect();
    let given = macros::of_all(sources.iter().zip(&tags).map(|(source, tags)| (source.text.as_str(), &tags[..])));
    let views = Views { facts, project: &project, contexts: &contexts, flashes, given };
    let mut findings = Vec::new();
    for (source, tags) in sources.into_iter().zip(&tags) {
        let page = Page {
            source,
            declared: declared_names(&source.text, tags),
            macros: Macros::of(&source.text, tags),
            set: macros::set_here(&source.text, tags),
        };
        let subjects = subject_blocks(&source.text, tags);
        // The subject of a mail is plain text.
        let is_mail_subject = |tag: &Tag| subjects.iter().any(|block| block.contains(tag.span));
        for tag in tags.iter().filter(|tag| !is_mail_subject(tag)) {
            for found in jinja::uses_of(&source.text, tag.inner, "safe") {
                findings.extend(unescaped(&views, &page, &found));
            }
            findings.extend(raw_columns(facts, source, tag));
        }
        for (tag, outputs) in switched_off(source, tags).into_iter().filter(|(tag, _)| !is_mail_subject(tag)) {
            findings.push(block(facts, source, tag, &outputs));
        }
    }
    findings.extend(text_templates::printed(facts, &project).into_iter().map(|it| printed_safe(&it.subject, it.at)));
    findings
}

/// A template with what it says of its own names.
struct Page<'t> {
    source: &'t SourceFile,
    declared: BTreeSet<String>,
    macros: Macros,
    set: BTreeMap<&'t str, &'t str>,
}

/// `{% block subject %}…{% endblock %}` of mail templates.
fn subject_blocks(text: &str, tags: &[Tag]) -> Vec<Span> {
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for tag in tags.iter().filter(|tag| tag.kind == TagKind::Statement) {
        let mut words = tag.inner.of(text).split_whitespace();
        match (words.next(), words.next()) {
            (Some("block"), Some(name)) => open.push((name.contains("subject"), tag.span.start)),
            (Some("endblock"), _) => {
                if let Some((true, start)) = open.pop() {
                    found.push(Span::new(start, tag.span.end));
                }
            }
            _ => {}
        }
    }
    found
}

/// Templates of the project that are sent as HTML.
fn is_template(source: &SourceFile) -> bool {
    let path = &source.path;
    let known = matches!(path.extension(), "html" | "htm" | "xhtml" | "jinja" | "jinja2" | "j2" | "xml" | "svg");
    let text_only = [".txt.", ".tex.", ".sql.", ".yml.", ".yaml.", ".conf.", ".cfg.", ".sh.", ".service."];
    let others =
        ["test", "tests", "docs", "examples", "node_modules", "vendor", "static", "site-packages", "venv", ".venv"];
    let own = !path.components().any(|part| others.contains(&part));
    let folder = |part: &str| part.contains("template") || matches!(part, "views" | "partials" | "pages" | "layouts");
    let template = path.components().any(folder) || source.text.contains("{%");
    known && own && template && !text_only.iter().any(|end| path.name().contains(end)) && source.text.contains("{")
}

/// What the Python side says.
struct Views<'a, 'm, 'f> {
    facts: &'a Facts,
    project: &'a Project<'m, 'f>,
    contexts: &'a Contexts<'a, 'm, 'f>,
    flashes: bool,
    given: Given,
}

fn unescaped(views: &Views<'_, '_, '_>, page: &Page<'_>, found: &Filtered) -> Option<Finding> {
    let Page { source, declared, .. } = page;
    let facts = views.facts;
    let cleaned = &views.project.cleaned;
    let subject = found.subject.of(&source.text);
    let plain = subject.split('|').next().unwrap_or(subject).trim();
    let inside = subject.split('|').skip(1).map(|filter| {
        let filter = filter.trim_start();
        filter.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(filter)
    });
    let by_filter = inside.chain(found.after.as_deref()).any(|filter| html::cleans(filter) || cleaned.cleans(filter));
    let root = plain.split(['.', '[', '(']).next().unwrap_or(plain).trim();
    if by_filter || declared.contains(plain) || html::is_made_by_server(plain) {
        return None;
    }
    let called = plain.split('(').next().unwrap_or(plain).trim();
    let last = called.rsplit('.').next().unwrap_or(called);
    // `record.url_for('view')`, and texts of the app that are translated.
    let made = plain.contains('(') && (html::cleans(last) || matches!(last, "gettext" | "_gettext"));
    if cleaned.holds(last) || cleaned.holds_path(plain) || made || root == "config" {
        return None;
    }
    let of_param = plain == root || !people::writes(last);
    if of_param && page.macros.is_wording(found.subject.start, root, &views.given) && !is_written(views, plain) {
        return None;
    }
    // `{% set icons = {…} %}`: what it is set to decides.
    if let Some(text) = page.set.get(root)
        && !html::names_in(text).iter().any(|name| people::writes(name))
        && (text.starts_with(['{', '[', '"', '\'']) || html::is_made_by_server(text))
    {
        return None;
    }
    let message_only = matches!(plain, "message" | "msg" | "m" | "message[1]" | "msg[1]");
    if message_only && !views.flashes && source.text.contains("get_flashed_messages") {
        return None;
    }
    // What a macro is given has nothing to do with the page's variables of the same name.
    let given = if declared.contains(root) { Verdict::Unknown } else { views.contexts.variable(&source.path, root) };
    match given {
        Verdict::Fixed => return None,
        Verdict::Open(open) if !plain.contains('(') && (open.from_request || !people::is_report(plain)) => {}
        // Nothing is known of the value: its name decides.
        _ if is_wording(plain, declared) && !is_written(views, plain) => return None,
        _ => {}
    }
    let filter = Span::new(found.subject.start, found.filter.end);
    Some(printed_safe(plain, facts.files.locate(&source.path, filter)))
}

fn printed_safe(subject: &str, at: Location) -> Finding {
    let subject = short(subject);
    let message = format!("`{subject}` is printed with `|safe`, and nothing shows that it was cleaned");
    let step = format!(
        "If `{subject}` is plain text, remove `|safe`. If it is HTML that people can write, clean it before it is \
         stored or passed to the template: `nh3.clean({subject})`.",
    );
    Finding::new(RULE.id, RULE.threat, RULE.severity, at, subject, message)
        .confidence(Confidence::Medium)
        .next_step(step)
}

/// Whether some code gives the attribute, of whatever record, text that people write:
/// `Log(difference=marked(old, form.text.data))`.
fn is_written(views: &Views<'_, '_, '_>, plain: &str) -> bool {
    let Some((path, last)) = plain.rsplit_once('.') else { return false };
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    word(path)
        && word(last)
        && !people::is_wording(last)
        && !people::is_report(plain)
        && views.contexts.is_written(last)
}

/// Names a template fills itself: parameters of its macros, and the parts of form fields it loops
/// over.
fn declared_names(text: &str, tags: &[Tag]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for tag in tags.iter().filter(|tag| tag.kind == TagKind::Statement) {
        let inner = tag.inner.of(text);
        if let Some((_, params)) = inner.strip_prefix("macro ").and_then(|rest| rest.split_once('(')) {
            let params = params.trim_end_matches(')').split(',');
            names.extend(params.map(|param| param.split('=').next().unwrap_or(param).trim().to_owned()));
        } else if let Some((names_in, iterated)) = inner.strip_prefix("for ").and_then(|rest| rest.split_once(" in "))
            && (html::is_made_by_server(iterated) || names.contains(iterated.trim()))
        {
            names.extend(names_in.split(',').map(|name| name.trim().to_owned()));
        }
    }
    names.retain(|name| !matches!(name.as_str(), "content" | "body" | "message" | "text" | "value" | "html"));
    names
}

/// `{% autoescape false %}` blocks with the values printed in them.
fn switched_off<'t>(source: &SourceFile, tags: &'t [Tag]) -> Vec<(&'t Tag, Vec<String>)> {
    let text = &source.text;
    let mut found: Vec<(&Tag, Vec<String>)> = Vec::new();
    let mut open: Option<(&Tag, Vec<String>)> = None;
    for tag in tags {
        let inner = tag.inner.of(text);
        let mut words = inner.split_whitespace();
        match (tag.kind, words.next(), words.next()) {
            (TagKind::Statement, Some("autoescape"), Some("false" | "False")) => open = Some((tag, Vec::new())),
            (TagKind::Statement, Some("filter"), Some("safe")) => open = Some((tag, Vec::new())),
            (TagKind::Statement, Some("endautoescape" | "endfilter"), _) => found.extend(open.take()),
            (TagKind::Output, ..) => {
                let filters: Vec<&str> = inner.split('|').skip(1).map(str::trim).collect();
                let plain = inner.split('|').next().unwrap_or(inner).trim();
                let clean = filters.iter().any(|filter| html::cleans(filter)) || html::is_made_by_server(plain);
                if let Some((_, outputs)) = open.as_mut().filter(|_| !clean) {
                    outputs.push(short(plain));
                }
            }
            _ => {}
        }
    }
    found.extend(open);
    found.retain(|(_, outputs)| !outputs.is_empty());
    found
}

fn block(facts: &Facts, source: &SourceFile, tag: &Tag, outputs: &[String]) -> Finding {
    let names = outputs.iter().take(3).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let statement = tag.inner.of(&source.text).split_whitespace().collect::<Vec<_>>().join(" ");
    let message = format!("`{{% {statement} %}}` turns escaping off for {names}");
    let primary = facts.files.locate(&source.path, tag.span);
    Finding::new(RULE.id, RULE.threat, RULE.severity, primary, &statement, message)
        .confidence(Confidence::Medium)
        .next_step(format!("Remove the block's two tags, or write `|e` behind {names}."))
}

/// Whether a value's name says that the app wrote it.
fn is_wording(plain: &str, declared: &BTreeSet<String>) -> bool {
    if plain.starts_with(['"', '\'']) {
        // A fixed text with values in it: those decide.
        return !html::names_in(plain).iter().any(|name| people::writes(name));
    }
    // `_("… %(link)s", link=link)`, `gettext("… {}").format(x)`
    if let Some((callee, args)) = plain.split_once('(')
        && args.trim_start().starts_with(['"', '\''])
        && callee.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return !html::names_in(args).iter().any(|name| people::writes(name));
    }
    let path = plain.split(['(', '[']).next().unwrap_or(plain).trim();
    let last = path.rsplit('.').next().unwrap_or(path);
    let root = path.split('.').next().unwrap_or(path);
    let of_component = declared.contains(root) && !people::writes(last);
    // `field.label.text`
    let of_label = path.split('.').any(|part| part == "label");
    of_label
        || !plain.contains('(') && (of_component || people::is_wording(last) || people::is_report(path))
        || (plain.contains('[') && people::is_wording(root))
}

/// `render_table(rows, safe_columns=[…])` of Bootstrap-Flask prints columns as they are.
fn raw_columns(facts: &Facts, source: &SourceFile, tag: &Tag) -> Option<Finding> {
    let inner = tag.inner.of(&source.text);
    let at = inner.find("safe_columns")?;
    let list = inner[at..].split_once('=')?.1.trim_start();
    let columns = list.strip_prefix('[').or_else(|| list.strip_prefix('('))?.split([']', ')']).next()?.trim();
    if columns.is_empty() {
        return None;
    }
    let span = Span::new(tag.inner.start + at, tag.inner.start + at + "safe_columns".len());
    let message =
        format!("`safe_columns` prints the columns {columns} as HTML, and nothing shows that they were cleaned");
    Some(
        Finding::new(
            RULE.id,
            RULE.threat,
            RULE.severity,
            facts.files.locate(&source.path, span),
            format!("safe_columns {columns}"),
            message,
        )
        .confidence(Confidence::Medium)
        .next_step(
            "Remove `safe_columns` from the call of `render_table`. Where a column must be HTML, clean it when it is \
             stored: `nh3.clean(...)`.",
        ),
    )
}

/// Whether `flash()` is ever given more than fixed text, by the project or an extension.
fn flashes_values(facts: &Facts) -> bool {
    let mut found = false;
    for file in facts.own_python().filter(|file| file.has_any(&["flash", "flask_user"])) {
        // Flask-User flashes the names and mail addresses that people give themselves.
        walk_stmts(&file.module.body, &mut |stmt| {
            found |= matches!(&stmt.kind, StmtKind::ImportFrom(import) if import.module == "flask_user");
        });
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            if call.func.dotted().is_some_and(|name| name == "flash" || name.ends_with(".flash")) {
                found |= call.positional(0).is_some_and(html::holds_values);
            }
        });
    }
    found
}

fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 50 { line } else { line.chars().take(47).chain("...".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures() {
        crate::rules::testing::check_fixtures(&RULE);
    }
}
