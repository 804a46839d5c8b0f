//! Lossless readers: typed documents with spans. Only these know a parser crate, and none of them
//! knows Flask.

pub mod jinja;
pub mod openapi;
pub mod python;
