//! Decisions on fixes: accepting, skipping, setting findings aside, taking it back and bringing it
//! back again.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{IGNORES, Ignore, Patch, Work};
use crate::finding::FindingKey;
use crate::plan::Decision;
use crate::remedy::Applicability;
use crate::text::RepoPath;

use super::{Effect, Flow, Mark, Question, Step};

impl Flow {
    /// The fix that keys speak of: the patch in view, or the one of the finding in view.
    pub(super) fn subject(&self) -> Option<String> {
        match self.step {
            Step::Review => self.patches().get(self.patch).map(|patch| patch.remedy.clone()),
            _ => self.current().and_then(|found| self.fix_of(found)).map(|remedy| remedy.id.clone()),
        }
    }

    /// Changes what is decided; the state before can be had back.
    fn change(&mut self, make: impl FnOnce(&mut Mark)) {
        let mut next = self.now.clone();
        make(&mut next);
        if next != self.now {
            self.past.push(std::mem::replace(&mut self.now, next));
            self.future.clear();
            self.draft = None;
        }
    }

    pub(super) fn toggle(&mut self) {
        match self.subject() {
            Some(id) if self.now.decisions.accepts(&id) => self.skip(&id),
            Some(id) => self.accept(&id),
            None => self.say(self.no_fix_yet()),
        }
    }

    /// Why there is no fix to decide on.
    pub(super) fn no_fix_yet(&self) -> &'static str {
        match (&self.planned, self.whole) {
            (None, false) => "fixes are worked out once history is read",
            (None, true) => "the fixes are still being worked out",
            (Some(_), _) => "no fix is written for this one: Enter shows what to do",
        }
    }

    pub(super) fn accept(&mut self, id: &str) {
        let Some(remedy) = self.remedy(id) else { return };
        if remedy.changes.is_empty() {
            self.say("this needs a person: Enter shows the steps");
            return;
        }
        let needs = self.needs_of(id);
        let skipped: Vec<String> = needs.iter().filter(|id| self.now.decisions.skips(id)).cloned().collect();
        let open: Vec<String> = needs.into_iter().filter(|id| self.now.decisions.get(id).is_none()).collect();
        self.change(|mark| {
            for id in open.iter().map(String::as_str).chain([id]) {
                if !mark.decisions.accepts(id) {
                    mark.decisions.set(id, Decision::Accept);
                }
            }
        });
        if let Some(first) = skipped.first() {
            self.say(&format!("held back until {} is accepted too, which you skipped", self.named(first)));
        } else if let Some(first) = open.first() {
            let more = if open.len() > 1 { format!(" and {} more", open.len() - 1) } else { String::new() };
            self.say(&format!("accepted with {}{more}, which it needs", self.named(first)));
        }
    }

    pub(super) fn skip(&mut self, id: &str) {
        if self.remedy(id).is_none_or(|remedy| remedy.changes.is_empty()) {
            return;
        }
        self.change(|mark| mark.decisions.set(id, Decision::Skip));
        let leaning: Vec<String> = self.patches().iter().map(|patch| patch.remedy.clone()).collect();
        let leaning: Vec<String> = leaning
            .into_iter()
            .filter(|other| self.now.decisions.accepts(other) && self.needs_of(other).iter().any(|need| need == id))
            .map(|other| self.named(&other))
            .collect();
        if !leaning.is_empty() {
            self.say(&format!("skipped; {} needs it and is held back", leaning.join(", ")));
        }
    }

    /// What a fix needs, and what that needs in turn.
    fn needs_of(&self, id: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut open = vec![id.to_owned()];
        while let Some(next) = open.pop() {
            for need in self.remedy(&next).map_or(&[][..], |remedy| &remedy.needs) {
                if need != id && !found.contains(need) {
                    found.push(need.clone());
                    open.push(need.clone());
                }
            }
        }
        found
    }

    /// `patch 2`, or the title where it has no number.
    fn named(&self, id: &str) -> String {
        match self.number_of(id) {
            Some(number) => format!("patch {number}"),
            None => self.remedy(id).map_or_else(|| id.to_owned(), |remedy| remedy.title.clone()),
        }
    }

    pub(super) fn ask_for_safe(&mut self) {
        let safe = |id: &str| self.remedy(id).is_some_and(|remedy| remedy.applicability == Applicability::Safe);
        let open: Vec<String> = self
            .patches()
            .iter()
            .map(|patch| patch.remedy.clone())
            .filter(|id| self.now.decisions.get(id).is_none() && safe(id))
            .collect();
        match open.is_empty() {
            true => self.say("no safe patch is open"),
            false => self.question = Some(Question::AcceptSafe(open)),
        }
    }

    pub(super) fn accept_all(&mut self, ids: &[String]) {
        self.change(|mark| {
            for id in ids {
                mark.decisions.set(id, Decision::Accept);
            }
        });
    }

    /// Sets the finding's rule aside in its file.
    pub(super) fn ignore(&mut self, key: &FindingKey, reason: &str) -> Vec<Effect> {
        let ignore = Ignore { rule: key.rule, path: key.path.clone(), reason: reason.trim().to_owned() };
        let covered: Vec<String> = self
            .scan
            .iter()
            .flat_map(|scan| &scan.findings)
            .filter_map(|found| {
                let fix = self.fix_of(found).filter(|_| ignore.covers(&found.key))?;
                let all = fix.findings.iter().all(|key| ignore.covers(key));
                (all && !fix.changes.is_empty()).then(|| fix.id.clone())
            })
            .collect();
        let count = self.visible().iter().filter(|found| ignore.covers(&found.key)).count();
        self.change(|mark| {
            mark.ignores.push(ignore);
            mark.decisions.set(IGNORES, Decision::Accept);
            for id in covered {
                mark.decisions.set(&id, Decision::Skip);
            }
        });
        self.finding = self.finding.min(self.visible().len().saturating_sub(1));
        if count > 1 {
            self.say(&format!("{count} findings of {} in {} are set aside", key.rule, key.path));
        }
        self.plan_again()
    }

    pub(super) fn undo_decision(&mut self) -> Vec<Effect> {
        let Some(before) = self.past.pop() else {
            self.say("nothing to undo");
            return Vec::new();
        };
        self.future.push(std::mem::replace(&mut self.now, before));
        self.say("undone");
        self.moved()
    }

    pub(super) fn redo_decision(&mut self) -> Vec<Effect> {
        let Some(after) = self.future.pop() else {
            self.say("nothing to redo");
            return Vec::new();
        };
        self.past.push(std::mem::replace(&mut self.now, after));
        self.say("done again");
        self.moved()
    }

    /// After a step in time: what is set aside may differ, and with it the plan.
    fn moved(&mut self) -> Vec<Effect> {
        self.draft = None;
        self.finding = self.finding.min(self.visible().len().saturating_sub(1));
        self.plan_again()
    }

    /// Takes a patch as the person wrote it.
    pub(super) fn take_edited(&mut self, remedy: String, texts: BTreeMap<RepoPath, String>, patch: Arc<Patch>) {
        self.edited.insert(remedy.clone(), patch);
        self.change(|mark| mark.decisions.set(&remedy, Decision::Edited(texts)));
        self.say("your patch was checked: it parses, and the finding is gone with it; accepted");
    }

    /// Nothing is decided any more: it was written.
    pub(super) fn forget_decisions(&mut self) {
        self.now = Mark::default();
        self.past.clear();
        self.future.clear();
        self.edited.clear();
        self.draft = None;
    }

    pub(super) fn say(&mut self, text: &str) {
        self.notice = Some(text.to_owned());
    }

    /// Asks for the plan again, under the choices of now.
    pub(super) fn plan_again(&mut self) -> Vec<Effect> {
        // Before history is read there are findings, and no facts to plan with.
        let Some(scan) = self.scan.clone().filter(|_| self.whole) else { return Vec::new() };
        vec![Effect::Work(Work::Plan { scan, store: self.chosen, ignores: self.now.ignores.clone() })]
    }
}
