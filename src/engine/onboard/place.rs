//! Where a project's env file goes, and which example it follows.

use std::path::Path;

use crate::engine::{EngineError, ErrorKind, Scan};
use crate::plan::onboard::{Example, examples, target_name};
use crate::repo::Tree;
use crate::store::env_file;
use crate::text::RepoPath;

use super::EXAMPLE_LIMIT;

pub(super) type Place = (RepoPath, RepoPath, Option<Example>);

/// Root of the project, its env file, and the example.
pub(super) fn place(scan: &Scan, tree: &Tree, from: Option<&Path>) -> Result<Place, EngineError> {
    let facts = &scan.facts;
    if let Some(path) = from {
        return named(scan, tree, path);
    }
    if let Some(example) = examples(facts).first() {
        let text = facts.files.get(&example.path).map(|source| source.text.clone()).unwrap_or_default();
        let file = example.path.parent().join(&target_name(example.path.name()));
        let file = file.unwrap_or_else(RepoPath::root);
        let example_of = Example { name: example.path.to_string(), text };
        return Ok((facts.project_root(&example.path), file, Some(example_of)));
    }
    let root = match facts.projects.as_slice() {
        [] => RepoPath::root(),
        [one] => one.root.clone(),
        several if several.iter().any(|project| project.root.is_root()) => RepoPath::root(),
        several => {
            let mut roots: Vec<&str> = several.iter().map(|project| project.root.as_str()).collect();
            roots.sort_unstable();
            let error = EngineError::new(ErrorKind::Settings, "there are several apps here, and no example env file")
                .why("each of them has an env file of its own");
            return Err(roots.into_iter().fold(error, |error, root| error.now(format!("flask-harden onboard {root}"))));
        }
    };
    let file = root.join(env_file::NAME).unwrap_or_else(RepoPath::root);
    Ok((root, file, None))
}

/// The place of an example that a person names.
fn named(scan: &Scan, tree: &Tree, path: &Path) -> Result<Place, EngineError> {
    let failed = |why: String| {
        EngineError::new(ErrorKind::Settings, format!("the example {} cannot be read", path.display()))
            .why(why)
            .now("flask-harden onboard --from .env.example")
    };
    let full = path.canonicalize().map_err(|error| failed(error.to_string()))?;
    let size = full.metadata().map_err(|error| failed(error.to_string()))?;
    if !size.is_file() || size.len() > EXAMPLE_LIMIT {
        return Err(failed("it is no file, or larger than 1 MiB".to_owned()));
    }
    let bytes = std::fs::read(&full).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))?;
    let inside = full.strip_prefix(tree.root()).ok().and_then(Path::to_str).and_then(RepoPath::new);
    let dir = inside.as_ref().map_or_else(RepoPath::root, RepoPath::parent);
    let name = full.file_name().map(|name| target_name(&name.to_string_lossy())).unwrap_or_default();
    let name = if inside.is_some() && name.contains("env") { name } else { env_file::NAME.to_owned() };
    let file = dir.join(&name).filter(|file| inside.as_ref() != Some(file));
    let file = file.ok_or_else(|| failed("it is the env file itself".to_owned()))?;
    let root = inside.as_ref().map_or_else(RepoPath::root, |inside| scan.facts.project_root(inside));
    Ok((root, file, Some(Example { name: path.display().to_string(), text })))
}
