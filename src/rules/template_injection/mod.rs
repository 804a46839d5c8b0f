//! Threat 3: template injection.

use super::Rule;

pub const RULES: &[&Rule] = &[];
