//! Threat 3: template injection.

mod sink;
mod trace;
mod user_input_in_template;

use super::Rule;

pub const RULES: &[&Rule] = &[&user_input_in_template::RULE];
