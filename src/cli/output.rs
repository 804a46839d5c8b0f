//! Standard output and standard error. A closed pipe or a full disk is an exit code here, never a
//! panic. Decides on colours; knows nothing of what is printed.

use std::io::{self, IsTerminal, Write};

use crate::report::style::Style;

use super::error::CliError;
use super::exit::Exit;

/// When to use colours (`--color`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    Always,
    Never,
}

/// The variables that speak about colours, read once.
#[derive(Clone, Debug, Default)]
pub struct ColorEnv {
    pub no_color: bool,
    pub force: bool,
    pub dumb: bool,
}

impl ColorEnv {
    /// As the environment has them. An empty `NO_COLOR` does not count; `0` does not force.
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let forces = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        Self {
            no_color: set("NO_COLOR"),
            force: forces("FORCE_COLOR") || forces("CLICOLOR_FORCE"),
            dumb: std::env::var_os("TERM").is_some_and(|value| value == "dumb"),
        }
    }

    /// The style for a stream. The option wins over the environment; `NO_COLOR` over forcing.
    pub fn style(&self, choice: ColorChoice, terminal: bool) -> Style {
        let colour = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => !self.no_color && (self.force || (terminal && !self.dumb)),
        };
        if colour { Style::coloured() } else { Style::plain() }
    }
}

/// Both streams with their styles.
#[derive(Clone, Debug)]
pub struct Output {
    pub out: Style,
    pub err: Style,
    quiet: bool,
}

impl Output {
    pub fn new(choice: ColorChoice, env: &ColorEnv, quiet: bool) -> Self {
        Self {
            out: env.style(choice, io::stdout().is_terminal()),
            err: env.style(choice, io::stderr().is_terminal()),
            quiet,
        }
    }

    /// Prints to standard output.
    ///
    /// # Errors
    /// Exit 4 where it cannot be written. A reader that went away ends the command without a
    /// message: it wanted no more.
    pub fn print(&self, text: &str) -> Result<(), CliError> {
        write_all(&mut io::stdout().lock(), text).map_err(|error| undelivered("standard output", &error))
    }

    /// Prints to standard error what must have been shown before the command goes on.
    ///
    /// # Errors
    /// Exit 4 where it cannot be written.
    pub fn show(&self, text: &str) -> Result<(), CliError> {
        write_all(&mut io::stderr().lock(), text).map_err(|error| undelivered("standard error", &error))
    }

    /// A message on standard error that may be lost; left out with `-q`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            let _ = write_all(&mut io::stderr().lock(), text);
        }
    }

    /// The error that ends the command. A lost one still has its exit code.
    pub fn error(&self, error: &CliError) {
        if !error.what.is_empty() {
            let _ = write_all(&mut io::stderr().lock(), &error.render(self.err));
        }
    }
}

fn write_all(stream: &mut dyn Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn undelivered(stream: &str, error: &io::Error) -> CliError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return CliError::new(Exit::WriteRefused, "");
    }
    CliError::new(Exit::WriteRefused, format!("the output could not be written to {stream}"))
        .why(error.to_string())
        .now("-o FILE   writes the report to a file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_wins_then_no_color_then_forcing_then_the_terminal() {
        let env = |no_color, force, dumb| ColorEnv { no_color, force, dumb };
        let auto = ColorChoice::Auto;
        assert_eq!(env(false, false, false).style(auto, true), Style::coloured());
        assert_eq!(env(false, false, false).style(auto, false), Style::plain());
        assert_eq!(env(false, false, true).style(auto, true), Style::plain());
        assert_eq!(env(false, true, false).style(auto, false), Style::coloured());
        assert_eq!(env(true, true, false).style(auto, true), Style::plain());
        assert_eq!(env(true, false, false).style(ColorChoice::Always, false), Style::coloured());
        assert_eq!(env(false, true, false).style(ColorChoice::Never, true), Style::plain());
    }
}
