//! What `onboard` asks, shows before it writes, and did: text and JSON. Values are in none of it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::apply::{Action, Receipt};
use crate::engine::{OnboardDraft, Onboarding};
use crate::plan::Held;
use crate::plan::onboard::{Answers, ItemSource, ItemState, Need, OnboardItem};
use crate::text::escape::{one_line, visible};

use super::counted;
use super::receipt::undo_command;
use super::style::{Role, Style};

/// Columns of a line.
const WIDTH: usize = 80;

/// A run that is over.
pub struct Done<'a> {
    pub onboarding: &'a Onboarding<'a>,
    pub answers: &'a Answers,
    pub made: &'a OnboardDraft,
    pub receipt: Option<&'a Receipt>,
    pub root: &'a Path,
}

/// `1 variable`, `3 variables`.
pub fn count(number: usize, word: &str) -> String {
    counted(number, word, &format!("{word}s"))
}

/// Where an item comes from.
pub fn source(item: &OnboardItem, onboarding: &Onboarding<'_>) -> String {
    match &item.source {
        ItemSource::Code(location) => one_line(&format!("{}:{}", location.path, location.line)),
        ItemSource::Example { line } => {
            let name = onboarding.steps.example.as_ref().map_or("the example", |example| &example.name);
            one_line(&format!("{name}:{line}"))
        }
    }
}

/// One question, without the place for its answer.
pub fn question(item: &OnboardItem, number: usize, of: usize, onboarding: &Onboarding<'_>) -> String {
    let mut out = format!("\n{number} of {of}  {}   ({})\n", one_line(&item.name), source(item, onboarding));
    if let Some(hint) = &item.hint {
        let _ = writeln!(out, "  {}", one_line(hint));
    }
    let _ = writeln!(out, "  {}.", item.why);
    out
}

/// The files as they will be, values masked.
pub fn preview(made: &OnboardDraft, style: Style) -> String {
    let mut out = String::new();
    for file in &made.draft.files {
        let state =
            if file.before.is_none() { format!("  (new, mode {:04o})", file.mode & 0o7777) } else { String::new() };
        let _ = writeln!(out, "{}{state}", style.paint(Role::Strong, &one_line(file.path.as_str())));
        for line in visible(&file.diff).lines() {
            let role = match line.as_bytes() {
                [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Role::Strong,
                [b'+', ..] => Role::Added,
                [b'-', ..] => Role::Removed,
                _ => Role::Hunk,
            };
            let _ = writeln!(out, "{}", style.paint(role, line));
        }
        out.push('\n');
    }
    out
}

/// What was done with an item, in one word; `None` where nothing was.
fn outcome(item: &OnboardItem, done: &Done<'_>) -> Option<&'static str> {
    let outside = |name: &str| {
        done.made.draft.secrets.iter().any(|secret| secret.name == name && !matches!(secret.held, Held::File(_)))
    };
    let answer = done.answers.get(&item.name);
    if done.made.unset.contains(&item.name) {
        return Some("unset");
    }
    if outside(&item.name) {
        return Some("stored");
    }
    let fillable = match item.state {
        ItemState::Missing => true,
        ItemState::Empty => answer.is_some() || matches!(item.need, Need::Generate(_)),
        ItemState::SetElsewhere => answer.is_some(),
        ItemState::Present | ItemState::AsInExample | ItemState::Stored => false,
    };
    if !fillable || done.receipt.is_none() {
        return None;
    }
    match (&item.need, answer) {
        (_, Some(answer)) if answer.is_empty() => Some("empty"),
        (_, Some(_)) => Some("given"),
        (Need::Generate(_), None) => Some("new"),
        (Need::Fixed(_), None) => Some("off"),
        (Need::Copy, None) if item.why == "empty in the example" => Some("empty"),
        (Need::Copy, None) => Some("copied"),
        (Need::Ask { .. }, None) => Some("empty"),
        (Need::Optional, None) => None,
    }
}

/// Heading and what it means, in the order of the report.
const GROUPS: &[(&str, &str, &str)] = &[
    ("new", "made", "random, 256 bits each"),
    ("stored", "in the store", ""),
    ("given", "as you said", ""),
    ("off", "off", "so that login works over plain http on this computer"),
    ("copied", "copied", ""),
    ("empty", "left empty", "fill in what you need"),
    ("unset", "not made", "the host sets them: with --store none nothing is made"),
];

/// What was done, and how the app is started now.
pub fn text(done: &Done<'_>, style: Style) -> String {
    let steps = &done.onboarding.steps;
    let mut out = String::new();
    let file = one_line(steps.file.as_str());
    match done.receipt {
        None if done.made.unset.is_empty() => {
            let _ =
                writeln!(out, "{}", style.paint(Role::Strong, "Nothing to do: everything the app asks for is there."));
        }
        None => {
            let _ = writeln!(out, "{}", style.paint(Role::Strong, "Nothing was written."));
        }
        Some(receipt) => {
            let wrote = receipt.files.iter().find(|outcome| outcome.path == steps.file);
            let heading = match wrote {
                Some(outcome) if outcome.action == Action::Created => {
                    format!("{file} is ready (mode {:04o}).", outcome.mode & 0o7777)
                }
                Some(outcome) => format!("{file} has what was missing (mode {:04o}).", outcome.mode & 0o7777),
                None => "The keys are in the store.".to_owned(),
            };
            let _ = writeln!(out, "{}  undo id {}", style.paint(Role::Strong, &heading), receipt.run);
        }
    }
    if done.receipt.is_some() {
        if let Some(example) = &steps.example {
            let _ = writeln!(out, "Example: {}", one_line(&example.name));
        }
        let _ = writeln!(out, "Store: {}", one_line(&done.onboarding.store));
    }
    for (word, title, about) in GROUPS {
        let names: Vec<&str> = of_group(done, word);
        group(&mut out, title, about, &names);
    }
    unlike_the_example(&mut out, done);
    if let Some(receipt) = done.receipt {
        if receipt.files.iter().any(|outcome| outcome.path.name() == ".gitignore") {
            let _ = writeln!(out, "  {:<12}  {file}, by a new line in .gitignore", "kept private");
        }
        let _ = writeln!(out, "Take it back: {}", undo_command(receipt, done.root));
    }
    start(&mut out, done, style);
    out
}

fn of_group<'a>(done: &'a Done<'_>, word: &str) -> Vec<&'a str> {
    let items = done.onboarding.steps.items.iter();
    items.filter(|item| outcome(item, done) == Some(word)).map(|item| item.name.as_str()).collect()
}

/// Names behind a heading, wrapped.
fn group(out: &mut String, title: &str, about: &str, names: &[&str]) {
    if names.is_empty() {
        return;
    }
    let indent = " ".repeat(16);
    let mut line = format!("  {title:<12}  ");
    for (at, name) in names.iter().enumerate() {
        let comma = if at + 1 < names.len() { "," } else { "" };
        let name = one_line(name);
        if line.len() + name.len() + comma.len() > WIDTH && line.trim_end().len() > indent.len() {
            let _ = writeln!(out, "{}", line.trim_end());
            line.clone_from(&indent);
        }
        line.push_str(&name);
        line.push_str(comma);
        line.push(' ');
    }
    let _ = writeln!(out, "{}", line.trim_end());
    if !about.is_empty() {
        let _ = writeln!(out, "{indent}({about})");
    }
}

/// Secrets in the env file whose value everyone can read in the example.
fn unlike_the_example(out: &mut String, done: &Done<'_>) {
    let steps = &done.onboarding.steps;
    let public = |item: &&OnboardItem| item.state == ItemState::AsInExample && item.is_secret();
    let names: Vec<&str> = steps.items.iter().filter(public).map(|item| item.name.as_str()).collect();
    group(out, "public value", "the example's own value stands there: put one of yours in its place", &names);
}

fn start(out: &mut String, done: &Done<'_>, style: Style) {
    let starts = done.onboarding.starts();
    let Some((first, others)) = starts.split_first() else { return };
    let _ = writeln!(out, "\n{} {}", style.paint(Role::Strong, "Start the app:"), one_line(first));
    for other in others {
        let _ = writeln!(out, "           or: {}", one_line(other));
    }
}

/// The same as a document.
pub fn json(done: &Done<'_>) -> String {
    let steps = &done.onboarding.steps;
    let items: Vec<Value> = steps
        .items
        .iter()
        .map(|item| {
            json!({
                "name": item.name,
                "class": item.need.word(),
                "why": item.why,
                "source": source(item, done.onboarding),
                "secret": item.is_secret(),
                "present": !matches!(item.state, ItemState::Missing | ItemState::Empty),
                "done": outcome(item, done),
            })
        })
        .collect();
    let run = done.receipt.map(|receipt| {
        json!({
            "id": receipt.run.to_string(),
            "files": receipt.files.iter().map(|file| json!({
                "path": file.path.as_str(),
                "created": file.action == Action::Created,
                "mode": format!("{:04o}", file.mode & 0o7777),
            })).collect::<Vec<_>>(),
            "undo": undo_command(receipt, done.root),
        })
    });
    let document = json!({
        "version": 1,
        "command": "onboard",
        "env_file": steps.file.as_str(),
        "example": steps.example.as_ref().map(|example| &example.name),
        "store": done.onboarding.store,
        "items": items,
        "run": run,
        "start": done.onboarding.starts(),
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
