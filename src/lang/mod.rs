//! Lossless readers: typed documents with spans. Only these know a parser crate, and none of them
//! knows Flask.

pub mod dotenv;
pub mod python;
pub mod ignore;
