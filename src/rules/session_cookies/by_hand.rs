//! FH209: a cookie that says who somebody is, is set without its flags.

use super::secure;
use crate::facts::values::{Value, Valued};
use crate::facts::{Effective, Facts, PyFile};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::python::{Call, Expr, ExprKind, add_item_after, walk_exprs};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::place::{Reading, editable};
use crate::rules::{Explanation, Rule, server_start};
use crate::text::TextEdit;

pub(super) const RULE: Rule = Rule {
    id: "FH209",
    name: "cookie-set-without-flags",
    threat: Threat::SessionCookies,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "response.set_cookie() of a cookie that by its name or its content says who somebody is (a session, a \
               token, a user's id, a pickled object) leaves out secure, httponly or samesite. The SESSION_COOKIE \
               settings do not reach cookies that the app sets itself.",
        why: "Without httponly any script on the page can read the cookie, without secure anyone on the way, and \
              without samesite other sites can use it. Whoever has it is taken for its owner.",
        fix: "The missing arguments are added: httponly=True, samesite=\"Lax\", and secure by the variable \
              SESSION_COOKIE_SECURE, which production switches on. Where pages read cookies by script, httponly is \
              left to a person.",
        ignore: "A cookie that only scripts of the page use, such as a CSRF token that is sent twice.",
    },
    check,
    remedy: Some(remedies),
};

const SWITCH: &str = "SESSION_COOKIE_SECURE";
const FLAGS: [&str; 3] = ["secure", "httponly", "samesite"];

/// A call that sets a cookie which matters, and what it lacks.
struct Set<'f> {
    file: &'f PyFile,
    expr: &'f Expr,
    call: &'f Call,
    name: String,
    lacks: Vec<&'static str>,
    severity: Severity,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for set in sets(facts) {
        let location = facts.files.locate(&set.file.path, set.expr.span);
        let again =
            found.iter().filter(|f| f.primary.path == location.path && f.key.symbol.starts_with(&set.name)).count();
        let symbol = if again == 0 { set.name.clone() } else { format!("{}#{}", set.name, again + 1) };
        let message = format!("The cookie {} is set without {}.", set.name, listed(&set.lacks));
        found.push(
            Finding::new(RULE.id, RULE.threat, set.severity, location, symbol, message)
                .next_step(format!("Add {} to the call.", arguments(&set.lacks))),
        );
    }
    found
}

fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn arguments(lacks: &[&str]) -> String {
    let argument = |flag: &&str| match *flag {
        "samesite" => "samesite=\"Lax\"".to_owned(),
        flag => format!("{flag}=True"),
    };
    lacks.iter().map(argument).collect::<Vec<_>>().join(", ")
}

fn sets(facts: &Facts) -> Vec<Set<'_>> {
    let mut found = Vec::new();
    for file in facts.own_python().filter(|file| file.has("set_cookie")) {
        walk_exprs(&file.module.body, &mut |expr| {
            if let Some(set) = expr.as_call().and_then(|call| of_call(facts, file, expr, call)) {
                found.push(set);
            }
        });
    }
    found
}

fn of_call<'f>(facts: &Facts, file: &'f PyFile, expr: &'f Expr, call: &'f Call) -> Option<Set<'f>> {
    let ExprKind::Attr { value: base, name } = &call.func.kind else { return None };
    let receiver = base.dotted().unwrap_or_default().to_ascii_lowercase();
    // Cookies of a client, not of an answer.
    if name != "set_cookie"
        || ["client", "cookies", "cookiejar", "jar", "browser"].iter().any(|end| receiver.ends_with(end))
    {
        return None;
    }
    let argument = |n: usize, keyword: &str| call.keyword(keyword).map(|arg| &arg.value).or_else(|| call.positional(n));
    let opaque = call.args.iter().any(|arg| arg.stars == 2);
    let value = argument(1, "value");
    let is_zero = |expr: &Expr| matches!(&expr.kind, ExprKind::Number(text) if text == "0" || text == "0.0");
    let ends =
        call.keyword("expires").is_some_and(|arg| is_zero(&arg.value) || matches!(&arg.value.kind, ExprKind::Str(_)))
            || call.keyword("max_age").is_some_and(|arg| is_zero(&arg.value))
            || value.is_none_or(|value| value.as_str() == Some("") || matches!(value.kind, ExprKind::None));
    if opaque || ends {
        return None;
    }
    let name = cookie_name(facts, file, argument(0, "key")?);
    let named = name.as_deref().is_some_and(is_identity);
    let pickled = value.is_some_and(|value| holds_object(facts, file, value));
    let csrf = name.as_deref().is_some_and(|name| name.to_ascii_lowercase().replace(['_', '-'], "").contains("csrf"));
    // A script has to read that one, to send it twice.
    if csrf || !(named || pickled) {
        return None;
    }
    let lacks: Vec<&'static str> = FLAGS.into_iter().filter(|flag| is_missing(call, flag)).collect();
    let grave = lacks.iter().any(|flag| *flag != "samesite");
    let severity = if grave { RULE.severity } else { Severity::Low };
    let name = name.unwrap_or_else(|| "that is set here".to_owned());
    (!lacks.is_empty()).then_some(Set { file, expr, call, name, lacks, severity })
}

/// Whether a flag is absent or switched off; what is computed counts as set.
fn is_missing(call: &Call, flag: &str) -> bool {
    let position = match flag {
        "secure" => 6,
        "httponly" => 7,
        _ => 8,
    };
    let value = call.keyword(flag).map(|arg| &arg.value).or_else(|| call.positional(position));
    value.is_none_or(|value| matches!(value.kind, ExprKind::False | ExprKind::None))
}

/// The name of a cookie: a literal, or a name or setting that is one.
fn cookie_name(facts: &Facts, file: &PyFile, expr: &Expr) -> Option<String> {
    if let Some(name) = expr.as_str() {
        return Some(name.to_owned());
    }
    let key = match &expr.kind {
        ExprKind::Name(name) | ExprKind::Attr { name, .. } => name.as_str(),
        ExprKind::Subscript { index, .. } => index.first()?.as_str()?,
        _ => return None,
    };
    let own = |setting: &&crate::facts::Setting| setting.key == key && facts.is_own(setting.path());
    let setting = facts.settings.iter().find(own).map(|setting| &facts.resolve(setting).value.value);
    match setting {
        Some(Value::Text { secret, .. }) => Some(secret.expose().to_owned()),
        _ => {
            let mut found = None;
            for stmt in &file.module.body {
                if let crate::lang::python::StmtKind::Assign { targets, value } = &stmt.kind
                    && targets.iter().any(|target| target.as_name() == Some(key))
                {
                    found = value.as_str().map(str::to_owned);
                }
            }
            found.or_else(|| Some(key.to_owned()).filter(|key| is_identity(key)))
        }
    }
}

/// Whether a cookie of this name says who somebody is.
fn is_identity(name: &str) -> bool {
    let mut words: Vec<String> = Vec::new();
    let mut last_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            last_lower = false;
            continue;
        }
        if words.is_empty() || c.is_uppercase() && last_lower {
            words.push(String::new());
        }
        last_lower = c.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    let whole: String = words.concat();
    let alone = ["sid", "uid", "jwt", "auth", "user", "login", "remember", "identity", "credentials", "voter", "admin"];
    let inside =
        ["session", "token", "authoriz", "authentic", "userid", "username", "rememberme", "apikey", "loggedin"];
    // What is remembered of a page, not of a person.
    let views = ["theme", "lang", "locale", "consent", "timezone", "view", "filter", "sort", "sidebar", "page", "next"];
    let preference = words.iter().any(|word| views.contains(&word.as_str()));
    !preference
        && (words.iter().any(|word| alone.contains(&word.as_str())) || inside.iter().any(|part| whole.contains(part)))
}

/// Whether the value is a pickled or encoded object, which the app will read back and trust.
fn holds_object(facts: &Facts, file: &PyFile, value: &Expr) -> bool {
    let names = &facts.names[&file.path];
    let mut found = false;
    value.walk(&mut |inner| {
        let func = inner.as_call().and_then(|call| names.resolve(&call.func)).unwrap_or_default();
        found |=
            matches!(func.as_str(), "pickle.dumps" | "dill.dumps" | "marshal.dumps" | "cPickle.dumps" | "jwt.encode");
        found |= func.starts_with("flask_jwt_extended.create_") || func.ends_with("fernet.encrypt");
    });
    found
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    let sets = sets(facts);
    for finding in findings {
        let at = &finding.primary;
        let here = sets.iter().find(|set| set.file.path == at.path && set.expr.span == at.span);
        let Some(set) = here else { continue };
        remedies.push(remedy(facts, finding, set));
    }
    remedies
}

fn remedy(facts: &Facts, finding: &Finding, set: &Set<'_>) -> Remedy {
    let mut remedy = Remedy {
        id: finding.key.to_string(),
        findings: vec![finding.key.clone()],
        title: format!("flags for the cookie {}", set.name),
        reason: "Scripts and other sites no longer get at it; over plain http it works as before in development."
            .to_owned(),
        applicability: Applicability::Automatic,
        changes: Vec::new(),
        steps: Vec::new(),
        needs: Vec::new(),
    };
    match changes(facts, set) {
        Ok((changes, step)) => {
            remedy.changes = changes;
            remedy.steps.extend(step);
        }
        Err(why) => {
            remedy.reason = why;
            remedy.applicability = Applicability::Manual;
            remedy.steps.extend(finding.next_step.clone());
        }
    }
    remedy
}

fn changes(facts: &Facts, set: &Set<'_>) -> Result<(Vec<Change>, Option<String>), String> {
    let root = facts.project_root(&set.file.path);
    let (source, file) = editable(facts, &set.file.path)?;
    let scripted = facts.files.sources.values().any(|page| {
        facts.same_project(&page.path, &root)
            && page.path.extension() == "html"
            && page.text.contains("document.cookie")
    });
    if scripted && set.lacks.contains(&"httponly") {
        return Err("A page here reads cookies by script; whether it is this one is for a person to say.".to_owned());
    }
    if FLAGS.iter().any(|flag| set.lacks.contains(flag) && set.call.keyword(flag).is_some()) {
        return Err("A flag is switched off here on purpose; it is not rewritten.".to_owned());
    }
    let last = set.call.args.last().ok_or("The call has no arguments.")?;
    let reading = Reading::of(file, source, last.span.start);
    let target = facts.serving_targets(&root).next();
    let always = target.is_some_and(|target| matches!(
        facts.effective(target, SWITCH),
        Effective::Set { setting, certain: true } if facts.truth(target, setting) == Some(true) && is_plain(&facts.resolve(setting).value)
    ));
    let mut added = Vec::new();
    let mut changes = Vec::new();
    let mut step = None;
    for flag in &set.lacks {
        added.push(match *flag {
            "samesite" => format!("samesite={}", reading.literal("Lax")),
            "httponly" => "httponly=True".to_owned(),
            _ if always => "secure=True".to_owned(),
            _ => {
                let why = secure::WHY;
                let start = target.and_then(|target| server_start::set_for(facts, target, SWITCH, "true", why));
                match (start, target) {
                    (Some(start), _) => changes.extend(start),
                    (None, Some(target)) => step = Some(server_start::environment_step(facts, target, SWITCH, "true")),
                    (None, None) => step = Some(format!("Set {SWITCH}=true in the environment of the server.")),
                }
                format!("secure={}", reading.switch(SWITCH))
            }
        });
    }
    // Arguments on lines of their own get lines of their own.
    let line = source.line_span(last.span.start);
    let lead = &source.text[line.start..last.span.start];
    let between = if lead.trim().is_empty() { format!(",{}{lead}", source.newline()) } else { ", ".to_owned() };
    let mut edits: Vec<TextEdit> = vec![add_item_after(source, last.span, &added.join(&between))];
    edits.extend(reading.import(source, file).filter(|_| added.iter().any(|text| text.contains("environ"))));
    changes.insert(0, Change::Edit { path: set.file.path.clone(), edits });
    Ok((changes, step))
}

fn is_plain(value: &Valued) -> bool {
    matches!(value.value, Value::Bool(_))
}

#[cfg(test)]
mod tests {
    use super::is_identity;

    #[test]
    fn names_that_say_who_somebody_is() {
        for name in [
            "sessionId",
            "vulpy_session",
            "voter_id",
            "access_token",
            "user",
            "user_id",
            "auth",
            "jwt",
            "PHPSESSID_token",
        ] {
            assert!(is_identity(name), "{name}");
        }
        for name in ["theme", "show_followed", "lang", "cookie_consent", "csrf", "user_theme", "last_page", "author"] {
            assert!(!is_identity(name), "{name}");
        }
    }
}
