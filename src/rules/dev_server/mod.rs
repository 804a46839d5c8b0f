//! Threat 5: the development server, and servers without limits.

mod development_server;
mod no_server_settings;

use super::Rule;

pub const RULES: &[&Rule] = &[&development_server::RULE, &no_server_settings::RULE];
