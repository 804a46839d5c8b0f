//! The edit that sets a variable in the file that starts a server which reads no configuration of
//! gunicorn: uWSGI's own file, a Dockerfile, a unit, a program of supervisor.

use crate::facts::{Facts, Launch, Server, Target};
use crate::lang::dockerfile::instructions;
use crate::lang::ini::{Continues, sections};
use crate::remedy::Change;
use crate::text::{RepoPath, SourceFile, TextEdit};

/// The edit for the server that starts a target; `None` where its file has no place for a variable.
/// `value` holds no quote and no blank.
pub(super) fn set(facts: &Facts, target: &Target, name: &str, value: &str) -> Option<Change> {
    let launch = &facts.launches[target.launch?];
    if launch.env.iter().any(|var| var.name == name) {
        return None;
    }
    let (path, edit) = in_uwsgi(facts, launch, name, value).or_else(|| match launch.kind {
        "dockerfile" => in_image(facts, launch, name, value),
        "systemd" => in_unit(facts, launch, name, value),
        "supervisor" => in_program(facts, launch, name, value),
        _ => None,
    })?;
    Some(Change::Edit { path, edits: vec![edit] })
}

/// At the end of the `[uwsgi]` section.
fn in_uwsgi(facts: &Facts, launch: &Launch, name: &str, value: &str) -> Option<(RepoPath, TextEdit)> {
    if launch.server != Server::Uwsgi {
        return None;
    }
    let path = launch.conf.clone().filter(|path| facts.files.get(path).is_some());
    let path = path.unwrap_or_else(|| launch.location.path.clone());
    let source = facts.files.get(&path).filter(|_| path.extension() == "ini")?;
    let section = source.text.lines().position(|line| line.trim() == "[uwsgi]")? + 1;
    let mut last = section;
    for (at, line) in source.text.lines().enumerate().skip(section) {
        if line.trim_start().starts_with('[') {
            break;
        }
        if !line.trim().is_empty() {
            last = at + 1;
        }
    }
    let end = source.nth_line(last)?.end;
    let newline = source.newline();
    Some((path, TextEdit::insert(end, format!("{newline}env = {name}={value}"))))
}

/// `ENV` above the CMD or ENTRYPOINT of the last stage, and above the comment that belongs to it.
fn in_image(facts: &Facts, launch: &Launch, name: &str, value: &str) -> Option<(RepoPath, TextEdit)> {
    let path = launch.via.first().map_or(&launch.location.path, |at| &at.path);
    // Who develops in containers of this image would start without it.
    let develops = |other: &&Launch| {
        other.kind == "compose"
            && other.role == crate::facts::LaunchRole::Development
            && other.bounds.image.as_ref() == Some(path)
    };
    let source = facts.files.get(path)?;
    if facts.launches.iter().any(|other| develops(&other)) {
        return None;
    }
    let all = instructions(&source.text);
    let stage = all.iter().rposition(|step| step.keyword == "FROM")?;
    let start = all[stage..].iter().find(|step| matches!(step.keyword.as_str(), "CMD" | "ENTRYPOINT"))?;
    let mut at = source.line_span(start.span.start).start;
    while let Some(above) = source.text[..at].strip_suffix('\n') {
        let line = source.line_span(above.len());
        if !line.of(&source.text).trim_start().starts_with('#') {
            break;
        }
        at = line.start;
    }
    Some((path.clone(), TextEdit::insert(at, format!("ENV {name}={value}{}", source.newline()))))
}

/// `Environment=` above the unit's ExecStart.
fn in_unit(facts: &Facts, launch: &Launch, name: &str, value: &str) -> Option<(RepoPath, TextEdit)> {
    let source = unit_of(facts, launch)?;
    let all = sections(&source.text, Continues::Backslash);
    let start = all.iter().find(|section| section.name == "Service")?.get("ExecStart")?;
    let at = source.line_span(start.item.start).start;
    Some((source.path.clone(), TextEdit::insert(at, format!("Environment={name}={value}{}", source.newline()))))
}

/// In the program's `environment`, or on a line of its own below its command.
fn in_program(facts: &Facts, launch: &Launch, name: &str, value: &str) -> Option<(RepoPath, TextEdit)> {
    let source = unit_of(facts, launch)?;
    let all = sections(&source.text, Continues::Indent);
    let section = all.iter().find(|section| section.name.strip_prefix("program:") == Some(launch.name.as_str()))?;
    let text = match section.get("environment") {
        Some(known) if known.value.contains(" ;") => return None,
        Some(known) => TextEdit::insert(
            known.span.start + known.value.trim_end_matches([',', ' ']).len(),
            format!(",{name}=\"{value}\""),
        ),
        None => {
            let end = source.line_span(section.get("command")?.item.end).end;
            TextEdit::insert(end, format!("{}environment={name}=\"{value}\"", source.newline()))
        }
    };
    Some((source.path.clone(), text))
}

/// The file itself, where the command is not one of a script that it calls.
fn unit_of<'f>(facts: &'f Facts, launch: &Launch) -> Option<&'f SourceFile> {
    facts.files.get(launch.via.first().map_or(&launch.location.path, |at| &at.path))
}
