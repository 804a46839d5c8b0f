//! Threat 6: route parameters.

mod guard;
mod judge;
mod lookup;
mod missing_converter;
mod model;
mod object_without_authorization;
mod path_from_request;
mod words;

use super::Rule;

pub const RULES: &[&Rule] = &[&object_without_authorization::RULE, &missing_converter::RULE, &path_from_request::RULE];
