//! FH116: the configuration or the environment is shown: returned, rendered, logged or printed.

use super::shown::{Shown, what};
use crate::facts::secret_names::is_secret_name;
use crate::facts::{Facts, Names, PyFile};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::jinja::{TagKind, tags};
use crate::lang::python::{Call, Expr, Function, Stmt, StmtKind, walk_exprs};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH116",
    name: "configuration-exposed",
    threat: Threat::SecretKey,
    severity: Severity::High,
    explanation: Explanation {
        what: "os.environ or app.config as a whole, or a secret in them, is returned by a view, given to a template, \
               printed on a page ({{ config }}), or written to the log or the terminal.",
        why: "Whoever opens the page, or reads the log, has SECRET_KEY and every other key at once. Logs are copied \
              to more places and read by more people than servers.",
        fix: "Show the few values that are needed, by name. A page for diagnosis belongs behind a login and never \
              shows a value, only whether one is set.",
        ignore: "A command that a person runs to see one value and that no server runs.",
    },
    check,
    remedy: None,
};

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for file in facts.own_python() {
        let text = facts.files.get(&file.path).map_or("", |source| source.text.as_str());
        let about = text.contains("environ") || text.contains("config");
        if !about || !facts.makes_app(&facts.project_root(&file.path)) {
            continue;
        }
        let mut reader = Reader { facts, file, names: &facts.names[&file.path], found: Vec::new() };
        reader.block(&file.module.body, &mut Vec::new(), false);
        found.append(&mut reader.found);
    }
    found.extend(pages(facts));
    found
}

/// Goes through one file, with the variables that hold a whole configuration.
struct Reader<'f> {
    facts: &'f Facts,
    file: &'f PyFile,
    names: &'f Names,
    found: Vec<Finding>,
}

impl<'f> Reader<'f> {
    fn block(&mut self, body: &'f [Stmt], held: &mut Vec<(&'f str, Shown)>, view: bool) {
        for stmt in body {
            if let StmtKind::Function(function) = &stmt.kind {
                self.block(&function.body, &mut Vec::new(), is_view(function));
                continue;
            }
            for expr in stmt.exprs() {
                expr.walk(&mut |inner| {
                    if let Some((call, place, severity)) = inner.as_call().and_then(|call| self.sink(call)) {
                        let args = call.args.iter().map(|arg| &arg.value);
                        let shown = args.filter_map(|arg| what(arg, self.names, held)).max();
                        self.report(inner, shown, place, severity);
                    }
                });
            }
            match &stmt.kind {
                StmtKind::Assign { targets, value } => {
                    let shown = what(value, self.names, held);
                    for name in targets.iter().filter_map(Expr::as_name) {
                        held.retain(|(known, _)| *known != name);
                        held.extend(shown.map(|shown| (name, shown)));
                    }
                }
                StmtKind::Return(Some(value)) if view => {
                    let shown = what(value, self.names, held);
                    self.report(value, shown, "sent to whoever asks", Severity::High);
                }
                _ => {}
            }
            for block in stmt.blocks() {
                self.block(block, held, view);
            }
        }
    }

    /// Where the arguments of a call are shown, and how bad that is.
    fn sink<'c>(&self, call: &'c Call) -> Option<(&'c Call, &'static str, Severity)> {
        let func = self.names.resolve(&call.func).unwrap_or_default();
        let dotted = call.func.dotted().unwrap_or_default();
        let last = dotted.rsplit('.').next().unwrap_or_default();
        let base = dotted.rsplit_once('.').map_or("", |(base, _)| base).to_ascii_lowercase();
        let logs = ["debug", "info", "warning", "warn", "error", "exception", "critical", "log"].contains(&last)
            && (base.ends_with("logger") || base.ends_with("log") || base.ends_with("logging"));
        match func.as_str() {
            "flask.jsonify" | "jsonify" => Some((call, "sent to whoever asks", Severity::High)),
            "flask.render_template" | "flask.render_template_string" => {
                Some((call, "given to a template", Severity::High))
            }
            "flask.make_response" | "flask.Response" => Some((call, "sent to whoever asks", Severity::High)),
            "print" | "pprint.pprint" | "sys.stdout.write" | "sys.stderr.write" => {
                Some((call, "printed", Severity::Medium))
            }
            _ if logs => Some((call, "written to the log", Severity::Medium)),
            _ => None,
        }
    }

    fn report(&mut self, at: &Expr, shown: Option<Shown>, place: &str, severity: Severity) {
        // A script that has nothing to do with the app shows what its person asked for.
        let of_app = self.names.mentions("flask") || place != "printed";
        let Some(shown) = shown.filter(|shown| of_app || *shown != Shown::Secret) else { return };
        let location = self.facts.files.locate(&self.file.path, at.span);
        // One statement is one problem: what is put together in it was reported.
        let within = |known: &Finding| known.primary.span.contains(at.span) || known.primary.line == location.line;
        if self.found.iter().any(within) {
            return;
        }
        let message = format!("{} is {place}.", shown.words());
        self.found.push(
            Finding::new(RULE.id, RULE.threat, severity, location, shown.symbol(), message)
                .next_step("Show the few values that are needed, by name, or only whether they are set."),
        );
    }
}

/// Whether a function answers requests, by its decorators and its name.
fn is_view(function: &Function) -> bool {
    let mounts = |decorator: &Expr| {
        let func = decorator.as_call().map_or(decorator, |call| &call.func);
        let Some(dotted) = func.dotted() else { return false };
        let (base, last) = dotted.rsplit_once('.').unwrap_or(("", &dotted));
        !base.is_empty()
            && matches!(last, "route" | "get" | "post" | "put" | "patch" | "delete" | "errorhandler" | "expose")
            || last.ends_with("route")
    };
    function.decorators.iter().any(mounts)
        || matches!(function.name.as_str(), "get" | "post") && function.params.first().is_some_and(|p| p.name == "self")
}

/// `{{ config }}`, `{% for key, value in config.items() %}`, `{{ config.SECRET_KEY }}` on pages.
fn pages(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    let page = |path: &crate::text::RepoPath| matches!(path.extension(), "html" | "htm" | "jinja" | "jinja2" | "j2");
    let named = gives_config(facts);
    for source in facts.files.sources.values().filter(|source| page(&source.path) && source.text.contains("config")) {
        let own = named || source.text.contains("set config") || source.text.contains("config)");
        for tag in tags(&source.text) {
            let inner = tag.inner.of(&source.text);
            let shown = match tag.kind {
                TagKind::Output => shown_on_page(inner),
                TagKind::Statement => inner
                    .strip_prefix("for ")
                    .and_then(|rest| rest.split_once(" in "))
                    .is_some_and(|(_, over)| is_whole(over))
                    .then(|| "config".to_owned()),
            };
            // Of that name there may be something else on the page.
            let Some(name) = shown.filter(|name| !own || name.contains('[')) else { continue };
            let location = facts.files.locate(&source.path, tag.span);
            let message = format!("{name} is shown on a page.");
            found.push(
                Finding::new(RULE.id, RULE.threat, RULE.severity, location, name, message)
                    .next_step("Take it out of the page; give the template the one value it needs."),
            );
        }
    }
    found
}

/// Whether a template is given something else under the name of the configuration.
fn gives_config(facts: &Facts) -> bool {
    let may = |file: &&PyFile| file.has("config") && file.has_part_in_any_case("render");
    facts.own_python().filter(may).any(|file| {
        let mut found = false;
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(call) = expr.as_call().filter(|call| call.keyword("config").is_some()) else { return };
            found |= call.func.dotted().is_some_and(|func| func.to_ascii_lowercase().contains("render"));
        });
        found
    })
}

fn is_whole(text: &str) -> bool {
    let text = text.split('|').next().unwrap_or(text).trim();
    matches!(text, "config" | "config.items()" | "config.values()" | "current_app.config" | "config.__dict__")
}

/// What of the configuration an expression prints: all of it, or a secret.
fn shown_on_page(inner: &str) -> Option<String> {
    if is_whole(inner) {
        return Some("config".to_owned());
    }
    let mut parts = inner.split('|').map(str::trim);
    let name = parts.next()?;
    // A row of dots that is as long shows nothing of it.
    if parts.any(|filter| matches!(filter.split([' ', '(']).next(), Some("length" | "count"))) {
        return None;
    }
    let key = name
        .strip_prefix("config.")
        .or_else(|| name.strip_prefix("config[\"").and_then(|rest| rest.strip_suffix("\"]")))
        .or_else(|| name.strip_prefix("config['").and_then(|rest| rest.strip_suffix("']")))?;
    let plain = key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    (plain && is_private(key) && !is_for_pages(key)).then(|| format!("config[{key}]"))
}

/// Whether a setting is a secret, not the public half of something (`RECAPTCHA_PUBLIC_KEY`).
pub(super) fn is_private(key: &str) -> bool {
    let public =
        ["PUBLIC", "SITE_KEY", "PUBLISHABLE", "CLIENT_ID", "MAPS", "ANALYTICS", "TRACKING", "MAX_AGE", "EXPIR"];
    is_secret_name(key) && !public.iter().any(|part| key.to_ascii_uppercase().contains(part))
}

/// Whether a service gives such a key out for pages: it is of use in browsers alone.
fn is_for_pages(key: &str) -> bool {
    let secret = ["SECRET", "PASSWORD", "PASSWD", "PRIVATE", "SALT", "DATABASE", "DSN", "SIGNING"];
    !secret.iter().any(|part| key.contains(part)) || key == "SENTRY_DSN"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_show_the_whole_or_a_secret() {
        for (text, shown) in [
            ("config", true),
            ("config.items()|list", true),
            ("config | pprint", true),
            ("config.SECRET_KEY", true),
            ("config['MAIL_PASSWORD']", true),
            ("config.MAIL_PASSWORD|default('', true)", true),
            ("config.MAIL_PASSWORD| default(\"\", true) | length * \"-\"", false),
            ("config.SITE_NAME", false),
            ("config.get('TITLE')", false),
            ("config.RECAPTCHA_PUBLIC_KEY", false),
            ("config.GOOGLE_MAPS_API_KEY", false),
        ] {
            assert_eq!(shown_on_page(text).is_some(), shown, "{text}");
        }
    }
}
