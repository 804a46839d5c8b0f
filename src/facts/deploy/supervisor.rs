//! Supervisor programs: command, directory, environment.

use super::assemble::Frame;
use super::context::Context;
use super::dockerfile;
use super::scope::Scope;
use super::shell::start_words;
use super::vars::{self, overlay, whole_lines};
use super::words::{Form, Piece, ShellText};
use super::{Deployments, Kind, roles};
use crate::facts::{LaunchRole, LaunchVar};
use crate::lang::ini::{Continues, Setting, sections};
use crate::lang::shell::is_name;
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "supervisor", matches, read };

fn matches(path: &RepoPath) -> bool {
    let named = path.components().any(|part| part.to_ascii_lowercase().contains("supervisor"));
    path.extension() == "conf" || (named && path.extension() == "ini")
}

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    if !file.text.contains("[program:") {
        return;
    }
    let all = sections(&file.text, Continues::Indent);
    let daemon =
        all.iter().find(|section| section.name == "supervisord").and_then(|section| section.get("environment"));
    let shared = daemon.map(|setting| environment(file, setting)).unwrap_or_default();
    for section in &all {
        let Some(name) = section.name.strip_prefix("program:") else { continue };
        let Some(command) = section.get("command") else { continue };
        let own = section.get("environment").map(|setting| environment(file, setting)).unwrap_or_default();
        let env = overlay(shared.clone(), own);
        let mut scope = Scope::new(context, RepoPath::root()).with_env(env.clone());
        if let Some(places) = dockerfile::places_of(context, &file.path) {
            scope = scope.inside(places, "/");
        }
        if let Some(dir) = section.get("directory") {
            let here = dir.value.replace("%(here)s", &format!("/{}", file.path.parent()));
            scope.cwd = context.guess_dir(uncommented(&here));
        }
        let text = uncommented(&command.value).to_owned();
        let span = Span::new(command.span.start, command.span.start + text.len());
        let piece = Piece::new(file, span, Form::Shell);
        let text = ShellText { text: text.into(), at: Some(span.start), piece };
        let Some(start) = start_words(&scope, text.words()) else {
            found.loose.extend(env);
            continue;
        };
        let mut frame = Frame::new(KIND.name, file, name, section.head);
        frame.role = roles::of_path(&file.path, LaunchRole::Production);
        frame.env = env;
        frame.bounds.user = section.get("user").map(|user| uncommented(&user.value).trim().to_owned());
        found.launches.push(frame.launch(start));
    }
}

/// A value up to the comment behind it (` ;`).
fn uncommented(value: &str) -> &str {
    value.find(" ;").map_or(value, |at| &value[..at]).trim_end()
}

/// `A="x",B='y',C=z` over one or more lines.
fn environment(file: &SourceFile, setting: &Setting) -> Vec<LaunchVar> {
    let text = uncommented(&setting.value);
    let mut pairs: Vec<Span> = Vec::new();
    let mut start = 0;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ',') => {
                pairs.push(Span::new(start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    pairs.push(Span::new(start, text.len()));
    let base = setting.span.start;
    let place = |start: usize, end: usize| Span::new(base + start, base + end);
    let mut found = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let Some((name, value)) = pair.of(text).split_once('=') else { continue };
        if !is_name(name.trim()) {
            continue;
        }
        let raw = value.trim();
        let lead = pair.start + name.len() + 1 + (value.len() - value.trim_start().len());
        let quoted = raw.len() > 1 && raw.starts_with(['"', '\'']) && raw.ends_with(&raw[..1]);
        let inner = if quoted { &raw[1..raw.len() - 1] } else { raw };
        let value_at = lead + usize::from(quoted);
        let item = match (pairs.len(), index) {
            (1, _) => whole_lines(file, setting.item),
            (_, 0) => place(pair.start, pairs[1].start),
            _ => place(pairs[index - 1].end, pair.end),
        };
        let mut var = vars::var(file, name.trim(), inner, false, place(value_at, value_at + inner.len()), Some(item));
        if inner.contains("%(ENV_") {
            (var.value, var.value_span, var.origin) = (None, None, crate::facts::VarOrigin::Elsewhere);
        }
        found.push(var);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Trial, brief, env};

    #[test]
    fn programs_over_several_lines_are_read() {
        let conf = "[supervisord]\nnodaemon=true\n\n[program:shop]\ncommand=/home/u/shop/venv/bin/gunicorn\n    -b localhost:8000\n    -w 4 shop:app   ; start it\ndirectory=/home/u/shop\nuser=u\nenvironment=FLASK_DEBUG=\"1\",\n    KEY='a,b',DB=%(ENV_DB)s\n\n[program:worker]\ncommand=celery -A shop worker\n";
        let trial = Trial::new(&[("deploy/shop.conf", conf), ("shop.py", "")]);
        let launch = trial.one();
        assert_eq!(brief(&launch), "shop gunicorn shop:app Production Platform");
        assert_eq!(launch.bind.as_deref(), Some("localhost:8000"));
        let seen = env(&launch);
        assert_eq!((seen["FLASK_DEBUG"], seen["KEY"], seen["DB"]), (Some("1"), Some("a,b"), None));
        assert_eq!(trial.without(&launch, "KEY"), conf.replace(",\n    KEY='a,b'", ""));
        assert!(trial.command(&launch).unwrap().ends_with("shop:app"));
    }

    #[test]
    fn unquoted_factories_are_one_word() {
        let conf = "[program:x]\ncommand=gunicorn -w 4 --bind unix:/tmp/x.sock shop:create_app()\n";
        let launch = Trial::new(&[("supervisord.conf", conf)]).one();
        assert_eq!(launch.target.unwrap().to_string(), "shop:create_app()");
    }

    #[test]
    fn other_conf_files_are_not_read() {
        assert!(
            Trial::new(&[("nginx.conf", "server { location / { proxy_pass http://gunicorn; } }")])
                .launches()
                .is_empty()
        );
    }
}
