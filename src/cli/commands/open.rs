//! The program without a command: the full screen or the questions where somebody can work in
//! them, else the report of `scan`.

use crate::flow::Errand;

use super::super::Faces;
use super::super::args::Cli;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::face::{Face, hand_over, surroundings};
use super::request::{request, tree};

/// What to type where nobody answers.
const NO_ANSWER: &[&str] =
    &["flask-harden --apply   writes fixes without asking", "flask-harden scan      reports only"];

/// Hands over to a face, or prints the report.
///
/// # Errors
/// What the engine, the face or the output says.
pub fn run(cli: &Cli, faces: Faces, output: &Output) -> Result<Exit, CliError> {
    let face = surroundings().face(&cli.global);
    let (root, only) = tree(cli.path.as_slice())?;
    if face == Face::Report || !only.is_empty() {
        return super::scan::run(cli.path.as_slice(), None, &cli.global, output);
    }
    let request = request(root, None, &cli.global);
    hand_over(face, Errand::Harden, request, NO_ANSWER, (faces, &cli.global, output))
}
