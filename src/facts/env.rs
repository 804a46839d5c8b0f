//! Env files of the tree, as python-dotenv reads them, with their state in git.

use super::secret_names::is_secret_name;
use crate::lang::dotenv::EnvDocument;
use crate::text::RepoPath;

/// One `.env`-like file.
pub struct EnvFile {
    pub path: RepoPath,
    pub document: EnvDocument,
    /// Permission bits.
    pub mode: u32,
    /// In git's index.
    pub tracked: bool,
    /// Matched by an ignore rule; false where there is no git repository.
    pub ignored: bool,
    /// `.env.example` and the like: names without values that count.
    pub example: bool,
}

impl EnvFile {
    /// The files of the tree that variables of this file name for a secret: `SECRET_KEY_FILE=key`,
    /// seen from the file and from the tree.
    pub fn named_files<'e>(&'e self, exists: &'e dyn Fn(&RepoPath) -> bool) -> impl Iterator<Item = RepoPath> + 'e {
        let named = self.document.entries.iter().filter(|entry| {
            entry.key.strip_suffix("_FILE").or_else(|| entry.key.strip_suffix("_PATH")).is_some_and(is_secret_name)
        });
        let values = named.filter_map(|entry| entry.value.as_deref());
        values.filter_map(move |value| {
            let relative = value.expose().trim_start_matches("./");
            [self.path.parent().join(relative), RepoPath::new(relative)].into_iter().flatten().find(exists)
        })
    }
}

/// Whether a path is an env file by its name: `.env`, `.env.local`, `.flaskenv`, `prod.env`,
/// `env.sample`.
pub fn is_env_file(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    let code = matches!(path.extension(), "py" | "js" | "ts" | "sh" | "md" | "html" | "rst");
    !code
        && (name == ".env"
            || name == ".flaskenv"
            || name.starts_with(".env.")
            || name.starts_with(".env-")
            || name.ends_with(".env")
            || (name.contains(".env.") && is_example(path))
            || name.starts_with("env.")
            || name == "env-example"
            || name == "dotenv")
}

/// Whether it is a sample to be copied: its values are not in use.
pub fn is_example(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    ["example", "sample", "dist", "template", "tmpl", "default", "defaults"].iter().any(|part| name.contains(part))
}
