//! The JSON document of `history`, version 1.

use serde::Serialize;

use crate::engine::{CleanupStep, LeakState, Scan};
use crate::facts::leaks::{Doubt, Kind, Leak};
use crate::finding::Severity;

use super::super::history::{Listed, listed};
use super::{Tool, VERSION, printed};

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    complete: bool,
    history: Read<'a>,
    leaks: Vec<LeakDto<'a>>,
    summary: Summary,
    plan: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Read<'a> {
    checked: bool,
    commits: usize,
    file_versions: usize,
    reason: Option<&'a str>,
    skipped: &'a [String],
}

#[derive(Serialize)]
struct LeakDto<'a> {
    state: &'static str,
    severity: Severity,
    /// `setting`, `url-password`, or the provider's name.
    kind: &'a str,
    key: &'a str,
    names: &'a [String],
    tag: String,
    doubt: Option<&'static str>,
    live: Vec<Use<'a>>,
    first: Sighting<'a>,
    last: Moment<'a>,
    removed_in: Option<Moment<'a>>,
    in_head: bool,
    places: Vec<Place<'a>>,
    messages: usize,
    reach: Reach<'a>,
}

#[derive(Serialize)]
struct Use<'a> {
    key: &'a str,
    at: &'a str,
}

#[derive(Serialize)]
struct Moment<'a> {
    commit: &'a str,
    date: &'a str,
}

#[derive(Serialize)]
struct Sighting<'a> {
    commit: &'a str,
    date: &'a str,
    /// Absent where it stands in a message.
    path: Option<&'a str>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: &'a [usize],
}

#[derive(Serialize)]
struct Reach<'a> {
    remote_branches: &'a [String],
    tags: &'a [String],
    pull_requests: &'a [String],
    branches: &'a [String],
    other_refs: &'a [String],
    stash: bool,
    reflog: bool,
    only_stash: bool,
    only_reflog: bool,
}

#[derive(Serialize)]
struct Summary {
    total: usize,
    live: usize,
    in_tree: usize,
    old: usize,
    doubtful: usize,
}

#[derive(Serialize)]
struct Step<'a> {
    title: &'a str,
    text: &'a [String],
    commands: &'a [String],
}

/// The leaked values and the plan for programs.
pub fn render(scan: &Scan, plan: &[CleanupStep]) -> String {
    let listed = listed(scan);
    let count = |state| listed.iter().filter(|item| item.state == state).count();
    let history = &scan.summary.history;
    printed(&Document {
        version: VERSION,
        tool: Tool::this(),
        complete: history.checked && history.reason.is_none(),
        history: Read {
            checked: history.checked,
            commits: history.commits,
            file_versions: history.versions,
            reason: history.reason.as_deref(),
            skipped: &history.skipped,
        },
        summary: Summary {
            total: listed.len(),
            live: count(LeakState::Live),
            in_tree: count(LeakState::InTree),
            old: count(LeakState::Old),
            doubtful: count(LeakState::Doubtful),
        },
        leaks: listed.iter().map(leak).collect(),
        plan: plan.iter().map(|step| Step { title: &step.title, text: &step.text, commands: &step.commands }).collect(),
    })
}

fn leak<'a>(item: &Listed<'a>) -> LeakDto<'a> {
    let leak: &'a Leak = item.leak;
    let in_file = !leak.places.is_empty();
    LeakDto {
        state: match item.state {
            LeakState::Live => "live",
            LeakState::InTree => "in-tree",
            LeakState::Old => "old",
            LeakState::Doubtful => "doubtful",
        },
        severity: item.state.severity(),
        kind: match leak.kind {
            Kind::Setting => "setting",
            Kind::UrlPassword => "url-password",
            Kind::Provider(name) => name,
        },
        key: &leak.key,
        names: &leak.names,
        tag: format!("s{}", item.tag.0),
        doubt: leak.doubt.map(doubt),
        live: leak.live.iter().map(|used| Use { key: &used.key, at: &used.at }).collect(),
        first: Sighting {
            commit: &leak.commit,
            date: &leak.date,
            path: in_file.then_some(leak.path.as_str()),
            line: in_file.then_some(leak.line),
        },
        last: moment(&leak.last),
        removed_in: leak.removed.as_ref().map(moment),
        in_head: leak.in_head,
        places: leak.places.iter().map(|place| Place { path: place.path.as_str(), lines: &place.lines }).collect(),
        messages: leak.messages,
        reach: Reach {
            remote_branches: &leak.reach.remote_branches,
            tags: &leak.reach.tags,
            pull_requests: &leak.reach.pull_requests,
            branches: &leak.reach.branches,
            other_refs: &leak.reach.other_refs,
            stash: leak.reach.stash,
            reflog: leak.reach.reflog,
            only_stash: leak.reach.only_stash(),
            only_reflog: leak.reach.only_reflog(),
        },
    }
}

const fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Word => "easily-guessed",
        Doubt::Docs => "documentation",
        Doubt::Example => "example",
        Doubt::Test => "test",
        Doubt::Placeholder => "placeholder",
    }
}

fn moment(moment: &crate::facts::leaks::Moment) -> Moment<'_> {
    Moment { commit: &moment.commit, date: &moment.date }
}
