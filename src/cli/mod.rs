//! The command line: reads arguments, calls the engine, prints reports, gives exit codes.
//! The only face that prints. Holds no knowledge of Flask.

pub mod args;
mod ask;
pub mod commands;
pub mod error;
pub mod exit;
pub mod output;
pub mod parse;
pub mod progress;
pub mod report_file;
pub mod runtime;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::flow::{Ended, Start};
use crate::store;

use args::{Cli, Command};
use error::CliError;
use exit::Exit;
use output::{ColorChoice, ColorEnv, Output};
use parse::Parsed;

/// The faces a person can work in, which this one hands over to.
#[derive(Clone, Copy)]
pub struct Faces {
    /// The full screen.
    pub screen: fn(Start) -> Ended,
    /// Questions and answers.
    pub questions: fn(Start) -> Ended,
}

/// Runs the program of this process.
pub fn main(faces: Faces) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    runtime::run(move || run(words, faces)).into()
}

/// Runs one command line. `words` begins with the program's name.
pub fn run(words: Vec<OsString>, faces: Faces) -> Exit {
    let environment = ColorEnv::read();
    match parse::parse(words) {
        Ok(Parsed::Run(cli)) => {
            let output = Output::new(cli.global.color, &environment, cli.global.quiet);
            finish(&output, dispatch(&cli, faces, &output))
        }
        Ok(Parsed::Print(text)) => {
            let output = Output::new(ColorChoice::Auto, &environment, false);
            finish(&output, output.print(&text).map(|()| Exit::Done))
        }
        Err(error) => finish(&Output::new(ColorChoice::Auto, &environment, false), Err(error)),
    }
}

fn finish(output: &Output, result: Result<Exit, CliError>) -> Exit {
    result.unwrap_or_else(|error| {
        output.error(&error);
        error.exit
    })
}

fn dispatch(cli: &Cli, faces: Faces, output: &Output) -> Result<Exit, CliError> {
    if let Some(address) = &cli.global.vault_addr {
        store::name_vault(address);
    }
    match &cli.command {
        Some(Command::Scan(args)) => commands::scan::run(&args.paths, args.history, &cli.global, output),
        Some(Command::Explain(args)) => commands::explain::run(args, &cli.global, output),
        Some(Command::History(args)) => commands::history::run(args, &cli.global, output),
        Some(Command::Onboard(args)) => commands::onboard::run(args, &cli.global, faces, output),
        Some(Command::Exec(args)) => commands::exec::run(args, &cli.global),
        Some(Command::Rotate(args)) => commands::rotate::run(args, &cli.global, output),
        Some(Command::Store(args)) => commands::store::run(&args.command, &cli.global, output),
        Some(Command::Undo(args)) => commands::undo::run(args, &cli.global, output),
        None => match (cli.apply, cli.diff) {
            (Some(which), _) => commands::apply::run(cli, which, output),
            (None, Some(which)) => commands::diff::run(cli, which, output),
            (None, None) => commands::open::run(cli, faces, output),
        },
    }
}
