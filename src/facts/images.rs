//! What Dockerfiles say beside their start: the port they expose and the requirements files they
//! install.

use super::files::Files;
use crate::lang::dockerfile::{Instruction, instructions};
use crate::text::{Location, RepoPath, SourceFile};

/// One Dockerfile.
pub struct ImageFile {
    pub path: RepoPath,
    /// The port of its last EXPOSE, where that is one number.
    pub exposed: Option<u16>,
    /// Paths that `pip install -r` names, as written.
    pub installs: Vec<String>,
    /// Whom the last stage runs as.
    pub user: ImageUser,
    /// The instruction that starts the image, else its last `FROM`.
    pub start: Location,
}

/// Whom an image runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageUser {
    /// As its USER says.
    Named(String),
    /// No stage has a USER; the image it is made from, as written.
    OfBase(String),
}

/// Reads the Dockerfiles among the files.
pub fn read(files: &Files, paths: &[&RepoPath]) -> Vec<ImageFile> {
    let mut found: Vec<ImageFile> = Vec::new();
    for source in files.sources.values().filter(|source| paths.contains(&&source.path)) {
        let all = instructions(&source.text);
        let (user, start) = user(source, &all);
        let mut image = ImageFile { path: source.path.clone(), exposed: None, installs: Vec::new(), user, start };
        for instruction in all {
            match instruction.keyword.as_str() {
                "EXPOSE" => {
                    let port = instruction.text.trim().split('/').next().unwrap_or_default();
                    image.exposed = port.trim().parse().ok();
                }
                "RUN" => image.installs.extend(installed(&instruction.text)),
                _ => {}
            }
        }
        found.push(image);
    }
    found
}

/// One stage while it is read.
struct Stage {
    name: String,
    base: String,
    user: Option<String>,
    start: Location,
}

/// Whom the last stage runs as, and where it is started.
fn user(source: &SourceFile, all: &[Instruction]) -> (ImageUser, Location) {
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in all {
        let here = || Location::in_file(source, instruction.span);
        let words = instruction.words();
        match (instruction.keyword.as_str(), stages.last_mut()) {
            ("FROM", _) => {
                let base = words.first().map(|word| word.text.clone()).unwrap_or_default();
                let name = words.get(2).map(|word| word.text.clone()).unwrap_or_default();
                let below = stages.iter().rfind(|stage| !stage.name.is_empty() && stage.name == base);
                let (user, base) = match below {
                    Some(stage) => (stage.user.clone(), stage.base.clone()),
                    None => (None, base),
                };
                stages.push(Stage { name, base, user, start: here() });
            }
            ("USER", Some(stage)) => stage.user = words.first().map(|word| word.text.clone()).or(stage.user.take()),
            ("CMD" | "ENTRYPOINT", Some(stage)) => stage.start = here(),
            _ => {}
        }
    }
    match stages.pop() {
        Some(Stage { user: Some(user), start, .. }) => (ImageUser::Named(user), start),
        Some(stage) => (ImageUser::OfBase(stage.base), stage.start),
        None => (ImageUser::OfBase(String::new()), Location::whole(source.path.clone())),
    }
}

fn installed(command: &str) -> Vec<String> {
    let mut words = command.split([' ', '\t', '\n', '\r', '"', '\'', ',']).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "-r" | "--requirement") {
            found.extend(words.next().map(str::to_owned));
        } else if let Some(path) = word.strip_prefix("-r").or_else(|| word.strip_prefix("--requirement="))
            && path.ends_with(".txt")
        {
            found.push(path.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceFile;

    #[test]
    fn ports_and_requirements_are_read() {
        let path = RepoPath::new("Dockerfile").unwrap();
        let text =
            "FROM python\nEXPOSE 8080/tcp\nRUN apt-get update && \\\n  pip install -U pip -r requirements/prod.txt\n";
        let mut files = Files::default();
        files.sources.insert(path.clone(), SourceFile::new(path.clone(), text.to_owned(), 0o644));
        let images = read(&files, &[&path]);
        assert_eq!(
            (images[0].exposed, images[0].installs.as_slice()),
            (Some(8080), &["requirements/prod.txt".to_owned()][..])
        );
    }

    #[test]
    fn the_last_stage_has_the_user_of_the_stage_below_it() {
        let user_of = |text: &str| {
            let path = RepoPath::new("Dockerfile").unwrap();
            let mut files = Files::default();
            files.sources.insert(path.clone(), SourceFile::new(path.clone(), text.to_owned(), 0o644));
            let image = read(&files, &[&path]).pop().unwrap();
            (image.user, image.start.line)
        };
        let named = |user: &str| ImageUser::Named(user.to_owned());
        assert_eq!(user_of("FROM python AS base\nUSER app\nFROM base\nCMD x\n"), (named("app"), 4));
        assert_eq!(user_of("FROM python\nUSER app\nRUN y\nUSER root\nCMD x\n"), (named("root"), 5));
        let base = ImageUser::OfBase("python:3".to_owned());
        assert_eq!(user_of("FROM node AS ui\nUSER node\nFROM python:3\nCMD x\n"), (base, 4));
    }
}
