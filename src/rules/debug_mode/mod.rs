//! Threat 4: debug mode.

mod always_true;
mod dead_guard;
mod debug_in_production;
mod debugger_mounted;
mod developer_switches;
mod error_details;
mod reload;
mod switch_off;
mod traceback_pages;
mod ways;

use super::Rule;

pub const RULES: &[&Rule] = &[
    &debug_in_production::RULE,
    &always_true::RULE,
    &debugger_mounted::RULE,
    &developer_switches::RULE,
    &dead_guard::RULE,
    &error_details::RULE,
    &reload::RULE,
    &traceback_pages::RULE,
];
