//! What messages tell people to type can be typed: commands and options quoted anywhere in the
//! shipped strings are read by the real definition of the command line.

use std::collections::BTreeSet;

use clap::{CommandFactory, Parser};
use flask_harden::cli::args::Cli;

use crate::support::source::{lex, shipped, sources};

/// Programs that have options of their own; a string that names one before an option means it.
const OTHERS: &[&str] =
    &["git ", "gunicorn", "flask ", "pip ", "python", "uwsgi", "waitress", "docker", "cargo ", "aws ", "gnome-keyring"];
/// Options of servers, named by rules without the program in front.
const THEIRS: &[&str] = &[
    "bind",
    "chdir",
    "check-config",
    "debug",
    "debugger",
    "emperor",
    "py-auto-reload",
    "py-autoreload",
    "python-autoreload",
    "reload",
    "reload-on-changes",
    "system",
    "threads",
    "workers",
];
/// Floors that read other programs' command lines.
const READERS: &[&str] = &["lang", "facts", "templates"];

/// Strings and help texts that people see.
fn shown() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (path, text) in sources() {
        let first = path.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        if READERS.contains(&first.trim_end_matches(".rs")) {
            continue;
        }
        let lexed = lex(shipped(&text));
        let docs = if path.ends_with("cli/args.rs") { lexed.docs } else { Vec::new() };
        texts.extend(lexed.strings.into_iter().chain(docs).map(|shown| (path.display().to_string(), shown)));
    }
    texts
}

/// Every long option of the program.
fn options() -> BTreeSet<String> {
    let root = Cli::command();
    let below = root.get_subcommands().flat_map(clap::Command::get_subcommands);
    let commands = std::iter::once(&root).chain(root.get_subcommands()).chain(below);
    let mut names: BTreeSet<String> = commands
        .flat_map(|command| command.get_arguments())
        .filter_map(|arg| arg.get_long().map(str::to_owned))
        .collect();
    names.extend(["help".to_owned(), "version".to_owned()]);
    names
}

/// The options quoted in a text: `--word`.
fn quoted_options(text: &str) -> Vec<(usize, String)> {
    text.match_indices("--")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || "-+_".contains(c)))
        .map(|(at, _)| (at, text[at + 2..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect()))
        .filter(|(_, name): &(usize, String)| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect()
}

/// The command lines quoted in a text, as words: from `flask-harden` to a quote, a line end, two
/// spaces, or a word that reads like prose.
fn quoted_commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, name) in text.match_indices("flask-harden ") {
        if text[..at].ends_with(|c: char| c.is_alphanumeric() || "#/.".contains(c) || c == '-')
            || text[..at].ends_with("# ")
        {
            continue;
        }
        let rest = &text[at + name.len()..];
        let end = ["  ", "\n", "`", "'", "\"", ". ", ", ", ";", ")"].iter().filter_map(|stop| rest.find(stop)).min();
        let line = &rest[..end.unwrap_or(rest.len())];
        let mut of_another = false;
        let words: Vec<String> = line
            .split(' ')
            .take_while(|word| {
                // Behind `--` stands a command of another program.
                of_another |= *word == "--";
                of_another
                    || word.starts_with('-')
                    || is_command(word)
                    || word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
                    || word.contains('{')
                    || word.contains('.')
            })
            .map(|word| word.trim_end_matches(['.', ',', ':']).to_owned())
            .filter(|word| !word.is_empty())
            .collect();
        if !words.is_empty() {
            found.push(words);
        }
    }
    found
}

fn is_command(word: &str) -> bool {
    let root = Cli::command();
    let below = root.get_subcommands().flat_map(clap::Command::get_subcommands);
    root.get_subcommands().chain(below).any(|known| known.get_name() == word)
}

#[test]
fn every_option_in_a_message_exists() {
    let known = options();
    let elsewhere = THEIRS;
    assert!(!elsewhere.iter().any(|option| known.contains(*option)), "an option of ours is listed as not ours");
    let mut wrong = Vec::new();
    for (path, text) in shown() {
        for (at, option) in quoted_options(&text) {
            let of_another = OTHERS.iter().any(|program| text[..at].contains(program));
            if !known.contains(&option) && !of_another && !elsewhere.contains(&option.as_str()) {
                wrong.push(format!("src/{path}: --{option} in {text:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_in_a_message_can_be_typed() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for (path, text) in shown() {
        for words in quoted_commands(&text) {
            // A command named without what it needs.
            if words == ["exec"] {
                continue;
            }
            let words: Vec<String> = words
                .into_iter()
                .map(|word| if word == "{command}" || word == "{name}" { "scan".to_owned() } else { word })
                .collect();
            let line = std::iter::once("flask-harden".to_owned()).chain(words.iter().cloned());
            match Cli::try_parse_from(line) {
                Ok(_) => checked += 1,
                Err(error) if matches!(error.kind(), clap::error::ErrorKind::DisplayHelp) => checked += 1,
                Err(error) => wrong.push(format!("src/{path}: 'flask-harden {}': {error}", words.join(" "))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 8, "only {checked} command lines were found in messages");
}

#[test]
fn quoted_lines_are_found() {
    assert_eq!(quoted_commands("run flask-harden --diff   to look"), [["--diff"]]);
    assert_eq!(quoted_commands("`flask-harden explain FH101` says"), [["explain", "FH101"]]);
    assert_eq!(quoted_commands("flask-harden exec -- flask run   (or"), [["exec", "--", "flask", "run"]]);
    assert!(quoted_commands("# flask-harden: ignore[FH101] why, or the flask-harden program").is_empty());
    assert_eq!(quoted_options("use --untrack or --store=none"), [(4, "untrack".to_owned()), (17, "store".to_owned())]);
}
