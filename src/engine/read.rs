//! Reads the tree: walks it, opens what is judged, and parses it. Everything that was skipped
//! becomes a notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::facts::deploy::{self, Context};
use crate::facts::env::{is_env_file, is_example};
use crate::facts::files::role_of;
use crate::facts::gather::{Read, gather};
use crate::facts::leaks::{Leak, LiveValues};
use crate::facts::production::production;
use crate::facts::{EnvFile, Facts, FileRole, Files, Launch, PyFile, Syntax, dependencies};
use crate::lang::{dotenv::EnvDocument, python};
use crate::notice::{Notice, NoticeKind};
use crate::options::{Options, Source};
use crate::plan::Draft;
use crate::repo::git::Proposed;
use crate::repo::{self, GitState, Limits, Tree, TreeError};
use crate::text::{Location, RepoPath, SourceFile};

use super::credentials;

/// The facts of a tree, and what was not read. The options may declare how production starts.
pub(super) fn facts(tree: &Tree, git: &GitState, options: &Options) -> (Facts, Vec<Notice>) {
    let limits = Limits::default();
    let walked = repo::walk(tree, &limits);
    let mut notices = walked.notices;
    let all = walked.files.iter().map(|entry| (entry.path.clone(), entry.mode)).collect();
    let mut files = Files { all: Arc::new(all), links: walked.links, ..Files::default() };
    for entry in &walked.files {
        if !is_judged(&entry.path) {
            continue;
        }
        match read(tree, &entry.path, limits.file_bytes) {
            Ok(source) => {
                files.sources.insert(entry.path.clone(), source);
            }
            Err(notice) => notices.extend(notice),
        }
    }
    for path in super::named::data_files(&files) {
        // One that cannot be read shows as a doubt where the app takes it.
        if let Ok(source) = read(tree, &path, super::named::LIMIT) {
            files.sources.insert(path, source);
        }
    }
    let others: Vec<_> = walked.files.iter().filter(|entry| !files.sources.contains_key(&entry.path)).collect();
    credentials::read_others(tree, others.into_iter(), &mut files, &mut notices);
    let place = Place { tree, git, options };
    let mut facts = relate(files, &BTreeMap::new(), &place, &mut notices);
    facts.credentials = credentials::collect(&facts, &[], &BTreeSet::new(), &place);
    (facts, notices)
}

/// The facts as they would be with other contents of some files. History stays as it was read.
/// Nothing is read from the tree but what git ignores.
pub(super) fn facts_after(before: &Facts, draft: &Draft, place: &Place<'_>) -> Facts {
    let changed = &draft.files;
    let mut files = before.files.clone();
    for change in changed {
        Arc::make_mut(&mut files.all).insert(change.path.clone(), change.mode);
        if is_judged(&change.path) {
            let source = SourceFile::new(change.path.clone(), change.after.to_string(), change.mode);
            files.sources.insert(change.path.clone(), source);
        }
    }
    let paths: BTreeSet<RepoPath> = changed.iter().map(|change| change.path.clone()).collect();
    let same = |file: &&PyFile| !paths.contains(&file.path);
    let parsed = before.python.iter().filter(same).map(|file| (file.path.clone(), file.clone())).collect();
    let mut facts = relate(files, &parsed, place, &mut Vec::new());
    facts.credentials = credentials::collect(&facts, &before.credentials, &paths, place);
    facts
        .env_files
        .iter_mut()
        .filter(|file| draft.untracked.contains(&file.path))
        .for_each(|file| file.tracked = false);
    facts.leaks = leaks_after(before, &facts);
    facts.stored.clone_from(&before.stored);
    facts.old_keys.clone_from(&before.old_keys);
    facts
}

/// The leaked values with their uses in the tree as it would be; uses in a store stay.
fn leaks_after(before: &Facts, after: &Facts) -> Vec<Leak> {
    let mut leaks = before.leaks.clone();
    if leaks.is_empty() {
        return leaks;
    }
    let live = LiveValues::of(after);
    for leak in &mut leaks {
        leak.live.retain(|used| used.location.is_none());
        let uses = live.uses(leak);
        leak.live.extend(uses);
    }
    leaks
}

/// What facts depend on besides the files.
pub(super) struct Place<'a> {
    pub tree: &'a Tree,
    pub git: &'a GitState,
    pub options: &'a Options,
}

/// Relates the files that were read. `parsed` are the Python files that need no parsing.
fn relate(files: Files, parsed: &BTreeMap<RepoPath, PyFile>, place: &Place<'_>, notices: &mut Vec<Notice>) -> Facts {
    let python = python_files(&files, parsed, notices);
    let env_files = env_files(&files, place, notices);
    let sources: Vec<&SourceFile> = files.sources.values().collect();
    let paths: Vec<RepoPath> = files.all.keys().cloned().collect();
    let context = Context::new(&sources, &paths);
    let mut found = deploy::deployments(&context);
    found.launches.extend(declared(&files, &context, place.options));
    notices.append(&mut found.notices);
    let production = production(&found.launches).indices().to_vec();
    let mut facts = gather(Read { files, python, env_files, launches: found.launches, loose: found.loose, production });
    facts.git = place.git.git().is_some();
    facts.index_problem = place.git.git().and_then(|git| git.own_index().err());
    facts.data.private = private(&facts, place);
    facts
}

/// The data files, and the files of the instance folder, that git ignores and does not track.
fn private(facts: &Facts, place: &Place<'_>) -> BTreeSet<RepoPath> {
    let Some(git) = place.git.git() else { return BTreeSet::new() };
    let instance = |path: &&RepoPath| path.parent().components().any(|part| part == "instance");
    let named = facts.named_key_files();
    let files = facts.data.files.iter().chain(facts.files.sources.keys().filter(instance)).chain(&named);
    let apart = |path: &&RepoPath| !git.is_tracked(path) && place.git.ignored(place.tree, path, &[]).is_some();
    files.filter(apart).cloned().collect()
}

/// How the settings say that production starts.
fn declared(files: &Files, context: &Context<'_>, options: &Options) -> Option<Launch> {
    let target = options.targets.get("prod")?;
    let location = match &target.source {
        Source::File { name, line } => {
            let path = RepoPath::new(name)?;
            let span = files.get(&path).and_then(|source| source.nth_line(*line));
            span.map_or_else(|| Location::whole(path.clone()), |span| files.locate(&path, span))
        }
        _ => Location::whole(RepoPath::root()),
    };
    deploy::declared(context, target.start.as_deref()?, target.https, location)
}

/// Whether a file is read at all, by its path.
fn is_judged(path: &RepoPath) -> bool {
    let role = repo::role(path);
    if matches!(role, FileRole::Vendored | FileRole::Template) {
        return false;
    }
    match path.extension() {
        "py" => !matches!(role, FileRole::Migration | FileRole::Docs),
        "html" | "htm" | "jinja" | "jinja2" | "j2" => role == FileRole::Source,
        "sql" => role == FileRole::Source && makes_tables(path),
        "tpl" | "svg" | "txt" | "md" if path.components().any(|part| part == "templates") => role == FileRole::Source,
        _ => {
            let managed =
                matches!(path.name(), "Pipfile" | "pyproject.toml" | "setup.py" | "setup.cfg" | "environment.yml");
            let workflow = path.as_str().starts_with(".github/workflows/")
                || matches!(path.name(), ".gitlab-ci.yml" | ".travis.yml");
            is_env_file(path)
                || deploy::is_deployment_file(path)
                || dependencies::is_requirements(path)
                || managed
                || workflow
                || is_python_cfg(path)
                || matches!(path.name(), ".gitignore" | ".dockerignore" | ".flask-harden.toml")
        }
    }
}

/// Whether an SQL file is one that says which tables there are, and no dump of their rows.
fn makes_tables(path: &RepoPath) -> bool {
    let name = path.name().to_ascii_lowercase();
    ["schema", "table", "create", "init", "setup", "database"].iter().any(|part| name.contains(part))
}

/// Reads one file as text; the error is what the report says, nothing where the file went away.
fn read(tree: &Tree, path: &RepoPath, limit: u64) -> Result<SourceFile, Option<Notice>> {
    let file = match tree.read(path, limit) {
        Ok(file) => file,
        Err(TreeError::NotFound { .. }) => return Err(None),
        Err(error) => {
            let kind = match error {
                TreeError::TooLarge { .. } => NoticeKind::TooLarge,
                TreeError::NotRegular { .. } => NoticeKind::NotRegular,
                TreeError::Symlink { .. } => NoticeKind::Symlink,
                _ => NoticeKind::Unreadable,
            };
            return Err(Some(Notice::file(kind, path, error.to_string())));
        }
    };
    let mode = file.stat.mode & 0o7777;
    match String::from_utf8(file.bytes) {
        Ok(text) => Ok(SourceFile::new(path.clone(), text, mode)),
        Err(error) => {
            // pip reads a list in UTF-16, which `pip freeze >` makes on Windows.
            let listed = Some(error.as_bytes()).filter(|_| dependencies::is_requirements(path));
            if let Some(source) = listed.and_then(|bytes| SourceFile::from_utf16(path.clone(), bytes, mode)) {
                return Ok(source);
            }
            // A program that lies where scripts do is nothing that is normally judged.
            let program = path.extension().is_empty() && error.as_bytes().iter().take(1024).any(|byte| *byte == 0);
            let notice = Notice::file(NoticeKind::NotUtf8, path, "it is not UTF-8 text, so it was not judged");
            Err(Some(Notice { gap: notice.gap && !program, ..notice }))
        }
    }
}

/// The Python files. None is parsed yet: that is done at the first look into it. `known`: those that
/// are as they were.
fn python_files(files: &Files, known: &BTreeMap<RepoPath, PyFile>, notices: &mut Vec<Notice>) -> Vec<PyFile> {
    let mut python = Vec::new();
    let is_python = |source: &&SourceFile| {
        matches!(source.path.extension(), "py" | "wsgi")
            || (is_python_cfg(&source.path) && looks_like_settings(&source.text))
    };
    for source in files.sources.values().filter(is_python) {
        if let Some(file) = known.get(&source.path) {
            python.push(file.clone());
            continue;
        }
        if source.text.len() > python::MAX_BYTES {
            let error = python::ParseError::TooLarge;
            notices.push(Notice::file(NoticeKind::ParseFailed, &source.path, error.to_string()));
            continue;
        }
        let module = Syntax::of(source.text.as_str());
        let role = role_of(repo::role(&source.path), &module);
        python.push(PyFile { path: source.path.clone(), role, module });
    }
    python
}

/// What was not understood of the files that were looked into. A file whose words say that its tree
/// would tell nothing is not among them.
pub(super) fn partly_read(facts: &Facts) -> Vec<Notice> {
    let mut notices = Vec::new();
    for file in facts.own_python() {
        let (Some(module), Some(source)) = (file.module.parsed(), facts.files.get(&file.path)) else { continue };
        let Some(reason) = partly(module) else { continue };
        let line = module.errors.first().map(|span| source.position(span.start).0);
        let notice = Notice::file(NoticeKind::PartlyParsed, &source.path, reason);
        let notice = Notice { gap: false, ..notice };
        notices.push(line.map_or(notice.clone(), |line| notice.at_line(line)));
    }
    notices
}

/// A file that `from_pyfile` may read though it does not end in `.py`.
fn is_python_cfg(path: &RepoPath) -> bool {
    path.extension() == "cfg" && !matches!(path.name(), "setup.cfg" | "tox.ini" | "versioneer.cfg")
}

/// Python assignments in capitals and no `[section]`: Flask's own form of a `.cfg` file.
fn looks_like_settings(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_start);
    let sections = text.lines().any(|line| line.starts_with('['));
    !sections && lines.any(|line| line.starts_with(|c: char| c.is_ascii_uppercase()) && line.contains('='))
}

fn partly(module: &python::Module) -> Option<&'static str> {
    if module.python2 {
        Some("Python 2: it was read, and is never rewritten")
    } else if !module.errors.is_empty() {
        Some("invalid Python: the rest of it was read, and it is never rewritten")
    } else if module.too_deep {
        Some("a part nests too deeply and was not judged")
    } else {
        None
    }
}

fn env_files(files: &Files, place: &Place<'_>, notices: &mut Vec<Notice>) -> Vec<EnvFile> {
    let Place { tree, git, .. } = place;
    let ignores: Vec<Proposed<'_>> = files
        .sources
        .values()
        .filter(|source| source.path.name() == ".gitignore")
        .map(|source| (&source.path, source.text.as_str()))
        .collect();
    let mut found = Vec::new();
    for source in files.sources.values().filter(|source| is_env_file(&source.path)) {
        let document = match EnvDocument::parse(&source.text) {
            Ok(document) => document,
            Err(error) => {
                notices.push(Notice::file(NoticeKind::ParseFailed, &source.path, error.to_string()));
                continue;
            }
        };
        for line in &document.unparsed {
            let notice = Notice::file(NoticeKind::EnvLineUnclear, &source.path, "python-dotenv skips this line");
            notices.push(Notice { gap: false, ..notice.at_line(*line) });
        }
        let tracked = git.git().is_some_and(|git| git.is_tracked(&source.path));
        let ignored = git.git().is_some() && git.ignored(tree, &source.path, &ignores).is_some();
        let example = is_example(&source.path) || repo::role(&source.path) == FileRole::Example;
        found.push(EnvFile { path: source.path.clone(), document, mode: source.mode, tracked, ignored, example });
    }
    found
}
