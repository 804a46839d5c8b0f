//! Snapshots live in the top-level `snapshots/`, wherever the test that reviews them stands.

use std::path::PathBuf;

/// Compares `text` with `snapshots/<folder>/<name>.snap`.
#[track_caller]
pub(crate) fn check(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
