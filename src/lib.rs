//! flask-harden: inspects a Flask repository, explains what an attacker gains, and writes the
//! hardened configuration. The floors, lowest first; a module uses only the floors below it
//! (`tests/suite/floors.rs` checks that):
//!
//! ```text
//! 13  main, lib
//! 12  cli      tui      plain
//! 11  report   flow
//! 10  engine
//!  9  apply
//!  8  plan
//!  7  triage
//!  6  rules
//!  5  remedy
//!  4  finding
//!  3  facts
//!  2  lang     repo     store     options
//!  1  notice   process
//!  0  text     secret   templates
//! ```

pub mod apply;
pub mod cli;
pub mod engine;
pub mod facts;
pub mod finding;
pub mod flow;
pub mod lang;
pub mod notice;
pub mod options;
pub mod plain;
pub mod plan;
pub mod process;
pub mod remedy;
pub mod repo;
pub mod report;
pub mod rules;
pub mod secret;
pub mod store;
pub mod templates;
pub mod text;
pub mod triage;
pub mod tui;

/// Runs the program of this process: the command line, and the faces it can hand over to.
pub fn main() -> std::process::ExitCode {
    cli::main(cli::Faces { screen: tui::run, questions: plain::run })
}
