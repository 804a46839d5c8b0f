//! Sittings of the interactive faces without a terminal: a project that always looks the same.

use std::path::Path;

use flask_harden::engine::{Request, SettingsFile};
use flask_harden::flow::{Looks, Start};
use flask_harden::options::Flags;
use flask_harden::tui::Stage;

use super::Project;

/// The sample shop with a history of two commits; its env file is not tracked.
pub(crate) fn shop() -> Project {
    let mut project = Project::with_git();
    project.copy_fixture("apps/legacy-shop");
    let env = project.read(".env");
    std::fs::remove_file(project.at(".env")).unwrap();
    project.commit("The shop");
    project.write("README.md", "The corner shop.\n");
    project.commit("A shorter README");
    project.write(".env", env);
    project
}

/// The rules of sittings that are reviewed: new ones must not change every picture.
pub(crate) const RULES: &[&str] = &["FH102", "FH103", "FH105", "FH201", "FH203", "FH301", "FH401", "FH501"];

/// What a sitting on a project begins with.
pub(crate) fn start(project: &Project, looks: Looks) -> Start {
    Start {
        request: Request {
            root: project.path().to_owned(),
            commits: None,
            settings: SettingsFile::Project,
            flags: Flags {
                store: Some("env-file".to_owned()),
                select: RULES.iter().map(|rule| (*rule).to_owned()).collect(),
                ..Flags::default()
            },
            formats: vec!["text"],
            baseline: None,
            reveal: false,
        },
        root: "~/src/shop".to_owned(),
        looks,
        save: |_: &Path, _: &str| Ok(()),
        plain: Some("--accessible".to_owned()),
    }
}

pub(crate) const LOOKS: Looks = Looks { colour: false, ascii: false, mouse: true, reveal: true };

/// The full screen, the scan over.
pub(crate) fn stage(project: &Project, width: u16, height: u16) -> Stage {
    let mut stage = Stage::open(start(project, LOOKS), width, height);
    stage.settle();
    stage
}
