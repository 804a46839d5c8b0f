//! Threat 2: the session cookie.

pub(in crate::rules) mod flags;
mod httponly;
mod samesite;
mod secure;

use super::Rule;

pub const RULES: &[&Rule] = &[&secure::RULE, &httponly::RULE, &samesite::RULE];
