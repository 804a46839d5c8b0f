//! Waitress's options: from `waitress-serve` and from `serve(app, …)` in Python, named as the
//! keyword arguments are.

use super::{ServerOption, command_line, text_of, words_behind};
use crate::facts::Facts;
use crate::facts::launch::Launch;
use crate::facts::values::Valued;
use crate::lang::python::walk_exprs;
use crate::text::Location;

const SWITCHES: &[&str] = &[
    "call",
    "expose-tracebacks",
    "no-expose-tracebacks",
    "ipv4",
    "no-ipv4",
    "ipv6",
    "no-ipv6",
    "clear-untrusted-proxy-headers",
    "no-clear-untrusted-proxy-headers",
    "log-untrusted-proxy-headers",
    "no-log-untrusted-proxy-headers",
    "log-socket-errors",
    "no-log-socket-errors",
    "asyncore-use-poll",
    "no-asyncore-use-poll",
];

pub(super) fn on_command_line(launch: &Launch) -> Vec<ServerOption> {
    let words = words_behind(launch, &["waitress"]);
    let mut found = command_line(words, &launch.location, SWITCHES);
    for option in &mut found {
        option.name = option.name.replace('-', "_");
        if let Some(name) = option.name.strip_prefix("no_") {
            (option.name, option.value) = (name.to_owned(), Some("false".to_owned()));
        }
    }
    found
}

/// One `waitress.serve(app, …)`.
pub struct ServeCall {
    pub location: Location,
    pub options: Vec<ServerOption>,
}

/// The calls of the project's own code.
pub fn calls(facts: &Facts) -> Vec<ServeCall> {
    let mut found = Vec::new();
    for file in facts.own_python() {
        let names = &facts.names[&file.path];
        if !names.mentions("waitress") {
            continue;
        }
        walk_exprs(&file.module.body, &mut |expr| {
            let Some(call) = expr.as_call() else { return };
            let func = names.resolve(&call.func).unwrap_or_default();
            if !matches!(func.as_str(), "waitress.serve" | "waitress.create_server" | "waitress.server.create_server") {
                return;
            }
            let options = call.args.iter().filter_map(|arg| {
                Some(ServerOption {
                    name: arg.name.clone()?,
                    value: text_of(&Valued::of(&arg.value, names)),
                    location: facts.files.locate(&file.path, arg.span),
                    value_span: Some(arg.value.span),
                })
            });
            found.push(ServeCall { location: facts.files.locate(&file.path, expr.span), options: options.collect() });
        });
    }
    found
}
