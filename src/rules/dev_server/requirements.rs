//! Where gunicorn is added to what production installs: a line of a requirements file, or the
//! project's own command where a line must not be added by hand.

use crate::facts::dependencies::{Requirements, is_requirements};
use crate::facts::{Facts, Launch};
use crate::remedy::Change;
use crate::text::{RepoPath, TextEdit};

/// What is needed so that production has gunicorn.
pub(super) enum Needed {
    /// It is there already.
    Nothing,
    Line(Change),
    /// A command or step of the project's own tool.
    Tool(String),
}

/// What installs gunicorn for a launch.
pub(super) fn needed(facts: &Facts, launch: &Launch) -> Needed {
    let own = |file: &&Requirements| facts.same_project(&file.path, &facts.project_root(&launch.cwd));
    if let Some((_, tool)) =
        facts.dependencies.managed.iter().find(|(path, _)| facts.same_project(path, &facts.project_root(&launch.cwd)))
    {
        let listed = facts.dependencies.files.iter().filter(own);
        let listed = listed.flat_map(|file| &file.packages).any(|package| package.name == "gunicorn");
        return if listed { Needed::Nothing } else { Needed::Tool((*tool).to_owned()) };
    }
    let Some(path) = installed_file(facts, launch) else { return Needed::Tool("pip install gunicorn".to_owned()) };
    if facts.dependencies.installs(&path, "gunicorn") {
        return Needed::Nothing;
    }
    let included = facts.dependencies.with_included(&path);
    let file = included.iter().find(|file| is_for_production(&file.path)).or(included.first());
    match file {
        Some(file) if !file.locked => line(facts, &file.path),
        Some(file) => Needed::Tool(match source_of(facts, &file.path) {
            Some(source) => format!("add gunicorn to {source}, then compile {} from it", file.path),
            None if facts.files.get(&file.path).is_some_and(|source| source.converted) => {
                format!("add gunicorn to {}, and save it as UTF-8", file.path)
            }
            None => format!("add gunicorn with its hashes to {}", file.path),
        }),
        None => Needed::Tool("pip install gunicorn".to_owned()),
    }
}

/// The file production installs: what the image names, else the usual ones.
fn installed_file(facts: &Facts, launch: &Launch) -> Option<RepoPath> {
    let image = facts
        .images
        .iter()
        .find(|image| image.path == launch.location.path || launch.via.first().is_some_and(|at| at.path == image.path));
    let named = image.and_then(|image| {
        image.installs.iter().find_map(|text| {
            let text = text.trim_start_matches("./");
            let known = |file: &&Requirements| {
                let path = file.path.as_str();
                path == text || text.ends_with(&format!("/{path}")) || path.ends_with(&format!("/{text}"))
            };
            let files = || facts.dependencies.files.iter();
            files().find(known).or_else(|| {
                // `COPY requirements/prod.txt /tmp/requirements.txt` keeps the name only.
                let name = text.rsplit('/').next()?;
                files().find(|file| file.path.name() == name)
            })
        })
    });
    if let Some(file) = named {
        return Some(file.path.clone());
    }
    let root = facts.project_root(&launch.cwd);
    let candidates = facts.dependencies.files.iter().filter(|file| {
        is_requirements(&file.path) && !is_for_others(&file.path) && facts.same_project(&file.path, &root)
    });
    let rank = |file: &&Requirements| {
        let main = file.path.name() == "requirements.txt";
        (file.path.extension() == "in", !main, !is_for_production(&file.path), file.path.components().count())
    };
    candidates.min_by_key(rank).map(|file| file.path.clone())
}

fn is_for_production(path: &RepoPath) -> bool {
    let stem = path.stem().to_ascii_lowercase();
    stem.contains("prod") || stem.contains("deploy")
}

fn is_for_others(path: &RepoPath) -> bool {
    let stem = path.stem().to_ascii_lowercase();
    ["dev", "test", "doc", "lint", "local", "ci"]
        .iter()
        .any(|part| stem.split(['-', '_', '.']).any(|word| word.starts_with(part)))
}

/// The `.in` file a locked one is compiled from.
fn source_of(facts: &Facts, locked: &RepoPath) -> Option<RepoPath> {
    let source = locked.parent().join(&format!("{}.in", locked.stem()))?;
    facts.files.exists(&source).then_some(source)
}

fn line(facts: &Facts, path: &RepoPath) -> Needed {
    let Some(source) = facts.files.get(path) else { return Needed::Tool("pip install gunicorn".to_owned()) };
    let newline = source.newline();
    let ended = source.text.is_empty() || source.text.ends_with('\n');
    let text = if ended { format!("gunicorn{newline}") } else { format!("{newline}gunicorn") };
    let edit = TextEdit::insert(source.text.len(), text);
    Needed::Line(Change::Edit { path: path.clone(), edits: vec![edit] })
}
