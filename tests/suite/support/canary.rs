//! Canaries: secrets made when the test runs, planted in a tree, which then must be nowhere.

use std::path::Path;

use flask_harden::secret::generate::{OsRandom, new_key};

use super::Run;

/// A planted secret.
pub(crate) struct Canary(String);

impl Canary {
    /// 48 characters that occur nowhere else: a word that reads like a secret, then random digits.
    pub(crate) fn new() -> Self {
        let key = new_key(&mut OsRandom).unwrap();
        Self(format!("Cnry-{}-Zq!x7", &key.expose()[..38]))
    }

    pub(crate) fn value(&self) -> &str {
        &self.0
    }

    /// Whether `text` holds the canary or a piece long enough to help: any sixteen characters in
    /// a row, in any case; also as hexadecimal and reversed.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let haystack = text.to_ascii_lowercase();
        let plain = self.0.to_ascii_lowercase();
        let hex: String = self.0.bytes().map(|byte| format!("{byte:02x}")).collect();
        let reversed: String = plain.chars().rev().collect();
        [plain, hex, reversed]
            .iter()
            .any(|form| form.as_bytes().windows(16).any(|piece| haystack.windows(16).any(|window| window == piece)))
    }

    /// Fails if a run printed it.
    #[track_caller]
    pub(crate) fn not_printed(&self, run: &Run) {
        assert!(!self.is_in(run.stdout.as_bytes()), "a planted secret is on standard output");
        assert!(!self.is_in(run.stderr.as_bytes()), "a planted secret is on standard error");
    }

    /// Fails if a file below `dir` holds it, in its bytes or in its name, `except` these.
    #[track_caller]
    pub(crate) fn not_below(&self, dir: &Path, except: &[&str]) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(!self.is_in(name.as_bytes()), "a planted secret is the name of a file");
            if except.contains(&name) {
                continue;
            }
            if path.symlink_metadata().unwrap().is_dir() {
                self.not_below(&path, except);
            } else if path.is_file() {
                assert!(!self.is_in(&std::fs::read(&path).unwrap()), "a planted secret is in {}", path.display());
            }
        }
    }
}

#[test]
fn pieces_other_cases_and_encodings_are_seen() {
    let canary = Canary::new();
    let value = canary.value();
    assert!(canary.is_in(format!("x{value}y").as_bytes()));
    assert!(canary.is_in(value[5..22].to_uppercase().as_bytes()));
    assert!(canary.is_in(value.bytes().map(|byte| format!("{byte:02X}")).collect::<String>().as_bytes()));
    assert!(canary.is_in(value.chars().rev().collect::<String>().as_bytes()));
    assert!(!canary.is_in(&value.as_bytes()[..10]));
    assert!(!Canary::new().is_in(value.as_bytes()));
}
