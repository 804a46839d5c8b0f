//! What a name says about the purpose of a start: production, development, or neither.

use crate::facts::LaunchRole;
use crate::text::RepoPath;

const DEVELOPMENT: &[&str] = &[
    "dev",
    "devel",
    "develop",
    "development",
    "local",
    "debug",
    "override",
    "devcontainer",
    "windows",
    "reload",
    "hot",
];
const EVIDENCE: &[&str] = &["test", "tests", "testing", "ci", "e2e", "bench", "benchmark", "lint"];
const PRODUCTION: &[&str] = &["prod", "production", "release", "live", "staging", "deploy"];
/// Directories whose files start something else than the app of this tree.
const ASIDE: &[&str] = &["tests", "test", "examples", "example", "docs", "doc", "samples", "vendor", "node_modules"];

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// The role that the words of a name (a file's, a build stage's, a service's) tell.
pub(crate) fn of_name(name: &str) -> Option<LaunchRole> {
    let has = |list: &[&str]| words(name).any(|word| list.contains(&word.as_str()));
    match (has(PRODUCTION), has(DEVELOPMENT), has(EVIDENCE)) {
        (_, _, true) => Some(LaunchRole::Evidence),
        (_, true, _) => Some(LaunchRole::Development),
        (true, _, _) => Some(LaunchRole::Production),
        _ => None,
    }
}

/// Whether a name says production.
pub(crate) fn is_production_name(name: &str) -> bool {
    of_name(name) == Some(LaunchRole::Production)
}

/// The role of a start in a file, `usual` where its path says nothing.
pub(crate) fn of_path(path: &RepoPath, usual: LaunchRole) -> LaunchRole {
    let dirs: Vec<&str> = path.components().collect();
    let Some((name, dirs)) = dirs.split_last() else { return usual };
    if dirs.iter().any(|dir| ASIDE.contains(&dir.to_ascii_lowercase().as_str())) {
        return LaunchRole::Evidence;
    }
    let by_dir = || dirs.iter().rev().find_map(|dir| of_name(dir)).filter(|role| *role != LaunchRole::Production);
    match of_name(name).filter(|role| *role != LaunchRole::Production) {
        Some(role) => role,
        None => by_dir().unwrap_or(usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_roles() {
        assert_eq!(of_name("docker-compose.prod.yml"), Some(LaunchRole::Production));
        assert_eq!(of_name("Dockerfile.dev"), Some(LaunchRole::Development));
        assert_eq!(of_name("docker-compose.ci.yml"), Some(LaunchRole::Evidence));
        assert_eq!(of_name("Dockerfile"), None);
        assert_eq!(of_name("product.yml"), None);
    }

    #[test]
    fn directories_tell_roles_too() {
        let role = |path: &str| of_path(&RepoPath::new(path).unwrap(), LaunchRole::Production);
        assert_eq!(role("Dockerfile"), LaunchRole::Production);
        assert_eq!(role("docker/dev/Dockerfile"), LaunchRole::Development);
        assert_eq!(role(".devcontainer/Dockerfile"), LaunchRole::Development);
        assert_eq!(role("examples/shop/Procfile"), LaunchRole::Evidence);
        assert_eq!(role("deploy/prod/Dockerfile"), LaunchRole::Production);
    }
}
