//! FH504: gunicorn settings that take a protection away.

use crate::facts::server_options::{ServerOption, option};
use crate::facts::{Facts, Launch, LaunchRole, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::TextEdit;

pub(super) const RULE: Rule = Rule {
    id: "FH504",
    name: "unsafe-gunicorn-setting",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A gunicorn setting, in its file or on its command line, takes a protection away: no time limit for \
               workers, no limits on requests, headers that are read more freely than the standard allows, or proxy \
               headers that are taken from everybody.",
        why: "Silent workers stay silent for good; endless request lines and headers fill the memory; a proxy and \
              gunicorn that read one request in two ways let one visitor's request end up in another's \
              (request smuggling).",
        fix: "Limits and strictness go back to Gunicorn's own values where they are literals of a settings file. Who \
              is trusted as a proxy is for a person to say.",
        ignore: "timeout 0 where the platform itself ends requests, and a proxy on the same host that is \
                 the only one to reach gunicorn.",
    },
    check,
    remedy: Some(remedies),
};

/// One setting, when it is wrong, and what to do.
struct Check {
    name: &'static str,
    wrong: fn(&ServerOption) -> bool,
    severity: Severity,
    says: &'static str,
    /// The literal that takes the value's place; nothing where a person decides.
    instead: Option<&'static str>,
    step: &'static str,
}

fn unlimited(option: &ServerOption) -> bool {
    option.number() == Some(0.0)
}

fn is_everybody(option: &ServerOption) -> bool {
    option.value.as_deref().is_some_and(|value| value.split(',').any(|part| part.trim() == "*"))
}

const CHECKS: &[Check] = &[
    Check {
        name: "timeout",
        wrong: unlimited,
        severity: Severity::Low,
        says: "Workers that hang are never replaced (timeout 0).",
        instead: None,
        step: "Set timeout to what the slowest request needs, such as 60.",
    },
    Check {
        name: "limit_request_line",
        wrong: unlimited,
        severity: Severity::Medium,
        says: "The first line of a request may be endless (limit_request_line 0).",
        instead: Some("8190"),
        step: "Set limit_request_line to 8190 or less.",
    },
    Check {
        name: "limit_request_field_size",
        wrong: unlimited,
        severity: Severity::Medium,
        says: "A header may be endless (limit_request_field_size 0).",
        instead: Some("65536"),
        step: "Set limit_request_field_size to what the app needs, such as 8190.",
    },
    Check {
        name: "limit_request_fields",
        wrong: |option| option.number().is_some_and(|fields| fields > 1000.0),
        severity: Severity::Low,
        says: "A request may have thousands of headers (limit_request_fields).",
        instead: Some("100"),
        step: "Set limit_request_fields to 100.",
    },
    Check {
        name: "header_map",
        wrong: |option| option.is("dangerous"),
        severity: Severity::Medium,
        says: "Headers with underscores pass for those a proxy sets (header_map dangerous).",
        instead: Some("\"drop\""),
        step: "Set header_map to \"drop\".",
    },
    Check {
        name: "permit_obsolete_folding",
        wrong: ServerOption::is_on,
        severity: Severity::Medium,
        says: "Headers over several lines are accepted, which proxies read otherwise (permit_obsolete_folding).",
        instead: Some("False"),
        step: "Leave permit_obsolete_folding out.",
    },
    Check {
        name: "strip_header_spaces",
        wrong: ServerOption::is_on,
        severity: Severity::Medium,
        says: "Blanks before a header's colon are accepted, which proxies read otherwise (strip_header_spaces).",
        instead: Some("False"),
        step: "Leave strip_header_spaces out.",
    },
    Check {
        name: "permit_unconventional_http_method",
        wrong: ServerOption::is_on,
        severity: Severity::Low,
        says: "Methods that are none are accepted (permit_unconventional_http_method).",
        instead: Some("False"),
        step: "Leave permit_unconventional_http_method out.",
    },
    Check {
        name: "permit_unconventional_http_version",
        wrong: ServerOption::is_on,
        severity: Severity::Low,
        says: "HTTP versions that are none are accepted (permit_unconventional_http_version).",
        instead: Some("False"),
        step: "Leave permit_unconventional_http_version out.",
    },
    Check {
        name: "proxy_allow_ips",
        wrong: is_everybody,
        severity: Severity::Medium,
        says: "Everybody may say with the PROXY protocol who they are (proxy_allow_ips \"*\").",
        instead: None,
        step: "Name the proxy's address in proxy_allow_ips.",
    },
    Check {
        name: "control_socket_mode",
        wrong: |option| open_to_others(option.value.as_deref()),
        severity: Severity::Medium,
        says: "Other users of the computer may control the server (control_socket_mode).",
        instead: Some("0o600"),
        step: "Leave control_socket_mode out, or set it to 0o600.",
    },
];

/// Whether permission bits let others than the owner in.
fn open_to_others(mode: Option<&str>) -> bool {
    let digits = mode.map(|mode| mode.trim_start_matches("0o").trim_start_matches('0'));
    digits.and_then(|digits| u32::from_str_radix(digits, 8).ok()).is_some_and(|mode| mode & 0o077 != 0)
}

/// Whether the platform ends requests that hang: Cloud Run, whose template for an image listens on
/// `$PORT` with one worker, threads and no timeout of gunicorn's own.
fn ends_requests_itself(launch: &Launch, options: &[ServerOption]) -> bool {
    let port = launch.argv.iter().any(|word| word.contains("$PORT") || word.contains("${PORT"));
    let threads = option(options, "threads").and_then(ServerOption::number).is_some_and(|threads| threads > 1.0);
    port && threads && matches!(launch.kind, "dockerfile")
}

/// What is wrong with a launch.
struct Hit {
    option: ServerOption,
    severity: Severity,
    says: String,
    instead: Option<&'static str>,
    step: &'static str,
}

fn hits(facts: &Facts, launch: &Launch) -> Vec<Hit> {
    let mut options = facts.server_options(launch);
    let mut found = Vec::new();
    for check in CHECKS {
        if !option(&options, check.name).is_some_and(check.wrong)
            || (check.name == "timeout" && ends_requests_itself(launch, &options))
        {
            continue;
        }
        if let Some(at) = options.iter().rposition(|option| option.name == check.name) {
            let option = options.remove(at);
            let (severity, says) = (check.severity, check.says.to_owned());
            found.push(Hit { option, severity, says, instead: check.instead, step: check.step });
        }
    }
    found.extend(proxies(launch, &mut options));
    found
}

/// `forwarded_allow_ips = "*"`: what it means depends on who reaches the server.
fn proxies(launch: &Launch, options: &mut Vec<ServerOption>) -> Option<Hit> {
    let at = options.iter().rposition(|option| option.name == "forwarded_allow_ips")?;
    is_everybody(&options[at]).then_some(())?;
    let reached = launch.bounds.published.is_some() && !launch.bounds.proxied;
    let severity = if reached { Severity::Medium } else { Severity::Low };
    let says = "Everybody may claim to come over https (forwarded_allow_ips \"*\").".to_owned();
    let step = "Name the proxy's address in forwarded_allow_ips.";
    Some(Hit { option: options.remove(at), severity, says, instead: None, step })
}

/// Production's launches of gunicorn; where nothing is production, those that might be.
fn launches(facts: &Facts) -> impl Iterator<Item = &Launch> {
    facts.launches.iter().filter(|launch| launch.role == LaunchRole::Production && launch.server == Server::Gunicorn)
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for hit in launches(facts).flat_map(|launch| hits(facts, launch)) {
        let finding =
            Finding::new(RULE.id, RULE.threat, hit.severity, hit.option.location, hit.option.name.clone(), hit.says)
                .next_step(hit.step);
        if !found.iter().any(|known| known.key == finding.key) {
            found.push(finding);
        }
    }
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let hit = launches(facts)
            .flat_map(|launch| hits(facts, launch))
            .find(|hit| hit.option.location == finding.primary && hit.option.name == finding.key.symbol);
        let Some((hit, instead)) = hit.and_then(|hit| hit.instead.map(|instead| (hit, instead))) else { continue };
        let Some(span) = hit.option.value_span.filter(|span| is_literal(facts, finding, *span)) else { continue };
        let edits = vec![TextEdit::replace(span, instead)];
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{} = {instead}", hit.option.name),
            reason: match hit.option.name.as_str() {
                "control_socket_mode" => "Only the user that runs the server controls it.".to_owned(),
                _ => "Requests that only the open setting let through get an error.".to_owned(),
            },
            applicability: Applicability::Automatic,
            changes: vec![Change::Edit { path: finding.primary.path.clone(), edits }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// Whether a value is one plain literal.
fn is_literal(facts: &Facts, finding: &Finding, span: crate::text::Span) -> bool {
    let text = facts.files.get(&finding.primary.path).map_or("", |source| span.of(&source.text));
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '"' | '\'' | '_' | '.' | '*'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn permission_bits() {
        for (mode, open) in [("0o600", false), ("0600", false), ("0o666", true), ("660", true), ("x", false)] {
            assert_eq!(super::open_to_others(Some(mode)), open, "{mode}");
        }
    }
}
