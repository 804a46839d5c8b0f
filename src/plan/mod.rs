//! From findings to a draft: `build` asks the rules for remedies, `compose` turns decisions into
//! per-file contents and diffs. Pure: no disk, no terminal, no random source.

pub mod draft;

pub use draft::{Conflict, Draft, FileChange, HeldBack, Phase, SecretChange};
