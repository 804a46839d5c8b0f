//! The file named with `-o`: the one file outside `apply` that the tool writes, because the person
//! named it. Written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::exit::Exit;

/// Who may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the umask lets.
    Usual,
    /// Its owner only (0600): it holds values.
    Owner,
}

/// Writes `text` to `path`. A regular file, or none yet, is replaced by renaming a finished one
/// over it; a pipe or a device is written to, unless only the owner may read.
///
/// # Errors
/// Exit 4 where it cannot be written; nothing is left behind then.
pub fn write(path: &Path, text: &str, readers: Readers) -> Result<(), CliError> {
    let result = match std::fs::metadata(path) {
        Ok(stat) if !stat.is_file() && readers == Readers::Owner => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "values are only written to a regular file"))
        }
        Ok(stat) if !stat.is_file() => write_through(path, text),
        _ => replace(path, text, readers),
    };
    result.map_err(|error| {
        CliError::new(Exit::WriteRefused, format!("the report could not be written to '{}'", path.display()))
            .why(error.to_string())
            .now("-o FILE   with a file in a directory you can write to")
    })
}

#[expect(clippy::disallowed_methods, reason = "the pipe or device the person named with -o")]
fn write_through(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text.as_bytes())
}

#[expect(clippy::disallowed_methods, reason = "the file the person named with -o, and the one beside it")]
fn replace(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    // A link stays a link: what it points at is replaced.
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (mut file, staged) = stage(&target, readers)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&staged, &target));
    if written.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    written
}

/// A new file beside the target.
#[expect(clippy::disallowed_methods, reason = "the file beside the one the person named with -o")]
fn stage(target: &Path, readers: Readers) -> io::Result<(File, PathBuf)> {
    let Some(name) = target.file_name() else {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is not the name of a file"));
    };
    let mut staged = std::ffi::OsString::from(".");
    staged.push(name);
    staged.push(format!(".{}.new", std::process::id()));
    let staged = target.with_file_name(staged);
    let mode = match readers {
        Readers::Usual => 0o666,
        Readers::Owner => 0o600,
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&staged)?;
    Ok((file, staged))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn replaced_whole_and_for_the_owner_only_where_it_holds_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.patch");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, "new", Readers::Owner).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_and_a_missing_one_are_exit_4() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(write(dir.path(), "x", Readers::Usual).unwrap_err().exit, Exit::WriteRefused);
        assert_eq!(write(&dir.path().join("no/out"), "x", Readers::Usual).unwrap_err().exit, Exit::WriteRefused);
        assert_eq!(write(Path::new("/dev/null"), "x", Readers::Owner).unwrap_err().exit, Exit::WriteRefused);
        assert!(write(Path::new("/dev/null"), "x", Readers::Usual).is_ok());
    }
}
