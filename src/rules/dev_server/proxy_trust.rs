//! FH511: what proxies say in headers is believed from everybody.

use crate::facts::{Facts, Launch, LaunchRole, Names, PyFile};
use crate::finding::{Confidence, Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, StmtKind, walk_exprs, walk_stmts};
use crate::rules::{Explanation, Rule};
use crate::text::{RepoPath, Span};

pub(super) const RULE: Rule = Rule {
    id: "FH511",
    name: "proxy-headers-of-everybody",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "The app takes an address that decides something from X-Forwarded-For itself, trusts more proxies than one or two \
               (ProxyFix), or trusts one although its port is published without a proxy in front.",
        why: "Clients can send these headers, too. Who is believed chooses the own address: limits by address, block \
              lists and logs then say what the client wants.",
        fix: "ProxyFix with the exact number of proxies in front, and request.remote_addr instead of the header. \
              Publish the port on 127.0.0.1 or not at all where a proxy is in front.",
        ignore: "A platform whose router replaces the header, where the number of hops is as it says.",
    },
    check,
    remedy: None,
};

/// More hops than nearly any deployment has.
const MANY: u32 = 3;

/// One place that believes, and how.
struct Believes {
    span: Span,
    severity: Severity,
    says: String,
    step: &'static str,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let may =
        |file: &&PyFile| file.has("ProxyFix") || file.has_any(&["headers", "environ"]) && file.has_part("request");
    for file in facts.own_python().filter(may) {
        let names = &facts.names[&file.path];
        let root = facts.project_root(&file.path);
        let mut hits = Vec::new();
        walk_exprs(&file.module.body, &mut |expr| {
            if let Some(call) = expr.as_call() {
                hits.extend(proxy_fix(facts, &root, names, call, expr.span));
            }
        });
        hits.extend(deciding(file));
        for hit in hits {
            let location = facts.files.locate(&file.path, hit.span);
            // The first place of a file stands for all that read the header.
            let symbol = if hit.says.starts_with("ProxyFix") { "ProxyFix" } else { "X-Forwarded-For" };
            let finding = Finding::new(RULE.id, RULE.threat, hit.severity, location, symbol, hit.says)
                .confidence(Confidence::Medium)
                .next_step(hit.step);
            match found.iter_mut().find(|known| known.key == finding.key) {
                Some(known) if known.primary.line == finding.primary.line => {}
                Some(known) => {
                    known.related.push(crate::text::Label { location: finding.primary, text: "here, too".to_owned() })
                }
                None => found.push(finding),
            }
        }
    }
    found
}

/// `ProxyFix(app, x_for=5)`, or `ProxyFix` where clients reach the app without a proxy.
fn proxy_fix(facts: &Facts, root: &RepoPath, names: &Names, call: &Call, span: Span) -> Option<Believes> {
    let name = names.resolve(&call.func)?;
    (name.starts_with("werkzeug") && name.ends_with(".ProxyFix")).then_some(())?;
    let hops =
        ["x_for", "x_proto", "x_host", "x_port", "x_prefix", "num_proxies"].iter().filter_map(|key| {
            match &call.keyword(key)?.value.kind {
                ExprKind::Number(digits) => digits.parse::<u32>().ok(),
                _ => None,
            }
        });
    let hops = hops.chain(call.positional(1).and_then(number)).max().unwrap_or(1);
    if hops >= MANY {
        return Some(Believes {
            span,
            severity: Severity::Low,
            says: format!(
                "ProxyFix trusts {hops} proxies in a row; where there are fewer, clients choose their address."
            ),
            step: "Give the exact number of proxies in front of the app.",
        });
    }
    let open = directly_reached(facts, root)?;
    Some(Believes {
        span,
        severity: Severity::Medium,
        says: format!("ProxyFix trusts a proxy, and {}:{} publishes the port without one.", open.path, open.line),
        step: "Publish the port on 127.0.0.1 only, or leave ProxyFix out where no proxy is in front.",
    })
}

fn number(expr: &Expr) -> Option<u32> {
    match &expr.kind {
        ExprKind::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// Where production publishes its port, where nothing shows a proxy.
fn directly_reached<'f>(facts: &'f Facts, root: &RepoPath) -> Option<&'f crate::text::Location> {
    let launches: Vec<&Launch> =
        facts.production_targets(root).filter_map(|target| target.launch).map(|at| &facts.launches[at]).collect();
    let all_open = !launches.is_empty()
        && launches.iter().all(|launch| {
            launch.role == LaunchRole::Production && launch.bounds.published.is_some() && !launch.bounds.proxied
        });
    launches.first().filter(|_| all_open).and_then(|launch| launch.bounds.published.as_ref())
}

/// Readings of the header whose value is compared with something, or is what a rate limit counts by.
fn deciding(file: &PyFile) -> Vec<Believes> {
    let mut found = Vec::new();
    walk_stmts(&file.module.body, &mut |stmt| {
        let StmtKind::Function(function) = &stmt.kind else { return };
        let counts = ["limit", "rate", "throttle"].iter().any(|part| function.name.to_ascii_lowercase().contains(part));
        let mut readings = Vec::new();
        walk_stmts(&function.body, &mut |inner| {
            let names: Vec<&str> = match &inner.kind {
                StmtKind::Assign { targets, .. } => targets.iter().filter_map(Expr::as_name).collect(),
                _ => Vec::new(),
            };
            for expr in inner.exprs() {
                expr.walk(&mut |expr| readings.extend(own_reading(expr).map(|reading| (reading, names.clone()))));
            }
        });
        if readings.is_empty() {
            return;
        }
        let mut compared: Vec<(Span, Vec<&str>)> = Vec::new();
        walk_exprs(&function.body, &mut |expr| {
            if let ExprKind::Compare { operands, .. } = &expr.kind {
                let mut names = Vec::new();
                operands.iter().for_each(|operand| operand.walk(&mut |inner| names.extend(inner.as_name())));
                compared.push((expr.span, names));
            }
        });
        found.extend(readings.into_iter().filter_map(|(reading, names)| {
            let decides = compared.iter().any(|(span, used)| {
                // `"X-Forwarded-For" in request.headers` asks whether it is there, and no more.
                span.contains(reading.span) || used.iter().any(|name| names.contains(name))
            });
            (decides || counts).then_some(reading)
        }));
    });
    found
}

/// `request.headers["X-Forwarded-For"]`, `request.environ["HTTP_X_FORWARDED_FOR"]`.
fn own_reading(expr: &Expr) -> Option<Believes> {
    let is_header = |expr: &Expr| {
        expr.as_str().is_some_and(|text| {
            let text = text.to_ascii_lowercase().replace('_', "-");
            matches!(text.as_str(), "x-forwarded-for" | "http-x-forwarded-for" | "x-real-ip" | "http-x-real-ip")
        })
    };
    let of_request = |expr: &Expr| {
        expr.dotted().is_some_and(|base| base.ends_with("request.headers") || base.ends_with("request.environ"))
    };
    let reads = match &expr.kind {
        ExprKind::Subscript { value, index } => of_request(value) && index.first().is_some_and(is_header),
        ExprKind::Call(call) => match &call.func.kind {
            ExprKind::Attr { value, name } => {
                matches!(name.as_str(), "get" | "getlist")
                    && of_request(value)
                    && call.positional(0).is_some_and(is_header)
            }
            _ => false,
        },
        _ => false,
    };
    reads.then(|| Believes {
        span: expr.span,
        severity: Severity::Low,
        says: "An address that decides something is taken from a header that any client can send.".to_owned(),
        step: "Use request.remote_addr, with ProxyFix for the exact number of proxies in front.",
    })
}
