//! `explain [RULE|SETTING]`: one rule in full, the list of all of them with how the project here
//! stands, or the value of a setting on every way the app is started.

use std::path::PathBuf;

use crate::engine;
use crate::remedy::Applicability;
use crate::report::{self, json_v1, style::Style};
use crate::rules::{self, Rule};

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
    let json = super::text_or_json("explain", global)?.unwrap_or(false);
    let request = || super::request::request(PathBuf::from("."), None, global);
    let text = match &args.rule {
        None => {
            let lines = engine::mitigations(&request())?;
            if json { json_v1::explain::rules(&rules::all(), lines.as_deref()) } else { everything(lines, style) }
        }
        Some(name) => match rules::find(name) {
            Some(rule) if json => json_v1::explain::rules(&[rule], None),
            Some(rule) => report::rules::one(rule, style) + &here(rule, request(), style),
            None if is_setting(name) => {
                let lines = engine::effective(&request(), name)?;
                if json { json_v1::explain::setting(name, &lines) } else { report::effective::render(name, &lines) }
            }
            None => return Err(unknown(name)),
        },
    };
    super::deliver(&text, global, output)?;
    Ok(Exit::Done)
}

/// What the rule finds in the project here, and its fix; nothing outside of a project. Git history is
/// read only for the rules that judge it.
fn here(rule: &Rule, mut request: engine::Request, style: Style) -> String {
    if !rules::of_history(rule) {
        request.commits = Some(0);
    }
    request.flags.select = vec![rule.id.to_owned()];
    let drafted = engine::scan(&request).and_then(|scan| {
        let plan = engine::plan(&scan, &request)?;
        let decisions = engine::decide(&plan, Applicability::Automatic, &[])?;
        let draft = engine::checked_draft(&scan, &plan, &request, &decisions)?;
        Ok((scan, draft))
    });
    // An explanation is wanted where there is no project, too, or one that cannot be read.
    drafted.map_or_else(|_| String::new(), |(scan, draft)| report::rules::here(rule, &scan, &draft, style))
}

fn everything(lines: Option<Vec<engine::MitigationLine>>, style: Style) -> String {
    let mut text = report::rules::all(style);
    if let Some(lines) = lines {
        text.push('\n');
        text.push_str(&report::mitigations::render(&lines, style));
    }
    text
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
