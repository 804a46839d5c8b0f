//! Threat 3: template injection.

mod autoescape_off;
mod autoescape_on;
mod context;
mod html;
mod html_in_view;
mod macros;
mod markup_of_value;
mod not_escaped_by_name;
mod people;
mod sink;
mod template_chosen_by_visitor;
mod text_templates;
mod unescaped_output;
mod unquoted_attribute;
mod user_input_in_template;
mod value;
mod value_in_handler;

use super::Rule;

pub const RULES: &[&Rule] = &[
    &user_input_in_template::RULE,
    &autoescape_off::RULE,
    &unescaped_output::RULE,
    &markup_of_value::RULE,
    &html_in_view::RULE,
    &unquoted_attribute::RULE,
    &not_escaped_by_name::RULE,
    &template_chosen_by_visitor::RULE,
    &value_in_handler::RULE,
];
