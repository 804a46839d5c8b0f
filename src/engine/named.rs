//! Data files that the project's own Python names: they are read besides what is read by name.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::facts::data::entries::is_data_file;
use crate::facts::{FileRole, Files};
use crate::repo;
use crate::text::RepoPath;

/// Bytes of a data file that is read: configuration is small.
pub(super) const LIMIT: u64 = 256 << 10;

/// A file name in quotes, whatever stands before it in the path.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z0-9_.-]*\.(?:json|toml|ya?ml|ini|cfg|conf))["']"#).ok());

/// The files of the tree that have a name own code writes out, and those that Dynaconf and
/// python-decouple look for by themselves.
pub(super) fn data_files(files: &Files) -> Vec<RepoPath> {
    let Some(pattern) = NAMED.as_ref() else { return Vec::new() };
    let mut names: BTreeSet<String> = BTreeSet::new();
    // Files that name configuration for the app: code, what starts it, and env files.
    for source in files.sources.values() {
        let python = source.path.extension() == "py";
        if python && repo::role(&source.path) != FileRole::Source {
            continue;
        }
        names.extend(pattern.captures_iter(&source.text).filter_map(|found| Some(found.get(1)?.as_str().to_owned())));
        if !python {
            let words = source.text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | ':' | ','));
            let data = |word: &&str| word.rsplit_once('.').is_some_and(|(_, ending)| is_data_file(ending));
            names.extend(words.filter(data).map(str::to_owned));
            continue;
        }
        if source.text.contains("ynaconf") {
            let stems = ["settings", ".secrets", "settings.local", ".secrets.local"];
            let endings = ["toml", "yaml", "yml", "json", "ini"];
            names.extend(stems.iter().flat_map(|stem| endings.map(|ending| format!("{stem}.{ending}"))));
        }
        if source.text.contains("decouple") {
            names.insert("settings.ini".to_owned());
        }
    }
    let wanted = |path: &&RepoPath| {
        let apart =
            matches!(repo::role(path), FileRole::Vendored | FileRole::Template | FileRole::Test | FileRole::Docs);
        names.contains(path.name()) && !apart && !files.sources.contains_key(*path)
    };
    files.all.keys().filter(wanted).cloned().collect()
}
