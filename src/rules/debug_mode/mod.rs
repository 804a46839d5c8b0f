//! Threat 4: debug mode.

mod debug_in_production;
mod ways;

use super::Rule;

pub const RULES: &[&Rule] = &[&debug_in_production::RULE];
