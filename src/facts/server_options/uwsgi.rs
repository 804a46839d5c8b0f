//! uWSGI's options: from its own settings file and its command line, with dashes in their names.

use super::{ServerOption, words_behind};
use crate::facts::Facts;
use crate::facts::launch::Launch;
use crate::lang::ini::{Continues, sections};
use crate::text::{Location, RepoPath, Span};

/// What uWSGI knows under two names; the second is the one used here.
const SAME: &[(&str, &str)] = &[
    ("M", "master"),
    ("p", "processes"),
    ("workers", "processes"),
    ("t", "harakiri"),
    ("s", "socket"),
    ("b", "buffer-size"),
    ("R", "max-requests"),
    ("python-autoreload", "py-autoreload"),
    ("py-auto-reload", "py-autoreload"),
    ("catch-exception", "catch-exceptions"),
];

fn named(name: &str) -> String {
    let name = name.trim().replace('_', "-");
    SAME.iter().find(|(known, _)| *known == name).map_or(name, |(_, same)| (*same).to_owned())
}

/// The settings file a launch reads, where it is an INI file of the tree.
pub fn settings_file(facts: &Facts, launch: &Launch) -> Option<RepoPath> {
    let file = launch.conf.clone().or_else(|| (launch.kind == "uwsgi").then(|| launch.location.path.clone()))?;
    (file.extension() == "ini" && facts.files.get(&file).is_some()).then_some(file)
}

pub(super) fn options(facts: &Facts, launch: &Launch) -> Vec<ServerOption> {
    let mut found = Vec::new();
    if let Some(source) = settings_file(facts, launch).and_then(|path| facts.files.get(&path)) {
        let all = sections(&source.text, Continues::Never);
        for setting in all.iter().filter(|section| section.name == "uwsgi").flat_map(|section| &section.settings) {
            let cut = setting.value.find(" ;").or_else(|| setting.value.find(" #")).unwrap_or(setting.value.len());
            let value = setting.value[..cut].trim();
            found.push(ServerOption {
                name: named(&setting.key),
                value: (!value.contains("$(")).then(|| value.to_owned()),
                location: Location::in_file(source, setting.item),
                value_span: Some(Span::new(setting.span.start, setting.span.start + value.len())),
            });
        }
    }
    found.extend(on_command_line(words_behind(launch, &["uwsgi", "pyuwsgi"]), &launch.location));
    found
}

/// uWSGI's options take a value only where one follows that is no option itself.
fn on_command_line(words: &[String], location: &Location) -> Vec<ServerOption> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with('-') && word.len() > 1) {
        let text = word.trim_start_matches('-');
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, words.get(at + 1).filter(|next| !next.starts_with('-')).cloned()),
        };
        let value = value.unwrap_or_else(|| "true".to_owned());
        found.push(ServerOption {
            name: named(name),
            value: (!value.contains('$')).then_some(value),
            location: location.clone(),
            value_span: None,
        });
    }
    found
}
