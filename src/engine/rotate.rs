//! `rotate`: a new key in the place of the old one. A key that leaked is cut over; for a planned
//! change the old one may count a while longer.
//!
//! Every step leaves an app that works: in a store of its own the old key is among those that
//! still count before the new one is there; in an env file both are written at once.

mod grace;

use crate::apply::{KeyRecord, Receipt, Session, StateDir, StoreRecord};
use crate::facts::Facts;
use crate::plan::{Draft, FileChange, Held, SecretChange};
use crate::rules::secret_key::{FALLBACKS, KeyInCode, NoKey, host_steps, is_salt, key_in_code};
use crate::secret::Secret;
use crate::store::{Keeping, Store, StoreError, StoreId, When};
use crate::text::RepoPath;

use super::ends::{End, ends};
use super::env_text::{self, EnvText};
use super::keys::{foreign, fresh, open, unusable};
use super::nearest::{nearest, read_by_code};
use super::record::{KeyRequest, Known, now};
use super::set::shown;
use super::{EngineError, ErrorKind, Request, Scan};

const DAY: u64 = 86_400;

/// How a key is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The old key stops working at once.
    Cutover,
    /// Sessions signed with the old key stay valid for these days.
    Grace { days: u32 },
    /// The old key stops working now, at the end of its days.
    Finish,
}

/// What `rotate` was asked.
pub struct RotateRequest {
    pub keys: KeyRequest,
    pub scan: Request,
    /// A setting, or the variable it is read from.
    pub setting: String,
    pub way: Way,
    /// Confirmations are answered with yes.
    pub confirmed: bool,
}

/// What will happen, told before it does.
pub struct Outlook {
    pub variable: String,
    pub store: StoreId,
    pub place: String,
    pub way: Way,
    pub ends: Vec<End>,
    /// Where the present value was found in git history.
    pub leak: Option<String>,
    /// Further facts, a sentence each.
    pub notes: Vec<String>,
    /// The patch of the code, values hidden.
    pub diff: String,
}

/// What was done.
pub struct Rotated {
    /// `None`: nothing of it was in a file, so there is nothing to take back.
    pub receipt: Option<Receipt>,
    /// Seconds since 1970 until when the old key counts.
    pub until: Option<u64>,
    /// What a person has to do now.
    pub steps: Vec<String>,
}

/// Replaces a key, or ends the time of the one before. `show` is told what will happen, before it does.
///
/// # Errors
/// What must not be rotated that way, and why; or a store or a write that fails.
pub fn rotate(request: &RotateRequest, show: &mut dyn FnMut(&Outlook)) -> Result<Rotated, EngineError> {
    if is_salt(&request.setting) {
        return Err(salt(&request.setting));
    }
    let mut known = Known::find(&request.keys.dir)?;
    let (store, _) = known.store(&request.keys)?;
    keeps_values(store)?;
    let tree = crate::repo::Tree::open(known.tree.root())?;
    let session = Session::begin(&tree, &StateDir::from_env()?)?;
    known.record = session.record()?;
    let commits = if request.way == Way::Finish { Some(0) } else { request.scan.commits };
    let scan = super::scan(&Request { root: tree.root().to_owned(), commits, ..request.scan.clone() })?;
    let facts = &scan.facts;
    let key = key_in_code(facts, &request.setting, &known.below).map_err(|why| no_key(facts, &request.setting, why))?;
    if is_salt(&key.key) || is_salt(&key.variable) {
        return Err(salt(&key.key));
    }
    let place = known.place(store, &key.variable, &request.keys)?;
    let job = Job { request, known: &known, session: &session, scan: &scan, key: &key, place: &place };
    match request.way {
        Way::Cutover => job.cutover(show),
        Way::Grace { days } => job.grace(days, show),
        Way::Finish => job.finish(show),
    }
}

fn keeps_values(store: StoreId) -> Result<(), EngineError> {
    match store.info().keeping {
        Keeping::Store(_) | Keeping::File => Ok(()),
        Keeping::Shown | Keeping::Nothing => {
            Err(EngineError::new(ErrorKind::Settings, format!("the store {} holds no key to rotate", store.name()))
                .why("the host holds it: give it a new value there; flask-harden makes one with the store print")
                .now("--store env-file   rotates the key in the env file"))
        }
    }
}

fn salt(name: &str) -> EngineError {
    EngineError::new(ErrorKind::Settings, format!("{name} is never rotated"))
        .why("stored password hashes depend on this salt: with another one nobody's password is right any more")
        .now(format!("flask-harden store set {name} < salt.txt   moves the value as it is out of the code"))
}

fn no_key(facts: &Facts, name: &str, why: NoKey) -> EngineError {
    match why {
        NoKey::Literal(at) => EngineError::new(ErrorKind::Settings, format!("{name} is written in the code"))
            .why(format!("{}:{} gives it a fixed value, so a new one in a store would not be read", at.path, at.line))
            .now("flask-harden --apply   replaces it by a new key in a store"),
        NoKey::Several(variables) => {
            let error = EngineError::new(ErrorKind::Settings, format!("{name} comes from several variables"))
                .why(format!("the code reads {}", variables.join(", ")));
            variables.iter().fold(error, |error, one| error.now(format!("flask-harden rotate {one} --cutover")))
        }
        NoKey::Nowhere => or_nearest(facts, name)
            .now("flask-harden explain SECRET_KEY   says where a setting comes from")
            .now("flask-harden store set NAME --replace   puts any value into the store"),
    }
}

/// The error for a name that nothing reads, with the one that it looks like.
fn or_nearest(facts: &Facts, name: &str) -> EngineError {
    let error = EngineError::new(ErrorKind::Settings, format!("nothing here reads a key called {name}"));
    let read = read_by_code(facts);
    match nearest(name, read.iter().map(String::as_str)) {
        Some(near) => error
            .why(format!("the code reads {near}, which is nearly the same"))
            .now(format!("flask-harden rotate {near} --cutover")),
        None => error.why("no code of this project takes it from a variable of the environment"),
    }
}

/// One rotation.
struct Job<'a> {
    request: &'a RotateRequest,
    known: &'a Known,
    session: &'a Session<'a>,
    scan: &'a Scan,
    key: &'a KeyInCode<'a>,
    place: &'a KeyRecord,
}

impl Job<'_> {
    fn facts(&self) -> &Facts {
        &self.scan.facts
    }

    fn cutover(&self, show: &mut dyn FnMut(&Outlook)) -> Result<Rotated, EngineError> {
        let old = self.present()?;
        let outlook = self.outlook(self.leak(&old), Vec::new(), String::new());
        if outlook.ends.iter().any(|end| end.lost) && !self.request.confirmed {
            show(&outlook);
            return Err(EngineError::new(ErrorKind::Settings, "this key also encrypts data, which would be lost")
                .why(format!("{} was encrypted with it, as far as the code shows", self.key.variable))
                .now("decrypt the data first and encrypt it with a key of its own")
                .now(format!("flask-harden rotate {} --cutover --yes   rotates it all the same", self.key.key)));
        }
        show(&outlook);
        let new = fresh()?;
        let receipt = if self.place.store.is_file() {
            let mut file = EnvText::open(&self.known.tree, &self.place.item.service)?;
            file.set(&self.key.variable, &new)?;
            if file.value(FALLBACKS).is_some() && self.key.key == "SECRET_KEY" {
                file.drop_name(FALLBACKS)?;
            }
            self.write_file(file, &new, Vec::new())?
        } else {
            let store = open(self.place.store)?;
            self.replace(store.as_ref(), &new)?;
            self.drop_fallbacks(store.as_ref())?;
            self.session.apply(&Draft { secrets: vec![self.replaced()], ..Draft::default() }, &mut || Ok(()))?
        };
        self.record(|record| {
            record.add(self.place.clone());
            record.renew(self.place.store, &self.place.item, now());
            record.end_grace(self.place);
            if let Some(before) = self.fallbacks() {
                record.remove(before.store, &before.item);
            }
        })?;
        Ok(Rotated { receipt: Some(receipt), until: None, steps: self.steps() })
    }

    fn finish(&self, show: &mut dyn FnMut(&Outlook)) -> Result<Rotated, EngineError> {
        let grace = self.known.record.grace(self.place).cloned();
        let fallbacks = self.fallbacks();
        let held = match &fallbacks {
            Some(place) => self.known.value(place)?.is_some(),
            None => false,
        };
        if grace.is_none() && !held {
            return Err(EngineError::new(
                ErrorKind::NothingToInspect,
                format!("no old {} counts any more", self.key.key),
            )
            .why("no rotation with days of grace was begun here, or it is finished")
            .now("flask-harden store status"));
        }
        if let Some(grace) = grace.filter(|grace| now() < grace.until && !self.request.confirmed) {
            return Err(EngineError::new(ErrorKind::Settings, format!("the old {} is still needed", self.key.key))
                .why(format!("sessions signed with it may be valid until {}", day(grace.until)))
                .now(format!(
                    "flask-harden rotate {} --finish --yes   ends them now: those people sign in again",
                    self.key.key
                )));
        }
        show(&self.outlook(None, Vec::new(), String::new()));
        let mut receipt = None;
        if let Some(place) = fallbacks.filter(|_| held) {
            if place.store.is_file() {
                let mut file = EnvText::open(&self.known.tree, &place.item.service)?;
                file.drop_name(FALLBACKS)?;
                let draft = Draft { files: vec![file.change()], ..Draft::default() };
                receipt = Some(self.session.apply(&draft, &mut || Ok(()))?);
            } else {
                self.drop_fallbacks(open(place.store)?.as_ref())?;
            }
        }
        self.record(|record| {
            record.end_grace(self.place);
            if let Some(place) = self.fallbacks() {
                record.remove(place.store, &place.item);
            }
        })?;
        let steps = vec![format!("Restart the app, and take {FALLBACKS} away on servers with a copy of their own.")];
        Ok(Rotated { receipt, until: None, steps })
    }

    /// The value there is now.
    fn present(&self) -> Result<Secret, EngineError> {
        let place = self.place;
        if !place.store.is_file() && !self.known.record.owns(place.store, &place.item) && !self.request.keys.adopt {
            let there = open(place.store)?.meta(&place.item).map_err(|error| unusable(place.store, &error))?.is_some();
            if there {
                return Err(foreign(place.store, &place.item));
            }
        }
        self.known.existing(place)
    }

    /// Where history shows a value.
    fn leak(&self, value: &Secret) -> Option<String> {
        let leak = self.facts().leaks.iter().find(|leak| *leak.secret == *value)?;
        Some(format!("{}:{} in commit {}", leak.path, leak.line, leak.commit.get(..7).unwrap_or(&leak.commit)))
    }

    /// Where old keys are, where some may be: recorded, or in the env file.
    fn fallbacks(&self) -> Option<KeyRecord> {
        if self.key.key != "SECRET_KEY" {
            return None;
        }
        let mut place = self.place.clone();
        FALLBACKS.clone_into(&mut place.name);
        FALLBACKS.clone_into(&mut place.item.user);
        (place.store.is_file() || self.known.record.owns(place.store, &place.item)).then_some(place)
    }

    fn write_file(&self, file: EnvText, new: &Secret, code: Vec<FileChange>) -> Result<Receipt, EngineError> {
        let path = file.path().clone();
        let secrets = vec![env_text::held(&path, &self.key.variable)];
        let files = std::iter::once(file.change()).chain(code).collect();
        let draft = Draft { files, secrets, ..Draft::default() };
        let tree = &self.known.tree;
        Ok(self.session.apply(&draft, &mut || env_text::read_back(tree, &path, &self.key.variable, new))?)
    }

    fn replace(&self, store: &dyn Store, new: &Secret) -> Result<(), EngineError> {
        let failed = |error: StoreError| unusable(self.place.store, &error);
        let meta = store.meta(&self.place.item).map_err(failed)?;
        let when = meta.and_then(|meta| meta.version).map_or(When::Always, When::Version);
        store.put(&self.place.item, new, when).map(|_| ()).map_err(failed)
    }

    fn drop_fallbacks(&self, store: &dyn Store) -> Result<(), EngineError> {
        match self.fallbacks() {
            Some(place) => store.delete(&place.item).map_err(|error| {
                let mut error = unusable(place.store, &error);
                error.nothing_written = false;
                error.now(format!("an old key still counts: delete {} there", place.item.shown()))
            }),
            None => Ok(()),
        }
    }

    fn replaced(&self) -> SecretChange {
        let KeyRecord { name, root, store, item, .. } = self.place.clone();
        let place = shown(self.place);
        SecretChange { name, place, held: Held::Store { store, item, root, existing: false, replaced: true } }
    }

    fn record(&self, change: impl FnOnce(&mut StoreRecord)) -> Result<(), EngineError> {
        let mut record = self.session.record()?;
        record.project = record.project.or_else(|| self.known.record.project.clone());
        change(&mut record);
        Ok(self.session.keep_record(&record)?)
    }

    fn outlook(&self, leak: Option<String>, notes: Vec<String>, diff: String) -> Outlook {
        let ends = if self.request.way == Way::Finish { Vec::new() } else { ends(self.facts(), self.key) };
        Outlook {
            variable: self.key.variable.clone(),
            store: self.place.store,
            place: shown(self.place),
            way: self.request.way,
            ends,
            leak,
            notes,
            diff,
        }
    }

    /// What other places need after the key changed.
    fn steps(&self) -> Vec<String> {
        let mut steps = vec!["Restart the app: a process keeps the key it was started with.".to_owned()];
        let env_path = RepoPath::new(&self.place.item.service)
            .filter(|_| self.place.store.is_file())
            .unwrap_or_else(|| self.key.root.join(crate::store::env_file::NAME).unwrap_or_else(RepoPath::root));
        let others = self.known.record.keys.iter().filter(|other| {
            other.name == self.place.name && other.root == self.place.root && other.store != self.place.store
        });
        steps.extend(others.map(|other| {
            let name = other.store.name();
            format!(
                "The store {name} has a copy of the old key: `store copy` with --to {name} and --replace renews it."
            )
        }));
        steps.extend(host_steps(self.facts(), &env_path, &self.place.name, self.place.store));
        steps
    }
}

/// A moment as its day, UTC.
fn day(seconds: u64) -> String {
    crate::options::Date::of_unix_seconds(seconds).to_string()
}
