//! Sittings of the interactive faces without a terminal: a project that always looks the same.

use std::path::Path;

use flask_harden::engine::{Request, SettingsFile};
use flask_harden::flow::{Errand, Looks, Start};
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
        errand: Errand::Harden,
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

/// A fresh clone of an app with an example env file: keys to make, defaults to copy, something to
/// answer, something that is off on this computer.
pub(crate) fn clone() -> Project {
    let mut project = Project::with_git();
    project.write(
        "app.py",
        "import os\n\nfrom dotenv import load_dotenv\nfrom flask import Flask\n\nload_dotenv()\n\
         app = Flask(__name__)\napp.config[\"SECRET_KEY\"] = os.environ[\"SECRET_KEY\"]\n\
         app.config[\"SESSION_COOKIE_SECURE\"] = os.environ.get(\"SESSION_COOKIE_SECURE\") == \"True\"\n\
         stripe = os.environ[\"STRIPE_API_KEY\"]\nsite = os.environ[\"SITE_URL\"]\n\
         trace = os.environ.get(\"TRACE_URL\")\n",
    );
    project.write(
        ".env.example",
        "# Shop\nFLASK_APP=app.py\nLOG_LEVEL=debug\n\n# Any long text\nSECRET_KEY=changeme\n\
         # From the dashboard of the payment service\nSTRIPE_API_KEY=your-key-here\n\
         SITE_URL=https://www.example.com\nDATABASE_URL=postgresql://shop:colour@localhost:5432/shop\n\
         SESSION_COOKIE_SECURE=True\nMAIL_SERVER=\n",
    );
    project.write(".gitignore", ".env\n");
    project.commit("first");
    project
}

/// What a sitting that sets a clone up begins with.
pub(crate) fn start_setup(project: &Project, store: &str) -> Start {
    let mut start = start(project, LOOKS);
    start.errand = Errand::Onboard { from: None };
    start.request.commits = Some(0);
    start.request.flags = Flags { store: Some(store.to_owned()), ..Flags::default() };
    start
}

pub(crate) const LOOKS: Looks = Looks { colour: false, ascii: false, mouse: true, reveal: true };

/// The full screen, the scan over.
pub(crate) fn stage(project: &Project, width: u16, height: u16) -> Stage {
    let mut stage = Stage::open(start(project, LOOKS), width, height);
    stage.settle();
    stage
}
