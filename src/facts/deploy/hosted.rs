//! What hosting platforms have in common: a start line or the image of the tree, variables, and
//! TLS that ends in front of the app.

use super::Deployments;
use super::assemble::Frame;
use super::context::Context;
use super::dockerfile::{Image, join};
use super::fields;
use super::scope::Scope;
use super::shell::{Start, start, start_words};
use super::vars::overlay;
use crate::facts::{LaunchRole, LaunchVar};
use crate::lang::node::{Node, NodeKind};
use crate::text::{Location, RepoPath, SourceFile, Span};

/// A service as a platform's file describes it.
pub(crate) struct Hosted<'a, 'n> {
    pub kind: &'static str,
    pub file: &'a SourceFile,
    pub name: &'n str,
    pub span: Span,
    pub role: LaunchRole,
    pub dir: RepoPath,
    /// The start line: text for a shell, or a list of words.
    pub command: Option<&'n Node>,
    pub env: Vec<LaunchVar>,
    pub https: Option<bool>,
    /// The Dockerfile whose image runs where there is no start line.
    pub dockerfile: Option<RepoPath>,
}

impl<'a> Hosted<'a, '_> {
    /// Adds the launch of this service; its variables are loose where it starts no server.
    pub(crate) fn push(self, context: &Context<'a>, found: &mut Deployments) {
        let image =
            self.dockerfile.as_ref().and_then(|path| context.file(path)).map(|file| Image::read(file, context, None));
        let stage = image.as_ref().and_then(|image| image.stages.last());
        let mut env = self.env;
        let mut scope = Scope::new(context, self.dir.clone());
        if let Some(stage) = stage {
            env = overlay(stage.env.clone(), env);
            scope = stage.scope(context, &self.dir);
        }
        let scope = scope.with_env(env.clone());
        let started = match self.command.filter(|node| !node.as_scalar().is_some_and(|text| text.is_null())) {
            Some(node) => run(&scope, self.file, node),
            None => stage.and_then(|stage| stage.start(&scope, None, None).or_else(|| stage.base_start(&scope))),
        };
        let Some(started) = started else {
            found.loose.extend(env);
            return;
        };
        let mut frame = Frame::new(self.kind, self.file, self.name, self.span);
        (frame.role, frame.env, frame.https) = (self.role, env, self.https);
        let mut launch = frame.launch(started);
        if launch.location.path != self.file.path {
            launch.via.insert(0, Location::in_file(self.file, self.span));
        }
        found.launches.push(launch);
    }
}

/// The start of a command field that a shell reads where it is a text.
pub(crate) fn run<'a>(scope: &Scope<'a, '_>, file: &'a SourceFile, node: &Node) -> Option<Start<'a>> {
    match &node.kind {
        NodeKind::Scalar(scalar) => start(scope, &fields::shell_text(file, scalar)),
        NodeKind::Seq(items) if items.len() == 1 => {
            // A list of one line is a line.
            let scalar = items[0].as_scalar()?;
            start(scope, &fields::shell_text(file, scalar))
        }
        NodeKind::Seq(_) => start_words(scope, fields::list_args(file, node)),
        NodeKind::Map(_) => None,
    }
}

/// A container's command and arguments together.
pub(crate) fn container<'a>(
    scope: &Scope<'a, '_>,
    file: &'a SourceFile,
    node: &Node,
    keys: [&str; 2],
) -> Option<Start<'a>> {
    let field = |key: &str| node.get(key).and_then(|node| fields::words_command(file, node));
    join(scope, field(keys[0]), field(keys[1]))
}
