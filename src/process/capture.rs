//! A program of the person's own that prints something for us, such as credentials: which one comes
//! from their own configuration, never from a repository. Started directly, without a shell, away
//! from the current directory, with limits on time and size.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// Bytes that are taken.
const LIMIT: u64 = 64 * 1024;
/// How long what it printed may take to arrive when it has ended.
const REST: Duration = Duration::from_secs(2);
/// How often it is looked whether the program has ended.
const PACE: Duration = Duration::from_millis(20);

/// What a program prints on standard output where it ends well within `limit`. Its words on
/// standard error are nobody's: they may repeat what it read.
///
/// # Errors
/// It is not found, fails, takes too long or prints too much.
#[expect(clippy::disallowed_methods, reason = "the one place that starts the person's own helpers")]
pub fn output(line: &str, home: Option<&Path>, limit: Duration) -> io::Result<Zeroizing<Vec<u8>>> {
    let words = words(line).ok_or_else(|| io::Error::other("a quote is not closed"))?;
    let (name, arguments) = words.split_first().ok_or_else(|| io::Error::other("it names no program"))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = find(name, home, &path).ok_or(io::ErrorKind::NotFound)?;
    let mut child = Command::new(program)
        .args(arguments)
        // Whatever it looks for beside itself is not the repository's.
        .current_dir(home.unwrap_or_else(|| Path::new("/")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
        let read = stdout.map_or(Ok(0), |stdout| stdout.take(LIMIT + 1).read_to_end(&mut bytes));
        // Nobody listens any more after the limit.
        let _ = sender.send(read.map(|_| bytes));
    });
    let until = Instant::now() + limit;
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if Instant::now() < until => std::thread::sleep(PACE),
            None => {
                child.kill()?;
                child.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    };
    // A program of its own that it leaves behind may hold the pipe open.
    let bytes = receiver.recv_timeout(REST).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    match status.success() && bytes.len() as u64 <= LIMIT {
        true => Ok(bytes),
        false => Err(io::Error::other("it failed, or printed too much")),
    }
}

/// The file of a program: by its own path, or in a directory of `PATH` that is not relative.
fn find(name: &str, home: Option<&Path>, path: &OsStr) -> Option<PathBuf> {
    if let (Some(below), Some(home)) = (name.strip_prefix("~/"), home) {
        return Some(home.join(below));
    }
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|program| program.is_absolute());
    }
    std::env::split_paths(path).filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// The words of a line: quotes hold white space together, a backslash takes the next character as
/// it is. Nothing is expanded.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = line.chars();
    while let Some(next) = characters.next() {
        match (next, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().push(characters.next()?),
            ('"' | '\'', None) => {
                quote = Some(next);
                word.get_or_insert_default();
            }
            (_, Some(open)) if open == next => quote = None,
            (_, None) if next.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(next),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_quoted_and_programs_are_not_of_the_current_directory() {
        let said = words(r#"/opt/get "a b" 'c "d' e\ f "" g"#).unwrap();
        assert_eq!(said, ["/opt/get", "a b", "c \"d", "e f", "", "g"]);
        assert_eq!(words("get 'open"), None);
        let home = Path::new("/home/me");
        let find = |name: &str, path: &str| find(name, Some(home), OsStr::new(path));
        assert_eq!(find("~/bin/get", ""), Some(home.join("bin/get")));
        assert_eq!(find("./get", "/bin"), None);
        assert_eq!(find("bin/get", "/bin"), None);
        assert_eq!(find("sh", ".:bin:/no/such:/bin"), Some("/bin/sh".into()));
        assert_eq!(find("sh", ".::bin"), None);
    }

    #[test]
    fn what_fails_or_goes_on_for_ever_gives_nothing() {
        let run = |line: &str| output(line, None, Duration::from_millis(400));
        assert_eq!(run("/bin/echo 'a  b'").unwrap().as_slice(), b"a  b\n");
        assert_eq!(run("/bin/pwd").unwrap().as_slice(), b"/\n");
        assert!(run("/bin/false").is_err() && run("/no/such/program").is_err() && run("").is_err());
        assert_eq!(run("/bin/sleep 30").unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(output("head -c 100000 /dev/zero", None, Duration::from_secs(20)).is_err());
    }
}
