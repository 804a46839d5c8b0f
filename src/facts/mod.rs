//! Facts with places: what the files of the tree and its history say. Files are read once, by
//! `engine::scan`; rules judge facts and open nothing.

pub mod apps;
pub mod arguments;
pub mod asked;
mod candidates;
mod casts;
mod credential_names;
pub mod credentials;
pub mod data;
pub mod dependencies;
pub mod deploy;
pub mod dynaconf;
pub mod effective;
pub mod env;
mod fallbacks;
pub mod files;
pub mod gather;
pub mod guards;
pub mod holders;
pub mod images;
pub mod launch;
pub mod leaks;
mod loaded;
mod loads;
pub mod masks;
pub mod modules;
pub mod names;
pub mod patterns;
pub mod prefilter;
pub mod production;
pub mod project;
mod pydantic;
pub mod routes;
pub mod secret_names;
pub mod selection;
pub mod server_conf;
pub mod server_options;
pub mod services;
pub mod settings;
pub mod signing;
pub mod syntax;
mod target_env;
pub mod targets;
pub mod values;
mod variables;

use std::collections::BTreeMap;

pub use apps::AppFacts;
pub use effective::Effective;
pub use env::EnvFile;
pub use files::{FileRole, Files, PyFile};
pub use holders::HolderIndex;
pub use launch::{Bounds, Launch, LaunchRole, LaunchVar, Precedence, Server, VarOrigin, WsgiTarget};
pub use names::Names;
pub use project::Project;
pub use server_conf::ServerConf;
pub use settings::Setting;
pub use syntax::Syntax;
pub use targets::Target;

use crate::text::RepoPath;

/// Everything known about a repository.
#[derive(Default)]
pub struct Facts {
    pub files: Files,
    /// Python files, in order of their paths.
    pub python: Vec<PyFile>,
    /// Imported names of each Python file.
    pub names: BTreeMap<RepoPath, Names>,
    pub settings: Vec<Setting>,
    /// Names that hold what data files say.
    pub data: data::DataIndex,
    pub apps: AppFacts,
    pub holders: HolderIndex,
    pub projects: Vec<Project>,
    pub env_files: Vec<EnvFile>,
    pub launches: Vec<Launch>,
    /// Variables that deployment files set outside of any launch: for workers, earlier build stages,
    /// as build arguments.
    pub loose: Vec<LaunchVar>,
    /// Indices into `launches`: where production starts. Empty: unknown.
    pub production: Vec<usize>,
    pub server_confs: Vec<ServerConf>,
    /// Dockerfiles that start something.
    pub images: Vec<images::ImageFile>,
    /// Services of compose files that run an image of the tree.
    pub services: Vec<services::Service>,
    pub dependencies: dependencies::Dependencies,
    pub targets: Vec<Target>,
    /// Values that signing keys had in git history.
    pub leaks: Vec<leaks::Leak>,
    /// Keys that this user's state records in a store outside of the tree: the project's root and
    /// the variable.
    pub stored: std::collections::BTreeSet<(RepoPath, String)>,
    /// Tokens, private keys and passwords that stand in the files; sorted by place.
    pub credentials: Vec<credentials::Credential>,
    /// Keys of the app whose value is older than it should be.
    pub old_keys: Vec<OldKey>,
    /// Whether the tree lies in a git repository that could be opened.
    pub git: bool,
    /// Why git's index is not to be written here, in words; `None`: it may be, once that is accepted.
    pub index_problem: Option<String>,
}

/// A key that this user's state knows the age of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldKey {
    /// Root of the project.
    pub root: RepoPath,
    /// The variable.
    pub name: String,
    /// Days since its value was made.
    pub days: u64,
    /// After how many it is old.
    pub limit: u32,
}

impl Facts {
    /// The Python files that are the project's own running code: no tests, examples, docs,
    /// migrations or vendored copies.
    pub fn own_python(&self) -> impl Iterator<Item = &PyFile> {
        self.python.iter().filter(|file| file.role == FileRole::Source)
    }

    /// The files of the tree that env files name for a secret (`SECRET_KEY_FILE=key`).
    pub fn named_key_files(&self) -> Vec<RepoPath> {
        let exists = |path: &RepoPath| self.files.exists(path);
        self.env_files.iter().flat_map(|file| file.named_files(&exists).collect::<Vec<_>>()).collect()
    }

    /// The parsed file at a path.
    pub fn py(&self, path: &RepoPath) -> Option<&PyFile> {
        self.python.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &self.python[at])
    }

    /// Whether a file is the project's own running code.
    pub fn is_own(&self, path: &RepoPath) -> bool {
        self.py(path).is_none_or(|file| file.role == FileRole::Source)
    }

    /// Whether a path belongs to the project with this root.
    pub fn same_project(&self, path: &RepoPath, root: &RepoPath) -> bool {
        project::project_of(&self.projects, path).is_some_and(|project| project.root == *root)
    }

    /// The root of the project a path belongs to; the tree itself where there is no project.
    pub fn project_root(&self, path: &RepoPath) -> RepoPath {
        project::project_of(&self.projects, path).map_or_else(RepoPath::root, |project| project.root.clone())
    }

    /// The gunicorn configuration a launch uses: the one it names, else `gunicorn.conf.py` in the
    /// directory it starts in.
    pub fn server_conf(&self, launch: &Launch) -> Option<&ServerConf> {
        if launch.server != Server::Gunicorn {
            return None;
        }
        let path = launch.conf.clone().or_else(|| launch.started_in.join("gunicorn.conf.py"))?;
        self.server_confs.iter().find(|conf| conf.path == path)
    }

    /// Production's targets of a project, or the one that stands for it where it is not known.
    pub fn serving_targets(&self, root: &RepoPath) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |target| (target.production || target.assumed) && target.project == *root)
    }

    /// Whether a target is what an image of the tree starts, while something else is production.
    pub fn is_image(&self, target: &Target) -> bool {
        let launch = target.launch.map(|at| &self.launches[at]);
        !target.production
            && launch.is_some_and(|launch| launch.role == LaunchRole::Production && launch.kind == "dockerfile")
    }

    /// Whether a project makes an app in its own code.
    pub fn makes_app(&self, root: &RepoPath) -> bool {
        self.apps.apps.iter().any(|app| self.is_own(&app.path) && self.same_project(&app.path, root))
    }

    /// Targets that are production, of a project.
    pub fn production_targets(&self, root: &RepoPath) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(move |target| target.production && target.project == *root)
    }
}
