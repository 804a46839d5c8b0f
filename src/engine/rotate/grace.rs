//! A planned change: the old key counts for a while beside the new one. What forbids it, what it
//! needs, and the order in which it is written.

use std::collections::BTreeMap;

use crate::apply::{Grace, KeyRecord, Receipt};
use crate::plan::{self, Composing, Decisions, Draft, FileChange};
use crate::remedy::{Applicability, Remedy};
use crate::rules::secret_key::{FALLBACKS, FallbackWiring, fallback_wiring, session_lifetime};
use crate::secret::Secret;
use crate::secret::strength::{self, Strength};
use crate::store::{StoreError, When};
use crate::text::RepoPath;

use super::super::env_text::EnvText;
use super::super::flask_version::{WITH_FALLBACKS, flask_version};
use super::super::keys::{fresh, open, unusable};
use super::super::record::now;
use super::super::{EngineError, ErrorKind};
use super::{DAY, Job, Outlook, Rotated, day};

/// What a planned change will do.
struct Planned {
    /// The patch by which the app reads old keys; `None` where it does.
    patch: Option<Box<Remedy>>,
    /// Seconds since 1970 until when the old key counts.
    until: u64,
    notes: Vec<String>,
}

impl Job<'_> {
    pub(super) fn grace(&self, days: u32, show: &mut dyn FnMut(&Outlook)) -> Result<Rotated, EngineError> {
        self.may_be_kept(None)?;
        let old = self.present()?;
        self.may_be_kept(Some(&old))?;
        let Planned { patch, until, notes } = self.planned(days)?;
        let code = match &patch {
            Some(remedy) => self.compose(remedy)?,
            None => Vec::new(),
        };
        let diff: String = code.iter().map(|file| file.diff.as_str()).collect();
        show(&self.outlook(None, notes, diff));
        let list = self.list_with(&old)?;
        let mut fallbacks = self.known.place(self.place.store, FALLBACKS, &self.request.keys)?;
        fallbacks.root.clone_from(&self.place.root);
        fallbacks.item.service.clone_from(&self.place.item.service);
        let grace = Grace {
            name: self.place.name.clone(),
            root: self.place.root.clone(),
            store: self.place.store,
            began: now(),
            until,
        };
        let before = self.session.record()?;
        // First, so that a run that is interrupted can be finished.
        self.record(|record| {
            record.add(self.place.clone());
            record.add(fallbacks.clone());
            record.end_grace(self.place);
            record.graces.push(grace);
        })?;
        let done = if self.place.store.is_file() {
            self.grace_in_file(&list, code)
        } else {
            self.grace_in_store(&list, &fallbacks, code)
        };
        let receipt = match done {
            Ok(receipt) => receipt,
            Err(error) => {
                self.session.keep_record(&before)?;
                return Err(error);
            }
        };
        self.record(|record| record.renew(self.place.store, &self.place.item, now()))?;
        let mut steps = self.steps();
        steps.insert(0, format!("From {} on: flask-harden rotate {} --finish", day(until), self.key.key));
        steps.push(format!("Servers with a copy of their own need {FALLBACKS}, too, before they get the new key."));
        Ok(Rotated { receipt: Some(receipt), until: Some(until), steps })
    }

    fn grace_in_file(&self, list: &Secret, code: Vec<FileChange>) -> Result<Receipt, EngineError> {
        let mut file = EnvText::open(&self.known.tree, &self.place.item.service)?;
        let new = fresh()?;
        file.set(FALLBACKS, list)?;
        file.set(&self.key.variable, &new)?;
        self.write_file(file, &new, code)
    }

    /// The old key among those that count, then the code, then the new key.
    fn grace_in_store(
        &self,
        list: &Secret,
        fallbacks: &KeyRecord,
        code: Vec<FileChange>,
    ) -> Result<Receipt, EngineError> {
        let store = open(self.place.store)?;
        let failed = |error: StoreError| unusable(self.place.store, &error);
        store.put(&fallbacks.item, list, When::Always).map_err(failed)?;
        let draft = Draft { files: code, secrets: vec![self.replaced()], ..Draft::default() };
        let written = self.session.apply(&draft, &mut || Ok(())).map_err(EngineError::from);
        let receipt = match written {
            Ok(receipt) => receipt,
            Err(error) => {
                // The old key is the present one still: a list with it says nothing new.
                let _ = store.delete(&fallbacks.item);
                return Err(error);
            }
        };
        match self.replace(store.as_ref(), &fresh()?) {
            Ok(()) => Ok(receipt),
            Err(mut error) => {
                error.nothing_written = false;
                Err(error.now(format!("flask-harden undo {}   takes the patch of the code back", receipt.run)))
            }
        }
    }

    /// Whether an old key may count beside a new one: the rules of this command that no option
    /// overrules.
    fn may_be_kept(&self, old: Option<&Secret>) -> Result<(), EngineError> {
        let refused = |what: String| EngineError::new(ErrorKind::Settings, what);
        let cutover = format!("flask-harden rotate {} --cutover", self.key.key);
        let Some(old) = old else {
            if self.key.key != "SECRET_KEY" {
                return Err(refused(format!("{} cannot be kept beside a new one", self.key.key))
                    .why("only Flask's SECRET_KEY has a list of old keys that still count")
                    .now(cutover));
            }
            return Ok(());
        };
        if let Some(place) = self.leak(old) {
            return Err(refused("this key leaked, so it must stop working".to_owned())
                .why(format!("it stands in {place}; as an old key it would still sign valid cookies"))
                .now(cutover));
        }
        if strength::judge(old) != Strength::Ordinary {
            return Err(refused("this key can be guessed, so it must stop working".to_owned())
                .why("as an old key it would still sign valid cookies")
                .now(cutover));
        }
        if old.expose().contains(',') {
            return Err(refused("this key cannot stand in a list".to_owned())
                .why(format!("it holds a comma, which separates the keys in {FALLBACKS}"))
                .now(cutover));
        }
        Ok(())
    }

    /// What a planned change needs: a Flask that can do it, and code that reads old keys.
    fn planned(&self, days: u32) -> Result<Planned, EngineError> {
        let refused = |what: String| EngineError::new(ErrorKind::Settings, what);
        let cutover = format!("flask-harden rotate {} --cutover", self.key.key);
        let version = flask_version(&self.known.tree, self.facts(), &self.key.root);
        let flask = match version {
            Some(known) if known.version >= WITH_FALLBACKS => known.shown(),
            Some(known) => {
                return Err(refused("this Flask cannot keep an old key".to_owned())
                    .why(format!("it needs Flask 3.1.1 or newer, and this is {}", known.shown()))
                    .now("require Flask>=3.1.1, install it, then type the command again")
                    .now(cutover));
            }
            None => {
                return Err(refused("it is not known which Flask this app runs with".to_owned())
                    .why("an old key is kept by Flask 3.1.1 or newer only, and nothing here says a version")
                    .now("write Flask>=3.1.1 into requirements.txt, then type the command again")
                    .now(cutover));
            }
        };
        let patch = match fallback_wiring(self.facts(), self.key) {
            Ok(FallbackWiring::Patch(remedy)) => Some(remedy),
            Ok(FallbackWiring::Reads(_)) => None,
            Err(why) => {
                return Err(refused(format!("the app has to read {FALLBACKS} first")).why(why).now(cutover));
            }
        };
        let (lifetime, said) = session_lifetime(self.facts(), &self.key.root);
        let until = now() + lifetime.max(u64::from(days) * DAY);
        let from = if said { "PERMANENT_SESSION_LIFETIME" } else { "Flask's default" };
        let mut notes = vec![flask];
        notes.push(format!("Sessions last {} ({from}).", lasting(lifetime)));
        if u64::from(days) * DAY < lifetime {
            notes.push(format!(
                "{days} days are less: the old key is kept until {}, or until --finish --yes.",
                day(until)
            ));
        }
        if let Some(reason) = self.scan.summary.history.reason.as_ref().filter(|_| self.facts().git) {
            notes.push(format!("Git history was not wholly read, so a leak cannot be ruled out: {reason}."));
        }
        Ok(Planned { patch, until, notes })
    }

    fn compose(&self, remedy: &Remedy) -> Result<Vec<FileChange>, EngineError> {
        let remedies = std::slice::from_ref(remedy);
        let decisions = Decisions::at_least(remedies, Applicability::Automatic);
        let withheld = BTreeMap::new();
        let facts = self.facts();
        let composing = Composing { facts, remedies, decisions: &decisions, withheld: &withheld, reveal: false };
        let failed = |why: String| EngineError::new(ErrorKind::WriteRefused, "the code cannot be patched").why(why);
        let (draft, _) = plan::compose(&composing, &mut |_: &RepoPath, _: &str| {
            crate::secret::generate::new_key(&mut crate::secret::generate::OsRandom)
        })
        .map_err(|error| failed(error.to_string()))?;
        match draft.conflicts.first() {
            Some(conflict) => Err(failed(format!("{}: {}", conflict.path, conflict.reason))),
            None => Ok(draft.files),
        }
    }

    /// The old key in front of those that count already.
    fn list_with(&self, old: &Secret) -> Result<Secret, EngineError> {
        let before = match self.fallbacks() {
            Some(place) => self.known.value(&place)?,
            None => None,
        };
        let mut list = zeroize::Zeroizing::new(old.expose().to_owned());
        for key in before.iter().flat_map(|before| before.expose().split(',')).filter(|key| !key.is_empty()) {
            if !list.split(',').any(|known| known == key) {
                list.push(',');
                list.push_str(key);
            }
        }
        Ok(Secret::from(list.as_str()))
    }
}

/// `31 days`, `12 hours`.
fn lasting(seconds: u64) -> String {
    match seconds {
        DAY => "1 day".to_owned(),
        seconds if seconds > DAY => format!("{} days", seconds.div_ceil(DAY)),
        seconds if seconds > 3_600 => format!("{} hours", seconds.div_ceil(3_600)),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}
