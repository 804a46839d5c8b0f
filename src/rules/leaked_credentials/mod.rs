//! Threat 7: leaked credentials.

mod config_file;
mod env_file;
mod hardcoded;
mod history;
mod judged;
mod private_key;
mod provider_token;
mod url_password;

use super::Rule;

pub const RULES: &[&Rule] = &[
    &provider_token::RULE,
    &private_key::RULE,
    &url_password::RULE,
    &hardcoded::RULE,
    &env_file::RULE,
    &config_file::RULE,
    &history::RULE,
];

/// The services whose tokens are known, with where each is revoked: what `explain` adds to the
/// rule on tokens.
pub(super) fn listing(rule: &Rule) -> Option<Vec<(&'static str, &'static str)>> {
    let all = || crate::facts::patterns::all().map(|provider| (provider.title, provider.revoke)).collect();
    (rule.id == provider_token::RULE.id).then(all)
}
