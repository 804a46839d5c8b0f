//! From findings to a draft: `build` asks the rules for remedies, `compose` turns decisions into
//! per-file contents and diffs. Pure: no disk, no terminal; keys come from the source it is given.

mod build;
mod compose;
mod decisions;
pub mod draft;
mod files;
pub mod onboard;
mod server;

pub use build::build;
pub use compose::{ComposeError, Composing, compose};
pub use decisions::{Decision, Decisions};
pub use draft::{Before, ChosenStore, Conflict, Consequence, Draft, FileChange, Held, HeldBack, Phase, SecretChange};
