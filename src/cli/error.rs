//! Errors as a person meets them: what failed, why, what to type now, and what did not happen.
//! Everything shown passes the escaping function; nothing here may hold a secret.

use crate::report::style::{Role, Style};
use crate::text::escape;

use super::exit::Exit;

/// An error that ends the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    pub exit: Exit,
    /// What failed, one sentence without a full stop.
    pub what: String,
    /// Why, where it is known.
    pub why: Option<String>,
    /// What to type or do now; one line each, the first one the best.
    pub now: Vec<String>,
    /// Whether "Nothing was written." is true and worth saying.
    pub nothing_written: bool,
}

impl CliError {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), why: None, now: Vec::new(), nothing_written: false }
    }

    /// Wrong options or arguments.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Adds one line of what to do now.
    #[must_use]
    pub fn now(mut self, now: impl Into<String>) -> Self {
        self.now.push(now.into());
        self
    }

    #[must_use]
    pub fn nothing_written(mut self) -> Self {
        self.nothing_written = true;
        self
    }

    /// The message as printed, with a newline at its end.
    pub fn render(&self, style: Style) -> String {
        let mut out = format!("{}: {}\n", style.paint(Role::Error, "error"), indented(&self.what, 7));
        if let Some(why) = &self.why {
            out.push_str(&format!("  why: {}\n", indented(why, 7)));
        }
        for (at, line) in self.now.iter().enumerate() {
            let lead = if at == 0 { "  now: " } else { "       " };
            out.push_str(&format!("{lead}{}\n", indented(line, 7)));
        }
        if self.nothing_written {
            out.push_str("  Nothing was written.\n");
        }
        out
    }
}

/// `text` made safe to show, its further lines indented by `columns`.
fn indented(text: &str, columns: usize) -> String {
    escape::visible(text.trim_end()).replace('\n', &format!("\n{}", " ".repeat(columns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_and_what_did_not_happen() {
        let error = CliError::new(Exit::StoreUnusable, "the store cannot be used here")
            .why("a file is \u{1b}[2J tracked")
            .now("--store none")
            .now("--store none")
            .nothing_written();
        assert_eq!(
            error.render(Style::plain()),
            "error: the store cannot be used here\n  why: a file is \\u{1b}[2J tracked\n  now: --store none\n       \
             --store none\n  Nothing was written.\n"
        );
    }
}
