//! Facts with places: what the files of the tree and its history say. Files are read once, here;
//! rules judge facts and open nothing.

pub mod deploy;
pub mod launch;
pub mod production;

pub use launch::{Launch, LaunchRole, LaunchVar, Precedence, Server, VarOrigin, WsgiTarget};
pub use production::{Production, production};
