//! What `history` prints: leaked values, the worst first, and the clean-up plan.

use std::fmt::Write as _;

use crate::engine::{CleanupStep, LeakState, Scan, leaks_by_state};
use crate::facts::leaks::{Kind, Leak, shown_names};
use crate::secret::{SecretTag, Tagger};
use crate::text::escape::one_line;

use super::rules::{WIDTH, filled};
use super::style::{Role, Style};
use super::{Detail, counted};

/// Paths and names shown of one value.
const SHOWN: usize = 6;

/// A leaked value as reports show it.
pub(super) struct Listed<'a> {
    pub state: LeakState,
    pub leak: &'a Leak,
    pub tag: SecretTag,
}

/// The leaked values with their marks, the worst first.
pub(super) fn listed(scan: &Scan) -> Vec<Listed<'_>> {
    let mut tagger = Tagger::default();
    leaks_by_state(scan)
        .into_iter()
        .map(|(state, leak)| Listed { state, leak, tag: tagger.tag(&leak.secret) })
        .collect()
}

/// The report for people.
pub fn render(scan: &Scan, plan: &[CleanupStep], detail: Detail, style: Style) -> String {
    let listed = listed(scan);
    let mut out = String::new();
    if detail != Detail::Brief {
        head(&mut out, scan);
    }
    for item in &listed {
        match item.state {
            LeakState::Doubtful if detail != Detail::Full => {}
            _ if detail == Detail::Brief => brief(&mut out, item, style),
            _ => block(&mut out, item, style),
        }
    }
    let doubtful = listed.iter().filter(|item| item.state == LeakState::Doubtful).count();
    if doubtful > 0 && detail == Detail::Normal {
        let more = counted(
            doubtful,
            "value is a placeholder, easily guessed, or only stood in tests, examples or documentation",
            "values are placeholders, easily guessed, or only stood in tests, examples or documentation",
        );
        for line in filled(&format!("{more}: -v lists them."), WIDTH) {
            let _ = writeln!(out, "{line}");
        }
        out.push('\n');
    }
    if detail != Detail::Brief {
        steps(&mut out, plan, style);
    }
    out.push_str(&summary(scan, &listed));
    out
}

fn head(out: &mut String, scan: &Scan) {
    let history = &scan.summary.history;
    if history.checked {
        let commits = counted(history.commits, "commit", "commits");
        let versions = counted(history.versions, "file version", "file versions");
        let _ = writeln!(out, "Git history  {commits} and {versions} read: branches, tags, stashes, notes,");
        let _ = writeln!(out, "             pull requests and reflogs of this clone, and all messages");
    } else {
        let _ = writeln!(out, "Git history  not checked");
    }
    for reason in history.reason.iter().chain(&history.skipped) {
        for line in filled(&format!("not read: {}", one_line(reason)), WIDTH - 13) {
            let _ = writeln!(out, "             {line}");
        }
    }
    out.push('\n');
}

fn word(state: LeakState) -> &'static str {
    match state {
        LeakState::Live => "LIVE",
        LeakState::InTree => "MED",
        LeakState::Old => "OLD",
        LeakState::Doubtful => "LOW",
    }
}

fn title(item: &Listed<'_>, style: Style) -> String {
    let leak = item.leak;
    let label = style.paint(Role::of(item.state.severity()), word(item.state)).into_owned();
    let means = match (item.state, leak.doubt) {
        (LeakState::Live, _) => "in use now",
        (LeakState::InTree, _) => "still in the tree; its use is not proven",
        (LeakState::Old, _) => "in use nowhere here",
        (LeakState::Doubtful, Some(doubt)) => doubt.words(),
        (LeakState::Doubtful, None) => "doubtful",
    };
    let key = match leak.kind {
        Kind::UrlPassword => format!("password in {}", one_line(&leak.key)),
        Kind::Setting | Kind::Provider(_) => one_line(&leak.key),
    };
    format!("{label}: {} {means}  {}", style.paint(Role::Strong, &key), item.tag)
}

fn brief(out: &mut String, item: &Listed<'_>, style: Style) {
    let _ = writeln!(out, "{}: {}", first(item.leak), title(item, style));
}

/// `4be1c07 2025-04-25 config.py:9`
fn first(leak: &Leak) -> String {
    let commit = leak.commit.get(..7).unwrap_or(&leak.commit);
    if leak.places.is_empty() {
        format!("{commit} {} its message", leak.date)
    } else {
        format!("{commit} {} {}:{}", leak.date, one_line(leak.path.as_str()), leak.line)
    }
}

fn block(out: &mut String, item: &Listed<'_>, style: Style) {
    let leak = item.leak;
    let _ = writeln!(out, "{}", title(item, style));
    let mut tell = |name: &str, text: &str| {
        for (at, line) in filled(text, WIDTH - 17).iter().enumerate() {
            let _ = writeln!(out, "      {:<11}{line}", if at == 0 { name } else { "" });
        }
    };
    for used in &leak.live {
        tell("live", &format!("{} {}", one_line(&used.at), one_line(&used.key)));
    }
    tell("first", &first(leak));
    let end = match (&leak.removed, leak.in_head) {
        (_, true) => "still in HEAD".to_owned(),
        (Some(removed), _) => format!("taken out in {}", removed.short()),
        (None, false) => "never in HEAD".to_owned(),
    };
    tell("last", &format!("{}, {end}", leak.last.short()));
    let places: Vec<String> = leak
        .places
        .iter()
        .map(|place| {
            let lines: Vec<String> = place.lines.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = if place.lines.len() > SHOWN { ",…" } else { "" };
            format!("{}:{}{more}", one_line(place.path.as_str()), lines.join(","))
        })
        .collect();
    if !places.is_empty() {
        tell("stood in", &some(&places));
    }
    if leak.messages > 0 {
        tell("said in", &counted(leak.messages, "message or note", "messages and notes"));
    }
    if leak.names.len() > 1 {
        let names: Vec<String> = leak.names.iter().map(|name| one_line(name)).collect();
        tell("named", &some(&names));
    }
    tell("reached by", &one_line(&reach(leak)));
    out.push('\n');
}

/// Everything that still leads to it.
fn reach(leak: &Leak) -> String {
    let reach = &leak.reach;
    if reach.only_stash() || reach.only_reflog() {
        return leak.reached();
    }
    let mut parts = Vec::new();
    for (what, names) in [
        ("", &reach.remote_branches),
        ("tags ", &reach.tags),
        ("", &reach.pull_requests),
        ("local branches ", &reach.branches),
        ("", &reach.other_refs),
    ] {
        if !names.is_empty() {
            parts.push(format!("{what}{}", shown_names(names)));
        }
    }
    if reach.stash {
        parts.push("a stash".to_owned());
    }
    if parts.is_empty() {
        return leak.reached();
    }
    if !reach.published() {
        parts.push("no remote branch here".to_owned());
    }
    parts.join("; ")
}

fn some(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

fn steps(out: &mut String, plan: &[CleanupStep], style: Style) {
    if plan.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", style.paint(Role::Strong, "Clean-up plan; nothing of it was done"));
    for (at, step) in plan.iter().enumerate() {
        for (line, text) in filled(&one_line(&step.title), WIDTH - 4).iter().enumerate() {
            let number = if line == 0 { format!("{:>2}", at + 1) } else { "  ".to_owned() };
            let _ = writeln!(out, "{number}  {text}");
        }
        for text in &step.text {
            for (line, text) in filled(&one_line(text), WIDTH - 6).iter().enumerate() {
                let _ = writeln!(out, "    {} {text}", if line == 0 { "-" } else { " " });
            }
        }
        for command in &step.commands {
            let _ = writeln!(out, "      {}", one_line(command));
        }
    }
    out.push('\n');
}

fn summary(scan: &Scan, listed: &[Listed<'_>]) -> String {
    let count = |state| listed.iter().filter(|item| item.state == state).count();
    if listed.is_empty() {
        let read = if scan.summary.history.checked { "no leaked values found" } else { "history was not checked" };
        return format!("{read}\n");
    }
    format!(
        "{}: {} live, {} still in the tree, {} old, {} doubtful\n",
        counted(listed.len(), "value", "values"),
        count(LeakState::Live),
        count(LeakState::InTree),
        count(LeakState::Old),
        count(LeakState::Doubtful)
    )
}
