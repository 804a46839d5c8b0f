//! What every command does when its store refuses, on the real servers: cause by cause, an exit
//! code, the cause, and the next step for this very cause.

mod aws;
mod bed;
mod fake;
mod keyring;
mod names;
mod values;
mod vault;

pub(super) use bed::row;
