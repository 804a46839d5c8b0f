//! Threat 6: route parameters.

mod admin_views;
mod app;
mod dead_check;
mod evidence;
mod guard;
mod judge;
mod key_column;
mod lookup;
mod missing_converter;
mod model;
mod object_without_authorization;
mod path_from_request;
mod sql_column;
mod sql_lookup;
mod words;

use super::Rule;

pub const RULES: &[&Rule] = &[&object_without_authorization::RULE, &missing_converter::RULE, &path_from_request::RULE];
