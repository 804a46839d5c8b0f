//! What Dockerfiles say beside their start: the port they expose and the requirements files they
//! install.

use super::files::Files;
use crate::lang::dockerfile::instructions;
use crate::text::RepoPath;

/// One Dockerfile.
pub struct ImageFile {
    pub path: RepoPath,
    /// The port of its last EXPOSE, where that is one number.
    pub exposed: Option<u16>,
    /// Paths that `pip install -r` names, as written.
    pub installs: Vec<String>,
}

/// Reads the Dockerfiles among the files.
pub fn read(files: &Files, paths: &[&RepoPath]) -> Vec<ImageFile> {
    let mut found: Vec<ImageFile> = Vec::new();
    for source in files.sources.values().filter(|source| paths.contains(&&source.path)) {
        let mut image = ImageFile { path: source.path.clone(), exposed: None, installs: Vec::new() };
        for instruction in instructions(&source.text) {
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
}
