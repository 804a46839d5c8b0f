//! Lossless readers: typed documents with places. Only these know a parser crate, and none of
//! them knows what Flask is.

pub mod dockerfile;
pub mod ini;
pub mod node;
pub mod procfile;
pub mod shell;
pub mod toml;
pub mod yaml;
