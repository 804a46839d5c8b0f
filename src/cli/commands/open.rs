//! The program without a command: the full screen or the questions where somebody can work in
//! them, else the report of `scan`.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::flow::{Ended, Looks, Start};
use crate::options;
use crate::report::style::Style;

use super::super::Faces;
use super::super::args::{Cli, GlobalArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::report_file::{self, Readers};
use super::request::{request, tree};

/// Which face is right.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Face {
    Report,
    Screen,
    /// And what turned it on.
    Questions(String),
}

/// What decides on the face.
struct Surroundings<'e> {
    /// Standard input and standard output are terminals.
    terminal: bool,
    environment: &'e dyn Fn(&str) -> Option<String>,
}

/// Hands over to a face, or prints the report.
///
/// # Errors
/// What the engine, the face or the output says.
pub fn run(cli: &Cli, faces: Faces, output: &Output) -> Result<Exit, CliError> {
    let surroundings = Surroundings {
        terminal: std::io::stdin().is_terminal() && std::io::stdout().is_terminal(),
        environment: &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
    };
    let face = surroundings.face(&cli.global);
    let (root, only) = tree(cli.path.as_slice())?;
    if face == Face::Report || !only.is_empty() {
        return super::scan::run(cli.path.as_slice(), None, &cli.global, output);
    }
    let start = Start {
        root: shown(&root),
        request: request(root, None, &cli.global),
        looks: Looks {
            colour: output.out == Style::coloured(),
            ascii: cli.global.ascii,
            mouse: !cli.global.no_mouse,
            reveal: !cli.global.no_reveal,
        },
        save,
        plain: match &face {
            Face::Questions(why) => Some(why.clone()),
            _ => None,
        },
    };
    end(if start.plain.is_some() { (faces.questions)(start) } else { (faces.screen)(start) }, output)
}

impl Surroundings<'_> {
    fn face(&self, args: &GlobalArgs) -> Face {
        let set = |name| (self.environment)(name);
        if args.accessible {
            return Face::Questions("--accessible".to_owned());
        }
        // Who names a form of the report wants the report.
        let report = args.no_tui
            || args.quiet
            || args.verbose
            || args.format.is_some()
            || args.output.is_some()
            || args.fail_on.is_some()
            || args.write_baseline.is_some();
        let able = self.terminal && set("TERM").is_none_or(|term| term != "dumb") && set("CI").is_none();
        if report || !able || options::no_tui_of_environment(self.environment) {
            return Face::Report;
        }
        match set("ACCESSIBLE").filter(|value| value != "0") {
            Some(value) => Face::Questions(format!("ACCESSIBLE={value}")),
            None => Face::Screen,
        }
    }
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

fn end(ended: Ended, output: &Output) -> Result<Exit, CliError> {
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
        Ended::NoAnswer => Err(CliError::usage("the answers ended before the questions did")
            .why("standard input is at its end")
            .now("flask-harden --apply   writes fixes without asking")
            .now("flask-harden scan      reports only")),
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
    fn questions_are_asked_where_they_are_wanted() {
        assert_eq!(face(true, &[("ACCESSIBLE", "1")], &[]), Face::Questions("ACCESSIBLE=1".to_owned()));
        assert_eq!(face(true, &[("ACCESSIBLE", "0")], &[]), Face::Screen);
        // The variable is a wish of a person; a pipe has none.
        assert_eq!(face(false, &[("ACCESSIBLE", "1")], &[]), Face::Report);
        assert_eq!(face(false, &[], &["--accessible"]), Face::Questions("--accessible".to_owned()));
    }
}
