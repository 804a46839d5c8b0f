//! The text of the env file from its items: the example filled in where there is no file yet, else
//! the missing lines added to it. Nothing that stands there is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::class::{Kind, Need};
use super::{ItemSource, ItemState, Onboard, OnboardItem};
use crate::lang::dotenv::{self, EnvDocument, EnvEntry, EnvFileError, Filling, Line};
use crate::secret::Secret;
use crate::secret::generate::{GenerateError, KeySource, new_fernet_key, new_key};
use crate::store::StoreId;

/// What a person said of one variable.
#[derive(Clone)]
pub enum Answer {
    /// This value; an empty one leaves it empty.
    Value(Arc<Secret>),
    /// A new random value.
    Generate,
    /// The example's own text.
    Copy,
}

impl Answer {
    pub fn value(secret: Secret) -> Self {
        Answer::Value(Arc::new(secret))
    }

    pub fn empty() -> Self {
        Self::value(Secret::from(""))
    }

    /// Whether it leaves the variable empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Answer::Value(value) if value.is_empty())
    }

    /// The value a person gave; an empty one is one.
    pub fn given(&self) -> Option<&Secret> {
        match self {
            Answer::Value(value) => Some(value),
            Answer::Generate | Answer::Copy => None,
        }
    }
}

/// What a person said, by name.
pub type Answers = BTreeMap<String, Answer>;

/// The env file as it will be.
#[derive(Default)]
pub struct Composed {
    /// `None`: it stays as it is, or there is none.
    pub text: Option<Zeroizing<String>>,
    /// Names of the secrets that stand in the file and did not before.
    pub secrets: Vec<String>,
    /// Names that are kept in the store instead.
    pub stored: Vec<String>,
    /// Names whose values were copied, or left empty, or given.
    pub others: Vec<String>,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("{name}: {reason}")]
    Value { name: String, reason: EnvFileError },
    #[error(transparent)]
    File(#[from] EnvFileError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

/// What becomes of one item.
enum Fate {
    Value(Secret),
    /// As in the example.
    Copied,
    /// In the store.
    Kept,
    /// Named in a comment.
    Named,
}

/// The env file with every open item in it. `existing` is its text now.
///
/// # Errors
/// Where a value cannot be written, or no key can be made.
pub fn env_text(
    onboard: &Onboard,
    existing: Option<&str>,
    answers: &Answers,
    store: StoreId,
    random: &mut dyn KeySource,
) -> Result<Composed, TextError> {
    let mut composed = Composed::default();
    let mut fates: BTreeMap<&str, Fate> = BTreeMap::new();
    for item in &onboard.items {
        let Some(fate) = fate(item, answers, store, random)? else { continue };
        let name = item.name.clone();
        match &fate {
            Fate::Kept => composed.stored.push(name),
            Fate::Value(value) if item.is_secret_as(answers.get(&name)) && !value.is_empty() => {
                composed.secrets.push(name)
            }
            Fate::Value(_) | Fate::Copied => composed.others.push(name),
            Fate::Named => {}
        }
        fates.insert(&item.name, fate);
    }
    let example = onboard.example.as_ref().map_or("", |example| example.text.as_str());
    let from_code = |item: &&OnboardItem| matches!(item.source, ItemSource::Code(_));
    let (body, added): (&str, Vec<&OnboardItem>) = match existing {
        Some(text) => (text, onboard.items.iter().filter(|item| !stands_there(item.state)).collect()),
        None => (example, onboard.items.iter().filter(from_code).collect()),
    };
    let lines = lines(&added, &fates, example, existing.is_none())?;
    let document = EnvDocument::parse(example).map_err(EnvFileError::from)?;
    let fill = |entry: &EnvEntry| -> Option<Filling> {
        match fates.get(entry.key.as_str())? {
            // What has a value in the file keeps it.
            Fate::Value(value) if existing.is_none() || is_empty(entry) => {
                Some(Filling::Value(Secret::from(value.expose())))
            }
            Fate::Kept if existing.is_none() => Some(Filling::Comment(elsewhere(&entry.key, store))),
            Fate::Copied if existing.is_some() && is_empty(entry) => {
                let value = document.last(&entry.key).and_then(|known| known.value.as_deref());
                value.map(|value| Filling::Value(Secret::from(value.expose())))
            }
            _ => None,
        }
    };
    let text = dotenv::filled_in(body, &fill, &lines)?;
    let says_something = !composed.secrets.is_empty() || !composed.others.is_empty();
    if says_something && existing.is_none_or(|old| old != text.as_str()) {
        composed.text = Some(text);
    }
    Ok(composed)
}

/// Whether a name has a line in the env file.
const fn stands_there(state: ItemState) -> bool {
    matches!(state, ItemState::Present | ItemState::AsInExample | ItemState::Empty)
}

/// The comment in the place of a value that is kept elsewhere.
fn elsewhere(name: &str, store: StoreId) -> String {
    match store {
        StoreId::Print => format!("{name} was shown one time: set it where the app runs"),
        StoreId::None => format!("{name} is set by the host"),
        StoreId::Keyring => format!("{name} is in the OS keyring: flask-harden exec passes it on"),
        _ => format!("{name} is in {}: flask-harden exec passes it on", store.info().title),
    }
}

fn is_empty(entry: &EnvEntry) -> bool {
    entry.value.as_ref().is_none_or(|value| value.is_empty())
}

/// What becomes of an item; `None` where there is nothing to do.
fn fate(
    item: &OnboardItem,
    answers: &Answers,
    store: StoreId,
    random: &mut dyn KeySource,
) -> Result<Option<Fate>, TextError> {
    let answer = answers.get(&item.name);
    let outside = item.is_secret_as(answer) && !store.is_file();
    let copied = || match item.source {
        ItemSource::Example { .. } => Fate::Copied,
        ItemSource::Code(_) => Fate::Value(Secret::from("")),
    };
    let fate = match (answer, &item.need) {
        (_, _) if item.state == ItemState::InStore => Fate::Kept,
        (_, _) if !is_fillable(item, answer) => return Ok(None),
        (Some(Answer::Value(value)), _) if outside && !value.is_empty() => Fate::Kept,
        (Some(Answer::Value(value)), _) => Fate::Value(Secret::from(value.expose())),
        (Some(Answer::Generate), _) | (None, Need::Generate(_)) if outside => Fate::Kept,
        (Some(Answer::Generate), _) | (None, Need::Generate(_)) => Fate::Value(item.kind.make(random)?),
        (Some(Answer::Copy), _) => copied(),
        (None, Need::Fixed(text)) => Fate::Value(Secret::from(text.as_str())),
        (None, Need::Copy) => copied(),
        (None, Need::Optional) => Fate::Named,
        // Nobody here has to know it: the host does.
        (None, Need::Ask { .. }) if outside && !store.makes_keys() => Fate::Kept,
        // Left out by the person: an empty line says so.
        (None, Need::Ask { .. }) => Fate::Value(Secret::from("")),
    };
    Ok(Some(fate))
}

/// Whether the env file lacks it, or has a name without a value that can be filled.
fn is_fillable(item: &OnboardItem, answer: Option<&Answer>) -> bool {
    match item.state {
        ItemState::Missing | ItemState::InStore => true,
        ItemState::SetElsewhere => answer.is_some(),
        ItemState::Empty => answer.is_some_and(|answer| !answer.is_empty()) || matches!(item.need, Need::Generate(_)),
        ItemState::Present | ItemState::AsInExample | ItemState::Stored => false,
    }
}

impl Kind {
    /// A new value.
    ///
    /// # Errors
    /// Where the random source cannot deliver.
    pub fn make(self, random: &mut dyn KeySource) -> Result<Secret, GenerateError> {
        match self {
            Kind::Hex => new_key(random),
            Kind::Fernet => new_fernet_key(random),
            Kind::JsonList => {
                let key = new_key(random)?;
                Ok(Secret::new(format!("[\"{}\"]", key.expose())))
            }
        }
    }
}

/// The lines that are added, in order, with the comments they have in the example.
fn lines(
    added: &[&OnboardItem],
    fates: &BTreeMap<&str, Fate>,
    example: &str,
    fresh: bool,
) -> Result<Vec<Line>, TextError> {
    let document = EnvDocument::parse(example).map_err(EnvFileError::from)?;
    let mut lines = Vec::new();
    let mut named = Vec::new();
    for item in added {
        let entry = document.last(&item.name);
        let failed = |reason| TextError::Value { name: item.name.clone(), reason };
        let text = match fates.get(item.name.as_str()) {
            Some(Fate::Value(value)) => match entry {
                Some(entry) => {
                    let fill = |_: &EnvEntry| Some(Filling::Value(Secret::from(value.expose())));
                    dotenv::filled_in(entry.span.of(example), &fill, &[]).map_err(failed)?
                }
                None => dotenv::statement(&item.name, value).map_err(failed)?,
            },
            Some(Fate::Copied) => match entry {
                Some(entry) => Zeroizing::new(entry.span.of(example).to_owned()),
                None => continue,
            },
            Some(Fate::Named) if fresh => {
                named.push(Line { comments: Vec::new(), text: Zeroizing::new(format!("# {}=", item.name)) });
                continue;
            }
            _ => continue,
        };
        lines.push(Line { comments: comments(item, example), text });
    }
    if let Some(first) = named.first_mut() {
        first.comments = vec!["Read by the app as well, which does without them:".to_owned()];
    }
    lines.extend(named);
    Ok(lines)
}

/// What stands above a line: the example's own comment, else where the code reads the name.
fn comments(item: &OnboardItem, example: &str) -> Vec<String> {
    let line = match &item.source {
        ItemSource::Example { line } => *line,
        ItemSource::Code(location) => return vec![format!("Read in {}, line {}", location.path, location.line)],
    };
    let above: Vec<&str> = example.lines().take(line.saturating_sub(1)).collect();
    let comment = |text: &&&str| text.trim_start().starts_with('#');
    let mut found: Vec<String> = above
        .iter()
        .rev()
        .take_while(comment)
        .map(|text| text.trim().trim_start_matches('#').trim().to_owned())
        .collect();
    found.reverse();
    found
}
