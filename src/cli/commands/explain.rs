//! `explain [RULE|SETTING]`: one rule in full, the list of all of them with how the project here
//! stands, or the value of a setting on every way the app is started.

use std::path::PathBuf;

use crate::engine;
use crate::report;
use crate::rules;

use super::super::args::{ExplainArgs, GlobalArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::parse::nearest;

/// Prints one rule, all of them, or a setting of the project here.
///
/// # Errors
/// Exit 2 where there is no rule of that name.
pub fn run(args: &ExplainArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let style = super::style(global, output);
    let text = match &args.rule {
        None => {
            let mut text = report::rules::all(style);
            let request = super::request::request(PathBuf::from("."), None, global);
            if let Some(lines) = engine::mitigations(&request)? {
                text.push('\n');
                text.push_str(&report::mitigations::render(&lines, style));
            }
            text
        }
        Some(name) => match rules::find(name) {
            Some(rule) => report::rules::one(rule, style),
            None if is_setting(name) => {
                let request = super::request::request(PathBuf::from("."), None, global);
                report::effective::render(name, &engine::effective(&request, name)?)
            }
            None => return Err(unknown(name)),
        },
    };
    super::deliver(&text, global, output)?;
    Ok(Exit::Done)
}

/// Settings are written in capitals; rule ids begin with FH and a digit.
fn is_setting(name: &str) -> bool {
    let capitals = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    capitals
        && name.len() > 3
        && !name.strip_prefix("FH").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
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
