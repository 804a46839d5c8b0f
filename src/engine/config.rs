//! Every setting on every way the app is started: `explain SETTING` for all of them at once.

use std::collections::BTreeSet;

use crate::facts::{Effective, Target};
use crate::finding::Severity;
use crate::text::Place;

use super::Scan;
use super::effective::{EffectiveLine, line, word};

/// Settings that are shown even where nothing sets them.
const ALWAYS: &[&str] =
    &["DEBUG", "SECRET_KEY", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_SECURE", "TESTING"];

/// The table of settings by targets.
#[derive(Default)]
pub struct ConfigTable {
    /// The targets' names, production first.
    pub targets: Vec<String>,
    pub rows: Vec<ConfigRow>,
}

/// One setting.
pub struct ConfigRow {
    pub setting: String,
    /// One for each target.
    pub cells: Vec<ConfigCell>,
    /// Whether targets have different values.
    pub differs: bool,
}

/// One setting on one target.
pub struct ConfigCell {
    /// `on`, `literal`, `?`.
    pub word: String,
    /// `config.py:9`; nothing where Flask's default counts.
    pub place: Option<String>,
    /// The same in whole sentences.
    pub line: EffectiveLine,
}

/// Every setting that the project gives a value, and those that matter here in any case.
pub(super) fn config_table(scan: &Scan) -> ConfigTable {
    let facts = &scan.facts;
    let mut targets: Vec<&Target> = facts.targets.iter().collect();
    targets.sort_by_key(|target| !(target.production || target.assumed));
    let own = facts.settings.iter().filter(|setting| facts.is_own(setting.path())).map(|setting| setting.key.as_str());
    let keys: BTreeSet<&str> = own.chain(ALWAYS.iter().copied()).collect();
    let row = |key: &str| {
        let cells: Vec<ConfigCell> = targets.iter().map(|target| cell(scan, target, key)).collect();
        let differs = cells.iter().any(|cell| cell.word != cells[0].word || cell.line.value != cells[0].line.value);
        ConfigRow { setting: key.to_owned(), cells, differs }
    };
    // Constants that no target takes as a setting say nothing here.
    let matters = |key: &&str| {
        let given = |target: &Target| !matches!(facts.effective(target, key), Effective::Absent);
        ALWAYS.contains(key) || targets.iter().any(|target| given(target))
    };
    let rows = if targets.is_empty() { Vec::new() } else { keys.into_iter().filter(matters).map(row).collect() };
    ConfigTable { targets: targets.iter().map(|target| target.name.clone()).collect(), rows }
}

fn cell(scan: &Scan, target: &Target, key: &str) -> ConfigCell {
    let (mut said, place) = word(&scan.facts, target, key);
    if let Effective::Set { setting, .. } = scan.facts.effective(target, key) {
        let live = scan.findings.iter().any(|found| {
            found.severity == Severity::Live
                && found.primary.place == Place::Tree
                && found.primary == scan.facts.resolve(setting).location
        });
        if live {
            said = Severity::Live.word().to_owned();
        }
    }
    ConfigCell { word: said, place, line: line(&scan.facts, target, key) }
}
