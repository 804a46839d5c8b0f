//! `explain [RULE]`: one rule in full, or the list of all of them. Prints what rules say of themselves.

use crate::report;
use crate::rules;

use super::super::args::{ExplainArgs, GlobalArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::parse::nearest;

/// Prints one rule, or all of them.
///
/// # Errors
/// Exit 2 where there is no rule of that name.
pub fn run(args: &ExplainArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let style = super::style(global, output);
    let text = match &args.rule {
        None => report::rules::all(style),
        Some(name) => match rules::find(name) {
            Some(rule) => report::rules::one(rule, style),
            None => return Err(unknown(name)),
        },
    };
    super::deliver(&text, global, output)?;
    Ok(Exit::Done)
}

fn unknown(name: &str) -> CliError {
    let rules = rules::all();
    let known = rules.iter().flat_map(|rule| [rule.id, rule.name]);
    let error = match nearest(name, known) {
        Some(rule) => CliError::usage(format!("there is no rule '{name}'. Did you mean '{rule}'?"))
            .why("rules are named by id or by name")
            .now(format!("flask-harden explain {rule}")),
        None => CliError::usage(format!("there is no rule '{name}'")).why("rules are named by id or by name"),
    };
    error.now("flask-harden explain   lists every rule")
}
