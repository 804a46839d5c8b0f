//! Which face a person works in: the full screen, the questions, or none.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::flow::{Ended, Errand, Looks, Start};
use crate::options;
use crate::report::style::Style;

use super::super::Faces;
use super::super::args::GlobalArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::report_file::{self, Readers};

/// Which face is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// None: a report, or what options say.
    Report,
    Screen,
    /// And what turned it on.
    Questions(String),
}

/// What decides on the face.
pub(super) struct Surroundings<'e> {
    /// Standard input and standard output are terminals.
    pub(super) terminal: bool,
    pub(super) environment: &'e dyn Fn(&str) -> Option<String>,
}

/// The surroundings of this process.
pub(super) fn surroundings() -> Surroundings<'static> {
    Surroundings {
        terminal: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        environment: &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
    }
}

impl Surroundings<'_> {
    /// For findings and fixes.
    pub(super) fn face(&self, args: &GlobalArgs) -> Face {
        if args.accessible {
            return Face::Questions("--accessible".to_owned());
        }
        let able = self.terminal && self.set("TERM").is_none_or(|term| term != "dumb") && self.set("CI").is_none();
        if args.no_tui || wants_report(args) || !able || options::no_tui_of_environment(self.environment) {
            return Face::Report;
        }
        self.accessible().unwrap_or(Face::Screen)
    }

    /// For a command that asks: where no screen can be drawn, questions can still be asked.
    pub(super) fn face_that_asks(&self, args: &GlobalArgs) -> Face {
        if args.accessible {
            return Face::Questions("--accessible".to_owned());
        }
        if !self.terminal || self.set("CI").is_some() || wants_report(args) {
            return Face::Report;
        }
        if args.no_tui {
            return Face::Questions("--no-tui".to_owned());
        }
        if options::no_tui_of_environment(self.environment) {
            return Face::Questions("FLASKHARDEN_NO_TUI".to_owned());
        }
        if self.set("TERM").is_some_and(|term| term == "dumb") {
            return Face::Questions("TERM=dumb".to_owned());
        }
        self.accessible().unwrap_or(Face::Screen)
    }

    fn accessible(&self) -> Option<Face> {
        self.set("ACCESSIBLE").filter(|value| value != "0").map(|value| Face::Questions(format!("ACCESSIBLE={value}")))
    }

    fn set(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }
}

/// Who names a form of the report wants the report.
fn wants_report(args: &GlobalArgs) -> bool {
    args.quiet
        || args.verbose
        || args.format.is_some()
        || args.output.is_some()
        || args.fail_on.is_some()
        || args.write_baseline.is_some()
}

/// Hands over to a face.
///
/// # Errors
/// What the face says. `no_answer`: what to type where nobody answers.
pub(super) fn hand_over(
    face: Face,
    errand: Errand,
    request: crate::engine::Request,
    no_answer: &[&str],
    (faces, global, output): (Faces, &GlobalArgs, &Output),
) -> Result<Exit, CliError> {
    let plain = match face {
        Face::Questions(why) => Some(why),
        Face::Report | Face::Screen => None,
    };
    let start = Start {
        errand,
        root: shown(&request.root),
        request,
        looks: Looks {
            colour: output.out == Style::coloured(),
            ascii: global.ascii,
            mouse: !global.no_mouse,
            reveal: !global.no_reveal,
        },
        save,
        plain,
    };
    end(if start.plain.is_some() { (faces.questions)(start) } else { (faces.screen)(start) }, no_answer, output)
}

/// The tree as people write it: `~` for home.
fn shown(root: &Path) -> String {
    let whole = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from).filter(|home| home.is_absolute());
    let text = match home.and_then(|home| whole.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
        Some(below) => format!("~/{}", below.display()),
        None => whole.display().to_string(),
    };
    crate::text::escape::one_line(&text)
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    report_file::write(path, text, Readers::Usual).map_err(|error| error.why.unwrap_or(error.what))
}

fn end(ended: Ended, no_answer: &[&str], output: &Output) -> Result<Exit, CliError> {
    match ended {
        Ended::Left { said } => {
            if let Some(said) = said {
                output.print(&format!("{said}\n"))?;
            }
            Ok(Exit::Done)
        }
        Ended::Broken => Ok(Exit::Bug),
        Ended::Stopped(signal) => Ok(Exit::of_signal(signal).unwrap_or(Exit::Terminated)),
        Ended::Vanished => Ok(Exit::HangUp),
        Ended::NoAnswer => {
            let error =
                CliError::usage("the answers ended before the questions did").why("standard input is at its end");
            Err(no_answer.iter().fold(error, |error, now| error.now(*now)))
        }
        Ended::Failed(error) => Err(error.into()),
        Ended::Terminal(error) => Err(CliError::usage("the terminal cannot be used")
            .why(error.to_string())
            .now("flask-harden scan           prints the report")
            .now("flask-harden --accessible   asks questions instead of drawing")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::super::args::Cli;
    use super::*;

    fn face(terminal: bool, variables: &[(&str, &str)], words: &[&str]) -> Face {
        let cli = Cli::try_parse_from(std::iter::once("flask-harden").chain(words.iter().copied())).unwrap();
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Surroundings { terminal, environment: &environment }.face(&cli.global)
    }

    #[test]
    fn the_screen_opens_only_where_somebody_can_work_in_it() {
        assert_eq!(face(true, &[("TERM", "xterm")], &[]), Face::Screen);
        assert_eq!(face(false, &[("TERM", "xterm")], &[]), Face::Report);
        for variables in [("TERM", "dumb"), ("CI", "1"), ("FLASKHARDEN_NO_TUI", "1")] {
            assert_eq!(face(true, &[variables], &[]), Face::Report, "{variables:?}");
        }
        for words in [&["--no-tui"][..], &["--format", "json"], &["-q"], &["-o", "x"], &["--fail-on", "high"]] {
            assert_eq!(face(true, &[], words), Face::Report, "{words:?}");
        }
    }

    #[test]
    fn a_command_that_asks_does_so_on_any_terminal() {
        let asks = |terminal: bool, variables: &[(&str, &str)], words: &[&str]| {
            let cli = Cli::try_parse_from(std::iter::once("flask-harden").chain(words.iter().copied())).unwrap();
            let environment =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            Surroundings { terminal, environment: &environment }.face_that_asks(&cli.global)
        };
        let questions = |why: &str| Face::Questions(why.to_owned());
        assert_eq!(asks(true, &[("TERM", "xterm")], &[]), Face::Screen);
        assert_eq!(asks(true, &[("TERM", "dumb")], &[]), questions("TERM=dumb"));
        assert_eq!(asks(true, &[("ACCESSIBLE", "1")], &[]), questions("ACCESSIBLE=1"));
        assert_eq!(asks(true, &[], &["--no-tui"]), questions("--no-tui"));
        assert_eq!(asks(false, &[], &["--accessible"]), questions("--accessible"));
        assert_eq!(asks(true, &[("CI", "1")], &[]), Face::Report);
        assert_eq!(asks(true, &[], &["--format", "json"]), Face::Report);
        assert_eq!(asks(false, &[("TERM", "xterm")], &[]), Face::Report);
    }

    #[test]
    fn questions_are_asked_where_they_are_wanted() {
        assert_eq!(face(true, &[("ACCESSIBLE", "1")], &[]), Face::Questions("ACCESSIBLE=1".to_owned()));
        assert_eq!(face(true, &[("ACCESSIBLE", "0")], &[]), Face::Screen);
        // The variable is a wish of a person; a pipe has none.
        assert_eq!(face(false, &[("ACCESSIBLE", "1")], &[]), Face::Report);
        assert_eq!(face(false, &[], &["--accessible"]), Face::Questions("--accessible".to_owned()));
    }
}
