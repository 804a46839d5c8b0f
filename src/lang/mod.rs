//! Lossless readers: typed documents with spans. Only these know a parser crate, and none of them
//! knows Flask.

pub mod dockerfile;
pub mod dotenv;
pub mod ignore;
pub mod ini;
pub mod jinja;
pub mod node;
pub mod openapi;
pub mod procfile;
pub mod python;
pub mod shell;
pub mod toml;
pub mod yaml;
