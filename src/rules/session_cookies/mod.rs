//! Threat 2: the session cookie.

mod by_hand;
pub(in crate::rules) mod content;
mod csrf;
pub(in crate::rules) mod flags;
mod httponly;
mod jwt_cookie;
mod lifetime;
mod remember;
mod remember_httponly;
mod samesite;
mod scope;
mod secure;

use super::Rule;

pub const RULES: &[&Rule] = &[
    &secure::RULE,
    &httponly::RULE,
    &samesite::RULE,
    &lifetime::RULE,
    &scope::RULE,
    &remember::RULE,
    &jwt_cookie::RULE,
    &csrf::RULE,
    &by_hand::RULE,
    &content::RULE,
    &remember_httponly::RULE,
];
