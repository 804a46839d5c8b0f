//! FH508: Waitress settings that take a protection away.

use crate::facts::server_options::{ServerOption, waitress};
use crate::facts::{Facts, LaunchRole, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::rules::{Explanation, Rule};

pub(super) const RULE: Rule = Rule {
    id: "FH508",
    name: "unsafe-waitress-setting",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "Waitress trusts every client as a proxy (trusted_proxy \"*\"), passes headers on that only a proxy \
               should set, serves with one thread, keeps idle connections for good, or accepts bodies and headers of \
               any size.",
        why: "Clients that pass for a proxy choose their own address and host. One thread is stopped by one slow \
              request, and bodies without a limit fill memory and disk.",
        fix: "Name the proxy in trusted_proxy and leave the limits at Waitress's own values, or set smaller ones: \
              threads=4, channel_timeout=120, max_request_body_size in bytes.",
        ignore: "A server that only a proxy on the same host reaches, through a Unix socket.",
    },
    check,
    remedy: None,
};

/// One setting: when it is wrong, what to say, and the step.
type Check = (&'static str, fn(&ServerOption) -> bool, Severity, &'static str, &'static str);

const MIB: f64 = 1024.0 * 1024.0;

const CHECKS: &[Check] = &[
    (
        "trusted_proxy",
        |option| option.is("*"),
        Severity::Medium,
        "Waitress trusts every client as a proxy (trusted_proxy \"*\").",
        "Name the proxy's address in trusted_proxy.",
    ),
    (
        "clear_untrusted_proxy_headers",
        |option| option.value.is_some() && !option.is_on(),
        Severity::Medium,
        "Waitress passes on what clients say in the headers of proxies.",
        "Leave clear_untrusted_proxy_headers out.",
    ),
    (
        "threads",
        |option| option.number().is_some_and(|threads| threads <= 1.0),
        Severity::Medium,
        "Waitress answers one request at a time (threads 1).",
        "Set threads to 4 or more, or leave it out.",
    ),
    (
        "channel_timeout",
        |option| option.number().is_some_and(|seconds| seconds <= 0.0 || seconds > 3600.0),
        Severity::Low,
        "Waitress keeps idle connections open for hours (channel_timeout).",
        "Set channel_timeout to 120, or leave it out.",
    ),
    (
        "max_request_body_size",
        |option| option.number().is_some_and(|bytes| bytes > 1024.0 * MIB),
        Severity::Low,
        "Waitress accepts bodies of more than a gigabyte (max_request_body_size).",
        "Set max_request_body_size to what the app's largest upload needs.",
    ),
    (
        "max_request_header_size",
        |option| option.number().is_some_and(|bytes| bytes > MIB),
        Severity::Low,
        "Waitress accepts headers of more than a megabyte (max_request_header_size).",
        "Leave max_request_header_size out.",
    ),
];

fn check(facts: &Facts) -> Vec<Finding> {
    let served = facts
        .launches
        .iter()
        .filter(|launch| launch.role == LaunchRole::Production && launch.server == Server::Waitress);
    let mut options: Vec<ServerOption> = served.flat_map(|launch| facts.server_options(launch)).collect();
    options.extend(waitress::calls(facts).into_iter().flat_map(|call| call.options));
    let mut found: Vec<Finding> = Vec::new();
    for option in options {
        let Some((name, _, severity, says, step)) =
            CHECKS.iter().find(|check| check.0 == option.name && check.1(&option))
        else {
            continue;
        };
        let finding = Finding::new(RULE.id, RULE.threat, *severity, option.location, *name, *says).next_step(*step);
        if !found.iter().any(|known| known.key == finding.key && known.primary == finding.primary) {
            found.push(finding);
        }
    }
    found
}
