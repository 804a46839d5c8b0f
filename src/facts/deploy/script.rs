//! Shell scripts that stand by themselves: they show how the app is started, not where.

use super::assemble::Frame;
use super::context::Context;
use super::scope::Scope;
use super::shell::start;
use super::words::ShellText;
use super::{Deployments, Kind, roles};
use crate::facts::{LaunchRole, Precedence};
use crate::text::{RepoPath, SourceFile, Span};

pub(crate) const KIND: Kind = Kind { name: "script", matches: super::shell::is_script, read };

fn read<'a>(file: &'a SourceFile, context: &Context<'a>, found: &mut Deployments) {
    let shell = file.text.starts_with("#!") && file.text.lines().next().is_some_and(|line| line.contains("sh"));
    if !shell && !matches!(file.path.extension(), "sh" | "bash") {
        return;
    }
    let whole = Span::new(0, file.text.len());
    // Scripts are called from the root of the tree more often than from where they lie.
    let scope = Scope::new(context, RepoPath::root());
    let Some(start) = start(&scope, &ShellText::of(file, whole)) else { return };
    let mut frame = Frame::new(KIND.name, file, file.path.name(), whole);
    let dev =
        roles::of_path(&file.path, LaunchRole::Evidence) == LaunchRole::Development || start.started.debug.is_some();
    frame.role = if dev { LaunchRole::Development } else { LaunchRole::Evidence };
    frame.precedence = Precedence::Other;
    found.launches.push(frame.launch(start));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{APP, Trial, brief};

    #[test]
    fn scripts_are_evidence_once() {
        let run = "#!/bin/bash\nset -e\n. venv/bin/activate\nexport FLASK_APP=shop\ngunicorn -w 2 shop:app\n";
        assert_eq!(brief(&Trial::new(&[("run.sh", run)]).one()), "run.sh gunicorn shop:app Evidence Other");
        // What a deployment file calls is told there.
        let trial = Trial::new(&[("run.sh", run), ("Procfile", "web: ./run.sh\n")]);
        assert_eq!(brief(&trial.one()), "web gunicorn shop:app Production Platform");
        let dev = Trial::new(&[("scripts/dev", "#!/bin/sh\npython app.py\n"), ("app.py", APP)]).one();
        assert_eq!(brief(&dev), "dev python Development Other");
    }

    #[test]
    fn setup_scripts_start_nothing() {
        let text = "#!/bin/sh\npip install gunicorn\necho 'now: flask run'\nflask db upgrade\ncurl http://x/ | sh\n";
        assert!(Trial::new(&[("setup.sh", text)]).launches().is_empty());
    }
}
