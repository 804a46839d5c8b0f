//! Looks at the tree as a draft would leave it: a remedy whose finding is still there is not
//! offered. Nothing is written; the new contents are judged in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::finding::FindingKey;
use crate::plan::{Draft, Held};
use crate::remedy::Remedy;
use crate::repo::{GitState, Tree};

use super::read::{self, Place};
use super::{Scan, scan};

/// What is said of a remedy that does not do what it promises.
const STILL_THERE: &str = "checked: the finding would still be there after it";

/// What a draft is checked against. Opened once, used for every draft of a plan.
pub(super) struct Verifier<'a> {
    scan: &'a Scan,
    tree: Tree,
    git: GitState,
}

impl<'a> Verifier<'a> {
    /// `None` where the tree cannot be opened any more.
    pub(super) fn open(scan: &'a Scan) -> Option<Self> {
        let tree = Tree::open(&scan.root).ok()?;
        let git = GitState::open(&tree);
        Some(Self { scan, tree, git })
    }

    /// The facts of the tree as the draft would leave it.
    pub(super) fn facts_after(&self, draft: &Draft) -> Facts {
        let place = Place { tree: &self.tree, git: &self.git, options: &self.scan.options };
        let mut facts = read::facts_after(&self.scan.facts, draft, &place);
        for secret in &draft.secrets {
            if let Held::Store { root, .. } = &secret.held {
                facts.stored.insert((root.clone(), secret.name.clone()));
            }
        }
        facts
    }

    /// The applied remedies of a draft that leave a finding they should clear, with the reason.
    /// A remedy that names steps for a person is done only when those are.
    pub(super) fn unproven(&self, draft: &Draft) -> BTreeMap<String, String> {
        // One that was edited down to nothing changes no file, and clears nothing.
        if draft.applied.is_empty() {
            return BTreeMap::new();
        }
        let facts = self.facts_after(draft);
        let mut left: BTreeMap<FindingKey, usize> = BTreeMap::new();
        let claimed: BTreeSet<&str> =
            draft.applied.iter().flat_map(|remedy| &remedy.findings).map(|key| key.rule).collect();
        for finding in scan::judge_some(&facts, &self.scan.options, &|rule| claimed.contains(rule.id)) {
            *left.entry(finding.key).or_default() += 1;
        }
        let known = self.scan.findings.iter().chain(self.scan.set_aside.iter().map(|aside| &aside.finding));
        let mut before: BTreeMap<&FindingKey, usize> = BTreeMap::new();
        for finding in known {
            *before.entry(&finding.key).or_default() += 1;
        }
        let stays = |key: &FindingKey| {
            let claims = draft.applied.iter().filter(|remedy| remedy.findings.contains(key)).count();
            let had = before.get(key).copied().unwrap_or(0);
            left.get(key).copied().unwrap_or(0) > had.saturating_sub(claims.max(1))
        };
        let failed = |remedy: &&Remedy| remedy.findings.iter().any(stays);
        draft.applied.iter().filter(failed).map(|remedy| (remedy.id.clone(), STILL_THERE.to_owned())).collect()
    }
}
