//! Words of commands with their places: where each stands in its file, and what a patch may replace.
//! Knows no program.

use std::borrow::Cow;

use super::{command, vars};
use crate::facts::LaunchVar;
use crate::lang::shell::{Word, is_name, words};
use crate::text::{Location, SourceFile, Span};

/// How the words of a piece of text are quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Shell,
    Exec,
}

/// The stretch of a file that a word comes from.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub file: &'a SourceFile,
    pub span: Span,
    pub form: Form,
    /// The quote round the piece, where there is one.
    pub quote: Option<char>,
}

impl<'a> Piece<'a> {
    pub(crate) fn new(file: &'a SourceFile, span: Span, form: Form) -> Self {
        Self { file, span, form, quote: None }
    }

    fn is(&self, other: &Piece<'_>) -> bool {
        self.file.path == other.file.path && self.span == other.span && self.form == other.form
    }
}

/// One word of a command.
#[derive(Clone)]
pub(crate) struct Arg<'a> {
    pub text: String,
    /// Where it stands in the piece's file, where it stands there byte for byte.
    pub span: Option<Span>,
    pub piece: Piece<'a>,
    pub expands: bool,
}

/// A text that a shell reads.
pub(crate) struct ShellText<'a> {
    pub text: Cow<'a, str>,
    /// Where the text starts in the file, where it stands there byte for byte.
    pub at: Option<usize>,
    pub piece: Piece<'a>,
}

impl<'a> ShellText<'a> {
    /// A span of a file as it stands there.
    pub(crate) fn of(file: &'a SourceFile, span: Span) -> Self {
        Self {
            text: Cow::Borrowed(span.of(&file.text)),
            at: Some(span.start),
            piece: Piece::new(file, span, Form::Shell),
        }
    }

    pub(crate) fn args(&self, words: Vec<Word>) -> Vec<Arg<'a>> {
        let arg = |word: Word| Arg {
            span: self.at.map(|at| Span::new(at + word.span.start, at + word.span.end)),
            text: word.text,
            piece: self.piece,
            expands: word.expands,
        };
        words.into_iter().map(arg).collect()
    }

    /// The words as programs split them that use no shell.
    pub(crate) fn words(&self) -> Vec<Arg<'a>> {
        self.args(words(&self.text))
    }
}

/// Whether a word is `NAME=value`.
pub(crate) fn is_assignment(arg: &Arg<'_>) -> bool {
    arg.text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// The text inside a word, for a shell to read: with places where nothing in it was escaped.
pub(crate) fn inner_text<'a>(arg: &Arg<'a>) -> ShellText<'a> {
    let raw = arg.span.map(|span| span.of(&arg.piece.file.text));
    let quote = raw.and_then(|raw| raw.chars().next()).filter(|c| matches!(c, '"' | '\''));
    let literal = match (raw, quote) {
        (Some(raw), Some(_)) => raw.get(1..raw.len() - 1) == Some(arg.text.as_str()),
        (Some(raw), None) => raw == arg.text,
        _ => false,
    };
    let at = arg.span.filter(|_| literal).map(|span| span.start + usize::from(quote.is_some()));
    let span = at.map_or(arg.piece.span, |at| Span::new(at, at + arg.text.len()));
    let piece = Piece { file: arg.piece.file, span, form: Form::Shell, quote: quote.or(arg.piece.quote) };
    ShellText { text: Cow::Owned(arg.text.clone()), at, piece }
}

/// The variable that a word `NAME=value` sets, the name starting `from` bytes into the word.
pub(crate) fn assigned(arg: &Arg<'_>, from: usize) -> Option<LaunchVar> {
    let (name, value) = arg.text.get(from..)?.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let file = arg.piece.file;
    let whole = arg.span.unwrap_or(arg.piece.span);
    let place = command::set_span(arg, from).filter(|_| arg.piece.form == Form::Shell || arg.span.is_some());
    let value_span = place.map(|place| Span::new((place.start + name.len() + 1).min(place.end), place.end));
    let mut var = vars::var(file, name, value, arg.expands, value_span.unwrap_or(Span::at(whole.start)), None);
    var.location = Location::in_file(file, whole);
    if arg.span.is_some() && arg.piece.form == Form::Shell && from == 0 {
        var.item_span = removable(file, whole);
    }
    Some(var)
}

/// An assignment with the blanks behind it, or the `export` line that is nothing else.
fn removable(file: &SourceFile, span: Span) -> Option<Span> {
    let line = file.line_span(span.start);
    let before = file.text.get(line.start..span.start)?.trim();
    let after = file.text.get(span.end..line.end.max(span.end))?;
    if before == "export" && (after.trim().is_empty() || after.trim_start().starts_with('#')) {
        return Some(Span::new(line.start, file.after_line(span.end)));
    }
    let blanks = after.len() - after.trim_start_matches([' ', '\t']).len();
    (blanks > 0).then(|| Span::new(span.start, span.end + blanks))
}

/// The bytes of a command, where its words stand in one piece.
pub(crate) fn command_span(args: &[Arg<'_>]) -> Option<Span> {
    let (first, last) = (args.first()?, args.last()?);
    let whole = args.iter().all(|arg| arg.span.is_some() && arg.piece.is(&first.piece));
    let (start, end) = (first.span?.start, last.span?.end);
    (whole && start < end).then(|| Span::new(start, end))
}
