//! The leaked values by what they mean now, and what to do about them: the plan is words and
//! commands for a person; nothing of it is run.

use zeroize::Zeroizing;

use crate::facts::leaks::{Doubt, Kind, Leak, doubt};
use crate::finding::Severity;
use crate::secret::strength::{self, Strength};

use super::Scan;

/// What a leaked value means now; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeakState {
    /// Equal to a value in use.
    Live,
    /// HEAD still holds it; that a server uses it is not proven.
    InTree,
    /// Equal to nothing in use, and in no present file.
    Old,
    /// By its look or its places it may be no secret.
    Doubtful,
}

impl LeakState {
    pub const fn severity(self) -> Severity {
        match self {
            LeakState::Live => Severity::Live,
            LeakState::InTree => Severity::Medium,
            LeakState::Old | LeakState::Doubtful => Severity::Low,
        }
    }
}

/// What a leaked value means now.
pub fn leak_state(leak: &Leak) -> LeakState {
    match (leak.live.is_empty(), leak.doubt) {
        (false, _) => LeakState::Live,
        (true, Some(_)) => LeakState::Doubtful,
        (true, None) if leak.in_head => LeakState::InTree,
        (true, None) => LeakState::Old,
    }
}

/// The leaked values, the worst first, then the earliest.
pub fn leaks_by_state(scan: &Scan) -> Vec<(LeakState, &Leak)> {
    let mut leaks: Vec<(LeakState, &Leak)> = scan.facts.leaks.iter().map(|leak| (leak_state(leak), leak)).collect();
    leaks.sort_by_key(|(state, _)| *state);
    leaks
}

/// One step of the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanupStep {
    pub title: String,
    /// Prose, one saying each.
    pub text: Vec<String>,
    /// What to type, in order.
    pub commands: Vec<String>,
}

impl CleanupStep {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.text.push(text.into());
        self
    }

    fn run(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}

/// The plan for what history holds; empty where it holds nothing that matters.
pub fn cleanup(scan: &Scan) -> Vec<CleanupStep> {
    let leaks: Vec<(LeakState, &Leak)> =
        leaks_by_state(scan).into_iter().filter(|(state, _)| *state != LeakState::Doubtful).collect();
    if leaks.is_empty() {
        return Vec::new();
    }
    let all: Vec<&Leak> = leaks.iter().map(|(_, leak)| *leak).collect();
    let mut plan = vec![rotate(&leaks)];
    let (named, local): (Vec<&Leak>, Vec<&Leak>) =
        all.iter().partition(|leak| !leak.reach.only_stash() && !leak.reach.only_reflog());
    if !named.is_empty() {
        plan.push(rewrite(&named));
        plan.extend(publish(&named));
    }
    plan.extend(drop_local(&local));
    if named.iter().any(|leak| leak.reach.published() || !leak.reach.tags.is_empty()) {
        plan.push(others(&named));
    }
    plan
}

fn rotate(leaks: &[(LeakState, &Leak)]) -> CleanupStep {
    let live: Vec<&Leak> = leaks.iter().filter(|(state, _)| *state == LeakState::Live).map(|(_, leak)| *leak).collect();
    if live.is_empty() {
        return CleanupStep::new("Make sure that no server, backup or other project still uses one of these values.")
            .say("None of them is proven to be in use here. One that is must be replaced before anything else.");
    }
    let mut step = CleanupStep::new("Replace what is live, before anything else.").say(
        "Whoever has a clone keeps the value, whatever is done to history. A leaked key is not kept as a fallback key.",
    );
    for leak in live {
        let places: Vec<&str> = leak.live.iter().map(|used| used.at.as_str()).collect();
        let at = places.join(", ");
        let signs = leak.kind == Kind::Setting && leak.is_setting(crate::rules::SIGNING_KEYS);
        let in_env = leak.live.iter().any(|used| used.key == leak.key && used.at.contains(".env"));
        step = step.say(match (signs, leak.is_setting(&["SECURITY_PASSWORD_SALT"])) {
            (_, true) => format!(
                "{} ({at}): stored password hashes depend on it, so it is not replaced; who reads the hashes can try \
                 passwords on them.",
                leak.key
            ),
            (true, _) if in_env => format!(
                "{} ({at}): take the line out, let flask-harden --apply make a new key, restart the servers. Everyone \
                 signs in again once.",
                leak.key
            ),
            (true, _) => format!(
                "{} ({at}): flask-harden --apply makes a new key and reads it from the store. Everyone signs in again \
                 once.",
                leak.key
            ),
            _ => format!("{} ({at}): change it where it was issued, then here.", leak.key),
        });
    }
    step
}

/// The file that the commands speak of.
const FILE: &str = "~/replacements.txt";

fn rewrite(named: &[&Leak]) -> CleanupStep {
    let (replaced, left_out) = replaceable(named);
    let mut step = CleanupStep::new("Optional, last: take the values out of history.")
        .say("It changes the id of every commit since the first one that holds a value, and of every tag on them.");
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(|leak| leak.key.as_str()).collect();
        step = step.say(format!(
            "Too short or too common to be replaced everywhere, so left out: {}. Edit these commits by hand, or let \
             them be.",
            names.join(", ")
        ));
    }
    if replaced.is_empty() {
        return step;
    }
    let mut filter = format!("git -C clean.git filter-repo --sensitive-data-removal --replace-text {FILE}");
    if replaced.iter().any(|leak| leak.messages > 0) {
        filter = format!(
            "git -C clean.git filter-repo --sensitive-data-removal --replace-text {FILE} --replace-message {FILE}"
        );
    }
    step = step.say("git-filter-repo (a program of its own) does it, on a fresh copy. The file holds the values: keep it outside of every repository, readable by you alone, and remove it afterwards.");
    step.run(format!("flask-harden history --write-replacements {FILE}"))
        .run("git clone --mirror ADDRESS clean.git")
        .run(filter)
        .run(format!("rm {FILE}"))
}

fn publish(named: &[&Leak]) -> Option<CleanupStep> {
    let mut branches: Vec<&str> = Vec::new();
    let mut tags: Vec<&str> = Vec::new();
    let mut requests: Vec<&str> = Vec::new();
    for leak in named {
        branches.extend(leak.reach.remote_branches.iter().map(String::as_str));
        tags.extend(leak.reach.tags.iter().map(String::as_str));
        requests.extend(leak.reach.pull_requests.iter().map(String::as_str));
    }
    for names in [&mut branches, &mut tags, &mut requests] {
        names.sort_unstable();
        names.dedup();
    }
    if branches.is_empty() && tags.is_empty() && requests.is_empty() {
        return None;
    }
    let mut step = CleanupStep::new("Replace what the remote has.");
    if !branches.is_empty() {
        step = step.say(format!("Branches that hold a value: {}.", some(&branches)));
    }
    if !tags.is_empty() {
        step =
            step.say(format!("Tags that hold a value: {}. Releases made from them keep their archives.", some(&tags)));
    }
    step = step.run("git -C clean.git push --force --mirror origin");
    let host = if requests.iter().any(|name| name.starts_with("refs/merge-requests/")) { "GitLab" } else { "GitHub" };
    Some(if requests.is_empty() {
        step.say(
            "Pull requests are not in this clone as a rule. The host keeps them, and what forks and its caches hold: a \
             push does not reach them. Ask its support to remove them, with the first changed commit that \
             filter-repo names.",
        )
    } else {
        step.say(format!(
            "{} that {host} keeps: {}. A push cannot change them: ask its support, with the first changed commit that \
             filter-repo names.",
            if requests.len() == 1 { "A request" } else { "Requests" },
            some(&requests)
        ))
    })
}

fn drop_local(local: &[&Leak]) -> Option<CleanupStep> {
    if local.is_empty() {
        return None;
    }
    let mut step = CleanupStep::new("Drop what only this clone has.")
        .say("No branch and no tag reaches it, so nothing has to be pushed. Every other stash and reflog goes too.");
    if local.iter().any(|leak| leak.reach.only_stash()) {
        step = step.run("git stash list").run("git stash drop stash@{N}");
    }
    Some(step.run("git reflog expire --expire=now --all").run("git gc --prune=now"))
}

fn others(named: &[&Leak]) -> CleanupStep {
    let since = named.iter().map(|leak| leak.date.as_str()).min().unwrap_or_default();
    CleanupStep::new("Tell everybody who has a clone or a fork to delete it and clone again.")
        .say(format!(
            "That is everyone who cloned since {since}. A pull, or a push of an old branch, brings the values back."
        ))
        .say("Build caches, images, packages and backups made since then hold them as well.")
}

fn some(names: &[&str]) -> String {
    let shown = names.iter().take(8).copied().collect::<Vec<_>>().join(" ");
    if names.len() > 8 { format!("{shown} and {} more", names.len() - 8) } else { shown }
}

/// Values that can be replaced wherever they stand, and those that would take other text along.
fn replaceable<'l>(leaks: &[&'l Leak]) -> (Vec<&'l Leak>, Vec<&'l Leak>) {
    leaks.iter().partition(|leak| {
        let value = leak.secret.expose();
        let common = leak.doubt.is_some_and(|doubt| doubt >= Doubt::Word)
            || strength::judge(&leak.secret) == Strength::WellKnown
            || !doubt::is_distinctive(value);
        !common && !value.contains(['\n', '\r'])
    })
}

/// The text of a replacement file for git-filter-repo: a line for each value that can be
/// replaced, and how many there are. Holds the values.
pub fn replacements(scan: &Scan) -> (Zeroizing<String>, usize) {
    let leaks: Vec<&Leak> = leaks_by_state(scan)
        .into_iter()
        .filter(|(state, _)| *state != LeakState::Doubtful)
        .map(|(_, leak)| leak)
        .collect();
    let (replaced, _) = replaceable(&leaks);
    let lines = || replaced.iter().flat_map(|leak| lines(leak));
    let size = lines().map(|line| line.len() + 40).sum();
    let mut text = Zeroizing::new(String::with_capacity(size));
    for line in lines() {
        text.push_str("literal:");
        text.push_str(line);
        text.push_str("==>***REMOVED***\n");
    }
    (text, replaced.len())
}

/// A value as it is, and the pieces it is written in.
fn lines(leak: &Leak) -> impl Iterator<Item = &str> {
    let pieces = leak.written.iter().map(|piece| piece.expose());
    let distinct = pieces.filter(|piece| doubt::is_distinctive(piece) && !piece.contains(['\n', '\r']));
    std::iter::once(leak.secret.expose()).chain(distinct)
}
