//! Threat 6: route parameters.

mod dead_check;
mod guard;
mod judge;
mod lookup;
mod missing_converter;
mod model;
mod object_without_authorization;
mod path_from_request;
mod sql_column;
mod words;

use super::Rule;

pub const RULES: &[&Rule] = &[&object_without_authorization::RULE, &missing_converter::RULE, &path_from_request::RULE];
