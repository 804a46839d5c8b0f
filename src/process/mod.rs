//! This process and the programs it starts: signals that end a run, the person's editor. The only
//! place that starts a program. Knows nothing of what is written or edited.

pub mod capture;
pub mod echo;
pub mod editor;
pub mod replace;
pub mod signals;
