//! Rules judge facts. One file for each rule, one line in its threat's list. A rule is a static
//! record: no state, no disk, no parsing of text.

mod assigned;
pub mod debug_mode;
pub mod dev_server;
mod flow;
pub mod leaked_credentials;
pub mod mitigations;
pub mod place;
mod reach;
mod request;
pub mod route_params;
pub mod secret_key;
pub mod server_start;
pub mod session_cookies;
mod start_file;
pub mod template_injection;
#[cfg(test)]
mod testing;
mod trace;
mod words;

use crate::facts::Facts;
use crate::finding::{Finding, Severity, Threat};
use crate::remedy::{Choices, Remedy};

/// What `explain RULE` prints.
#[derive(Clone, Copy)]
pub struct Explanation {
    /// What the rule looks for.
    pub what: &'static str,
    /// What an attacker gains.
    pub why: &'static str,
    /// How the remedy works, or what the person does.
    pub fix: &'static str,
    /// When it is right to ignore it.
    pub ignore: &'static str,
}

/// Proposes remedies for findings of one rule.
pub type Propose = fn(&Facts, &[&Finding], &Choices) -> Vec<Remedy>;

/// One rule.
pub struct Rule {
    /// `FHnxx`; the first digit is the threat.
    pub id: &'static str,
    pub name: &'static str,
    pub threat: Threat,
    /// The severity it usually has.
    pub severity: Severity,
    pub explanation: Explanation,
    pub check: fn(&Facts) -> Vec<Finding>,
    /// Remedies for findings of this rule, given what the user chose.
    pub remedy: Option<Propose>,
}

pub use secret_key::{SIGNING_KEYS, untracking};

/// Id of the finding that a file which is normally judged was not.
pub const NOT_JUDGED: &str = "FH000";
/// What such a file most likely hides.
pub const NOT_JUDGED_THREAT: Threat = Threat::SecretKey;

/// Every rule, in order of its id.
pub fn all() -> Vec<&'static Rule> {
    [
        secret_key::RULES,
        session_cookies::RULES,
        template_injection::RULES,
        debug_mode::RULES,
        dev_server::RULES,
        route_params::RULES,
        leaked_credentials::RULES,
    ]
    .concat()
}

/// What `explain` adds to a rule: a list of two columns.
pub fn listing(rule: &Rule) -> Option<Vec<(&'static str, &'static str)>> {
    leaked_credentials::listing(rule)
}

/// What the named rules find.
fn judged_by(facts: &Facts, ids: &[&str]) -> Vec<Finding> {
    all().into_iter().filter(|rule| ids.contains(&rule.id)).flat_map(|rule| (rule.check)(facts)).collect()
}

/// Whether a rule judges git history, which takes its time to read.
pub fn of_history(rule: &Rule) -> bool {
    ["FH101", "FH707"].contains(&rule.id)
}

/// The rule with this id or name.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().into_iter().find(|rule| rule.id.eq_ignore_ascii_case(id) || rule.name == id)
}
