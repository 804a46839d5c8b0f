//! What a new developer's env file needs: one item for each name of the example and for each
//! variable the code asks for besides, and what is to be done about it. Pure: the same steps serve
//! a command line and a screen.

mod class;
mod compose;
mod start;

use std::collections::BTreeMap;

use crate::facts::asked::{Asked, asked};
use crate::facts::env::is_example;
use crate::facts::{EnvFile, Facts, FileRole, masks};
use crate::lang::dotenv::EnvDocument;
use crate::repo::role;
use crate::secret::Secret;
use crate::store::env_file;
use crate::text::{Location, RepoPath};

pub use class::{Kind, Need, holds_secret};
pub use compose::{Answer, Answers, Composed, TextError, env_text};
pub use start::{StartWay, starts};

/// One variable of the env file.
pub struct OnboardItem {
    pub name: String,
    pub need: Need,
    /// Why, in words a person may read.
    pub why: &'static str,
    /// Where the name comes from.
    pub source: ItemSource,
    /// What the example says of it, one line.
    pub hint: Option<String>,
    pub state: ItemState,
    /// Whether the app reads it itself, not only what starts it.
    pub read: bool,
    /// The form a new random value has, where one is wanted.
    pub kind: Kind,
    /// Whether what a person says may be a secret, whatever the example has there.
    pub hidden: bool,
    /// The example's value as it may be shown; `None` where it has none.
    pub default: Option<String>,
}

/// Where a name comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemSource {
    /// The example, at this line.
    Example { line: usize },
    /// The code that reads it.
    Code(Location),
}

/// Whether the env file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemState {
    Missing,
    /// It stands there without a value.
    Empty,
    Present,
    /// It stands there with the value that everyone reads in the example.
    AsInExample,
    /// A store outside of the tree has it.
    Stored,
    /// The store is to be used for it and has a value of that name.
    InStore,
    /// Something else of the project sets it.
    SetElsewhere,
}

impl OnboardItem {
    /// Whether the run has something to do for it.
    pub fn is_open(&self) -> bool {
        match (&self.state, &self.need) {
            (ItemState::Missing | ItemState::InStore, _) | (ItemState::Empty, Need::Generate(_)) => true,
            (_, _) => false,
        }
    }

    /// Whether a person has to answer.
    pub fn is_asked(&self) -> bool {
        self.is_open() && self.state != ItemState::InStore && matches!(self.need, Need::Ask { .. })
    }

    /// Whether its value is a secret where nobody says otherwise.
    pub fn is_secret(&self) -> bool {
        matches!(self.need, Need::Generate(_) | Need::Ask { secret: true })
    }

    /// Whether its value is a secret, with what a person said.
    pub fn is_secret_as(&self, answer: Option<&Answer>) -> bool {
        match answer {
            Some(Answer::Generate) => true,
            Some(Answer::Copy) => false,
            Some(Answer::Value(_)) => self.is_secret() || self.hidden,
            None => self.is_secret(),
        }
    }

    /// Whether a value for it can be taken now.
    pub fn is_free(&self) -> bool {
        matches!(self.state, ItemState::Missing | ItemState::Empty | ItemState::SetElsewhere)
    }

    /// Whether the example has a text for it that can be copied.
    pub fn has_default(&self) -> bool {
        self.default.is_some()
    }
}

/// What is made, from what.
pub struct Onboard {
    pub items: Vec<OnboardItem>,
    /// The env file.
    pub file: RepoPath,
    pub example: Option<Example>,
    /// Root of the project.
    pub root: RepoPath,
}

/// The example that is followed.
pub struct Example {
    /// As it is shown.
    pub name: String,
    pub text: String,
}

/// The examples of a tree that stand for the running app, the best first: plain `.env` ones
/// before others, those nearer to the top before deeper ones.
pub fn examples(facts: &Facts) -> Vec<&EnvFile> {
    // A sample below `examples/` or `docs/` is of something else.
    let own = |file: &&EnvFile| {
        let beside = file.path.parent().join("app.py");
        file.example && is_example(&file.path) && beside.is_some_and(|path| role(&path) == FileRole::Source)
    };
    let mut found: Vec<&EnvFile> = facts.env_files.iter().filter(own).collect();
    let rank = |file: &EnvFile| {
        let plain = target_name(file.path.name()) == env_file::NAME;
        let words = ["prod", "test", "docker", "ci"];
        let other = words.iter().any(|word| file.path.name().to_ascii_lowercase().contains(word));
        (file.path.parent().components().count(), other, !plain, file.path.clone())
    };
    found.sort_by_key(|file| rank(file));
    found
}

/// The name of the file an example is copied to: `.env.example` and `env.sample` to `.env`,
/// `config.env.dist` to `config.env`.
pub fn target_name(example: &str) -> String {
    const WORDS: &[&str] = &["example", "sample", "dist", "template", "tmpl", "default", "defaults"];
    let lower = example.to_ascii_lowercase();
    let is_word = |part: &&str| !WORDS.contains(part);
    let kept: Vec<&str> = lower.split(['.', '-', '_']).filter(|part| !part.is_empty()).filter(is_word).collect();
    match kept.as_slice() {
        [] | ["env"] | ["dotenv"] => env_file::NAME.to_owned(),
        ["env", rest @ ..] => format!("{}.{}", env_file::NAME, rest.join(".")),
        parts => parts.join("."),
    }
}

/// The items of a project. `example` is followed in its order; `file` is where the values go.
pub fn onboard(facts: &Facts, root: RepoPath, file: RepoPath, example: Option<Example>) -> Onboard {
    let mut asked = asked(facts, &root);
    let present = facts.env_files.iter().find(|known| known.path == file).map(|known| &known.document);
    let place = Place { facts, root: &root, file: &file, present };
    let mut items: Vec<OnboardItem> = Vec::new();
    if let Some(example) = &example
        && let Ok(document) = EnvDocument::parse(&example.text)
    {
        for entry in &document.entries {
            if items.iter().any(|known| known.name == entry.key) {
                continue;
            }
            let read = asked.remove(&entry.key);
            let value = document.last(&entry.key).and_then(|last| last.value.clone());
            let given = class::Given {
                name: &entry.key,
                value: value.as_deref().map(Secret::expose),
                expands: entry.expands,
                asked: read.as_ref(),
            };
            let (need, why) = class::of_example(&given);
            let (kind, hidden) = (class::kind(&given), class::may_hold_secret(&entry.key, given.value));
            let default = given.value.filter(|value| !value.is_empty()).map(|value| match holds_secret(&entry.key) {
                true => "********".to_owned(),
                false => masks::example_value(&entry.key, value),
            });
            items.push(OnboardItem {
                name: entry.key.clone(),
                need,
                why,
                source: ItemSource::Example { line: entry.line },
                hint: hint(&example.text, entry.line),
                state: place.state(&entry.key, value.as_deref()),
                read: read.is_some() || entry.key.starts_with("FLASK_"),
                kind,
                hidden,
                default,
            });
        }
    }
    items.extend(in_code(&asked, &place, example.as_ref().map_or("", |example| &example.text)));
    Onboard { items, file, example, root }
}

/// What the code asks for and the example does not name.
fn in_code(asked: &BTreeMap<String, Asked>, place: &Place<'_>, example: &str) -> Vec<OnboardItem> {
    let mut items = Vec::new();
    for read in asked.values() {
        let Some((need, why)) = class::of_code(read, place.facts) else { continue };
        // `# NAME=…` in the example says that the app does without it.
        let commented = example.lines().any(|line| {
            let line = line.trim_start().trim_start_matches(['#', ' ']).trim_start_matches("export ");
            line.strip_prefix(read.name.as_str()).is_some_and(|rest| rest.trim_start().starts_with('='))
        });
        if commented && !matches!(need, Need::Generate(_)) {
            continue;
        }
        let state = match place.state(&read.name, None) {
            ItemState::Missing if place.set_elsewhere(&read.name) => ItemState::SetElsewhere,
            state => state,
        };
        let given = class::Given { name: &read.name, value: None, expands: false, asked: Some(read) };
        items.push(OnboardItem {
            kind: class::kind(&given),
            hidden: class::may_hold_secret(&read.name, None),
            default: None,
            name: read.name.clone(),
            need,
            why,
            source: ItemSource::Code(read.location.clone()),
            hint: None,
            state,
            read: true,
        });
    }
    // As they stand in the code, which is how a person would look for them.
    let at = |item: &OnboardItem| match &item.source {
        ItemSource::Code(location) => (location.path.clone(), location.line, item.name.clone()),
        ItemSource::Example { .. } => (RepoPath::root(), 0, item.name.clone()),
    };
    items.sort_by_key(at);
    items
}

struct Place<'f> {
    facts: &'f Facts,
    root: &'f RepoPath,
    file: &'f RepoPath,
    present: Option<&'f EnvDocument>,
}

impl Place<'_> {
    fn state(&self, name: &str, example: Option<&Secret>) -> ItemState {
        if self.facts.stored.contains(&(self.root.clone(), name.to_owned())) {
            return ItemState::Stored;
        }
        let Some(entry) = self.present.and_then(|document| document.last(name)) else { return ItemState::Missing };
        match (entry.value.as_deref(), example) {
            (None, _) => ItemState::Empty,
            (Some(value), _) if value.is_empty() => ItemState::Empty,
            (Some(value), Some(example)) if value == example => ItemState::AsInExample,
            (Some(_), _) => ItemState::Present,
        }
    }

    /// Whether another env file beside ours, or a start line of the project, sets it.
    fn set_elsewhere(&self, name: &str) -> bool {
        let filled = |value: Option<&Secret>| value.is_some_and(|value| !value.is_empty());
        let beside = |file: &&EnvFile| {
            !file.example && file.path != *self.file && matches!(file.path.name(), ".env" | ".flaskenv" | ".env.local")
        };
        let in_file = |file: &EnvFile| {
            (file.path.parent() == *self.root || file.path.parent() == self.file.parent())
                && file.document.last(name).is_some_and(|entry| filled(entry.value.as_deref()))
        };
        let mut launched = self.facts.launches.iter().flat_map(|launch| &launch.env);
        self.facts.env_files.iter().filter(beside).any(in_file)
            || launched.any(|var| var.name == name && filled(var.value.as_deref()))
    }
}

/// The last line of the comment that stands directly above a line.
fn hint(text: &str, line: usize) -> Option<String> {
    let above = text.lines().nth(line.checked_sub(2)?)?.trim();
    let comment = above.strip_prefix('#')?.trim();
    // A line that was commented out, or a rule, says nothing.
    let says = comment.contains(' ') && !comment.contains('=') && comment.chars().any(char::is_alphabetic);
    says.then(|| comment.chars().take(100).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_example_is_copied_to() {
        for (example, target) in [
            (".env.example", ".env"),
            ("env.sample", ".env"),
            ("sample.env", ".env"),
            (".env-dist", ".env"),
            ("dotenv.template", ".env"),
            ("config.env.example", "config.env"),
            (".env.local.example", ".env.local"),
            (".env.example.dev", ".env.dev"),
        ] {
            assert_eq!(target_name(example), target, "{example}");
        }
    }

    #[test]
    fn the_comment_above_is_the_hint() {
        let text = "# The key of the shop's account\nA=1\n# -----\nB=2\n#C=3\nD=4\n\nE=5\n";
        assert_eq!(hint(text, 2).as_deref(), Some("The key of the shop's account"));
        for line in [1, 4, 6, 8] {
            assert_eq!(hint(text, line), None, "{line}");
        }
    }
}
