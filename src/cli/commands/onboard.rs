//! `onboard [PATH]`: a fresh clone gets its env file. Questions are asked on a terminal; without
//! one, what is missing is listed at once.

use std::path::Path;

use crate::engine::Onboarding;
use crate::flow::Errand;
use crate::plan::Held;
use crate::plan::onboard::{Answer, Answers, OnboardItem, holds_secret};
use crate::report;
use crate::secret::Secret;
use crate::secret::generate::OsRandom;

use super::super::Faces;
use super::super::args::{GlobalArgs, OnboardArgs};
use super::super::ask;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::output::Output;
use super::super::runtime;
use super::face::{Face, hand_over, surroundings};
use super::request::{request, tree};
use super::value;

/// What to type where nobody answers.
const NO_ANSWER: &[&str] = &[
    "flask-harden onboard   without --accessible lists what has to be answered",
    "--set NAME=VALUE   and --set-file NAME=FILE give the answers",
];

/// Writes what the clone lacks. Where somebody can work in a face and said nothing yet, that face asks;
/// options alone ask for what is left, if anything is.
///
/// # Errors
/// What the engine, the face or the output says, or an answer is missing.
pub fn run(args: &OnboardArgs, global: &GlobalArgs, faces: Faces, output: &Output) -> Result<Exit, CliError> {
    let mut answers = given(args)?;
    let (root, only) = tree(args.path.as_slice())?;
    if let Some(first) = only.first() {
        return Err(CliError::usage(format!("'{first}' is a file"))
            .why("an env file belongs to a project, so its directory is needed")
            .now("flask-harden onboard DIRECTORY")
            .now(format!("flask-harden onboard --from {first}   follows it as an example"))
            .nothing_written());
    }
    let mut request = request(root, None, global);
    request.commits = Some(0);
    let face = surroundings().face_that_asks(global);
    if face != Face::Report && answers.is_empty() && !global.yes {
        let errand = Errand::Onboard { from: args.from.clone() };
        return hand_over(face, errand, request, NO_ANSWER, (faces, global, output));
    }
    let onboarding = Onboarding::begin(&request, args.from.as_deref())?;
    output.note(&report::receipt::recovered(onboarding.recovered()));
    onboarding.check(&answers)?;
    let open = onboarding.questions(&answers);
    if !open.is_empty() {
        if !ask::is_possible() {
            return Err(unanswered(&open, &onboarding));
        }
        let asked = questions(&open, &onboarding)?;
        answers.extend(asked);
    }
    let made = onboarding.draft(&answers, &mut OsRandom)?;
    let json = onboarding.scan.options.format.value == "json";
    if !made.draft.is_empty() {
        output.show(&report::onboard::preview(&made, output.err)).map_err(CliError::nothing_written)?;
    }
    let shows = made.draft.secrets.iter().any(|secret| matches!(secret.held, Held::Shown { .. }));
    if shows && super::is_document(&onboarding.scan.options.format.value, global) {
        return Err(super::not_in_a_document());
    }
    let (written, stopped) = runtime::writing(|| onboarding.write(&made));
    let written = written?;
    let done = report::onboard::Done {
        onboarding: &onboarding,
        answers: &answers,
        made: &made,
        receipt: written.receipt.as_ref(),
        root: &request.root,
    };
    let text = match json {
        true => report::onboard::json(&done),
        false => report::onboard::text(&done, super::style(global, output)),
    };
    super::deliver(&text, global, output)?;
    super::show_once(written.shown, output)?;
    Ok(stopped.unwrap_or(Exit::Done))
}

/// The answers on the command line.
fn given(args: &OnboardArgs) -> Result<Answers, CliError> {
    let mut answers = Answers::new();
    let mut add = |name: &str, value: Secret, option: &str| match answers.insert(name.to_owned(), Answer::value(value))
    {
        None => Ok(()),
        Some(_) => Err(CliError::usage(format!("{name} is given twice"))
            .why("each variable has one value")
            .now(format!("{option} {name}=… once"))
            .nothing_written()),
    };
    for word in &args.set {
        let (name, value) = pair(word, "--set", "VALUE")?;
        // Nobody is helped by an empty secret.
        if !value.is_empty() && (holds_secret(name) || has_password(value)) {
            return Err(CliError::usage(format!("--set does not take a value for {name}"))
                .why("by its name or form it is a secret, and arguments are seen by every user of this computer")
                .now(format!("--set-file {name}=FILE   reads it from a file"))
                .now(format!("--set-file {name}=-      reads it from standard input"))
                .nothing_written());
        }
        add(name, Secret::from(value), "--set")?;
    }
    let mut from_input: Option<&str> = None;
    for word in &args.set_file {
        let (name, file) = pair(word, "--set-file", "FILE")?;
        if file == "-"
            && let Some(first) = from_input.replace(name)
        {
            return Err(CliError::usage("standard input gives one value only")
                .why(format!("{first} and {name} both ask for it"))
                .now(format!("--set-file {name}=FILE   reads one of them from a file"))
                .nothing_written());
        }
        let path = (file != "-").then(|| Path::new(file));
        add(name, value::read(path, &format!("flask-harden onboard --set-file {name}=FILE"))?, "--set-file")?;
    }
    Ok(answers)
}

/// `NAME=what follows`. The text itself is in no message: it may be a secret.
fn pair<'w>(word: &'w str, option: &str, what: &str) -> Result<(&'w str, &'w str), CliError> {
    let valid = |name: &str| crate::lang::dotenv::is_valid_name(name);
    word.split_once('=').filter(|(name, _)| valid(name)).ok_or_else(|| {
        CliError::usage(format!("{option} needs NAME={what}"))
            .why("a name has letters, digits and _, and no digit first")
            .now(format!("{option} NAME={what}"))
            .nothing_written()
    })
}

/// Whether a value is an address with a password in it.
fn has_password(value: &str) -> bool {
    let authority = value.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
}

/// Everything that is missing, at once, with the options that give it.
fn unanswered(open: &[&OnboardItem], onboarding: &Onboarding) -> CliError {
    let what = match open {
        [one] => format!("{} needs an answer, and there is no terminal to ask on", one.name),
        several => format!("{} variables need an answer, and there is no terminal to ask on", several.len()),
    };
    let file = &onboarding.steps.file;
    let error = CliError::usage(what).why(format!("{file} would not have what only you can know")).nothing_written();
    let option = |item: &OnboardItem| match item.is_secret() {
        true => format!("--set-file {}=FILE", item.name),
        false => format!("--set {}=VALUE", item.name),
    };
    let width = open.iter().map(|item| option(item).len()).max().unwrap_or(0).min(44);
    let error = open.iter().fold(error, |error, item| {
        let place = report::onboard::source(item, onboarding);
        error.now(format!("{:<width$}   {}, {place}", option(item), item.why))
    });
    error.now("--set NAME=   leaves one of them empty").now("--set-file NAME=-   reads one from standard input")
}

/// Asks for each of them. Enter leaves it empty.
fn questions(open: &[&OnboardItem], onboarding: &Onboarding) -> Result<Answers, CliError> {
    let mut answers = Answers::new();
    ask::say(&format!("{} to answer. Enter leaves one empty.\n", report::onboard::count(open.len(), "variable")))?;
    for (at, item) in open.iter().enumerate() {
        ask::say(&report::onboard::question(item, at + 1, open.len(), onboarding))?;
        let answer = match item.is_secret() {
            true => ask::hidden("  value (not shown): ")?,
            false => ask::line("  value: ")?,
        };
        answers.insert(item.name.clone(), Answer::value(answer));
    }
    Ok(answers)
}
