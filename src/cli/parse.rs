//! From words to arguments: clap's own errors in our three parts, and the checks that clap cannot
//! make. Touches the disk only to see whether a first word is a path.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::args::Cli;
use super::error::CliError;

/// What a command line asks for.
pub enum Parsed {
    Run(Box<Cli>),
    /// Help or version.
    Print(String),
}

/// How alike two words must be (Jaro-Winkler) for the one to be a likely slip for the other.
const ALIKE: f64 = 0.8;

/// Reads a command line. `words` begins with the program's name.
///
/// # Errors
/// Wrong options or arguments.
pub fn parse(words: Vec<OsString>) -> Result<Parsed, CliError> {
    let first = words.get(1).cloned();
    match Cli::try_parse_from(words) {
        Ok(cli) => {
            check(&cli)?;
            Ok(Parsed::Run(Box::new(cli)))
        }
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Parsed::Print(error.render().to_string())),
            _ => Err(first.and_then(|word| not_a_command(&word)).unwrap_or_else(|| reworded(&error))),
        },
    }
}

/// What clap's rules do not say.
fn check(cli: &Cli) -> Result<(), CliError> {
    if cli.apply.is_some() && cli.diff.is_some() {
        return Err(CliError::usage("--apply and --diff cannot be used together")
            .why("--apply prints the same diff before it writes")
            .now("flask-harden --diff    to look")
            .now("flask-harden --apply   to write")
            .nothing_written());
    }
    if cli.show_values && (cli.diff.is_none() || cli.global.output.is_none()) {
        return Err(CliError::usage("--show-values needs --diff and -o FILE")
            .why("values are only ever written to a file that you alone can read")
            .now("flask-harden --diff --show-values -o changes.patch")
            .nothing_written());
    }
    if !cli.skip.is_empty() && cli.apply.is_none() && cli.diff.is_none() {
        return Err(CliError::usage("--skip needs --apply or --diff")
            .why("it leaves fixes out of what these write")
            .now("flask-harden --diff --skip FH203")
            .nothing_written());
    }
    if let Some(command) = &cli.command {
        let name = command.name();
        let stray = [
            (cli.apply.is_some(), "--apply"),
            (cli.diff.is_some(), "--diff"),
            (cli.path.is_some(), "a path before it"),
        ];
        if let Some((_, option)) = stray.iter().find(|(given, _)| *given) {
            return Err(CliError::usage(format!("the command '{name}' does not take {option}"))
                .why(format!("'{name}' is a command; a directory of that name is ./{name}"))
                .now(format!("flask-harden {name} --help"))
                .nothing_written());
        }
    }
    match &cli.path {
        Some(path) => not_a_command(path.as_os_str()).map_or(Ok(()), Err),
        None => Ok(()),
    }
}

/// The error for a first word that is neither a command nor a path; `None` where it is one.
fn not_a_command(word: &OsStr) -> Option<CliError> {
    let text = word.to_string_lossy();
    let commands: Vec<String> = Cli::command().get_subcommands().map(|known| known.get_name().to_owned()).collect();
    if text.starts_with('-')
        || commands.iter().any(|known| *known == text)
        || Path::new(word).symlink_metadata().is_ok()
    {
        return None;
    }
    let what = format!("no file or directory '{text}'");
    let why = "the first word is neither a command nor a path that exists";
    Some(
        match nearest(&text, commands.iter().map(String::as_str)) {
            Some(command) => CliError::usage(format!("{what}. Did you mean the command '{command}'?"))
                .why(why)
                .now(format!("flask-harden {command}")),
            None => CliError::usage(what).why(why).now("flask-harden --help"),
        }
        .nothing_written(),
    )
}

/// The known word that `word` is most likely a slip for.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .map(|candidate| (strsim::jaro_winkler(&word, &candidate.to_lowercase()), candidate))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}

/// clap's error in three parts.
fn reworded(error: &clap::Error) -> CliError {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().map_or("the command line cannot be read", |line| line.trim_start_matches("error: "));
    // What a value parser says follows its value: `invalid value '0' for '--history': it takes …`.
    let (what, said) = first.split_once("': ").map_or((first, None), |(what, said)| (what, Some(said)));
    let mut what = if said.is_some() { format!("{what}'") } else { what.to_owned() };
    let mut reasons: Vec<&str> = said.into_iter().collect();
    let mut tips = Vec::new();
    for line in lines {
        if line.starts_with("Usage:") || line.starts_with("For more information") {
            break;
        }
        match line.strip_prefix("tip: ") {
            Some(tip) => match tip.split_once(" exists: ") {
                Some((_, alike)) => what.push_str(&format!(". Did you mean {alike}?")),
                None => tips.push(tip),
            },
            None => reasons.push(line.trim_start_matches('[').trim_end_matches(']')),
        }
    }
    if reasons.is_empty() && error.kind() == ErrorKind::UnknownArgument {
        reasons.push("there is no such option or argument here");
    }
    let mut reworded = CliError::usage(what).nothing_written();
    if !reasons.is_empty() {
        reworded = reworded.why(reasons.join(" "));
    }
    tips.into_iter().fold(reworded, CliError::now).now("flask-harden --help")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Parsed, CliError> {
        parse(std::iter::once("flask-harden").chain(words.iter().copied()).map(OsString::from).collect())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_slip_for_a_command_is_named() {
        let error = parsed(&["scna"]).err().unwrap();
        assert_eq!(error.what, "no file or directory 'scna'. Did you mean the command 'scan'?");
        let error = parsed(&["explian", "FH101"]).err().unwrap();
        assert_eq!(error.what, "no file or directory 'explian'. Did you mean the command 'explain'?");
        let error = parsed(&["no/such/place"]).err().unwrap();
        assert_eq!(error.what, "no file or directory 'no/such/place'");
    }

    #[test]
    fn apply_takes_its_value_only_behind_the_equals_sign() {
        let Ok(Parsed::Run(cli)) = parsed(&["--apply", "."]) else { panic!("not parsed") };
        assert_eq!(cli.path.as_deref(), Some(Path::new(".")));
        assert!(parsed(&["--apply=safe", "."]).is_ok());
        assert!(parsed(&["--apply=some"]).is_err());
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for words in [&["--apply", "--diff"][..], &["--apply", "scan"], &[".", "scan"], &["--diff", "--show-values"]] {
            let error = parsed(words).err().unwrap();
            assert_eq!(error.exit.number(), 2, "{words:?}");
            assert!(error.why.is_some() && !error.now.is_empty(), "{words:?}");
        }
    }

    #[test]
    fn global_options_stand_before_or_behind_the_command() {
        assert!(parsed(&["--color", "never", "scan"]).is_ok());
        assert!(parsed(&["scan", "--color", "never", "--store", "none"]).is_ok());
    }
}
