//! Puts the facts together from files that were read; opens nothing itself.

use std::sync::Arc;

use super::apps::{self, App, FlaskClasses};
use super::files::{Files, PyFile};
use super::names::Names;
use super::{
    EnvFile, Facts, HolderIndex, Launch, LaunchVar, casts, data, dependencies, images, prefilter, project, server_conf,
    services, settings, targets,
};

/// What was read, ready to be related.
pub struct Read {
    pub files: Files,
    pub python: Vec<PyFile>,
    pub env_files: Vec<EnvFile>,
    pub launches: Vec<Launch>,
    /// Variables of no launch.
    pub loose: Vec<LaunchVar>,
    /// Indices of the launches that are production.
    pub production: Vec<usize>,
}

/// Relates everything that was read.
pub fn gather(read: Read) -> Facts {
    let mut facts = Facts {
        files: read.files,
        python: read.python,
        env_files: read.env_files,
        launches: read.launches,
        loose: read.loose,
        production: read.production,
        ..Facts::default()
    };
    facts.python.sort_by(|a, b| a.path.cmp(&b.path));
    let casts = Arc::new(casts::Casts::of(&facts.files, &facts.python));
    facts.names = facts.python.iter().map(|file| (file.path.clone(), Names::in_project(file, &casts))).collect();
    let classes = FlaskClasses::of(&facts.files, &facts.python, &facts.names);
    for file in &facts.python {
        let Some(names) = facts.names.get(&file.path) else { continue };
        if prefilter::may_set(file) {
            facts.settings.extend(settings::collect(&facts.files, file, names));
        }
        if prefilter::may_run(file) || classes.may_be_named_in(file) {
            facts.apps.extend(apps::collect(&facts.files, file, names, &classes));
        }
        facts.data.add(file, &casts);
    }
    facts.holders = HolderIndex::of(&facts.files, &facts.python);
    let own: Vec<&App> = facts.apps.apps.iter().filter(|app| facts.is_own(&app.path)).collect();
    facts.projects = project::projects(&facts.files, &own);
    let named: Vec<_> = facts.launches.iter().filter_map(|launch| launch.conf.as_ref()).collect();
    for file in &facts.python {
        if server_conf::is_server_conf(&file.path, &named) {
            let conf = server_conf::read(&facts.files, file, &facts.names[&file.path]);
            facts.server_confs.push(conf);
        }
    }
    let (found, read) = data::collect(&facts);
    facts.settings.extend(found);
    facts.data.files = read;
    let variables = data::prefixed(&facts);
    facts.settings.extend(variables);
    let dockerfiles: Vec<_> = facts.launches.iter().filter(|launch| launch.kind == "dockerfile").collect();
    let mut dockerfiles: Vec<_> =
        dockerfiles.iter().map(|launch| launch.via.first().map_or(&launch.location.path, |at| &at.path)).collect();
    dockerfiles.extend(facts.launches.iter().filter_map(|launch| launch.bounds.image.as_ref()));
    facts.images = images::read(&facts.files, &dockerfiles);
    facts.services = services::read(&facts.files);
    facts.dependencies = dependencies::read(&facts.files);
    facts.targets = targets::targets(&facts);
    facts
}
