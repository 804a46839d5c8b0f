//! Where new keys go: the store, why that one, and what the project is called there. It never
//! depends on whether a store answers.

use crate::apply::{StateDir, StoreRecord, record};
use crate::facts::Facts;
use crate::options::Source;
use crate::remedy::Choices;
use crate::repo::{GitState, Tree};
use crate::secret::generate::{KeySource as _, OsRandom};
use crate::store::{self, StoreId};

use super::{EngineError, ErrorKind, Request, Scan};

/// What stands for the id of a project that has no name, until one is recorded.
pub(super) const NEW_ID: &str = "(a new id)";

/// Why the env file, where nothing speaks for another store. A face that can ask suggests more.
pub(super) const BY_DEFAULT: &str = "the default where nobody can be asked";

/// The choices, and the reason for the store in words. `picked` is what the person chose on a
/// screen. `fresh` names a project that has no origin
/// and no record.
pub(super) fn choices(
    scan: &Scan,
    request: &Request,
    fresh: &str,
    picked: Option<StoreId>,
) -> Result<(Choices, String), EngineError> {
    let tree = Tree::open(&scan.root)?;
    let recorded = recorded(&tree);
    let (store, why) = match picked {
        Some(store) => (store, "your choice".to_owned()),
        None => store(scan, &recorded)?,
    };
    let mut choices = Choices::new(store);
    choices.untrack = request.flags.untrack;
    choices.project = match recorded.project.or_else(|| origin(&tree)) {
        Some(project) => project,
        None => fresh.to_owned(),
    };
    choices.secret_path = match &request.flags.secret_path {
        Some(path) if !is_plain(path) => {
            return Err(EngineError::new(ErrorKind::Settings, "--secret-path cannot be used")
                .why("it takes letters, digits and / . _ - with no empty part, and at most 200 of them")
                .now("--secret-path team/shop"));
        }
        path => path.clone(),
    };
    Ok((choices, why))
}

/// What this user's state says of the tree. Looking works without it.
pub(super) fn recorded(tree: &Tree) -> StoreRecord {
    StateDir::from_env().ok().and_then(|state| record(tree, &state).ok()).unwrap_or_default()
}

/// Owner and name of the origin, and where the tree lies in it.
pub(super) fn origin(tree: &Tree) -> Option<String> {
    let state = GitState::open(tree);
    let git = state.git()?;
    let origin = git.origin()?;
    Some(if git.prefix().is_root() { origin } else { format!("{origin}/{}", git.prefix()) })
}

/// A name for a project that has none.
pub(super) fn new_id() -> Result<String, EngineError> {
    let mut bytes = [0_u8; 8];
    OsRandom
        .fill(&mut bytes)
        .map_err(|error| EngineError::new(ErrorKind::StoreUnusable, "no id could be made").why(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn store(scan: &Scan, recorded: &StoreRecord) -> Result<(StoreId, String), EngineError> {
    let chosen = &scan.options.store;
    let named = StoreId::from_name(&chosen.value);
    let by_project = matches!(chosen.source, Source::File { .. });
    match (named, recorded.store) {
        (Some(store), _) if !by_project => Ok((store, format!("from {}", chosen.source))),
        (_, Some(store)) => Ok((store, "recorded for this project".to_owned())),
        (Some(StoreId::Print), None) => Err(EngineError::new(ErrorKind::Settings, format!("{}: print", chosen.source))
            .why("a value is shown only where you ask for it yourself")
            .now("--store print")),
        (Some(store), None) => Ok((store, format!("from {}", chosen.source))),
        (None, None) => Ok(match already_read(&scan.facts) {
            Some((store, package)) => (store, format!("the app uses {package}")),
            None => (StoreId::EnvFile, BY_DEFAULT.to_owned()),
        }),
    }
}

/// A store the app's own code reads already, and by which package. The env file comes last:
/// nearly every app can read one, beside another store.
fn already_read(facts: &Facts) -> Option<(StoreId, &'static str)> {
    let stores = store::ALL.iter().filter(|info| !info.id.is_file());
    let stores = stores.chain(store::ALL.iter().filter(|info| info.id.is_file()));
    // Most apps that use AWS' package keep files or mail there, no keys.
    let reads_keys = |package: &str| {
        package != "boto3"
            || facts
                .own_python()
                .any(|file| facts.files.get(&file.path).is_some_and(|source| source.text.contains("secretsmanager")))
    };
    let used = |package: &str| {
        reads_keys(package)
            && facts.own_python().any(|file| facts.names.get(&file.path).is_some_and(|names| names.mentions(package)))
    };
    stores.flat_map(|info| info.packages.iter().map(|package| (info.id, *package))).find(|(_, package)| used(package))
}

fn is_plain(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    path.len() <= 200 && path.split('/').all(|part| !part.is_empty() && part != ".." && part.chars().all(plain))
}
