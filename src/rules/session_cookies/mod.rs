//! Threat 2: the session cookie.

mod flags;
mod httponly;
mod samesite;
mod secure;

use super::Rule;

pub const RULES: &[&Rule] = &[&secure::RULE, &httponly::RULE, &samesite::RULE];
