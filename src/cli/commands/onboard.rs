//! `onboard [PATH]`: gives a fresh clone the keys it asks for. Writes the env file and the ignore
//! line that covers it, nothing else.

use crate::engine::{self, EngineError, Fix};
use crate::plan::Held;
use crate::remedy::Applicability;
use crate::repo::Tree;
use crate::report;

use super::super::args::{GlobalArgs, OnboardArgs};
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;
use super::request::{request, tree};

/// The rules whose fixes a new developer needs.
const RULES: [&str; 2] = ["FH105", "FH106"];

/// Writes the missing keys.
///
/// # Errors
/// What the engine or the output says.
pub fn run(args: &OnboardArgs, global: &GlobalArgs, output: &Output) -> Result<Exit, CliError> {
    let (root, _) = tree(args.path.as_slice())?;
    let mut request = request(root, None, global);
    request.flags.select = RULES.map(str::to_owned).to_vec();
    request.commits = Some(0);
    let tree = Tree::open(&request.root).map_err(EngineError::from)?;
    let fix = Fix::onboard(&tree, &request, |plan| engine::decide(plan, Applicability::Safe, &[]))?;
    output.note(&report::receipt::recovered(fix.recovered()));
    output.show(&report::draft::render(&fix.draft, &fix.plan.store, output.err)).map_err(CliError::nothing_written)?;
    let (receipt, stopped) = runtime::writing(|| fix.write());
    let receipt = receipt?;
    let written = report::receipt::written(receipt.as_ref(), &fix.draft, &request.root, output.out);
    output.print(&written)?;
    if receipt.is_some() && stopped.is_none() {
        let stored = fix.draft.secrets.iter().any(|secret| matches!(secret.held, Held::Store { .. }));
        let how = if stored {
            "Start the app with its keys: flask-harden exec -- flask run\n"
        } else {
            "Start the app as before, for instance: flask run\n"
        };
        output.print(how)?;
    }
    Ok(stopped.unwrap_or(Exit::Done))
}
