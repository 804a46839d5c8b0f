//! Threat 3: template injection.

mod autoescape_off;
mod html;
mod markup_of_value;
mod sink;
mod trace;
mod unescaped_output;
mod user_input_in_template;

use super::Rule;

pub const RULES: &[&Rule] =
    &[&user_input_in_template::RULE, &autoescape_off::RULE, &unescaped_output::RULE, &markup_of_value::RULE];
