//! What `onboard` asks, shows before it writes, and did: text and JSON. Values are in none of it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::apply::{Action, Receipt};
use crate::engine::{OnboardDraft, Onboarding};
use crate::plan::Held;
use crate::plan::onboard::{Answer, Answers, ItemSource, ItemState, Need, OnboardItem, StartWay};
use crate::store::StoreId;
use crate::text::escape::{one_line, visible};

use super::counted;
use super::receipt::undo_command;
use super::style::{Role, Style};

/// Columns of a line.
const WIDTH: usize = 80;

/// A run that is over.
pub struct Done<'a> {
    pub onboarding: &'a Onboarding,
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
pub fn source(item: &OnboardItem, onboarding: &Onboarding) -> String {
    match &item.source {
        ItemSource::Code(location) => one_line(&format!("{}:{}", location.path, location.line)),
        ItemSource::Example { line } => {
            let name = onboarding.steps.example.as_ref().map_or("the example", |example| &example.name);
            one_line(&format!("{name}:{line}"))
        }
    }
}

/// One question, without the place for its answer.
pub fn question(item: &OnboardItem, number: usize, of: usize, onboarding: &Onboarding) -> String {
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
    if done.made.unset.contains(&item.name) {
        return Some("unset");
    }
    let secret = done.made.draft.secrets.iter().find(|secret| secret.name == item.name);
    match secret.map(|secret| &secret.held) {
        Some(Held::Store { existing: true, .. }) => return Some("kept"),
        Some(Held::Store { .. }) => return Some("stored"),
        Some(Held::Shown { .. }) => return Some("shown"),
        Some(Held::File(_)) | None => {}
    }
    let answer = done.answers.get(&item.name);
    let fillable = match item.state {
        ItemState::Missing => true,
        ItemState::Empty => answer.is_some_and(|answer| !answer.is_empty()) || matches!(item.need, Need::Generate(_)),
        ItemState::SetElsewhere => answer.is_some(),
        ItemState::Present | ItemState::AsInExample | ItemState::Stored | ItemState::InStore => false,
    };
    if !fillable || done.receipt.is_none() {
        return None;
    }
    match (answer, &item.need) {
        (Some(Answer::Value(value)), _) if value.is_empty() => Some("empty"),
        (Some(Answer::Value(_)), _) => Some("given"),
        (Some(Answer::Generate), _) | (None, Need::Generate(_)) => Some("new"),
        (Some(Answer::Copy), _) => Some("copied"),
        (None, Need::Fixed(_)) => Some("off"),
        (None, Need::Copy) if item.default.is_none() => Some("empty"),
        (None, Need::Copy) => Some("copied"),
        (None, Need::Ask { .. }) => Some("empty"),
        (None, Need::Optional) => None,
    }
}

/// Variables that had the same done with them.
pub struct Group<'a> {
    pub title: &'static str,
    /// What it means; empty where the title says it.
    pub about: &'static str,
    pub names: Vec<&'a str>,
}

/// Word, heading and what it means, in the order of the report.
const GROUPS: &[(&str, &str, &str)] = &[
    ("new", "made", "random, 256 bits each"),
    ("stored", "in the store", ""),
    ("kept", "was there", "the store's own value is used"),
    ("shown", "shown once", "set each where the app runs: it is kept nowhere"),
    ("given", "as you said", ""),
    ("off", "off", "so that login works over plain http on this computer"),
    ("copied", "copied", ""),
    ("empty", "left empty", "fill in what you need"),
    ("unset", "not made", "the host sets them: with --store none nothing is made"),
];

/// What was done with which variables.
pub fn groups<'a>(done: &'a Done<'_>) -> Vec<Group<'a>> {
    let named = |word: &str| {
        let items = done.onboarding.steps.items.iter().filter(|item| outcome(item, done) == Some(word));
        items.map(|item| item.name.as_str()).collect::<Vec<_>>()
    };
    let groups = GROUPS.iter().map(|(word, title, about)| Group { title, about, names: named(word) });
    let public = |item: &&OnboardItem| item.state == ItemState::AsInExample && item.is_secret();
    let public = Group {
        title: "public value",
        about: "the example's own value stands there: put one of yours in its place",
        names: done.onboarding.steps.items.iter().filter(public).map(|item| item.name.as_str()).collect(),
    };
    groups.chain(std::iter::once(public)).filter(|group| !group.names.is_empty()).collect()
}

/// What became of the env file, in one sentence.
pub fn heading(done: &Done<'_>) -> String {
    let file = one_line(done.onboarding.steps.file.as_str());
    let Some(receipt) = done.receipt else {
        let nothing = done.made.unset.is_empty();
        let text =
            if nothing { "Nothing to do: everything the app asks for is there." } else { "Nothing was written." };
        return text.to_owned();
    };
    match receipt.files.iter().find(|outcome| outcome.path == done.onboarding.steps.file) {
        Some(outcome) if outcome.action == Action::Created => {
            format!("{file} is ready (mode {:04o}).", outcome.mode & 0o7777)
        }
        Some(outcome) => format!("{file} has what was missing (mode {:04o}).", outcome.mode & 0o7777),
        None if done.onboarding.store_id() == StoreId::Print => "The keys are made.".to_owned(),
        None => "The keys are in the store.".to_owned(),
    }
}

/// What has to be set by hand before the app is started; `None` where nothing has.
pub fn by_hand(done: &Done<'_>) -> Option<String> {
    let items = done.onboarding.steps.items.iter();
    let names: Vec<String> = items
        .filter(|item| matches!(outcome(item, done), Some("shown" | "unset")))
        .map(|item| one_line(&item.name))
        .collect();
    (!names.is_empty()).then(|| format!("set {} in the environment first", names.join(", ")))
}

/// What was done, and how the app is started now.
pub fn text(done: &Done<'_>, style: Style) -> String {
    let steps = &done.onboarding.steps;
    let mut out = String::new();
    let undo = done.receipt.map_or_else(String::new, |receipt| format!("  undo id {}", receipt.run));
    let _ = writeln!(out, "{}{undo}", style.paint(Role::Strong, &heading(done)));
    if done.receipt.is_some() {
        if let Some(example) = &steps.example {
            let _ = writeln!(out, "Example: {}", one_line(&example.name));
        }
        let _ = writeln!(out, "Store: {}", one_line(&done.onboarding.store));
    }
    for one in groups(done) {
        group(&mut out, one.title, one.about, &one.names);
    }
    if let Some(receipt) = done.receipt {
        if receipt.files.iter().any(|outcome| outcome.path.name() == ".gitignore") {
            let file = one_line(steps.file.as_str());
            let _ = writeln!(out, "  {:<12}  {file}, by a new line in .gitignore", "kept private");
        }
        let _ = writeln!(out, "Take it back: {}", undo_command(receipt, done.root));
    }
    start(&mut out, done, style);
    out
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

fn start(out: &mut String, done: &Done<'_>, style: Style) {
    let starts = done.onboarding.starts();
    let Some((first, others)) = starts.split_first() else { return };
    if let Some(first) = by_hand(done) {
        let _ = writeln!(out, "\n{} {first}", style.paint(Role::Strong, "By hand:"));
    }
    let _ = writeln!(out, "\n{} {}", style.paint(Role::Strong, "Start the app:"), way(first));
    for other in others {
        let _ = writeln!(out, "           or: {}", way(other));
    }
}

/// A command, and where the app answers then.
pub fn way(way: &StartWay) -> String {
    match &way.address {
        Some(address) => format!("{}   then open {}", one_line(&way.command), one_line(address)),
        None => one_line(&way.command),
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
                "secret": item.is_secret_as(done.answers.get(&item.name)),
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
    let starts = done.onboarding.starts();
    let document = json!({
        "version": 1,
        "command": "onboard",
        "env_file": steps.file.as_str(),
        "example": steps.example.as_ref().map(|example| &example.name),
        "store": done.onboarding.store,
        "items": items,
        "run": run,
        "start": starts.iter().map(|way| &way.command).collect::<Vec<_>>(),
        "address": starts.first().and_then(|way| way.address.as_ref()),
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}
