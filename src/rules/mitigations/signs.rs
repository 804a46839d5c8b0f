//! What shows that a mitigation is there, where no rule found it missing.

use super::Sign;
use crate::facts::modules::Modules;
use crate::facts::settings::Setting;
use crate::facts::values::Value;
use crate::facts::{Facts, FileRole, LaunchRole, Server, Target, routes};
use crate::lang::ignore::lines;
use crate::rules::session_cookies::{content, flags};
use crate::text::{Location, RepoPath, SourceFile};

/// Roots of the projects that make an app.
fn roots(facts: &Facts) -> impl Iterator<Item = &RepoPath> {
    facts.projects.iter().map(|project| &project.root).filter(|root| facts.makes_app(root))
}

/// What a setting is on the first target that serves.
fn effective<'f>(facts: &'f Facts, key: &str) -> Option<(&'f Target, &'f Setting)> {
    roots(facts).flat_map(|root| facts.serving_targets(root)).find_map(|target| {
        let setting = facts.effective(target, key).setting()?;
        Some((target, facts.resolve(setting)))
    })
}

pub(super) fn key_from_outside(facts: &Facts) -> Sign {
    match effective(facts, "SECRET_KEY") {
        Some((_, setting)) if setting.value.env().is_some() => {
            Sign::There(Some(setting.location.clone()), "It is read from the environment.")
        }
        Some((_, setting)) => Sign::There(Some(setting.location.clone()), "It is no literal."),
        None => Sign::Unclear("Nothing here gives the app a key."),
    }
}

pub(super) fn key_from_environment(facts: &Facts) -> Sign {
    let reads = facts.settings.iter().find(|setting| facts.is_own(setting.path()) && setting.value.env().is_some());
    match reads {
        Some(setting) => Sign::There(Some(setting.location.clone()), "It is read, and nothing here shows it."),
        None => Sign::Unclear("No setting is read from the environment."),
    }
}

/// Packages that read from a secrets manager.
const MANAGERS: &[&str] =
    &["hvac", "keyring", "google.cloud.secretmanager", "azure.keyvault", "aws_secretsmanager_caching", "infisical_sdk"];

pub(super) fn secrets_manager(facts: &Facts) -> Sign {
    if !facts.stored.is_empty() {
        return Sign::There(None, "flask-harden keeps keys of this tree in a store outside of it.");
    }
    for file in facts.own_python() {
        let names = &facts.names[&file.path];
        let text = facts.files.get(&file.path).map_or("", |source| source.text.as_str());
        let aws = names.mentions("boto3") && text.contains("secretsmanager");
        if aws || MANAGERS.iter().any(|package| names.mentions(package)) {
            return Sign::There(Some(Location::whole(file.path.clone())), "The code reads from one.");
        }
    }
    let by_start = facts.files.sources.values().find(|source| {
        let role = crate::repo::role(&source.path);
        let yaml = matches!(source.path.extension(), "yml" | "yaml") && role == FileRole::Source;
        yaml && ["secretKeyRef", "secrets:\n", "external_secrets", "ExternalSecret"]
            .iter()
            .any(|mark| source.text.contains(mark))
    });
    match by_start {
        Some(source) => Sign::There(Some(Location::whole(source.path.clone())), "The start takes secrets from one."),
        None if effective(facts, "SECRET_KEY").is_some() => {
            let place = effective(facts, "SECRET_KEY").map(|(_, setting)| setting.location.clone());
            Sign::Missing(place, "Nothing here reads keys from Vault, AWS Secrets Manager or a keyring.")
        }
        None => Sign::Unclear("Nothing here gives the app a key."),
    }
}

pub(super) fn rotation(facts: &Facts) -> Sign {
    match effective(facts, "SECRET_KEY_FALLBACKS") {
        Some((_, setting)) => Sign::There(Some(setting.location.clone()), "SECRET_KEY_FALLBACKS is set."),
        None => match effective(facts, "SECRET_KEY") {
            Some((_, setting)) => {
                Sign::Missing(Some(setting.location.clone()), "Nothing keeps the key before while sessions last.")
            }
            None => Sign::Unclear("Nothing here gives the app a key."),
        },
    }
}

pub(super) fn closed_files(facts: &Facts) -> Sign {
    let closed = facts.env_files.iter().find(|file| !file.tracked && !file.example && file.mode & 0o004 == 0);
    match closed {
        Some(file) => Sign::There(Some(Location::whole(file.path.clone())), "Others cannot read the env file."),
        None => Sign::Unclear("There is no file with keys here; servers are not seen from here."),
    }
}

pub(super) fn ignored(facts: &Facts) -> Sign {
    if !facts.git {
        return Sign::Unclear("This is no git repository.");
    }
    let ignores = facts.files.sources.values().filter(|source| source.path.name() == ".gitignore");
    for source in ignores {
        if let Some(line) = lines(&source.text).find(|line| !line.negated && line.pattern.contains(".env")) {
            let at = source.nth_line(line.number);
            let place = at.map_or_else(|| Location::whole(source.path.clone()), |at| Location::in_file(source, at));
            return Sign::There(Some(place), "Env files are ignored.");
        }
    }
    Sign::Missing(None, "No .gitignore names .env.")
}

const NO_SESSION: &str = "The app does not use the session.";

/// Judges a cookie flag where the app has a session.
fn cookie(facts: &Facts, key: &str, option: &str, default: Option<&'static str>) -> Sign {
    let Some(root) = roots(facts).find(|root| flags::has_session(facts, root)) else {
        return Sign::Unclear(NO_SESSION);
    };
    if flags::set_by_extension(facts, root, option) {
        return Sign::There(None, "Flask-Talisman sets it.");
    }
    match (effective(facts, key), default) {
        (Some((_, setting)), _) => Sign::There(Some(setting.location.clone()), "It is set."),
        (None, Some(why)) => Sign::There(None, why),
        (None, None) => Sign::Unclear("What production loads is only known when it starts."),
    }
}

pub(super) fn cookie_secure(facts: &Facts) -> Sign {
    cookie(facts, "SESSION_COOKIE_SECURE", "session_cookie_secure", None)
}

pub(super) fn cookie_httponly(facts: &Facts) -> Sign {
    cookie(facts, "SESSION_COOKIE_HTTPONLY", "session_cookie_http_only", Some("Flask has it on by itself."))
}

pub(super) fn cookie_samesite(facts: &Facts) -> Sign {
    cookie(facts, "SESSION_COOKIE_SAMESITE", "session_cookie_samesite", None)
}

pub(super) fn lifetime(facts: &Facts) -> Sign {
    if !roots(facts).any(|root| flags::has_session(facts, root)) {
        return Sign::Unclear(NO_SESSION);
    }
    match effective(facts, "PERMANENT_SESSION_LIFETIME") {
        Some((_, setting)) => Sign::There(Some(setting.location.clone()), "PERMANENT_SESSION_LIFETIME is set."),
        None => Sign::There(None, "Sessions are not permanent: they end with the browser."),
    }
}

pub(super) fn server_side(facts: &Facts) -> Sign {
    let Some(root) = roots(facts).find(|root| flags::has_session(facts, root)) else {
        return Sign::Unclear(NO_SESSION);
    };
    if content::on_the_server(facts, root) {
        return Sign::There(None, "Sessions are kept on the server.");
    }
    Sign::Unclear("Sessions are in the cookie; nothing sensitive was seen in them.")
}

/// Pages of the project.
fn pages(facts: &Facts) -> impl Iterator<Item = &SourceFile> {
    facts
        .files
        .sources
        .values()
        .filter(|source| matches!(source.path.extension(), "html" | "htm" | "jinja" | "jinja2" | "j2"))
}

pub(super) fn renders_files(facts: &Facts) -> Sign {
    let renders = facts.own_python().find(|file| facts.names[&file.path].imports("flask.render_template").is_some());
    match renders {
        Some(file) => Sign::There(
            Some(Location::whole(file.path.clone())),
            "Templates are files, and input is given as variables.",
        ),
        None => Sign::Unclear("No template is rendered here."),
    }
}

pub(super) fn has_pages(facts: &Facts) -> Sign {
    match pages(facts).next() {
        Some(source) => Sign::There(Some(Location::whole(source.path.clone())), "Nothing was found in the pages."),
        None => Sign::Unclear("There are no pages here."),
    }
}

pub(super) fn inheritance(facts: &Facts) -> Sign {
    let extends = pages(facts).find(|source| source.text.contains("{% extends") || source.text.contains("{%- extends"));
    match extends {
        Some(source) => Sign::There(Some(Location::whole(source.path.clone())), "Pages extend another template."),
        None if pages(facts).count() > 1 => {
            let first = pages(facts).next().map(|source| Location::whole(source.path.clone()));
            Sign::Missing(first, "No page extends another one.")
        }
        None => Sign::Unclear("There is at most one page here."),
    }
}

pub(super) fn escaped_by_hand(facts: &Facts) -> Sign {
    match pages(facts).find(|source| source.text.contains("autoescape false")) {
        Some(source) => Sign::There(Some(Location::whole(source.path.clone())), "Values in the block are escaped."),
        None => Sign::Unclear("Autoescaping is switched off on no page."),
    }
}

/// The place production starts, with what serves there.
fn production(facts: &Facts) -> Option<&crate::facts::Launch> {
    facts.production.iter().map(|at| &facts.launches[*at]).find(|launch| launch.role == LaunchRole::Production)
}

pub(super) fn debug_off(facts: &Facts) -> Sign {
    match production(facts) {
        Some(launch) => Sign::There(Some(launch.location.clone()), "Nothing switches it on where production starts."),
        None if effective(facts, "DEBUG").is_some() => {
            let place = effective(facts, "DEBUG").map(|(_, setting)| setting.location.clone());
            Sign::There(place, "It is off on a server as far as the code shows.")
        }
        None => Sign::Unclear("No file says how production starts."),
    }
}

pub(super) fn debug_by_environment(facts: &Facts) -> Sign {
    match effective(facts, "DEBUG") {
        Some((_, setting)) if setting.value.env().is_some() => {
            Sign::There(Some(setting.location.clone()), "A variable decides.")
        }
        Some((_, setting)) if matches!(setting.value.value, Value::Bool(false)) => {
            Sign::There(Some(setting.location.clone()), "It is off; FLASK_DEBUG can switch it on.")
        }
        Some(_) => Sign::Unclear("It is computed when the app starts."),
        None if roots(facts).next().is_some() => Sign::There(None, "FLASK_DEBUG alone decides; it is off by itself."),
        None => Sign::Unclear("No app is made here."),
    }
}

pub(super) fn wsgi_server(facts: &Facts) -> Sign {
    match production(facts) {
        Some(launch) if !launch.server.is_development_server() && launch.server != Server::PythonFile => {
            Sign::There(Some(launch.location.clone()), "A production server is started.")
        }
        Some(launch) => Sign::There(Some(launch.location.clone()), "The file that is started serves by itself."),
        None => Sign::Unclear("No file says how production starts."),
    }
}

pub(super) fn server_limits(facts: &Facts) -> Sign {
    let Some(launch) = production(facts) else { return Sign::Unclear("No file says how production starts.") };
    let options = facts.server_options(launch);
    match facts.server_conf(launch) {
        Some(conf) => Sign::There(Some(Location::whole(conf.path.clone())), "Its settings are in a file."),
        None if !options.is_empty() => Sign::There(Some(launch.location.clone()), "Its command line sets them."),
        None => Sign::Unclear("The server's settings are not in this repository."),
    }
}

pub(super) fn converters(facts: &Facts) -> Sign {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    let with = routes.iter().find(|route| route.pattern.contains('<') && route.pattern.contains(':'));
    match with {
        Some(route) => Sign::There(place(facts, &modules, route), "Parameters are converted."),
        None if routes.iter().any(|route| route.pattern.contains('<')) => {
            Sign::Unclear("Parameters are texts, and nothing shows that they are numbers.")
        }
        None => Sign::Unclear("No route has a parameter."),
    }
}

pub(super) fn guarded(facts: &Facts) -> Sign {
    let modules = Modules::of(facts.own_python());
    let routes = routes::collect(&facts.files, &modules);
    match routes.iter().find(|route| route.pattern.contains('<')) {
        Some(route) => Sign::There(place(facts, &modules, route), "No object was found that its id alone opens."),
        None => Sign::Unclear("No route has a parameter."),
    }
}

fn place(facts: &Facts, modules: &Modules<'_>, route: &routes::Route<'_>) -> Option<Location> {
    let path = &modules.scopes[route.handler.scope].file.path;
    Some(facts.files.locate(path, route.handler.function.name_span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_app_nothing_is_claimed() {
        let facts = Facts::default();
        assert!(matches!(key_from_outside(&facts), Sign::Unclear(_)));
        assert!(matches!(cookie_secure(&facts), Sign::Unclear(_)));
        assert!(matches!(wsgi_server(&facts), Sign::Unclear(_)));
    }
}
