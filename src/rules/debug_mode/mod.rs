//! Threat 4: debug mode.

mod debug_in_production;
mod switch_off;
mod ways;

use super::Rule;

pub const RULES: &[&Rule] = &[&debug_in_production::RULE];
