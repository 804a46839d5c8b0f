//! Where new keys live. One file for each store and one line here; network and async end here.

pub mod env_file;

use serde::{Deserialize, Serialize};

/// A store a key can be put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreId {
    /// A 0600 env file in the tree, ignored by git.
    EnvFile,
    /// Nothing is generated: the code reads the variable and the host sets it.
    None,
}

/// A store and the name it has in options, in order of appearance in help.
pub const ALL: &[(StoreId, &str, &str)] = &[
    (StoreId::EnvFile, "env-file", "a .env file with mode 0600, ignored by git"),
    (StoreId::None, "none", "generate nothing; the code reads a variable that the host sets"),
];

impl StoreId {
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(id, ..)| *id == self).map_or("none", |(_, name, _)| name)
    }

    pub fn from_name(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(id, ..)| *id)
    }
}
