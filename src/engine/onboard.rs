//! `onboard`: a fresh clone gets its env file. The tree is read, each variable classed, answers
//! are taken from whoever asks, and everything is written in one run that `undo` takes back.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use crate::apply::{Receipt, Recovered, Session, StateDir};
use crate::facts::masks;
use crate::lang::dotenv;
use crate::plan::onboard::{Answers, Composed, Example, ItemState, Need, Onboard, OnboardItem, TextError};
use crate::plan::onboard::{env_text, examples, onboard, starts, target_name};
use crate::plan::{self, Before, ChosenStore, Composing, Decisions, Draft, FileChange, Held, Phase, SecretChange};
use crate::remedy::{Applicability, Change, Choices, Remedy};
use crate::repo::{GitState, Tree};
use crate::rules;
use crate::secret::Secret;
use crate::secret::generate::{GenerateError, OsRandom};
use crate::store::{StoreId, env_file};
use crate::text::diff::{self, Side};
use crate::text::{RepoPath, SourceFile};

use super::fix::{ShownKey, put};
use super::{EngineError, ErrorKind, Request, Scan, choose, keys};

/// Bytes of an example that is named.
const EXAMPLE_LIMIT: u64 = 1 << 20;
/// Longest value that is taken.
const MAX_VALUE: usize = 64 * 1024;

/// A fresh clone that is being set up. As long as it lives no other run writes here.
pub struct Onboarding<'t> {
    tree: &'t Tree,
    session: Session<'t>,
    pub scan: Scan,
    choices: Choices,
    named: bool,
    adopt: bool,
    /// Where keys go and why there, in words.
    pub store: String,
    pub steps: Onboard,
}

/// What will be written.
pub struct OnboardDraft {
    pub draft: Draft,
    /// Values for the store outside of the tree, where they are not new keys of the usual kind.
    given: BTreeMap<String, Secret>,
    /// Variables that the host has to set, with a store that keeps nothing.
    pub unset: Vec<String>,
}

impl<'t> Onboarding<'t> {
    /// Takes the lock, scans, and classes what the example and the code ask for. `from`: the example
    /// a person names.
    ///
    /// # Errors
    /// As [`super::scan`]; or there is no one project to set up, or the example cannot be read.
    pub fn begin(tree: &'t Tree, request: &Request, from: Option<&Path>) -> Result<Self, EngineError> {
        let session = Session::begin(tree, &StateDir::from_env()?)?;
        let scan = super::scan(request)?;
        session.record()?;
        let (choices, why) = choose::choices(&scan, request, &choose::new_id()?, None)?;
        let store = format!("{} ({why})", choices.store.name());
        let named = scan.options.store.value != "auto";
        let (root, file, example) = place(&scan, tree, from)?;
        let steps = onboard(&scan.facts, root, file, example);
        Ok(Self { tree, session, scan, choices, named, adopt: request.flags.adopt, store, steps })
    }

    /// What became of runs that were interrupted earlier.
    pub fn recovered(&self) -> &[Recovered] {
        self.session.recovered()
    }

    /// The items a person still has to answer.
    pub fn questions(&self, answers: &Answers) -> Vec<&OnboardItem> {
        self.steps.items.iter().filter(|item| item.is_asked() && !answers.contains_key(&item.name)).collect()
    }

    /// Whether answers can be taken.
    ///
    /// # Errors
    /// A name that nothing here asks for, a value that no env file can hold, or one for a variable
    /// that has another value already.
    pub fn check(&self, answers: &Answers) -> Result<(), EngineError> {
        for (name, value) in answers {
            let Some(item) = self.steps.items.iter().find(|item| item.name == *name) else {
                return Err(unknown(name, &self.steps));
            };
            check_value(name, value)?;
            let present = matches!(item.state, ItemState::Present | ItemState::AsInExample);
            if present && !self.has_value(name, value) {
                return Err(EngineError::new(
                    ErrorKind::StoreUnusable,
                    format!("{name} has another value in {} already", self.steps.file),
                )
                .why("onboard adds what is missing and replaces nothing")
                .now(format!("change {name} in {} yourself, or leave it out of the options", self.steps.file)));
            }
        }
        Ok(())
    }

    fn has_value(&self, name: &str, value: &Secret) -> bool {
        let known = self.scan.facts.env_files.iter().find(|file| file.path == self.steps.file);
        known.and_then(|file| file.document.last(name)).is_some_and(|entry| entry.value.as_deref() == Some(value))
    }

    /// What these answers make; what was asked and not answered stays empty.
    ///
    /// # Errors
    /// A store or an env file that cannot take it.
    pub fn draft(&self, answers: &Answers) -> Result<OnboardDraft, EngineError> {
        let facts = &self.scan.facts;
        let file = &self.steps.file;
        let source = facts.files.get(file);
        if source.is_none() && facts.files.exists(file) {
            return Err(EngineError::new(ErrorKind::StoreUnusable, format!("{file} cannot take the values"))
                .why("it is there and could not be read as text")
                .now(format!("look at {file}, or move it away, then type the command again")));
        }
        let existing = source.map(|source| source.text.as_str());
        let composed = env_text(&self.steps, existing, answers, self.choices.store, &mut OsRandom)
            .map_err(|error| self.not_written(error))?;
        let mut given = BTreeMap::new();
        for name in &composed.stored {
            if let Some(value) = self.value_for_store(name, answers)? {
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
            keys::settle(&mut draft, &choose::recorded(self.tree), self.adopt)?;
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
        let state = GitState::open(self.tree);
        state.git().is_none_or(|git| git.is_ignored(&self.steps.file))
    }

    fn may_be_written(&self, file: &RepoPath) -> Result<(), EngineError> {
        let state = GitState::open(self.tree);
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
    fn value_for_store(&self, name: &str, answers: &Answers) -> Result<Option<Secret>, EngineError> {
        if let Some(answer) = answers.get(name) {
            return Ok(Some(Secret::from(answer.expose())));
        }
        let need = self.steps.items.iter().find(|item| item.name == name).map(|item| &item.need);
        match need {
            Some(Need::Generate(kind)) => kind.make(&mut OsRandom).map(Some).map_err(|error| {
                EngineError::new(ErrorKind::StoreUnusable, "no key could be made").why(error.to_string())
            }),
            _ => Ok(None),
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

    /// Writes a draft; `None` where it changes nothing.
    ///
    /// # Errors
    /// Where a store or a write is refused or fails; the text says what that left.
    pub fn write(&self, made: &OnboardDraft) -> Result<(Option<Receipt>, Vec<ShownKey>), EngineError> {
        let file = &self.steps.file;
        let mut read_back = || {
            let found = self.tree.read(file, EXAMPLE_LIMIT).map_err(|error| error.to_string())?;
            let bytes = Zeroizing::new(found.bytes);
            let text = std::str::from_utf8(&bytes).map_err(|_| format!("{file} is not UTF-8 text"))?;
            let held = made.draft.secrets.iter().filter(|secret| matches!(secret.held, Held::File(_)));
            match held.into_iter().find(|secret| dotenv::read(text, &secret.name).is_none()) {
                None => Ok(()),
                Some(secret) => Err(format!("{file} does not give {} back", secret.name)),
            }
        };
        put(&self.session, &made.draft, &made.given, &mut read_back)
    }

    /// How the app is started once this is written, the best way first.
    pub fn starts(&self) -> Vec<String> {
        let named = |item: &&OnboardItem| {
            item.read && !matches!(item.need, Need::Optional) && item.state != ItemState::SetElsewhere
        };
        let names: Vec<String> = self.steps.items.iter().filter(named).map(|item| item.name.clone()).collect();
        let outside = !self.choices.store.is_file() && self.steps.items.iter().any(OnboardItem::is_secret);
        starts(&self.scan.facts, &self.steps.root, &self.steps.file, &names, outside)
    }
}

type Place = (RepoPath, RepoPath, Option<Example>);

/// Root of the project, its env file, and the example.
fn place(scan: &Scan, tree: &Tree, from: Option<&Path>) -> Result<Place, EngineError> {
    let facts = &scan.facts;
    if let Some(path) = from {
        return named(scan, tree, path);
    }
    if let Some(example) = examples(facts).first() {
        let text = facts.files.get(&example.path).map(|source| source.text.clone()).unwrap_or_default();
        let file = example.path.parent().join(&target_name(example.path.name()));
        let file = file.unwrap_or_else(RepoPath::root);
        let example_of = Example { name: example.path.to_string(), text };
        return Ok((facts.project_root(&example.path), file, Some(example_of)));
    }
    let root = match facts.projects.as_slice() {
        [] => RepoPath::root(),
        [one] => one.root.clone(),
        several if several.iter().any(|project| project.root.is_root()) => RepoPath::root(),
        several => {
            let mut roots: Vec<&str> = several.iter().map(|project| project.root.as_str()).collect();
            roots.sort_unstable();
            let error = EngineError::new(ErrorKind::Settings, "there are several apps here, and no example env file")
                .why("each of them has an env file of its own");
            return Err(roots.into_iter().fold(error, |error, root| error.now(format!("flask-harden onboard {root}"))));
        }
    };
    let file = root.join(env_file::NAME).unwrap_or_else(RepoPath::root);
    Ok((root, file, None))
}

/// The place of an example that a person names.
fn named(scan: &Scan, tree: &Tree, path: &Path) -> Result<Place, EngineError> {
    let failed = |why: String| {
        EngineError::new(ErrorKind::Settings, format!("the example {} cannot be read", path.display()))
            .why(why)
            .now("flask-harden onboard --from .env.example")
    };
    let full = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    let size = full.metadata().map_err(|error| failed(error.to_string()))?;
    if !size.is_file() || size.len() > EXAMPLE_LIMIT {
        return Err(failed("it is no file, or larger than 1 MiB".to_owned()));
    }
    let bytes = std::fs::read(&full).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))?;
    let inside = full.strip_prefix(tree.root()).ok().and_then(Path::to_str).and_then(RepoPath::new);
    let dir = inside.as_ref().map_or_else(RepoPath::root, RepoPath::parent);
    let name = full.file_name().map(|name| target_name(&name.to_string_lossy())).unwrap_or_default();
    let name = if inside.is_some() && name.contains("env") { name } else { env_file::NAME.to_owned() };
    let file = dir.join(&name).filter(|file| inside.as_ref() != Some(file));
    let file = file.ok_or_else(|| failed("it is the env file itself".to_owned()))?;
    let root = inside.as_ref().map_or_else(RepoPath::root, |inside| scan.facts.project_root(inside));
    Ok((root, file, Some(Example { name: path.display().to_string(), text })))
}

fn unknown(name: &str, steps: &Onboard) -> EngineError {
    let mut error = EngineError::new(ErrorKind::Settings, format!("nothing here asks for {name}"))
        .why("neither the example nor the code of the app has that name");
    let mut known: Vec<&str> = steps.items.iter().map(|item| item.name.as_str()).collect();
    known.sort_by(|a, b| strsim::jaro_winkler(b, name).total_cmp(&strsim::jaro_winkler(a, name)));
    known.truncate(5);
    if !known.is_empty() {
        error = error.now(format!("one of those it does ask for: {}", known.join(", ")));
    }
    error.now("flask-harden onboard   without it")
}

fn check_value(name: &str, value: &Secret) -> Result<(), EngineError> {
    let refused = |why: &str| {
        Err(EngineError::new(ErrorKind::Settings, format!("the value for {name} cannot stand in an env file"))
            .why(why)
            .now(format!("--set-file {name}=FILE   with one line of text in the file")))
    };
    let text = value.expose();
    match text {
        _ if text.len() > MAX_VALUE => refused("it is longer than 64 KiB"),
        _ if text.contains(['\n', '\r', '\0']) => {
            refused("it has several lines; a variable of the environment takes one")
        }
        _ if text.contains("${") => refused("it contains ${, which readers of env files take for another variable"),
        _ => Ok(()),
    }
}

/// The env file as a change, its values masked.
fn change(file: &RepoPath, old: Option<&SourceFile>, after: Zeroizing<String>) -> FileChange {
    // An existing file that is closed to others keeps its bits: its group was given on purpose.
    let mode = match old.map(|source| source.mode) {
        Some(mode) if mode & 0o007 == 0 => mode,
        Some(mode) => mode & 0o700,
        None => env_file::MODE,
    };
    let new = SourceFile::new(file.clone(), after.to_string(), mode);
    let (old_hidden, new_hidden) = (old.map(masks::hidden).unwrap_or_default(), masks::hidden(&new));
    let side = old.map(|source| Side { text: &source.text, secrets: &old_hidden });
    let diff = diff::unified(file, side.as_ref(), &Side { text: &after, secrets: &new_hidden });
    FileChange {
        path: file.clone(),
        before: old.map(|source| Before { hash: source.hash.clone(), mode: source.mode }),
        after,
        mode,
        phase: Phase::Secret,
        diff,
        revealed: None,
        remedies: Vec::new(),
    }
}
