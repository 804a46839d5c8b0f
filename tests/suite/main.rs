//! The one integration binary: a file for each subject, over the real program and real trees.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests build trees and start programs")]

mod bad_input;
mod canary;
mod cli;
mod credentials;
mod decisions;
mod effective;
mod exec;
mod floors;
mod flow;
mod history;
mod messages;
mod mitigations;
mod onboard;
mod onboard_faces;
mod plain;
mod real;
mod rotate;
mod rules;
mod shapes;
mod shown_keys;
mod staged;
mod support;
mod tui;
mod untrack;
mod wiring;
