//! FH507: uWSGI starts production without the limits it does not have by itself.

use crate::facts::server_options::{ServerOption, option, uwsgi};
use crate::facts::{Facts, Launch, LaunchRole, Server};
use crate::finding::{Finding, Severity, Threat};
use crate::lang::ini::{Continues, sections};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Location, RepoPath, Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH507",
    name: "uwsgi-without-limits",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "uWSGI starts production without harakiri (a time limit for requests), master (which replaces workers), \
               more than one process or thread, or need-app; or it runs as root.",
        why: "uWSGI has none of these by itself: a request that hangs holds its worker for good, and when all workers \
              hang the site is down until somebody restarts it.",
        fix: "master, need-app and harakiri = 60 are added to the [uwsgi] section, unless it serves requests that \
              stay open. The number of processes is for a person to choose.",
        ignore: "A server whose limits stand in a file on the host.",
    },
    check,
    remedy: Some(remedies),
};

/// What a launch lacks.
struct Lacks {
    place: Location,
    names: Vec<&'static str>,
    root: bool,
}

/// Options that make workers serve many requests at once, or requests that stay open.
const OPEN: &[&str] = &["gevent", "asyncio", "async", "http-websockets", "ugreen", "greenlet"];

fn lacks(facts: &Facts, launch: &Launch) -> Option<Lacks> {
    let options = facts.server_options(launch);
    // Settings of a file that is not in the tree are not known.
    if options.is_empty() || launch.argv.iter().any(|word| word == "--emperor") {
        return None;
    }
    let named_elsewhere = launch.conf.is_none() && launch.argv.iter().any(|word| word.ends_with(".ini"));
    if named_elsewhere {
        return None;
    }
    let on = |name: &str| option(&options, name).is_some_and(|option| option.value.is_none() || option.is_on());
    let many =
        |name: &str| option(&options, name).is_some_and(|option| option.number().is_none_or(|number| number > 1.0));
    let open = OPEN.iter().any(|name| on(name));
    let mut names = Vec::new();
    if !on("harakiri") && !open {
        names.push("harakiri");
    }
    if !on("master") {
        names.push("master");
    }
    if !many("processes") && !many("threads") && !many("cheaper") && !open {
        names.push("processes");
    }
    if !on("need-app") {
        names.push("need-app");
    }
    let root = option(&options, "uid").filter(|option| is_root(option)).is_some();
    let file = uwsgi::settings_file(facts, launch);
    let place = file.and_then(|path| head(facts, &path)).unwrap_or_else(|| launch.location.clone());
    (names.len() > 1 || names.first() == Some(&"harakiri") || root).then_some(Lacks { place, names, root })
}

fn is_root(option: &ServerOption) -> bool {
    option.value.as_deref().is_some_and(crate::facts::launch::is_root)
}

fn head(facts: &Facts, path: &RepoPath) -> Option<Location> {
    let source = facts.files.get(path)?;
    let all = sections(&source.text, Continues::Never);
    let section = all.iter().find(|section| section.name == "uwsgi")?;
    Some(Location::in_file(source, section.head))
}

fn launches(facts: &Facts) -> impl Iterator<Item = &Launch> {
    facts.launches.iter().filter(|launch| launch.role == LaunchRole::Production && launch.server == Server::Uwsgi)
}

fn check(facts: &Facts) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for lacks in launches(facts).filter_map(|launch| lacks(facts, launch)) {
        let mut parts = Vec::new();
        if !lacks.names.is_empty() {
            parts.push(format!("starts production without {}", lacks.names.join(", ")));
        }
        if lacks.root {
            parts.push("runs as root".to_owned());
        }
        let worse = lacks.root || lacks.names.contains(&"master");
        let severity = if worse { Severity::Medium } else { Severity::Low };
        let message = format!("uWSGI {}.", parts.join(" and "));
        let finding = Finding::new(RULE.id, RULE.threat, severity, lacks.place, "uwsgi", message);
        if !found.iter().any(|known| known.primary == finding.primary) {
            found.push(finding.next_step(step(&lacks.names, lacks.root)));
        }
    }
    found
}

fn step(names: &[&str], root: bool) -> String {
    let line = |name: &&str| match *name {
        "harakiri" => "harakiri = 60",
        "master" => "master = true",
        "processes" => "processes = 4",
        _ => "need-app = true",
    };
    let mut lines: Vec<&str> = names.iter().map(line).collect();
    if root {
        lines.push("uid = www-data");
    }
    format!("Set {}.", lines.join(", "))
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    for finding in findings {
        let hit = launches(facts)
            .filter_map(|launch| Some((launch, lacks(facts, launch)?)))
            .find(|(_, lacks)| lacks.place == finding.primary);
        let Some((launch, lacks)) = hit else { continue };
        let by_person = lacks.root || lacks.names.contains(&"processes");
        let change = uwsgi::settings_file(facts, launch).and_then(|path| added(facts, &path, &lacks.names));
        let Some(change) = change.filter(|_| !by_person) else { continue };
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("uWSGI with {}", lacks.names.join(", ")),
            reason: if lacks.names.contains(&"harakiri") {
                "A request that takes longer than 60 seconds is ended, and its worker replaced.".to_owned()
            } else {
                "Workers that die are replaced, and a server without an app does not start.".to_owned()
            },
            applicability: Applicability::Automatic,
            changes: vec![change],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

/// The lines at the end of the `[uwsgi]` section.
fn added(facts: &Facts, path: &RepoPath, names: &[&str]) -> Option<Change> {
    let source = facts.files.get(path)?;
    let all = sections(&source.text, Continues::Never);
    let last = all.iter().find(|section| section.name == "uwsgi")?.settings.last()?;
    let line = source.line_span(last.item.start);
    let newline = source.newline();
    let text: String =
        names
            .iter()
            .map(|name| {
                if *name == "harakiri" { format!("{newline}harakiri = 60") } else { format!("{newline}{name} = true") }
            })
            .collect();
    let end = line.start + source.text[line.start..line.end].trim_end_matches(['\r', '\n']).len();
    Some(Change::Edit { path: path.clone(), edits: vec![TextEdit::replace(Span::at(end), text)] })
}
