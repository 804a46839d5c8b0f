//! The person's own editor, as `VISUAL` or `EDITOR` name it. Started directly, never through a
//! shell; the repository has no say in it.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

/// An editor and the words that come before the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    program: String,
    words: Vec<String>,
}

/// Editors that take `+LINE` before the file.
const TAKE_LINE: &[&str] =
    &["vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "kak", "joe", "ne", "mg", "ed"];

impl Editor {
    /// `$VISUAL`, else `$EDITOR`; `None` where neither names one.
    pub fn from_env() -> Option<Self> {
        let named = |name: &str| std::env::var(name).ok();
        named("VISUAL").as_deref().and_then(Self::parse).or_else(|| named("EDITOR").as_deref().and_then(Self::parse))
    }

    /// `code --wait`: words apart at white space, since no shell reads them.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace().map(str::to_owned);
        Some(Self { program: words.next()?, words: words.collect() })
    }

    pub fn name(&self) -> &str {
        &self.program
    }

    /// Opens a file and waits until the editor ends.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn open(&self, file: &Path, line: Option<usize>) -> io::Result<ExitStatus> {
        super::signals::with_child(|| self.command(file, line).status())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts the person's editor")]
    fn command(&self, file: &Path, line: Option<usize>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.words);
        let name = Path::new(&self.program).file_name().and_then(|name| name.to_str()).unwrap_or("");
        if let Some(line) = line.filter(|_| TAKE_LINE.contains(&name)) {
            command.arg(format!("+{line}"));
        }
        // A name that begins with a dash must not be read as an option.
        let shown: OsString = if file.is_absolute() { file.into() } else { Path::new(".").join(file).into() };
        command.arg(shown);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lines_and_names_that_look_like_options() {
        let words = |editor: &str, file: &str, line| {
            let command = Editor::parse(editor).unwrap().command(Path::new(file), line);
            let args = command.get_args().map(|arg| arg.to_str().unwrap().to_owned()).collect::<Vec<_>>();
            format!("{} {}", command.get_program().to_str().unwrap(), args.join(" "))
        };
        assert_eq!(words("code --wait", "/p/config.py", Some(3)), "code --wait /p/config.py");
        assert_eq!(words("/usr/bin/vim", "config.py", Some(9)), "/usr/bin/vim +9 ./config.py");
        assert_eq!(words("nano", "-rf", None), "nano ./-rf");
        assert_eq!(Editor::parse("  "), None);
    }
}
