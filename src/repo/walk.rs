//! The files of the tree, listed without following a link and within bounds. Reads directories
//! only, never a file's contents; what was left out is named.

use std::collections::{BTreeMap, VecDeque};

use rustix::fs::{AtFlags, Dir, FileType};

use super::own::{self, Environment};
use super::tree::{Tree, TreeError};
use crate::notice::{Notice, NoticeKind};
use crate::text::RepoPath;
use crate::text::escape::one_line;

/// Entries of one directory that are held at a time, so that it cannot fill the memory.
const DIRECTORY_ENTRIES: usize = 1_000_000;

/// Bounds of a walk. Hits are reported as notices with a gap.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Directories below one another. Default 40.
    pub depth: usize,
    /// Directory entries looked at, files of any kind and directories. Default 200 000.
    pub entries: usize,
    /// Bytes of one file that is judged. Default 2 MiB.
    pub file_bytes: u64,
    /// Bytes of all files that are judged. Default 256 MiB.
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 40, entries: 200_000, file_bytes: 2 << 20, total_bytes: 256 << 20 }
    }
}

/// A regular file of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub path: RepoPath,
    /// Bytes.
    pub size: u64,
    /// Permission bits (`0o644`).
    pub mode: u32,
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Sorted by path.
    pub files: Vec<Entry>,
    /// Links to files of the tree, with these files.
    pub links: BTreeMap<RepoPath, RepoPath>,
    /// Sorted.
    pub notices: Vec<Notice>,
}

/// Lists the files of the tree, the shallow ones first, so that a bound cuts off the deepest.
pub fn walk(tree: &Tree, limits: &Limits) -> Walked {
    let mut walk = Walk { tree, limits, out: Walked::default(), seen: 0, bytes: 0, queue: VecDeque::new() };
    walk.queue.push_back((RepoPath::root(), 0));
    while let Some((dir, depth)) = walk.queue.pop_front() {
        if !walk.directory(&dir, depth) {
            break;
        }
    }
    let mut out = walk.out;
    out.files.sort();
    out.notices.sort();
    out
}

/// Whether a file of this name is one that is normally judged: code, settings, env and start
/// files, templates. Decides only how loudly something skipped is named.
pub fn has_judged_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = [
        "py", "pyw", "env", "toml", "yml", "yaml", "ini", "cfg", "conf", "wsgi", "service", "html", "htm", "jinja",
        "jinja2", "j2", "sh",
    ];
    let starts = [".env", ".flaskenv", "dockerfile", "containerfile", "procfile", "makefile", "env."];
    known.contains(&extension)
        || starts.iter().any(|start| name.starts_with(start))
        || [".gitignore", "app.json", "pipfile", "justfile", "requirements.txt", "package.json"]
            .contains(&name.as_str())
}

struct Walk<'a> {
    tree: &'a Tree,
    limits: &'a Limits,
    out: Walked,
    seen: usize,
    bytes: u64,
    queue: VecDeque<(RepoPath, usize)>,
}

/// One entry of a directory, before it is judged.
struct Raw {
    name: String,
    kind: FileType,
    size: u64,
    mode: u32,
}

impl Walk<'_> {
    /// Lists one directory; `false` where the walk ends here.
    fn directory(&mut self, dir: &RepoPath, depth: usize) -> bool {
        let mut entries = match self.list(dir) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("the directory could not be read ({}); nothing in it was checked", cause(&error));
                self.note(NoticeKind::Unreadable, dir, message, true);
                return true;
            }
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        if !dir.is_root() && entries.iter().any(|entry| entry.name == ".git") {
            let message = "a git repository of its own (or a submodule); not checked here: name it to check it";
            self.note(NoticeKind::Info, dir, message.to_owned(), false);
            return true;
        }
        let environment = self.environment(dir, &entries);
        if environment == Environment::Whole && !dir.is_root() {
            return true;
        }
        for entry in entries {
            self.seen += 1;
            if self.seen > self.limits.entries {
                let message =
                    format!("more than {} directory entries; from {dir} on nothing was checked", self.limits.entries);
                self.out.notices.push(Notice::general(NoticeKind::Budget, message));
                return false;
            }
            self.entry(dir, depth, environment, entry);
        }
        true
    }

    fn entry(&mut self, dir: &RepoPath, depth: usize, environment: Environment, entry: Raw) {
        let Some(path) = dir.join(&entry.name) else { return };
        match entry.kind {
            FileType::Directory => {
                let foreign = entry.name == ".git"
                    || own::is_foreign_name(&entry.name)
                    || environment != Environment::No && own::is_environment_dir(&entry.name)
                    || dir.name() == "build" && (entry.name == "lib" || entry.name.starts_with("bdist."));
                if foreign {
                    return;
                }
                if depth + 1 > self.limits.depth {
                    let message = format!("more than {} directories deep; not checked", self.limits.depth);
                    self.note(NoticeKind::Budget, &path, message, true);
                    return;
                }
                self.queue.push_back((path, depth + 1));
            }
            FileType::RegularFile => self.file(path, &entry),
            FileType::Symlink if has_judged_name(&entry.name) => {
                let message = match self.tree.link_target(&path) {
                    Some(target) => {
                        let message = format!("a symbolic link; {target} is checked where it is");
                        self.out.links.insert(path.clone(), target);
                        message
                    }
                    None => "a symbolic link; links are not followed".to_owned(),
                };
                self.note(NoticeKind::Symlink, &path, message, false);
            }
            FileType::Symlink => {}
            _ if has_judged_name(&entry.name) => {
                self.note(NoticeKind::NotRegular, &path, "not a regular file; not read".to_owned(), true);
            }
            _ => {}
        }
    }

    fn file(&mut self, path: RepoPath, entry: &Raw) {
        if has_judged_name(&entry.name) {
            if entry.size > self.limits.file_bytes {
                let message = format!("{} bytes; files above {} are not read", entry.size, self.limits.file_bytes);
                self.note(NoticeKind::TooLarge, &path, message, true);
                return;
            }
            if self.bytes.saturating_add(entry.size) > self.limits.total_bytes {
                let message = format!("not read: {} bytes of other files came before it", self.bytes);
                self.note(NoticeKind::Budget, &path, message, true);
                return;
            }
            self.bytes += entry.size;
        }
        self.out.files.push(Entry { path, size: entry.size, mode: entry.mode });
    }

    /// The entries of a directory; names that are not UTF-8 become notices.
    fn list(&mut self, dir: &RepoPath) -> Result<Vec<Raw>, TreeError> {
        let fd = self.tree.dir(dir)?;
        let io = |source: rustix::io::Errno| TreeError::Io { path: dir.to_string(), source: source.into() };
        let mut entries = Vec::new();
        let mut reader = Dir::read_from(&fd).map_err(io)?;
        while let Some(item) = reader.read() {
            let item = item.map_err(io)?;
            let raw_name = item.file_name();
            if raw_name == c"." || raw_name == c".." {
                continue;
            }
            let Ok(name) = raw_name.to_str() else {
                self.undecodable(dir, &raw_name.to_string_lossy());
                continue;
            };
            // Gone since the directory was read: as if it had never been there.
            let Ok(stat) = rustix::fs::statat(&fd, raw_name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            entries.push(Raw {
                name: name.to_owned(),
                kind: FileType::from_raw_mode(stat.st_mode),
                size: u64::try_from(stat.st_size).unwrap_or(0),
                mode: stat.st_mode & 0o7777,
            });
            if entries.len() == DIRECTORY_ENTRIES {
                let message = format!("more than {DIRECTORY_ENTRIES} entries; the others were not checked");
                self.note(NoticeKind::Budget, dir, message, true);
                break;
            }
        }
        Ok(entries)
    }

    fn undecodable(&mut self, dir: &RepoPath, lossy: &str) {
        let message = format!("a name in this directory is not UTF-8 ({}); not checked", one_line(lossy));
        self.note(NoticeKind::NotUtf8, dir, message, has_judged_name(lossy));
    }

    fn environment(&self, dir: &RepoPath, entries: &[Raw]) -> Environment {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        own::environment(&names, || {
            ["bin/activate", "Scripts/activate"]
                .iter()
                .any(|name| dir.join(name).is_some_and(|path| matches!(self.tree.stat(&path), Ok(Some(_)))))
        })
    }

    fn note(&mut self, kind: NoticeKind, path: &RepoPath, message: String, gap: bool) {
        self.out.notices.push(Notice { kind, path: Some(path.clone()), line: None, message, gap });
    }
}

/// The reason without the path, which the notice carries itself.
fn cause(error: &TreeError) -> String {
    match error {
        TreeError::Denied { .. } => "permission denied".to_owned(),
        TreeError::Symlink { .. } => "it became a link".to_owned(),
        TreeError::NotFound { .. } | TreeError::NotADirectory { .. } => "it is gone".to_owned(),
        TreeError::Io { source, .. } => source.to_string(),
        _ => "not readable".to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests lay out their own temporary trees")]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    fn lay_out(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "text\n").unwrap();
        }
        dir
    }

    fn names(walked: &Walked) -> Vec<&str> {
        walked.files.iter().map(|entry| entry.path.as_str()).collect()
    }

    fn walked(dir: &tempfile::TempDir, limits: &Limits) -> Walked {
        walk(&Tree::open(dir.path()).unwrap(), limits)
    }

    #[test]
    fn lists_own_files_sorted_and_skips_what_is_installed() {
        let dir = lay_out(&[
            "app.py",
            "z/config.py",
            "a/b.py",
            ".git/config",
            "node_modules/x.py",
            "a/__pycache__/b.pyc",
            "shop.egg-info/PKG-INFO",
            ".venv/pyvenv.cfg",
            ".venv/lib/python3/x.py",
            "old/bin/activate",
            "old/lib/python2.7/x.py",
            "instance/.env",
            "build/lib/app.py",
        ]);
        let found = walked(&dir, &Limits::default());
        assert_eq!(names(&found), ["a/b.py", "app.py", "instance/.env", "z/config.py"]);
        assert_eq!(found.notices, []);
    }

    #[test]
    fn an_environment_made_among_own_files_hides_only_itself() {
        let dir = lay_out(&["api/pyvenv.cfg", "api/bin/activate", "api/lib/x.py", "api/app.py", "api/shop/views.py"]);
        assert_eq!(names(&walked(&dir, &Limits::default())), ["api/app.py", "api/pyvenv.cfg", "api/shop/views.py"]);
        let root = lay_out(&["pyvenv.cfg", "bin/activate", "lib/python3/x.py", "app.py"]);
        assert_eq!(names(&walked(&root, &Limits::default())), ["app.py", "pyvenv.cfg"]);
    }

    #[test]
    fn nested_repositories_and_links_are_named() {
        let dir = lay_out(&["sub/.git/HEAD", "sub/app.py", "mod/.git", "mod/app.py", "real.py"]);
        symlink("real.py", dir.path().join("config.py")).unwrap();
        symlink("real.py", dir.path().join("picture.png")).unwrap();
        symlink("/etc", dir.path().join("etc")).unwrap();
        let found = walked(&dir, &Limits::default());
        assert_eq!(names(&found), ["real.py"]);
        let links: Vec<_> = found.links.iter().map(|(link, file)| (link.as_str(), file.as_str())).collect();
        assert_eq!(links, [("config.py", "real.py")]);
        let seen: Vec<_> = found.notices.iter().map(|n| (n.kind, n.path.as_ref().unwrap().as_str(), n.gap)).collect();
        assert_eq!(
            seen,
            [
                (NoticeKind::Symlink, "config.py", false),
                (NoticeKind::Info, "mod", false),
                (NoticeKind::Info, "sub", false)
            ]
        );
    }

    #[test]
    fn bounds_are_reported_as_gaps() {
        let dir = lay_out(&["a.py", "b.py", "d/e/f/deep.py"]);
        std::fs::write(dir.path().join("big.py"), "x".repeat(100)).unwrap();
        std::fs::write(dir.path().join("big.png"), "x".repeat(100)).unwrap();
        let limits = Limits { depth: 2, file_bytes: 50, ..Limits::default() };
        let found = walked(&dir, &limits);
        assert_eq!(names(&found), ["a.py", "b.py", "big.png"]);
        let kinds: Vec<_> = found.notices.iter().map(|n| (n.kind, n.gap)).collect();
        assert_eq!(kinds, [(NoticeKind::TooLarge, true), (NoticeKind::Budget, true)]);
        let found = walked(&dir, &Limits { entries: 2, ..Limits::default() });
        assert_eq!(names(&found), ["a.py", "b.py"]);
        assert!(found.notices[0].gap && found.notices[0].kind == NoticeKind::Budget);
        let found = walked(&dir, &Limits { total_bytes: 12, ..Limits::default() });
        assert_eq!(names(&found), ["a.py", "b.py", "big.png"]);
        assert_eq!(found.notices.len(), 2);
    }

    #[test]
    fn undecodable_names_pipes_and_closed_directories_are_named() {
        let dir = lay_out(&["ok.py"]);
        std::fs::write(dir.path().join(OsStr::from_bytes(b"bad\xff.py")), "").unwrap();
        let pipe = dir.path().join("pipe.py");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
        let found = walked(&dir, &Limits::default());
        assert_eq!(names(&found), ["ok.py"]);
        let kinds: Vec<_> = found.notices.iter().map(|n| (n.kind, n.gap)).collect();
        assert_eq!(kinds, [(NoticeKind::NotUtf8, true), (NoticeKind::NotRegular, true)]);
    }
}
