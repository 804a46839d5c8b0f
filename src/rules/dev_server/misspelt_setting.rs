//! FH505: a name in a gunicorn settings file that gunicorn does not know, and so ignores.

use crate::facts::server_options::gunicorn::{OPTIONS, SETTINGS};
use crate::facts::{Facts, Server, ServerConf};
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::rules::{Explanation, Rule};
use crate::text::{Span, TextEdit};

pub(super) const RULE: Rule = Rule {
    id: "FH505",
    name: "misspelt-gunicorn-setting",
    threat: Threat::DevServer,
    severity: Severity::Medium,
    explanation: Explanation {
        what: "A name in gunicorn's settings file is none of its settings, but nearly one, or the name the command \
               line has for it.",
        why: "Gunicorn ignores unknown names without a word, and --check-config does, too: the limit that was meant \
              is not there.",
        fix: "The name becomes the setting's own, unless that is set in the same file.",
        ignore: "A variable of the file's own that happens to look like a setting.",
    },
    check,
    remedy: Some(remedies),
};

struct Misspelt<'f> {
    conf: &'f ServerConf,
    name: &'f str,
    span: Span,
    meant: &'static str,
}

fn check(facts: &Facts) -> Vec<Finding> {
    let finding = |found: Misspelt<'_>| {
        let location = facts.files.locate(&found.conf.path, found.span);
        let message = format!("Gunicorn knows no setting {} and ignores it; did you mean {}?", found.name, found.meant);
        Finding::new(RULE.id, RULE.threat, RULE.severity, location, found.name, message)
            .next_step(format!("Rename {} to {}.", found.name, found.meant))
    };
    all(facts).into_iter().map(finding).collect()
}

fn all(facts: &Facts) -> Vec<Misspelt<'_>> {
    let mut found = Vec::new();
    for conf in facts.server_confs.iter().filter(|conf| is_in_use(facts, conf)) {
        let Some(source) = facts.files.get(&conf.path) else { continue };
        for setting in &conf.settings {
            let used = words(&source.text).filter(|word| *word == setting.name).count() > 1;
            if let Some(meant) = meant(&setting.name).filter(|_| !used) {
                found.push(Misspelt { conf, name: &setting.name, span: setting.name_span, meant });
            }
        }
    }
    found
}

/// Whether gunicorn reads the file: a start names it, it has the name gunicorn looks for, or it
/// sets what only gunicorn takes.
fn is_in_use(facts: &Facts, conf: &ServerConf) -> bool {
    let named = facts
        .launches
        .iter()
        .any(|launch| launch.conf.as_ref() == Some(&conf.path) && launch.server == Server::Gunicorn);
    let known = conf.settings.iter().filter(|setting| SETTINGS.contains(&setting.name.as_str())).count();
    named || conf.path.name() == "gunicorn.conf.py" || known >= 2
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The setting that a name most likely stands for.
fn meant(name: &str) -> Option<&'static str> {
    let plain = name.to_ascii_lowercase();
    if SETTINGS.contains(&name) || name.starts_with('_') || name.len() < 4 {
        return None;
    }
    if let Some((_, setting)) = OPTIONS.iter().find(|(option, _)| option.len() > 2 && *option == plain) {
        return (!matches!(plain.as_str(), "name" | "env")).then_some(*setting);
    }
    let joined = |text: &str| text.replace('_', "");
    if let Some(same) = SETTINGS.iter().find(|setting| joined(setting) == joined(&plain)) {
        return Some(same);
    }
    let allowed = if plain.len() < 8 { 1 } else { 2 };
    let near = SETTINGS.iter().map(|setting| (distance(&plain, setting), *setting)).min()?;
    (near.0 <= allowed).then_some(near.1)
}

/// How many letters have to be put in, taken out, changed or swapped with the next.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

fn remedies(facts: &Facts, findings: &[&Finding], _: &Choices) -> Vec<Remedy> {
    let mut remedies = Vec::new();
    let all = all(facts);
    for finding in findings {
        let hit = all.iter().find(|found| facts.files.locate(&found.conf.path, found.span) == finding.primary);
        let Some(found) = hit else { continue };
        // Two settings of one name: the later one would win.
        if found.conf.settings.iter().any(|setting| setting.name == found.meant) {
            continue;
        }
        remedies.push(Remedy {
            id: finding.key.to_string(),
            findings: vec![finding.key.clone()],
            title: format!("{} is spelt as gunicorn knows it: {}", found.name, found.meant),
            reason: "From the next start on gunicorn does what the file says.".to_owned(),
            applicability: Applicability::Automatic,
            changes: vec![Change::Edit {
                path: found.conf.path.clone(),
                edits: vec![TextEdit::replace(found.span, found.meant)],
            }],
            steps: Vec::new(),
            needs: Vec::new(),
        });
    }
    remedies
}

#[cfg(test)]
mod tests {
    use super::{distance, meant};

    #[test]
    fn names_that_are_nearly_settings() {
        for (name, setting) in [
            ("max_request", "max_requests"),
            ("keep_alive", "keepalive"),
            ("worker", "workers"),
            ("log_level", "loglevel"),
            ("preload", "preload_app"),
            ("limit_request_feild_size", "limit_request_field_size"),
            ("gracefull_timeout", "graceful_timeout"),
            ("acesslog", "accesslog"),
        ] {
            assert_eq!(meant(name), Some(setting), "{name}");
        }
        for name in
            ["timeout", "cores", "host", "port", "max_workers", "app_name", "BASE_DIR", "threads_per_core", "name"]
        {
            assert_eq!(meant(name), None, "{name}");
        }
        assert_eq!(distance("tiemout", "timeout"), 1);
    }
}
