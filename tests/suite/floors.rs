//! The house's one-way floors and the laws a machine can check: who may import whom, how long a
//! file is, that every module says what it knows.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::source::{lex, shipped, sources};

/// The floors, lowest first. Names on one line are neighbours and do not import each other.
const FLOORS: &[&[&str]] = &[
    &["text", "secret", "templates"],
    &["notice", "process"],
    &["lang", "repo", "store", "options"],
    &["facts"],
    &["finding"],
    &["remedy"],
    &["rules"],
    &["triage"],
    &["plan"],
    &["apply"],
    &["engine"],
    &["report", "flow"],
    &["cli", "tui", "plain"],
    &["main", "lib"],
];

/// Lines of a file, tests left out.
const LONGEST_FILE: usize = 500;

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|names| names.contains(&module))
}

/// The module of the first level a file belongs to.
fn module_of(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The first-level modules that `text` names: `crate::x`, `crate::{x, y::z}`, `flask_harden::x`
/// and, in files of the first level, `super::x`.
fn named(text: &str, top_level: bool) -> BTreeSet<String> {
    let code: String =
        lex(text).code.split_whitespace().collect::<Vec<_>>().join(" ").replace(":: ", "::").replace(" ::", "::");
    let mut found = BTreeSet::new();
    let roots: &[&str] =
        if top_level { &["crate::", "flask_harden::", "super::"] } else { &["crate::", "flask_harden::"] };
    for root in roots {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads(group)),
                None => found.extend(head(rest)),
            }
        }
    }
    found
}

fn head(text: &str) -> Option<String> {
    let name: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The first name of each item of a group, whose `{` is behind us.
fn heads(group: &str) -> Vec<String> {
    let mut found: Vec<String> = head(group).into_iter().collect();
    let mut depth = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => found.extend(head(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// What is wrong with the imports of one file.
fn broken(path: &Path, text: &str) -> Vec<String> {
    let module = module_of(path);
    let Some(mine) = floor(&module) else {
        return vec![format!("src/{}: the module '{module}' stands on no floor", path.display())];
    };
    let top_level = path.components().count() == 1 || path.ends_with("mod.rs") && path.components().count() == 2;
    let mut wrong = Vec::new();
    for name in named(text, top_level) {
        if name == module || ["self", "super", "crate"].contains(&name.as_str()) {
            continue;
        }
        match floor(&name) {
            Some(theirs) if theirs < mine => {}
            Some(_) => {
                wrong.push(format!("src/{}: '{module}' uses '{name}', which is no floor below it", path.display()))
            }
            // A name that is no module of the first level: an item of our own module by `super::`.
            None => {}
        }
    }
    wrong
}

#[test]
fn a_module_uses_only_the_floors_below_it() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| !["main", "lib"].contains(&module_of(path).as_str()))
        .flat_map(|(path, text)| broken(path, text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_upward_or_sideways_import_is_seen_in_every_form() {
    let lang = Path::new("lang/toml.rs");
    for upward in [
        "use crate::engine::scan;",
        "use crate::{text::Span, engine};",
        "use crate::{\n    text::{Span, edit},\n    rules::Rule,\n};",
        "fn f() { crate :: cli::run() }",
        "use crate::store::ALL;",
        "use flask_harden::plan::Draft;",
    ] {
        assert_eq!(broken(lang, upward).len(), 1, "{upward}");
    }
    for fine in [
        "use crate::text::Span;",
        "// crate::engine",
        "let s = \"crate::engine\";",
        "r#\"crate::cli \" \"#;",
        "use super::x;",
    ] {
        assert!(broken(lang, fine).is_empty(), "{fine}");
    }
    assert_eq!(broken(Path::new("notice.rs"), "use super::engine::Scan;").len(), 1);
    assert_eq!(broken(Path::new("common.rs"), "").len(), 1);
}

#[test]
fn no_file_is_too_long() {
    for (path, text) in sources() {
        assert!(
            shipped(&text).lines().count() <= LONGEST_FILE,
            "src/{} has {} lines",
            path.display(),
            shipped(&text).lines().count()
        );
    }
}

#[test]
fn every_module_opens_with_what_it_knows() {
    for (path, text) in sources() {
        let opening =
            text.strip_prefix("//! ").unwrap_or_else(|| panic!("src/{} does not open with //!", path.display()));
        let first = opening.lines().next().unwrap_or("");
        assert!(first.len() >= 20, "src/{}: `//! {first}` says nothing", path.display());
    }
}

#[test]
fn main_is_short() {
    let main = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 40);
}

#[test]
fn no_file_is_a_drawer() {
    const DRAWERS: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager"];
    for (path, _) in sources() {
        for part in path.components() {
            let name = part.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
            assert!(!DRAWERS.contains(&name.as_str()), "src/{}", path.display());
        }
    }
}
