//! What a kind may see of the tree: the texts that were read, and the paths that exist.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{RepoPath, SourceFile};

/// The tree as the deployment facts see it.
pub struct Context<'a> {
    files: BTreeMap<&'a RepoPath, &'a SourceFile>,
    paths: BTreeSet<RepoPath>,
    dirs: BTreeSet<RepoPath>,
}

impl<'a> Context<'a> {
    /// `files` are the texts that were read, `paths` every further file that exists.
    pub fn new(files: &[&'a SourceFile], paths: &[RepoPath]) -> Self {
        let files: BTreeMap<_, _> = files.iter().map(|file| (&file.path, *file)).collect();
        let mut all: BTreeSet<RepoPath> = paths.iter().cloned().collect();
        all.extend(files.keys().map(|path| (*path).clone()));
        let mut dirs = BTreeSet::from([RepoPath::root()]);
        for path in &all {
            let mut dir = path.parent();
            while !dir.is_root() && dirs.insert(dir.clone()) {
                dir = dir.parent();
            }
        }
        Self { files, paths: all, dirs }
    }

    /// The texts, in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = &'a SourceFile> + '_ {
        self.files.values().copied()
    }

    pub fn file(&self, path: &RepoPath) -> Option<&'a SourceFile> {
        self.files.get(path).copied()
    }

    pub fn has_file(&self, path: &RepoPath) -> bool {
        self.paths.contains(path)
    }

    pub fn has_dir(&self, path: &RepoPath) -> bool {
        self.dirs.contains(path)
    }

    pub fn exists(&self, path: &RepoPath) -> bool {
        self.has_file(path) || self.has_dir(path)
    }

    /// Whether a Python file lies in or below a directory.
    pub fn holds_python(&self, dir: &RepoPath) -> bool {
        self.paths.iter().any(|path| path.extension() == "py" && path.is_below(dir))
    }

    /// The file of a dotted Python module as seen from a directory.
    pub fn module(&self, dir: &RepoPath, module: &str) -> Option<RepoPath> {
        let base = dir.join(&module.replace('.', "/"))?;
        let file = RepoPath::new(&format!("{base}.py"))?;
        [Some(file), base.join("__main__.py"), base.join("__init__.py")]
            .into_iter()
            .flatten()
            .find(|path| self.has_file(path))
    }

    /// The directory of the tree that a path on some server most likely is: the longest end of
    /// it that exists here, else the tree itself.
    pub fn guess_dir(&self, path: &str) -> RepoPath {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        (0..parts.len())
            .filter_map(|from| RepoPath::new(&parts[from..].join("/")))
            .find(|dir| self.has_dir(dir))
            .unwrap_or_else(RepoPath::root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_modules_and_server_paths_are_found() {
        let paths: Vec<RepoPath> =
            ["src/web/app.py", "pkg/__main__.py", "x.txt"].iter().filter_map(|path| RepoPath::new(path)).collect();
        let context = Context::new(&[], &paths);
        let path = |text: &str| RepoPath::new(text).unwrap();
        assert!(context.has_dir(&path("src")) && context.has_dir(&path("src/web")) && !context.has_dir(&path("x.txt")));
        assert_eq!(context.module(&path("src"), "web.app"), Some(path("src/web/app.py")));
        assert_eq!(context.module(&RepoPath::root(), "pkg"), Some(path("pkg/__main__.py")));
        assert_eq!(context.guess_dir("/srv/shop/src/web"), path("src/web"));
        assert_eq!(context.guess_dir("/srv/shop"), RepoPath::root());
    }
}
