//! Settings files that are made by copying an example: where the copy in use still is the example,
//! byte for byte, the example is what git has, so it gets the same change.

use crate::facts::Facts;
use crate::remedy::Change;
use crate::text::RepoPath;

/// The changes that make the examples equal to their changed copies.
pub(super) fn changes(facts: &Facts, changes: &[Change]) -> Vec<Change> {
    let mut found = Vec::new();
    for change in changes {
        let Change::Edit { path, edits } = change else { continue };
        let same = |example: &&RepoPath| {
            facts.files.text(example).map(|source| &source.text) == facts.files.text(path).map(|source| &source.text)
        };
        let examples = facts.files.sources.keys().filter(|other| other.parent() == path.parent());
        for example in examples.filter(|other| is_example_of(other.name(), path.name())).filter(same) {
            found.push(Change::Edit { path: example.clone(), edits: edits.clone() });
        }
    }
    found
}

/// Whether a name is that of the example a file is copied from: `local_settings_example.py`,
/// `local_settings.example.py`, `local_settings.py.example`.
fn is_example_of(example: &str, name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    ["example", "sample", "dist", "template", "default"].iter().any(|word| {
        ["_", "-", "."].iter().any(|mark| {
            example == format!("{stem}{mark}{word}.{extension}")
                || example == format!("{word}{mark}{stem}.{extension}")
                || example == format!("{name}.{word}")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_example_of;

    #[test]
    fn examples_are_known_by_their_names() {
        for (example, name, wanted) in [
            ("local_settings_example.py", "local_settings.py", true),
            ("config.example.py", "config.py", true),
            ("config.py.sample", "config.py", true),
            ("sample-config.py", "config.py", true),
            ("config.py", "config.py", false),
            ("example.py", "config.py", false),
        ] {
            assert_eq!(is_example_of(example, name), wanted, "{example}");
        }
    }
}
