//! From options as typed to what the engine is asked.

use std::path::{Path, PathBuf};

use crate::engine::{ALL_COMMITS, KeyRequest, Request, SettingsFile};
use crate::options::{FailOn, Flags};
use crate::report;
use crate::text::RepoPath;

use super::super::args::{Cli, GlobalArgs, History};
use super::super::error::CliError;
use super::super::exit::Exit;

/// What is asked about the tree at `root`.
pub(super) fn request(root: PathBuf, history: Option<History>, args: &GlobalArgs) -> Request {
    Request {
        root,
        commits: match history {
            None => None,
            Some(History::All) => Some(ALL_COMMITS),
            Some(History::None) => Some(0),
            Some(History::Newest(count)) => Some(count),
        },
        settings: match (&args.config, args.no_config) {
            (Some(path), _) => SettingsFile::Named(path.clone()),
            (None, true) => SettingsFile::None,
            (None, false) => SettingsFile::Project,
        },
        flags: Flags {
            store: args.store.clone(),
            target: args.target.clone(),
            format: args.format.clone(),
            fail_on: args.fail_on.as_deref().and_then(FailOn::from_name),
            select: args.select.clone(),
            ignore: args.ignore.clone(),
            adopt: args.adopt,
            secret_path: args.secret_path.clone(),
            untrack: args.untrack,
            ..Flags::default()
        },
        formats: report::FORMATS.iter().map(|format| format.name).collect(),
        baseline: args.baseline.clone(),
        reveal: false,
    }
}

/// What is asked about the keys of the project in `dir`.
pub(super) fn keys(dir: PathBuf, args: &GlobalArgs) -> KeyRequest {
    KeyRequest {
        dir,
        store: args.store.clone(),
        only: Vec::new(),
        secret_path: args.secret_path.clone(),
        adopt: args.adopt,
        replace: false,
        confirmed: args.yes,
    }
}

/// The request of `--diff` and `--apply`.
pub(super) fn fixing(cli: &Cli) -> Result<Request, CliError> {
    let (root, only) = tree(cli.path.as_slice())?;
    if let Some(first) = only.first() {
        return Err(CliError::usage(format!("'{first}' is a file"))
            .why("fixes touch several files of a project, so they need its directory")
            .now("flask-harden --diff DIRECTORY")
            .nothing_written());
    }
    let mut request = request(root, None, &cli.global);
    request.reveal = cli.show_values;
    Ok(request)
}

/// The tree that the paths mean, and the parts of it to report on (none: all of it). One
/// directory is the tree. Files, or several paths, are parts of the current directory's tree, or
/// of the directory that holds the one file where it lies elsewhere.
pub(super) fn tree(paths: &[PathBuf]) -> Result<(PathBuf, Vec<RepoPath>), CliError> {
    let found: Vec<PathBuf> = paths.iter().map(|path| resolved(path)).collect::<Result<_, _>>()?;
    match found.as_slice() {
        [] => Ok((PathBuf::from("."), Vec::new())),
        [one] if one.is_dir() => Ok((paths[0].clone(), Vec::new())),
        several => {
            let here = resolved(Path::new("."))?;
            let root = match several {
                [file] if !file.starts_with(&here) => file.parent().unwrap_or(&here).to_owned(),
                _ => here,
            };
            let parts = several.iter().map(|path| part(&root, path)).collect::<Result<_, _>>()?;
            Ok((root, parts))
        }
    }
}

fn resolved(path: &Path) -> Result<PathBuf, CliError> {
    path.canonicalize().map_err(|error| {
        let shown = path.display();
        let (what, why) = match error.kind() {
            std::io::ErrorKind::NotFound => {
                (format!("no file or directory '{shown}'"), "nothing of that name is there".to_owned())
            }
            _ => (format!("'{shown}' cannot be opened"), error.to_string()),
        };
        CliError::usage(what).why(why).now("flask-harden scan DIRECTORY").nothing_written()
    })
}

fn part(root: &Path, path: &Path) -> Result<RepoPath, CliError> {
    let inside = path.strip_prefix(root).ok().and_then(Path::to_str).and_then(RepoPath::new);
    inside.ok_or_else(|| {
        CliError::new(Exit::Usage, format!("'{}' is not below '{}'", path.display(), root.display()))
            .why("several paths are parts of one project, the one of the current directory")
            .now("flask-harden scan DIRECTORY   for each project")
            .nothing_written()
    })
}
