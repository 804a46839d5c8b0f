//! Which path of the tree a path inside an image or on a server is: what COPY, ADD and bind
//! mounts put where.

use std::collections::BTreeMap;

use super::context::Context;
use crate::text::RepoPath;

/// `to` (absolute, without a final slash) holds what the tree has at `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    to: String,
    from: RepoPath,
}

/// The places of one file system, later ones over earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    list: Vec<Place>,
}

/// `dir/path` as an absolute path without `.` and `..`.
pub(crate) fn absolute(dir: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{dir}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What is left of `path` below `dir`.
fn below<'p>(path: &'p str, dir: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(dir.trim_end_matches('/'))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

impl Places {
    pub(crate) fn add(&mut self, to: String, from: RepoPath) {
        self.list.push(Place { to, from });
    }

    /// Whether this very file was put somewhere.
    pub(crate) fn holds(&self, path: &RepoPath) -> bool {
        self.list.iter().any(|place| place.from == *path)
    }

    /// What another file system has at `source` is put at `to`.
    pub(crate) fn add_from(&mut self, other: &Places, source: &str, to: &str) {
        for place in &other.list {
            if let Some(rest) = below(&place.to, source) {
                self.add(absolute(to, rest), place.from.clone());
            } else if let Some(rest) = below(source, &place.to)
                && let Some(from) = place.from.join(rest)
            {
                self.add(to.to_owned(), from);
            }
        }
    }

    /// The path of the tree that stands at an absolute path.
    pub(crate) fn find(&self, context: &Context<'_>, path: &str) -> Option<RepoPath> {
        let mut hits: Vec<(usize, RepoPath)> = self
            .list
            .iter()
            .rev()
            .filter_map(|place| Some((place.to.len(), place.from.join(below(path, &place.to)?)?)))
            .filter(|(_, found)| context.exists(found))
            .collect();
        hits.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        hits.into_iter().next().map(|(_, found)| found)
    }

    /// The directory of the tree that an absolute directory was filled from.
    pub(crate) fn dir(&self, context: &Context<'_>, path: &str) -> Option<RepoPath> {
        if let Some(found) = self.find(context, path).filter(|found| context.has_dir(found)) {
            return Some(found);
        }
        // `COPY app app` into the working directory: that directory is what holds `app`. Where the
        // copies come from several directories, the one with most of the code counts.
        let mut votes: BTreeMap<RepoPath, usize> = BTreeMap::new();
        for place in &self.list {
            let Some(rest) = below(&place.to, path).filter(|rest| !rest.is_empty()) else { continue };
            let from = place.from.as_str();
            let dir = match from.strip_suffix(rest) {
                Some("") => Some(""),
                Some(dir) => dir.strip_suffix('/'),
                None => None,
            };
            if let Some(dir) = dir.and_then(RepoPath::new) {
                let code = place.from.extension() == "py" || context.has_dir(&place.from);
                *votes.entry(dir).or_default() += if code { 3 } else { 1 };
            }
        }
        // The first of equals is the shortest path.
        votes.into_iter().rev().max_by_key(|(_, votes)| *votes).map(|(dir, _)| dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(paths: &[&str]) -> Vec<RepoPath> {
        paths.iter().filter_map(|path| RepoPath::new(path)).collect()
    }

    #[test]
    fn paths_go_back_to_the_tree() {
        let paths = context(&["backend/app/main.py", "backend/boot.sh"]);
        let context = Context::new(&[], &paths);
        let path = |text: &str| RepoPath::new(text);
        let mut places = Places::default();
        places.add("/srv/app".into(), path("backend/app").unwrap());
        places.add("/srv/boot.sh".into(), path("backend/boot.sh").unwrap());
        assert_eq!(places.find(&context, "/srv/boot.sh"), path("backend/boot.sh"));
        assert_eq!(places.find(&context, "/srv/app/main.py"), path("backend/app/main.py"));
        assert_eq!(places.dir(&context, "/srv"), path("backend"));
        assert_eq!(places.find(&context, "/srv/other"), None);
        let mut later = Places::default();
        later.add_from(&places, "/srv", "/opt");
        assert_eq!(later.find(&context, "/opt/app/main.py"), path("backend/app/main.py"));
    }

    #[test]
    fn absolute_paths_are_plain() {
        assert_eq!(absolute("/app", "./x/../y/"), "/app/y");
        assert_eq!(absolute("/app", "/z"), "/z");
        assert_eq!(absolute("", "."), "/");
    }
}
