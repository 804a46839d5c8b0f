//! Threat 6: route parameters.

use super::Rule;

pub const RULES: &[&Rule] = &[];
