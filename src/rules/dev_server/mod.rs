//! Threat 5: the development server, and servers without limits.

mod development_server;
mod gunicorn_command;
mod no_server_settings;
mod requirements;

use super::Rule;

pub use development_server::replacement;

pub const RULES: &[&Rule] = &[&development_server::RULE, &no_server_settings::RULE];
