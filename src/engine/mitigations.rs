//! `explain` without a name: how every mitigation of the threat model stands in a repository.

use crate::finding::Threat;
use crate::repo::{GitState, Tree};
use crate::rules::mitigations::{self, State};

use super::{EngineError, Request, choose, read, scan, settings};

/// A mitigation as it stands, for reports.
pub struct MitigationLine {
    pub id: &'static str,
    pub threat: Threat,
    pub title: &'static str,
    pub state: State,
    /// `config.py:9`.
    pub place: Option<String>,
    pub why: String,
    /// The rule that says more.
    pub rule: Option<&'static str>,
    /// What to do where it is not there.
    pub now: Option<String>,
}

/// How every mitigation stands; nothing where the tree is no Flask project. History is not read.
///
/// # Errors
/// Where the tree or its settings cannot be read.
pub fn mitigations(request: &Request) -> Result<Option<Vec<MitigationLine>>, EngineError> {
    let tree = Tree::open(&request.root)?;
    let git = GitState::open(&tree);
    let options = settings::resolve(&tree, request)?;
    let (mut facts, _) = read::facts(&tree, &git, &options);
    facts.stored = scan::stored(&choose::recorded(&tree));
    if !scan::is_flask(&facts) {
        return Ok(None);
    }
    let line = |standing: mitigations::Standing| MitigationLine {
        id: standing.mitigation.id,
        threat: standing.mitigation.threat,
        title: standing.mitigation.title,
        state: standing.state,
        place: standing.place.map(|place| format!("{}:{}", place.path, place.line)),
        why: standing.why,
        rule: standing.rule,
        now: standing.now,
    };
    Ok(Some(mitigations::standing(&facts).into_iter().map(line).collect()))
}
