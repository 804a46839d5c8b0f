//! What the tests stand on: the program in a clean environment, trees with history, snapshots,
//! canaries. Knows nothing of what is expected.

pub(crate) mod bao;
pub(crate) mod canary;
pub(crate) mod moto;
pub(crate) mod program;
pub(crate) mod project;
pub(crate) mod sitting;
pub(crate) mod snapshot;
pub(crate) mod source;
pub(crate) mod tokens;

pub(crate) use canary::Canary;
pub(crate) use program::{Program, Run};
pub(crate) use project::Project;
