//! Reads git history for values of signing keys, and asks who brought each in.

use std::ops::ControlFlow;

use crate::facts::leaks::{self, Leak, LeakReader};
use crate::repo::history::{BlobPlace, Event, HistoryReader, Limits, Request, TextKind, Wanted};
use crate::repo::{Git, GitState};
use crate::rules;
use crate::text::RepoPath;

use super::HistorySummary;

/// A value on its way to a [`Leak`].
struct Seen {
    given: leaks::Given,
    places: Vec<BlobPlace>,
    lines: Vec<usize>,
}

/// The leaked values, and how far history was read. `commits`: how many of the newest, all
/// where it is `None`.
pub(super) fn leaks(git: &GitState, commits: Option<usize>) -> (Vec<Leak>, HistorySummary) {
    let reason = match git {
        GitState::None => "this is not a git repository".to_owned(),
        GitState::Refused(reason) => reason.clone(),
        GitState::Open(_) if commits == Some(0) => "switched off by --history=none".to_owned(),
        GitState::Open(git) => return read(git, commits),
    };
    (Vec::new(), HistorySummary { checked: false, commits: 0, reason: Some(reason) })
}

fn read(git: &Git, commits: Option<usize>) -> (Vec<Leak>, HistorySummary) {
    let wanted = |path: &RepoPath| git.in_tree(path).is_some_and(|path| leaks::is_wanted(&path));
    let mut request = Request::new(&wanted);
    request.messages = false;
    request.limits = commits.map_or_else(Limits::default, Limits::newest);
    let reader = git.history();
    let mut seen: Vec<Seen> = Vec::new();
    let mut leaks = LeakReader::new(rules::SIGNING_KEYS);
    let coverage = reader.scan(&request, &mut |event| {
        if let Event::Text(text) = event
            && let (TextKind::File, Some(path)) = (text.kind, text.paths.first())
        {
            for given in leaks.given(path, text.text) {
                let places = text.paths.iter().map(|path| BlobPlace { blob: text.id.clone(), path: path.clone() });
                let line = given.line;
                match seen.iter_mut().find(|known| *known.given.secret == *given.secret) {
                    Some(known) => {
                        for place in places {
                            known.places.push(place);
                            known.lines.push(line);
                        }
                    }
                    None => {
                        let places: Vec<BlobPlace> = places.collect();
                        seen.push(Seen { given, lines: vec![line; places.len()], places });
                    }
                }
            }
        }
        ControlFlow::Continue(())
    });
    let coverage = match coverage {
        Ok(coverage) => coverage,
        Err(error) => {
            return (Vec::new(), HistorySummary { checked: false, commits: 0, reason: Some(error.to_string()) });
        }
    };
    let reason = (!coverage.complete).then(|| coverage.reasons.join("; "));
    let summary = HistorySummary { checked: true, commits: coverage.commits, reason };
    let wanted: Vec<Wanted> =
        seen.iter().map(|seen| Wanted { places: seen.places.clone(), messages: Vec::new() }).collect();
    if wanted.is_empty() {
        return (Vec::new(), summary);
    }
    let found = match reader.attribute(&request, &wanted) {
        Ok(found) => found,
        Err(error) => return (Vec::new(), HistorySummary { reason: Some(error.to_string()), ..summary }),
    };
    let mut leaks = Vec::new();
    for (seen, attribution) in seen.into_iter().zip(found) {
        let Some(attribution) = attribution else { continue };
        let place = attribution.first.place.unwrap_or(0);
        let path = seen.places.get(place).map(|place| place.path.clone()).unwrap_or_else(RepoPath::root);
        leaks.push(Leak {
            key: seen.given.key,
            secret: seen.given.secret,
            path: git.in_tree(&path).unwrap_or(path),
            line: seen.lines.get(place).copied().unwrap_or(1),
            commit: attribution.first.commit.id.as_str().to_owned(),
            date: attribution.first.commit.date(),
            remote_branches: attribution.reach.remote_branches,
            tags: attribution.reach.tags,
            in_head: attribution.in_head,
        });
    }
    leaks.sort_by(|a, b| (&a.date, &a.commit, &a.path, a.line).cmp(&(&b.date, &b.commit, &b.path, b.line)));
    (leaks, summary)
}
