//! What several rules need to know about the gunicorn configuration that starts production.

use crate::facts::{Facts, Server};
use crate::text::RepoPath;

/// The gunicorn configuration a remedy writes to: the one production's gunicorn uses, else
/// `gunicorn.conf.py` where the development server or nothing starts production. Nothing where
/// another server does.
pub fn conf_path(facts: &Facts, project: &RepoPath) -> Option<RepoPath> {
    let mut launches = facts.production_targets(project).filter_map(|target| target.launch).map(|at| &facts.launches[at]).peekable();
    if launches.peek().is_none() {
        return project.join("gunicorn.conf.py");
    }
    let all: Vec<_> = launches.collect();
    if let Some(gunicorn) = all.iter().find(|launch| launch.server == Server::Gunicorn) {
        return gunicorn.conf.clone().or_else(|| gunicorn.cwd.join("gunicorn.conf.py"));
    }
    let development = all.iter().find(|launch| launch.server.is_development_server() || launch.server == Server::PythonFile)?;
    development.cwd.join("gunicorn.conf.py")
}

/// Whether gunicorn already starts production.
pub fn gunicorn_known(facts: &Facts, project: &RepoPath) -> bool {
    facts.production_targets(project).filter_map(|target| target.launch).any(|at| facts.launches[at].server == Server::Gunicorn)
}
