//! Deployment files: each kind produces `Launch`es. A kind is a file of this folder and a line of
//! `KINDS`; it sees the tree through `Context` only and opens nothing.

mod app_engine;
mod assemble;
mod command;
mod compose;
mod container;
mod context;
mod dockerfile;
mod documentation;
mod fields;
mod fly;
mod helm;
mod heroku;
mod hosted;
mod kubernetes;
mod makefile;
mod options;
mod procfile;
mod python;
mod railway;
mod render;
mod roles;
mod scope;
mod script;
mod serverless;
mod servers;
mod shell;
mod supervisor;
mod systemd;
mod uwsgi;
mod vars;
mod words;
mod wrappers;
mod wsgi_file;

use crate::facts::{Launch, LaunchRole, LaunchVar, Precedence};
use crate::notice::Notice;
use crate::text::{Location, RepoPath, SourceFile};

pub use context::Context;

/// A kind of deployment file.
pub struct Kind {
    pub name: &'static str,
    /// Whether a file may be of this kind, judged by its path.
    pub matches: fn(&RepoPath) -> bool,
    read: for<'a> fn(&'a SourceFile, &Context<'a>, &mut Deployments),
}

/// What the deployment files of a tree say.
#[derive(Default)]
pub struct Deployments {
    pub launches: Vec<Launch>,
    /// Variables that deployment files set outside of any launch: for workers, for earlier build
    /// stages, as build arguments.
    pub loose: Vec<LaunchVar>,
    pub notices: Vec<Notice>,
}

/// Every kind there is. The first that matches a path reads the file.
pub const KINDS: &[Kind] = &[
    procfile::KIND,
    dockerfile::KIND,
    compose::KIND,
    systemd::KIND,
    supervisor::KIND,
    uwsgi::KIND,
    wsgi_file::KIND,
    app_engine::KIND,
    render::KIND,
    fly::KIND,
    heroku::KIND,
    railway::KIND,
    serverless::KIND,
    helm::KIND,
    makefile::KIND,
    documentation::KIND,
    kubernetes::KIND,
    script::KIND,
];

/// Whether a file has to be read for the deployment facts. Python files that may be run are
/// looked up in the context too.
pub fn is_deployment_file(path: &RepoPath) -> bool {
    KINDS.iter().any(|kind| (kind.matches)(path))
}

/// Whether a path is that of a compose file.
pub fn is_compose(path: &RepoPath) -> bool {
    (compose::KIND.matches)(path)
}

/// Reads every deployment file among the context's files.
pub fn deployments(context: &Context<'_>) -> Deployments {
    let mut found = Deployments::default();
    for file in context.files() {
        if let Some(kind) = KINDS.iter().find(|kind| (kind.matches)(&file.path)) {
            (kind.read)(file, context, &mut found);
        }
    }
    drop_echoes(&mut found.launches);
    found.launches.sort_by(|a, b| {
        (a.precedence, a.role, &a.location.path, a.location.span.start, &a.name).cmp(&(
            b.precedence,
            b.role,
            &b.location.path,
            b.location.span.start,
            &b.name,
        ))
    });
    found.notices.sort();
    found.notices.dedup();
    found
}

/// The launch that the settings declare (`targets.prod.start`), read as a start line at the top of
/// the tree. It stands in no file that a fix could edit.
pub fn declared(context: &Context<'_>, start: &str, https: Option<bool>, location: Location) -> Option<Launch> {
    let line = SourceFile::new(RepoPath::new("Procfile")?, format!("web: {start}\n"), 0);
    let mut found = Deployments::default();
    (procfile::KIND.read)(&line, context, &mut found);
    let mut launch = found.launches.into_iter().next()?;
    launch.kind = "declared";
    launch.name = "targets.prod".to_owned();
    launch.role = LaunchRole::Production;
    launch.precedence = Precedence::Declared;
    launch.https = https.or(launch.https);
    launch.debug_flag = launch.debug_flag.map(|_| location.clone());
    launch.command_span = None;
    launch.env.iter_mut().for_each(|var| {
        var.location = location.clone();
        (var.value_span, var.item_span) = (None, None);
    });
    launch.location = location;
    Some(launch)
}

/// Takes away evidence that only repeats the very command of a launch that counts.
fn drop_echoes(launches: &mut Vec<Launch>) {
    let same = |a: &Launch, b: &Launch| match (a.command_span, b.command_span) {
        (Some(a_span), Some(b_span)) => a.location.path == b.location.path && a_span == b_span,
        _ => a.location.path == b.location.path && !a.argv.is_empty() && a.argv == b.argv,
    };
    let (evidence, mut kept): (Vec<Launch>, Vec<Launch>) =
        std::mem::take(launches).into_iter().partition(|launch| launch.role == LaunchRole::Evidence);
    let strong = kept.len();
    for launch in evidence {
        if !kept[..strong].iter().any(|other| same(&launch, other)) {
            kept.push(launch);
        }
    }
    *launches = kept;
}

#[cfg(test)]
mod testing {
    //! A tree of texts for the tests of the kinds.

    use std::collections::BTreeMap;

    use super::{Context, Deployments, Launch, deployments};
    use crate::text::{RepoPath, SourceFile};

    /// A Flask app that runs itself, for scripts that must count as starts.
    pub(crate) const APP: &str = "from flask import Flask\napp = Flask(__name__)\napp.run()\n";

    pub(crate) struct Trial {
        files: Vec<SourceFile>,
    }

    impl Trial {
        pub(crate) fn new(files: &[(&str, &str)]) -> Self {
            let file =
                |(path, text): &(&str, &str)| SourceFile::new(RepoPath::new(path).unwrap(), (*text).to_owned(), 0o644);
            Self { files: files.iter().map(file).collect() }
        }

        pub(crate) fn read(&self) -> Deployments {
            let files: Vec<&SourceFile> = self.files.iter().collect();
            deployments(&Context::new(&files, &[]))
        }

        pub(crate) fn launches(&self) -> Vec<Launch> {
            self.read().launches
        }

        /// The only launch.
        pub(crate) fn one(&self) -> Launch {
            let mut all = self.launches();
            assert_eq!(all.len(), 1, "{:?}", all.iter().map(brief).collect::<Vec<_>>());
            all.remove(0)
        }

        /// The text of a launch's command.
        pub(crate) fn command(&self, launch: &Launch) -> Option<&str> {
            let file = self.files.iter().find(|file| file.path == launch.location.path)?;
            Some(launch.command_span?.of(&file.text))
        }

        /// The files with a launch's variable taken away.
        pub(crate) fn without(&self, launch: &Launch, name: &str) -> String {
            let var = launch.env.iter().find(|var| var.name == name).unwrap();
            let file = self.files.iter().find(|file| file.path == var.location.path).unwrap();
            let span = var.item_span.unwrap();
            format!("{}{}", &file.text[..span.start], &file.text[span.end..])
        }
    }

    pub(crate) fn brief(launch: &Launch) -> String {
        let target = launch.target.as_ref().map(|target| format!(" {target}")).unwrap_or_default();
        format!("{} {}{target} {:?} {:?}", launch.name, launch.server.name(), launch.role, launch.precedence)
    }

    /// Name to value of a launch's variables.
    pub(crate) fn env(launch: &Launch) -> BTreeMap<&str, Option<&str>> {
        launch.env.iter().map(|v| (v.name.as_str(), v.value.as_deref().map(|value| value.expose()))).collect()
    }
}
