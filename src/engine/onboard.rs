//! `onboard`: a fresh clone gets its env file. The tree is read, each variable classed, answers
//! are taken from whoever asks, and everything is written in one run that `undo` takes back.

mod place;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::apply::{Recovered, Session, StateDir};
use crate::lang::dotenv;
use crate::plan::onboard::{Answer, Answers, Composed, ItemState, Need, Onboard, OnboardItem, StartWay, TextError};
use crate::plan::onboard::{env_text, onboard, starts};
use crate::plan::{self, ChosenStore, Composing, Decisions, Draft, Held, SecretChange};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::repo::{GitState, Tree};
use crate::rules;
use crate::secret::Secret;
use crate::secret::generate::{GenerateError, KeySource};
use crate::store::StoreId;
use crate::text::RepoPath;

use super::fix::put;
use super::{EngineError, ErrorKind, Request, Scan, Written, choose, keys};

use values::{change, check_value, unknown};

/// Bytes of an example that is named, and of an env file that is read back.
const EXAMPLE_LIMIT: u64 = 1 << 20;

/// A fresh clone that is being set up. Holds no lock: what changes meanwhile is refused when it is
/// written.
pub struct Onboarding {
    pub scan: Arc<Scan>,
    recovered: Vec<Recovered>,
    choices: Choices,
    named: bool,
    adopt: bool,
    /// Where secrets go and why there, in words.
    pub store: String,
    pub steps: Onboard,
}

/// What will be written.
pub struct OnboardDraft {
    pub draft: Draft,
    /// Values for the store outside of the tree, or to be shown one time, by name.
    given: BTreeMap<String, Secret>,
    /// Variables that the host has to set, with a store that keeps nothing.
    pub unset: Vec<String>,
}

impl Onboarding {
    /// Deals with interrupted runs, scans, and classes what the example and the code ask for. `from`:
    /// the example a person names.
    ///
    /// # Errors
    /// As [`super::scan`]; or another run is at work, there is no one project to set up, the example
    /// cannot be read, or the store cannot be used.
    pub fn begin(request: &Request, from: Option<&Path>) -> Result<Self, EngineError> {
        let recovered = {
            let tree = Tree::open(&request.root)?;
            let session = Session::begin(&tree, &StateDir::from_env()?)?;
            // A record that cannot be read must not be taken for an empty one and replaced.
            session.record()?;
            session.recovered().to_vec()
        };
        let scan = Arc::new(super::scan(request)?);
        let mut begun = Self::of(scan, request, from, None)?;
        begun.recovered = recovered;
        Ok(begun)
    }

    /// The same with the secrets in a store that a person picked.
    ///
    /// # Errors
    /// As [`Onboarding::begin`].
    pub fn with_store(&self, request: &Request, from: Option<&Path>, store: StoreId) -> Result<Self, EngineError> {
        Self::of(Arc::clone(&self.scan), request, from, Some(store))
    }

    fn of(
        scan: Arc<Scan>,
        request: &Request,
        from: Option<&Path>,
        picked: Option<StoreId>,
    ) -> Result<Self, EngineError> {
        let (choices, why) = choose::choices(&scan, request, &choose::new_id()?, picked)?;
        let why = if why == choose::BY_DEFAULT { "the default" } else { &why };
        let store = format!("{} ({why})", choices.store.name());
        let named = picked.is_some() || scan.options.store.value != "auto";
        let tree = Tree::open(&scan.root)?;
        let (root, file, example) = place::place(&scan, &tree, from)?;
        let steps = onboard(&scan.facts, root, file, example);
        let recovered = Vec::new();
        let mut begun = Self { scan, recovered, choices, named, adopt: request.flags.adopt, store, steps };
        begun.look_in_store(&choose::recorded(&tree))?;
        Ok(begun)
    }

    /// Looks which secrets the store has already: nobody is asked for those.
    fn look_in_store(&mut self, record: &crate::apply::StoreRecord) -> Result<(), EngineError> {
        let id = self.choices.store;
        if !keys::keeps(id) {
            return Ok(());
        }
        let open = |item: &&mut OnboardItem| item.is_free() && item.is_secret();
        let mut items = self.steps.items.iter_mut().filter(open).peekable();
        if items.peek().is_none() {
            return Ok(());
        }
        let store = keys::open(id)?;
        store.probe().map_err(|error| keys::unusable(id, &error))?;
        for item in items {
            let place = self.choices.item(&self.steps.root, &item.name);
            if store.meta(&place).map_err(|error| keys::unusable(id, &error))?.is_none() {
                continue;
            }
            if !self.adopt && !record.owns(id, &place) {
                return Err(keys::foreign(id, &place));
            }
            item.state = ItemState::InStore;
        }
        Ok(())
    }

    /// What became of runs that were interrupted earlier.
    pub fn recovered(&self) -> &[Recovered] {
        &self.recovered
    }

    /// The store secrets go to.
    pub fn store_id(&self) -> StoreId {
        self.choices.store
    }

    /// Whether a person has to say what an item's value is: not where the host is to set it.
    pub fn is_asked(&self, item: &OnboardItem) -> bool {
        item.is_asked() && (self.choices.store.makes_keys() || !item.is_secret())
    }

    /// The items a person still has to answer.
    pub fn questions(&self, answers: &Answers) -> Vec<&OnboardItem> {
        self.steps.items.iter().filter(|item| self.is_asked(item) && !answers.contains_key(&item.name)).collect()
    }

    /// Whether answers can be taken.
    ///
    /// # Errors
    /// A name that nothing here asks for, a value that no env file can hold, or one for a variable
    /// that has another value already.
    pub fn check(&self, answers: &Answers) -> Result<(), EngineError> {
        for (name, answer) in answers {
            let Some(item) = self.steps.items.iter().find(|item| item.name == *name) else {
                return Err(unknown(name, &self.steps));
            };
            if let Some(value) = answer.given() {
                check_value(name, value)?;
                self.check_place(item, answer, value)?;
            }
        }
        Ok(())
    }

    /// Whether a text can be the value of a variable. Asks no store.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn takes(&self, item: &OnboardItem, value: &Secret) -> Result<(), String> {
        if !value.is_empty() && !self.choices.store.makes_keys() && (item.is_secret() || item.hidden) {
            return Err("with the store none the host sets every secret".to_owned());
        }
        check_value(&item.name, value).map_err(|error| error.why.unwrap_or(error.what))
    }

    /// Whether a value has a place to go to, and takes that of no other value.
    fn check_place(&self, item: &OnboardItem, answer: &Answer, value: &Secret) -> Result<(), EngineError> {
        let (name, id) = (&item.name, self.choices.store);
        match item.state {
            ItemState::Present | ItemState::AsInExample if !self.has_value(name, value) => {
                let file = &self.steps.file;
                Err(EngineError::new(ErrorKind::StoreUnusable, format!("{name} has another value in {file} already"))
                    .why("onboard adds what is missing and replaces nothing")
                    .now(format!("change {name} in {file} yourself, or leave it out of the options")))
            }
            _ if keys::keeps(id) && item.is_secret_as(Some(answer)) && !value.is_empty() => {
                let place = self.choices.item(&self.steps.root, name);
                let stored = keys::open(id)?.get(&place).map_err(|error| keys::unusable(id, &error))?;
                if stored.is_none_or(|stored| stored.value == *value) {
                    return Ok(());
                }
                let title = id.info().title;
                let what = format!("{name} has another value in the {title} already");
                Err(EngineError::new(ErrorKind::StoreUnusable, what)
                    .why("onboard uses what is there and replaces nothing")
                    .now(format!("flask-harden store set {name} --replace   puts another value there"))
                    .now(format!("leave {name} out of the options")))
            }
            _ if !id.makes_keys() && item.is_secret_as(Some(answer)) && !value.is_empty() => {
                Err(EngineError::new(ErrorKind::Settings, format!("the value for {name} would be kept nowhere"))
                    .why("with --store none the host sets every secret")
                    .now(format!("leave {name} out of the options, or name another store")))
            }
            _ => Ok(()),
        }
    }

    fn has_value(&self, name: &str, value: &Secret) -> bool {
        let known = self.scan.facts.env_files.iter().find(|file| file.path == self.steps.file);
        known.and_then(|file| file.document.last(name)).is_some_and(|entry| entry.value.as_deref() == Some(value))
    }

    /// What these answers make; what was asked and not answered stays empty.
    ///
    /// # Errors
    /// A store or an env file that cannot take it.
    pub fn draft(&self, answers: &Answers, random: &mut dyn KeySource) -> Result<OnboardDraft, EngineError> {
        self.check(answers)?;
        let facts = &self.scan.facts;
        let file = &self.steps.file;
        let source = facts.files.get(file);
        if source.is_none() && facts.files.exists(file) {
            return Err(EngineError::new(ErrorKind::StoreUnusable, format!("{file} cannot take the values"))
                .why("it is there and could not be read as text")
                .now(format!("look at {file}, or move it away, then type the command again")));
        }
        let existing = source.map(|source| source.text.as_str());
        let composed = env_text(&self.steps, existing, answers, self.choices.store, random)
            .map_err(|error| self.not_written(error))?;
        let mut given = BTreeMap::new();
        for name in &composed.stored {
            if let Some(value) = self.value_for_store(name, answers, random)? {
                given.insert(name.clone(), value);
            }
        }
        let mut draft = self.outside(&composed)?;
        if let Some(text) = composed.text {
            self.may_be_written(file)?;
            draft.files.push(change(file, source, text));
            draft.files.sort_by(|a, b| (a.phase, &a.path).cmp(&(b.phase, &b.path)));
            draft.secrets.extend(composed.secrets.iter().map(|name| SecretChange {
                name: name.clone(),
                place: file.to_string(),
                held: Held::File(file.clone()),
            }));
        }
        let (store, project) = (self.choices.store, self.choices.project.clone());
        draft.chosen = Some(ChosenStore { store, project, named: self.named });
        if draft.secrets.iter().any(|secret| matches!(secret.held, Held::Store { .. })) {
            keys::settle(&mut draft, &choose::recorded(&Tree::open(&self.scan.root)?), self.adopt)?;
        }
        let unset = if self.choices.store == StoreId::None { composed.stored } else { Vec::new() };
        Ok(OnboardDraft { draft, given, unset })
    }

    /// Ignore lines and keys of a store, as the plan composes them.
    fn outside(&self, composed: &Composed) -> Result<Draft, EngineError> {
        let facts = &self.scan.facts;
        let mut changes: Vec<Change> = Vec::new();
        if composed.text.is_some() && !self.is_ignored() {
            changes.extend(rules::secret_key::ignore_env_file(facts, &self.steps.file));
        }
        changes.extend(composed.stored.iter().filter_map(|name| self.choices.keep(&self.steps.root, name)));
        if changes.is_empty() {
            return Ok(Draft::default());
        }
        let remedies = [Remedy {
            id: "onboard".to_owned(),
            findings: Vec::new(),
            title: "the env file of this computer".to_owned(),
            reason: String::new(),
            applicability: Applicability::Safe,
            changes,
            steps: Vec::new(),
            needs: Vec::new(),
        }];
        let decisions = Decisions::at_least(&remedies, Applicability::Safe);
        let withheld = BTreeMap::new();
        let composing =
            Composing { facts, remedies: &remedies, decisions: &decisions, withheld: &withheld, reveal: false };
        let (draft, _) = plan::compose(&composing, &mut |_, _| Err(GenerateError))
            .map_err(|error| super::plan::refused(&self.scan, error))?;
        match draft.conflicts.first() {
            None => Ok(draft),
            Some(conflict) => Err(EngineError::new(
                ErrorKind::StoreUnusable,
                format!("{} cannot be kept out of git", self.steps.file),
            )
            .why(format!("{}: {}", conflict.path, conflict.reason))
            .now(format!("add {} to {} yourself, then type the command again", self.steps.file, conflict.path))),
        }
    }

    fn is_ignored(&self) -> bool {
        let Ok(tree) = Tree::open(&self.scan.root) else { return true };
        let state = GitState::open(&tree);
        state.git().is_none_or(|git| git.is_ignored(&self.steps.file))
    }

    fn may_be_written(&self, file: &RepoPath) -> Result<(), EngineError> {
        let tree = Tree::open(&self.scan.root)?;
        let state = GitState::open(&tree);
        if !state.git().is_some_and(|git| git.is_tracked(file)) {
            return Ok(());
        }
        Err(EngineError::new(ErrorKind::StoreUnusable, format!("{file} cannot hold the values"))
            .why("git tracks it, so they would be committed")
            .now(format!(
                "git rm --cached {file}   stops tracking it; the next git pull deletes it in other checkouts"
            )))
    }

    /// A value for the store that is no key of the usual kind: an answer, or of another form.
    fn value_for_store(
        &self,
        name: &str,
        answers: &Answers,
        random: &mut dyn KeySource,
    ) -> Result<Option<Secret>, EngineError> {
        let answer = answers.get(name);
        if let Some(value) = answer.and_then(Answer::given) {
            return Ok(Some(Secret::from(value.expose())));
        }
        let item = self.steps.items.iter().find(|item| item.name == name && item.state != ItemState::InStore);
        let made = |item: &&OnboardItem| answer.is_some() || matches!(item.need, Need::Generate(_));
        match item.filter(made) {
            Some(item) => item.kind.make(random).map(Some).map_err(|error| {
                EngineError::new(ErrorKind::StoreUnusable, "no key could be made").why(error.to_string())
            }),
            None => Ok(None),
        }
    }

    fn not_written(&self, error: TextError) -> EngineError {
        let file = &self.steps.file;
        let (what, why) = match error {
            TextError::Value { name, reason } => (format!("{name} cannot be written to {file}"), reason.to_string()),
            TextError::File(reason) => (format!("{file} cannot take the values"), reason.to_string()),
            TextError::Generate(error) => ("no key could be made".to_owned(), error.to_string()),
        };
        EngineError::new(ErrorKind::StoreUnusable, what)
            .why(why)
            .now("flask-harden onboard --from FILE   follows another example")
    }

    /// Writes a draft that was made and shown. A file that changed since is refused.
    ///
    /// # Errors
    /// Where a store or a write is refused or fails; the text says what that left.
    pub fn write(&self, made: &OnboardDraft) -> Result<Written, EngineError> {
        let tree = Tree::open(&self.scan.root)?;
        let session = Session::begin(&tree, &StateDir::from_env()?)?;
        let file = &self.steps.file;
        let mut read_back = || {
            let found = tree.read(file, EXAMPLE_LIMIT).map_err(|error| error.to_string())?;
            let bytes = Zeroizing::new(found.bytes);
            let text = std::str::from_utf8(&bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
            let held = made.draft.secrets.iter().filter(|secret| matches!(secret.held, Held::File(_)));
            match held.into_iter().find(|secret| dotenv::read(text, &secret.name).is_none()) {
                None => Ok(()),
                Some(secret) => Err(format!("{file} does not give {} back", secret.name)),
            }
        };
        let (receipt, shown) = put(&session, &made.draft, &made.given, &mut read_back)?;
        Ok(Written { receipt, recovered: session.recovered().to_vec(), shown })
    }

    /// How the app is started once this is written, the best way first.
    pub fn starts(&self) -> Vec<StartWay> {
        let named = |item: &&OnboardItem| {
            item.read && !matches!(item.need, Need::Optional) && item.state != ItemState::SetElsewhere
        };
        let by_hand = !self.choices.store.is_file() && !keys::keeps(self.choices.store);
        let here = |item: &&OnboardItem| !(by_hand && item.is_secret());
        let items = self.steps.items.iter().filter(named).filter(here);
        let names: Vec<String> = items.map(|item| item.name.clone()).collect();
        let outside = keys::keeps(self.choices.store) && self.steps.items.iter().any(OnboardItem::is_secret);
        starts(&self.scan.facts, &self.steps, &names, outside)
    }
}
