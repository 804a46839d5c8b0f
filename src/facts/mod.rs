//! Facts with places: what the files of the tree and its history say. Files are read once, by
//! `engine::scan`; rules judge facts and open nothing.

pub mod deploy;
pub mod files;
pub mod launch;
pub mod modules;
pub mod routes;

pub use files::{FileRole, Files, PyFile};
pub use launch::{Launch, LaunchRole, LaunchVar, Precedence, Server, WsgiTarget};

/// Everything known about a project.
pub struct Facts {
    pub files: Files,
    /// Parsed Python files, by path.
    pub python: Vec<PyFile>,
    pub launches: Vec<Launch>,
}

impl Facts {
    /// The Python files that are the project's own running code: no tests, examples, docs,
    /// migrations or vendored copies.
    pub fn own_python(&self) -> impl Iterator<Item = &PyFile> {
        self.python.iter().filter(|file| file.role == FileRole::Source)
    }
}
