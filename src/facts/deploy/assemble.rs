//! Puts a start and what its deployment file says round it together into a `Launch`.

use super::shell::Start;
use super::vars::overlay;
use super::words::{Form, command_span};
use crate::facts::{Bounds, Launch, LaunchRole, LaunchVar, Precedence};
use crate::text::{Location, RepoPath, SourceFile, Span};

/// What a deployment file says about one start.
pub(crate) struct Frame<'a> {
    pub kind: &'static str,
    pub name: String,
    pub role: LaunchRole,
    pub precedence: Precedence,
    pub file: &'a SourceFile,
    /// Where the start stands if its command does not stand in one piece.
    pub span: Span,
    pub env: Vec<LaunchVar>,
    pub env_files: Vec<RepoPath>,
    pub https: Option<bool>,
    pub bounds: Bounds,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(kind: &'static str, file: &'a SourceFile, name: &str, span: Span) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            role: LaunchRole::Production,
            precedence: Precedence::Platform,
            file,
            span,
            env: Vec::new(),
            env_files: Vec::new(),
            https: None,
            bounds: Bounds::default(),
        }
    }

    /// The launch that a start is here.
    pub(crate) fn launch(self, start: Start<'_>) -> Launch {
        let span = command_span(&start.args);
        let piece = start.args.first().map(|arg| arg.piece);
        let file = piece.map_or(self.file, |piece| piece.file);
        let location = match (span, piece) {
            (Some(span), _) => Location::in_file(file, span),
            (None, Some(piece)) => Location::in_file(file, first_mention(piece.span, file, &start)),
            (None, None) => Location::in_file(self.file, self.span),
        };
        let debug = start.started.debug.and_then(|index| start.args.get(index));
        let debug_flag = debug.map(|arg| Location::in_file(arg.piece.file, arg.span.unwrap_or(arg.piece.span)));
        let mut env_files = self.env_files;
        env_files.extend(start.env_files);
        Launch {
            kind: self.kind,
            name: self.name,
            server: start.started.server,
            role: self.role,
            precedence: self.precedence,
            argv: start.args.iter().map(|arg| arg.text.clone()).collect(),
            env: overlay(self.env, start.vars),
            cwd: start.cwd,
            started_in: start.started_in,
            target: start.started.target,
            script: start.started.script,
            conf: start.started.conf,
            bind: start.started.bind,
            debug_flag,
            env_files,
            https: if start.started.https { Some(true) } else { self.https },
            location,
            command_span: span,
            exec_form: piece.is_some_and(|piece| piece.form == Form::Exec),
            host_quote: piece.and_then(|piece| piece.quote),
            bounds: self.bounds,
            via: start.via,
        }
    }
}

/// Where the program of a command is first named in the text it was put together from.
fn first_mention(within: Span, file: &SourceFile, start: &Start<'_>) -> Span {
    let program = start.args.first().map_or("", |arg| arg.text.rsplit('/').next().unwrap_or(&arg.text));
    let mut at = within.start;
    for line in within.of(&file.text).split_inclusive('\n') {
        let code = line.trim_start();
        if !program.is_empty() && !code.starts_with('#') && code.contains(program) {
            let lead = line.len() - code.len();
            return Span::new(at + lead, at + line.trim_end().len());
        }
        at += line.len();
    }
    within
}
