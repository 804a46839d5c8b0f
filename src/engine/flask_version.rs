//! Which Flask an app runs with, as far as the tree says: what lists its packages, lock files,
//! and a virtual environment beside the code. Looks at names of directories; starts nothing.

use std::path::Path;

use crate::facts::Facts;
use crate::repo::Tree;
use crate::text::RepoPath;

/// The first version that takes old keys as it should: 3.1.0 signs with an old one.
pub(super) const WITH_FALLBACKS: [u32; 3] = [3, 1, 1];

/// Bytes of a lock file.
const LIMIT: u64 = 8 << 20;

/// A version that is known, and from where.
pub(super) struct FlaskVersion {
    pub(super) version: [u32; 3],
    pub(super) from: String,
}

impl FlaskVersion {
    pub(super) fn shown(&self) -> String {
        let [major, minor, patch] = self.version;
        format!("Flask {major}.{minor}.{patch} ({})", self.from)
    }
}

/// The lowest version of Flask that the tree allows: a lock file, else the lists, else what is
/// installed beside the code.
pub(super) fn flask_version(tree: &Tree, facts: &Facts, root: &RepoPath) -> Option<FlaskVersion> {
    locked(tree, root).or_else(|| listed(facts, root)).or_else(|| installed(tree, root))
}

fn locked(tree: &Tree, root: &RepoPath) -> Option<FlaskVersion> {
    let find = |name: &str, version: fn(&str) -> Option<String>| {
        let path = root.join(name)?;
        let text = String::from_utf8(tree.read(&path, LIMIT).ok()?.bytes).ok()?;
        Some(FlaskVersion { version: parse(&version(&text)?)?, from: path.to_string() })
    };
    find("uv.lock", in_toml)
        .or_else(|| find("poetry.lock", in_toml))
        .or_else(|| find("pdm.lock", in_toml))
        .or_else(|| find("Pipfile.lock", in_pipfile))
}

fn in_toml(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.trim().eq_ignore_ascii_case("name = \"flask\""));
    let line = lines.nth(1)?.trim();
    Some(line.strip_prefix("version = ")?.trim_matches('"').to_owned())
}

fn in_pipfile(text: &str) -> Option<String> {
    let lock: serde_json::Value = serde_json::from_str(text).ok()?;
    let pinned = lock["default"]["flask"]["version"].as_str()?;
    Some(pinned.trim_start_matches('=').to_owned())
}

fn listed(facts: &Facts, root: &RepoPath) -> Option<FlaskVersion> {
    let of_project = facts.dependencies.files.iter().filter(|file| facts.same_project(&file.path, root));
    let known = of_project.flat_map(|file| {
        let flask = file.packages.iter().filter(|package| package.name == "flask");
        flask.filter_map(|package| Some((least(&package.version)?, file.path.to_string())))
    });
    known.min().map(|(version, from)| FlaskVersion { version, from })
}

/// The lowest version that a requirement allows (`==3.1.2`, `>=3.1.1,<4`, `~=3.1`, `^3.1.1`).
fn least(requirement: &str) -> Option<[u32; 3]> {
    let lower = requirement.split(',').filter_map(|clause| {
        let clause = clause.trim();
        let version = ["===", "==", ">=", "~=", "^", "~", ">"].iter().find_map(|op| clause.strip_prefix(op))?;
        parse(version.trim())
    });
    lower.max()
}

fn parse(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.trim_end_matches(".*").split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..digits].parse::<u32>().ok()
    });
    let major = parts.next()??;
    Some([major, parts.next().flatten().unwrap_or(0), parts.next().flatten().unwrap_or(0)])
}

fn installed(tree: &Tree, root: &RepoPath) -> Option<FlaskVersion> {
    let dir = tree.root().join(root.as_str());
    [".venv", "venv", "env"].iter().find_map(|name| {
        let versions = std::fs::read_dir(dir.join(name).join("lib")).ok()?;
        let mut found = versions.flatten().filter_map(|python| in_packages(&python.path().join("site-packages")));
        Some(FlaskVersion { version: found.next()?, from: format!("installed in {name}") })
    })
}

fn in_packages(dir: &Path) -> Option<[u32; 3]> {
    std::fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        parse(name.strip_prefix("flask-")?.strip_suffix(".dist-info")?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_a_requirement_allows() {
        for (text, expected) in [
            ("==3.1.2", Some([3, 1, 2])),
            (">=3.1.1,<4", Some([3, 1, 1])),
            ("~=3.1", Some([3, 1, 0])),
            ("^3.1.1", Some([3, 1, 1])),
            ("<4,>2.3", Some([2, 3, 0])),
            ("==3.0.*", Some([3, 0, 0])),
            ("<4", None),
            ("", None),
        ] {
            assert_eq!(least(text), expected, "{text}");
        }
    }

    #[test]
    fn lock_files_name_one_version() {
        let lock = "[[package]]\nname = \"flask-login\"\nversion = \"0.6.3\"\n\n[[package]]\nname = \"flask\"\nversion = \"3.1.1\"\n";
        assert_eq!(in_toml(lock).as_deref(), Some("3.1.1"));
        assert_eq!(in_pipfile("{\"default\": {\"flask\": {\"version\": \"==3.0.3\"}}}").as_deref(), Some("3.0.3"));
        assert_eq!(in_pipfile("{}"), None);
    }
}
