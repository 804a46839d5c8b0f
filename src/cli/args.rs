//! The command line as clap reads it: names, values, help. No decisions.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::engine;
use crate::options::FailOn;
use crate::remedy::Applicability;
use crate::{report, store};

use super::output::ColorChoice;

/// Heading of the options that every command has.
const GLOBAL: &str = "Global options";

/// Finds what endangers a Flask app, explains it, and writes the hardened configuration
#[derive(Debug, Parser)]
#[command(
    name = "flask-harden",
    version,
    disable_help_subcommand = true,
    term_width = 80,
    override_usage = "flask-harden [OPTIONS] [PATH]\n       flask-harden <COMMAND> [OPTIONS]",
    after_help = "Nothing is written without --apply, or your word on the screen. Nothing goes over the network, and your project is never run.",
    after_long_help = AFTER_LONG_HELP
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// Write fixes without asking: safe and automatic ones, or only the safe ones
    ///
    /// The masked diff is printed to standard error first. Safe fixes change nothing for the
    /// people who use the app; automatic ones are complete too, but people notice (everyone signs
    /// in again once). Fixes that need a person are counted and listed with the exact next step.
    /// A second run changes nothing. `flask-harden undo` takes a run back.
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub apply: Option<Which>,

    /// Print the diff of those fixes, values hidden, and write nothing
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub diff: Option<Which>,

    /// With --apply or --diff: leave these fixes out
    ///
    /// A fix is named by its rule (FH203), by rule and file (FH203:config.py), or by the whole
    /// name that JSON reports give. What needs a skipped fix is left out too, and says so.
    #[arg(long, value_name = "FIX,..", value_delimiter = ',', hide_short_help = true)]
    pub skip: Vec<String>,

    /// With --diff and -o: write the exact patch, values included, to a file only you can read
    #[arg(long, hide_short_help = true)]
    pub show_values: bool,

    #[command(flatten)]
    pub global: GlobalArgs,
}

/// What stands under the long help.
const AFTER_LONG_HELP: &str = "\
Exit codes:
    0  nothing at or above --fail-on is left, or the command did what was asked
    1  findings at or above --fail-on are left, or --diff printed a change
    2  wrong options or a bad settings file
    3  nothing to inspect: no Flask project
    4  a write was refused, or the report could not be written; no project file was changed
    5  the chosen store cannot be used; no project file was changed
   70  a bug in flask-harden
  126, 127  exec: the command cannot be run, or there is no such command
  129, 130, 131, 143  stopped by hang-up, Ctrl-C, SIGQUIT, SIGTERM

Nothing is written without --apply, or your word on the screen. Nothing goes over the network, and your project is never run.";

/// Which fixes are written or shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Safe and automatic fixes.
    All,
    /// Fixes that change nothing for the people who use the app.
    Safe,
}

impl Which {
    /// The lowest applicability that is written.
    pub const fn at_least(self) -> Applicability {
        match self {
            Which::All => Applicability::Automatic,
            Which::Safe => Applicability::Safe,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report what was found; write nothing
    Scan(ScanArgs),
    /// Explain a rule, or say which value a setting has on each way the app is started
    Explain(ExplainArgs),
    /// List leaked values in git history, live or old, with a plan to clean up
    History(HistoryArgs),
    /// Give a fresh clone its .env: keys are made, defaults copied, the rest asked for
    ///
    /// On a terminal a screen shows every variable and takes the answers; with --accessible or
    /// --no-tui they are numbered questions. With --set, --set-file or --yes nothing is drawn, and only
    /// what is left is asked for.
    Onboard(OnboardArgs),
    /// Run a command with the stored keys in its environment
    Exec(ExecArgs),
    /// Put a new key in the place of the one an app signs with
    Rotate(RotateArgs),
    /// Say where the keys are, put one into a store, or copy them to another store
    Store(StoreArgs),
    /// Take a run of --apply back
    Undo(UndoArgs),
}

impl Command {
    /// As it is typed.
    pub const fn name(&self) -> &'static str {
        match self {
            Command::Scan(_) => "scan",
            Command::Explain(_) => "explain",
            Command::History(_) => "history",
            Command::Onboard(_) => "onboard",
            Command::Exec(_) => "exec",
            Command::Rotate(_) => "rotate",
            Command::Store(_) => "store",
            Command::Undo(_) => "undo",
        }
    }
}

#[derive(Debug, Args)]
pub struct OnboardArgs {
    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// Follow this example [default: .env.example, .env.sample, env.sample and the like; without
    /// one, what the code asks for]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,

    /// The value of a variable that is no secret; empty leaves it empty
    #[arg(long, value_name = "K=VALUE")]
    pub set: Vec<String>,

    /// The value of a variable, read from a file, or from standard input with K=-
    ///
    /// For secrets: arguments are seen by every user of the computer, and stay in the history of
    /// the shell.
    #[arg(long, value_name = "K=FILE")]
    pub set_file: Vec<String>,
}

#[derive(Debug, Args)]
#[command(override_usage = "flask-harden exec [OPTIONS] -- COMMAND...")]
pub struct ExecArgs {
    /// Only these variables [default: all that are recorded for this directory]
    #[arg(long, value_name = "K,..", value_delimiter = ',')]
    pub only: Vec<String>,

    /// What to run, and its arguments
    ///
    /// The command takes the place of flask-harden: it keeps its process id, and its exit code is
    /// the one you see. Values are passed in the environment, never as arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(override_usage = "flask-harden rotate SETTING --cutover | --grace DAYS | --finish")]
#[command(group = ArgGroup::new("way").required(true).args(["cutover", "grace", "finish"]))]
pub struct RotateArgs {
    /// The setting, such as SECRET_KEY, or the variable it is read from
    #[arg(value_name = "SETTING")]
    pub setting: String,

    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// The old key stops working at once: the only way for a key that leaked
    #[arg(long)]
    pub cutover: bool,

    /// For a planned change: sessions signed with the old key stay valid for these days
    ///
    /// The old key goes into SECRET_KEY_FALLBACKS, which Flask 3.1.1 and newer read, and a patch
    /// makes the app read that variable. Days fewer than the app's sessions last are lengthened
    /// to that.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=400))]
    pub grace: Option<u32>,

    /// End a rotation with days of grace: the old key stops working
    #[arg(long)]
    pub finish: bool,
}

#[derive(Debug, Args)]
pub struct StoreArgs {
    #[command(subcommand)]
    pub command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Where each key is, how old it is, whether it survives a restart, who can read it
    Status(StatusArgs),
    /// Put one value into the store, read from standard input
    Set(SetArgs),
    /// Copy the keys of this project into another store
    Copy(CopyArgs),
    /// Print what a deployment needs to give the app its keys: systemd, containers, Vault Agent
    Wiring(WiringArgs),
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct WiringArgs {
    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// Only the piece for this kind of deployment [default: all of them]
    #[arg(long = "for", value_name = "KIND", value_parser = piece_values())]
    pub kind: Option<String>,
}

#[derive(Debug, Args)]
pub struct SetArgs {
    /// The variable the app reads, such as SECRET_KEY
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Read the value from this file instead of standard input
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,

    /// Replace a value that is there
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The store to copy to; the keys stay where they are, too
    #[arg(long, value_name = "STORE", value_parser = copy_values())]
    pub to: String,

    /// Only these variables [default: all that are recorded for this directory]
    #[arg(long, value_name = "K,..", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Replace values that are there
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
pub struct ScanArgs {
    /// The project's directory, or files and directories of it to report on
    /// [default: the current directory]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// How much git history to read: everything, nothing, or the newest N commits
    #[arg(long, value_name = "all|none|N", value_parser = parse_history)]
    pub history: Option<History>,
}

#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// How much git history to read: everything, nothing, or the newest N commits [default:
    /// everything within 100,000 commits and 4 GiB]
    #[arg(long, value_name = "all|none|N", value_parser = parse_history)]
    pub history: Option<History>,

    /// Also write the values to this file, for git-filter-repo; it must lie outside of every
    /// repository, and only you can read it
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub write_replacements: Option<PathBuf>,
}

/// How much of git history is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    All,
    None,
    /// The newest commits, at least one.
    Newest(usize),
}

fn parse_history(text: &str) -> Result<History, String> {
    match text {
        "all" => Ok(History::All),
        "none" => Ok(History::None),
        _ => match text.parse() {
            Ok(count) if count > 0 => Ok(History::Newest(count)),
            _ => Err("it takes all, none, or a number of commits from 1".to_owned()),
        },
    }
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule by id or name (FH101, or the name a report shows), or a setting such as SECRET_KEY:
    /// its value on each way the app here is started [default: list every rule, and say which
    /// protections the project here has]
    #[arg(value_name = "RULE|SETTING")]
    pub rule: Option<String>,
}

#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The run to take back, as --list and the report show it [default: the latest one here]
    #[arg(value_name = "ID")]
    pub id: Option<String>,

    /// The project's directory [default: the current one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,

    /// List the runs on this project that can be taken back; change nothing
    #[arg(long, conflicts_with_all = ["purge", "force"])]
    pub list: bool,

    /// Also remove the keys and env files the run created
    ///
    /// They may be in use: whatever was signed with them stops being accepted.
    #[arg(long)]
    pub purge: bool,

    /// Also restore files that were edited after the run; the edits stay in the run's
    /// directory
    #[arg(long)]
    pub force: bool,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = GLOBAL)]
pub struct GlobalArgs {
    /// Where new keys go
    #[arg(long, global = true, value_name = "STORE", value_parser = store_values())]
    pub store: Option<String>,

    /// The Vault server [default: VAULT_ADDR of the environment]; no file of a project names one
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub vault_addr: Option<String>,

    /// Keep keys under this path of the store instead of the project's name
    #[arg(long, global = true, value_name = "PATH", hide_short_help = true)]
    pub secret_path: Option<String>,

    /// Use a key that is in the store already, though nothing here put it there
    #[arg(long, global = true, hide_short_help = true)]
    pub adopt: bool,

    /// With fixes: have git stop tracking .env files with secrets; the files stay here
    ///
    /// Only the index of git is written. Once that is committed and pushed, the next git pull
    /// deletes the file in every other checkout, and on servers that deploy by git pull: keep a
    /// copy there first.
    #[arg(long, global = true, hide_short_help = true)]
    pub untrack: bool,

    /// Judge this target of the project's settings
    #[arg(long, global = true, value_name = "T", hide_short_help = true)]
    pub target: Option<String>,

    /// Only these rules or groups (FH101, FH1)
    #[arg(long, global = true, value_name = "R,..", value_delimiter = ',')]
    pub select: Vec<String>,

    /// Leave these rules or groups out
    #[arg(long, global = true, value_name = "R,..", value_delimiter = ',')]
    pub ignore: Vec<String>,

    /// The severity from which findings make the exit code 1 [default: medium]
    #[arg(long, global = true, value_name = "SEVERITY", value_parser = severity_values())]
    pub fail_on: Option<String>,

    /// Set aside the findings that this file lists
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub baseline: Option<PathBuf>,

    /// Write the present findings to this file, for --baseline
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub write_baseline: Option<PathBuf>,

    /// How the report is written [default: text]
    #[arg(long, global = true, value_name = "FORMAT", value_parser = format_values())]
    pub format: Option<String>,

    /// Write the report to a file instead of standard output
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Read settings from this file instead of the project's
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config", hide_short_help = true)]
    pub config: Option<PathBuf>,

    /// Read no settings file
    #[arg(long, global = true, hide_short_help = true)]
    pub no_config: bool,

    /// Use colours; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE are obeyed
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_short_help = true)]
    pub color: ColorChoice,

    /// Print the report, even on a terminal
    #[arg(long, global = true, hide_short_help = true)]
    pub no_tui: bool,

    /// Ask numbered questions, one line for each fact, instead of drawing a screen (also: ACCESSIBLE=1)
    #[arg(long, global = true, conflicts_with = "no_tui")]
    pub accessible: bool,

    /// Draw the screen with ASCII alone
    #[arg(long, global = true, hide_short_help = true)]
    pub ascii: bool,

    /// Leave the mouse to the terminal, for selecting text
    #[arg(long, global = true, hide_short_help = true)]
    pub no_mouse: bool,

    /// Never show a value on the screen, not even when asked
    #[arg(long, global = true, hide_short_help = true)]
    pub no_reveal: bool,

    /// Say less: only errors and a line for each finding
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: also what was set aside, and every notice
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Answer confirmations with yes; never chooses fixes
    #[arg(long, global = true, hide_short_help = true)]
    pub yes: bool,
}

/// The values of `--store`: `auto`, then every store that exists.
fn store_values() -> PossibleValuesParser {
    let auto = PossibleValue::new("auto").help("the one this project uses already, else env-file");
    let all = store::ALL.iter().map(|info| PossibleValue::new(info.name).help(info.about));
    PossibleValuesParser::new(std::iter::once(auto).chain(all))
}

/// The values of `--for`.
fn piece_values() -> PossibleValuesParser {
    PossibleValuesParser::new(engine::PIECES.iter().map(|piece| PossibleValue::new(piece.name).help(piece.about)))
}

/// The values of `--to`.
fn copy_values() -> PossibleValuesParser {
    let kept = store::ALL.iter().filter(|info| info.id.makes_keys());
    PossibleValuesParser::new(kept.map(|info| PossibleValue::new(info.name).help(info.about)))
}

/// The values of `--format`: every format that exists.
fn format_values() -> PossibleValuesParser {
    PossibleValuesParser::new(report::FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about)))
}

/// The values of `--fail-on`.
fn severity_values() -> PossibleValuesParser {
    PossibleValuesParser::new(FailOn::ALL.iter().map(|(value, name)| {
        PossibleValue::new(*name).help(match value {
            FailOn::Live => "only what is proven in use now",
            FailOn::High | FailOn::Medium | FailOn::Low => "this and what is worse",
            FailOn::None => "never",
        })
    }))
}
