//! Threat 1: the secret key and the other keys that sign.

mod at_import;
mod compose_value;
mod data_file;
mod env_file_in_image;
mod env_file_mode;
mod env_file_not_ignored;
mod env_file_tracked;
mod env_name_not_ignored;
mod example_copy;
mod exposed;
mod fallback_keys;
mod fallback_literal;
mod given;
mod hardcoded;
mod hosts;
mod image_value;
pub(in crate::rules) mod judged;
mod key_in_code;
mod key_in_deployment;
mod leaked_in_history;
mod no_key_here;
mod old_key;
mod one_key;
mod printed_in_ci;
mod random_key;
mod reader;
mod refused;
mod rotation;
mod shown;
mod sibling_key;
pub(in crate::rules) mod signing_call;
mod test_command;
mod tests_expect;
mod tests_key;
mod weak_key;
mod wiring;

use super::Rule;
use crate::facts::Facts;
use crate::lang::python::{Expr, ExprKind, walk_exprs};
use crate::remedy::{Change, Remedy};
use crate::text::RepoPath;

pub use judged::SIGNING_KEYS;
pub use key_in_code::{
    FALLBACKS, FallbackWiring, KeyInCode, NoKey, fallback_wiring, is_salt, key_in_code, session_lifetime,
};

/// The line that keeps an env file out of git; `None` where it needs none.
pub fn ignore_env_file(facts: &Facts, path: &RepoPath) -> Option<Change> {
    wiring::ignore_env_file(facts, path)
}

/// Whether the app reads this key from the file that `NAME_FILE` names: by our reader, or in its own way.
pub fn reads_secret_file(facts: &Facts, name: &str) -> bool {
    let text = |path| facts.files.get(path).map_or("", |source| source.text.as_str());
    let variable = format!("{name}_FILE");
    facts.own_python().any(|file| {
        let ours = file.has(reader::READER) && text(&file.path).contains("\"_FILE\"");
        (ours || file.has(&variable)) && {
            let mut found = false;
            walk_exprs(&file.module.body, &mut |expr| match &expr.kind {
                ExprKind::Str(text) => found |= text.value == variable,
                ExprKind::Call(call) => {
                    found |= ours
                        && call.func.as_name() == Some(reader::READER)
                        && call.positional(0).and_then(Expr::as_str) == Some(name);
                }
                _ => {}
            });
            found
        }
    })
}

/// What a person has to do on other computers after a key changed.
pub fn host_steps(
    facts: &Facts,
    env_path: &crate::text::RepoPath,
    name: &str,
    store: crate::store::StoreId,
) -> Vec<String> {
    hosts::steps(facts, env_path, name, store)
}

/// Has git stop tracking the env files that these remedies put a key into.
pub fn untracking(facts: &Facts, remedies: &[Remedy]) -> Vec<Remedy> {
    env_file_tracked::of_keys(facts, remedies)
}

pub const RULES: &[&Rule] = &[
    &leaked_in_history::RULE,
    &hardcoded::RULE,
    &fallback_literal::RULE,
    &env_file_tracked::RULE,
    &env_file_not_ignored::RULE,
    &no_key_here::RULE,
    &old_key::RULE,
    &weak_key::RULE,
    &random_key::RULE,
    &key_in_deployment::RULE,
    &signing_call::RULE,
    &sibling_key::RULE,
    &fallback_keys::RULE,
    &env_name_not_ignored::RULE,
    &env_file_in_image::RULE,
    &env_file_mode::RULE,
    &exposed::RULE,
    &printed_in_ci::RULE,
    &one_key::RULE,
    &rotation::RULE,
];
