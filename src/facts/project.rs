//! The projects of a repository: one for each place apps are made in, so that the settings of one
//! never hide those of another.

use super::apps::App;
use super::files::Files;
use crate::text::RepoPath;

/// A directory from which one or more Flask apps are imported and run.
pub struct Project {
    pub root: RepoPath,
}

/// The projects, deepest root first.
pub fn projects(files: &Files, apps: &[&App]) -> Vec<Project> {
    let mut roots: Vec<RepoPath> = apps.iter().map(|app| import_root(files, &app.path)).collect();
    roots.sort();
    roots.dedup();
    // A single app below `src/` or `backend/` is configured and started from the tree itself.
    if roots.len() <= 1 {
        roots = vec![RepoPath::root()];
    }
    roots.sort_by_key(|root| std::cmp::Reverse(root.components().count()));
    roots.into_iter().map(|root| Project { root }).collect()
}

/// The directory a file's top-level package lies in.
pub fn import_root(files: &Files, path: &RepoPath) -> RepoPath {
    let mut dir = path.parent();
    while !dir.is_root() && dir.join("__init__.py").is_some_and(|init| files.exists(&init)) {
        dir = dir.parent();
    }
    dir
}

/// The project a path belongs to: the deepest root above it, else the first project.
pub fn project_of<'p>(projects: &'p [Project], path: &RepoPath) -> Option<&'p Project> {
    projects.iter().find(|project| path.is_below(&project.root)).or_else(|| projects.last())
}
