//! Prints which value of the settings that matter wins on each target of the checkouts named in
//! `FH_EFFECTIVE` (a `:` between two), and how many of these cells are unknown. For trials only.

use std::path::{Path, PathBuf};

use crate::facts::{Effective, Facts, Target};
use crate::repo::{GitState, Tree};

const KEYS: &[&str] =
    &["SECRET_KEY", "DEBUG", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE"];

#[test]
fn cells() {
    let Ok(roots) = std::env::var("FH_EFFECTIVE") else { return };
    let (mut all, mut unknown) = (0, 0);
    for root in roots.split(':') {
        let tree = Tree::open(&PathBuf::from(root)).unwrap();
        let (facts, _) = super::read::facts(&tree, &GitState::open(&tree));
        let name = Path::new(root).file_name().unwrap().to_string_lossy().into_owned();
        for target in facts.targets.iter().filter(|target| facts.makes_app(&target.project)) {
            println!(
                "{name}: {} [{}]{}",
                target.name,
                target.project,
                if target.production { " production" } else { "" }
            );
            for key in KEYS {
                all += 1;
                let (text, known) = cell(&facts, target, key);
                unknown += usize::from(!known);
                println!("    {key:24} {text}");
            }
        }
    }
    println!("{unknown} of {all} cells unknown");
}

fn cell(facts: &Facts, target: &Target, key: &str) -> (String, bool) {
    match facts.effective(target, key) {
        Effective::Absent => ("default".to_owned(), true),
        Effective::Unknown(reason) => (format!("UNKNOWN {reason}"), false),
        Effective::Set { setting, certain } => {
            let resolved = facts.resolve(setting);
            let truth = facts.truth(target, resolved);
            let judged = key == "SECRET_KEY" || key == "SESSION_COOKIE_SAMESITE" || truth.is_some();
            let place = format!("{}:{}", resolved.path(), resolved.location.line);
            let doubt = if certain { "" } else { " (not certain)" };
            let what = if judged { format!("{truth:?}") } else { "UNKNOWN value".to_owned() };
            (format!("{place} {what}{doubt}"), judged)
        }
    }
}
