//! Which directories are never the project's own: installed packages, caches, build output.
//! Used by the walk over the tree and, by name alone, by the walk over history.

/// Directories skipped by name wherever they stand.
const FOREIGN: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "dist-packages",
    "__pycache__",
    "__pypackages__",
    ".tox",
    ".nox",
    ".eggs",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".cache",
    ".direnv",
    ".terraform",
    ".serverless",
    ".aws-sam",
    ".gradle",
    ".pixi",
    ".sass-cache",
    ".parcel-cache",
    ".next",
    ".nuxt",
    "htmlcov",
    ".svn",
    ".hg",
    ".bzr",
    ".jj",
];
const FOREIGN_ENDINGS: &[&str] = &[".egg-info", ".dist-info", ".egg"];

/// What stands directly in a virtual environment; anything else there is somebody's own.
const ENVIRONMENT_ENTRIES: &[&str] = &[
    "bin",
    "Scripts",
    "lib",
    "lib64",
    "Lib",
    "Lib64",
    "include",
    "Include",
    "local",
    "share",
    "etc",
    "man",
    "conda-meta",
    "pyvenv.cfg",
    "pip-selfcheck.json",
    "CACHEDIR.TAG",
    ".gitignore",
    ".lock",
    ".Python",
    "ssl",
    "x86_64-conda-linux-gnu",
    "x86_64-conda_cos6-linux-gnu",
    "compiler_compat",
    "doc",
    "sbin",
    "var",
    "pyvenv.cfg.bak",
];

/// Whether a directory of this name holds installed or generated files.
pub fn is_foreign_name(name: &str) -> bool {
    FOREIGN.contains(&name) || FOREIGN_ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// How a directory relates to a virtual environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    No,
    /// Nothing but a virtual environment.
    Whole,
    /// A virtual environment was made in a directory that also holds the project's own files.
    Mixed,
}

/// Judges a directory by the names in it. `activate` tells whether `bin/activate` or
/// `Scripts/activate` exists; it is asked only where the names leave it open.
pub fn environment(names: &[&str], activate: impl FnOnce() -> bool) -> Environment {
    let has = |name: &str| names.contains(&name);
    let shaped = has("bin") && (has("lib") || has("lib64")) || has("Scripts") && has("Lib");
    if !(has("pyvenv.cfg") || has("conda-meta") || shaped && activate()) {
        return Environment::No;
    }
    if names.iter().all(|name| ENVIRONMENT_ENTRIES.contains(name)) { Environment::Whole } else { Environment::Mixed }
}

/// Whether, in a [`Environment::Mixed`] directory, this one belongs to the environment.
pub fn is_environment_dir(name: &str) -> bool {
    ["bin", "Scripts", "lib", "lib64", "Lib", "include", "Include", "conda-meta", "share", "local"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_installed_and_generated_directories() {
        for name in ["node_modules", "site-packages", "shop.egg-info", ".tox"] {
            assert!(is_foreign_name(name), "{name}");
        }
        for name in ["build", "dist", "env", "venv", "lib", ".egg-info", "instance", ".vscode"] {
            assert!(!is_foreign_name(name), "{name}");
        }
    }

    #[test]
    fn environments_are_told_by_what_stands_in_them() {
        let never = || -> bool { panic!("not asked") };
        assert_eq!(environment(&["bin", "lib", "pyvenv.cfg"], never), Environment::Whole);
        assert_eq!(environment(&["app.py", "bin", "lib", "pyvenv.cfg"], never), Environment::Mixed);
        assert_eq!(environment(&["app.py", "lib"], never), Environment::No);
        assert_eq!(environment(&["bin", "lib"], || true), Environment::Whole);
        assert_eq!(environment(&["bin", "lib"], || false), Environment::No);
    }
}
